"""Texts of messages: versions, placeholders, previews."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from umkm_portal.accounts.models import User
from umkm_portal.messaging import kinds
from umkm_portal.messaging.kinds import CampaignKind
from umkm_portal.messaging.models import Campaign, MessageTemplate
from umkm_portal.messaging.sending.placeholders import names_in
from umkm_portal.messaging.sending.previews import Preview, preview

Wording = Mapping[str, tuple[str, str]]
"""Channel to (subject, body)."""


class UnknownVariable(ValueError):
    """The text has a placeholder that this kind of message cannot fill."""


def current_wording(kind: CampaignKind, channel: str) -> tuple[str, str]:
    """The newest (subject, body) of a kind on a channel, else the kind's own."""
    template = _newest(kind, channel)
    return (template.subject, template.body) if template else kind.wording[channel]


@transaction.atomic
def save_wording(
    kind: CampaignKind, *, channel: str, subject: str, body: str, actor: User | None
) -> MessageTemplate:
    """Return the version of the text with these words, a new one if the newest differs.

    Raises UnknownVariable.
    """
    _check(kind, subject + body)
    newest = _newest(kind, channel)
    if newest and (newest.subject, newest.body) == (subject, body):
        return newest
    found = MessageTemplate.objects.filter(kind=kind.name, channel=channel)
    version = (found.aggregate(last=Max("version"))["last"] or 0) + 1
    template, _ = MessageTemplate.objects.get_or_create(
        kind=kind.name,
        channel=channel,
        version=version,
        defaults={
            "subject": subject,
            "body": body,
            "created_by": actor,
            "created_at": timezone.now(),
        },
    )
    return template


@transaction.atomic
def set_wording(
    campaign: Campaign, *, channel: str, subject: str, body: str, actor: User | None
) -> MessageTemplate:
    """Give a campaign that is not approved yet its own text. Raises UnknownVariable."""
    template = save_wording(
        kinds.get(campaign.kind), channel=channel, subject=subject, body=body, actor=actor
    )
    campaign.templates.remove(*campaign.templates.filter(channel=channel))
    campaign.templates.add(template)
    return template


def preview_messages(
    kind: CampaignKind,
    *,
    channel: str,
    wording: tuple[str, str] | None = None,
    campaign: Campaign | None = None,
) -> Preview:
    """One message as a recipient would see it, filled with the kind's sample values.

    With a campaign: its text and the values that its recipients share. Raises UnknownVariable.
    """
    if wording is None and campaign is not None:
        template = campaign.templates.filter(channel=channel).first()
        wording = (template.subject, template.body) if template else None
    subject, body = wording or current_wording(kind, channel)
    _check(kind, subject + body)
    shared = kind.shared_context(campaign) if campaign is not None else {}
    values = {**kinds.ADDED_VARIABLES, **kind.variables, **shared}
    return preview(subject, body, values, is_bulk=kind.is_bulk)


def _newest(kind: CampaignKind, channel: str) -> MessageTemplate | None:
    found = MessageTemplate.objects.filter(kind=kind.name, channel=channel)
    return found.order_by("-version", "pk").first()


def _check(kind: CampaignKind, text: str) -> None:
    unknown = names_in(text) - set(kind.variables) - set(kinds.ADDED_VARIABLES)
    if unknown:
        listed = ", ".join(f"{{{name}}}" for name in sorted(unknown))
        raise UnknownVariable(f"Isian {listed} tidak dikenal untuk {kind.label}.")
