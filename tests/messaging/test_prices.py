"""What messages cost and how long they take, as the estimate of a campaign asks."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from umkm_portal.common.dates import JAKARTA
from umkm_portal.messaging import prices
from umkm_portal.messaging.accounts import default_account
from umkm_portal.messaging.models import MessagePrice, Portfolio
from umkm_portal.messaging.sending.pace import LONGEST, days_needed

MONDAY = datetime(2026, 3, 2, 8, 0, tzinfo=JAKARTA)


@pytest.mark.django_db
def test_newest_price_in_force_wins_and_an_assumed_one_says_so():
    for rupiah, day in (("700", date(2026, 1, 1)), ("800", date(2026, 6, 1))):
        MessagePrice.objects.create(
            channel="whatsapp", category="marketing", rupiah=rupiah, valid_from=day, source="Faktur"
        )

    on = date(2026, 5, 31)
    assert prices.price_of("whatsapp", "marketing", on=on) == Decimal(700)
    assert prices.price_of("whatsapp", "marketing", on=date(2026, 6, 1)) == Decimal(800)
    assert prices.price_of("whatsapp", "marketing", on=date(2025, 12, 31)) == Decimal("657.60")
    assumed = prices.current_price("sms", "utility", on=on)
    assert (assumed.rupiah, assumed.is_verified) == (Decimal(500), False)
    assert "belum dicocokkan" in assumed.source
    assert prices.price_of("email", "marketing") == 0


@pytest.mark.django_db
def test_days_count_rate_hours_days_off_warm_up_and_the_portfolio(settings):
    settings.DEMO = False
    account = default_account("whatsapp")
    account.rate_per_second = 1  # 43,200 from 8 to 20
    account.save()

    assert days_needed({"whatsapp": 0, "manual": 5}, now=MONDAY) == {"whatsapp": 0}
    assert days_needed({"whatsapp": 43_200, "email": 1}, now=MONDAY) == {"whatsapp": 1, "email": 1}
    assert days_needed({"whatsapp": 43_201}, now=MONDAY) == {"whatsapp": 2}
    assert days_needed({"whatsapp": 1}, now=MONDAY.replace(hour=20)) == {"whatsapp": 2}
    saturday = MONDAY + timedelta(days=5)
    assert days_needed({"whatsapp": 43_201}, now=saturday) == {"whatsapp": 3}, "no Sunday"

    account.portfolio = Portfolio.objects.create(name="Dinas", people_per_day=100)
    account.portfolio.contacts.create(recipient_key=7, last_at=MONDAY - timedelta(hours=1))
    account.save()
    assert days_needed({"whatsapp": 100}, now=MONDAY) == {"whatsapp": 2}, (
        "one counts from yesterday"
    )
    assert days_needed({"whatsapp": 10**9}, now=MONDAY) == {"whatsapp": LONGEST}

    account.portfolio = None
    account.warmup_started_on, account.warmup_first_day = MONDAY.date(), 10
    account.save()
    assert days_needed({"whatsapp": 70}, now=MONDAY) == {"whatsapp": 3}, "10 + 20 + 40"
