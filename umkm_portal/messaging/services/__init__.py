"""The face of this app: everything other apps do with messages."""

from umkm_portal.messaging.services.answers import LONGEST as LONGEST_ANSWER
from umkm_portal.messaging.services.answers import (
    answer_reply,
    problem_of_answering,
    window_ends,
)
from umkm_portal.messaging.services.approved import (
    TemplateRefused,
    attach_template,
    usable_templates,
)
from umkm_portal.messaging.services.by_hand import (
    mark_sent_by_hand,
    resolve_all_uncertain,
    resolve_uncertain,
)
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
from umkm_portal.messaging.services.orders import prefer_channel, preferred_channel
from umkm_portal.messaging.services.outbox import deliver_due, sweep_outbox
from umkm_portal.messaging.services.preferences import choose_kinds, preferences_of
from umkm_portal.messaging.services.replies import (
    ReplyRefused,
    close_reply,
    questions_of,
    receive_reply,
    record_by_staff,
)
from umkm_portal.messaging.services.reported import apply_reports
from umkm_portal.messaging.services.reports import report, troubled
from umkm_portal.messaging.services.routes import (
    ChannelState,
    Route,
    RouteClosed,
    account_on,
    channel_states,
    check_route,
    passable,
    ready_route,
    route_of,
    text_on,
)
from umkm_portal.messaging.services.senders import (
    SyncRefused,
    check_account,
    sync_templates,
    try_again,
)
from umkm_portal.messaging.services.singles import (
    cancel_deliveries,
    cancel_open,
    keep_standing,
    queue_one,
    reword_standing,
)
from umkm_portal.messaging.services.slices import people_prepared
from umkm_portal.messaging.services.suppressions import (
    allow,
    cancel_waiting,
    forget_address,
    forget_recipient,
    lift,
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
    "LONGEST_ANSWER",
    "CampaignRefused",
    "ChannelState",
    "ReplyRefused",
    "Route",
    "RouteClosed",
    "SyncRefused",
    "TemplateRefused",
    "UnknownVariable",
    "account_on",
    "allow",
    "answer_reply",
    "apply_reports",
    "approve_campaign",
    "attach_template",
    "cancel_campaign",
    "cancel_deliveries",
    "cancel_open",
    "cancel_waiting",
    "channel_states",
    "check_account",
    "check_route",
    "choose_kinds",
    "close_reply",
    "create_campaign",
    "current_wording",
    "deliver_due",
    "expand_campaign",
    "forget_address",
    "forget_recipient",
    "freeze_audience",
    "keep_standing",
    "lift",
    "mark_sent_by_hand",
    "opt_out",
    "passable",
    "pause_campaign",
    "people_prepared",
    "prefer_channel",
    "preferences_of",
    "preferred_channel",
    "preview_messages",
    "problem_of_answering",
    "questions_of",
    "queue_one",
    "ready_route",
    "receive_reply",
    "record_by_staff",
    "report",
    "resolve_all_uncertain",
    "resolve_uncertain",
    "resume_campaign",
    "retry_failed",
    "reword_standing",
    "route_of",
    "save_wording",
    "set_wording",
    "start_campaign",
    "stopped_by",
    "suppress",
    "sweep_outbox",
    "sync_templates",
    "text_on",
    "troubled",
    "try_again",
    "usable_templates",
    "window_ends",
]
