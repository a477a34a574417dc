"""The printable list of one cohort, and the button that says a person was told."""

from django.contrib import messages
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone

from participants.access import record_taken
from trainings.admin.answers import enrolments_for
from trainings.services.printed import mark_told, sheets, untold
from umkm_portal.messaging.services import CampaignRefused

PURPOSE = "Daftar cetak undangan"
FIELDS = ("Nama", "Nomor HP", "Alamat")


def show(request, cohort, context):
    """People whom no message reached, per kecamatan; the browser prints it."""
    now = timezone.now()
    districts = sheets(cohort, untold(enrolments_for(request.user, cohort)))
    _record(request.user, cohort, districts, now=now)
    context |= {
        "districts": districts,
        "count": sum(len(district.rows) for district in districts),
        "printed_at": now,
        "may_mark": request.user.has_perm("trainings.change_enrolment"),
    }
    return TemplateResponse(request, "staff/cohort_print.html", context)


def _record(user, cohort, districts, *, now):
    """Write down who has these people on paper; each mark shows the page again."""
    people = {row.participant_id for district in districts for row in district.rows}
    purpose = f"{PURPOSE} {cohort.code}"
    record_taken(people, actor=user, purpose=purpose, fields=FIELDS, now=now)


def mark(request, cohort, enrolment_id):
    """She was told by hand; a delivery with the name of who did it."""
    enrolment = (
        enrolments_for(request.user, cohort)
        .select_related("round__campaign", "participant")
        .filter(pk=enrolment_id)
        .first()
    )
    if enrolment is None:
        return None
    try:
        mark_told(enrolment, actor=request.user, now=timezone.now())
        messages.success(request, f"{enrolment.participant.full_name} sudah diberi tahu. Tercatat.")
    except CampaignRefused as refusal:
        messages.error(request, str(refusal))
    return redirect("admin:trainings_cohort_print", cohort.pk)
