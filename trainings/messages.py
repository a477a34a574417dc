"""The messages of trainings: their wording, who is still to be told, and what fills them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django.db import connection
from django.utils import timezone

from participants.models import Participant
from participants.ways import WAYS
from trainings import wording
from trainings.models import Cohort, Enrolment, InvitationRound
from umkm_portal.common import codes
from umkm_portal.common.prepared import Prepared
from umkm_portal.messaging import kinds
from umkm_portal.messaging.kinds import CampaignKind
from umkm_portal.messaging.models import Campaign, Channel, DeliveryBatch

State = Enrolment.State
Priority = DeliveryBatch.Priority

FREE = "Pelatihan ini gratis. Petugas tidak pernah meminta kode OTP atau pembayaran."
_COHORT_SAMPLE = {
    "judul": "Berjualan lewat siaran langsung",
    "gelombang": "2",
    "tanggal": "Selasa 1 Desember 2026",
    "jam": "09.00",
    "tempat": "Pasar Tanah Abang Blok G, lantai 3",
    "penyelenggara": "Dinas PPKUKM",
}
SAMPLE = {**_COHORT_SAMPLE, "nama": "Siti Aminah", "kode": "JKP-7F3K-29XM"}
_DEADLINE = {"batas": "Jumat 27 November 2026, 17.00 WIB"}

_INVITED = """Yth. Bapak/Ibu {nama},

Anda diundang ke pelatihan {judul}, gelombang {gelombang}.

Hari: {tanggal}
Pukul: {jam} WIB
Tempat: {tempat}

Jawab paling lambat {batas}. Buka tautan ini, lalu pilih Ya atau Tidak bisa:
{tautan}

Anda tidak perlu kata sandi. Kode undangan Anda: {kode}

FREE

{penyelenggara}

Tidak ingin menerima undangan lagi? {berhenti}""".replace("FREE", FREE)

_INVITED_TEXT = (
    "Yth. Bapak/Ibu {nama}, Anda diundang ke pelatihan {judul}, gelombang {gelombang}: {tanggal} "
    "pukul {jam} WIB di {tempat}. Gratis. Jawab Ya atau Tidak bisa paling lambat {batas}: {tautan} "
    "Berhenti menerima pesan: balas STOP. – {penyelenggara}"
)
_INVITED_SMS = (
    "Undangan pelatihan {judul}, {tanggal} {jam} WIB, {tempat}. Gratis. Jawab: {tautan} "
    "Berhenti: {berhenti}"
)

_SEAT = """Yth. Bapak/Ibu {nama},

Anda terdaftar di pelatihan {judul}, gelombang {gelombang}.

Hari: {tanggal}
Pukul: {jam} WIB
Tempat: {tempat}

Kode tiket Anda: {kode}

Tunjukkan kode itu saat datang. Tiket dan berkas kalender ada di sini:
{tautan}

Bila berhalangan, batalkan lewat tautan yang sama agar kursi Anda dapat dipakai orang lain.

FREE

{penyelenggara}""".replace("FREE", FREE)

_WAITS = """Yth. Bapak/Ibu {nama},

Kursi pelatihan {judul}, gelombang {gelombang}, sudah penuh. Anda ada di daftar tunggu, urutan {urutan}.

Kami mengabari Anda begitu ada kursi kosong. Lihat urutan Anda atau batalkan di sini:
{tautan}

FREE

{penyelenggara}""".replace("FREE", FREE)  # noqa: E501

_OFFERED = """Yth. Bapak/Ibu {nama},

Ada kursi kosong untuk Anda di pelatihan {judul}, gelombang {gelombang}.

Hari: {tanggal}
Pukul: {jam} WIB
Tempat: {tempat}

Kursi ini kami simpan sampai {batas}. Buka tautan ini, lalu pilih Ya untuk mengambilnya:
{tautan}

Tanpa jawaban, kursi ini ditawarkan kepada orang berikutnya.

FREE

{penyelenggara}""".replace("FREE", FREE)

_GONE = """Yth. Bapak/Ibu {nama},

Pendaftaran Anda di pelatihan {judul}, gelombang {gelombang}, {tanggal}, sudah dibatalkan.

Bila Anda tidak merasa membatalkan, buka tautan ini atau hubungi petugas:
{tautan}

