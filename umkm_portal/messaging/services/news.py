"""What WhatsApp tells about our texts, numbers and accounts, and what follows from it.

News come late, twice and in any order: each is kept once by its key, and an older one never
overturns what a newer one said.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from umkm_portal.messaging.models import (
    Channel,
    Portfolio,
    ProviderNews,
    SendingAccount,
    Suppression,
    WhatsAppTemplate,
)
from umkm_portal.messaging.sending.accounts import LONGEST_BREAK, close_circuit, stop_account
from umkm_portal.messaging.services.approved import UNSUPPORTED, mark_template
from umkm_portal.messaging.services.suppressions import BULK, BY_BUTTON, suppress
from umkm_portal.messaging.transports.senders import whatsapp_sender

Tone = ProviderNews.Tone


@dataclass(frozen=True)
class News:
    """One thing that WhatsApp told about a business account: what to say, and how bad it is."""

    key: str
    business_id: str
    sentence: str
    happened_at: datetime
    tone: str = Tone.PLAIN
    phone_id: str = ""
    """The number it is about; "" for all numbers of the account."""


@dataclass(frozen=True)
class TemplateNews(News):
    """About one text: its state or quality, where they changed."""

    name: str = ""
    language: str = ""
    state: str = ""
    reason: str = ""
    quality: str = ""


@dataclass(frozen=True)
class NumberNews(News):
    """About a number: its quality, and how many people WhatsApp lets us write to in 24 hours."""

    quality: str = ""
    people: int | None = None


@dataclass(frozen=True)
class AccountNews(News):
    """About the account: it may not send any more, perhaps until a moment, or it may again."""

    is_stopped: bool = False
    stopped_until: datetime | None = None
    is_free_again: bool = False


@dataclass(frozen=True)
class Wish:
    """Somebody pressed WhatsApp's own button: no more offers from us, or offers again."""

    address: str
    wants: bool
    happened_at: datetime


@transaction.atomic
def take_news(news: Iterable[News], *, now: datetime) -> int:
    """Keep what is new about accounts of ours and follow it; return how many were new."""
    return sum(
        _take(told, account, now=now)
        for told in news
        for account in accounts_of(told.business_id, phone_id=told.phone_id)
    )


def accounts_of(business_id: str, *, phone_id: str = "") -> list[SendingAccount]:
    """Our numbers of a WhatsApp business account, or the one with this id."""
    numbers = SendingAccount.objects.filter(channel=Channel.WHATSAPP).order_by("pk")
    mine = [row for row in numbers if whatsapp_sender(row).business_id == business_id != ""]
    named = [row for row in mine if phone_id and whatsapp_sender(row).phone_id == phone_id]
    return named if phone_id else mine


def follow_wish(wish: Wish, *, now: datetime) -> None:
    """Stop offers by WhatsApp to this number, or lift what the same button stopped before.

    Who answered STOP, or was stopped by staff, is not let in again by the button.
    """
    if wish.wants:
        Suppression.objects.filter(
            channel=Channel.WHATSAPP,
            address=wish.address,
            purpose=BULK,
            reason=Suppression.Reason.OPT_OUT,
            note=BY_BUTTON,
            created_at__lte=wish.happened_at,
        ).delete()
        return
    row = suppress(
        channel=Channel.WHATSAPP,
        address=wish.address,
        purpose=BULK,
        reason=Suppression.Reason.OPT_OUT,
        note=BY_BUTTON,
        now=now,
    )
    pressed = Suppression.objects.filter(pk=row.pk, note=BY_BUTTON)
    pressed.update(created_at=wish.happened_at)  # what "resume" is held against


def _take(told: News, account: SendingAccount, *, now: datetime) -> bool:
    template = _template(told, account) if isinstance(told, TemplateNews) else None
    row, is_new = ProviderNews.objects.get_or_create(
        account=account,
        key=told.key,
        defaults={
            "template": template,
            "sentence": told.sentence[:300],
            "tone": told.tone,
            "happened_at": told.happened_at,
        },
    )
    if not is_new:
        return False
    match told:
        case TemplateNews() if template is not None:
            _follow_template(told, template)
        case NumberNews():
            _follow_number(told, account, row, now=now)
        case AccountNews():
            _follow_account(told, account, now=now)
    return True


def _template(told: TemplateNews, account: SendingAccount) -> WhatsAppTemplate | None:
    mine = account.whatsapp_templates.filter(name=told.name)
    return mine.filter(language=told.language).first()


def _follow_template(told: TemplateNews, template: WhatsAppTemplate) -> None:
    """Of two news about one text the later one counts, in whatever order they come."""
    if told.quality:
        template.quality = told.quality
        template.save(update_fields=["quality"])
    is_old = template.synced_at is not None and template.synced_at > told.happened_at
    is_unusable = template.state_reason == UNSUPPORTED
    if not told.state or is_old or (is_unusable and told.state == WhatsAppTemplate.State.APPROVED):
        return
    mark_template(template, state=told.state, reason=told.reason, now=told.happened_at)


def _follow_number(
    told: NumberNews, account: SendingAccount, row: ProviderNews, *, now: datetime
) -> None:
    """A lower limit is kept at once; a higher one is for staff to use."""
    newer = account.news.filter(happened_at__gt=told.happened_at).exclude(pk=row.pk)
    if newer.exists():
        return
    if told.quality:
        account.quality = told.quality
    if told.people is not None:
        account.people_allowed = told.people
        if _lower(account, told.people):
            row.sentence = f"{row.sentence} Batas portofolio ikut diturunkan."[:300]
            row.save(update_fields=["sentence"])
    account.save(update_fields=["quality", "people_allowed"])


def _lower(account: SendingAccount, people: int) -> bool:
    """Whether the portfolio allowed more than WhatsApp does; 0 is no limit."""
    if account.portfolio is None or people == 0:
        return False
    above = Q(people_per_day=None) | Q(people_per_day__gt=people)
    rows = Portfolio.objects.filter(above, pk=account.portfolio.pk)
    return bool(rows.update(people_per_day=people))


def _follow_account(told: AccountNews, account: SendingAccount, *, now: datetime) -> None:
    later = account.news.filter(happened_at__gt=told.happened_at, tone__in=(Tone.BAD, Tone.GOOD))
    if later.exists():
        return
    if told.is_stopped:
        until = told.stopped_until
        rests = until if until is not None and until > now else now + LONGEST_BREAK
        stop_account(account, reason=told.sentence, until=rests)
    elif told.is_free_again:
        close_circuit(SendingAccount.objects.filter(pk=account.pk), now=now)
