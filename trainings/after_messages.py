"""Messages after a class: what was it like, why did you not come, your certificate is there."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django.conf import settings
from django.urls import reverse

from participants.models import Participant
from participants.ways import WAYS
from trainings import wording
from trainings.messages import FREE, SAMPLE, by_channel, place_of
from trainings.models import Absence, Certificate, Cohort, Enrolment, Feedback
from trainings.models.aftermath import THERE
from trainings.reminders.after import PASSED, result_of
from umkm_portal.messaging.kinds import CampaignKind
from umkm_portal.messaging.models import Campaign, DeliveryBatch

Priority = DeliveryBatch.Priority

_FEEDBACK = f"""Yth. Bapak/Ibu {{nama}},

Terima kasih sudah ikut pelatihan {{judul}}, gelombang {{gelombang}}. {{hasil}}

Bagaimana kelasnya? Tiga pertanyaan, satu menit, tanpa kata sandi:
{{tautan}}

Jawaban Anda memperbaiki kelas berikutnya. Nama Anda hanya disebut bila Anda izinkan.

{FREE}

{{penyelenggara}}

Tidak ingin pesan seperti ini lagi? {{berhenti}}"""

_ABSENCE = f"""Yth. Bapak/Ibu {{nama}},

Kami kehilangan Anda di pelatihan {{judul}}, gelombang {{gelombang}}, {{tanggal}}: kehadiran Anda tidak tercatat.

Boleh kami tahu sebabnya? Satu pertanyaan, tanpa kata sandi. Di sana Anda juga bisa meminta gelombang berikutnya:
{{tautan}}

Anda merasa hadir? Tulis juga di sana, petugas memeriksanya.

{FREE}

{{penyelenggara}}

Tidak ingin pesan seperti ini lagi? {{berhenti}}"""  # noqa: E501

_FEEDBACK_TEXT = (
    "Yth. Bapak/Ibu {nama}, terima kasih sudah ikut pelatihan {judul}, gelombang {gelombang}. "
    "{hasil} Bagaimana kelasnya? Tiga pertanyaan, satu menit: {tautan} "
    "Berhenti menerima pesan: balas STOP. – {penyelenggara}"
)
_FEEDBACK_SMS = "Bagaimana kelas {judul}? Tiga pertanyaan: {tautan} Berhenti: {berhenti}"
_ABSENCE_TEXT = (
    "Yth. Bapak/Ibu {nama}, kami kehilangan Anda di pelatihan {judul}, gelombang {gelombang}, "
    "{tanggal}: kehadiran Anda tidak tercatat. Boleh kami tahu sebabnya? Di sana Anda juga bisa "
    "meminta gelombang berikutnya: {tautan} "
    "Berhenti menerima pesan: balas STOP. – {penyelenggara}"
)
_ABSENCE_SMS = (
    "Kami kehilangan Anda di kelas {tanggal}. Sebabnya, atau minta kelas berikutnya: {tautan} "
    "Berhenti: {berhenti}"
)

TITLES, NEWS, HEADINGS = "jenis", "kabar", "perihal"
"""What the options of a campaign about certificates keep for its messages."""

_CERTIFIED = f"""Yth. Bapak/Ibu {{nama}},

{{kabar}}

Pelatihan: {{judul}}, gelombang {{gelombang}}
Nomor: {{nomor}}

Lihat dan unduh di sini, tanpa kata sandi:
{{tautan}}

Dengan nomor itu siapa pun dapat memeriksa keasliannya di {{periksa}}.

{FREE}

{{penyelenggara}}"""

_CERTIFIED_TEXT = (
    "Yth. Bapak/Ibu {nama}, {kabar} Pelatihan {judul}, gelombang {gelombang}. Nomor: {nomor}. "
    "Lihat dan unduh: {tautan} – {penyelenggara}"
)
_CERTIFIED_SMS = "{perihal}: {judul}. Lihat dan unduh: {tautan}"

CERTIFIED_EXPANSION = f"""
SELECT m.recipient_key, m.subject_id, way.channel, way.address,
    jsonb_build_object('nama', p.full_name,
        'nomor', shown.number,
        'perihal', c.options -> 'perihal' ->> shown.news,
        'kabar', replace(replace(c.options -> 'kabar' ->> shown.news,
            '(jenis)', c.options -> 'jenis' ->> shown.kind),
            '(nomor lama)', shown.old)) AS context
