"""The work itself: one batch, chunk by chunk, over one kept connection."""

from __future__ import annotations

import contextlib
import random
import time
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from umkm_portal.messaging import kinds, sealing
from umkm_portal.messaging.models import Campaign, Channel, Delivery, Suppression
from umkm_portal.messaging.sending import claims, stopping
from umkm_portal.messaging.sending.accounts import record_success, record_trouble
from umkm_portal.messaging.sending.claims import BatchLost, Claim
from umkm_portal.messaging.sending.hours import is_open
from umkm_portal.messaging.sending.mailmerge import MailMerge, Recipient, is_deliverable
from umkm_portal.messaging.sending.textmerge import TextMerge, is_phone
from umkm_portal.messaging.sending.throttle import (
    Allowance,
    DayLimitReached,
    admit_people,
    pause_for,
)
from umkm_portal.messaging.services.suppressions import suppress
from umkm_portal.messaging.transports import (
    WAITS_PER_MESSAGE,
    AccountTrouble,
    ConnectionLost,
    Message,
    Outcome,
    make_transport,
)

State = Delivery.State
MAX_ATTEMPTS = 5
FIRST_RETRY, LONGEST_RETRY = timedelta(minutes=1), timedelta(hours=6)
LONGEST_WAIT_SECONDS = 2.0
"""For tokens farther away than this a batch is put down."""
REFUSALS_TO_BREAK = 10
"""So many permanent refusals in a row are about us, not about the recipients."""

Row = dict[str, Any]


Merges = dict[tuple[int, str], MailMerge | TextMerge]
"""By campaign and channel: built once a turn, not once a batch."""


