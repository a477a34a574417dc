"""A provider of SMS or WhatsApp on loopback that answers what the test wants."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Provider:
    """Keeps what it got; `answer` is (status, object), or None to hang up without a word."""

    def __init__(self):
        self.answer = (200, {"id": "ref-1"})
        self.delay = 0.0
        self.got = []
        self._over = threading.Event()

    def __enter__(self):
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        threading.Thread(target=self.server.serve_forever, args=[0.02], daemon=True).start()
        return self

    def __exit__(self, *failure):
        self._over.set()
        self.server.shutdown()
        self.server.server_close()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def _handler(self):
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                provider.got.append((self.path, dict(self.headers), body.decode()))
                provider._over.wait(provider.delay)
                if provider.answer is None:
                    return
                status, data = provider.answer
                content = data if isinstance(data, bytes) else json.dumps(data).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *words):
                pass

        return Handler