FROM messaging_audiencemember m
JOIN messaging_campaign c ON c.id = m.campaign_id
JOIN participants_participant p ON p.id = m.recipient_key
JOIN LATERAL (
    SELECT x.kind, CASE WHEN o.id IS NULL THEN 'new' ELSE 'again' END AS news,
        concat_ws('-', 'JKP', left(x.number, 4), substr(x.number, 5, 4), substr(x.number, 9))
            AS number,
        concat_ws('-', 'JKP', left(o.number, 4), substr(o.number, 5, 4), substr(o.number, 9))
            AS old
    FROM trainings_certificate x LEFT JOIN trainings_certificate o ON o.id = x.replaces_id
    WHERE x.enrolment_id = m.subject_id ORDER BY x.id DESC LIMIT 1
) shown ON TRUE
CROSS JOIN LATERAL ({WAYS}) way
WHERE m.campaign_id = %(campaign)s AND m.position BETWEEN %(first)s AND %(last)s
"""  # noqa: S608


def _unanswered(
    states: Sequence[str], model: type[Feedback] | type[Absence]
) -> Callable[[Campaign, Sequence[int]], set[int]]:
    """Those for whom the question still stands and who have not answered it."""

    def still_wanted(campaign: Campaign, subject_ids: Sequence[int]) -> set[int]:
        wanted = Enrolment.objects.filter(
            pk__in=subject_ids,
            state__in=states,
            participant__status=Participant.Status.ACTIVE,
        ).exclude(participant__in=Participant.objects.restricted().values("pk"))
        answered = model._default_manager.filter(
            enrolment__in=subject_ids, answered_at__isnull=False
        )
        told = set(answered.values_list("enrolment_id", flat=True))
        return set(wanted.values_list("pk", flat=True)) - told

    return still_wanted


def _still_valid(campaign: Campaign, subject_ids: Sequence[int]) -> set[int]:
    """Whose certificate still counts; one issued since has a message of its own."""
    papers = Certificate.objects.printable().filter(
        enrolment__in=subject_ids,
        issued_at__lte=campaign.created_at,
        enrolment__participant__status=Participant.Status.ACTIVE,
    )
    return set(papers.values_list("enrolment_id", flat=True))


def _shared_of_cohort(campaign: Campaign) -> dict[str, str]:
    cohort = Cohort.objects.select_related("training__organiser").get(pk=campaign.subject_id or 0)
    check = f"{settings.PORTAL_URL}{reverse('trainings:certificate_find')}"
    return {**wording.cohort_words(cohort), "periksa": check}


FEEDBACK = CampaignKind(
    name="feedback",
    label="Permintaan umpan balik",
    purpose="bulk",
    priority=Priority.BULK,
    variables={**SAMPLE, "hasil": PASSED},
    wording=by_channel("Bagaimana kelasnya? {judul}", _FEEDBACK, _FEEDBACK_TEXT, _FEEDBACK_SMS),
    still_wanted=_unanswered(THERE, Feedback),
    single_context=result_of,
)
ABSENCE = CampaignKind(
    name="absence",
    label="Pertanyaan mengapa tidak hadir",
    purpose="bulk",
    priority=Priority.BULK,
    variables=SAMPLE,
    wording=by_channel("Kami kehilangan Anda di {judul}", _ABSENCE, _ABSENCE_TEXT, _ABSENCE_SMS),
    still_wanted=_unanswered([Enrolment.State.NO_SHOW], Absence),
    single_context=place_of,
)
CERTIFICATE = CampaignKind(
    name="certificate",
    label="Kabar sertifikat",
    purpose="service",
    priority=Priority.BULK,
    variables={
        **SAMPLE,
        HEADINGS: "Sertifikat terbit",
        NEWS: "Sertifikat lulus Anda sudah terbit.",
        "nomor": "JKP-7F3K-29XM-4BCD",
        "periksa": "https://contoh.example/sertifikat/",
    },
    wording=by_channel(
        "{perihal}: {judul}, gelombang {gelombang}", _CERTIFIED, _CERTIFIED_TEXT, _CERTIFIED_SMS
    ),
    expansion_sql=CERTIFIED_EXPANSION,
    still_wanted=_still_valid,
    shared_context=_shared_of_cohort,
)
KINDS = (FEEDBACK, ABSENCE, CERTIFICATE)
