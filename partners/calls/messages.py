"""What is told to the owner of an application on its way to the curator."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from partners.models import Application
from partners.reaching import page_of, reach_of
from umkm_portal.messaging import kinds
from umkm_portal.messaging.kinds import CampaignKind
from umkm_portal.messaging.models import Campaign, Channel, DeliveryBatch
from umkm_portal.messaging.services import queue_one

_RETURNED = """Yth. Bapak/Ibu {nama},

Lamaran Anda ke {judul} perlu diperbaiki.

Yang perlu diperbaiki: {keterangan}

Perbaiki lalu kirim lagi di halaman ini:
{halaman}

Kurasi ini gratis. Petugas tidak pernah meminta kode OTP atau pembayaran.

Jakpreneur, Dinas PPKUKM Provinsi DKI Jakarta"""


def register() -> None:
    """Tell the sender about the message."""
    kinds.register(RETURNED)


def tell_returned(application: Application, *, now: datetime) -> None:
    """Queue the message about one return; the next return of it is another message."""
    channel, address = reach_of(application.participant)
    queue_one(
        RETURNED,
        recipient_key=application.participant_id,
        subject_id=application.pk,
        dedupe_key=f"return-{application.pk}-{application.events.count()}",
        channel=channel,
        address=address,
        context={
            "nama": application.participant.full_name,
            "judul": application.call.title,
            "hasil": "Perlu diperbaiki",
            "keterangan": application.note,
            "halaman": page_of(application.call),
        },
        now=now,
    )


def _still_returned(campaign: Campaign, application_ids: Sequence[int]) -> set[int]:
    """Who has sent it again meanwhile need not be asked."""
    rows = Application.objects.filter(pk__in=application_ids, state=Application.State.RETURNED)
    return set(rows.values_list("pk", flat=True))


RETURNED = CampaignKind(
    name="curation_returned",
    label="Lamaran kurasi perlu diperbaiki",
    purpose="service",
    priority=DeliveryBatch.Priority.CHANGE,
    variables={
        "nama": "Siti Aminah",
        "judul": "Shopee Bazaar Online Jakpreneur",
        "hasil": "Perlu diperbaiki",
        "keterangan": "Foto kemasan belum terlihat tanggal kedaluwarsanya.",
        "halaman": "https://contoh.example/saya/kurasi/bazaar-online/",
    },
    wording={
        Channel.EMAIL: ("Lamaran Anda perlu diperbaiki: {judul}", _RETURNED),
        Channel.WHATSAPP: ("", _RETURNED),
    },
    still_wanted=_still_returned,
)
