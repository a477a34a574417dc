"""Lists of a campaign, one message, the inbox and stopped addresses in the staff pages."""

from datetime import timedelta
from io import BytesIO

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse
from django.utils import timezone
from python_calamine import CalamineWorkbook

from participants import timeline
from participants.models import DataAccess
from tests.factories import CohortFactory, ParticipantFactory, RegionFactory
from tests.messaging.test_admin import running
from tests.staff import answers, make_user
from tests.trainings.scenes import invite
from umkm_portal.messaging import directory, invariants
from umkm_portal.messaging.models import (
    AudienceMember,
    Delivery,
    DeliveryEvent,
    Exclusion,
    Reply,
    Suppression,
)

pytestmark = pytest.mark.django_db
State = Delivery.State


@pytest.fixture
def head(client):
    client.user = make_user("head")
    client.force_login(client.user)
    return client


def page(campaign, name, **query):
    return reverse("admin:messaging_campaign_list", args=[campaign.pk, name], query=query or None)


def act(client, campaign, name, **data):
    address = reverse("admin:messaging_campaign_list_act", args=[campaign.pk, name])
    return client.post(address, data, follow=True).content.decode()


def scene(*states):
    campaign = running(*states)
    AudienceMember.objects.bulk_create(
        AudienceMember(campaign=campaign, position=n, recipient_key=row.recipient_key)
        for n, row in enumerate(campaign.deliveries.order_by("pk"), 1)
    )
    return campaign


def states(campaign):
    return list(campaign.deliveries.order_by("pk").values_list("state", flat=True))


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize(
    ("name", "state"),
    [("gagal", "failed_permanent"), ("belum-pasti", "uncertain"), ("tidak-dikirim", "cancelled")],
)
def test_a_list_costs_the_same_for_one_and_three(
    head,
    django_assert_num_queries,
    name,
    state,
    count,
):
    campaign = scene(*[state] * count, State.ACCEPTED)
    head.get(page(campaign, name))

    with django_assert_num_queries(17):
        body = head.get(page(campaign, name)).content.decode()

    assert body.count('data-label="Penerima"') == count


def test_lists_tell_who_and_why_and_can_be_narrowed(head):
    campaign = scene(State.SUPPRESSED, State.SUPPRESSED, State.CANCELLED, State.ACCEPTED)
    first, second, third = campaign.deliveries.order_by("pk")[:3]
    Delivery.objects.filter(pk=first.pk).update(error="opt_out")
    Delivery.objects.filter(pk=second.pk).update(error="hard_bounce")
    Delivery.objects.filter(pk=third.pk).update(error="Sudah dijawab.")
    left_out = ParticipantFactory()
    Exclusion.objects.create(campaign=campaign, recipient_key=left_out.pk, reason="no_channel")

    body = head.get(page(campaign, "tidak-dikirim")).content.decode()
    narrowed = head.get(page(campaign, "tidak-dikirim", alasan="opt_out")).content.decode()
    excluded = head.get(page(campaign, "dikecualikan")).content.decode()

    assert "Berhenti menerima" in body
    assert "Alamat tidak ada (1)" in body
    assert body.count('data-label="Penerima"') == 3
    assert narrowed.count('data-label="Penerima"') == 1
    assert left_out.full_name in excluded
    assert directory.reason("no_channel") in excluded
    assert head.get(page(campaign, "lain")).status_code == 404


def test_what_servers_said_to_many_is_one_reason_without_addresses(head):
    campaign = scene(*[State.FAILED_PERMANENT] * 3)
    for row in campaign.deliveries.all():
        row.error = f"550 5.1.1 <{row.address}>: user unknown"
        row.save(update_fields=["error"])
    Delivery.objects.filter(pk=row.pk).update(error="552 +6281234567890 mailbox full")

    body = head.get(page(campaign, "gagal")).content.decode()
    narrowed = head.get(page(campaign, "gagal", alasan="550 5.1.1 …: user unknown"))

    assert "550 5.1.1 …: user unknown (2)" in body
    assert "552 … mailbox full (1)" in body
    assert "@contoh.example&gt;" not in body
    assert narrowed.content.decode().count('data-label="Penerima"') == 2


def test_retry_takes_the_ticked_ones_or_all(head):
    campaign = scene(*[State.FAILED_PERMANENT] * 3)
    pks = list(campaign.deliveries.order_by("pk").values_list("pk", flat=True))

    assert "Centang dulu" in act(head, campaign, "gagal")
    assert "1 pesan dicoba lagi" in act(head, campaign, "gagal", pilih=[pks[1]])
    assert states(campaign) == ["failed_permanent", "pending", "failed_permanent"]
    assert "2 pesan dicoba lagi" in act(head, campaign, "gagal", semua="1")
    assert states(campaign) == ["pending"] * 3
    assert invariants.violations() == []


