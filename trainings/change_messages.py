"""Messages that nobody asked for: a class moved, was cancelled, or a place went to another wave."""

from __future__ import annotations

from collections.abc import Sequence

from participants.models import Participant
from participants.ways import WAYS
from trainings import wording
from trainings.messages import EXPANSION, FREE, SAMPLE, by_channel, place_of
from trainings.models import Cohort, Enrolment
from umkm_portal.messaging.kinds import CampaignKind
from umkm_portal.messaging.models import Campaign, DeliveryBatch

State = Enrolment.State
Priority = DeliveryBatch.Priority

CHANGES, REASON, NEWS = "perubahan", "alasan", "kabar"
"""What the options of a campaign keep for its messages."""

_MOVED = f"""Yth. Bapak/Ibu {{nama}},

Jadwal pelatihan {{judul}}, gelombang {{gelombang}}, berubah.

{{perubahan}}

Kursi dan kode tiket Anda tetap: {{kode}}. Tiket dan berkas kalender yang baru ada di sini:
{{tautan}}

Bila tidak bisa hadir, pindah gelombang atau batalkan lewat tautan yang sama.

{FREE}

{{penyelenggara}}"""

_OFF = f"""Yth. Bapak/Ibu {{nama}},

Pelatihan {{judul}}, gelombang {{gelombang}}, {{tanggal}}, tidak jadi diadakan. {{alasan}}

{{kabar}}

Keadaan terbaru dan pilihan Anda ada di sini:
{{tautan}}

{FREE}

{{penyelenggara}}"""

_CARRIED = f"""Yth. Bapak/Ibu {{nama}},

Anda belum mendapat kursi di gelombang sebelumnya. Tempat Anda di daftar tunggu kami pindahkan ke pelatihan {{judul}}, gelombang {{gelombang}}, {{tanggal}}. Urutan Anda: {{urutan}}.

Kami mengabari Anda begitu ada kursi. Lihat urutan Anda atau batalkan di sini:
{{tautan}}

{FREE}

{{penyelenggara}}"""  # noqa: E501

_FORFEITED = """Yth. Bapak/Ibu {nama},

Kursi Anda di pelatihan {judul}, gelombang {gelombang}, {tanggal}, kami lepas karena kehadiran Anda belum tercatat setelah kelas dimulai.

Bila Anda sudah di tempat, temui petugas di pintu: selama masih ada kursi, kursi Anda dikembalikan.

{penyelenggara}"""  # noqa: E501

_GREETING = "Yth. Bapak/Ibu {nama}, "
_CLASS = "pelatihan {judul}, gelombang {gelombang}"
_MOVED_TEXT = (
    f"{_GREETING}jadwal {_CLASS}, berubah. {{perubahan}} Kursi dan kode tiket Anda tetap: "
    "{kode}. Tiket baru, pindah, atau batal: {tautan} – {penyelenggara}"
)
_MOVED_SMS = "Jadwal berubah: {judul}, gelombang {gelombang}. Lihat: {tautan}"
_OFF_TEXT = (
    f"{_GREETING}{_CLASS}, {{tanggal}}, tidak jadi diadakan. {{alasan}} {{kabar}} "
    "Pilihan Anda: {tautan} – {penyelenggara}"
)
_OFF_SMS = "Batal: {judul}, {tanggal}. Pilihan Anda: {tautan}"
_CARRIED_TEXT = (
    f"{_GREETING}tempat Anda di daftar tunggu kami pindahkan ke {_CLASS}, {{tanggal}}, urutan "
    "{urutan}. Kami mengabari begitu ada kursi. Lihat atau batal: {tautan} – {penyelenggara}"
)
_CARRIED_SMS = "Daftar tunggu Anda pindah ke kelas {tanggal}, urutan {urutan}. Lihat: {tautan}"
_FORFEITED_TEXT = (
    f"{_GREETING}kursi Anda di {_CLASS}, kami lepas karena kehadiran Anda belum tercatat. Sudah di "
    "tempat? Temui petugas di pintu selama masih ada kursi. – {penyelenggara}"
)
_FORFEITED_SMS = (
    "Kursi Anda di {judul} dilepas: kehadiran belum tercatat. Sudah di tempat? Temui petugas di "
    "pintu."
)

