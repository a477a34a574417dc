from umkm_portal.messaging.models.accounts import (
    Channel,
    ChannelOrder,
    Portfolio,
    PortfolioContact,
    SendingAccount,
    Suppression,
)
from umkm_portal.messaging.models.archive import ArchiveBucket, CampaignArchive
from umkm_portal.messaging.models.campaigns import (
    AudienceMember,
    Campaign,
    Exclusion,
    MessageTemplate,
)
from umkm_portal.messaging.models.deliveries import (
    Delivery,
    DeliveryBatch,
    DeliveryEvent,
    Fallover,
)
from umkm_portal.messaging.models.expansion import ExpansionSlice
from umkm_portal.messaging.models.operations import Alert, QueuePulse, SendingTally
from umkm_portal.messaging.models.plans import CampaignPlan
from umkm_portal.messaging.models.providers import (
    MessagePrice,
    PriceCategory,
    ProviderNews,
    WhatsAppTemplate,
)
from umkm_portal.messaging.models.replies import Reply
from umkm_portal.messaging.models.webhooks import WebhookEvent

__all__ = [
    "Alert",
    "ArchiveBucket",
    "AudienceMember",
    "Campaign",
    "CampaignArchive",
    "CampaignPlan",
    "Channel",
    "ChannelOrder",
    "Delivery",
    "DeliveryBatch",
    "DeliveryEvent",
    "Exclusion",
    "ExpansionSlice",
    "Fallover",
    "MessagePrice",
    "MessageTemplate",
    "Portfolio",
    "PortfolioContact",
    "PriceCategory",
    "ProviderNews",
    "QueuePulse",
    "Reply",
    "SendingAccount",
    "SendingTally",
    "Suppression",
    "WebhookEvent",
    "WhatsAppTemplate",
]
