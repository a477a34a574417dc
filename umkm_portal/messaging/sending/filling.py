"""From rows to messages: what one batch says to each of its people."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from umkm_portal.messaging import kinds, sealing
from umkm_portal.messaging.models import Campaign, Channel, SendingAccount
from umkm_portal.messaging.sending.mailmerge import MailMerge, Recipient, is_deliverable
from umkm_portal.messaging.sending.templatemerge import TemplateMerge
from umkm_portal.messaging.sending.textmerge import TextMerge, is_phone
from umkm_portal.messaging.services.approved import template_of
from umkm_portal.messaging.transports import Message
from umkm_portal.messaging.transports.whatsapp import CODE

_log = logging.getLogger(__name__)
Row = dict[str, Any]
Merge = MailMerge | TextMerge
Merges = dict[tuple[int, str, int], Merge]
"""By campaign, channel and account: built once a turn, not once a batch."""


class Filler:
    """Fills the messages of one campaign on one channel, and keeps those filled ahead.

    `merges` are kept by the caller for as long as what they say may be old. Raises
    TemplateTrouble when the WhatsApp template of the campaign is not approved any more.
    """

    def __init__(
        self, campaign: Campaign, channel: str, *, account: SendingAccount, merges: Merges
    ) -> None:
        of = (campaign.pk, channel, account.pk)
        if of not in merges:
            merges[of] = merge_for(campaign, channel, account=account)
        self._merge = merges[of]
        self._channel = channel
        self._secrets = kinds.get(campaign.kind).secrets
        self._hides_code = channel == Channel.WHATSAPP and CODE not in self._secrets
        self._ahead: dict[int, Message] = {}
        """Messages filled while the server took the one before, by delivery."""

    def is_deliverable(self, row: Row) -> bool:
        """Whether the row's address is one of its channel."""
        is_email = self._channel == Channel.EMAIL
        return is_deliverable(row["address"]) if is_email else is_phone(row["address"])

    def fill(self, row: Row) -> Message | None:
        """The row's message; None for values that no message can be made of."""
        if filled := self._ahead.pop(row["pk"], None):
            return filled
        try:
            return self._fill(row)
        except Exception:
            _log.exception("message %s cannot be filled", row["pk"])
            return None

    def ahead(self, row: Row) -> Callable[[], None]:
        """Something to do while the server works: fill this row's message."""

        def fill_ahead() -> None:
            try:
                self._ahead[row["pk"]] = self._fill(row)
            except Exception:
                _log.debug("message %s cannot be filled", row["pk"])  # said when its turn comes

        return fill_ahead

    def _fill(self, row: Row) -> Message:
        values = row["context"]
        if self._secrets:
            values = sealing.unseal(values, self._secrets)
        recipient = Recipient(
            row["public_id"], row["address"], values, row["recipient_key"], self._channel
        )
        merge = self._merge
        return Message(
            row["address"],
            merge.fill(recipient),
            reference=row["public_id"],
            values=values if not self._hides_code else _without_code(values),
            approved=merge.approved(recipient) if isinstance(merge, TemplateMerge) else None,
        )


def _without_code(values: dict[str, str]) -> dict[str, str]:
    """The code of a ticket or an invitation is none that the template for codes may carry."""
    return {name: value for name, value in values.items() if name != CODE}


def merge_for(campaign: Campaign, channel: str, *, account: SendingAccount) -> Merge:
    """The message of a campaign on a channel, with the values that all recipients share now.

    Raises TemplateTrouble when its WhatsApp template is not approved any more.
    """
    kind = kinds.get(campaign.kind)
    shared = kind.shared_context(campaign)
    if channel == Channel.WHATSAPP and (approved := template_of(campaign, account=account)):
        return TemplateMerge(approved, shared=shared)
    template = campaign.templates.filter(channel=channel).order_by("-version", "pk").first()
    subject, body = (template.subject, template.body) if template else kind.wording[channel]
    if channel != Channel.EMAIL:
        return TextMerge(body=body, shared=shared)
    return MailMerge(
        subject=subject,
        body=body,
        shared=shared,
        is_bulk=kind.is_bulk,
        from_email=account.sender,
    )