CANCELLED_EXPANSION = f"""
SELECT m.recipient_key, m.subject_id, way.channel, way.address,
    jsonb_build_object('nama', p.full_name,
        'kabar', replace(c.options -> 'kabar' ->> CASE
            WHEN e.cohort_id = c.subject_id THEN 'none'
            WHEN e.state IN ('confirmed', 'attended', 'no_show', 'completed') THEN 'seat'
            ELSE 'line' END,
            '(kode)', 'JKP-' || left(e.short_code, 4) || '-' || substr(e.short_code, 5)))
        AS context
FROM messaging_audiencemember m
JOIN messaging_campaign c ON c.id = m.campaign_id
JOIN trainings_enrolment e ON e.id = m.subject_id
JOIN participants_participant p ON p.id = m.recipient_key
CROSS JOIN LATERAL ({WAYS}) way
WHERE m.campaign_id = %(campaign)s AND m.position BETWEEN %(first)s AND %(last)s
"""  # noqa: S608
"""`subject_id` is the place in the other wave where there is one, else the one that ended."""


def _places_of_living(subject_ids: Sequence[int]) -> set[int]:
    living = Enrolment.objects.filter(
        pk__in=subject_ids, participant__status=Participant.Status.ACTIVE
    )
    return set(living.values_list("pk", flat=True))


def _still_seated(campaign: Campaign, subject_ids: Sequence[int]) -> set[int]:
    """Who has a seat, or one on offer, in a class that still takes place."""
    wanted = Enrolment.objects.filter(
        pk__in=_places_of_living(subject_ids), state__in=(*Enrolment.SEATED, State.OFFERED)
    ).exclude(cohort__state=Cohort.State.CANCELLED)
    return set(wanted.values_list("pk", flat=True))


def _still_there(campaign: Campaign, subject_ids: Sequence[int]) -> set[int]:
    return _places_of_living(subject_ids)


def _still_waits(campaign: Campaign, subject_ids: Sequence[int]) -> set[int]:
    waiting = Enrolment.objects.filter(
        pk__in=_places_of_living(subject_ids), state=State.WAITLISTED
    )
    return set(waiting.values_list("pk", flat=True))


def _still_gone(campaign: Campaign, subject_ids: Sequence[int]) -> set[int]:
    gone = Enrolment.objects.filter(pk__in=_places_of_living(subject_ids), state=State.CANCELLED)
    return set(gone.values_list("pk", flat=True))


def _shared(campaign: Campaign) -> dict[str, str]:
    """The facts of the cohort as they are now, and what the campaign keeps about the change."""
    cohort = Cohort.objects.select_related("training__organiser").get(pk=campaign.subject_id or 0)
    kept = {name: str(campaign.options.get(name, "")) for name in (CHANGES, REASON)}
    return {**wording.cohort_words(cohort), **kept}


SCHEDULE_CHANGED = CampaignKind(
    name="schedule_changed",
    label="Perubahan jadwal",
    purpose="service",
    priority=Priority.CHANGE,
    variables={
        **SAMPLE,
        CHANGES: "Sesi 1: semula Selasa 1 Desember 2026, 09.00 WIB, menjadi Rabu 2 Desember "
        "2026, 13.00 WIB, di Pasar Tanah Abang Blok G.",
    },
    wording=by_channel(
        "Jadwal berubah: {judul}, gelombang {gelombang}", _MOVED, _MOVED_TEXT, _MOVED_SMS
    ),
    expansion_sql=EXPANSION,
    still_wanted=_still_seated,
    shared_context=_shared,
)
COHORT_CANCELLED = CampaignKind(
    name="cohort_cancelled",
    label="Pembatalan gelombang",
    purpose="service",
    priority=Priority.CHANGE,
    variables={
        **SAMPLE,
        REASON: "Alasan: pengajar berhalangan.",
        NEWS: "Kursi Anda pindah ke gelombang 3, Rabu 9 Desember 2026, 09.00 WIB.",
    },
    wording=by_channel(
        "Dibatalkan: {judul}, gelombang {gelombang}, {tanggal}", _OFF, _OFF_TEXT, _OFF_SMS
    ),
    expansion_sql=CANCELLED_EXPANSION,
    still_wanted=_still_there,
    shared_context=_shared,
)
CARRIED = CampaignKind(
    name="carried",
    label="Pindah daftar tunggu",
    purpose="service",
    priority=Priority.CHANGE,
    variables={**SAMPLE, "urutan": "3"},
    wording=by_channel(
        "Daftar tunggu pindah: {judul}, {tanggal}", _CARRIED, _CARRIED_TEXT, _CARRIED_SMS
    ),
    still_wanted=_still_waits,
    single_context=place_of,
)
FORFEITED = CampaignKind(
    name="forfeited",
    label="Kursi dilepas karena belum hadir",
    purpose="service",
    priority=Priority.URGENT,
    variables=SAMPLE,
    wording=by_channel(
        "Kursi dilepas: {judul}, {tanggal}", _FORFEITED, _FORFEITED_TEXT, _FORFEITED_SMS
    ),
    still_wanted=_still_gone,
    single_context=place_of,
)
KINDS = (SCHEDULE_CHANGED, COHORT_CANCELLED, CARRIED, FORFEITED)
