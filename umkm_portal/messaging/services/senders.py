"""Looking after the accounts: are they well, which texts are approved, try once more."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from umkm_portal.messaging import nudges
from umkm_portal.messaging.models import Channel, PriceCategory, SendingAccount, WhatsAppTemplate
from umkm_portal.messaging.sending.accounts import close_circuit
from umkm_portal.messaging.sending.templatemerge import named_parameters
from umkm_portal.messaging.services.approved import UNSUPPORTED, mark_template
from umkm_portal.messaging.transports import (
    AccountTrouble,
    account_off_reason,
    make_transport,
)
from umkm_portal.messaging.transports.http import Answer, NoAnswer, get
from umkm_portal.messaging.transports.senders import whatsapp_sender
from umkm_portal.messaging.transports.whatsapp_errors import error_of

WAIT_SECONDS = 8.0
MOST_PAGES = 50
_PLACE = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_STATES = {
    "APPROVED": WhatsAppTemplate.State.APPROVED,
    "PENDING": WhatsAppTemplate.State.PENDING,
    "IN_APPEAL": WhatsAppTemplate.State.PENDING,
    "REJECTED": WhatsAppTemplate.State.REJECTED,
    "PAUSED": WhatsAppTemplate.State.PAUSED,
    "DISABLED": WhatsAppTemplate.State.DISABLED,
    "LIMIT_EXCEEDED": WhatsAppTemplate.State.DISABLED,
}
_TIERS = {
    "TIER_250": 250,
    "TIER_1K": 1_000,
    "TIER_2K": 2_000,
    "TIER_10K": 10_000,
    "TIER_100K": 100_000,
    "TIER_UNLIMITED": 0,
}
_LIMIT_WORDS = {None: "batas orang tidak disebut", 0: "tanpa batas orang"}
NUMBER_FIELDS = "verified_name,quality_rating,status,whatsapp_business_manager_messaging_limit"


class SyncRefused(Exception):
    """The templates could not be listed; the text says why."""


def check_account(account: SendingAccount, *, now: datetime) -> bool:
    """Ask the provider whether this account can send, and write down what it says.

    A number of WhatsApp tells its state and quality; for email and SMS the server is reached, and
    the key itself is proved by the first message.
    """
    try:
        is_healthy, note, quality = _look(account)
    except (AccountTrouble, NoAnswer) as trouble:
        is_healthy, note, quality = False, str(trouble), account.quality
    account.checked_at, account.is_healthy = now, is_healthy
    account.check_note, account.quality = note[:300], quality[:20]
    facts = ["checked_at", "is_healthy", "check_note", "quality", "people_allowed"]
    account.save(update_fields=facts)
    return is_healthy


def check_all(*, now: datetime) -> int:
    """Check every account that is in use; return how many are not well."""
    used = SendingAccount.objects.exclude(state=SendingAccount.State.OFF).order_by("pk")
    used = used.exclude(channel=Channel.MANUAL)
    return sum(not check_account(account, now=now) for account in used)


@transaction.atomic
def try_again(account: SendingAccount, *, now: datetime) -> None:
    """Close the circuit and take the full speed again at once: somebody mended the cause."""
    rows = SendingAccount.objects.filter(pk=account.pk).exclude(state=SendingAccount.State.OFF)
    close_circuit(rows, now=now)
    rows.update(slow_factor=1, slowed_at=None)
    nudges.after_commit(nudges.URGENT)
    nudges.after_commit(nudges.WORK)


def sync_templates(account: SendingAccount, *, now: datetime) -> Counter[str]:
    """Bring the approved texts of a number's business account up to date.

    What staff set (parameters, kind) stays. A text that is not listed any more is gone; campaigns
    that go on with a text that may not be used are paused. Returns counts by state. Raises
    SyncRefused.
    """
    listed = list(_listed(account))
    counts: Counter[str] = Counter()
    with transaction.atomic():
        seen = [_keep(account, row, now=now) for row in listed]
        for template in seen:
            counts[template.state] += 1
        missing = account.whatsapp_templates.exclude(pk__in=[row.pk for row in seen])
        for template in missing.exclude(state=WhatsAppTemplate.State.GONE):
            reason = "Tidak ada lagi di daftar WhatsApp."
            mark_template(template, state=WhatsAppTemplate.State.GONE, reason=reason, now=now)
            counts["gone"] += 1
    return counts


def sync_all(*, now: datetime) -> int:
    """Bring the texts of all numbers up to date; return how many texts were read."""
    read = 0
    numbers = SendingAccount.objects.filter(channel=Channel.WHATSAPP).order_by("pk")
    for account in numbers.exclude(state=SendingAccount.State.OFF):
        if settings.DEMO or not whatsapp_sender(account).business_id:
            continue
        try:
            read += sum(sync_templates(account, now=now).values())
        except SyncRefused as refusal:
            account.check_note = str(refusal)[:300]
            account.save(update_fields=["check_note"])
    return read


def _look(account: SendingAccount) -> tuple[bool, str, str]:
    """(healthy, words, quality). Raises AccountTrouble and NoAnswer."""
    if reason := account_off_reason(account):
        return False, reason, account.quality
    if account.channel == Channel.WHATSAPP and not settings.DEMO:
        return _look_at_number(account)
    transport = make_transport(account.channel, timeout=WAIT_SECONDS, account=account)
    try:
        transport.open()
    finally:
        transport.close()
    return True, "Server menjawab.", ""


def _look_at_number(account: SendingAccount) -> tuple[bool, str, str]:
    sender = whatsapp_sender(account)
    url = sender.url(f"{sender.phone_id}?fields={NUMBER_FIELDS}")
    answer = get(url, sender.headers, timeout=WAIT_SECONDS)
    if not answer.is_good:
        return False, _complaint(answer), account.quality
    said = answer.data
    state, quality = str(said.get("status", "")), str(said.get("quality_rating", ""))
    tier = str(said.get("whatsapp_business_manager_messaging_limit", ""))
    people = _TIERS.get(tier)
    limit = _LIMIT_WORDS.get(people) or f"{people:,}".replace(",", ".") + " orang per 24 jam"
    account.people_allowed = account.people_allowed if people is None else people
    note = f"{said.get('verified_name', '')}: {state or 'status tidak disebut'}, {limit}."
    if people and account.portfolio and (account.portfolio.people_per_day or 10**9) > people:
        note += " Batas portofolio di sini lebih tinggi: turunkan."
    return state in ("", "CONNECTED"), note, quality


def _complaint(answer: Answer) -> str:
    _, words = error_of(answer.data)
    return words or f"{answer.status} {answer.text}"[:200]


def _listed(account: SendingAccount) -> Iterator[Mapping[str, Any]]:
    """All texts of the business account, page by page. Raises SyncRefused.

    Only the cursor of the next page is used: its whole address carries the access token.
    """
    sender = whatsapp_sender(account)
    if not sender.business_id or not sender.token:
        raise SyncRefused("Nomor akun bisnis atau kunci akses WhatsApp belum diisi.")
    after = ""
    for _ in range(MOST_PAGES):
        query = f"?limit=100{f'&after={after}' if after else ''}"
        url = sender.url(f"{sender.business_id}/message_templates{query}")
        try:
            answer = get(url, sender.headers, timeout=WAIT_SECONDS)
        except (AccountTrouble, NoAnswer) as trouble:
            raise SyncRefused(str(trouble)) from trouble
        if not answer.is_good:
            raise SyncRefused(_complaint(answer))
        yield from answer.data.get("data", [])
        paging = answer.data.get("paging", {})
        after = str(paging.get("cursors", {}).get("after", ""))
        if "next" not in paging or not after.isalnum():
            return


def _keep(account: SendingAccount, listed: Mapping[str, Any], *, now: datetime) -> WhatsAppTemplate:
    parts = {str(part.get("type")): part for part in listed.get("components", [])}
    body = str(parts.get("BODY", {}).get("text", ""))
    category = str(listed.get("category", "")).lower()
    names = named_parameters(body)
    template, is_new = WhatsAppTemplate.objects.update_or_create(
        account=account,
        name=str(listed["name"])[:512],
        language=str(listed.get("language", ""))[:15],
        defaults={
            "category": category if category in PriceCategory.values else PriceCategory.MARKETING,
            "body": body,
            "parameter_count": len(dict.fromkeys(_PLACE.findall(body))),
            "quality": str(listed.get("quality_score", {}).get("score", ""))[:20],
            "synced_at": now,
        },
    )
    if is_new and names:
        template.parameters = list(names)
        template.save(update_fields=["parameters"])
    state, reason = _state_of(listed, parts)
    mark_template(template, state=state, reason=reason, now=now)
    return template


def _state_of(listed: Mapping[str, Any], parts: Mapping[str, Any]) -> tuple[str, str]:
    state = _STATES.get(str(listed.get("status", "")), WhatsAppTemplate.State.PENDING)
    head = _PLACE.search(str(parts.get("HEADER", {}).get("text", "")))
    is_media = parts.get("HEADER", {}).get("format", "TEXT") != "TEXT"
    buttons = parts.get("BUTTONS", {}).get("buttons", [])
    linked = any(_PLACE.search(str(button.get("url", ""))) for button in buttons)
    is_code = str(listed.get("category")) == "AUTHENTICATION"
    if state == WhatsAppTemplate.State.APPROVED and (head or is_media or (linked and not is_code)):
        return WhatsAppTemplate.State.PENDING, UNSUPPORTED
    reason = str(listed.get("rejected_reason", ""))
    return state, "" if reason == "NONE" else reason
