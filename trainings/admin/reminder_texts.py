"""The words of each reminder, for all programmes: a new version for what leaves from now on."""

from itertools import chain

from django import forms
from django.contrib import messages as notes
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone

from trainings.after_messages import ABSENCE, FEEDBACK
from trainings.reminders.messages import KINDS
from umkm_portal.messaging import kinds
from umkm_portal.messaging import services as messaging
from umkm_portal.messaging.models import Channel

EMAIL = Channel.EMAIL
TEXTS = {**KINDS, "feedback": FEEDBACK, "absence": ABSENCE}
"""By the last part of the address."""


class TextForm(forms.Form):
    subject = forms.CharField(max_length=200)
    body = forms.CharField(max_length=5000)

    def clean(self):
        values = super().clean()
        if "{tautan}" not in values.get("body", "{tautan}"):
            self.add_error("body", "Sisipkan {tautan}: tanpa itu orang tidak bisa membatalkan.")
        return values


def show(request, rule, context):
    """The text with a sample beside it; saved it is what the next reminders say."""
    if not request.user.has_perm("trainings.change_reminderrule"):
        raise PermissionDenied
    kind = TEXTS.get(rule)
    if kind is None:
        raise Http404
    subject, body = messaging.current_wording(kind, EMAIL)
    form = TextForm(request.POST or {"subject": subject, "body": body})
    shown, problem = _preview(kind, form)
    if request.method == "POST" and form.is_valid() and not problem:
        messaging.reword_standing(
            kind,
            channel=EMAIL,
            subject=form.cleaned_data["subject"],
            body=form.cleaned_data["body"],
            actor=request.user,
            now=timezone.now(),
        )
        notes.success(request, "Teks disimpan. Pengingat berikutnya memakainya.")
        return redirect(request.path)
    context |= {
        "title": kind.label,
        "form": form,
        "texts": [(name, one.label, name == rule) for name, one in TEXTS.items()],
        "variables": [*kind.variables, *kinds.ADDED_VARIABLES],
        "preview": shown,
        "preview_problem": problem,
    }
    status = 422 if request.method == "POST" else 200
    return TemplateResponse(request, "staff/reminder_text.html", context, status=status)


def _preview(kind, form):
    """(the message with sample values, what is wrong with its placeholders)."""
    if not form.is_valid():
        return None, " ".join(chain.from_iterable(form.errors.values()))
    wording = (form.cleaned_data["subject"], form.cleaned_data["body"])
    try:
        return messaging.preview_messages(kind, channel=EMAIL, wording=wording), ""
    except messaging.UnknownVariable as unknown:
        return None, str(unknown)
