"""The tab Sertifikat of a cohort: who has earned one, issuing and printing all, each by itself."""

from django.contrib import messages
from django.db.models import Q
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache

from trainings.admin.answers import enrolments_for
from trainings.admin.noting import note_names_taken
from trainings.certificates import batches, issuing
from trainings.certificates.editions import preview_pdf, template_of
from trainings.certificates.issuing import KEPT_BY, CertificateRefused, counts_of
from trainings.certificates.showing import file_name, pdf_of
from trainings.models import (
    Certificate,
    CertificateBatch,
    CertificateKind,
    Enrolment,
)
from umkm_portal.common import codes
from umkm_portal.common.keyset import NEWER, OLDER, read_page
from umkm_portal.common.numbers import whole_in

PER_PAGE = 50
WAITS_LONG = 60
PURPOSE = "Sertifikat"
PDF = "application/pdf"
JOBS = 10
TONES = {
    CertificateBatch.State.QUEUED: "blue",
    CertificateBatch.State.RUNNING: "blue",
    CertificateBatch.State.DONE: "green",
    CertificateBatch.State.FAILED: "red",
    CertificateBatch.State.EXPIRED: "grey",
}
FILTERS = (
    ("", "Semua"),
    ("berlaku", "Berlaku"),
    ("dicabut", "Dicabut atau diganti"),
    ("tidak-berhak", "Tidak berhak lagi"),
)


@never_cache
def show(request, cohort, context):
    """Counts, the job at work with its file, and every certificate; a poller asks for the job."""
    context |= _job(request, cohort)
    if request.headers.get("X-Fragment"):
        return TemplateResponse(request, "staff/_certificate_batch.html", context)
    papers = _papers(request, cohort)
    chosen, typed = request.GET.get("lihat", ""), request.GET.get("q", "").strip()
    page = read_page(_narrowed(papers, chosen, typed), request.GET, size=PER_PAGE)
    context |= {
        "rows": [(row, not _is_deserved(row)) for row in page.rows],
        "filters": [(key, label, key == chosen) for key, label in FILTERS],
        "chosen": chosen,
        "typed": typed,
        "older": _link(request, OLDER, page.older, NEWER),
        "newer": _link(request, NEWER, page.newer, OLDER),
        "may_change": request.user.has_perm("trainings.change_certificate"),
        "template": template_of(cohort.training, CertificateKind.FINISHED),
        "may_edit_template": request.user.has_perm("trainings.change_certificatetemplate"),
    }
    return TemplateResponse(request, "staff/cohort_certificates.html", context)


def issue(request, cohort, context):
    """Start the job: what is missing is issued, then everything valid is printed."""
    kind = request.POST.get("jenis") or CertificateKind.FINISHED
    if kind not in CertificateKind.values:
        raise Http404
    try:
        batch = batches.request_batch(cohort, kind=kind, by=request.user, now=timezone.now())
        if batch.kind != kind:
            messages.info(request, "Masih ada penerbitan yang berjalan. Tunggu sampai selesai.")
        else:
            context["log"]("Sertifikat diterbitkan dan dicetak.")
    except CertificateRefused as refusal:
        messages.error(request, str(refusal))
    return _back(cohort)


def print_file(request, cohort, context):
    """The file of a job, all its pages; those named in it can read who took it along."""
    now = timezone.now()
    asked = whole_in(request.GET.get("tugas", ""))
    jobs = _jobs_of(cohort)
    batch = jobs.first() if asked is None else jobs.filter(pk=asked).first()
    if batch is None:
        raise Http404
    try:
        path = batches.open_file(batch, now=now)
    except CertificateRefused as refusal:
        messages.error(request, str(refusal))
        return _back(cohort)
    rows = Enrolment.objects.filter(certificates__in=batches.printed_in(batch))
    note_names_taken(rows, by=request.user, purpose=f"{PURPOSE} {cohort.code}", now=now)
    name = f"sertifikat-{cohort.code}.pdf"
    response = FileResponse(path.open("rb"), as_attachment=True, filename=name, content_type=PDF)
    response["Cache-Control"] = "no-store"
    return response


def paper(request, cohort, context):
    """One certificate as a PDF."""
    code = codes.normalise(request.GET.get("nomor", ""))
    papers = _papers(request, cohort).printable().filter(number=code)
    found = papers.select_related("edition", "enrolment").first()
    if found is None:
        raise Http404
    rows = Enrolment.objects.filter(pk=found.enrolment_id)
    purpose = f"{PURPOSE} {cohort.code}"
    note_names_taken(rows, by=request.user, purpose=purpose, now=timezone.now())
    return _inline(pdf_of(found), file_name(found))


def preview(request, cohort, context):
    """How certificates of this cohort would look, for nobody."""
    template = template_of(cohort.training, CertificateKind.FINISHED)
    return _inline(preview_pdf(template, cohort), f"contoh-sertifikat-{cohort.code}.pdf")


