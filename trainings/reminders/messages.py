"""The texts of reminders, and who of them is still to be told a moment before they leave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.db import connection
from django.utils import timezone

from trainings import wording
from trainings.messages import FREE, SAMPLE
from trainings.models import Session
from trainings.reminders.rules import Name
from umkm_portal.messaging.kinds import CampaignKind
from umkm_portal.messaging.models import Channel, DeliveryBatch

Priority = DeliveryBatch.Priority

_FACTS = """Hari: {tanggal}
Pukul: {jam} WIB
Tempat: {tempat}"""

_EARLY = f"""Yth. Bapak/Ibu {{nama}},

Kelas Anda sudah dekat: {{judul}}, gelombang {{gelombang}}{{sesi}}.

{_FACTS}

Kode tiket Anda: {{kode}}. Tiket dan berkas kalender ada di sini:
{{tautan}}

Bila berhalangan, batalkan atau pindah gelombang lewat tautan yang sama. Kursi Anda dipakai orang lain.

{FREE}

{{penyelenggara}}"""  # noqa: E501

_DAY = f"""Yth. Bapak/Ibu {{nama}},

Sebentar lagi kelas Anda: {{judul}}, gelombang {{gelombang}}{{sesi}}.

{_FACTS}

Tunjukkan kode tiket ini saat datang: {{kode}}. {{bawaan}}

Tiket Anda ada di sini:
{{tautan}}

Bila berhalangan, batalkan sekarang lewat tautan yang sama. Masih ada yang menunggu kursi.

{FREE}

{{penyelenggara}}"""

_HOURS = """Yth. Bapak/Ibu {nama},

Hari ini kelas Anda: {judul}, gelombang {gelombang}{sesi}, pukul {jam} WIB.

Tempat: {tempat}

Kode tiket Anda: {kode}. Tiket Anda ada di sini:
{tautan}

{penyelenggara}"""

_NUDGE = f"""Yth. Bapak/Ibu {{nama}},

Undangan Anda ke pelatihan {{judul}}, gelombang {{gelombang}}, {{tanggal}}, belum dijawab.

Jawab paling lambat {{batas}}. Sesudah itu kursinya kami tawarkan kepada orang lain. Pilih Ya atau Tidak bisa di sini:
{{tautan}}

Anda tidak perlu kata sandi. Kode undangan Anda: {{kode}}

{FREE}

{{penyelenggara}}

Tidak ingin menerima undangan lagi? {{berhenti}}"""  # noqa: E501

_STANDS = "{judul}, gelombang {gelombang}{sesi}, {tanggal} pukul {jam} WIB di {tempat}"
_TICKET = "Kode tiket: {kode}. Tiket atau batal: {tautan} – {penyelenggara}"
_TEXT_EARLY = f"Yth. Bapak/Ibu {{nama}}, kelas Anda sudah dekat: {_STANDS}. {_TICKET}"
_TEXT_DAY = f"Yth. Bapak/Ibu {{nama}}, sebentar lagi kelas Anda: {_STANDS}. {{bawaan}} {_TICKET}"
_TEXT_HOURS = (
    "Yth. Bapak/Ibu {nama}, hari ini pukul {jam} WIB kelas Anda: {judul}{sesi}, di {tempat}. "
    f"{_TICKET}"
)
_TEXT_NUDGE = (
    "Yth. Bapak/Ibu {nama}, undangan Anda ke pelatihan {judul}, {tanggal}, belum dijawab. Jawab "
    "paling lambat {batas}: {tautan} Berhenti menerima pesan: balas STOP. – {penyelenggara}"
)
_SMS_NUDGE = (
    "Undangan pelatihan {judul}, {tanggal}, belum dijawab. Jawab sebelum {batas}: {tautan} "
    "Berhenti: {berhenti}"
)

_OF_SESSION = {
    **SAMPLE,
    "sesi": ", sesi 2 dari 4",
    "bawaan": "Yang perlu dibawa: HP, KTP, dan satu contoh produk.",
}

_STILL_DUE = """
SELECT r.delivery_id FROM trainings_reminder r
JOIN trainings_reminderturn t ON t.id = r.turn_id
JOIN trainings_enrolment e ON e.id = r.enrolment_id
JOIN trainings_cohort c ON c.id = e.cohort_id
JOIN participants_participant p ON p.id = e.participant_id
LEFT JOIN trainings_session s ON s.id = t.session_id
WHERE r.delivery_id = ANY(%(ids)s) AND r.state = 'queued' AND t.expires_at > %(now)s
    AND p.status = 'active' AND CASE
        WHEN t.round_id IS NOT NULL THEN e.state = 'invited' AND c.state = 'open'
        ELSE e.state IN ('confirmed', 'attended') AND c.state IN ('open', 'closed')
            AND e.cohort_id = s.cohort_id AND s.cancelled_at IS NULL
            AND s.starts_at = t.starts_at END
    AND NOT EXISTS (SELECT FROM messaging_fallover f
        JOIN messaging_delivery was ON was.id = f.delivery_id
        WHERE f.successor_id = r.delivery_id
            AND was.state IN ('accepted', 'delivered', 'read', 'uncertain'))
