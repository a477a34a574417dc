from django.urls import path

from trainings.views import lookups, schedule

app_name = "trainings"
urlpatterns = [
    path("gelombang/", schedule.schedule, name="schedule"),
    path("gelombang/<slug:code>/", schedule.cohort, name="cohort"),
    path("undangan/", lookups.invitation, name="invitation"),
    path("cek/", lookups.check, name="check"),
]
