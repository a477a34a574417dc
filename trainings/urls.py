from django.urls import path

from trainings.views import (
    aftermath,
    answers,
    certificates,
    lookups,
    opt_out,
    scanning,
    schedule,
    self_check_in,
    tickets,
)

app_name = "trainings"
urlpatterns = [
    path("gelombang/", schedule.schedule, name="schedule"),
    path("gelombang/<slug:code>/", schedule.cohort, name="cohort"),
    path("undangan/", lookups.invitation, name="invitation"),
    path("cek/", lookups.check, name="check"),
    path("sertifikat/", certificates.find, name="certificate_find"),
    path("sertifikat/<str:number>/", certificates.certificate, name="certificate"),
    path("sertifikat/unduh/<str:token>/", certificates.pdf, name="certificate_pdf"),
    path("u/<str:token>/", answers.answer, name="answer"),
    path("u/<str:token>/kesan/", aftermath.feedback_by_link, name="feedback"),
    path("u/<str:token>/alasan/", aftermath.absence_by_link, name="absence"),
    path("tiket/<str:token>/", tickets.ticket, name="ticket"),
    path("tiket/<str:token>/kalender.ics", tickets.calendar, name="calendar"),
    path("tiket/<str:token>/sesi/<int:pk>.ics", tickets.session_calendar, name="session_calendar"),
    path("tiket/<str:token>/tiket.pdf", tickets.pdf, name="ticket_pdf"),
    path("hadir/", scanning.doors, name="doors"),
    path("hadir/saya/", self_check_in.check_in, name="self_check_in"),
    path("hadir/<int:pk>/", scanning.door, name="door"),
    path("hadir/<int:pk>/catat/", scanning.record_marks, name="door_marks"),
    path("hadir/<int:pk>/tiket/", scanning.tickets, name="door_tickets"),
    path("hadir/<int:pk>/tamu/", scanning.guests, name="door_guests"),
    path("hadir/<int:pk>/dinding/", scanning.wall_code, name="wall"),
    path("berhenti/<str:token>/", opt_out.opt_out, name="opt_out"),
]
