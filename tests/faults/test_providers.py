"""A campaign by WhatsApp and SMS while both providers misbehave as they document it.

Worker processes, beat, broker, the portal's own address for reports and both providers are real;
reports come repeated, in any order, and before the provider has answered.
"""

# ruff: noqa: F811 (fixtures)

import random
import threading
import time
from collections import Counter

import pytest
from django.urls import reverse
from django.utils import timezone

from tests import stage
from tests.faults.theatre import Theatre
from tests.messaging import scenes
from tests.messaging.conftest import sms, whatsapp  # noqa: F401 - fixtures
from tests.staff import make_user
from umkm_portal.messaging import invariants, services
from umkm_portal.messaging.models import DeliveryBatch, SendingAccount, WebhookEvent

pytestmark = [
    pytest.mark.long,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(300),
]
PEOPLE = 60
SEED = 20261122
BORED, UNKNOWN, GONE = (7, 19, 31, 43), (11, 23, 35), (5, 29)
"""131049 and 131026 at once, 131026 by a report later."""
AGAIN = (3, 17, 41)
"""131000 by a report: the first try failed on its way."""
REFUSED_BY_SMS = 23
ARRIVED = ("accepted", "delivered", "read")


@pytest.fixture
def secret(settings, whatsapp):
    settings.WHATSAPP_APP_SECRET = whatsapp.secret.decode()


@pytest.fixture
def theatre(tmp_path, settings, whatsapp, sms):
    names = ("BASE_URL", "TOKEN", "PHONE_ID", "CODE_TEMPLATE", "BUSINESS_ID")
    own = {f"WHATSAPP_{name}": getattr(settings, f"WHATSAPP_{name}") for name in names}
    own |= {"SMS_URL": settings.SMS_URL, "SMS_TOKEN": settings.SMS_TOKEN}
    settings.BATCH_SIZE = 12
    with Theatre(tmp_path, seed=SEED, FIRST_RETRY_SECONDS=1, **own) as running:
        yield running


class Postman:
    """WhatsApp's reports: twice each, in bundles, the last first, and some before the answer."""

    def __init__(self, whatsapp, url):
        self.whatsapp, self.url = whatsapp, f"{url}/webhooks/whatsapp/"
        self.dice = random.Random(SEED)
        self.failed = set()
        """Names of messages that were reported as failed."""
        self.told = 0
        self.problems = []
        self._over = threading.Event()

    def __enter__(self):
        self.whatsapp.on_taken = self.hurry
        self.thread = threading.Thread(target=self._walk, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *failure):
        self._over.set()
        self.thread.join()

    def hurry(self, message, wamid):
        """Now and then the report is quicker than the answer."""
        if int(wamid.partition(".")[2]) % 4 == 0 and not self.code_for(message, wamid):
            self.post([self.whatsapp.status(wamid, "delivered", message=message)])

    def code_for(self, message, wamid):
        person = int(message["to"][5:])
        if person in GONE:
            return 131026
        first = next(i for i, m in enumerate(self.whatsapp.accepted, 1) if m["to"] == message["to"])
        return 131000 if person in AGAIN and wamid == f"wamid.{first}" else None

    def post(self, rows):
        raw = self.whatsapp.envelope(statuses=rows)
        for _ in range(self.dice.choice((1, 2))):
            try:
                assert self.whatsapp.post_back(self.url, raw) == 200
            except Exception as problem:
                self.problems.append(problem)

    def _walk(self):
        while not self._over.wait(0.05):
            taken = list(self.whatsapp.accepted)
            if taken[self.told :]:
                rows = [
                    row
                    for number, message in enumerate(taken[self.told :], self.told + 1)
                    for row in self._story(f"wamid.{number}", message)
                ]
                self.dice.shuffle(rows)
                for first in range(0, len(rows), 7):
                    self.post(rows[first : first + 7])
                self.told = len(taken)

    def _story(self, wamid, message):
        if code := self.code_for(message, wamid):
            self.failed.add(wamid)
            said = [("failed", code), ("sent", None)]
        else:
            said = [("read", None), ("delivered", None), ("sent", None)]
        row = self.whatsapp.status
        return [row(wamid, name, message=message, code=code) for name, code in said * 2]


def misbehave(whatsapp, sms):
    whatsapp.delay = sms.delay = 0.02
    whatsapp.bored = {scenes.phone_of(n) for n in BORED}
    whatsapp.unknown = {scenes.phone_of(n) for n in UNKNOWN}
    sms.refused = {f"+{scenes.phone_of(REFUSED_BY_SMS)}"}
    faults = [130429, 131056, 131056, 500, "drop", "refuse", ("slow", 0.4), ("slow", 1.6)]
    for fault in faults:
        whatsapp.faults.extend((fault, None, None, None))
    sms.faults.extend((429, None, 503, None, "drop"))


def news(whatsapp, url, event):
    named = {"message_template_name": "undangan", "message_template_language": "id"}
    raw = whatsapp.news("message_template_status_update", {"event": event, **named})
    return whatsapp.post_back(f"{url}/webhooks/whatsapp/", raw)


def fresh(row):
    row.refresh_from_db()
    return row


