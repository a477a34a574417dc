"""News of a class that officers write at the campaign desk: what it was, and what it is now."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from django.utils import timezone

from participants.audiences.messages import EXPANSION, still_there
from trainings import change_messages, wording
from trainings.messages import FREE
from trainings.models import Cohort
from trainings.services import changes
from umkm_portal.common.numbers import whole_in
from umkm_portal.messaging.desk.purposes import Purpose
from umkm_portal.messaging.kinds import CampaignKind
from umkm_portal.messaging.models import Campaign, CampaignPlan, Channel, DeliveryBatch

RECENT = timedelta(days=30)
"""How old a change may be that the text still tells of."""
ONE_COHORT = "Isian ini bisa dipakai bila tepat satu gelombang dipilih sebagai penerima."
NOTHING_CHANGED = (
    "Jadwal gelombang ini tidak berubah dalam 30 hari. Hapus isian itu, atau ubah sesinya dulu di "
    "halaman gelombang."
)
_FACTS = ("judul", "gelombang", "tanggal", "jam", "tempat", "penyelenggara")

_BODY = f"""Yth. Bapak/Ibu {{nama}},

Ada perubahan pada pelatihan {{judul}}, gelombang {{gelombang}}.

{{perubahan}}

[Tulis apa yang tetap dan apa yang perlu dilakukan penerima.]

{FREE}

{{penyelenggara}}"""
_TEXT = (
    "Yth. Bapak/Ibu {nama}, ada perubahan pada pelatihan {judul}, gelombang {gelombang}. "
    "{perubahan} [Tulis apa yang tetap.] – {penyelenggara}"
)


def words_of(cohort: Cohort) -> dict[str, str]:
    """The facts of a cohort as they are now, and its changes with the old and the new times."""
    now = timezone.now()
    told = changes.recent_in_words(cohort, since=now - RECENT, now=now)
    return {**wording.cohort_words(cohort), change_messages.CHANGES: told}


def _cohort_of(plan: CampaignPlan) -> Cohort | None:
    """The cohort that a plan is about, if it is about one."""
    chosen = plan.audience.get("cohort", {}).get("values", [])
    pk = whole_in(chosen[0]) if len(chosen) == 1 else None
    if pk is None:
        return None
    return Cohort.objects.select_related("training__organiser").filter(pk=pk).first()


def _words(plan: CampaignPlan) -> dict[str, str]:
    cohort = _cohort_of(plan)
    return words_of(cohort) if cohort else {}


def _lacking(plan: CampaignPlan) -> Mapping[str, str]:
    if _cohort_of(plan) is None:
        return dict.fromkeys((*_FACTS, change_messages.CHANGES), ONE_COHORT)
    return {name: NOTHING_CHANGED for name, value in _words(plan).items() if not value}


def _shared(campaign: Campaign) -> dict[str, str]:
    about = campaign.options.get(Campaign.TEST_OF, campaign.pk)
    plan = CampaignPlan.objects.filter(campaign=about).first()
    return _words(plan) if plan else {}


CLASS_NEWS = CampaignKind(
    name="class_news",
    label="Kabar perubahan kelas",
    purpose="service",
    priority=DeliveryBatch.Priority.CHANGE,
    variables={
        **{name: change_messages.SCHEDULE_CHANGED.variables[name] for name in _FACTS},
        "nama": "Siti Aminah",
        "kode": "JKP-7F3K-29XM",
        change_messages.CHANGES: change_messages.SCHEDULE_CHANGED.variables["perubahan"],
    },
    wording={
        Channel.EMAIL: ("Perubahan: {judul}, gelombang {gelombang}", _BODY),
        Channel.WHATSAPP: ("", _TEXT),
        Channel.SMS: ("", _TEXT),
    },
    expansion_sql=EXPANSION,
    still_wanted=still_there,
    shared_context=_shared,
)
CHANGE = Purpose(
    "change",
    "Perubahan",
    "Kabar bagi peserta satu gelombang, misalnya pindah hari atau ruang: semula apa, sekarang apa. "
    "Dikirim lebih dulu, juga di luar jam kerja.",
    CLASS_NEWS.name,
    sources=("cohort",),
    words=_words,
    lacking=_lacking,
)
