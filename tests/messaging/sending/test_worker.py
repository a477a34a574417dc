"""How a batch is worked, apart from what providers answer (`test_providers`)."""

import pytest

from umkm_portal.messaging.models import SendingAccount
from umkm_portal.messaging.sending.worker import chunk_size


@pytest.mark.parametrize(
    ("a_second", "messages"), [(1, 5), (14, 5), (1_000, 5), (2_500, 10), (100_000, 50)]
)
def test_only_very_fast_accounts_risk_more_than_five_messages_a_crash(a_second, messages):
    assert chunk_size(SendingAccount(rate_per_second=a_second)) == messages
