"""The class of this day in the practice data: people hold seats, nobody has come yet.

Every start of the practice portal holds one where the day has none, so that there is always a
ticket to be scanned.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils import timezone

from trainings.models import Cohort, Programme, Session, Topic, Trainer, Training, Venue
from trainings.services import answers
from umkm_portal.accounts.models import Organisation, User
from umkm_portal.pages.demo import places, planning, reminders
from umkm_portal.pages.demo.callers import callers

TRAINING = "kemasan-produk"
SEATS, COMING = 20, 12
LATEST, LASTS = 20, timedelta(hours=3)
"""It begins at the hour in which it is written, at 20.00 in Jakarta the latest."""


def todays_session(*, now: datetime) -> Session | None:
    """The session of this day, or None on a day that has none (yet)."""
    return _of_day(now).select_related("cohort__training").order_by("-pk").first()


@transaction.atomic
def hold_todays_class(*, staff: User, now: datetime) -> Session | None:
    """Write a wave whose session is today, with people in it, if the day has none.

    None before the rest of the practice data is written.
    """
    if not Venue.objects.filter(name=places.TANAH_ABANG).exists():
        return None
    training = _training()
    Training.objects.select_for_update().get(pk=training.pk)
    if _of_day(now).exists():
        return todays_session(now=now)
    session = _write(training, now=now)
    cohort = session.cohort
    asked = session.starts_at - timedelta(days=2)
    for person in callers(cohort, COMING):
        answers.join(cohort, person, now=asked, via=answers.VIA_PHONE, actor=staff)
    Cohort.objects.filter(pk=cohort.pk).update(state=Cohort.State.CLOSED)
    if training.programme_id:
        planning.prepare(cohort, now=now)
    reminders.remind_of_class(session, now=now)
    return session


def _of_day(now: datetime) -> QuerySet[Session]:
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    return Session.objects.filter(
        cohort__training__slug=TRAINING,
        starts_at__gte=midnight,
        starts_at__lt=midnight + timedelta(days=1),
    )


def _training() -> Training:
    training, _ = Training.objects.get_or_create(
        slug=TRAINING,
        defaults={
            "programme": Programme.objects.filter(slug=planning.SLUG).first(),
            "topic": Topic.objects.get(slug="produksi"),
            "kind": Training.Kind.CLASS,
            "organiser": Organisation.objects.get(slug="ppkukm"),
            "title": "Kemasan yang dilirik pembeli",
            "summary": "Bahan, label, dan ukuran kemasan yang pas untuk barang Anda.",
            "audience": "Peserta Jakpreneur yang aktif dan bersedia",
            "materials": "Contoh kemasan dan daftar pemasok.",
            "bring": "Dua contoh produk dengan kemasannya",
        },
    )
    return training


def _write(training: Training, *, now: datetime) -> Session:
    local = timezone.localtime(now).replace(minute=0, second=0, microsecond=0)
    starts_at = local.replace(hour=min(local.hour, LATEST))
    number = (training.cohorts.aggregate(last=Max("number"))["last"] or 0) + 1
    cohort = Cohort.objects.create(
        code=f"{TRAINING}-{number}",
        training=training,
        number=number,
        state=Cohort.State.OPEN,
        mode=Cohort.Mode.IN_PERSON,
        seats=SEATS,
        minimum=6,
        opens_at=starts_at - timedelta(days=10),
        closes_at=starts_at - timedelta(days=1),
        starts_at=starts_at,
        ends_at=starts_at + LASTS,
        walk_ins=Cohort.WalkIn.FREE_SEATS,
        place_note="Datang 15 menit lebih awal dan bawa KTP.",
    )
    session = Session.objects.create(
        cohort=cohort,
        venue=Venue.objects.get(name=places.TANAH_ABANG),
        starts_at=starts_at,
        ends_at=starts_at + LASTS,
    )
    session.trainers.set(Trainer.objects.filter(name="Bambang Sutrisno"))
    return session
