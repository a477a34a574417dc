"""The portal's Celery application with the tests' own kinds, and naive sending as a control."""

import time

import django
from django.conf import settings

from umkm_portal.celery import app

django.setup()

from celery import shared_task  # noqa: E402
from django.core.mail import EmailMessage, get_connection  # noqa: E402

from tests.messaging import scenes  # noqa: E402

scenes.register_kinds()
app.conf.beat_schedule = {
    name: entry for name, entry in app.conf.beat_schedule.items() if name == "sweep-outbox"
}
celery_app = app


@shared_task(acks_late=True, reject_on_worker_lost=True)
def send_naively(*, number, pause=0.0):
    """What a first draft does: one task a recipient, Django's mail, late acknowledgement."""
    host, _, port = settings.EMAIL_URL.removeprefix("smtp://").partition(":")
    mail = EmailMessage(
        subject="Undangan",
        body="Yth. Bapak/Ibu",
        to=[f"orang{number}@contoh.example"],
        connection=get_connection(
            "django.core.mail.backends.smtp.EmailBackend", host=host, port=int(port)
        ),
    )
    mail.send()
    time.sleep(pause)
