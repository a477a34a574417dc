"""Kampanye baru: the steps of the campaign desk, each saved as it is left, and its buttons."""

from itertools import pairwise

from django.contrib import messages as notes
from django.contrib.humanize.templatetags.humanize import intcomma
from django.core.exceptions import PermissionDenied
from django.http import Http404, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.formats import date_format
from django.views.decorators.http import require_POST

from umkm_portal.common.numbers import whole_in
from umkm_portal.common.typed import line_in
from umkm_portal.messaging.admin import desk_forms, desk_pages
from umkm_portal.messaging.desk import audience, launching, plans, purposes, testing, texts
from umkm_portal.messaging.desk.plans import PlanRefused
from umkm_portal.messaging.desk.sources import SourceBroken
from umkm_portal.messaging.models import Campaign, CampaignPlan, Channel
from umkm_portal.messaging.services import CampaignRefused, UnknownVariable

STEPS = desk_pages.STEPS
TYPED, MOST_KEPT = "desk_typed", 200_000
ENDED = (
    "Sesi Anda sempat berakhir, jadi isian terakhir belum disimpan. Isian itu ada di bawah: "
    "periksa, lalu tekan Simpan."
)
NOT_MADE = (
    "Sesi Anda sempat berakhir, jadi rancangan belum dibuat. Isian Anda ada di bawah: periksa, "
    "lalu tekan Buat rancangan."
)
NEXT = {name: after for (name, _), (after, _) in pairwise(STEPS)}


def urls(campaigns):
    """The desk's addresses below the campaigns of the staff pages."""
    view = campaigns.admin_site.admin_view

    def with_base(page):
        def answer(request, **named):
            base = {**campaigns.admin_site.each_context(request), "opts": campaigns.opts}
            return page(request, base, **named)

        return answer

    return [
        path("add/", _keeping_typed(view(campaigns.add_view)), name="messaging_campaign_new"),
        path(
            "<int:pk>/rancangan/pesan/pratinjau/",
            view(require_POST(with_base(preview))),
            name="messaging_campaign_frames",
        ),
        path(
            "<int:pk>/rancangan/<slug:step>/",
            _keeping_typed(view(with_base(edit))),
            name="messaging_campaign_desk",
        ),
        path(
            "<int:pk>/meja/<slug:button>/",
            view(require_POST(with_base(press))),
            name="messaging_campaign_desk_press",
        ),
    ]


def _keeping_typed(view):
    """Whose login ended while she was writing finds her words again when she is back."""

    def answer(request, **named):
        if request.method == "POST" and not request.user.is_authenticated:
            typed = request.POST.urlencode()
            if len(typed) <= MOST_KEPT:
                request.session[TYPED] = [request.path, typed]
        return view(request, **named)

    return answer


def _typed_before(request):
    """What was posted to this page when the login had ended; told once."""
    path, typed = request.session.get(TYPED) or ("", "")
    if path != request.path:
        return None
    del request.session[TYPED]
    return QueryDict(typed)


def new(request, base):
    """The first step: nothing is kept before it has a purpose and a title."""
    typed = None if request.method == "POST" else _typed_before(request)
    form = desk_forms.NewForm(request.POST or None, initial=typed and typed.dict())
    if request.method == "POST" and form.is_valid():
        plan = plans.create_plan(
            purposes.find(form.cleaned_data["purpose"]),
            title=form.cleaned_data["title"],
            actor=request.user,
            now=timezone.now(),
        )
        return redirect("admin:messaging_campaign_desk", plan.campaign_id, "penerima")
    context = {
        **base,
        "title": "Kampanye baru",
        "form": form,
        "ended": NOT_MADE if typed else "",
        "purposes": purposes.all_purposes(),
        "leads": [(lead, lead.links(request.user)) for lead in purposes.all_leads()],
        "steps": desk_pages.steps(None, "tujuan"),
    }
    status = 422 if form.is_bound else 200
    return TemplateResponse(request, "messaging/desk/new.html", context, status=status)


