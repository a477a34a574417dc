"""Rows of nobody: staff link, invite or set aside; who registers is found; nobody is told twice."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from partners.announcing import appeals, finding, unmatched
from partners.announcing.publishing import announce, publish_due
from partners.announcing.unmatched import RowRefused
from partners.models import Appeal, CurationResult
from tests.factories import (
    BusinessFactory,
    CurationDecisionFactory,
    ParticipantFactory,
)
from tests.partners.announcing.conftest import next_version
from umkm_portal.messaging.models import Delivery

pytestmark = pytest.mark.django_db


def unknown(version, **contact):
    return CurationDecisionFactory(
        list=version,
        participant=None,
        matched_by="",
        waiting="review",
        business_name=contact.get("business_name", "Dapur Ani"),
        contact=json.dumps(contact),
    )


def publish(version, by, now):
    announce(version, by=by, now=now - timedelta(minutes=16))
    return publish_due(now=now)


def test_candidates_say_what_they_share(scene):
    ani = ParticipantFactory(full_name="Ani Lestari", phone="+6281311112222")
    shop = BusinessFactory(participant=ani)
    shop.channels.create(platform="shopee", store_link="https://shopee.co.id/dapurani?x=1")
    row = unknown(
        scene.version,
        phone="0813-1111-2222",
        owner_name="Siti",
        store_link="http://www.shopee.co.id/dapurani",
    )

    found = unmatched.candidates(row)

    assert [(c.person.full_name, c.reasons, c.is_taken) for c in found if c.person == ani] == [
        ("Ani Lestari", ["Nomor HP sama", "Tautan toko sama"], False)
    ]


def test_the_same_number_stands_before_similar_names(scene):
    ParticipantFactory.create_batch(7, full_name="Ani Lestari")
    ani = ParticipantFactory(full_name="A. Lestari", phone="+6281311112222")
    row = unknown(scene.version, phone="0813-1111-2222", owner_name="Ani Lestari")

    assert unmatched.candidates(row)[0].person == ani


def test_linked_before_and_after_the_announcement_she_is_told_once(scene):
    now = timezone.now()
    early, late = (unknown(scene.version, owner_name=n) for n in ("Ani", "Eka"))
    ani, eka = ParticipantFactory(full_name="Ani"), ParticipantFactory(full_name="Eka")
    finding.link_row(early, ani, by=scene.head, now=now)
    assert not CurationResult.objects.exists()

    publish(scene.version, scene.head, now)
    finding.link_row(late, eka, by=scene.head, now=now)

    assert CurationResult.objects.filter(participant__in=[ani, eka]).count() == 2
    mail = Delivery.objects.get(recipient_key=eka.pk)
    assert mail.context["hasil"] == "LOLOS"
    with pytest.raises(RowRefused, match="sudah diselesaikan"):
        finding.link_row(late, ani, by=scene.head, now=now)
    with pytest.raises(RowRefused, match="baris lain"):
        finding.link_row(unknown(scene.version), scene.siti, by=scene.head, now=now)


def test_whoever_registers_when_invited_gets_her_result(scene):
    now = timezone.now()
    row = unknown(scene.version, email="ani@contoh.example", phone="081311112222", owner_name="Ani")
    finding.invite_row(row, by=scene.head, now=now)
    invitation = Delivery.objects.get()
    assert (invitation.address, invitation.context["usaha"]) == ("ani@contoh.example", "Dapur Ani")
    publish(scene.version, scene.head, now)
    assert finding.link_registered(now=now) == 0

    ParticipantFactory(full_name="Adik Ani", phone="+6281311112222", email="")
    ani = ParticipantFactory(full_name="ANI", phone="+6281311112222", email="")

    assert finding.link_registered(now=now) == 1
    assert finding.link_registered(now=now) == 0
    row.refresh_from_db()
    assert (row.participant, row.waiting) == (ani, "")
    assert CurationResult.objects.get(participant=ani).outcome == "passed"


def test_row_without_contact_is_invited_by_hand_only(scene):
    row = unknown(scene.version)
    with pytest.raises(RowRefused, match="WhatsApp"):
        finding.invite_row(row, by=scene.head, now=timezone.now())
    row.refresh_from_db()
    assert row.waiting == "review"

    finding.invite_row(row, by=scene.head, is_by_hand=True, now=timezone.now())

    assert not Delivery.objects.exists()


def test_nobody_is_taken_back_while_rows_wait_for_staff(scene):
    now = timezone.now()
    publish(scene.version, scene.head, now)
    after = next_version(
        scene.version, [(scene.siti, {"grade": "A"}), (scene.rani, {"outcome": "reserve"})]
    )
    row = unknown(after, owner_name="Budi")
    publish(after, scene.head, now + timedelta(hours=1))
    assert not CurationResult.objects.filter(withdrawn_at__isnull=False).exists()

    finding.set_row_aside(row, by=scene.head, now=now)

    taken = CurationResult.objects.get(withdrawn_at__isnull=False)
    assert (taken.participant, taken.told) == (scene.budi, 2)
    mail = Delivery.objects.get(recipient_key=scene.budi.pk, campaign__is_standing=True)
    assert mail.context["hasil"] == "ditarik kembali"


def test_appeal_is_made_once_and_answered_once(scene):
    now = timezone.now()
    publish(scene.version, scene.head, now)
    good, bad = (CurationResult.objects.get(participant=p) for p in (scene.siti, scene.budi))
    with pytest.raises(appeals.AppealRefused):
        appeals.appeal(good, text="Kurang", now=now)
    with pytest.raises(appeals.AppealRefused):
        appeals.appeal(bad, text="Terlambat", now=now + timedelta(days=15))
    objection = appeals.appeal(bad, text="Label sudah benar", now=now)
    with pytest.raises(appeals.AppealRefused, match="sudah kami terima"):
        appeals.appeal(bad, text="Lagi", now=now)

    facts = {"by": scene.head, "now": now}
    appeals.answer_appeal(objection, state=Appeal.State.UPHELD, answer="Tetap", **facts)
    with pytest.raises(appeals.AppealRefused, match="sudah dijawab"):
        appeals.answer_appeal(objection, state=Appeal.State.GRANTED, answer="Ya", **facts)

    mail = Delivery.objects.get(campaign__kind="curation_appeal")
    assert (mail.recipient_key, mail.context["keterangan"]) == (scene.budi.pk, "Tetap")
