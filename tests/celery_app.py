"""The portal's Celery application with the tests' own kinds, and naive sending as a control."""

import os
import time

import django
from django.conf import settings

from umkm_portal.celery import app

django.setup()

from celery import shared_task  # noqa: E402
from django.core.mail import EmailMessage, get_connection, send_mail  # noqa: E402
from django.db import connection as database  # noqa: E402

from tests.messaging import scenes  # noqa: E402
from umkm_portal.messaging import kinds  # noqa: E402
from umkm_portal.messaging.models import Delivery  # noqa: E402
from umkm_portal.messaging.sending.previews import preview  # noqa: E402

SMTP = "django.core.mail.backends.smtp.EmailBackend"

scenes.register_kinds()
app.conf.beat_schedule = {
    name: entry for name, entry in app.conf.beat_schedule.items() if name == "sweep-outbox"
}
celery_app = app
if os.environ.get("CELERY_AS_IT_COMES"):
    app.conf.update(worker_prefetch_multiplier=4, task_acks_late=False, db_reuse_max=None)


@shared_task(
    acks_late=True,
    reject_on_worker_lost=True,
    autoretry_for=(Exception,),
    max_retries=5,
    default_retry_delay=1,
)
def send_in_a_loop(*, first, last, pause=0.0, poisoned=0):
    """What a first draft does: everybody in turn, tried again when it fails."""
    mails = _connection()
    mails.open()
    for number in range(first, last + 1):
        with database.cursor() as cursor:
            cursor.execute("SELECT 1")
        subject = "Undangan\nrusak" if number == poisoned else "Undangan"
        address = f"orang{number}@contoh.example"
        mail = EmailMessage(subject, "Yth.", settings.DEFAULT_FROM_EMAIL, [address])
        mails.send_messages([mail])
        time.sleep(pause)
    mails.close()


@shared_task(acks_late=False)
def send_plainly(*, delivery_id):
    """The same job as ours, one recipient a task: read the row, `send_mail`, write the row."""
    delivery = Delivery.objects.get(pk=delivery_id)
    values = {**kinds.ADDED_VARIABLES, "judul": "Foto Produk", **delivery.context}
    mail = preview(*scenes.BULK.wording["email"], values, is_bulk=True)
    send_mail(
        mail.subject,
        mail.text,
        settings.DEFAULT_FROM_EMAIL,
        [delivery.address],
        html_message=mail.html,
        connection=_connection(),
    )
    delivery.state = Delivery.State.ACCEPTED
    delivery.save(update_fields=["state"])


def _connection():
    host, _, port = settings.EMAIL_URL.removeprefix("smtp://").partition(":")
    seconds = float(os.environ.get("NAIVE_TIMEOUT", 20))
    return get_connection(SMTP, host=host, port=int(port), timeout=seconds)
