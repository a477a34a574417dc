"""Messages about what became of her requests: answers on her data, steps of her licences.

They carry her name and the words of the state, nothing else: the answer itself stands on her own
pages, behind her login.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from participants.consents import reaches_of
from participants.models import DataRequest, LicenceEvent, Participant
from umkm_portal.messaging import kinds
from umkm_portal.messaging.kinds import CampaignKind
from umkm_portal.messaging.models import Channel, DeliveryBatch
from umkm_portal.messaging.services import queue_one
from umkm_portal.messaging.transports import carries_news

REQUESTS_PAGE, LICENCES_PAGE = "/saya/permintaan/", "/saya/perizinan/"
GONE = "Akun dan data Anda sudah dihapus. Ini pesan terakhir dari kami."

_EMAIL = """Yth. Bapak/Ibu {nama},

Ada kabar tentang permintaan Anda di Portal Pelatihan UMKM.

{perihal}: {keadaan}

{langkah}

Bila Anda tidak merasa mengajukannya, hubungi petugas lewat halaman Bantuan. Layanan ini gratis. Petugas tidak pernah meminta kode OTP atau pembayaran.

Jakpreneur, Dinas PPKUKM Provinsi DKI Jakarta"""  # noqa: E501
_TEXT = (
    "Yth. Bapak/Ibu {nama}, kabar dari Jakpreneur. {perihal}: {keadaan}. {langkah} Layanan ini "
    "gratis. Petugas tidak pernah meminta kode OTP atau pembayaran."
)
_SAMPLE = {
    "nama": "Siti Aminah",
    "perihal": "Perbaikan data",
    "keadaan": "Dipenuhi",
    "langkah": f"Baca jawabannya di https://contoh.example{REQUESTS_PAGE}",
}


def _kind(name: str, label: str, *, secrets: frozenset[str] = frozenset()) -> CampaignKind:
    return CampaignKind(
        name=name,
        label=label,
        purpose="service",
        priority=DeliveryBatch.Priority.CHANGE,
        variables=_SAMPLE,
        wording={
            Channel.EMAIL: ("{perihal}: {keadaan}", _EMAIL),
            Channel.WHATSAPP: ("", _TEXT),
        },
        secrets=secrets,
        forgets_address=bool(secrets),
    )


DATA_ANSWER = _kind("data_answer", "Jawaban permintaan data")
FAREWELL = _kind("data_farewell", "Kabar data dihapus", secrets=frozenset({"nama"}))
"""To somebody who is nobody of the register any more: forgotten once it has gone."""
LICENCE_NEWS = _kind("licence_news", "Kabar permohonan izin")


@dataclass(frozen=True)
class Way:
    """Where a person is told, and by which name; taken before she may be forgotten."""

    name: str
    channel: Channel
    address: str


def register() -> None:
    """Tell the sender about the messages."""
    for kind in (DATA_ANSWER, FAREWELL, LICENCE_NEWS):
        kinds.register(kind)


def way_to(person: Participant) -> Way:
    """WhatsApp where she agreed to it and this installation can carry news, else her email."""
    if person.phone and carries_news(Channel.WHATSAPP):
        reaches = {reach.channel: reach for reach in reaches_of(person)}
        if reaches[Channel.WHATSAPP].is_on:
            return Way(person.full_name, Channel.WHATSAPP, person.phone)
    return Way(person.full_name, Channel.EMAIL, person.email)


def tell_answer(request: DataRequest, *, way: Way, now: datetime) -> None:
    """Queue the news that staff answered a request: once for each state that it comes to."""
    is_farewell = (request.kind, request.state) == (
        DataRequest.Kind.DELETION,
        DataRequest.State.DONE,
    )
    queue_one(
        FAREWELL if is_farewell else DATA_ANSWER,
        # After a farewell she is nobody of the register: keys of people are positive.
        recipient_key=-request.pk if is_farewell else request.participant_id,
        subject_id=request.pk,
        dedupe_key=f"{request.pk}-{request.state}",
        address=way.address,
        channel=way.channel,
        context={
            "nama": way.name,
            "perihal": request.get_kind_display(),
            "keadaan": request.get_state_display(),
            "langkah": GONE if is_farewell else _see(REQUESTS_PAGE),
        },
        now=now,
    )


def tell_licence(event: LicenceEvent, *, now: datetime) -> None:
    """Queue the news that staff moved a licence request: once for each move."""
    request = event.request
    way = way_to(request.participant)
    queue_one(
        LICENCE_NEWS,
        recipient_key=request.participant_id,
        subject_id=request.pk,
        dedupe_key=f"{event.pk}",
        address=way.address,
        channel=way.channel,
        context={
            "nama": way.name,
            "perihal": f"Permohonan {request.get_kind_display()}",
            "keadaan": request.get_state_display(),
            "langkah": _see(f"{LICENCES_PAGE}{request.pk}/"),
        },
        now=now,
    )


def _see(page: str) -> str:
    return f"Baca selengkapnya di {settings.PORTAL_URL}{page}"
