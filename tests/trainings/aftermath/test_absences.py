import pytest

from participants.models import StageEvent
from tests.factories import CohortFactory
from tests.trainings.aftermath.conftest import come
from tests.trainings.aftermath.test_feedback import link
from trainings import invariants
from trainings.aftermath import absences, asking
from trainings.aftermath.absences import AbsenceRefused, give_reason
from trainings.models import Absence
from trainings.services import rounds

pytestmark = pytest.mark.django_db


def say(enrolment, now, **facts):
    told = {"reason": "usaha", "note": "", "wants_next": False, "via": "tautan"}
    return give_reason(enrolment, **told | facts, now=now)


def state(enrolment):
    enrolment.refresh_from_db()
    return enrolment.state


def test_a_reason_is_given_by_link_and_leads_to_the_next_wave(client, after):
    wave = CohortFactory(training=after.cohort.training)
    page = link(after.budi, "alasan/")

    empty = client.post(page, {"reason": "lainnya"})
    client.post(page, {"reason": "usaha", "wants_next": "on"})

    assert (empty.status_code, "Tulis alasannya" in empty.content.decode()) == (422, True)
    done = client.get(page).content.decode()
    assert "Anda didahulukan" in done
    assert "Lihat gelombang yang dibuka" in done
    assert state(after.budi) == "wants_other_date"
    after.cohort.refresh_from_db()
    assert after.cohort.taken == 1
    assert absences.reasons([after.cohort.pk]) == [("Usaha sedang ramai", 1)]
    # Siti has had her seat in this training; Budi may be invited again.
    assert rounds.plan_round(wave, everyone=True, now=after.now).chosen == 1
    assert client.get(link(after.budi, "?jawab=pindah")).status_code == 200
    client.post(link(after.budi), {"jawaban": "pindah", "gelombang": wave.code})
    assert wave.enrolments.get(participant=after.budi.participant).state == "confirmed"
    assert invariants.violations() == []


def test_a_reason_counts_no_more_once_she_was_there_and_stays_in_history(after):
    say(after.budi, after.now)
    assert absences.reasons() == [("Usaha sedang ramai", 1)]

    come(after.budi, by=after.officer)

    assert state(after.budi) == "completed"
    assert absences.reasons() == []
    assert Absence.objects.get().reason == "usaha"
    with pytest.raises(AbsenceRefused, match="sudah tercatat"):
        say(after.budi, after.now, reason="lupa", by=after.officer)
    assert asking.ask_of(_with_cohort(after), now=after.now).page == "kesan"


def test_staff_write_down_what_was_said_on_the_telephone(client, after):
    client.force_login(after.officer)
    page = f"/admin/trainings/cohort/{after.cohort.pk}/umpan-balik/"

    client.post(f"{page}{after.budi.pk}/alasan/", {"reason": "kendaraan", "note": "=2+3"})
    missing = client.post(f"{page}{after.budi.pk}/alasan/", {"reason": ""}, follow=True)
    foreign = client.post(f"{page}{after.siti.pk}/alasan/", {"reason": "lupa"})

    row = Absence.objects.get()
    assert (row.reason, row.recorded_by, row.via) == ("kendaraan", after.officer, "telepon")
    assert "Pilih alasannya." in missing.content.decode()
    assert foreign.status_code == 404
    shown = client.get(page).content.decode()
    assert "Tidak ada kendaraan: =2+3" in shown
    assert StageEvent.objects.standing().count() == 1


def _with_cohort(after):
    return type(after.budi).objects.select_related("cohort").get(pk=after.budi.pk)