def edit(request, base, pk, step):
    """One step of a draft: shown, or saved whatever stands in it, with what is still wrong."""
    plan = _plan(request, pk)
    if step not in dict(STEPS):
        raise Http404
    if plan.campaign.state != Campaign.State.DRAFT:
        return redirect("admin:messaging_campaign_change", pk)
    if request.method != "POST":
        return _reopen(request, base, plan, step)
    _check_may_write(request)
    try:
        return _save(request, base, plan, step)
    except PlanRefused as refusal:
        notes.error(request, str(refusal))
        return redirect("admin:messaging_campaign_change", pk)


def preview(request, base, pk):
    """The phones beside the texts, with what is typed but not saved."""
    plan = _plan(request, pk)
    typed = desk_forms.read_texts(request.POST, plan)
    desk_forms.apply_unsaved(plan, typed)
    context = {"frames": desk_pages.frames(plan)}
    return TemplateResponse(request, "messaging/desk/_frames.html", context)


def press(request, base, pk, button):
    """One of the buttons of the last step; a refusal comes back as its sentence."""
    plan = _plan(request, pk)
    _check_may_write(request)
    if button not in PRESSED:
        raise Http404
    if button in GOES and _went_already(request, plan.campaign):
        return redirect("admin:messaging_campaign_change", pk)
    try:
        return PRESSED[button](request, plan)
    except (PlanRefused, SourceBroken, CampaignRefused, UnknownVariable) as refusal:
        notes.error(request, str(refusal))
    plan.campaign.refresh_from_db()
    if plan.campaign.state == Campaign.State.DRAFT:
        return redirect("admin:messaging_campaign_desk", pk, "periksa")
    return redirect("admin:messaging_campaign_change", pk)


def _went_already(request, campaign):
    """A second click on a button that did its work is no mistake to be told."""
    is_under_way = campaign.state not in (Campaign.State.DRAFT, *Campaign.FINAL)
    return is_under_way and campaign.approved_by_id == request.user.pk


def _save(request, base, plan, step):
    typed = desk_forms.READERS[step](request.POST, plan, request.user)
    if _is_stale(request, plan):
        desk_forms.apply_unsaved(plan, typed)
        conflict = (
            f"{plan.changed_by} mengubah rancangan ini sejak Anda membukanya. Isian Anda masih "
            "ada di sini; tekan Simpan sekali lagi untuk memakainya."
        )
        return _page(request, base, plan, step, problems=[conflict], status=409)
    now = timezone.now()
    plan = plans.change_plan(
        plan, actor=request.user, now=now, campaign=typed.campaign, **typed.facts
    )
    problems = [*typed.problems, *_count(request, plan, step, now=now)]
    if extra := _extra(request, plan, step, now=now):
        problems += extra
    wanted = request.POST.get("ke", "")
    if wanted == step or problems:
        desk_forms.apply_unsaved(plan, typed)
        return _page(request, base, plan, step, problems=problems, status=422 if problems else 200)
    notes.success(request, "Rancangan disimpan.")
    following = wanted if wanted in dict(STEPS) else NEXT.get(step, "periksa")
    return redirect("admin:messaging_campaign_desk", plan.campaign_id, following)


def _reopen(request, base, plan, step):
    """The page as it was saved, or as it was typed when the login had ended."""
    typed = _typed_before(request)
    if typed is None or not _may_write(request):
        return _page(request, base, plan, step)
    desk_forms.apply_unsaved(plan, desk_forms.READERS[step](typed, plan, request.user))
    return _page(request, base, plan, step, problems=[ENDED])


def _count(request, plan, step, *, now):
    """Count again where the step may change who gets it; a source that broke is told."""
    if step not in ("penerima", "pesan"):
        return []
    if step == "pesan" and not audience.is_chosen(plan):
        return []
    try:
        plans.recount(plan, actor=request.user, now=now)
    except SourceBroken as broken:
        return [str(broken)]
    if step == "penerima" and not audience.is_chosen(plan) and not request.POST.get("ke"):
        return ["Pilih paling sedikit satu kelompok penerima."]
    return []


