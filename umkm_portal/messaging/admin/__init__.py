"""Messages in the staff pages, by noun."""

from umkm_portal.messaging.admin import (
    accounts,
    campaigns,
    deliveries,
    inbox,
    providers,
    suppressions,
    wordings,
)

__all__ = ["accounts", "campaigns", "deliveries", "inbox", "providers", "suppressions", "wordings"]
