"""What the providers of the tests share: an HTTP server on loopback with faults by script."""

import json
import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Server(ABC):
    """A real HTTP server on loopback; `delay` is how many seconds every answer takes."""

    def __init__(self):
        self.delay = 0.0
        self._over = threading.Event()

    def __enter__(self):
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=[0.02], daemon=True).start()
        return self

    def __exit__(self, *failure):
        self._over.set()
        self.server.shutdown()
        self.server.server_close()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def get(self, path, headers):
        """(status, object) of a question."""
        return 404, {}

    @abstractmethod
    def respond(self, path, headers, body):
        """(status, object or bytes, perhaps headers) for what was posted; None to hang up."""

    def _handler(self):
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self._say(provider.get(self.path, self.headers))

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                answer = provider.respond(self.path, self.headers, body)
                provider._over.wait(provider.delay)
                if answer is not None:
                    self._say(answer)

            def _say(self, answer):
                status, data, *more = answer
                content = data if isinstance(data, bytes) else json.dumps(data).encode()
                self.send_response(status)
                for name, value in more[0].items() if more else ():
                    self.send_header(name, value)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                with suppress(ConnectionError):  # whoever asked did not wait
                    self.wfile.write(content)

            def log_message(self, *words):
                pass

        return Handler


class Loopback(Server):
    """One provider with faults by script.

    `faults` are taken one a message, before anything else: a number is a status of a broken
    server, "drop" takes the message and hangs up, "refuse" hangs up before taking it, a callable
    makes (status, object), ("slow", seconds) takes the message and lets us wait. `always` is what
    every message meets while it is set.
    """

    def __init__(self):
        super().__init__()
        self.faults = deque()
        self.always = None
        self.requests = []
        """(time.monotonic, path) of all messages asked for, also refused ones."""
        self.lock = threading.Lock()

    @abstractmethod
    def take(self, path, headers, body):
        """(status, object) for a message; None to hang up."""

    def refuse(self, what):
        """(status, object) for a fault that is an error code of this provider."""
        return what, {"error": "broken"}

    def respond(self, path, headers, body):
        with self.lock:
            self.requests.append((time.monotonic(), path))
            fault = self.faults.popleft() if self.faults else self.always
        if callable(fault):
            return fault(self)
        if isinstance(fault, int):
            return self.refuse(fault)
        if fault == "refuse":
            return None
        answer = self.take(path, headers, body)
        if isinstance(fault, tuple):
            self._over.wait(fault[1])
        return None if fault == "drop" else answer