def revoke(request, cohort, certificate_id):
    found = _papers(request, cohort).filter(pk=certificate_id).first()
    if found is None:
        return None
    try:
        reason = request.POST.get("alasan", "")
        issuing.revoke(found, reason=reason, by=request.user, now=timezone.now())
        messages.success(request, f"Sertifikat {found.shown_number} dicabut.")
    except CertificateRefused as refusal:
        messages.error(request, str(refusal))
    return _back(cohort)


def reissue(request, cohort, certificate_id):
    found = _papers(request, cohort).filter(pk=certificate_id).first()
    if found is None:
        return None
    try:
        fresh = issuing.reissue(
            found,
            name=request.POST.get("nama", ""),
            reason=request.POST.get("alasan", ""),
            by=request.user,
            now=timezone.now(),
        )
        messages.success(
            request, f"Diganti dengan {fresh.shown_number}. Nomor lama tidak berlaku lagi."
        )
    except CertificateRefused as refusal:
        messages.error(request, str(refusal))
    return _back(cohort)


PAGES = (
    ("sertifikat/", "certificates", show, "trainings.view_certificate"),
    ("sertifikat/terbitkan/", "issue", issue, "trainings.add_certificatebatch"),
    ("sertifikat/cetak.pdf", "certificate_file", print_file, "trainings.add_certificatebatch"),
    ("sertifikat/satu.pdf", "certificate_paper", paper, "trainings.view_certificate"),
    ("sertifikat/contoh.pdf", "certificate_preview", preview, "trainings.view_certificate"),
)
POSTED = ("issue",)
ERRANDS = (
    ("sertifikat/<int:pk>/cabut/", "revoke", revoke, "trainings.change_certificate"),
    ("sertifikat/<int:pk>/ganti/", "reissue", reissue, "trainings.change_certificate"),
)


def _papers(request, cohort):
    """Certificates of people this user may see."""
    return Certificate.objects.filter(
        enrolment__in=enrolments_for(request.user, cohort).values("pk")
    )


def _narrowed(papers, chosen, typed):
    if chosen == "berlaku":
        papers = papers.valid()
    elif chosen == "dicabut":
        papers = papers.filter(state=Certificate.State.REVOKED)
    elif chosen == "tidak-berhak":
        papers = issuing.undeserved(papers)
    if typed:
        papers = papers.filter(Q(name__icontains=typed) | Q(number=codes.normalise(typed)))
    return papers.select_related("enrolment", "revoked_by", "issued_by").prefetch_related(
        "replaced_by"
    )


def _is_deserved(row):
    if row.state != Certificate.State.VALID:
        return True
    return row.enrolment.state in KEPT_BY[CertificateKind(row.kind)]


def _jobs_of(cohort):
    """Every job of a cohort, the newest first."""
    rows = CertificateBatch.objects.filter(cohort=cohort).select_related("requested_by", "cohort")
    return rows.order_by("-pk")


def _told(jobs, cohort, *, now):
    """(job, tone, state in words, whether its file can be taken) of the last jobs."""
    kept = [job for job in jobs if job.is_kept(now=now)]
    outdated = batches.outdated_among(cohort, kept)
    for job in jobs:
        is_kept = job in kept and job.pk not in outdated
        if job.pk in outdated:
            yield job, "yellow", "Ada yang dicabut atau diganti", is_kept
        elif job.state == CertificateBatch.State.DONE and job not in kept:
            yield job, "grey", CertificateBatch.State.EXPIRED.label, is_kept
        else:
            yield job, TONES[job.state], job.get_state_display(), is_kept


def _job(request, cohort):
    now = timezone.now()
    jobs = list(_jobs_of(cohort)[:JOBS])
    batch = jobs[0] if jobs else None
    is_kept = batch is not None and batch.is_kept(now=now)
    return {
        "batch": batch,
        "jobs": list(_told(jobs, cohort, now=now)),
        "counts": counts_of(cohort),
        "is_kept": is_kept,
        "is_outdated": is_kept and batches.is_outdated(batch),
        "since": batches.issued_since(batch) if is_kept else 0,
        "percent": min(100 * batch.printed // batch.total, 100) if batch and batch.total else 0,
        "waits_long": batch is not None
        and batch.state == CertificateBatch.State.QUEUED
        and (now - batch.created_at).total_seconds() > WAITS_LONG,
        "may_issue": request.user.has_perm("trainings.add_certificatebatch"),
        "finished": CertificateKind.FINISHED,
        "attended": CertificateKind.ATTENDED,
    }


def _inline(content, name):
    headers = {"Content-Disposition": f'inline; filename="{name}"', "Cache-Control": "no-store"}
    return HttpResponse(content, content_type=PDF, headers=headers)


def _back(cohort):
    return redirect("admin:trainings_cohort_certificates", cohort.pk)


def _link(request, name, value, other):
    if value is None:
        return ""
    query = request.GET.copy()
    query.pop(other, None)
    query[name] = value
    return f"?{query.urlencode()}"
