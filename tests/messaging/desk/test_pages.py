"""The steps of the desk in the staff pages: nothing typed is lost, strangers see nothing."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from tests.factories import ParticipantFactory, SegmentFactory
from tests.messaging import scenes as engine
from tests.messaging.desk.scenes import EMAIL, SMS, WHATSAPP, make_plan, people
from tests.staff import answers, make_user
from umkm_portal.messaging import services
from umkm_portal.messaging.accounts import default_account
from umkm_portal.messaging.desk import launching
from umkm_portal.messaging.models import (
    Campaign,
    CampaignPlan,
    MessageTemplate,
    WhatsAppTemplate,
)

pytestmark = pytest.mark.django_db
NEW = reverse("admin:messaging_campaign_add")
LIST = reverse("admin:messaging_campaign_changelist")


def step(plan, name):
    return reverse("admin:messaging_campaign_desk", args=[plan.campaign_id, name])


def button(plan, name):
    return reverse("admin:messaging_campaign_desk_press", args=[plan.campaign_id, name])


@pytest.fixture
def head(client, officer):
    client.force_login(officer)
    return client


def typed_texts(plan, **others):
    facts = {"revision": plan.revision, "saluran": plan.campaign.channels, "pertama": EMAIL}
    for channel, text in plan.texts.items():
        facts |= {f"subject_{channel}": text["subject"], f"body_{channel}": text["body"]}
    return facts | others


def test_the_desk_is_for_offices_within_what_is_theirs(client, officer):
    plan = make_plan(officer)

    assert answers(client, NEW) == {
        "anonymous": 302,
        "owner": 404,
        "partner": 404,
        "roleless": 403,
        "auditor": 403,
        "city": 200,
        "head": 200,
        "superuser": 200,
    }
    for name in ("tujuan", "penerima", "pesan", "jadwal", "periksa"):
        assert answers(client, step(plan, name)) == {
            "anonymous": 302,
            "owner": 404,
            "partner": 404,
            "roleless": 403,
            "auditor": 200,
            "city": 404,
            "head": 200,
            "superuser": 200,
        }


def test_an_auditor_reads_and_presses_nothing(client, officer):
    people(1)
    plan = make_plan(officer, segment=["*semua"])
    client.force_login(make_user("auditor"))

    text = client.get(step(plan, "periksa")).content.decode()
    statuses = {client.post(button(plan, name)).status_code for name in ("kirim", "hapus")}
    saved = client.post(step(plan, "tujuan"), {"title": "Lain", "revision": plan.revision})

    assert "Kirim ke" not in text
    assert statuses | {saved.status_code} == {403}
    assert Campaign.objects.get().state == "draft"


def test_the_whole_way_and_back_by_plain_forms(head, officer):
    SegmentFactory(owner=officer)
    ParticipantFactory(full_name="Siti Contoh")
    ParticipantFactory(email="", phone="")

    found = head.post(NEW, {"purpose": "announcement", "title": "Bazar Desember"})
    plan = CampaignPlan.objects.get()
    assert found.url == step(plan, "penerima")

    offered = head.get(found.url).content.decode()
    assert "Semua peserta terdaftar" in offered
    assert "Segmen " in offered
    found = head.post(
        step(plan, "penerima"), {"segment": ["*semua"], "revision": 1, "ke": "penerima"}
    )
    text = found.content.decode()
    assert '<dd id="reached-count">1</dd>' in text
    assert "Siti Contoh" in text
    assert "Tidak ada alamat" in text

    plan.refresh_from_db()
    broken = typed_texts(plan, **{f"body_{EMAIL}": "Halo {nama}, pakai {kodepos}"})
    assert head.post(step(plan, "pesan"), broken).url == step(plan, "jadwal")
    assert "{kodepos} tidak dikenal" in head.get(step(plan, "periksa")).content.decode()
    assert "pakai {kodepos}" in head.get(step(plan, "pesan")).content.decode()
    refused = head.post(button(plan, "kirim"), {"revision": 3}, follow=True)
    assert "tidak dikenal" in refused.content.decode()

    plan.refresh_from_db()
    head.post(step(plan, "pesan"), typed_texts(plan, **{f"body_{EMAIL}": "Halo {nama}. Bazar!"}))
    plan.refresh_from_db()
    days = (timezone.now() + timedelta(days=n) for n in (3, 2))
    first, last = (f"{day:%Y-%m-%dT08:00}" for day in days)
    wrong = {"not_before": first, "not_after": last, "revision": 0}
    assert "sesudah waktu mulai" in head.post(step(plan, "jadwal"), wrong).content.decode()
    text = head.get(step(plan, "periksa")).content.decode()
    assert "Kirim ke 1 orang" in text
    assert "Halo Siti Aminah. Bazar!" in text

    sent = head.post(button(plan, "kirim"), {"revision": plan.revision}, follow=True)
    assert "Urungkan, kembali ke rancangan" in sent.content.decode()
    campaign = Campaign.objects.get()
    assert (campaign.state, campaign.audience_count, campaign.excluded_count) == ("approved", 1, 1)

    back = head.post(button(plan, "urungkan"), follow=True)
    assert "menjadi rancangan lagi" in back.content.decode()
    campaign.refresh_from_db()
    assert campaign.state == "draft"
    head.post(button(plan, "hapus"))
    assert not Campaign.objects.exists()


def test_what_two_officers_type_is_not_lost(client, officer, second):
    plan = make_plan(officer)
    client.force_login(second)
    client.post(step(plan, "tujuan"), {"title": "Judul kedua", "revision": plan.revision})
    client.force_login(officer)

    stale = client.post(step(plan, "tujuan"), {"title": "Judul pertama", "revision": plan.revision})

    assert stale.status_code == 409
    text = stale.content.decode()
    assert "Judul pertama" in text
    assert "mengubah rancangan ini" in text
    assert Campaign.objects.get().title == "Judul kedua"
    again = {"title": "Judul pertama", "revision": stale.context["plan"].revision}
    client.post(step(plan, "tujuan"), again)
    assert Campaign.objects.get().title == "Judul pertama"


def test_a_link_that_is_not_https_is_refused_and_stays_where_it_was_typed(head, officer):
    plan = make_plan(officer, purpose="survey")

    for link in ("http://survei.example/1", "javascript:alert(1)", "survei.example", ""):
        plan.refresh_from_db()
        found = head.post(step(plan, "pesan"), typed_texts(plan, link=link))
        assert found.status_code == 422
        assert f'value="{link}"' in found.content.decode()
    plan.refresh_from_db()
    good = head.post(step(plan, "pesan"), typed_texts(plan, link="https://survei.example/1"))
    assert good.status_code == 302


def test_a_test_goes_to_oneself_through_the_real_way(head, officer, sink):
    engine.let_fly()
    plan = make_plan(officer)

    found = head.post(step(plan, "pesan"), typed_texts(plan, uji=EMAIL, ke="pesan"))
    services.deliver_due()

    assert f"Uji dikirim ke {officer.email}" in found.content.decode()
    test = Campaign.objects.tests().get()
    assert (test.state, test.deliveries.get().address) == ("done", officer.email)
    assert test.deliveries.get().state == "accepted"
    assert "Uji: " not in head.get(LIST).content.decode()
    no_phone = head.post(step(plan, "pesan"), typed_texts(plan, uji=SMS, ke="pesan"))
    assert "belum punya nomor HP" in no_phone.content.decode()


def test_a_second_officer_finds_what_waits_for_her_and_approves_it(
    client, officer, second, settings
):
    settings.CAMPAIGN_APPROVAL_ABOVE = 1
    people(2)
    plan = make_plan(officer, segment=["*semua"])
    client.force_login(officer)
    refused = client.post(button(plan, "kirim"), {"revision": plan.revision}, follow=True)
    assert "perlu disetujui" in refused.content.decode()
    client.post(button(plan, "minta"), {"revision": plan.revision})
    own = client.get(step(plan, "periksa")).content.decode()
    assert "tidak bisa menyetujuinya sendiri" in own
    assert "Setujui dan kirim" not in own

    client.force_login(second)
    assert step(plan, "periksa") in client.get(LIST).content.decode()
    assert "Setujui dan kirim ke 2 orang" in client.get(step(plan, "periksa")).content.decode()
    client.post(button(plan, "setujui"), {"revision": plan.revision})

    campaign = Campaign.objects.get()
    assert (campaign.state, campaign.approved_by) == ("approved", second)


def test_a_text_is_kept_by_name_and_used_again(head, officer):
    plan, other = make_plan(officer), make_plan(officer)
    body = {f"body_{EMAIL}": "Halo {nama}, bazar lagi."}

    for _ in range(2):
        plan.refresh_from_db()
        kept = {"simpan_teks": EMAIL, f"nama_{EMAIL}": "Bazar", "ke": "pesan"}
        head.post(step(plan, "pesan"), typed_texts(plan, **body, **kept))
    newest = MessageTemplate.objects.filter(name="Bazar").latest("version")
    page = head.get(step(other, "pesan")).content.decode()
    head.post(step(other, "pesan"), typed_texts(other, pakai=str(newest.pk), ke="pesan"))

    assert page.count("Pakai “Bazar”") == 1
    other.refresh_from_db()
    assert other.texts[EMAIL]["body"] == "Halo {nama}, bazar lagi."


def test_the_phones_show_what_is_typed_before_it_is_saved(head, officer):
    plan = make_plan(officer, channels=[EMAIL, SMS])
    address = reverse("admin:messaging_campaign_frames", args=[plan.campaign_id])
    typed = typed_texts(plan, **{f"body_{SMS}": "a" * 200})

    text = head.post(address, typed).content.decode()

    assert "2 bagian SMS" in text
    assert "harus menyebut cara berhenti" in text
    plan.refresh_from_db()
    assert plan.texts[SMS]["body"] != "a" * 200


def test_a_city_office_steers_its_own_campaign_and_no_other(client, officer, sudin, now):
    ParticipantFactory(region=sudin.memberships.get().region)
    own = make_plan(sudin, segment=["*semua"])
    other = make_plan(officer, segment=["*semua"])
    client.force_login(sudin)

    assert client.post(button(own, "kirim"), {"revision": own.revision}).status_code == 302
    assert client.post(button(other, "kirim"), {"revision": other.revision}).status_code == 404
    launching.send(other, actor=officer, revision=other.revision, now=now)
    services.sweep_outbox(now=now + 2 * launching.UNDO)

    def pause(plan):
        args = [plan.campaign_id, "jeda"]
        return client.post(reverse("admin:messaging_campaign_press", args=args)).status_code

    assert (pause(own), pause(other)) == (302, 403)
    own.campaign.refresh_from_db()
    assert own.campaign.state == "paused"


@pytest.mark.parametrize("count", [1, 3])
def test_pages_ask_a_constant_number_of_queries(head, officer, count):
    for _ in range(count):
        SegmentFactory(owner=officer)
        ParticipantFactory()
    plan = make_plan(officer, segment=["*semua"])
    head.get(step(plan, "periksa"))
    asked = {}

    for name in ("tujuan", "penerima", "pesan", "jadwal", "periksa"):
        with CaptureQueriesContext(connection) as queries:
            head.get(step(plan, name))
        asked[name] = len(queries)

    assert asked == {"tujuan": 7, "penerima": 14, "pesan": 23, "jadwal": 11, "periksa": 13}


def test_an_approved_whatsapp_text_is_chosen_and_shown_and_the_typed_one_stays(head, officer):
    plan = make_plan(officer, channels=[WHATSAPP])
    account = default_account(WHATSAPP)
    good, other = (
        WhatsAppTemplate.objects.create(
            account=account,
            name=name,
            body="Halo {{1}}, bazar dibuka.",
            parameter_count=1,
            parameters=[value],
            state=WhatsAppTemplate.State.APPROVED,
        )
        for name, value in (("bazar", "nama"), ("lain", "harga"))
    )

    page = head.get(step(plan, "pesan")).content.decode()
    typed = typed_texts(plan, templat=str(good.pk), ke="pesan")
    shown = head.post(step(plan, "pesan"), typed).content.decode()

    assert "bazar (id)" in page
    assert "lain (id)" not in page
    assert "Halo Siti Aminah, bazar dibuka." in shown
    plan.refresh_from_db()
    assert plan.campaign.whatsapp_template == good
    assert "Bazar dibuka." in plan.texts[WHATSAPP]["body"]
    foreign = typed_texts(plan, templat=str(other.pk), ke="pesan", revision=plan.revision)
    head.post(step(plan, "pesan"), foreign)
    plan.campaign.refresh_from_db()
    assert plan.campaign.whatsapp_template is None
