"""WhatsApp's approved texts: which one a message goes out with, and what happens without it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from umkm_portal.messaging import kinds
from umkm_portal.messaging.accounts import account_for
from umkm_portal.messaging.kinds import CampaignKind
from umkm_portal.messaging.models import Campaign, Channel, SendingAccount, WhatsAppTemplate
from umkm_portal.messaging.transports import TemplateTrouble
from umkm_portal.messaging.transports.senders import whatsapp_sender
from umkm_portal.messaging.transports.whatsapp import setting_template

State = WhatsAppTemplate.State
UNSUPPORTED = "Portal belum dapat mengisi kepala atau tombol templat ini."
_STATE_OF_CODE = {132001: State.GONE, 132015: State.PAUSED, 132016: State.DISABLED}


class TemplateRefused(ValueError):
    """This template cannot carry these messages; the text says why."""


def template_of(campaign: Campaign, *, account: SendingAccount) -> WhatsAppTemplate | None:
    """The text of a campaign, else the newest approved one of its kind on this account.

    None on practice data, whose phones take any words, and where only the settings name one.
    Raises TemplateTrouble when the campaign's own is not approved any more.
    """
    if settings.DEMO:
        return None
    if campaign.whatsapp_template_id is None:
        rows = WhatsAppTemplate.objects.approved().filter(account=account, kind=campaign.kind)
        return rows.order_by("-pk").first()
    template = WhatsAppTemplate.objects.get(pk=campaign.whatsapp_template_id)
    if template.state != State.APPROVED:
        raise TemplateTrouble(
            f'Templat WhatsApp "{template.name}" {State(template.state).in_sentence}.'
        )
    return template


def problem_of(template: WhatsAppTemplate, kind: CampaignKind) -> str:
    """Why a template cannot carry the messages of a kind, or ""."""
    if template.state != State.APPROVED:
        return f'Templat "{template.name}" {State(template.state).in_sentence}.'
    if len(template.parameters) != template.parameter_count:
        return (
            f'Templat "{template.name}" punya {template.parameter_count} isian; '
            f"{len(template.parameters)} sudah dipasangkan. Lengkapi di halaman templat."
        )
    unknown = set(template.parameters) - set(kind.variables) - set(kinds.ADDED_VARIABLES)
    if unknown:
        return f"Isian {', '.join(sorted(unknown))} tidak dikenal untuk {kind.label}."
    return ""


def usable_templates(kind: CampaignKind) -> list[WhatsAppTemplate]:
    """Approved templates whose parameters this kind can fill, for a form to choose from."""
    rows = WhatsAppTemplate.objects.approved().order_by("name", "language", "pk")
    return [row for row in rows if not problem_of(row, kind)]


@transaction.atomic
def attach_template(campaign: Campaign, template: WhatsAppTemplate | None) -> Campaign:
    """Let a draft go out by WhatsApp with this text. Raises TemplateRefused."""
    if campaign.state not in (Campaign.State.DRAFT, Campaign.State.PAUSED):
        raise TemplateRefused("Templat hanya dapat diganti pada rancangan atau saat dijeda.")
    if template and (problem := problem_of(template, kinds.get(campaign.kind))):
        raise TemplateRefused(problem)
    campaign.whatsapp_template = template
    campaign.save(update_fields=["whatsapp_template"])
    return campaign


def missing_template(campaign: Campaign) -> str:
    """Why a campaign cannot go out by WhatsApp, or ""; asked before it is approved."""
    if Channel.WHATSAPP not in campaign.channels or settings.DEMO:
        return ""
    kind = kinds.get(campaign.kind)
    account = account_for(campaign, Channel.WHATSAPP)
    if campaign.whatsapp_template is not None:
        return problem_of(campaign.whatsapp_template, kind) or _belongs_elsewhere(
            campaign.whatsapp_template, account
        )
    rows = WhatsAppTemplate.objects.approved().filter(kind=kind.name, account=account)
    rows = rows.order_by("-pk")
    problems = [problem_of(row, kind) for row in rows]
    if "" in problems or setting_template(kind.variables):
        return ""
    if problems:
        return problems[0]
    return "Kampanye WhatsApp perlu templat yang disetujui. Pilih satu, atau hapus saluran ini."


def _belongs_elsewhere(template: WhatsAppTemplate, account: SendingAccount) -> str:
    """Texts are approved for a business account: only its numbers may send them."""
    if template.account_id == account.pk:
        return ""
    if whatsapp_sender(template.account).business_id == whatsapp_sender(account).business_id:
        return ""
    return f'Templat "{template.name}" milik akun “{template.account.name}”. Pilih akun itu.'


@transaction.atomic
def stop_template(
    campaign: Campaign,
    *,
    account: SendingAccount,
    trouble: TemplateTrouble,
    now: datetime,
    failed_at: datetime | None = None,
) -> None:
    """WhatsApp refused a campaign's text: the text is marked, the campaign paused, nothing else.

    With `failed_at` a report said so: what stands already, or is approved again since then, is
    left as it is.
    """
    template = _template_in_use(campaign, account)
    state = _STATE_OF_CODE.get(trouble.code or 0)
    if failed_at is not None:
        is_old = template is not None and _is_approved_since(template, failed_at)
        if (is_old and state is not None) or not _going([campaign.pk]).exists():
            return
    if template is not None and state is not None:
        mark_template(template, state=state, reason=str(trouble), now=now)
    _pause([campaign.pk], reason=str(trouble))


@transaction.atomic
def mark_template(template: WhatsAppTemplate, *, state: str, reason: str, now: datetime) -> None:
    """Write down what WhatsApp thinks of a text now; campaigns that go on with it are paused."""
    template.state, template.state_reason, template.synced_at = state, reason[:300], now
    template.save(update_fields=["state", "state_reason", "synced_at"])
    if state != State.APPROVED:
        using = Campaign.objects.filter(whatsapp_template=template)
        why = f'Templat WhatsApp "{template.name}" {State(template.state).in_sentence}. {reason}'
        _pause(list(using.values_list("pk", flat=True)), reason=why)


def _pause(campaign_ids: Sequence[int], *, reason: str) -> None:
    """Standing campaigns carry other channels and other people's codes: they go on."""
    _going(campaign_ids).update(state=Campaign.State.PAUSED, pause_reason=reason.strip()[:300])


def _going(campaign_ids: Sequence[int]) -> QuerySet[Campaign]:
    going = (Campaign.State.EXPANDING, Campaign.State.RUNNING)
    return Campaign.objects.filter(pk__in=campaign_ids, state__in=going, is_standing=False)


def _is_approved_since(template: WhatsAppTemplate, moment: datetime) -> bool:
    told = template.synced_at
    return template.state == State.APPROVED and told is not None and told > moment


def _template_in_use(campaign: Campaign, account: SendingAccount) -> WhatsAppTemplate | None:
    if campaign.whatsapp_template_id is not None:
        return campaign.whatsapp_template
    rows = WhatsAppTemplate.objects.approved().filter(account=account, kind=campaign.kind)
    return rows.order_by("-pk").first()