{penyelenggara}"""

_GREETING = "Yth. Bapak/Ibu {nama}, "
_CLASS = "pelatihan {judul}, gelombang {gelombang}"
_SEAT_TEXT = (
    f"{_GREETING}kursi Anda di {_CLASS} sudah pasti: {{tanggal}} pukul {{jam}} WIB di {{tempat}}. "
    "Kode tiket: {kode}. Tiket atau batal: {tautan} – {penyelenggara}"
)
_SEAT_SMS = "Kursi kelas Anda: {tanggal} {jam} WIB. Kode {kode}. Tiket: {tautan}"
_WAITS_TEXT = (
    f"{_GREETING}kursi {_CLASS} sudah penuh. Anda di daftar tunggu, urutan {{urutan}}. Kami "
    "mengabari begitu ada kursi. Lihat urutan atau batal: {tautan} – {penyelenggara}"
)
_WAITS_SMS = "Kelas {tanggal} penuh. Daftar tunggu Anda: urutan {urutan}. Lihat: {tautan}"
_OFFERED_TEXT = (
    f"{_GREETING}ada kursi kosong untuk Anda di {_CLASS}, {{tanggal}} pukul {{jam}} WIB di "
    "{tempat}. Kami simpan sampai {batas}. Pilih Ya untuk mengambilnya: {tautan} – {penyelenggara}"
)
_OFFERED_SMS = "Ada kursi pelatihan untuk Anda. Jawab sebelum {batas}: {tautan}"
_GONE_TEXT = (
    f"{_GREETING}pendaftaran Anda di {_CLASS}, {{tanggal}}, sudah dibatalkan. Tidak merasa "
    "membatalkan? Buka {tautan} – {penyelenggara}"
)
_GONE_SMS = "Pendaftaran kelas {tanggal} dibatalkan. Bukan Anda? Buka {tautan}"

EXPANSION = f"""
SELECT m.recipient_key, m.subject_id, way.channel, way.address,
    jsonb_build_object('nama', p.full_name,
        'kode', 'JKP-' || left(e.short_code, 4) || '-' || substr(e.short_code, 5)) AS context
FROM messaging_audiencemember m
JOIN trainings_enrolment e ON e.id = m.subject_id
JOIN participants_participant p ON p.id = m.recipient_key
CROSS JOIN LATERAL ({WAYS}) way
WHERE m.campaign_id = %(campaign)s AND m.position BETWEEN %(first)s AND %(last)s
"""  # noqa: S608


def register() -> None:
    """Tell the sender about the messages of trainings."""
    for kind in (INVITATION, CONFIRMATION, WAITING, OFFER, CANCELLED):
        kinds.register(kind)


def _in_state(*states: str) -> Callable[[Campaign, Sequence[int]], set[int]]:
    """Only those whose enrolment is still as the message says, while the class is ahead."""

    def still_wanted(campaign: Campaign, subject_ids: Sequence[int]) -> set[int]:
        wanted = Enrolment.objects.filter(
            pk__in=subject_ids,
            state__in=states,
            cohort__starts_at__gt=timezone.now(),
            participant__status=Participant.Status.ACTIVE,
        )
        return set(wanted.values_list("pk", flat=True))

    return still_wanted


def _still_invited(campaign: Campaign, subject_ids: Sequence[int]) -> set[int]:
    """Invitations nobody has answered, of people without a seat, to classes that still wait."""
    wanted = Enrolment.objects.filter(
        pk__in=subject_ids,
        state=State.INVITED,
        cohort__state=Cohort.State.OPEN,
        cohort__starts_at__gt=timezone.now(),
        participant__status=Participant.Status.ACTIVE,
    ).not_seated_elsewhere()
    wanted = wanted.exclude(participant__in=Participant.objects.restricted().values("pk"))
    return set(wanted.values_list("pk", flat=True))


def _may_follow(campaign: Campaign, subject_ids: Sequence[int]) -> set[int]:
    """Nobody hears by another channel of a round that is over."""
    if InvitationRound.objects.filter(campaign=campaign, closed_at__isnull=False).exists():
        return set()
    return _still_invited(campaign, subject_ids)


def _shared_of_round(campaign: Campaign) -> dict[str, str]:
    """The facts of the cohort and the deadline that all invitations of a round share."""
    opened = (
        InvitationRound.objects.filter(campaign=campaign)
        .select_related("cohort__training__organiser")
        .first()
    )
    if opened is not None:
        batas = wording.deadline(opened.deadline_at)
        return {**wording.cohort_words(opened.cohort), "batas": batas}
    cohort = Cohort.objects.select_related("training__organiser").get(pk=campaign.subject_id or 0)
    return {**wording.cohort_words(cohort), "batas": wording.deadline(cohort.starts_at)}


_PLACE = Prepared(
    "place_of",
    """
