"""What several ends of one sort in a row say: that it is not about the recipients."""

from __future__ import annotations

from umkm_portal.messaging.models import Delivery
from umkm_portal.messaging.transports import AccountTrouble, Outcome

REFUSALS_TO_BREAK = 10
"""So many permanent refusals in a row are about us, not about the recipients."""
DOUBTS_TO_BREAK = 3
"""After so many messages of unknown end in a row no more are risked for a while."""
UNFILLABLE = "Isi pesan untuk orang ini tidak dapat disusun."
UNFILLABLE_TO_PAUSE = 10
"""So many of those in a row are about the text, not about the people."""


class Streaks:
    """Counts the ends of a batch's messages as they come."""

    def __init__(self) -> None:
        self._refusals = self._doubts = self._unfillable = 0

    def note(self, state: str, outcome: Outcome) -> AccountTrouble | None:
        """The trouble with the account that shows in this and the ends before, once each."""
        self._unfillable = self._unfillable + 1 if outcome.error == UNFILLABLE else 0
        if self._unfillable:
            return None
        is_about_her = outcome.suppresses or outcome.is_personal
        is_refusal = state == Delivery.State.FAILED_PERMANENT and outcome.error and not is_about_her
        self._refusals = self._refusals + 1 if is_refusal else 0
        self._doubts = self._doubts + 1 if state == Delivery.State.UNCERTAIN else 0
        if self._refusals >= REFUSALS_TO_BREAK:
            self._refusals = 0
            reason = f"{REFUSALS_TO_BREAK} penolakan berturut-turut: {outcome.error}"
            return AccountTrouble(reason, is_lasting=True)
        if self._doubts >= DOUBTS_TO_BREAK:
            self._doubts = 0
            return AccountTrouble(outcome.error, is_lasting=True)
        return None

    @property
    def is_text_broken(self) -> bool:
        """Whether so many could not be filled that the text is to be looked at."""
        return self._unfillable >= UNFILLABLE_TO_PAUSE
