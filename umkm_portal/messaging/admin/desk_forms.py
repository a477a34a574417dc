"""What is typed at the desk, as it is kept: whatever it is, with sentences about what is wrong."""

from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlsplit

from django import forms
from django.utils import timezone

from umkm_portal.common.numbers import whole_in
from umkm_portal.common.typed import line_in, text_in
from umkm_portal.messaging import kinds
from umkm_portal.messaging.accounts import CHOSEN, read_accounts
from umkm_portal.messaging.desk import plans, purposes
from umkm_portal.messaging.desk.audience import CHANNELS
from umkm_portal.messaging.models import MessageTemplate
from umkm_portal.messaging.services import usable_templates

MOST_TYPED = 400_000
"""Characters of pasted lines: some 25,000 of them."""
MOMENTS = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%d-%m-%Y %H.%M", "%d-%m-%Y %H:%M"]
"""As browsers send them, and as people write where a browser knows no such field."""
FURTHEST = timedelta(days=366)


class NewForm(forms.Form):
    """The first step."""

    purpose = forms.ChoiceField(error_messages={"required": "Pilih tujuan kampanye."})
    title = forms.CharField(
        max_length=200, error_messages={"required": "Tulis judul kampanye, untuk petugas saja."}
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        found = purposes.all_purposes()
        self.fields["purpose"].choices = [(p.name, p.label) for p in found]


def _moment(label):
    wrong = f"Tulis “{label}” sebagai tanggal dan jam, misalnya 01-12-2026 08.00."
    return _Moment(label=label, required=False, error_messages={"invalid": wrong})


class _Moment(forms.DateTimeField):
    """A moment within a year: others are slips, and the first year has none in Jakarta."""

    def __init__(self, **kwargs):
        super().__init__(input_formats=MOMENTS, **kwargs)

    def to_python(self, value):
        try:
            moment = super().to_python(value)
            is_near = moment is None or abs(moment - timezone.now()) <= FURTHEST
        except OverflowError:
            is_near = False
        if not is_near:
            raise forms.ValidationError(f"“{self.label}” harus dalam setahun ini.")
        return moment


class TimesForm(forms.Form):
    """When it may leave."""

    not_before = _moment("Tidak sebelum")
    not_after = _moment("Tidak sesudah")
    ignores_hours = forms.BooleanField(required=False)

    def clean(self):
        data, now = super().clean(), timezone.now()
        first, last = data.get("not_before"), data.get("not_after")
        if first and first <= now:
            self.add_error("not_before", "Waktu mulai sudah lewat. Kosongkan untuk segera.")
        if first and last and last <= first:
            self.add_error("not_after", "Batas akhir harus sesudah waktu mulai.")
        elif last and last <= now:
            self.add_error("not_after", "Batas akhir sudah lewat.")
        return data


@dataclass
class Typed:
    """Facts for the campaign and for the plan, and what is wrong with them.

    `shown` are facts of the campaign that stay on the page and are not kept.
    """

    campaign: dict = field(default_factory=dict)
    facts: dict = field(default_factory=dict)
    problems: list = field(default_factory=list)
    shown: dict = field(default_factory=dict)


def apply_unsaved(plan, typed):
    """Show what was typed without keeping it."""
    for name, value in {**typed.campaign, **typed.shown}.items():
        setattr(plan.campaign, name, value)
    for name, value in typed.facts.items():
        setattr(plan, name, value)


def read_title(data, plan, user):
    title = line_in(data.get("title", ""), most=200)
    if not title:
        return Typed(problems=["Tulis judul kampanye, untuk petugas saja."])
    return Typed(campaign={"title": title})


def read_audience(data, plan, user):
    """What is ticked and pasted, as far as whoever made the draft may see it."""
    audience, user = {}, plans.seen_by(plan, fallback=user)
    for source in plans.sources_of(plan):
        chosen = _read_source(data, source, user)
        if chosen["values"] or chosen.get("unknown"):
            audience[source.name] = chosen
    return Typed(facts={"audience": audience})


def read_texts(data, plan, user=None):
    """Channels, texts and link; a kept text replaces what stood on its channel."""
    kind = kinds.get(plan.campaign.kind)
    offered = [channel for channel in CHANNELS if channel in kind.wording]
    ticked = [channel for channel in offered if channel in data.getlist("saluran")]
    first = data.get("pertama")
    channels = sorted(ticked, key=lambda channel: channel != first)
    texts = {channel: _read_text(data, plan, channel) for channel in offered}
    if kept := _kept(data, plan):
        texts[kept.channel] = {"subject": kept.subject, "body": kept.body}
    named = {channel: data.get(f"akun_{channel}", "") for channel in offered}
    accounts = read_accounts(named, offered)
    typed = Typed(
        campaign={
            "channels": channels,
            "whatsapp_template_id": _template(data, kind),
            "options": _with_accounts(plan.campaign.options, accounts),
        },
        facts={"texts": texts},
    )
    if plans.purpose_of(plan).needs_link:
        typed.facts["link"] = link = line_in(data.get("link", ""), most=300)
        typed.problems += _wrong_with_link(link)
    return typed


def _with_accounts(options, accounts):
    """The options with what was chosen; nothing chosen leaves nothing behind."""
    others = {name: kept for name, kept in options.items() if name != CHOSEN}
    return {**others, CHOSEN: accounts} if accounts else others


def read_times(data, plan, user):
    form = TimesForm(data)
    form.is_valid()
    wrong = [str(error) for errors in form.errors.values() for error in errors]
    facts = {name: form.cleaned_data.get(name) for name in ("not_before", "not_after")}
    if wrong:
        return Typed(problems=wrong, shown=_as_typed(data))
    return Typed(campaign={**facts, "ignores_hours": form.cleaned_data["ignores_hours"]})


def _as_typed(data):
    """The moments of a form that was refused, each as far as it can be read."""
    shown = {"ignores_hours": "ignores_hours" in data}
    for name, field_ in TimesForm.base_fields.items():
        if name != "ignores_hours":
            try:
                shown[name] = field_.clean(data.get(name, ""))
            except forms.ValidationError:
                shown[name] = None
    return shown


def read_nothing(data, plan, user):
    return Typed()


def _read_source(data, source, user):
    if source.read is not None:
        pasted = source.read(text_in(data.get(source.name, ""))[:MOST_TYPED], user)
        return {
            "values": pasted.values,
            "unknown": [[line[:100], why] for line, why in pasted.unknown],
        }
    offered = {value for value, _ in source.choices(user)} if source.choices else set()
    chosen = {"values": [v for v in data.getlist(source.name) if v in offered]}
    if source.states:
        known = dict(source.states)
        chosen["states"] = [s for s in data.getlist(f"{source.name}_status") if s in known]
    return chosen


def _read_text(data, plan, channel):
    before = plan.texts.get(channel, {})
    if f"body_{channel}" not in data:
        return before
    return {
        "subject": line_in(data.get(f"subject_{channel}", ""), most=200),
        "body": text_in(data[f"body_{channel}"])[:MOST_TYPED],
    }


def _kept(data, plan):
    wanted = whole_in(data.get("pakai", ""))
    rows = MessageTemplate.objects.filter(pk=wanted, kind=plan.campaign.kind)
    return rows.exclude(name="").first()


def _template(data, kind):
    """The approved WhatsApp text that was chosen, as far as it can carry this kind."""
    chosen = data.get("templat", "")
    usable = {str(template.pk): template.pk for template in usable_templates(kind)}
    return usable.get(chosen)


def _wrong_with_link(link):
    if not link:
        return ["Isi tautan survei."]
    try:
        parts = urlsplit(link)
        is_good = parts.scheme == "https" and "." in (parts.hostname or "")
    except ValueError:
        is_good = False
    if is_good and link.isprintable() and " " not in link:
        return []
    return ["Tautan survei harus berupa alamat lengkap yang diawali https://."]


READERS = {
    "tujuan": read_title,
    "penerima": read_audience,
    "pesan": read_texts,
    "jadwal": read_times,
    "periksa": read_nothing,
}
