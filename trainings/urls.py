from django.urls import path

from trainings.views import answers, lookups, opt_out, schedule, tickets

app_name = "trainings"
urlpatterns = [
    path("gelombang/", schedule.schedule, name="schedule"),
    path("gelombang/<slug:code>/", schedule.cohort, name="cohort"),
    path("undangan/", lookups.invitation, name="invitation"),
    path("cek/", lookups.check, name="check"),
    path("u/<str:token>/", answers.answer, name="answer"),
    path("tiket/<str:token>/", tickets.ticket, name="ticket"),
    path("tiket/<str:token>/kalender.ics", tickets.calendar, name="calendar"),
    path("berhenti/<str:token>/", opt_out.opt_out, name="opt_out"),
]