"""
"""A late report that the message before arrived after all stops the one on the next channel."""


def still_due(delivery_ids: Sequence[int]) -> set[int]:
    """Of these deliveries those whose seat, session and time are still as they say."""
    with connection.cursor() as cursor:
        cursor.execute(_STILL_DUE, {"ids": list(delivery_ids), "now": timezone.now()})
        return {pk for (pk,) in cursor.fetchall()}


def words_of(session: Session, *, number: int, of: int) -> dict[str, str]:
    """What the reminders of one session say to everybody; read it with venue and cohort."""
    cohort = session.cohort
    training = cohort.training
    venue = f"{session.venue.name}, {session.venue.address}" if session.venue else None
    facts = wording.Facts(
        training.title,
        cohort.number,
        cohort.mode,
        session.starts_at,
        str(training.organiser),
        venue,
    )
    return {
        **wording.in_words(facts),
        "sesi": f", sesi {number} dari {of}" if of > 1 else "",
        "bawaan": f"Yang perlu dibawa: {training.bring.rstrip('.')}." if training.bring else "",
    }


def _of_session(
    rule: str, label: str, subject: str, body: str, text: str, *, on_the_day: bool
) -> CampaignKind:
    return CampaignKind(
        name=f"reminder_{rule}",
        label=label,
        purpose="service",
        priority=Priority.CHANGE if on_the_day else Priority.REMINDER,
        variables=_OF_SESSION,
        wording={
            Channel.EMAIL: (subject, body),
            Channel.WHATSAPP: ("", text),
            Channel.SMS: ("", text),
        },
        still_due=still_due,
        waits_for_hours=not on_the_day,
    )


EARLY = _of_session(
    Name.EARLY,
    "Pengingat jauh hari sebelum kelas",
    "Kelas Anda {tanggal}: {judul}",
    _EARLY,
    _TEXT_EARLY,
    on_the_day=False,
)
DAY = _of_session(
    Name.DAY,
    "Pengingat menjelang kelas",
    "Bersiap untuk {tanggal}, pukul {jam}: {judul}",
    _DAY,
    _TEXT_DAY,
    on_the_day=False,
)
HOURS = _of_session(
    Name.HOURS,
    "Pengingat pada hari kelas",
    "Hari ini pukul {jam}: {judul}",
    _HOURS,
    _TEXT_HOURS,
    on_the_day=True,
)
NUDGE = CampaignKind(
    name="reminder_nudge",
    label="Pengingat undangan",
    purpose="bulk",
    priority=Priority.REMINDER,
    variables={**SAMPLE, "batas": "Jumat 27 November 2026, 17.00 WIB"},
    wording={
        Channel.EMAIL: ("Belum dijawab: undangan {judul}, {tanggal}", _NUDGE),
        Channel.WHATSAPP: ("", _TEXT_NUDGE),
        Channel.SMS: ("", _SMS_NUDGE),
    },
    still_due=still_due,
)
KINDS: Mapping[str, CampaignKind] = {
    Name.EARLY: EARLY,
    Name.DAY: DAY,
    Name.HOURS: HOURS,
    Name.NUDGE: NUDGE,
}
"""By rule; what is said after a class stands in `trainings.after_messages`."""
