"""What nobody should type and somebody does: nothing breaks, nothing typed is lost."""

from datetime import timedelta
from io import BytesIO

import pytest
from django.urls import reverse
from django.utils import timezone
from python_calamine import CalamineWorkbook

from participants.models import DataAccess
from tests.factories import ParticipantFactory
from tests.messaging.desk.scenes import EMAIL, SMS, WHATSAPP, make_plan, people
from tests.messaging.desk.test_pages import button, step, typed_texts
from tests.messaging.test_admin import running
from tests.staff import make_user
from umkm_portal.common import codes
from umkm_portal.messaging import services
from umkm_portal.messaging.desk import launching, texts
from umkm_portal.messaging.models import Campaign, Delivery, MessageTemplate

pytestmark = pytest.mark.django_db
BIDI, NUL = "\u202e", "\x00"


@pytest.fixture
def head(client, officer):
    client.force_login(officer)
    return client


def text_problems(plan, channel=EMAIL, **text):
    plan.texts = {**plan.texts, channel: {**plan.texts[channel], **text}}
    return " ".join(texts.problems_of(plan, channel))


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("Halo { nama }, bazar.", "“{ nama }”"),
        ("Halo {Nama}, bazar.", "“{Nama}”"),
        ("Halo {{nama}}, bazar.", "“{}”"),
        ("Halo {nama, bazar.", "“{nama, bazar.”"),
        ("Halo {nomor_ktp}.", "{nomor_ktp} tidak dikenal"),
        ("a" * 20_000, "Kurangi 12.000 huruf"),
    ],
)
def test_what_would_go_out_as_it_stands_is_refused(officer, body, words):
    assert words in text_problems(make_plan(officer), body=body)


def test_other_letters_and_emoji_are_texts_like_any(officer):
    plan = make_plan(officer, channels=[SMS])

    assert text_problems(plan, body="مرحبا {nama} 👩‍🌾 https://a.example/?q=1&b=%20 <b>") == ""
    assert "Kurangi 82 huruf" in text_problems(plan, SMS, body="a" * 996 + "STOP")
    assert text_problems(plan, WHATSAPP, body="a" * 1_000 + " STOP") == ""


def test_a_subject_is_one_line_and_hidden_signs_are_taken_out(head, officer):
    plan = make_plan(officer)
    typed = typed_texts(
        plan,
        **{
            f"subject_{EMAIL}": f"Bazar\r\nBcc: semua@contoh.example{NUL}",
            f"body_{EMAIL}": f"Halo {{nama}}{NUL},\r\nbazar {BIDI}elpmaxe.live",
        },
    )

    assert head.post(step(plan, "pesan"), typed).status_code == 302
    head.post(step(plan, "tujuan"), {"title": f"Bazar{NUL}\n{BIDI}besar", "revision": 99})
    kept = {f"nama_{EMAIL}": f"Ba{NUL}zar", "simpan_teks": EMAIL, "ke": "pesan"}
    head.post(step(plan, "pesan"), {**typed, **kept})

    plan.refresh_from_db()
    assert plan.texts[EMAIL] == {
        "subject": "Bazar Bcc: semua@contoh.example",
        "body": "Halo {nama},\nbazar elpmaxe.live",
    }
    assert Campaign.objects.get().title == "Bazar besar"
    assert MessageTemplate.objects.get(name__gt="").name == "Bazar"


def test_ten_thousand_pasted_lines_are_read_or_stay_in_the_box(head, officer):
    known = people(3)
    restricted = ParticipantFactory(restricted_at=timezone.now())
    plan = make_plan(officer)
    good = [codes.display(person.code) for person in [*known, restricted]]
    lines = good * 2 + [f"sampah {n} =1+1 <b>{NUL}" for n in range(9_992)]

    found = head.post(
        step(plan, "penerima"),
        {"pasted": "\r\n".join(lines), "revision": plan.revision, "ke": "penerima"},
    )

    text = found.content.decode()
    plan.refresh_from_db()
    assert plan.audience["pasted"]["values"] == [person.code for person in [*known, restricted]]
    assert len(plan.audience["pasted"]["unknown"]) == 9_992
    assert "9.992 baris belum dikenali" in text
    assert text.count("sampah 9991 =1+1 &lt;b&gt;") == 1
    assert "Tampil 30 baris pertama" in text
    assert (plan.figures["reached"], plan.figures["reasons"]) == (3, {"restricted": 1})


