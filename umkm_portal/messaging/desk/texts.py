"""The texts of a draft: what is wrong with them, and how they look on a phone."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.contrib.humanize.templatetags.humanize import intcomma
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone

from umkm_portal.accounts.models import User
from umkm_portal.messaging import kinds
from umkm_portal.messaging.desk.parts import count_parts, is_plain
from umkm_portal.messaging.desk.plans import PlanRefused, purpose_of
from umkm_portal.messaging.kinds import CampaignKind
from umkm_portal.messaging.models import CampaignPlan, Channel, MessageTemplate
from umkm_portal.messaging.sending.placeholders import PLACEHOLDER, fill, names_in
from umkm_portal.messaging.sending.previews import preview
from umkm_portal.messaging.sending.templatemerge import named_body

OPT_OUT = "berhenti"
STOP_WORD = "STOP"
TO_WRITE = re.compile(r"\[Tulis[^\]]*\]?")
"""What the first texts of a kind leave to the officer."""
_BRACE = re.compile(r"\{[^{}\n]{0,30}\}?|\}")
"""What is left of the placeholders: somebody meant one, and it would go out as it stands."""
LONGEST = {Channel.EMAIL: 8_000, Channel.WHATSAPP: 1_024, Channel.SMS: 918}
"""Characters: a letter that is read, WhatsApp's own limit for templates, six parts of an SMS."""
_STOP_LINK = kinds.ADDED_VARIABLES[OPT_OUT]


@dataclass(frozen=True)
class Frame:
    """One message as a recipient sees it on her phone; `parts` is 0 except for SMS."""

    channel: str
    label: str
    subject: str
    text: str
    parts: int
    is_plain: bool
    problems: list[str]


def variables_of(plan: CampaignPlan) -> dict[str, str]:
    """The placeholders that a text may have, with sample values."""
    kind = kinds.get(plan.campaign.kind)
    shown = dict(kind.variables)
    known = purpose_of(plan).words(plan)
    shown |= {name: value for name, value in known.items() if value and name in shown}
    if plan.link:
        shown |= {name: plan.link for name, _ in purpose_of(plan).required}
    return {**shown, OPT_OUT: _STOP_LINK} if kind.is_bulk else shown


def text_of(plan: CampaignPlan, channel: str) -> tuple[str, str]:
    """(subject, body) as typed; for WhatsApp with an approved template the words of that."""
    approved = plan.campaign.whatsapp_template if channel == Channel.WHATSAPP else None
    if approved is not None:
        return "", named_body(approved)
    typed = plan.texts.get(channel, {})
    return typed.get("subject", ""), typed.get("body", "")


def frame_of(plan: CampaignPlan, channel: str) -> Frame:
    """The message with sample values, and every sentence about what has to be mended first."""
    subject, body = text_of(plan, channel)
    kind = kinds.get(plan.campaign.kind)
    values = variables_of(plan)
    if channel == Channel.EMAIL:
        shown = preview(subject, body, values, is_bulk=kind.is_bulk)
        subject, text = shown.subject, shown.text
    else:
        subject, text = "", fill(body, values).strip()
    return Frame(
        channel=channel,
        label=Channel(channel).label,
        subject=subject,
        text=text,
        parts=count_parts(text) if channel == Channel.SMS else 0,
        is_plain=is_plain(text),
        problems=problems_of(plan, channel),
    )


def problems_of(plan: CampaignPlan, channel: str) -> list[str]:
    """What has to be mended before this text goes out; empty when it may."""
    if channel == Channel.WHATSAPP and plan.campaign.whatsapp_template_id:
        return []  # approved as it is; what it lacks is asked before the campaign is
    subject, body = text_of(plan, channel)
    label = Channel(channel).label
    found = []
    if channel == Channel.EMAIL and not subject.strip():
        found.append("Tulis judul email.")
    if not body.strip():
        return [*found, f"Tulis isi pesan {label}."]
    found += _wrong_placeholders(plan, f"{subject}\n{body}", label)
    if (over := len(body) - LONGEST[Channel(channel)]) > 0:
        found.append(f"Teks {label} terlalu panjang. Kurangi {intcomma(over)} huruf.")
    used = names_in(subject + body)
    reasons = {why: name for name, why in purpose_of(plan).lacking(plan).items() if name in used}
    found += [f"Isian {_braced(name)} belum bisa diisi. {why}" for why, name in reasons.items()]
    if left := TO_WRITE.search(subject + body):
        found.append(f"Ganti bagian “{left[0]}” di teks {label} dengan kata-kata Anda.")
    for name, why in purpose_of(plan).required:
        if name not in names_in(body):
            found.append(f"Isian {_braced(name)} belum ada di teks {label}. {why}")
    if _lacks_way_out(plan, channel, body):
        found.append(
            f"Teks {label} harus menyebut cara berhenti: sisipkan {_braced(OPT_OUT)}"
            " atau tulis “Balas STOP untuk berhenti”."
        )
    return found


def keep_text(plan: CampaignPlan, *, channel: str, name: str, actor: User) -> MessageTemplate:
    """Save a text under a name to use it again; the same name gets a new version.

    Raises PlanRefused for a text that could not go out, or without a name.
    """
    if not name.strip():
        raise PlanRefused("Beri nama teks ini, misalnya “Pengumuman bazar”.")
    if problems := problems_of(plan, channel):
        raise PlanRefused(f"Teks belum bisa disimpan dengan nama. {problems[0]}")
    subject, body = text_of(plan, channel)
    found = MessageTemplate.objects.filter(kind=plan.campaign.kind, channel=channel)
    last = found.aggregate(last=Max("version"))["last"] or 0
    try:
        with transaction.atomic():
            return MessageTemplate.objects.create(
                kind=plan.campaign.kind,
                channel=channel,
                version=last + 1,
                name=name.strip()[:80],
                subject=subject,
                body=body,
                created_by=actor,
                created_at=timezone.now(),
            )
    except IntegrityError as race:  # another officer's version came between
        raise PlanRefused("Teks belum disimpan. Tekan Simpan teks sekali lagi.") from race


def kept_texts(kind: CampaignKind, channel: str) -> list[MessageTemplate]:
    """The newest version of each named text of a kind on a channel, by name."""
    rows = MessageTemplate.objects.filter(kind=kind.name, channel=channel).exclude(name="")
    return list(rows.order_by("name", "-version").distinct("name"))


def _wrong_placeholders(plan: CampaignPlan, text: str, label: str) -> list[str]:
    """Names that nobody can fill, and braces that somebody meant as one."""
    found = []
    if unknown := sorted(names_in(text) - set(variables_of(plan))):
        known = ", ".join(_braced(name) for name in variables_of(plan))
        found.append(
            f"Isian {', '.join(map(_braced, unknown))} tidak dikenal. Yang bisa dipakai: {known}."
        )
    if strange := _BRACE.search(PLACEHOLDER.sub("", text)):
        found.append(
            f"“{strange[0].strip()}” di teks {label} tidak bisa diisi. Tulis isian seperti "
            f"{_braced('nama')}: satu kurung kurawal, huruf kecil, tanpa spasi."
        )
    return found


def _lacks_way_out(plan: CampaignPlan, channel: str, body: str) -> bool:
    if channel == Channel.EMAIL or not kinds.get(plan.campaign.kind).is_bulk:
        return False
    return OPT_OUT not in names_in(body) and STOP_WORD not in body


def _braced(name: str) -> str:
    return f"{{{name}}}"
