"""Undang: who would be invited and who not, the message, and the approval."""

from django import forms
from django.contrib import messages as notes
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone

from trainings import messages, wording
from trainings.admin import invite_routes
from trainings.services import people, rounds, segments
from trainings.services.deadlines import answer_deadline
from umkm_portal.common import bars
from umkm_portal.messaging import kinds
from umkm_portal.messaging import services as messaging
from umkm_portal.messaging.models import Channel
from umkm_portal.messaging.sending.previews import preview as render_preview

EMAIL, SMS = Channel.EMAIL.value, Channel.SMS.value
NO_WAY_OUT = "Teks SMS harus menyebut cara berhenti: sisipkan {berhenti} atau tulis “Balas STOP”."


REFUSALS = (
    rounds.RoundRefused,
    messaging.RouteClosed,
    messaging.TemplateRefused,
    messaging.UnknownVariable,
    messaging.CampaignRefused,
)


class InviteForm(forms.Form):
    """What the officer may choose about the next round."""

    segment = forms.ChoiceField(required=False)
    everyone = forms.BooleanField(required=False)
    any_hour = forms.BooleanField(required=False)
    subject = forms.CharField(max_length=200, required=False)
    body = forms.CharField(required=False)
    body_sms = forms.CharField(max_length=1000, required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["segment"].choices = segments.available()

    def clean_subject(self):
        return self.cleaned_data["subject"] or current()[0]

    def clean_body(self):
        return self.cleaned_data["body"].replace("\r\n", "\n") or current()[1]

    def clean_body_sms(self):
        body = self.cleaned_data["body_sms"].replace("\r\n", "\n") or invite_routes.sms_text()
        if "{berhenti}" not in body and "STOP" not in body:
            raise forms.ValidationError(NO_WAY_OUT)
        return body

    def wording(self):
        """(subject, body) of the email as typed."""
        return self.cleaned_data["subject"], self.cleaned_data["body"]

    def wordings(self):
        """The same by channel, for those whose text is typed here."""
        return {EMAIL: self.wording(), SMS: ("", self.cleaned_data["body_sms"])}

    def problem(self):
        """What has to be mended first, or ""."""
        return next((str(errors[0]) for errors in self.errors.values()), "")


class PasteForm(forms.Form):
    """People named one by one."""

    text = forms.CharField(max_length=60_000)
    override = forms.CharField(max_length=160, required=False)
    any_hour = forms.BooleanField(required=False)


def current():
    """Subject and body of the invitation as last saved."""
    return messaging.current_wording(messages.INVITATION, EMAIL)


def show(request, cohort, context):
    """The preview: nothing is written until `approve`."""
    chosen = {"segment": segments.DEFAULT, "subject": current()[0], "body": current()[1]}
    form = InviteForm({**chosen, **request.GET.dict()})
    form.is_valid()
    return _page(request, cohort, context, form, route=invite_routes.read_route(request.GET))


def approve(request, cohort, context):
    """Open the round that was previewed; a refusal comes back with the page."""
    form = InviteForm(request.POST)
    route = invite_routes.read_route(request.POST)
    if not form.is_valid():
        return _page(
            request, cohort, context, form, route=route, refusal=form.problem(), status=422
        )
    try:
        if route is not None:
            messaging.check_route(messages.INVITATION, route)
        opened = rounds.open_round(
            cohort,
            actor=request.user,
            now=timezone.now(),
            segment=form.cleaned_data["segment"],
            everyone=form.cleaned_data["everyone"],
            wording=form.wordings(),
            any_hour=form.cleaned_data["any_hour"],
            route=route,
        )
    except REFUSALS as refusal:
        return _page(request, cohort, context, form, route=route, refusal=str(refusal), status=422)
    notes.success(request, f"Putaran {opened.number} disetujui: {opened.size} orang diundang.")
    return redirect("admin:messaging_campaign_change", opened.campaign_id)


def preview(request, cohort, context):
    """The message as one recipient would read it: the block beside the text field."""
    form = InviteForm(request.POST)
    form.is_valid()
    return TemplateResponse(request, "staff/_message_preview.html", _preview(form, cohort))


def paste(request, cohort, context):
    """Add people by codes or phones, one a line; each line says what became of it."""
    form = PasteForm(request.POST or None)
    context |= {"form": form, "result": None, "refusal": "", "most": people.MOST}
    if request.method == "POST" and form.is_valid():
        try:
            context["result"] = people.invite_people(
                cohort, actor=request.user, now=timezone.now(), **form.cleaned_data
            )
        except (rounds.RoundRefused, messaging.CampaignRefused) as refusal:
            context["refusal"] = str(refusal)
    return TemplateResponse(request, "staff/cohort_paste.html", context)


def _plan(cohort, data, *, route, now):
    """The round as it would be, and why it cannot be opened by the chosen channels, or ""."""
    choice = {
        "segment": data.get("segment") or None,
        "everyone": data.get("everyone", False),
        "any_hour": data.get("any_hour", False),
        "now": now,
    }
    try:
        return rounds.plan_round(cohort, route=route, **choice), ""
    except rounds.RoundRefused as shut:
        return rounds.plan_round(cohort, route=messaging.Route(), **choice), str(shut)


def _page(request, cohort, context, form, *, route=None, refusal="", status=200):
    data = form.cleaned_data
    now = timezone.now()
    plan, shut = _plan(cohort, data, route=route, now=now)
    refusal = refusal or shut
    if not refusal:
        try:
            rounds.check_open(cohort, now=now, needs_free_seat=not plan.is_everyone)
        except rounds.RoundRefused as closed:
            refusal = str(closed)
    most = max((city.count for city in plan.by_city), default=0)
    context |= {
        "form": form,
        "chosen": {name: form[name].value() for name in form.fields} | data,
        "segments": form.fields["segment"].choices,
        "plan": plan,
        "cities": [
            (city, bars.draw([("green", city.name, city.count)], total=most))
            for city in plan.by_city
        ],
        "refusal": refusal,
        "may_approve": not refusal and plan.chosen > 0,
        "variables": [*messages.INVITATION.variables, *kinds.ADDED_VARIABLES],
        "rounds": cohort.rounds.select_related("campaign", "created_by").order_by("-number", "pk"),
        **_preview(form, cohort),
        **invite_routes.context_of(
            plan,
            values=_values(form, cohort),
            sms_body=data.get("body_sms") or invite_routes.sms_text(),
            now=now,
        ),
    }
    return TemplateResponse(request, "staff/cohort_invite.html", context, status=status)


def _preview(form, cohort):
    """The typed message with this cohort's own facts and an invented person."""
    kind = messages.INVITATION
    try:
        messaging.preview_messages(kind, channel=EMAIL, wording=form.wording())
    except messaging.UnknownVariable as problem:
        return {"preview": None, "preview_problem": str(problem)}
    values = _values(form, cohort)
    shown = render_preview(*form.wording(), values, is_bulk=kind.is_bulk)
    return {"preview": shown, "preview_problem": ""}


def _values(form, cohort):
    """What fills the placeholders: this cohort's own facts and an invented person's."""
    limit = answer_deadline(
        cohort,
        now=timezone.now(),
        everyone=form.cleaned_data.get("everyone", False),
        any_hour=form.cleaned_data.get("any_hour", False),
    )
    return {
        **kinds.ADDED_VARIABLES,
        **messages.INVITATION.variables,
        **wording.cohort_words(cohort),
        "batas": wording.deadline(limit),
    }
