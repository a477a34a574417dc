"""An announced list is published once, tells each person once, and a new one only what changed."""

from datetime import timedelta

import pytest
from django.utils import timezone

from participants.consents import give_consent
from participants.models import Consent, Participant
from participants.segments.audiences import people_by
from partners.announcing import publishing
from partners.announcing.publishing import (
    AnnouncementRefused,
    announce,
    publish_due,
    undo_announcement,
)
from partners.models import CurationList, CurationResult
from tests.factories import CurationDecisionFactory, ParticipantFactory
from tests.partners.announcing.conftest import next_version
from umkm_portal.messaging.models import Campaign, Delivery, Exclusion
from umkm_portal.messaging.services import deliver_due, expand_campaign

pytestmark = pytest.mark.django_db


def publish(version, by):
    """Announce, let the window pass, write all messages; return how many lists were published."""
    later = timezone.now()
    announce(version, by=by, now=later - timedelta(minutes=16))
    published = publish_due(now=later)
    for campaign in Campaign.objects.filter(state="expanding"):
        expand_campaign(campaign, now=later)
    return published


def told():
    """(who, what) of every message about a result."""
    rows = Delivery.objects.filter(campaign__kind="curation_result").order_by("pk")
    return sorted((row.context["nama"], row.context["hasil"]) for row in rows)


def test_a_published_list_tells_each_person_once(scene):
    assert publish(scene.version, scene.head) == 1

    assert publish_due(now=timezone.now() + timedelta(days=1)) == 0
    scene.version.refresh_from_db()
    assert scene.version.state == CurationList.State.ANNOUNCED
    assert told() == [("Budi", "belum lolos"), ("Rani", "cadangan"), ("Siti", "LOLOS, nilai A")]
    mail = Delivery.objects.get(recipient_key=scene.siti.pk)
    assert mail.context["keterangan"] == "Yang perlu Anda siapkan: Siapkan 50 produk."
    assert mail.context["halaman"].endswith(f"/saya/kurasi/{scene.call.slug}/")
    failed = Delivery.objects.get(recipient_key=scene.budi.pk)
    assert failed.context["keterangan"] == "Alasan: Kemasan. Yang perlu diperbaiki: Ganti label"
    rules = {"lolos_kurasi": [scene.call.slug]}
    assert list(people_by(rules)) == [scene.siti]


def test_nothing_is_told_before_the_window_is_over_and_nothing_after_an_undo(scene):
    now = timezone.now()
    announce(scene.version, by=scene.head, now=now)

    assert publish_due(now=now + timedelta(minutes=14)) == 0
    with pytest.raises(AnnouncementRefused, match=scene.head.full_name):
        announce(scene.version, by=scene.head, now=now)
    undo_announcement(scene.version)

    assert publish_due(now=now + timedelta(minutes=16)) == 0
    assert not CurationResult.objects.exists()
    assert publish(scene.version, scene.head) == 1
    with pytest.raises(AnnouncementRefused, match="sudah diumumkan"):
        undo_announcement(scene.version)


def test_a_crash_in_the_middle_leaves_nothing_and_the_next_turn_does_it_all(scene, monkeypatch):
    now = timezone.now()
    announce(scene.version, by=scene.head, now=now)
    later = now + timedelta(minutes=16)
    with monkeypatch.context() as patch:
        patch.setattr(publishing.messaging, "start_campaign", lambda *a, **k: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            publish_due(now=later)
    assert not CurationResult.objects.exists()
    assert not Campaign.objects.filter(kind="curation_result").exists()

    assert publish_due(now=later) == 1

    assert CurationResult.objects.count() == 3
    assert Campaign.objects.get(kind="curation_result").audience_count == 3


def test_a_second_version_tells_only_what_changed(scene):
    publish(scene.version, scene.head)
    before = set(Delivery.objects.values_list("pk", flat=True))
    newcomer = ParticipantFactory(full_name="Wulan")
    after = next_version(
        scene.version,
        [
            (scene.siti, {"grade": "A"}),
            (scene.budi, {"outcome": "passed", "reason": ""}),
            (newcomer, {}),
        ],
    )

    publish(after, scene.head)

    new = Delivery.objects.exclude(pk__in=before)
    assert {(row.context["nama"], row.context["hasil"]) for row in new} == {
        ("Budi", "LOLOS"),
        ("Wulan", "LOLOS"),
        ("Rani", "ditarik kembali"),
    }
    results = {r.participant: (r.told, bool(r.withdrawn_at)) for r in scene.call.results.all()}
    assert results == {
        scene.siti: (1, False),
        scene.budi: (2, False),
        scene.rani: (2, True),
        newcomer: (1, False),
    }
    assert scene.rani not in people_by({"lolos_kurasi": [scene.call.slug]})


def test_an_old_message_does_not_go_out_after_a_new_version(scene, sink):
    publish(scene.version, scene.head)
    after = next_version(scene.version, [(scene.siti, {"grade": "B"})])
    publish(after, scene.head)

    deliver_due()

    states = dict(
        Delivery.objects.filter(recipient_key=scene.siti.pk).values_list("context__hasil", "state")
    )
    assert states == {"LOLOS, nilai A": "cancelled", "LOLOS, nilai B": "accepted"}


def test_whoever_is_reached_by_nothing_is_listed_and_whatsapp_needs_consent(scene, settings):
    settings.DEMO, settings.EMAIL_URL = True, "smtp://127.0.0.1:9"
    agreed = ParticipantFactory(full_name="Ayu", email="")
    silent = ParticipantFactory(full_name="Dewi", email="")
    gone = ParticipantFactory(full_name="Lupa", status=Participant.Status.ANONYMISED)
    give_consent(
        agreed, purpose=Consent.Purpose.WHATSAPP, channel="Uji", actor=None, now=timezone.now()
    )
    for person in (agreed, silent, gone):
        CurationDecisionFactory(list=scene.version, participant=person)

    publish(scene.version, scene.head)

    by_phone = Delivery.objects.get(recipient_key=agreed.pk)
    assert (by_phone.channel, by_phone.address) == ("whatsapp", agreed.phone)
    assert list(Exclusion.objects.values_list("recipient_key", "reason")) == [
        (silent.pk, "no_channel")
    ]
    assert CurationResult.objects.filter(participant=silent).exists()
    assert not CurationResult.objects.filter(participant=gone).exists()
