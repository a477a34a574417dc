"""Whoever asked that her data be used no further is in no list and no audience, whoever asks."""

import csv
import io

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from participants.duplicates.merging import merge
from participants.exporting import services as exporting
from participants.models import DataAccess, Participant, Referral
from participants.requests import ask, fulfil, lift_restriction
from participants.segments.audiences import people_by
from tests.factories import (
    CohortFactory,
    ParticipantFactory,
    RegionFactory,
    UserFactory,
)
from tests.staff import make_user
from trainings import messages
from trainings.services import rounds, selection
from trainings.services.people import invite_people
from trainings.services.printed import printable_list, untold

pytestmark = pytest.mark.django_db
NOW = timezone.now()
PEOPLE = reverse("admin:participants_participant_changelist")


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def restrict(person):
    request = ask(person, kind="restriction", account=None, now=NOW)
    fulfil(request, answer="", actor=UserFactory(), now=NOW)
    # A file of the register, or an officer, says otherwise afterwards.
    Participant.objects.filter(pk=person.pk).update(is_willing=True, willing_source="Berkas")
    person.refresh_from_db()


def invite(cohort, **options):
    return rounds.open_round(
        cohort, actor=None, now=NOW, any_hour=True, everyone=True, starts=False, **options
    )


@pytest.mark.django_db(transaction=True)
def test_no_list_and_no_audience_holds_her_whatever_a_file_says_later(client):
    away = RegionFactory(code="32.75")
    ani, budi = ParticipantFactory(full_name="Ani"), ParticipantFactory(full_name="Budi")
    for person in (ani, budi):
        Referral.objects.create(participant=person, region=away, service="Izin")
    restrict(ani)
    boss, cohort = make_user("head"), CohortFactory()
    client.force_login(boss)

    assert set(Participant.objects.invitable()) == {budi}
    assert set(people_by({})) == {budi}
    export = exporting.request_export(
        rules={},
        column_keys=["nama"],
        file_format="csv",
        purpose="Verifikasi bazar Maret",
        user=boss,
        now=NOW,
    )
    text = (settings.MEDIA_ROOT / exporting.write_export(export.pk).path).read_text("utf-8-sig")
    assert [row["Nama lengkap"] for row in csv.DictReader(io.StringIO(text), delimiter=";")] == [
        "Budi"
    ]
    small = {"format": "1", "purpose": "Verifikasi bazar Maret", "resource": "0"}
    fields = {f"peopleresource_{name}": "on" for name in ("code", "full_name")}
    page = client.post(reverse("admin:participants_participant_export"), small | fields)
    assert "Budi" in page.content.decode()
    assert "Ani" not in page.content.decode()
    printed = client.get(reverse("admin:participants_referral_print")).content.decode()
    assert "Budi" in printed
    assert "Ani" not in printed
    assert not DataAccess.objects.filter(participant=ani).exists()
    assert DataAccess.objects.filter(participant=budi).count() == 3

    opened = invite(cohort)
    assert set(opened.enrolments.values_list("participant", flat=True)) == {budi.pk}
    assert rounds.why_not(opened, participant_id=ani.pk) == selection.REASONS["restricted"]
    pasted = invite_people(
        CohortFactory(), f"{ani.code}\n", actor=boss, now=NOW, override="daftar kelas"
    )
    assert (pasted.invited, pasted.lines[0].message) == (0, "Membatasi pemakaian datanya.")


def test_what_was_already_under_way_stops_too():
    """Without an email she stands on the printed list, which no stopped address takes her off."""
    ani = ParticipantFactory(email="", phone="+6281200001111")
    budi = ParticipantFactory()
    opened = invite(CohortFactory())
    assert [row.participant_id for row in printable_list(opened)[0].rows] == [ani.pk]
    invited = {e.participant_id: e.pk for e in opened.enrolments.all()}

    restrict(ani)
    restrict(budi)

    assert printable_list(opened) == []
    assert not untold(opened.enrolments.all()).exists()
    wanted = messages.INVITATION.still_wanted(opened.campaign, list(invited.values()))
    assert wanted == set()


def test_a_merge_keeps_the_wish_and_she_lifts_it_herself(client):
    old, new = ParticipantFactory(account=UserFactory()), ParticipantFactory()
    restrict(old)
    old.refresh_from_db()

    merge(old, new, actor=None, now=NOW, choices={"account": "source"}, ktp_seen=True)

    new.refresh_from_db()
    assert new.restricted_at == NOW
    client.force_login(new.account)
    page = client.get(reverse("mine:requests")).content.decode()
    assert "Cabut pembatasan" in page
    willing = client.post(reverse("mine:consents"), {"ubah": "bersedia=ya"}, follow=True)
    assert "setelah Anda mencabut pembatasan" in willing.content.decode()
    assert not Participant.objects.invitable().filter(pk=new.pk).exists()
    client.post(reverse("mine:restriction_lift"))
    assert Participant.objects.invitable().filter(pk=new.pk).exists()
    assert not lift_restriction(new, now=NOW)
