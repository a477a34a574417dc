"""Senders of the practice data: two numbers of one portfolio, WhatsApp's texts, a price."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from umkm_portal.messaging.accounts import default_account
from umkm_portal.messaging.models import (
    Channel,
    MessagePrice,
    Portfolio,
    PriceCategory,
    ProviderNews,
    SendingAccount,
    WhatsAppTemplate,
)

State = WhatsAppTemplate.State
INVITED = (
    "Yth. Bapak/Ibu {{1}}, Anda diundang ke pelatihan {{2}}, {{3}} pukul {{4}} WIB di {{5}}. "
    "Gratis. Jawab di {{6}}. Berhenti menerima pesan: balas STOP."
)
SEATED = "Yth. Bapak/Ibu {{1}}, kursi Anda di pelatihan {{2}} sudah pasti. Tiket: {{3}}"
NEWS = "Yth. Bapak/Ibu {{1}}, ada program baru di kecamatan Anda."


def keep_senders(*, now: datetime) -> None:
    """Write what is missing; repeating is harmless."""
    portfolio, _ = Portfolio.objects.get_or_create(
        name="Dinas PPKUKM", defaults={"people_per_day": 2_000}
    )
    number = default_account(Channel.WHATSAPP)
    default_account(Channel.SMS)
    SendingAccount.objects.filter(pk=number.pk, portfolio=None).update(
        portfolio=portfolio,
        quality="GREEN",
        people_allowed=2_000,
        checked_at=now,
        is_healthy=True,
        check_note="Jakpreneur: CONNECTED, 2.000 orang per 24 jam.",
    )
    words = ["nama", "judul", "tanggal", "jam", "tempat", "tautan"]
    _keep(number, "undangan_pelatihan", INVITED, words, kind="invitation", now=now)
    seat = ["nama", "judul", "tautan"]
    _keep(number, "kursi_pasti", SEATED, seat, kind="confirmation", is_news=True, now=now)
    _keep(number, "kabar_program", NEWS, [], state=State.PAUSED, now=now)
    _tell(number, now=now)
    MessagePrice.objects.get_or_create(
        channel=Channel.WHATSAPP,
        category=PriceCategory.UTILITY,
        valid_from=date(2026, 1, 1),
        defaults={"rupiah": 350, "source": "Faktur Januari 2026 (contoh)", "is_verified": True},
    )


def _tell(number: SendingAccount, *, now: datetime) -> None:
    """What WhatsApp told lately, as the pages of number and text show it."""
    paused = number.whatsapp_templates.get(name="kabar_program", language="id")
    told = (
        ("green", "Batas nomor dinaikkan WhatsApp. Batas: 2.000 orang per 24 jam.", 9, None),
        (
            "yellow",
            'Templat "kabar_program" mendapat banyak keluhan dan dapat dimatikan.',
            3,
            paused,
        ),
        ("red", 'Templat "kabar_program" dijeda WhatsApp. Terlalu banyak keluhan.', 1, paused),
    )
    for tone, sentence, days, template in told:
        ProviderNews.objects.get_or_create(
            account=number,
            key=f"latihan-{days}",
            defaults={
                "template": template,
                "tone": tone,
                "sentence": sentence,
                "happened_at": now - timedelta(days=days),
            },
        )


def _keep(
    account: SendingAccount,
    name: str,
    body: str,
    parameters: list[str],
    *,
    now: datetime,
    kind: str = "",
    is_news: bool = False,
    state: str = State.APPROVED,
) -> None:
    is_paused = state == State.PAUSED
    WhatsAppTemplate.objects.get_or_create(
        account=account,
        name=name,
        language="id",
        defaults={
            "category": PriceCategory.UTILITY if is_news else PriceCategory.MARKETING,
            "body": body,
            "parameters": parameters,
            "parameter_count": body.count("{{"),
            "kind": kind,
            "state": state,
            "state_reason": "Terlalu banyak penerima menandainya spam." if is_paused else "",
            "quality": "RED" if is_paused else "GREEN",
            "synced_at": now,
        },
    )
