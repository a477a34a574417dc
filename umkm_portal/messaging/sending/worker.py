"""The work itself: one batch, chunk by chunk, over one kept connection."""

from __future__ import annotations

import contextlib
import logging
import random
import time
from collections import Counter
from datetime import datetime, timedelta

from django.conf import settings
from django.db import Error as DatabaseTrouble
from django.db import connection
from django.utils import timezone

from umkm_portal.messaging import kinds, sealing
from umkm_portal.messaging.models import Delivery, SendingAccount, Suppression
from umkm_portal.messaging.operations import tallies
from umkm_portal.messaging.sending import claims, stopping
from umkm_portal.messaging.sending.accounts import Probe, record_success, record_trouble
from umkm_portal.messaging.sending.claims import BatchLost, Claim
from umkm_portal.messaging.sending.filling import Filler, Merges, Row
from umkm_portal.messaging.sending.hours import is_open
from umkm_portal.messaging.sending.streaks import UNFILLABLE, Streaks
from umkm_portal.messaging.sending.throttle import (
    Allowance,
    CircuitOpen,
    DayLimitReached,
    admit_people,
    pause_for,
    slow_down,
)
from umkm_portal.messaging.services.approved import stop_template
from umkm_portal.messaging.services.campaigns import CampaignRefused, pause_campaign
from umkm_portal.messaging.services.fallover import reached_elsewhere
from umkm_portal.messaging.services.suppressions import BULK, BY_BUTTON, suppress
from umkm_portal.messaging.transports import (
    WAITS_PER_MESSAGE,
    AccountTrouble,
    ConnectionLost,
    Message,
    Outcome,
    TemplateTrouble,
    TooFast,
    make_transport,
)

State = Delivery.State
LONGEST_RETRY = timedelta(hours=6)
LONGEST_WAIT_SECONDS = 2.0
"""For tokens farther away than this a batch is put down."""
CHUNK_SECONDS, LARGEST_CHUNK = 0.004, 50
SLOW_SECONDS = 2.0
"""How long a batch rests when the provider asks for less, unless it says how long itself."""

_log = logging.getLogger(__name__)