def test_uncertain_ones_are_resolved_together_after_a_look(head):
    campaign = scene(*[State.UNCERTAIN] * 3)
    pks = list(campaign.deliveries.order_by("pk").values_list("pk", flat=True))
    facts = {"state": "accepted", "yakin": "ya"}

    assert "sudah diperiksa" in act(head, campaign, "belum-pasti", pilih=pks, state="accepted")
    assert "Hasil 2 pesan" in act(head, campaign, "belum-pasti", pilih=pks[:2], **facts)
    assert "bukan hasil" in act(head, campaign, "belum-pasti", pilih=pks, yakin="ya", state="read")
    assert "Hasil 1 pesan" in act(
        head, campaign, "belum-pasti", semua="1", yakin="ya", state="failed_permanent"
    )

    assert states(campaign) == ["accepted", "accepted", "failed_permanent"]
    assert DeliveryEvent.objects.filter(source="staff", actor=head.user).count() == 3
    assert invariants.violations() == []


def test_export_masks_addresses_and_each_person_can_read_that_it_was_taken(head):
    campaign = scene(State.FAILED_PERMANENT, State.ACCEPTED)
    failed = campaign.deliveries.order_by("pk").first()
    Delivery.objects.filter(pk=failed.pk).update(error=f"=550 <{failed.address}> no such user")
    address = reverse("admin:messaging_campaign_list_file", args=[campaign.pk, "gagal"])

    csv = b"".join(head.post(address, {"jenis": "csv"}).streaming_content).decode("utf-8-sig")
    xlsx = b"".join(head.post(address, {"jenis": "xlsx"}).streaming_content)

    header, line = csv.splitlines()
    assert header == "Nama;Wilayah;Saluran;Alamat;Status;Alasan;Waktu"
    assert "'=550 … no such user" in line
    assert failed.address not in line
    table = CalamineWorkbook.from_filelike(BytesIO(xlsx)).get_sheet_by_index(0).to_python()
    assert len(table) == 2
    assert DataAccess.objects.filter(participant=failed.recipient_key).count() == 2
    assert head.get(address).status_code == 405


def test_one_message_tells_its_whole_way_and_masks_the_address_for_auditors(client, head):
    campaign = scene(State.FAILED_PERMANENT)
    row = campaign.deliveries.get()
    DeliveryEvent.objects.create(
        delivery=row, key="1", state="failed_permanent", source="whatsapp", detail="131026 gagal"
    )
    address = reverse("admin:messaging_campaign_message", args=[campaign.pk, row.pk])

    body = head.get(address).content.decode()
    assert "131026 gagal" in body
    assert row.address in body
    assert "Coba lagi" in body
    client.force_login(make_user("auditor"))
    masked = client.get(address).content.decode()
    assert row.address not in masked
    assert "Coba lagi" not in masked
    elsewhere = reverse("admin:messaging_campaign_message", args=[scene("read").pk, row.pk])
    assert client.get(elsewhere).status_code == 404


def reply_of(person, **facts):
    facts = {"key": f"wamid.{Reply.objects.count()}", "text": "ikut berdua bisa?"} | facts
    return Reply.objects.create(
        channel="whatsapp", address=person.phone, word="unclear", region=person.region, **facts
    )


@pytest.mark.parametrize("count", [1, 3])
def test_inbox_costs_the_same_for_one_and_three(head, django_assert_num_queries, count):
    person = ParticipantFactory(phone="+6281200000001", region=RegionFactory())
    for _ in range(count):
        reply_of(person)
    reply_of(person, state="closed", text="sudah")
    inbox = reverse("admin:messaging_reply_changelist")
    head.get(inbox)

    with django_assert_num_queries(8):
        body = head.get(inbox).content.decode()

    assert body.count("ikut berdua bisa?") == count
    assert "sudah" in head.get(inbox, {"status": "semua"}).content.decode()


def test_reply_is_recorded_or_closed_by_staff_who_read_it(head):
    person = ParticipantFactory(phone="+6281200000001")
    enrolment = invite(CohortFactory(), person)
    first, second = reply_of(person), reply_of(person)
    show = reverse("admin:messaging_reply_change", args=[first.pk])
    record = reverse("admin:messaging_reply_record", args=[first.pk])
    handle = reverse("admin:messaging_reply_handle", args=[second.pk])

    body = head.get(show).content.decode()
    assert person.full_name in body
    assert "https://wa.me/6281200000001?text=" in body
    data = {"kind": "invitation", "subject": enrolment.pk, "word": "yes"}
    assert "Jawaban dicatat" in head.post(record, data, follow=True).content.decode()
    assert "sudah ditangani" in head.post(record, data, follow=True).content.decode()
    head.post(handle, {"status": "closed", "catatan": "Sudah ditelepon."})

    enrolment.refresh_from_db()
    second.refresh_from_db()
    assert (enrolment.state, enrolment.answered_by) == ("confirmed", head.user)
    assert (second.state, second.note, second.handled_by) == (
        "closed",
        "Sudah ditelepon.",
        head.user,
    )