def test_codes_of_another_city_are_unknown(client, sudin):
    foreign = ParticipantFactory(region__code="31.71.98.1001")
    plan = make_plan(sudin)
    client.force_login(sudin)

    client.post(
        step(plan, "penerima"),
        {"pasted": f"{foreign.code}\n{foreign.phone}", "revision": plan.revision},
    )

    plan.refresh_from_db()
    assert plan.audience["pasted"]["values"] == []
    assert len(plan.audience["pasted"]["unknown"]) == 2


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        ("2020-01-01T08:00", "", "sudah lewat"),
        ("0001-01-01T00:00", "", "dalam setahun ini"),
        ("9999-12-31T23:59", "", "dalam setahun ini"),
        ("besok pagi", "", "sebagai tanggal dan jam"),
        ("", "2020-01-01T08:00", "sudah lewat"),
    ],
)
def test_moments_that_cannot_be_are_refused(head, officer, first, last, words):
    plan = make_plan(officer)

    found = head.post(step(plan, "jadwal"), {"not_before": first, "not_after": last})

    assert found.status_code == 422
    assert words in found.content.decode()
    plan.campaign.refresh_from_db()
    assert (plan.campaign.not_before, plan.campaign.not_after) == (None, None)


def test_times_in_the_wrong_order_stay_on_the_page(head, officer, now):
    plan = make_plan(officer)
    later, sooner = (
        timezone.localtime(now + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M") for days in (3, 2)
    )

    found = head.post(
        step(plan, "jadwal"), {"not_before": later, "not_after": sooner, "ignores_hours": "on"}
    )

    text = found.content.decode()
    assert "Batas akhir harus sesudah waktu mulai." in text
    assert f'value="{later}"' in text
    assert f'value="{sooner}"' in text
    assert "checked" in text


def test_a_start_that_has_passed_meanwhile_is_at_once(head, officer, now):
    people(1)
    plan = make_plan(officer, segment=["*semua"])
    Campaign.objects.update(not_before=now - timedelta(minutes=5))

    text = head.get(step(plan, "periksa")).content.decode()

    assert "Jadwalkan" not in text
    assert "Kirim ke 1 orang" in text


def test_an_audience_of_nobody_is_told_and_goes_nowhere(head, officer):
    plan = make_plan(officer, segment=["*semua"])

    text = head.get(step(plan, "periksa")).content.decode()
    head.post(button(plan, "kirim"), {"revision": plan.revision})
    head.post(button(plan, "minta"), {"revision": plan.revision})

    assert "Tidak ada orang yang bisa dikirimi" in text
    assert Campaign.objects.get().state == "draft"


def test_a_test_goes_to_no_address_but_her_own(head, officer):
    plan = make_plan(officer)
    foreign = {"uji": "orang@lain.example", "alamat": "orang@lain.example", "ke": "pesan"}

    head.post(step(plan, "pesan"), typed_texts(plan, **foreign))
    assert not Delivery.objects.exists()
    head.post(step(plan, "pesan"), typed_texts(plan, uji=EMAIL, ke="pesan", alamat="a@b.example"))

    assert Delivery.objects.get().address == officer.email


def test_a_second_click_starts_nothing_twice_and_complains_of_nothing(head, officer):
    people(2)
    plan = make_plan(officer, segment=["*semua"])

    for _ in range(2):
        answer = head.post(button(plan, "kirim"), {"revision": plan.revision}, follow=True)
    assert "tidak bisa diubah" not in answer.content.decode()
    for name in ("mulai", "mulai", "jeda", "jeda", "lanjutkan", "lanjutkan"):
        address = reverse("admin:messaging_campaign_press", args=[plan.campaign_id, name])
        assert "tidak dapat diubah" not in head.post(address, follow=True).content.decode()
    back = head.get(step(plan, "pesan"))  # the browser's way back after the start
    late = head.post(step(plan, "pesan"), typed_texts(plan), follow=True)

    campaign = Campaign.objects.get()
    assert campaign.state == "expanding"
    assert campaign.audience.count() == campaign.audience_count == 2
    assert back.status_code == 302
    assert late.status_code == 200


def test_a_cancelled_campaign_is_not_taken_back(head, officer, now):
    people(1)
    plan = make_plan(officer, segment=["*semua"])
    campaign = launching.send(plan, actor=officer, revision=plan.revision, now=now)
    services.cancel_campaign(campaign, actor=officer, now=now)

    text = head.post(button(plan, "urungkan"), follow=True).content.decode()

    assert "Terlambat" in text
    assert Campaign.objects.get().state == "cancelled"


def test_a_campaign_that_was_taken_back_is_not_cancelled_by_a_late_click(head, officer, now):
    people(1)
    plan = make_plan(officer, segment=["*semua"])
    campaign = launching.send(plan, actor=officer, revision=plan.revision, now=now)
    launching.take_back(campaign, actor=officer, now=now)

    address = reverse("admin:messaging_campaign_press", args=[campaign.pk, "batalkan"])
    text = head.post(address, follow=True).content.decode()

    assert "menjadi rancangan lagi" in text
    assert Campaign.objects.get().state == "draft"


def test_words_outlive_the_login(client, officer):
    plan = make_plan(officer)
    typed = typed_texts(plan, **{f"body_{EMAIL}": "Ditulis lama sekali."})

    away = client.post(step(plan, "pesan"), typed)
    other = client.get(step(plan, "jadwal"))
    client.force_login(officer)
    assert (away.status_code, other.status_code) == (302, 302)
    text = client.get(step(plan, "pesan")).content.decode()

    assert "Ditulis lama sekali." in text
    assert "Sesi Anda sempat berakhir" in text
    assert "Ditulis lama sekali." not in client.get(step(plan, "pesan")).content.decode()


def test_first_step_outlives_the_login(client, officer):
    typed = {"purpose": "survey", "title": "Survei kebutuhan kios"}
    address = reverse("admin:messaging_campaign_add")

    away = client.post(address, typed)
    client.force_login(officer)
    back = client.get(address)

    text = back.content.decode()
    assert away.status_code == 302
    assert 'value="Survei kebutuhan kios"' in text
    assert 'value="survey" checked' in text
    assert "rancangan belum dibuat" in text
    assert not Campaign.objects.exists()
    assert "Survei kebutuhan kios" not in client.get(address).content.decode()


def test_names_that_are_formulas_stay_text_in_a_list_taken_along(head):
    campaign = running("failed_permanent")
    person = ParticipantFactory(full_name='=HYPERLINK("https://jahat.example";"Klik")')
    campaign.deliveries.update(recipient_key=person.pk)
    address = reverse("admin:messaging_campaign_list_file", args=[campaign.pk, "gagal"])

    csv = b"".join(head.post(address, {"jenis": "csv"}).streaming_content).decode("utf-8-sig")
    xlsx = b"".join(head.post(address, {"jenis": "xlsx"}).streaming_content)

    assert csv.splitlines()[1].lstrip('"').startswith("'=HYPERLINK")
    row = CalamineWorkbook.from_filelike(BytesIO(xlsx)).get_sheet_by_index(0).to_python()[1]
    assert row[0].lstrip("'").startswith("=HYPERLINK")
    assert DataAccess.objects.filter(participant=person).count() == 2


@pytest.mark.parametrize("value", ["²", "9" * 30, "-1", "1.000", NUL])
def test_numbers_that_are_none_are_nobody(head, officer, value):
    campaign = running("failed_permanent", "uncertain")
    plan = make_plan(officer)

    def post(name, *args, **data):
        return head.post(reverse(f"admin:messaging_{name}", args=args), data).status_code

    typed = typed_texts(plan, pakai=value, templat=value, revision=value)
    statuses = {
        post("campaign_list_act", campaign.pk, "gagal", pilih=value),
        post("campaign_list_act", campaign.pk, "belum-pasti", pilih=value, yakin="ya"),
        head.post(step(plan, "pesan"), typed).status_code,
        post("campaign_desk_press", plan.campaign_id, "kirim", revision=value),
        head.get(
            reverse("admin:messaging_campaign_list", args=[campaign.pk, "gagal"]),
            {"alasan": value, "sesudah": value},
        ).status_code,
    }

    assert statuses <= {200, 302, 409}


def test_an_auditor_gets_no_words_back(client, officer):
    plan = make_plan(officer)
    client.post(step(plan, "tujuan"), {"title": "Bukan milik auditor"})
    client.force_login(make_user("auditor"))

    assert "Bukan milik auditor" not in client.get(step(plan, "tujuan")).content.decode()
