"""The portal's Celery application with the tests' own kinds, and naive sending as a control."""

import os
import time

import django
from django.conf import settings

from umkm_portal.celery import app

django.setup()

from celery import shared_task  # noqa: E402
from django.core.mail import get_connection, send_mail  # noqa: E402

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


@shared_task(acks_late=True, reject_on_worker_lost=True)
def send_naively(*, number, pause=0.0):
    """What a first draft does: one task a recipient, `send_mail`, acknowledged at the end."""
    address = f"orang{number}@contoh.example"
    send_mail("Undangan", "Yth.", settings.DEFAULT_FROM_EMAIL, [address], connection=_connection())
    time.sleep(pause)


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
    return get_connection(SMTP, host=host, port=int(port))
