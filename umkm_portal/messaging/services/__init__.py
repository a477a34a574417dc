"""The face of this app: everything other apps do with messages."""

from umkm_portal.messaging.services.by_hand import mark_sent_by_hand, resolve_uncertain
from umkm_portal.messaging.services.campaigns import (
    CampaignRefused,
    approve_campaign,
    cancel_campaign,
    create_campaign,
    freeze_audience,
    pause_campaign,
    resume_campaign,
    retry_failed,
    start_campaign,
)
from umkm_portal.messaging.services.expansion import expand_campaign
from umkm_portal.messaging.services.outbox import deliver_due, sweep_outbox
from umkm_portal.messaging.services.reports import report
from umkm_portal.messaging.services.singles import cancel_open, queue_one
from umkm_portal.messaging.services.suppressions import (
    allow,
    cancel_waiting,
    forget_address,
    forget_recipient,
    opt_out,
    stopped_by,
    suppress,
)
from umkm_portal.messaging.services.wordings import (
    UnknownVariable,
    current_wording,
    preview_messages,
    save_wording,
    set_wording,
)

__all__ = [
    "CampaignRefused",
    "UnknownVariable",
    "allow",
    "approve_campaign",
    "cancel_campaign",
    "cancel_open",
    "cancel_waiting",
    "create_campaign",
    "current_wording",
    "deliver_due",
    "expand_campaign",
    "forget_address",
    "forget_recipient",
    "freeze_audience",
    "mark_sent_by_hand",
    "opt_out",
    "pause_campaign",
    "preview_messages",
    "queue_one",
    "report",
    "resolve_uncertain",
    "resume_campaign",
    "retry_failed",
    "save_wording",
    "set_wording",
    "start_campaign",
    "stopped_by",
    "suppress",
    "sweep_outbox",
]