SELECT person.full_name, e.short_code, t.title, c.number, c.mode, c.starts_at,
    coalesce(nullif(o.short_name, ''), o.name), venue.place, offer.deadline_at,
    CASE WHEN e.state = 'waitlisted' THEN (
        SELECT count(*) + 1 FROM trainings_enrolment ahead
        WHERE ahead.cohort_id = e.cohort_id AND ahead.state = 'waitlisted'
            AND (ahead.priority > e.priority
                OR ahead.priority = e.priority AND ahead.arrival_no < e.arrival_no)) END
FROM trainings_enrolment e
JOIN participants_participant person ON person.id = e.participant_id
JOIN trainings_cohort c ON c.id = e.cohort_id
JOIN trainings_training t ON t.id = c.training_id
JOIN accounts_organisation o ON o.id = t.organiser_id
LEFT JOIN trainings_offer offer ON offer.enrolment_id = e.id AND offer.state = 'pending'
LEFT JOIN LATERAL (
    SELECT v.name || ', ' || v.address AS place
    FROM trainings_session s LEFT JOIN trainings_venue v ON v.id = s.venue_id
    WHERE s.cohort_id = c.id AND s.cancelled_at IS NULL ORDER BY s.starts_at, s.id LIMIT 1
) venue ON TRUE
WHERE e.id = %(enrolment)s
""",
)


def place_of(enrolment_id: int) -> dict[str, str]:
    """Words of one enrolment, with its place in the line and its open offer's deadline.

    One statement: it stands between an answer and its seat.
    """
    with connection.cursor() as cursor:
        _PLACE.run(cursor, {"enrolment": enrolment_id})
        row = cursor.fetchone()
    if row is None:
        raise Enrolment.DoesNotExist(f"#{enrolment_id}")
    name, code, title, number, mode, starts_at, organiser, venue, deadline_at, line = row
    facts = wording.Facts(title, number, mode, starts_at, organiser, venue)
    words = {**wording.in_words(facts), "nama": name, "kode": codes.display(code)}
    if line:
        words["urutan"] = str(line)
    if deadline_at:
        words["batas"] = wording.deadline(deadline_at)
    return words


def by_channel(subject: str, email: str, whatsapp: str, sms: str) -> dict[str, tuple[str, str]]:
    """The wording of a kind that goes by every channel; a plain SMS has no letters but ASCII."""
    return {
        Channel.EMAIL: (subject, email),
        Channel.WHATSAPP: ("", whatsapp),
        Channel.SMS: ("", sms),
    }


INVITATION = CampaignKind(
    name="invitation",
    label="Undangan pelatihan",
    purpose="bulk",
    priority=Priority.BULK,
    variables={**SAMPLE, **_DEADLINE},
    wording=by_channel("Undangan: {judul}, {tanggal}", _INVITED, _INVITED_TEXT, _INVITED_SMS),
    expansion_sql=EXPANSION,
    still_wanted=_still_invited,
    may_follow=_may_follow,
    shared_context=_shared_of_round,
)
CONFIRMATION = CampaignKind(
    name="confirmation",
    label="Kepastian kursi",
    purpose="service",
    priority=Priority.CHANGE,
    variables=SAMPLE,
    wording=by_channel("Kursi Anda pasti: {judul}, {tanggal}", _SEAT, _SEAT_TEXT, _SEAT_SMS),
    still_wanted=_in_state(*Enrolment.SEATED),
    single_context=place_of,
)
WAITING = CampaignKind(
    name="waiting",
    label="Tempat di daftar tunggu",
    purpose="service",
    priority=Priority.CHANGE,
    variables={**SAMPLE, "urutan": "3"},
    wording=by_channel("Daftar tunggu: {judul}, {tanggal}", _WAITS, _WAITS_TEXT, _WAITS_SMS),
    still_wanted=_in_state(State.WAITLISTED),
    single_context=place_of,
)
OFFER = CampaignKind(
    name="offer",
    label="Tawaran kursi kosong",
    purpose="service",
    priority=Priority.URGENT,
    variables={**SAMPLE, **_DEADLINE},
    wording=by_channel(
        "Ada kursi untuk Anda: {judul}, {tanggal}", _OFFERED, _OFFERED_TEXT, _OFFERED_SMS
    ),
    still_wanted=_in_state(State.OFFERED),
    single_context=place_of,
)
CANCELLED = CampaignKind(
    name="cancelled",
    label="Pembatalan",
    purpose="service",
    priority=Priority.CHANGE,
    variables=SAMPLE,
    wording=by_channel("Pendaftaran dibatalkan: {judul}, {tanggal}", _GONE, _GONE_TEXT, _GONE_SMS),
    still_wanted=_in_state(State.CANCELLED),
    single_context=place_of,
)