class BatchWork:
    """One worker's turn at one batch.

    `merges` are kept by the caller for as long as what they say may be old.
    """

    def __init__(self, claim: Claim, *, stop_at: float, merges: Merges | None = None) -> None:
        self.claim = claim
        self.batch = claim.batch
        self.campaign = claim.batch.campaign
        self.account = claim.batch.account
        self.kind = kinds.get(self.campaign.kind)
        self.outcomes: Counter[str] = Counter()
        self._stop_at = stop_at
        self._merges = {} if merges is None else merges
        self._allowance = Allowance(self.account)
        self._wait = send_timeout()
        self._transport = make_transport(self.batch.channel, timeout=self._wait)
        self._keeps_hours = self.kind.is_bulk and not self.campaign.ignores_hours
        self._is_account_open, self._open_until = False, 0.0
        self._filled: dict[int, Message] = {}
        """Messages filled while the server took the one before, by delivery."""
        self._refusals = 0
        self._most_attempts = 1
        self._due_at: datetime | None = None
        """When the rest is due, once it is clear that this turn ends early."""

    def run(self) -> Counter[str]:
        """Send what can be sent now; return outcomes by state. The batch is put down after.

        Raises what the kind's own functions raise, after putting the batch down for a minute.
        """
        try:
            self._send_all()
            self._put_down()
            if self.kind.secrets:
                sealing.forget(self.batch, with_address=self.kind.forgets_address)
        except BatchLost:
            self.outcomes["lost"] += 1
        except Exception:
            self._due_at = timezone.now() + timedelta(minutes=1)
            with contextlib.suppress(BatchLost):
                self._put_down()
            raise
        finally:
            self._transport.close()
        return self.outcomes

    def _send_all(self) -> None:
        of = (self.campaign.pk, self.batch.channel)
        self._merge = self._merges.get(of) or merge_for(self.campaign, self.batch.channel)
        self._merges[of] = self._merge
        rows = claims.waiting_rows(self.batch)
        while rows and self._may_go_on():
            chunk = self._next_chunk(rows)
            window_to = rows[: claims.WINDOW][-1]["pk"]
            rows = [*self._send_chunk(chunk, window_to), *rows[len(chunk) :]]

    def _may_go_on(self) -> bool:
        if self._due_at is not None or not self.claim.is_running:
            return False
        if stopping.is_stopping() or time.monotonic() >= self._stop_at:
            return False
        return not self._keeps_hours or self._is_open()

    def _is_open(self) -> bool:
        """Asked once a second, not once a chunk."""
        now = time.monotonic()
        if now >= self._open_until:
            self._is_account_open = is_open(self.account, now=timezone.now())
            self._open_until = now + 1
        return self._is_account_open

    def _next_chunk(self, rows: list[Row]) -> list[Row]:
        """As many rows as there are tokens for; none when they are far away or just missing."""
        try:
            count = self._allowance.take(min(settings.SENDING_CHUNK, len(rows)))
        except DayLimitReached:
            self._due_at = timezone.localtime() + timedelta(hours=1)
            return []
        if count == 0:
            self._record()
            if self._allowance.seconds_to_next > LONGEST_WAIT_SECONDS:
                seconds = self._allowance.seconds_to_next
                self._due_at = timezone.now() + timedelta(seconds=seconds)
            else:
                pause_for(self._allowance.seconds_to_next)
        return rows[:count]

    def _send_chunk(self, chunk: list[Row], window_to: int) -> list[Row]:
        """Mark a chunk `sending`, hand it over; return the rows that were not handed over."""
        if not chunk:
            return []
        admitted, postponed = self._admit(chunk)
        ids = set(
            claims.advance(
                self.claim,
                next_ids=[row["pk"] for row in admitted],
                window_to=window_to,
                unwanted_ids=self._unwanted(admitted),
                purpose=self.kind.purpose,
            )
        )
        self._allowance.put_back(len(chunk) - len(ids))
        sending = [row for row in admitted if row["pk"] in ids]
        return [*self._hand_over_all(sending), *postponed]

    def _admit(self, chunk: list[Row]) -> tuple[list[Row], list[Row]]:
        """Split by the portfolio's limit of people a day; the rest is due in an hour."""
        if self.account.portfolio is None:
            return chunk, []
        keys = [row["recipient_key"] for row in chunk]
        admitted = admit_people(self.account.portfolio, keys, now=timezone.now())
        if len(admitted) < len(set(keys)):
            self._due_at = timezone.now() + timedelta(hours=1)
        return (
            [row for row in chunk if row["recipient_key"] in admitted],
            [row for row in chunk if row["recipient_key"] not in admitted],
        )

    def _unwanted(self, chunk: list[Row]) -> list[int]:
        subjects = [row["subject_id"] for row in chunk if row["subject_id"] is not None]
        wanted = self.kind.still_wanted(self.campaign, subjects) if subjects else set()
        return [
            row["pk"]
            for row in chunk
            if row["subject_id"] is not None and row["subject_id"] not in wanted
        ]

    def _hand_over_all(self, rows: list[Row]) -> list[Row]:
        for number, row in enumerate(rows):
            try:
                self._transport.open()
                if not self._is_still_ours() or not self._allowance.is_young():
                    return self._take_back(rows[number:])
                following = rows[number + 1] if number + 1 < len(rows) else None
                self._settle(row, self._hand_over(row, following))
            except ConnectionLost:
                return self._take_back(rows[number:])
            except AccountTrouble as trouble:
                self._stumble(trouble)
                return self._take_back(rows[number:])
        return []

    def _is_still_ours(self) -> bool:
        """Look at the lease; renew it when it might end during the next message."""
        if self.claim.seconds_left > WAITS_PER_MESSAGE * self._wait:
            return True
        self._record()
        return self.claim.is_running

    def _take_back(self, rows: list[Row]) -> list[Row]:
        self._transport.forget()
        self.claim.results += [(row["pk"], State.PENDING, "", "") for row in rows]
        return rows

    def _hand_over(self, row: Row, following: Row | None) -> Outcome:
        if not self._is_deliverable(row):
            self._transport.forget()
            return Outcome(State.FAILED_PERMANENT, "Alamat ini tidak dapat dipakai.")
        message = self._filled.pop(row["pk"], None) or self._fill(row)
        if following is None or not self._is_deliverable(following):
            return self._transport.send(message)

        def fill_ahead() -> None:
            with contextlib.suppress(Exception):  # said when its turn comes
                self._filled[following["pk"]] = self._fill(following)

        address = following["address"]
        return self._transport.send(message, next_address=address, meanwhile=fill_ahead)

    def _is_deliverable(self, row: Row) -> bool:
        is_email = self.batch.channel == Channel.EMAIL
        return is_deliverable(row["address"]) if is_email else is_phone(row["address"])

    def _fill(self, row: Row) -> Message:
        values = row["context"]
        if self.kind.secrets:
            values = sealing.unseal(values, self.kind.secrets)
        content = self._merge.fill(Recipient(row["public_id"], row["address"], values))
        return Message(row["address"], content, reference=row["public_id"], values=values)

    def _settle(self, row: Row, outcome: Outcome) -> None:
        state, error = outcome.state, outcome.error
        attempts = row["attempt"] + 1
        if state == State.FAILED_TEMPORARY and attempts >= MAX_ATTEMPTS:
            state, error = State.FAILED_PERMANENT, f"Menyerah setelah {attempts} kali: {error}"
        elif state == State.FAILED_TEMPORARY:
            self._most_attempts = max(self._most_attempts, attempts)
        if outcome.suppresses and not self.kind.forgets_address:
            self._suppress(row, error)
        self.claim.results.append((row["pk"], str(state), error[:300], outcome.provider_ref[:200]))
        self.outcomes[str(state)] += 1
        if state == State.ACCEPTED:
            record_success(self.account)
        self._watch_refusals(state, outcome)

    def _suppress(self, row: Row, error: str) -> None:
        suppress(
            channel=self.batch.channel,
            address=row["address"],
            purpose=Suppression.EVERYTHING,
            reason=Suppression.Reason.HARD_BOUNCE,
            note=error,
            now=timezone.now(),
        )

    def _watch_refusals(self, state: str, outcome: Outcome) -> None:
        is_refusal = state == State.FAILED_PERMANENT and outcome.error and not outcome.suppresses
        self._refusals = self._refusals + 1 if is_refusal else 0
        if self._refusals >= REFUSALS_TO_BREAK:
            self._refusals = 0
            reason = f"{REFUSALS_TO_BREAK} penolakan berturut-turut: {outcome.error}"
            self._stumble(AccountTrouble(reason, is_lasting=True))

    def _stumble(self, trouble: AccountTrouble) -> None:
        self._due_at = record_trouble(self.account, trouble, now=timezone.now())

    def _record(self) -> None:
        claims.advance(self.claim)

    def _put_down(self) -> None:
        self._record()
        now = timezone.now()
        claims.give_back(
            self.claim,
            due_at=self._due_at or now,
            retry_at=now + retry_delay(self._most_attempts),
        )


def merge_for(campaign: Campaign, channel: str) -> MailMerge | TextMerge:
    """The message of a campaign on a channel, with the values that all recipients share now."""
    kind = kinds.get(campaign.kind)
    template = campaign.templates.filter(channel=channel).order_by("-version", "pk").first()
    subject, body = (template.subject, template.body) if template else kind.wording[channel]
    shared = kind.shared_context(campaign)
    if channel != Channel.EMAIL:
        return TextMerge(body=body, shared=shared)
    return MailMerge(subject=subject, body=body, shared=shared, is_bulk=kind.is_bulk)


def send_timeout() -> float:
    """Seconds of one network wait: all waits of a message together are shorter than the lease."""
    lease = settings.BATCH_LEASE.total_seconds()
    return min(float(settings.EMAIL_TIMEOUT), lease / (WAITS_PER_MESSAGE + 1))


def retry_delay(attempts: int) -> timedelta:
    """Four times longer after each attempt, give or take a fifth."""
    delay = min(FIRST_RETRY * 4 ** (attempts - 1), LONGEST_RETRY)
    return delay * random.uniform(0.8, 1.2)  # noqa: S311 (jitter)
