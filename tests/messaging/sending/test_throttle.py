import threading
import time
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from tests.messaging import scenes
from umkm_portal.messaging.models import Portfolio
from umkm_portal.messaging.sending.throttle import (
    Allowance,
    DayLimitReached,
    admit_people,
    warmup_limit,
)


def _account(**fields):
    account = scenes.let_fly()
    for name, value in fields.items():
        setattr(account, name, value)
    account.save()
    return account


@pytest.mark.django_db
def test_unused_tokens_pile_up_to_two_seconds_only():
    an_hour_ago = timezone.now() - timedelta(hours=1)
    account = _account(rate_per_second=10, burst=1000, tokens=0, tokens_at=an_hour_ago)

    assert Allowance(account).take(500) == 20


@pytest.mark.django_db
def test_slow_account_has_one_token_at_a_time_and_says_when_the_next_comes():
    an_hour_ago = timezone.now() - timedelta(hours=1)
    account = _account(rate_per_second=0.1, burst=10, tokens=0, tokens_at=an_hour_ago)

    first, second = Allowance(account), Allowance(account)

    assert (first.take(5), second.take(5)) == (1, 0)
    assert 9 < second.seconds_to_next <= 10


@pytest.mark.django_db(transaction=True)
def test_workers_together_never_pass_the_rate():
    """Six greedy workers: 105 % of any minute is the rate plus three seconds' worth.

    Time begins before the account has its first token, else a slow start gives some away. They
    take a fixed number, however busy the machine is.
    """
    account = _account(rate_per_second=40, burst=40)
    taken, started = [], time.monotonic()
    account.tokens, account.tokens_at = 0, timezone.now()
    account.save()

    def work():
        allowance = Allowance(account)
        while sum(taken) < 80 and time.monotonic() - started < 30:
            taken.append(allowance.take(5))
            time.sleep(0.01)
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    seconds = time.monotonic() - started
    assert 80 <= sum(taken) <= 40 * seconds + 1


@pytest.mark.django_db
def test_tokens_kept_too_long_are_worth_nothing(monkeypatch):
    long_ago = timezone.now() - timedelta(minutes=1)
    account = _account(rate_per_second=100, tokens=0, tokens_at=long_ago)
    allowance = Allowance(account)
    allowance.take(1)
    assert allowance.is_fresh()

    allowance._taken_at -= 1.01

    assert not allowance.is_fresh()
    assert not allowance.is_young()


@pytest.mark.django_db
def test_warm_up_doubles_daily_and_stops_at_its_limit():
    today = timezone.localdate()
    account = _account(tokens=100, warmup_started_on=today - timedelta(days=1), warmup_first_day=3)
    allowance = Allowance(account)

    assert [warmup_limit(account, day=today + timedelta(days=n)) for n in (-1, 0, 1, 13)] == [
        3,
        6,
        12,
        None,
    ]
    assert [allowance.take(4), allowance.take(4)] == [4, 2]
    with pytest.raises(DayLimitReached):
        allowance.take(1)


@pytest.mark.django_db
def test_portfolio_counts_people_of_24_hours_not_messages(now):
    portfolio = Portfolio.objects.create(name="Dinas", people_per_day=3)

    assert admit_people(portfolio, [1, 2], now=now) == {1, 2}
    assert admit_people(portfolio, [1, 2, 3, 4], now=now) == {1, 2, 3}
    assert admit_people(portfolio, [5], now=now + timedelta(hours=23)) == set()
    assert admit_people(portfolio, [5], now=now + timedelta(hours=25)) == {5}
