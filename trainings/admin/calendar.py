"""The calendar of sessions: by month, week, place or trainer."""

from datetime import date, timedelta

from django.core.exceptions import PermissionDenied
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.http import urlencode

from trainings.admin.readiness import after, before
from trainings.models import Cohort, Programme
from trainings.planning import calendar
from umkm_portal.common.dates import DAYS, MONTHS, format_date
from umkm_portal.common.numbers import whole_in


def show(request, context):
    """One page for all views; the day, the view and the programme stand in the address."""
    if not request.user.has_perm("trainings.view_cohort"):
        raise PermissionDenied
    view = request.GET.get("tampilan")
    view = view if view in calendar.VIEWS else "bulan"
    day = _day(request.GET.get("tanggal", ""))
    programme = whole_in(request.GET.get("program", ""))
    cohorts = Cohort.objects.for_user(request.user)
    if programme is not None:
        cohorts = cohorts.filter(training__programme=programme)
    rows = calendar.VIEWS[view][1](day, cohorts)
    entries = [entry for row in rows for cell in row.cells for entry in cell.entries]
    link = _links(programme)
    earlier, later = _beside(view, day)
    context |= {
        "title": f"Kalender {_name(view, day)}",
        "view": view,
        "day": day,
        "today": timezone.localdate(),
        "month": day.month if view == "bulan" else None,
        "weekdays": DAYS,
        "rows": rows,
        "has_headings": any(row.heading for row in rows),
        "count": len({entry.session.pk for entry in entries}),
        "clash_count": len({entry.session.pk for entry in entries if entry.clashes}),
        "views": [
            (label, link(key, day), key == view) for key, (label, _) in calendar.VIEWS.items()
        ],
        "earlier": link(view, earlier),
        "later": link(view, later),
        "now": link(view, timezone.localdate()),
        "programmes": Programme.objects.order_by("-year", "name", "pk"),
        "chosen": programme,
    }
    return TemplateResponse(request, "staff/cohort_calendar.html", context)


def _links(programme):
    def link(view, day):
        facts = {"tampilan": view, "tanggal": day.isoformat()}
        return "?" + urlencode(facts | ({"program": programme} if programme else {}))

    return link


def _beside(view, day):
    if view == "bulan":
        return before(day.replace(day=1)), after(day.replace(day=1))
    return day - timedelta(days=7), day + timedelta(days=7)


def _name(view, day):
    if view == "bulan":
        return f"{MONTHS[day.month - 1]} {day.year}"
    return f"minggu {format_date(calendar.monday(day)).split(' ', 1)[1]}"


def _day(text):
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return timezone.localdate()
    return day if 2000 <= day.year <= 2100 else timezone.localdate()
