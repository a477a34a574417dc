"""A WhatsApp Cloud API on loopback that behaves as documented, as far as the portal uses it.

Messages by approved templates, the limits (130429 a second, 131056 a pair, 131049 a person),
templates that are paused or gone, the listing of templates in pages, the number's state, and
webhooks signed over their raw bytes, which it repeats and sends out of order when told to.
"""

import hashlib
import hmac
import json
import random
import re
import time
import urllib.request
from urllib.parse import parse_qs, urlsplit

from tests.providers.loopback import Loopback

TITLES = {
    190: "Access token has expired",
    130429: "Rate limit hit",
    131026: "Message undeliverable",
    131031: "Business Account locked",
    131042: "Business eligibility payment issue",
    131047: "Re-engagement message",
    131048: "Spam rate limit hit",
    131049: "This message was not delivered to maintain healthy ecosystem engagement.",
    131050: "User has stopped marketing messages",
    131056: "(Business Account, Consumer Account) pair rate limit hit",
    132000: "Template Param Count Mismatch",
    132001: "Template does not exist",
    132015: "Template is Paused",
    132016: "Template is Disabled",
}
STATUS = {190: 401, 132001: 404}
PAIR_SECONDS = 6.0


class WhatsAppServer(Loopback):
    """`templates` by name; `per_second` and `pair_seconds` switch the documented limits on."""

    def __init__(self):
        super().__init__()
        self.phone_id, self.business_id, self.token = "555", "777", "kunci"
        self.secret = b"rahasia-aplikasi"
        self.templates = {}
        self.per_second = None
        self.pair_seconds = None
        self.bored = set()
        """Numbers that had enough marketing: 131049."""
        self.unknown = set()
        """Numbers without WhatsApp: 131026."""
        self.written = set()
        """Numbers that wrote to us within 24 hours: words of our own go to them only."""
        self.on_taken = None
        """Called with a message that was taken and its name, before the answer goes out."""
        self.quality, self.state, self.tier = "GREEN", "CONNECTED", "TIER_2K"
        self.page_size = 2
        self.accepted = []
        """The bodies of messages it took, in order."""
        self._recent, self._pairs = [], {}

    def approve(self, name, body, *, category="MARKETING", status="APPROVED", language="id"):
        self.templates[name] = {
            "id": str(1000 + len(self.templates)),
            "name": name,
            "language": language,
            "category": category,
            "status": status,
            "parameter_format": "POSITIONAL",
            "quality_score": {"score": "GREEN"},
            "components": [{"type": "BODY", "text": body}],
        }
        return self

    def refuse(self, what):
        if what < 1000 and what != 190:
            return what, {"error": {"message": "An unknown error occurred", "code": 1}}
        error = {
            "message": f"(#{what}) {TITLES.get(what, 'Error')}",
            "type": "OAuthException",
            "code": what,
            "error_data": {"messaging_product": "whatsapp", "details": TITLES.get(what, "")},
            "fbtrace_id": "Az8or2yhqkZfEZ-_4Qn_Bam",
        }
        return STATUS.get(what, 400), {"error": error}

    def get(self, path, headers):
        if headers.get("Authorization") != f"Bearer {self.token}":
            return self.refuse(190)
        parts = urlsplit(path)
        if parts.path.endswith(f"/{self.business_id}/message_templates"):
            return self._listing(parse_qs(parts.query))
        if parts.path.endswith(f"/{self.phone_id}"):
            return 200, {
                "id": self.phone_id,
                "verified_name": "Jakpreneur",
                "display_phone_number": "+62 811-1111-1111",
                "quality_rating": self.quality,
                "status": self.state,
                "whatsapp_business_manager_messaging_limit": self.tier,
            }
        return self.refuse(100)

    def take(self, path, headers, body):
        if headers.get("Authorization") != f"Bearer {self.token}":
            return self.refuse(190)
        message = json.loads(body)
        with self.lock:
            code = self._problem(message)
            if code:
                return self.refuse(code)
            self.accepted.append(message)
            wamid = f"wamid.{len(self.accepted)}"
        if self.on_taken:
            self.on_taken(message, wamid)
        return 200, {
            "messaging_product": "whatsapp",
            "contacts": [{"input": message["to"], "wa_id": message["to"]}],
            "messages": [{"id": wamid, "message_status": "accepted"}],
        }

    def _problem(self, message):
        now, to = time.monotonic(), message["to"]
        self._recent = [t for t in self._recent if t > now - 1]
        if self.per_second is not None and len(self._recent) >= self.per_second:
            return 130429
        if self.pair_seconds is not None and now - self._pairs.get(to, -99) < self.pair_seconds:
            return 131056
        if message["type"] == "text":
            return None if to in self.written else 131047
        if code := self._template_problem(message["template"]):
            return code
        if to in self.unknown:
            return 131026
        if to in self.bored:
            return 131049
        self._recent.append(now)
        self._pairs[to] = now
        return None

    def _template_problem(self, asked):
        template = self.templates.get(asked["name"])
        if template is None or template["language"] != asked["language"]["code"]:
            return 132001
        if template["status"] in ("PAUSED", "DISABLED"):
            return {"PAUSED": 132015, "DISABLED": 132016}[template["status"]]
        places = set(re.findall(r"\{\{(\w+)\}\}", template["components"][0]["text"]))
        given = next((c["parameters"] for c in asked["components"] if c["type"] == "body"), [])
        return 132000 if len(places) != len(given) else None

    def _listing(self, query):
        rows = sorted(self.templates.values(), key=lambda row: row["name"])
        start = int(query.get("after", ["0"])[0])
        page = rows[start : start + self.page_size]
        end = start + len(page)
        paging = {"cursors": {"before": str(start), "after": str(end)}}
        if end < len(rows):
            base = f"{self.url}/v23.0/{self.business_id}/message_templates"
            paging["next"] = f"{base}?after={end}&access_token=never-follow-me"
        return 200, {"data": page, "paging": paging}

    def numbers(self):
        return [message["to"] for message in self.accepted]

    # Webhooks

    def status(self, wamid, state, *, message=None, code=None):
        """One status as the API reports it; `code` is why a message failed."""
        row = {
            "id": wamid,
            "status": state,
            "timestamp": str(int(time.time())),
            "recipient_id": message["to"] if message else "628",
        }
        if message:
            row["biz_opaque_callback_data"] = message["biz_opaque_callback_data"]
        if code:
            title = TITLES.get(code, "Error")
            row["errors"] = [{"code": code, "title": title, "error_data": {"details": title}}]
        return row

    def story(self, *, shuffled=None, repeated=1):
        """Statuses of all messages it took: sent, delivered, read; repeated and shuffled."""
        rows = [
            self.status(f"wamid.{number}", state, message=message)
            for number, message in enumerate(self.accepted, 1)
            for state in ("sent", "delivered", "read")
        ] * repeated
        if shuffled is not None:
            random.Random(shuffled).shuffle(rows)
        return rows

    def envelope(self, *, statuses=(), messages=()):
        """The raw bytes of one webhook."""
        value = {
            "messaging_product": "whatsapp",
            "metadata": {
                "display_phone_number": "6281111111111",
                "phone_number_id": self.phone_id,
            },
            **({"statuses": list(statuses)} if statuses else {}),
            **({"messages": list(messages)} if messages else {}),
        }
        return self.news("messages", value)

    def news(self, field, value, *, at=None):
        """The raw bytes of a webhook about the business account, as of `at` (seconds)."""
        change = {"value": value, "field": field}
        entry = {"id": self.business_id, "time": int(at or time.time()), "changes": [change]}
        body = {"object": "whatsapp_business_account", "entry": [entry]}
        return json.dumps(body).encode()

    def sign(self, raw, *, secret=None):
        """The header that goes with these raw bytes."""
        digest = hmac.new(secret or self.secret, raw, hashlib.sha256).hexdigest()
        return {"X-Hub-Signature-256": f"sha256={digest}", "Content-Type": "application/json"}

    def post_back(self, url, raw):
        """Send a webhook to the portal; the status of its answer."""
        asked = urllib.request.Request(url, data=raw, headers=self.sign(raw))
        with urllib.request.urlopen(asked, timeout=10) as answer:
            return answer.status