def _extra(request, plan, step, *, now):
    """What a button beside a text does after everything typed is safe; returns refusals."""
    if step != "pesan":
        return []
    try:
        if channel := _channel(request.POST.get("uji")):
            sent = testing.send_test(plan, channel=channel, actor=request.user, now=now)
            notes.success(request, f"Uji dikirim ke {sent.address}. Periksa kotak masuk Anda.")
        if channel := _channel(request.POST.get("simpan_teks")):
            name = line_in(request.POST.get(f"nama_{channel}", ""), most=80)
            kept = texts.keep_text(plan, channel=channel, name=name, actor=request.user)
            notes.success(request, f"Teks “{kept.name}” disimpan, versi {kept.version}.")
    except PlanRefused as refusal:
        return [str(refusal)]
    return []


def _channel(value):
    return value if value in Channel.values else ""


def _page(request, base, plan, step, *, problems=(), status=200):
    context = {
        **base,
        "title": plan.campaign.title,
        "plan": plan,
        "campaign": plan.campaign,
        "steps": desk_pages.steps(plan, step),
        "step": step,
        "problems": list(dict.fromkeys(problems)),
        "may_write": _may_write(request),
        **desk_pages.CONTEXTS[step](request, plan),
    }
    return TemplateResponse(request, f"messaging/desk/{step}.html", context, status=status)


def _plan(request, pk):
    """The plan of a campaign this officer may see; 404 for anybody else."""
    if not request.user.has_perm("messaging.view_campaign"):
        raise PermissionDenied
    rows = CampaignPlan.objects.for_user(request.user)
    plan = rows.select_related("campaign__created_by", "changed_by", "asked_by")
    found = plan.filter(campaign=pk).first()
    if found is None:
        raise Http404
    return found


def _may_write(request):
    return request.user.has_perm("messaging.add_campaign")


def _check_may_write(request):
    if not _may_write(request):
        raise PermissionDenied


def _revision(request):
    return whole_in(request.POST.get("revision", "")) or 0


def _is_stale(request, plan):
    return _revision(request) != plan.revision and plan.changed_by_id != request.user.pk


def _send(request, plan):
    campaign = launching.send(
        plan, actor=request.user, revision=_revision(request), now=timezone.now()
    )
    return _on_its_way(request, campaign)


def _approve(request, plan):
    campaign = launching.approve(
        plan, actor=request.user, revision=_revision(request), now=timezone.now()
    )
    return _on_its_way(request, campaign)


def _ask(request, plan):
    now = timezone.now()
    plans.recount(plan, actor=request.user, now=now)
    launching.ask_approval(plan, actor=request.user, revision=_revision(request), now=now)
    notes.success(request, "Persetujuan diminta. Petugas lain membuka halaman ini dan menyetujui.")
    return redirect("admin:messaging_campaign_desk", plan.campaign_id, "periksa")


def _give_back(request, plan):
    launching.give_back(
        plan,
        actor=request.user,
        revision=_revision(request),
        note=line_in(request.POST.get("note", ""), most=200),
        now=timezone.now(),
    )
    notes.success(request, "Kampanye dikembalikan ke pembuatnya.")
    return redirect("admin:messaging_campaign_desk", plan.campaign_id, "periksa")


def _take_back(request, plan):
    launching.take_back(plan.campaign, actor=request.user, now=timezone.now())
    notes.success(request, "Pengiriman ditarik kembali. Kampanye menjadi rancangan lagi.")
    return redirect("admin:messaging_campaign_desk", plan.campaign_id, "periksa")


def _delete(request, plan):
    plans.delete_plan(plan)
    notes.success(request, "Rancangan dihapus.")
    return redirect("admin:messaging_campaign_changelist")


def _on_its_way(request, campaign):
    starts = date_format(timezone.localtime(campaign.starts_at), "j F Y, H.i.s")
    notes.success(
        request,
        f"Kampanye ke {intcomma(campaign.audience_count)} orang dimulai {starts} WIB. Sampai saat "
        "itu bisa diurungkan.",
    )
    return redirect("admin:messaging_campaign_change", campaign.pk)


PRESSED = {
    "kirim": _send,
    "minta": _ask,
    "setujui": _approve,
    "kembalikan": _give_back,
    "urungkan": _take_back,
    "hapus": _delete,
}
GOES = ("kirim", "setujui")
