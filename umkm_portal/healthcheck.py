"""Asks the web process of this container whether it is alive: exit code 0 or 1.

Speaks as the proxy does, because ALLOWED_HOSTS and the redirect to https hold for it too.
"""

import http.client
import os
import sys
from urllib.parse import urlsplit

TIMEOUT_SECONDS = 4


def is_alive(*, port: int, portal_url: str) -> bool:
    """Whether `/healthz` on 127.0.0.1 answers 200 to a request for the public address."""
    public = urlsplit(portal_url)
    headers = {"Host": public.netloc, "X-Forwarded-Proto": public.scheme}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", "/healthz", headers=headers)
        return connection.getresponse().status == http.client.OK
    except OSError:
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    alive = is_alive(port=8000, portal_url=os.environ["PORTAL_URL"])
    sys.exit(0 if alive else 1)