def is_over(campaign, postman):
    """Nothing waits anywhere, and nothing did a moment ago."""

    def at_rest():
        return (
            fresh(campaign).state == "done"
            and postman.told == len(postman.whatsapp.accepted)
            and not WebhookEvent.objects.filter(state="waiting").exists()
            and not DeliveryBatch.objects.unsettled().exists()
        )

    return at_rest() and (time.sleep(1.5) or at_rest())


def test_everybody_once_and_every_state_right(theatre, secret, whatsapp, sms, live_server):
    misbehave(whatsapp, sms)
    campaign = scenes.make_running(PEOPLE, kind=scenes.EVERYWHERE, channels=["whatsapp", "sms"])
    type(campaign).objects.filter(pk=campaign.pk).update(whatsapp_template=whatsapp.row)
    with Postman(whatsapp, live_server.url) as postman:
        stage.wait_until(lambda: len(whatsapp.accepted) >= 25, seconds=90)
        whatsapp.templates["undangan"]["status"] = "PAUSED"
        stage.wait_until(lambda: fresh(campaign).state == "paused", seconds=60)
        assert "dijeda" in campaign.pause_reason.lower()
        time.sleep(1)
        whatsapp.templates["undangan"]["status"] = "APPROVED"
        assert news(whatsapp, live_server.url, "APPROVED") == 200
        stage.wait_until(lambda: fresh(whatsapp.row).state == "approved", seconds=30)
        services.resume_campaign(campaign, actor=None, now=timezone.now())
        stage.wait_until(lambda: is_over(campaign, postman), seconds=180, step=0.3)

    assert postman.problems == []
    assert invariants.violations() == []
    balance(campaign, postman, whatsapp, sms)


def balance(campaign, postman, whatsapp, sms):
    """Both providers' own books against ours, person by person."""
    went = Counter(
        int(message["to"][5:])
        for number, message in enumerate(whatsapp.accepted, 1)
        if f"wamid.{number}" not in postman.failed
    )
    texted = Counter(int(number[6:]) for number, _ in sms.accepted)
    hers = {}
    for row in campaign.deliveries.order_by("pk"):
        hers.setdefault(row.recipient_key, {})[row.channel] = row.state
    assert set(hers) == set(range(1, PEOPLE + 1))
    unsure = set()
    for person, rows in hers.items():
        received = went[person] + texted[person]
        live = [state for state in rows.values() if state not in ("failed_permanent",)]
        assert received <= 1, f"person {person} twice"
        assert len(live) == (person != REFUSED_BY_SMS), (person, rows)
        if went[person]:
            assert rows["whatsapp"] == "read", (person, rows)
        elif texted[person]:
            assert rows["sms"] in ("accepted", "uncertain"), (person, rows)
            assert rows["whatsapp"] == "failed_permanent"
        elif live:
            assert live == ["uncertain"], (person, rows)
        if live == ["uncertain"]:
            unsure.add(person)
    followed = {person for person, rows in hers.items() if "sms" in rows}
    assert followed | unsure >= {*BORED, *UNKNOWN, *GONE}
    assert len(unsure) <= 3, "one refused by WhatsApp's server, one dropped by SMS's, at most"
    totals = Counter(scenes.states(campaign))
    assert totals["read"] == sum(went.values())
    assert totals["pending"] == totals["sending"] == totals["failed_temporary"] == 0


def test_circuit_opens_with_its_reason_and_one_message_closes_it(theatre, secret, whatsapp, client):
    account, page = whatsapp.account, "admin:messaging_sendingaccount_change"
    whatsapp.always = 131042
    campaign = scenes.make_running(PEOPLE, kind=scenes.EVERYWHERE, channels=["whatsapp"])
    stage.wait_until(lambda: fresh(account).state == "broken", seconds=60)
    time.sleep(1)
    opened_by = len(whatsapp.requests)
    assert opened_by <= 2, "one message of each worker"
    client.force_login(make_user("head"))
    text = client.get(reverse(page, args=[account.pk])).content.decode()
    assert "Ada masalah pembayaran pada akun WhatsApp." in text
    assert "Satu pesan percobaan dikirim sendiri" in text
    assert "Coba lagi sekarang" in text

    rest_is_over(account)
    stage.wait_until(lambda: len(whatsapp.requests) > opened_by, seconds=60)
    time.sleep(2)
    assert len(whatsapp.requests) == opened_by + 1, "the probe goes alone"
    assert fresh(account).state == "broken"

    whatsapp.always = None
    rest_is_over(account)
    stage.wait_until(lambda: fresh(campaign).state == "done", seconds=90)
    assert (fresh(account).state, account.state_reason, account.failures_in_row) == ("open", "", 0)
    assert scenes.states(campaign) == {"accepted": PEOPLE}
    assert len(set(whatsapp.numbers())) == len(whatsapp.accepted) == PEOPLE
    assert invariants.violations() == []


def rest_is_over(account):
    """The rest of a stopped account, and of the batches that wait for it, ends now."""
    now = timezone.now()
    SendingAccount.objects.filter(pk=account.pk).update(broken_until=now)
    DeliveryBatch.objects.filter(pending__gt=0, lease_until=None).update(due_at=now)
