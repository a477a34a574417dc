"""Taking part in a bazaar is step P5; being let through is none, and a mistake is corrected."""

import pytest

from participants.models import Stage, StageEvent
from partners.bazaars.entries import mark_entries
from partners.bazaars.services import accept_report, withdraw_report
from tests.factories import UserFactory
from tests.partners.bazaars.test_sales import line, people_of, receive

pytestmark = pytest.mark.django_db


def steps_of(person):
    return [*StageEvent.objects.standing().filter(participant=person).values_list("stage")]


def test_taking_part_is_step_p5_and_shows_on_her_path(client, shopee, now):
    first, second, third = people_of(shopee)
    first.account = UserFactory()
    first.save()
    by, entries = UserFactory(), shopee.entries.order_by("pk")
    assert not StageEvent.objects.exists(), "passing the curation is no step"

    mark_entries(entries, state="present", by=by, now=now)
    mark_entries(entries, state="present", by=by, now=now)

    event = StageEvent.objects.get(participant=first)
    assert (event.stage_id, event.occurred_on, event.organisation, event.actor) == (
        *("P5", shopee.starts_on, shopee.partner.organisation),
        by,
    )
    assert StageEvent.objects.count() == 3
    client.force_login(first.account)
    assert "1 dari 1 langkah selesai" in client.get("/saya/").content.decode()

    mine = entries.filter(participant=first)
    mark_entries(mine, state="absent", by=by, now=now)
    assert steps_of(first) == []
    assert "0 dari 1 langkah selesai" in client.get("/saya/").content.decode()
    mark_entries(mine, state="present", by=by, now=now)
    assert steps_of(first) == [("P5",)]
    kept = StageEvent.objects.filter(participant=first).order_by("pk")
    assert [*kept.values_list("is_void", flat=True)] == [False, True, False]
    assert [steps_of(person) for person in (second, third)] == [[("P5",)]] * 2


def test_who_sold_has_taken_part_until_the_report_is_taken_back(shopee, now):
    first, second, third = people_of(shopee)
    by = UserFactory()
    mark_entries(shopee.entries.filter(participant=third), state="present", by=by, now=now)
    file, _ = receive(shopee, [line(first, "1000"), line(second, "0"), line(third, "500")], now)
    report = accept_report(file, by=by, now=now)
    assert [len(steps_of(person)) for person in (first, second, third)] == [1, 0, 1]

    withdraw_report(report, why="Berkas bulan lain", by=by, now=now)

    assert [len(steps_of(person)) for person in (first, second, third)] == [0, 0, 1]
    assert [entry.state for entry in shopee.entries.order_by("pk")] == [
        *("expected", "expected", "present")
    ]


@pytest.mark.parametrize("count", [1, 3])
def test_marking_asks_as_often_for_many_as_for_one(shopee, now, count, django_assert_num_queries):
    Stage.objects.get(code="P5")
    entries = shopee.entries.filter(pk__in=[*shopee.entries.values_list("pk", flat=True)[:count]])

    with django_assert_num_queries(8):
        assert mark_entries(entries, state="present", by=None, now=now) == count
