"""Nobody twice, nobody missed: real workers, real SMTP, a real broker, and everything breaks.

One seed in a short size here; `python -m tests.faults.figures` plays all of them in full size.
"""

import pytest

from tests.faults.cases import CASES, cancel_in_between
from tests.faults.playing import SEEDS, SIZE, play
from tests.faults.theatre import Campaigned

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(900),
    pytest.mark.long,
]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_everybody_once_when_it_breaks(case, tmp_path, seed):
    """As `designs.md` defines twice and missed."""
    books = play(case, Campaigned, tmp_path, seed)

    most_uncertain = case.most_uncertain * getattr(case, SIZE).times
    assert books.broken_rules == []
    assert (books.twice, books.missed) == (0, 0), books
    assert books.uncertain <= most_uncertain, books
    if case.act is not cancel_in_between:
        assert books.people - books.uncertain - books.refused <= books.sent <= books.people, books
    assert bool(books.refused) == (case.refuses or case.is_poisoned), books