class BatchWork:
    """One worker's turn at one batch; `merges` as for `Filler`."""

    def __init__(self, claim: Claim, *, stop_at: float, merges: Merges | None = None) -> None:
        self.claim = claim
        self.batch = claim.batch
        self.campaign = claim.batch.campaign
        self.account = claim.batch.account
        self.kind = kinds.get(self.campaign.kind)
        self.outcomes: Counter[str] = Counter()
        self._tally: Counter[tuple[str, str]] = Counter()
        self._stop_at = stop_at
        self._merges = {} if merges is None else merges
        self._allowance = Allowance(self.account)
        self._chunk_size = chunk_size(self.account)
        self._wait = send_timeout()
        self._transport = make_transport(
            self.batch.channel, timeout=self._wait, account=self.account
        )
        self._streaks = Streaks()
        self._keeps_hours = self.kind.keeps_hours and not self.campaign.ignores_hours
        self._is_account_open, self._open_until = False, 0.0
        self._probe = Probe(self.account)
        self._has_stumbled = False
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
        except Exception as error:
            self._due_at = timezone.now() + timedelta(minutes=1)
            if isinstance(error, DatabaseTrouble) and not connection.in_atomic_block:
                connection.close()  # what is known can still be written over a new one
            with contextlib.suppress(BatchLost, DatabaseTrouble):
                self._put_down()
            raise
        finally:
            self._transport.close()
        return self.outcomes

    def _send_all(self) -> None:
        try:
            self._filler = Filler(
                self.campaign, self.batch.channel, account=self.account, merges=self._merges
            )
        except TemplateTrouble as trouble:
            self._stop_template(trouble)
            return
        rows = claims.waiting_rows(self.batch)
        while rows and self._may_go_on():
            chunk = self._next_chunk(rows)
            window_to = rows[: claims.CHUNKS_PER_WINDOW * self._chunk_size][-1]["pk"]
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
        size = min(self._chunk_size, len(rows), self._probe.most(now=timezone.now()))
        if size == 0:
            self._due_at = self._probe.next_at
            return []
        try:
            count = self._allowance.take(size, is_probe=self._probe.is_ours)
        except DayLimitReached:
            self._due_at = timezone.localtime() + timedelta(hours=1)
            return []
        except CircuitOpen as broken:
            self._due_at = broken.until
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
        ids = set(self._mark_sending(admitted, window_to))
        self._allowance.put_back(len(chunk) - len(ids))
        sending = [row for row in admitted if row["pk"] in ids]
        return [*self._hand_over_all(sending), *postponed]

    def _mark_sending(self, rows: list[Row], window_to: int) -> list[int]:
        """When the answer of the database is lost nobody knows whether they were marked."""
        try:
            return claims.advance(
                self.claim,
                next_ids=[row["pk"] for row in rows],
                window_to=window_to,
                unwanted_ids=self._unwanted(rows),
                purpose=f"{self.kind.purpose},{self.kind.name}",
            )
        except DatabaseTrouble:
            self._take_back(rows)
            raise

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
        if chunk and self.kind.still_due is not None:
            due = self.kind.still_due([row["pk"] for row in chunk])
            return [row["pk"] for row in chunk if row["pk"] not in due]
        subjects = [row["subject_id"] for row in chunk if row["subject_id"] is not None]
        wanted = self.kind.still_wanted(self.campaign, subjects) if subjects else set()
        overtaken = reached_elsewhere(self.batch, [row["pk"] for row in chunk])
        return [
            row["pk"]
            for row in chunk
            if (row["subject_id"] is not None and row["subject_id"] not in wanted)
            or row["pk"] in overtaken
        ]

    def _hand_over_all(self, rows: list[Row]) -> list[Row]:
        self._has_stumbled = False
        for number, row in enumerate(rows):
            try:
                self._transport.open()
                if (
                    self._has_stumbled
                    or not self._is_still_ours()
                    or not self._allowance.is_young()
                ):
                    return self._take_back(rows[number:])
                following = rows[number + 1] if number + 1 < len(rows) else None
                outcome = self._hand_over(row, following)
            except ConnectionLost:
                return self._take_back(rows[number:])
            except TooFast as trouble:
                self._slow_down(trouble)
                return self._take_back(rows[number:])
            except TemplateTrouble as trouble:
                if self.campaign.is_standing:
                    self._settle(row, _without_text(trouble))
                    continue
                self._stop_template(trouble)
                return self._take_back(rows[number:])
            except AccountTrouble as trouble:
                self._stumble(trouble)
                return self._take_back(rows[number:])
            except Exception:
                self._take_back(rows[number:])
                raise
            try:
                self._settle(row, outcome)
            except Exception:
                self._take_back(rows[number + 1 :])
                raise
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
        if not self._filler.is_deliverable(row):
            self._transport.forget()
            return Outcome(State.FAILED_PERMANENT, "Alamat ini tidak dapat dipakai.")
        message = self._filler.fill(row)
        if message is None:
            self._transport.forget()
            return Outcome(State.FAILED_PERMANENT, UNFILLABLE)
        if message.approved and not all(message.approved.values):
            return Outcome(
                State.FAILED_PERMANENT, "Isian templat ada yang kosong.", is_personal=True
            )
        try:
            return self._send(message, following)
        except (AccountTrouble, ConnectionLost, TemplateTrouble):
            raise
        except Exception as error:  # whatever it was, the message may have gone
            _log.exception("message %s may have gone", row["pk"])
            self._transport.close()
            return Outcome(State.UNCERTAIN, f"Galat saat mengirim: {type(error).__name__}")

    def _send(self, message: Message, following: Row | None) -> Outcome:
        if following is None or not self._filler.is_deliverable(following):
            return self._transport.send(message)
        ahead = self._filler.ahead(following)
        return self._transport.send(message, next_address=following["address"], meanwhile=ahead)

    def _settle(self, row: Row, outcome: Outcome) -> None:
        state, error = outcome.state, outcome.error
        attempts = row["attempt"] + 1
        if state == State.FAILED_TEMPORARY and attempts >= Delivery.MOST_ATTEMPTS:
            state, error = State.FAILED_PERMANENT, f"Menyerah setelah {attempts} kali: {error}"
        elif state == State.FAILED_TEMPORARY:
            self._most_attempts = max(self._most_attempts, attempts)
        self.claim.results.append((row["pk"], str(state), error[:300], outcome.provider_ref[:200]))
        self.outcomes[str(state)] += 1
        self._tally[str(state), tallies.cause_of(error)] += 1
        self._probe.is_spent = True
        if (outcome.suppresses or outcome.opts_out) and not self.kind.forgets_address:
            self._suppress(row, outcome)
        if state == State.ACCEPTED:
            now = timezone.now()
            record_success(self.account, delivery_id=row["pk"], since=self._probe.began_at, now=now)
        if trouble := self._streaks.note(state, outcome):
            self._stumble(trouble)
        if self._streaks.is_text_broken:
            self._pause_for_text()

    def _suppress(self, row: Row, outcome: Outcome) -> None:
        opts_out, reasons = outcome.opts_out, Suppression.Reason
        suppress(
            channel=self.batch.channel,
            address=row["address"],
            purpose=BULK if opts_out else Suppression.EVERYTHING,
            reason=reasons.OPT_OUT if opts_out else reasons.HARD_BOUNCE,
            note=BY_BUTTON if opts_out else outcome.error,
            now=timezone.now(),
        )

    def _pause_for_text(self) -> None:
        if self.campaign.is_standing:
            return
        with contextlib.suppress(CampaignRefused):  # somebody else has stopped it
            pause_campaign(self.campaign, reason=f"{UNFILLABLE} Periksa teksnya.", actor=None)

    def _stumble(self, trouble: AccountTrouble) -> None:
        self._has_stumbled = True
        self._due_at = record_trouble(self.account, trouble, now=timezone.now())

    def _slow_down(self, trouble: TooFast) -> None:
        slow_down(self.account)
        rest = max(SLOW_SECONDS, trouble.retry_after)
        self._due_at = timezone.now() + timedelta(seconds=rest)

    def _stop_template(self, trouble: TemplateTrouble) -> None:
        """The campaign stops with the reason; what is not handed over waits in its place."""
        stop_template(self.campaign, account=self.account, trouble=trouble, now=timezone.now())
        self._due_at = timezone.now()

    def _record(self) -> None:
        claims.advance(self.claim)

    def _put_down(self) -> None:
        self._record()
        now = timezone.now()
        tallies.add(self.account.pk, self._tally, now=now)
        self._tally.clear()
        claims.give_back(
            self.claim,
            due_at=self._due_at or now,
            retry_at=now + retry_delay(self._most_attempts),
        )


def _without_text(trouble: TemplateTrouble) -> Outcome:
    """A single message whose text may not be used: others of its kind go other ways."""
    return Outcome(State.FAILED_PERMANENT, str(trouble), is_personal=True)


def chunk_size(account: SendingAccount) -> int:
    """Messages marked `sending` by one commit, the most that a crash leaves uncertain.

    SENDING_CHUNK; for an account so fast that commits would take most of its time, what it sends
    in a few milliseconds.
    """
    fast = min(LARGEST_CHUNK, int(account.rate_per_second * CHUNK_SECONDS))
    return max(settings.SENDING_CHUNK, fast)


def send_timeout() -> float:
    """Seconds of one network wait: all waits of a message together are shorter than the lease."""
    lease = settings.BATCH_LEASE.total_seconds()
    return min(float(settings.EMAIL_TIMEOUT), lease / (WAITS_PER_MESSAGE + 1))


def retry_delay(attempts: int) -> timedelta:
    """Four times longer after each attempt, give or take a fifth."""
    delay = min(settings.FIRST_RETRY * 4 ** (attempts - 1), LONGEST_RETRY)
    return delay * random.uniform(0.8, 1.2)  # noqa: S311 (jitter)
