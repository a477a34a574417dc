"""The control of `test_sending`: what everybody would write first fails under the same faults."""

import pytest

from tests.faults.cases import CASES, cancel_in_between
from tests.faults.playing import SEED, play
from tests.faults.theatre import Drafted

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(900),
    pytest.mark.long,
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_first_draft_fails(case, tmp_path):
    """The control: the faults are real."""
    books = play(case, Drafted, tmp_path, SEED, NAIVE_TIMEOUT=case.timeout)

    if case.act is cancel_in_between:  # who was not to get it any more is not missed
        assert books.twice
    else:
        assert books.twice or books.missed
