"""The page on queues and health, and the same figures for Prometheus."""

import pytest
from django.urls import reverse
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from tests.factories import CampaignFactory, ParticipantFactory
from tests.staff import answers, make_user
from umkm_portal.messaging.accounts import default_account
from umkm_portal.messaging.models import DeliveryBatch, SendingAccount
from umkm_portal.messaging.operations import pulses, tallies

pytestmark = pytest.mark.django_db
PAGE = "/admin/pengiriman/"


def fill(count):
    now = timezone.now()
    account = default_account("email")
    for number in range(count):
        campaign = CampaignFactory(state="running", title=f"Kampanye {number}")
        due = {"pending": 7, "size": 7, "due_at": now - timezone.timedelta(hours=1)}
        DeliveryBatch.objects.create(
            campaign=campaign, number=1, channel="email", account=account, priority=9, **due
        )
        tallies.add(account.pk, {("failed_permanent", f"55{number}"): 4}, now=now)
    ParticipantFactory()


def test_page_is_for_roles_that_send(client):
    expected = {"anonymous": 302, "owner": 404, "partner": 404, "roleless": 403}
    expected |= dict.fromkeys(("auditor", "city", "head", "superuser"), 200)
    assert answers(client, PAGE) == expected


def test_page_names_what_is_wrong(client, settings):
    settings.EMAIL_URL = "smtp://127.0.0.1:9"
    default_account("email")
    SendingAccount.objects.update(opens_at="00:00", closes_at="23:59:59", works_on_holidays=True)
    fill(1)
    client.force_login(make_user("head"))
    content = client.get(PAGE).content.decode()

    for words in ("tidak memberi kabar", "7", "550", "Kampanye 0", "belum pernah"):
        assert words in content
    fragment = client.get(PAGE, headers={"X-Fragment": "1"}).content.decode()
    assert "<html" not in fragment
    assert "Keadaan pukul" in fragment


def test_page_says_that_all_is_well(client):
    for name in (*pulses.QUEUES, pulses.SWEEP):
        pulses.note(name, answered_at=timezone.now())
    client.force_login(make_user("auditor"))
    assert "Semua berjalan." in client.get(PAGE).content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_page_asks_the_same_for_any_number(client, count, django_assert_max_num_queries):
    fill(count)
    client.force_login(make_user("superuser"))
    with django_assert_max_num_queries(14):
        client.get(PAGE, headers={"X-Fragment": "1"})


def test_metrics_need_their_token(client, settings):
    address = reverse("pages:metrics")
    assert client.get(address).status_code == 404
    settings.METRICS_TOKEN = "rahasia"
    assert client.get(address).status_code == 404
    wrong = client.get(address, headers={"Authorization": "Bearer bukan"})
    assert wrong.status_code == 404

    fill(2)
    told = client.get(address, headers={"Authorization": "Bearer rahasia"})
    families = {f.name: f for f in text_string_to_metric_families(told.content.decode())}
    due = {s.labels["queue"]: s.value for s in families["portal_messages_due"].samples}
    assert (due["bulk"], due["urgent"]) == (14, 0)
    causes = {s.labels["cause"]: s.value for s in families["portal_unsent_last_day"].samples}
    assert causes == {"550": 4, "551": 4}
    assert families["portal_troubles"].samples[0].value >= 4


def test_codes_of_mail_servers_are_told_in_words(client):
    account = default_account("email")
    causes = ("550 5.1.1", "552 5.2.2", "554 5.9.9", "Sambungan putus.")
    tallies.add(account.pk, {("failed_permanent", one): 1 for one in causes}, now=timezone.now())
    client.force_login(make_user("head"))

    content = client.get(PAGE).content.decode()

    for words in (
        "Alamat tidak ada (550 5.1.1)",
        "Kotak surat penuh (552 5.2.2)",
        ">554 5.9.9<",
        ">Sambungan putus.<",
    ):
        assert words in content
