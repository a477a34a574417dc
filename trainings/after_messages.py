"""Messages after a class: what was it like, and why did you not come."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from participants.models import Participant
from trainings.messages import FREE, SAMPLE, place_of
from trainings.models import Absence, Enrolment, Feedback
from trainings.models.aftermath import THERE
from umkm_portal.messaging.kinds import CampaignKind
from umkm_portal.messaging.models import Campaign, Channel, DeliveryBatch

Priority = DeliveryBatch.Priority

_FEEDBACK = f"""Yth. Bapak/Ibu {{nama}},

Terima kasih sudah ikut pelatihan {{judul}}, gelombang {{gelombang}}.

Bagaimana kelasnya? Tiga pertanyaan, satu menit, tanpa kata sandi:
{{tautan}}

Jawaban Anda memperbaiki kelas berikutnya. Nama Anda hanya disebut bila Anda izinkan.

{FREE}

{{penyelenggara}}

Tidak ingin pesan seperti ini lagi? {{berhenti}}"""

_ABSENCE = f"""Yth. Bapak/Ibu {{nama}},

Kehadiran Anda di pelatihan {{judul}}, gelombang {{gelombang}}, {{tanggal}}, tidak tercatat.

Boleh kami tahu sebabnya? Satu pertanyaan, tanpa kata sandi. Di sana Anda juga bisa meminta gelombang berikutnya:
{{tautan}}

Anda merasa hadir? Tulis juga di sana, petugas memeriksanya.

{FREE}

{{penyelenggara}}

Tidak ingin pesan seperti ini lagi? {{berhenti}}"""  # noqa: E501


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


FEEDBACK = CampaignKind(
    name="feedback",
    label="Permintaan umpan balik",
    purpose="bulk",
    priority=Priority.BULK,
    variables=SAMPLE,
    wording={Channel.EMAIL: ("Bagaimana kelasnya? {judul}", _FEEDBACK)},
    still_wanted=_unanswered(THERE, Feedback),
    single_context=place_of,
)
ABSENCE = CampaignKind(
    name="absence",
    label="Pertanyaan mengapa tidak hadir",
    purpose="bulk",
    priority=Priority.BULK,
    variables=SAMPLE,
    wording={Channel.EMAIL: ("Kami menunggu Anda di {judul}", _ABSENCE)},
    still_wanted=_unanswered([Enrolment.State.NO_SHOW], Absence),
    single_context=place_of,
)
KINDS = (FEEDBACK, ABSENCE)
