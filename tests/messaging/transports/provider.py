"""A provider of SMS or WhatsApp on loopback that answers what the test wants."""

from tests.providers.loopback import Server


class Provider(Server):
    """Keeps what it got; `answer` is (status, object), or None to hang up without a word."""

    def __init__(self):
        super().__init__()
        self.answer = (200, {"id": "ref-1"})
        self.got = []

    def respond(self, path, headers, body):
        self.got.append((path, dict(headers), body.decode()))
        return self.answer
