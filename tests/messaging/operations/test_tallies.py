"""Counts of what became of messages name causes, never people."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.messaging import scenes
from umkm_portal.messaging import services
from umkm_portal.messaging.accounts import default_account
from umkm_portal.messaging.models import SendingTally
from umkm_portal.messaging.operations import tallies

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        ("550 5.1.1 <siti@contoh.example>: user unknown", "550 5.1.1"),
        ("450 greylisted, siti@contoh.example", "450"),
        ('400 {"error": {"code": 131026, "message": "+628123 undeliverable"}}', "400 kode 131026"),
        ("Terputus saat mengirim isi: [Errno 104] reset", "Terputus saat mengirim isi: reset"),
        ("Alamat siti@contoh.example tidak dapat dipakai.", "Alamat tidak dapat dipakai."),
        ("", ""),
    ],
)
def test_cause_tells_of_nobody(error, cause):
    assert tallies.cause_of(error) == cause


def test_a_turn_of_a_worker_is_counted_by_minute_and_cause(sink_that):
    sink_that("--refuse", "orang3@=550")
    scenes.let_fly()
    scenes.make_running(5)
    services.deliver_due()

    told = set(SendingTally.objects.values_list("state", "cause", "count"))
    assert told == {("accepted", "", 4), ("failed_permanent", "550", 1)}
    soon = timezone.now() + timedelta(minutes=1)
    assert sum(tallies.per_minute(now=soon)) == 4
    assert tallies.failures(now=soon) == [("failed_permanent", "550", 1)]
    assert tallies.failures(now=soon + timedelta(days=2)) == []


def test_counts_of_one_minute_add_up():
    now = timezone.now()
    account = default_account("email")
    for _ in range(2):
        tallies.add(account.pk, {("accepted", ""): 3, ("uncertain", "x"): 1}, now=now)

    assert dict(SendingTally.objects.values_list("state", "count")) == {
        **{"accepted": 6, "uncertain": 2}
    }
