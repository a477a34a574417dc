"""Failures that are reported after the provider took a message: what they mean, and for whom.

The same table of codes as for a direct answer (`transports/whatsapp_errors.py`). What was not her
fault is not held against the person: such a message waits again, and its text or account stops
with the reason.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q

from umkm_portal.messaging import kinds, ledger
from umkm_portal.messaging.models import (
    Campaign,
    Delivery,
    DeliveryBatch,
    SendingAccount,
)
from umkm_portal.messaging.sending.accounts import break_by_report
from umkm_portal.messaging.sending.throttle import slow_down
from umkm_portal.messaging.services.approved import stop_template
from umkm_portal.messaging.transports import TemplateTrouble
from umkm_portal.messaging.transports.whatsapp_errors import Meaning, meaning_of

SLOW_WAIT = timedelta(seconds=5)
WAITS_AGAIN = (Meaning.LATER, Meaning.SLOW, Meaning.TEMPLATE, Meaning.ACCOUNT)
_OVER = (Campaign.State.DRAFT, Campaign.State.CANCELLED)


@dataclass(frozen=True)
class Failure:
    """One message of which the provider says why it failed."""

    delivery_id: int
    code: int
    words: str
    happened_at: datetime

    @property
    def meaning(self) -> Meaning | None:
        return meaning_of(self.code)


def hold_campaigns(failures: Iterable[Failure]) -> None:
    """Lock what following these failures may change, before any batch is locked."""
    ids = [failure.delivery_id for failure in failures if failure.meaning in WAITS_AGAIN]
    if not ids:
        return
    mine = Campaign.objects.filter(pk__in=Delivery.objects.filter(pk__in=ids).values("campaign_id"))
    texts = mine.exclude(whatsapp_template=None).values("whatsapp_template")
    all_of_them = Campaign.objects.filter(
        Q(pk__in=mine.values("pk")) | Q(whatsapp_template__in=texts)
    )
    list(all_of_them.order_by("pk").select_for_update(of=("self",), no_key=True).values_list("pk"))


def follow(failures: Sequence[Failure], *, moved: Collection[int], now: datetime) -> None:
    """Stop the text or the account that a failure is about, and let the message wait again.

    `moved` are messages that failed just now: of an earlier attempt only the account is told.
    The caller holds campaigns and batches, and asks once for each report.
    """
    telling = [failure for failure in failures if failure.meaning in WAITS_AGAIN]
    if not telling:
        return
    rows = _rows(telling)
    again: dict[tuple[DeliveryBatch, datetime], list[int]] = defaultdict(list)
    for failure in telling:
        delivery, batch = rows[failure.delivery_id]
        if failure.delivery_id in moved and batch and _may_wait(failure, delivery, now=now):
            again[batch, _due_at(failure, delivery, now=now)].append(failure.delivery_id)
    _reopen({batch.campaign_id for batch, _ in again})
    for failure in telling:
        delivery, batch = rows[failure.delivery_id]
        if batch is not None:
            _stop(failure, delivery, batch.account, now=now)
    for (batch, due_at), ids in again.items():
        ledger.rebatch(
            batch,
            from_states=[Delivery.State.FAILED_PERMANENT],
            to=Delivery.State.PENDING,
            due_at=due_at,
            only_ids=ids,
        )


def _rows(failures: Sequence[Failure]) -> Mapping[int, tuple[Delivery, DeliveryBatch | None]]:
    ids = [failure.delivery_id for failure in failures]
    deliveries = list(Delivery.objects.filter(pk__in=ids).select_related("campaign"))
    numbers = {(row.campaign_id, row.batch_number) for row in deliveries}
    found = DeliveryBatch.objects.filter(
        campaign__in={campaign for campaign, _ in numbers},
        number__in={number for _, number in numbers if number is not None},
    )
    batches = {(row.campaign_id, row.number): row for row in found.select_related("account")}
    return {
        row.pk: (row, batches.get((row.campaign_id, row.batch_number or 0))) for row in deliveries
    }


def _stop(failure: Failure, delivery: Delivery, account: SendingAccount, *, now: datetime) -> None:
    """What the failure says about us."""
    if failure.meaning == Meaning.ACCOUNT:
        break_by_report(
            account,
            reason=f"WhatsApp menolak akun kita: {failure.words}",
            happened_at=failure.happened_at,
            delivery_id=failure.delivery_id,
            now=now,
        )
    elif failure.meaning == Meaning.SLOW:
        slow_down(account)
    elif failure.meaning == Meaning.TEMPLATE and not delivery.campaign.is_standing:
        trouble = TemplateTrouble(failure.words, code=failure.code)
        stop_template(
            delivery.campaign,
            account=account,
            trouble=trouble,
            now=now,
            failed_at=failure.happened_at,
        )


def _may_wait(failure: Failure, delivery: Delivery, *, now: datetime) -> bool:
    """Whether it makes sense to hand this message over again."""
    campaign = delivery.campaign
    if campaign.is_standing:
        kind = kinds.get(campaign.kind)
        may_go_on = failure.meaning != Meaning.TEMPLATE and not kind.secrets
    else:
        is_ending = campaign.state == Campaign.State.PAUSED and "ends_as" in campaign.options
        is_late = campaign.not_after is not None and campaign.not_after <= now
        may_go_on = campaign.state not in _OVER and not is_ending and not is_late
    is_ours = failure.meaning == Meaning.TEMPLATE
    return (
        may_go_on
        and (is_ours or delivery.attempt < Delivery.MOST_ATTEMPTS)
        and bool(delivery.address)
    )


def _due_at(failure: Failure, delivery: Delivery, *, now: datetime) -> datetime:
    match failure.meaning:
        case Meaning.LATER:
            return now + settings.FIRST_RETRY * 4 ** max(0, delivery.attempt - 1)
        case Meaning.SLOW:
            return now + SLOW_WAIT
    return now


def _reopen(campaign_ids: Collection[int]) -> None:
    """A campaign that was done has messages to send again."""
    for campaign in Campaign.objects.filter(pk__in=campaign_ids, state=Campaign.State.DONE):
        campaign.state, campaign.finished_at = Campaign.State.RUNNING, None
        campaign.options.pop("ends_as", None)
        campaign.save(update_fields=["state", "finished_at", "options"])
