from umkm_portal.messaging.models.accounts import (
    Channel,
    Portfolio,
    PortfolioContact,
    SendingAccount,
    Suppression,
)
from umkm_portal.messaging.models.campaigns import (
    AudienceMember,
    Campaign,
    Exclusion,
    MessageTemplate,
)
from umkm_portal.messaging.models.deliveries import Delivery, DeliveryBatch, DeliveryEvent

__all__ = [
    "AudienceMember",
    "Campaign",
    "Channel",
    "Delivery",
    "DeliveryBatch",
    "DeliveryEvent",
    "Exclusion",
    "MessageTemplate",
    "Portfolio",
    "PortfolioContact",
    "SendingAccount",
    "Suppression",
]
