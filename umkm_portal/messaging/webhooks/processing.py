"""Working raw events: by a nudge at once, by the sweep when the nudge was lost."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from umkm_portal.messaging.models import WebhookEvent
from umkm_portal.messaging.services.news import follow_wish, take_news
from umkm_portal.messaging.services.replies import receive_reply
from umkm_portal.messaging.services.reported import Report, apply_reports, block_addresses
from umkm_portal.messaging.webhooks import email, whatsapp
from umkm_portal.messaging.webhooks.parsed import Parsed

State = WebhookEvent.State
CHUNK = 50
TURN_SECONDS = 2.0
"""Short: codes and offers wait behind this."""
KEEP_TRYING = timedelta(hours=24)
"""So long the message of a report may still turn up: we may be told before we have written that
it went."""
FIRST_RETRY, LONGEST_RETRY = timedelta(seconds=5), timedelta(hours=2)
MOST_TRIES = 10

_log = logging.getLogger(__name__)


def work_events(*, seconds: float = TURN_SECONDS, now: datetime | None = None) -> Counter[str]:
    """Work what is due until nothing is left or time is up: counts by state, `is_out_of_time`."""
    stop_at = time.monotonic() + seconds
    done: Counter[str] = Counter()
    while worked := _work_chunk(now=now or timezone.now()):
        done += worked
        if time.monotonic() >= stop_at:
            done["is_out_of_time"] = 1
            break
    return done


def _work_chunk(*, now: datetime) -> Counter[str]:
    """Work some events together; one by one when something in them goes wrong."""
    try:
        with transaction.atomic():
            return _work(_take(now=now, size=CHUNK), now=now)
    except Exception as error:
        _log.warning("webhook events are worked one by one: %s", error)
    return _work_one(now=now)


def _work_one(*, now: datetime) -> Counter[str]:
    with transaction.atomic():
        rows = _take(now=now, size=1)
        try:
            with transaction.atomic():
                return _work(rows, now=now)
        except Exception as error:
            _log.exception("webhook event %s failed", [row.pk for row in rows])
            return Counter(_put_off(row, now=now, note=_words(error)) for row in rows)


def _take(*, now: datetime, size: int) -> list[WebhookEvent]:
    """Events that nobody else works at this moment."""
    due = WebhookEvent.objects.due(now=now).order_by("due_at", "pk")
    return list(due.select_for_update(skip_locked=True)[:size])


def _work(rows: Sequence[WebhookEvent], *, now: datetime) -> Counter[str]:
    parsed = [(row, _parse(row)) for row in rows]
    take_news([told for _, found in parsed for told in found.news], now=now)
    unknown = apply_reports([r for _, found in parsed for r in found.reports], now=now)
    waiting = {report.key for report in unknown if report.state}
    first = {row.pk for row in rows if row.tries == 0}
    done: Counter[str] = Counter()
    for row, found in parsed:
        open_reports = [report for report in found.reports if report.key in waiting]
        if row.pk in first:
            block_addresses(open_reports, now=now)
        for wish in found.wishes:
            follow_wish(wish, now=now)
        for inbound in found.inbound:
            receive_reply(inbound, now=now)
        done[_finish(row, open_reports, now=now)] += 1
    return done


def _parse(row: WebhookEvent) -> Parsed:
    return whatsapp.parse(row) if row.source == whatsapp.SOURCE else email.parse(row)


def _finish(row: WebhookEvent, open_reports: Sequence[Report], *, now: datetime) -> str:
    if open_reports and now < row.received_at + KEEP_TRYING:
        return _put_off(row, now=now, note=f"{len(open_reports)} pesan belum dikenal.")
    row.state = State.UNMATCHED if open_reports else State.DONE
    row.body, row.due_at, row.done_at = None, None, now
    row.tries += 1
    row.note = "" if row.state == State.DONE else row.note
    row.save(update_fields=["state", "body", "due_at", "done_at", "tries", "note"])
    return str(row.state)


def _put_off(row: WebhookEvent, *, now: datetime, note: str) -> str:
    """Try again later; who cannot be read time after time stays, unworked, for somebody to see."""
    row.tries += 1
    row.note = note[:300]
    is_over = row.tries >= MOST_TRIES and now >= row.received_at + KEEP_TRYING
    if is_over:
        row.state, row.due_at, row.done_at = State.FAILED, None, now
    else:
        row.due_at = now + min(FIRST_RETRY * 4 ** min(row.tries - 1, 8), LONGEST_RETRY)
    row.save(update_fields=["state", "due_at", "done_at", "tries", "note"])
    return str(row.state)


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
