"""A provider of SMS on loopback: one POST a message, as most of them document it."""

import json
from urllib.parse import parse_qs

from tests.providers.loopback import Loopback


class SmsServer(Loopback):
    """Takes JSON or a form; knows a message it got before by its Idempotency-Key."""

    def __init__(self):
        super().__init__()
        self.accepted = []
        self.refused = set()
        """Numbers that it does not take."""
        self.retry_after = "3"
        self._known = {}

    def refuse(self, what):
        more = {"Retry-After": self.retry_after} if what == 429 else {}
        return what, {"error": "busy" if what in (429, 503) else "refused"}, more

    def take(self, path, headers, body):
        if headers["Content-Type"] == "application/json":
            fields = json.loads(body)
        else:
            fields = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        number, text = fields.get("to", ""), fields.get("text", "")
        if number in self.refused:
            return 400, {"error": "unknown subscriber"}
        key = headers["Idempotency-Key"]
        with self.lock:
            if key not in self._known:
                self.accepted.append((number, text))
                self._known[key] = f"sms-{len(self.accepted)}"
        return 200, {"id": self._known[key]}

    def numbers(self):
        return [number for number, _ in self.accepted]
