import pytest

from umkm_portal.embedded import once
from umkm_portal.embedded.errors import EmbeddedError

GOOD = {
    **dict.fromkeys(once.DELIVERY_STATES, 0),
    "audience": 40,
    "accepted": 38,
    "suppressed": 2,
    "mails_received": 38,
    "distinct_message_ids": 38,
    "distinct_people": 38,
    "confirmed": 30,
    "waitlisted": 5,
    "seats": 30,
}


def test_good_books_have_no_problem():
    assert once.problems_of(GOOD) == []


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"mails_received": 39, "distinct_message_ids": 39}, "somebody was mailed twice"),
        ({"mails_received": 39}, "a message was delivered twice"),
        ({"accepted": 37, "uncertain": 1}, "some deliveries are not settled"),
        ({"accepted": 36}, "somebody of the audience has no delivery"),
        ({"mails_received": 37, "distinct_people": 37}, "an accepted message never arrived"),
        ({"confirmed": 29}, "not every seat was taken"),
        ({"waitlisted": 0}, "nobody is on the waiting list"),
        ({"audience": 0}, "nobody was invited"),
    ],
)
def test_each_fault_in_the_books_is_named(wrong, problem):
    assert problem in once.problems_of({**GOOD, **wrong})


def test_the_answer_link_is_found_in_the_mail():
    text = "Buka http://localhost:8000/u/Ab-9_x:1/ untuk menjawab.\nBerhenti: /berhenti/z/"

    assert once.link_in(text, "http://localhost:8000") == "http://localhost:8000/u/Ab-9_x:1/"
    with pytest.raises(EmbeddedError, match="no link"):
        once.link_in(text, "http://localhost:9999")
