import pytest
from django.db import connection

from tests.messaging import scenes
from umkm_portal.messaging import invariants

pytestmark = pytest.mark.django_db


def _run(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)


SLICE = """
INSERT INTO messaging_expansionslice (campaign_id, number, first, last)
SELECT id, 1, 1, 3 FROM messaging_campaign
"""
LOST = "DELETE FROM messaging_delivery WHERE recipient_key = 2"


@pytest.mark.parametrize(
    ("damage", "rule"),
    [
        ("UPDATE messaging_deliverybatch SET pending = pending + 1", "batch counters differ"),
        ("UPDATE messaging_delivery SET state = 'accepted'", "batch counters differ"),
        ("DELETE FROM messaging_deliverybatch", "a batch that does not exist"),
        ("UPDATE messaging_delivery SET batch_number = NULL", "waiting outside any batch"),
        ("UPDATE messaging_campaign SET state = 'done'", "with a delivery that is not final"),
        ("DELETE FROM messaging_audiencemember", "deliveries without audience"),
        ("DELETE FROM messaging_delivery", "without a delivery"),
        ("UPDATE messaging_campaign SET audience_count = 9", "audiences not counted"),
        ("UPDATE messaging_deliverybatch SET due_at = NULL", "nobody will ever find"),
        ("UPDATE messaging_deliverybatch SET sending = 1", "that nobody holds"),
        (SLICE, "run before all slices are written"),
        (f"{SLICE}; UPDATE messaging_expansionslice SET done_at = now(); {LOST}", "written slices"),
    ],
)
def test_damage_is_named(damage, rule):
    scenes.make_running(3)
    assert invariants.violations() == []

    _run(damage)

    assert any(rule in violation for violation in invariants.violations())
