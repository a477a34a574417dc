"""A broker in Python for platforms without a Valkey program, if the package fakeredis is there.

`python -P stand_in.py PORT PASSWORD_FILE`: stands alone, because it starts outside the checkout.
"""

import sys
from pathlib import Path


def main(arguments: list[str]) -> None:
    # Optional package: nothing of ours needs it where a Valkey program runs.
    from fakeredis import TcpFakeServer  # noqa: PLC0415

    port, password_file = int(arguments[0]), Path(arguments[1])
    server = TcpFakeServer(("127.0.0.1", port), server_type="valkey")
    server.fake_server.config[b"requirepass"] = password_file.read_bytes()
    server.daemon_threads = True
    server.serve_forever()


if __name__ == "__main__":
    main(sys.argv[1:])
