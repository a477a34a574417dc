import pytest
from django.db import connection

from tests.factories import UserFactory
from tests.messaging import scenes
from umkm_portal.messaging import invariants, kinds, services
from umkm_portal.messaging.kinds import CampaignKind
from umkm_portal.messaging.services import expansion, slices

pytestmark = pytest.mark.django_db


def _started(count, now, **options):
    campaign = scenes.make_campaign(count, **options)
    services.start_campaign(campaign, now=now)
    return campaign


def _kind_with(**changes):
    fields = {**scenes.BULK.__dict__, "name": "test_other", **changes}
    return kinds.register(CampaignKind(**fields))


def test_every_member_gets_one_pending_delivery_in_a_batch(now):
    campaign = _started(45, now)

    covered = services.expand_campaign(campaign, now=now)

    assert covered == 45
    assert scenes.states(campaign) == {"pending": 45}
    sizes = campaign.batches.order_by("number").values_list("number", "size", "pending")
    assert list(sizes) == [(n, 10, 10) for n in (1, 2, 3, 4)] + [(5, 5, 5)]
    delivery = campaign.deliveries.get(recipient_key=7)
    assert (delivery.address, delivery.subject_id) == ("orang7@contoh.example", 1007)
    assert delivery.context == {"nama": "Orang 7"}
    assert invariants.violations() == []


def test_batches_are_never_larger_than_the_setting(now, settings):
    settings.BATCH_SIZE = 7
    campaign = _started(20, now)

    services.expand_campaign(campaign, now=now)

    assert list(campaign.batches.order_by("number").values_list("size", flat=True)) == [7, 7, 6]


def _rows_read():
    """Of people's messages, in this transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT idx_tup_fetch + seq_tup_read FROM pg_stat_xact_user_tables "
            "WHERE relname = 'messaging_delivery'"
        )
        return cursor.fetchone()[0]


def test_a_slice_reads_its_own_messages_only_whatever_the_statistics_know(now, monkeypatch):
    monkeypatch.setattr(slices, "FIRST_SLICE", 2)
    monkeypatch.setattr(slices, "BATCHES_PER_SLICE", 2)
    scenes.make_running(1500)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE messaging_delivery, messaging_audiencemember")
    campaign = _started(1500, now)
    before = _rows_read()

    services.expand_campaign(campaign, now=now)

    assert campaign.slices.count() == 0
    assert scenes.states(campaign) == {"pending": 1500}
    assert _rows_read() - before < 15 * 1500


def test_expansion_goes_on_where_it_was_interrupted(now, monkeypatch):
    monkeypatch.setattr(slices, "FIRST_SLICE", 1)
    campaign = _started(30, now)
    assert scenes.expand_one_slice(campaign) == services.people_prepared(campaign) == 10
    assert list(campaign.slices.order_by("number").values_list("first", "last")) == [
        (1, 10),
        (11, 30),
    ]
    campaign.slices.update(done_at=None)  # a slice whose mark was lost

    services.expand_campaign(campaign, now=now)

    campaign.refresh_from_db()
    assert (campaign.state, campaign.expanded_to) == ("running", 30)
    assert not campaign.slices.exists()
    assert scenes.states(campaign) == {"pending": 30}
    assert invariants.violations() == []


def test_people_lost_since_approval_have_a_row_that_says_so(now):
    sql = scenes.EXPANSION.replace("WHERE", "WHERE m.recipient_key <> 2 AND")
    kind = _kind_with(expansion_sql=sql)
    campaign = _started(3, now, kind=kind)

    services.expand_campaign(campaign, now=now)

    assert scenes.states(campaign) == {"pending": 2, "suppressed": 1}
    assert campaign.deliveries.get(recipient_key=2).error == "Data orang ini sudah tidak ada."
    assert invariants.violations() == []


def test_people_without_address_are_not_sent_to(now):
    sql = scenes.EXPANSION.replace(
        "'orang' || m.recipient_key", "'o' || NULLIF(m.recipient_key, 2)"
    )
    campaign = _started(3, now, kind=_kind_with(expansion_sql=sql))

    services.expand_campaign(campaign, now=now)

    assert scenes.states(campaign) == {"pending": 2, "suppressed": 1}
    assert campaign.deliveries.get(recipient_key=2).error == "Tidak ada alamat."
    assert invariants.violations() == []


def test_people_told_by_hand_before_expansion_get_no_mail(now):
    campaign = _started(3, now)
    services.mark_sent_by_hand(
        campaign, recipient_key=2, subject_id=1002, actor=UserFactory(), now=now
    )

    services.expand_campaign(campaign, now=now)

    told = campaign.deliveries.get(recipient_key=2)
    assert (told.channel, told.state) == ("manual", "accepted")
    assert scenes.states(campaign) == {"pending": 2, "accepted": 1}
    assert invariants.violations() == []


@pytest.mark.parametrize("count", [1, 300])
def test_expansion_runs_a_constant_number_of_queries(count, now, django_assert_max_num_queries):
    """Thirteen a slice; three hundred are written in two."""
    campaign = _started(count, now)

    with django_assert_max_num_queries(54):
        services.expand_campaign(campaign, now=now)


def test_workers_are_told_after_the_first_slice_and_at_the_end(now, monkeypatch):
    monkeypatch.setattr(slices, "FIRST_SLICE", 1)
    monkeypatch.setattr(slices, "BATCHES_PER_SLICE", 1)
    told = []
    campaign = _started(50, now)

    def tell(task, **ids):
        campaign.refresh_from_db()
        told.append((task, services.people_prepared(campaign), campaign.state))

    monkeypatch.setattr(expansion.nudges, "after_commit", tell)
    services.expand_campaign(campaign, now=now)

    early, late = told[0], told[-1]
    assert early == ("work_batches", 10, "expanding")
    assert late == ("work_batches", 50, "running")
    assert told.count(early) == told.count(late) == len(told) / 2