def test_reply_is_answered_from_the_official_number_while_whatsapp_allows(head, client, settings):
    settings.DEMO, settings.EMAIL_URL = True, "smtp://127.0.0.1:9"
    person = ParticipantFactory(phone="+6281200000001")
    row = reply_of(person, recipient_key=person.pk)
    show = reverse("admin:messaging_reply_change", args=[row.pk])
    send = reverse("admin:messaging_reply_answer", args=[row.pk])
    assert "Kirim jawaban" in head.get(show).content.decode()
    assert "Tulis jawabannya dulu." in head.post(send, follow=True).content.decode()

    body = head.post(send, {"jawaban": "Halte Senen, Bu."}, follow=True).content.decode()

    assert "Jawaban dikirim dari nomor resmi." in body
    assert "Halte Senen, Bu." in body
    assert "Menunggu" in body
    row.refresh_from_db()
    assert (row.state, row.answer_delivery.recipient_key) == ("answered", person.pk)
    assert "Pesan: Jawaban petugas" in [
        moment.title for moment in timeline.of(person, user=head.user)
    ]
    late = reply_of(person, received_at=timezone.now() - timedelta(hours=26))
    Reply.objects.filter(pk=row.pk).update(received_at=late.received_at)
    text = head.get(reverse("admin:messaging_reply_change", args=[late.pk])).content.decode()
    assert "Kirim jawaban" not in text
    assert "Sudah lewat 24 jam sejak pesan terakhir orang ini" in text
    refused = head.post(send.replace(f"/{row.pk}/", f"/{late.pk}/"), {"jawaban": "Besok ya"})
    assert "Besok ya" in refused.content.decode(), "her words stay on the page"
    client.force_login(make_user("auditor"))
    assert client.post(send, {"jawaban": "x"}).status_code == 403


def test_stopped_address_is_let_in_again_for_a_reason(head):
    row = Suppression.objects.create(
        channel="email", address="siti@contoh.example", reason="opt_out", created_at=timezone.now()
    )
    show = reverse("admin:messaging_suppression_change", args=[row.pk])
    lift = reverse("admin:messaging_suppression_lift", args=[row.pk])

    listed = head.get(reverse("admin:messaging_suppression_changelist")).content.decode()
    assert "s***@contoh.example" in listed
    assert "siti@contoh.example" not in listed
    assert "hanya bila ia sendiri meminta" in head.get(show).content.decode()
    head.post(lift, {"alasan": "ya"})
    assert Suppression.objects.exists()
    head.post(lift, {"alasan": "Menelepon dan minta lagi."})

    assert not Suppression.objects.exists()
    (entry,) = LogEntry.objects.filter(user=head.user)
    assert "Menelepon" in entry.change_message
    assert "siti" not in entry.object_repr + entry.change_message


def test_stopping_by_staff_stops_what_waits(head):
    person = ParticipantFactory(email="siti@contoh.example")
    campaign = scene(State.PENDING)
    row = campaign.deliveries.get()
    Delivery.objects.filter(pk=row.pk).update(recipient_key=person.pk, address=person.email)

    data = {"channel": "email", "address": person.email, "purpose": "bulk", "reason": "staff"}
    head.post(reverse("admin:messaging_suppression_add"), data)

    assert states(campaign) == ["suppressed"]
    assert Suppression.objects.get().reason == "staff"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ({"channel": "sms", "address": "0812-0000-0001"}, "+6281200000001"),
        ({"channel": "email", "address": "Siti@Contoh.example"}, "siti@contoh.example"),
        ({"channel": "email", "address": "siti"}, None),
        ({"channel": "whatsapp", "address": "siti@contoh.example"}, None),
        ({"channel": "email", "address": "a@contoh.example", "purpose": "apa saja"}, None),
        ({"channel": "manual", "address": "0812-0000-0001"}, None),
    ],
)
def test_only_addresses_and_purposes_that_the_sender_knows_are_stopped(head, typed, kept):
    data = {"purpose": "bulk", "reason": "staff"} | typed

    head.post(reverse("admin:messaging_suppression_add"), data)

    assert [*Suppression.objects.values_list("address", flat=True)] == ([kept] if kept else [])


def test_replies_are_for_those_who_serve_the_area(client):
    reply = reply_of(
        ParticipantFactory(phone="+6281200000001", region=RegionFactory(code="31.71.01.1001"))
    )
    expected = {
        "anonymous": 302,
        "owner": 404,
        "partner": 404,
        "roleless": 404,
        "auditor": 200,
        "city": 404,
        "head": 200,
        "superuser": 200,
    }

    address = reverse("admin:messaging_reply_change", args=[reply.pk])
    assert answers(client, address) == expected
