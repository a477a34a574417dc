"""Transport money of one cohort: the next list, the lists that were made, and their papers."""

from io import BytesIO

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone

from participants.access import record_access
from participants.models import DataAccess, Participant
from trainings.aftermath import transport, transport_papers
from trainings.models import TransportBatch
from umkm_portal.common.money import format_rupiah
from umkm_portal.common.numbers import whole_in

CHANGE = "trainings.change_cohort"
MOST_ROWS = 500


def show(request, cohort, context):
    """Who has money coming, what that does to the plan, and every list before."""
    people = Participant.objects.for_user(request.user)
    plan = transport.plan_batch(cohort)
    mine = set(
        people.filter(pk__in=[row.enrolment.participant_id for row in plan.rows]).values_list(
            "pk", flat=True
        )
    )
    rows = [row for row in plan.rows if row.enrolment.participant_id in mine]
    context |= {
        "rate": format_rupiah(cohort.transport_rate) if cohort.transport_rate else "",
        "plan": plan,
        "rows": [(row, format_rupiah(row.rupiah)) for row in rows[:MOST_ROWS]],
        "rupiah": format_rupiah(plan.rupiah),
        "planned": format_rupiah(plan.planned),
        "used": format_rupiah(plan.used),
        "over": format_rupiah(plan.over) if plan.over else "",
        "taken_back": transport.taken_back(cohort),
        "batches": [(batch, format_rupiah(batch.rupiah)) for batch in _batches(cohort)],
        "may_change": request.user.has_perm(CHANGE),
    }
    return TemplateResponse(request, "staff/cohort_transport.html", context)


def make(request, cohort, context):
    """Close the list as it was shown."""
    number = whole_in(request.POST.get("number", ""))
    try:
        batch = transport.make_batch(
            cohort,
            number=number or 0,
            accepts_over="over" in request.POST,
            by=request.user,
            now=timezone.now(),
        )
    except transport.TransportRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(
            request,
            f"Daftar {batch.number} dibuat: {batch.people} orang, {format_rupiah(batch.rupiah)}.",
        )
        context["log"](f"Daftar transpor {batch.number}, {format_rupiah(batch.rupiah)}.")
    return _back(cohort)


def pay(request, cohort, pk):
    """The money was handed out."""
    return _book(request, cohort, pk, transport.mark_paid, "dibayarkan")


def cancel(request, cohort, pk):
    """The list was wrong; its attendances come into the next one."""
    return _book(request, cohort, pk, transport.cancel_batch, "dibatalkan")


def pdf(request, cohort, context):
    """The list to sign."""
    batch = _batch(request, cohort)
    return _file(request, batch, transport_papers.paper(batch), "application/pdf", "pdf")


def xlsx(request, cohort, context):
    batch, target = _batch(request, cohort), BytesIO()
    transport_papers.write_workbook(target, batch)
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return _file(request, batch, target.getvalue(), kind, "xlsx")


def csv(request, cohort, context):
    batch, target = _batch(request, cohort), BytesIO()
    transport_papers.write_text(target, batch)
    return _file(request, batch, target.getvalue(), "text/csv; charset=utf-8", "csv")


FILES = (("pdf", pdf), ("xlsx", xlsx), ("csv", csv))
ERRANDS = (("bayar", "transport_pay", pay), ("batal", "transport_cancel", cancel))
"""Buttons about one list of the cohort."""


def _book(request, cohort, pk, book, told):
    batch = TransportBatch.objects.filter(cohort=cohort, pk=pk).first()
    if batch is None:
        return None
    try:
        book(batch, by=request.user, now=timezone.now())
    except transport.TransportRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"Daftar {batch.number} ditandai {told}.")
    return _back(cohort)


def _batches(cohort):
    rows = cohort.transport_batches.select_related("made_by", "paid_by", "cancelled_by")
    return rows.order_by("-number")


def _batch(request, cohort):
    """A whole list holds names of every district: it is for those who keep the cohort."""
    if not request.user.has_perm(CHANGE):
        raise PermissionDenied
    number = whole_in(request.GET.get("nomor", ""))
    rows = TransportBatch.objects.select_related("cohort__training__organiser", "made_by")
    batch = rows.filter(cohort=cohort, number=number).first() if number is not None else None
    if batch is None:
        raise Http404
    return batch


def _file(request, batch, content, kind, ending):
    """The people on the list can read who took it along."""
    record_access(
        batch.rows.order_by("pk").values_list("enrolment__participant", flat=True),
        kind=DataAccess.Kind.EXPORT,
        actor=request.user,
        purpose=f"Daftar uang transpor {batch.cohort.code}",
        fields=("Nama", "Uang transpor"),
        now=timezone.now(),
    )
    name = f"transpor-{batch.cohort.code}-{batch.number}.{ending}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(content, content_type=kind, headers=headers)


def _back(cohort):
    return redirect("admin:trainings_cohort_transport", cohort.pk)
