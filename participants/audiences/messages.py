"""The messages that officers write themselves to anybody: announcements and surveys."""

from __future__ import annotations

from collections.abc import Sequence

from participants.models import Participant
from participants.ways import WAYS
from umkm_portal.messaging import kinds
from umkm_portal.messaging.desk import purposes
from umkm_portal.messaging.desk.purposes import Purpose
from umkm_portal.messaging.kinds import CampaignKind
from umkm_portal.messaging.models import Campaign, Channel, DeliveryBatch

Priority = DeliveryBatch.Priority
LINK = "survei"
_FREE = "Layanan ini gratis. Petugas tidak pernah meminta kode OTP atau pembayaran."
_DINAS = "Jakpreneur, Dinas PPKUKM Provinsi DKI Jakarta"
_STOP = "Tidak ingin pesan seperti ini lagi? {berhenti}"

_ANNOUNCED = f"""Yth. Bapak/Ibu {{nama}},

[Tulis kabar Anda: apa, kapan, di mana, dan apa yang perlu dilakukan penerima.]

{_FREE}

{_DINAS}

{_STOP}"""
_ANNOUNCED_TEXT = f"Yth. Bapak/Ibu {{nama}}, [Tulis kabar Anda.] {_DINAS}. {_STOP}"

_SURVEYED = f"""Yth. Bapak/Ibu {{nama}},

Kami ingin mendengar pendapat Anda. Isi survei singkat ini, sekitar tiga menit:
{{survei}}

{_FREE}

{_DINAS}

{_STOP}"""
_SURVEYED_TEXT = (
    f"Yth. Bapak/Ibu {{nama}}, mohon isi survei singkat Jakpreneur: {{survei}} {_DINAS}. {_STOP}"
)

_SAMPLE = {"nama": "Siti Aminah", "kode": "JKP-7F3K-29XM"}

EXPANSION = f"""
SELECT m.recipient_key, m.subject_id, way.channel, way.address,
    jsonb_build_object('nama', p.full_name,
        'kode', 'JKP-' || left(p.code, 4) || '-' || substr(p.code, 5)) AS context
FROM messaging_audiencemember m
JOIN participants_participant p ON p.id = m.recipient_key
CROSS JOIN LATERAL ({WAYS}) way
WHERE m.campaign_id = %(campaign)s AND m.position BETWEEN %(first)s AND %(last)s
"""  # noqa: S608
"""All her ways: `m.channel` is the first, the others follow where it fails."""


def register() -> None:
    """Tell the sender about the messages, and the desk what they are for."""
    for kind in (ANNOUNCEMENT, SURVEY):
        kinds.register(kind)
    for purpose in PURPOSES:
        purposes.register(purpose)


def still_there(campaign: Campaign, subject_ids: Sequence[int]) -> set[int]:
    """Living people who still let their data be used; merged ones are told by their new record."""
    people = Participant.objects.living().unrestricted().filter(pk__in=subject_ids)
    return set(people.values_list("pk", flat=True))


def _link_of(campaign: Campaign) -> dict[str, str]:
    return {LINK: campaign.options.get("link", "")}


ANNOUNCEMENT = CampaignKind(
    name="announcement",
    label="Pengumuman",
    purpose="bulk",
    priority=Priority.BULK,
    variables=_SAMPLE,
    wording={
        Channel.EMAIL: ("Kabar dari Jakpreneur", _ANNOUNCED),
        Channel.WHATSAPP: ("", _ANNOUNCED_TEXT),
        Channel.SMS: ("", _ANNOUNCED_TEXT),
    },
    expansion_sql=EXPANSION,
    still_wanted=still_there,
)
SURVEY = CampaignKind(
    name="survey",
    label="Survei",
    purpose="bulk",
    priority=Priority.BULK,
    variables={**_SAMPLE, LINK: "https://contoh.example/survei"},
    wording={
        Channel.EMAIL: ("Survei singkat Jakpreneur", _SURVEYED),
        Channel.WHATSAPP: ("", _SURVEYED_TEXT),
        Channel.SMS: ("", _SURVEYED_TEXT),
    },
    expansion_sql=EXPANSION,
    still_wanted=still_there,
    shared_context=_link_of,
)
PURPOSES = (
    Purpose(
        "announcement",
        "Pengumuman",
        "Kabar untuk banyak orang. Yang berhenti menerima pesan tidak dikirimi.",
        ANNOUNCEMENT.name,
    ),
    Purpose(
        "survey",
        "Survei",
        "Ajakan mengisi survei lewat tautan yang Anda tulis.",
        SURVEY.name,
        needs_link=True,
        required=((LINK, "Di situlah tautan survei tampil."),),
    ),
)
