"""What staff see of a campaign that is in the archive."""

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.messaging.archive.conftest import make_old
from tests.staff import make_user
from umkm_portal.messaging.archive import moving, running
from umkm_portal.messaging.models import Campaign, CampaignArchive

pytestmark = pytest.mark.django_db
LIST = reverse("admin:messaging_campaign_changelist")


@pytest.fixture
def head(client):
    client.force_login(make_user("head"))
    return client


def page(campaign):
    return reverse("admin:messaging_campaign_change", args=[campaign.pk])


def test_the_page_keeps_the_figures_and_says_since_when_the_rest_is_gone(head, old, now):
    Campaign.objects.update(state="done")
    words = f"Rincian per orang diarsipkan pada {timezone.localtime(now):%d/%m/%Y}"
    before = head.get(page(old)).content.decode()
    assert "Ulangi yang gagal" in before
    running.run(now)

    shown = head.get(page(old)).content.decode()

    assert words in shown
    for figure in ("Dibaca: <b>1</b>", "Diterima server: <b>5</b>", "Gagal: <b>1</b>"):
        assert figure in before
        assert figure in shown
    assert '<td class="st-num">2</td>' in shown, "those left out"
    for gone in ("Ulangi yang gagal", "Tampilkan", "Daftar cetak"):
        assert gone not in shown
    address = reverse("admin:messaging_campaign_list", args=[old.pk, "gagal"])
    assert words in head.get(address).content.decode()
    address = reverse("admin:messaging_campaign_list_file", args=[old.pk, "gagal"])
    assert words in head.post(address, follow=True).content.decode()


def test_the_page_of_a_campaign_that_is_half_way_says_so(head, old, now):
    archive = moving.begin(old, now=now)
    moving.move_chunk(archive, after=moving.FIRST, now=now)

    shown = head.get(page(old)).content.decode()

    assert "sedang dipindahkan ke arsip" in shown
    assert "Diterima server: <b>5</b>" in shown
    assert '<td class="st-num">2</td>' in shown, "those left out, counted when it began"


def test_the_page_of_a_standing_campaign_shows_the_rest(head, standing, now):
    running.run(now)
    since = CampaignArchive.objects.get().settled_before

    shown = head.get(page(standing.campaign)).content.decode()

    assert f"Pesan sebelum {timezone.localtime(since):%d/%m/%Y} ada di arsip." in shown
    assert "Diterima server: <b>3</b>" in shown
    assert "Tampilkan" in shown


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_asks_as_much_with_archived_campaigns(
    head, small, now, count, django_assert_num_queries
):
    for _ in range(count):
        make_old(3, now=now)
    running.run(now)

    with django_assert_num_queries(11):
        head.get(LIST)
