"""The first page of the staff site: what needs a person today, told from rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from django.contrib import admin
from django.db.models import Count, F, Sum
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format

from participants.models import DataRequest, LicenceRequest, Participant, ParticipantQuerySet
from trainings import wording
from trainings.followups import open_followups
from trainings.models import Cohort, Enrolment, Offer
from trainings.services.printed import untold
from umkm_portal.accounts.models import User
from umkm_portal.common import bars
from umkm_portal.imports import profiles
from umkm_portal.imports.models import ImportFile
from umkm_portal.messaging import pulse
from umkm_portal.messaging.models import Campaign, DeliveryBatch, Reply
from umkm_portal.pages.staff import attendance, curations
from umkm_portal.pages.staff.tasks import Task

SOON = timedelta(days=14)
NEXT_MONTH = timedelta(days=30)
NEAR = timedelta(hours=6)
LATE = timedelta(minutes=5)
AT_MOST = 5
"""Tasks of one sort that are shown one by one."""


def dashboard(request: HttpRequest, context: dict[str, object]) -> dict[str, object]:
    """Add the tasks of this user and the health of the workers to the first page."""
    now = timezone.now()
    tasks = [
        task
        for permission, gather in SOURCES
        if request.user.has_perm(permission)
        for task in gather(request, now)
    ]
    order = {"red": 0, "yellow": 1, "blue": 2, "green": 3}
    return context | {
        "title": "Perlu Anda hari ini",
        "tasks": sorted(tasks, key=lambda task: order[task.tone]),
        "health": health(now) if request.user.has_perm("messaging.view_campaign") else None,
        "today": now,
    }


def _imports(request: HttpRequest, now: datetime) -> Iterable[Task]:
    waiting = ImportFile.objects.filter(
        profile__in=[profile.slug for profile in profiles.for_staff()],
        state__in=[ImportFile.State.MAPPED, ImportFile.State.CHECKED],
    )
    for file in waiting.order_by("pk")[:AT_MOST]:
        is_checked = file.state == ImportFile.State.CHECKED
        yield Task(
            f"Berkas {file.name}",
            f"{_count(file.total_rows)} baris sudah diperiksa dan menunggu persetujuan."
            if is_checked
            else "Kolom sudah dicocokkan, isinya belum diperiksa.",
            _page("imports_importfile", file.pk),
            "Periksa dan setujui" if is_checked else "Lanjutkan",
        )


def _campaigns(request: HttpRequest, now: datetime) -> Iterable[Task]:
    sums = {f"sum_{name}": Sum(f"batches__{name}", default=0) for name in DONE}
    live = Campaign.objects.filter(
        state__in=[Campaign.State.EXPANDING, Campaign.State.RUNNING, Campaign.State.PAUSED],
        is_standing=False,
    ).annotate(**sums)
    for campaign in live.order_by("-pk")[:AT_MOST]:
        is_paused = campaign.state == Campaign.State.PAUSED
        sent = sum(getattr(campaign, f"sum_{name}") for name in DONE)
        yield Task(
            campaign.title,
            (_paused(campaign.pause_reason) if is_paused else "Sedang dikirim:")
            + f" {_count(sent)} dari {_count(campaign.audience_count)} pesan terkirim.",
            _page("messaging_campaign", campaign.pk),
            "Lanjutkan" if is_paused else "Pantau",
            "yellow" if is_paused else "green",
            bars.draw([("green", "terkirim", sent)], total=campaign.audience_count),
        )


DONE = ("accepted", "delivered", "read")


def _uncertain(request: HttpRequest, now: datetime) -> Iterable[Task]:
    rows = (
        DeliveryBatch.objects.filter(uncertain__gt=0)
        .values("campaign", "campaign__title")
        .annotate(count=Sum("uncertain"))
        .order_by("-campaign")[:AT_MOST]
    )
    for row in rows:
        yield Task(
            f"{row['count']} pesan belum pasti terkirim",
            f"{row['campaign__title']}: pengiriman terputus. Cari tahu hasilnya, lalu catat.",
            reverse("admin:messaging_campaign_list", args=[row["campaign"], "belum-pasti"]),
            "Catat hasilnya",
            "red",
        )


def _replies(request: HttpRequest, now: datetime) -> Iterable[Task]:
    if not isinstance(request.user, User):
        return
    if count := Reply.objects.waiting().for_user(request.user).count():
        yield Task(
            f"{count} balasan perlu dibaca",
            "Jawaban lewat WhatsApp yang tidak dapat dicatat otomatis.",
            reverse("admin:messaging_reply_changelist"),
            "Buka kotak balasan",
        )


def _followups(request: HttpRequest, now: datetime) -> Iterable[Task]:
    words = {
        Enrolment.State.NOT_MINE: ("undangan salah alamat", "Periksa nomor dan email orangnya."),
        Enrolment.State.WANTS_OTHER_DATE: (
            "orang minta jadwal lain",
            "Hubungi atau pindahkan ke gelombang lain.",
        ),
    }
    rows = (
        open_followups()
        .filter(participant__in=_people_of(request).values("pk"))
        .values("cohort", "cohort__code", "state")
        .annotate(count=Count("pk"))
        .order_by("cohort", "state")
    )
    for row in rows:
        title, detail = words[Enrolment.State(row["state"])]
        link = reverse("admin:trainings_cohort_answers", args=[row["cohort"]])
        yield Task(
            f"{row['count']} {title}",
            f"{row['cohort__code']}. {detail}",
            f"{link}?status={row['state']}",
            "Tindak lanjuti",
        )


def _cohorts(request: HttpRequest, now: datetime) -> Iterable[Task]:
    soon = Cohort.objects.upcoming(now=now).filter(
        starts_at__lte=now + SOON, seats__gt=F("taken") + F("held")
    )
    for cohort in soon.select_related("training").order_by("starts_at", "pk")[:AT_MOST]:
        yield Task(
            f"{cohort.free} kursi kosong: {cohort.training.title}",
            f"Gelombang {cohort.number} mulai {wording.deadline(cohort.starts_at)}.",
            reverse("admin:trainings_cohort_invite", args=[cohort.pk]),
            "Undang",
            "blue",
            bars.draw(
                [("green", "terisi", cohort.taken), ("yellow", "ditawarkan", cohort.held)],
                total=cohort.seats,
            ),
        )


def _plans(request: HttpRequest, now: datetime) -> Iterable[Task]:
    """Drafts that begin soon: somebody looks at what they lack."""
    soon = Cohort.objects.filter(
        state=Cohort.State.DRAFT, starts_at__gt=now, starts_at__lte=now + NEXT_MONTH
    )
    starts = list(soon.order_by("starts_at", "pk").values_list("starts_at", flat=True))
    if starts:
        yield Task(
            f"{len(starts)} rancangan gelombang belum diterbitkan",
            f"Yang terdekat mulai {wording.deadline(starts[0])}. Lihat apa yang kurang.",
            f"{reverse('admin:trainings_cohort_month')}"
            f"?bulan={timezone.localtime(starts[0]):%Y-%m}&hanya=kurang",
            "Lengkapi",
        )


def _offers(request: HttpRequest, now: datetime) -> Iterable[Task]:
    near = (
        Offer.objects.filter(state=Offer.State.PENDING, deadline_at__lte=now + NEAR)
        .values("cohort", "cohort__code")
        .annotate(count=Count("pk"))
        .order_by("cohort")[:AT_MOST]
    )
    for row in near:
        yield Task(
            f"{row['count']} tawaran kursi hampir lewat batas",
            f"{row['cohort__code']}: batas jawabnya kurang dari 6 jam lagi. Telepon bila perlu.",
            reverse("admin:trainings_cohort_waiting", args=[row["cohort"]]),
            "Lihat",
        )


def _printed(request: HttpRequest, now: datetime) -> Iterable[Task]:
    people = _people_of(request).values("pk")
    upcoming = Cohort.objects.upcoming(now=now).order_by("starts_at", "pk")[:AT_MOST]
    waiting = untold(Enrolment.objects.filter(cohort__in=list(upcoming), participant__in=people))
    rows = waiting.values("cohort", "cohort__code").annotate(count=Count("pk")).order_by("cohort")
    for row in rows:
        yield Task(
            f"{row['count']} orang perlu didatangi atau ditelepon",
            f"{row['cohort__code']}: tidak ada pesan yang sampai ke mereka.",
            reverse("admin:trainings_cohort_print", args=[row["cohort"]]),
            "Buka daftar cetak",
        )


def _data_requests(request: HttpRequest, now: datetime) -> Iterable[Task]:
    people = _people_of(request).values("pk")
    waiting = DataRequest.objects.waiting().filter(participant__in=people)
    shown = list(waiting.select_related("participant").order_by("due_at", "pk")[:AT_MOST])
    if len(shown) == AT_MOST and (late := waiting.overdue(now=now).count()) > AT_MOST:
        yield Task(
            f"{late} permintaan data terlambat dijawab",
            "Batas 3 x 24 jam sudah lewat. Yang paling lama menunggu ada di atas.",
            reverse("admin:participants_datarequest_changelist"),
            "Jawab",
            "red",
        )
    for row in shown:
        is_late = row.is_overdue(now=now)
        yield Task(
            f"{row.get_kind_display()}: {row.participant.full_name}",
            f"{'Terlambat: batas' if is_late else 'Jawab sebelum'} {wording.deadline(row.due_at)}.",
            _page("participants_datarequest", row.pk),
            "Jawab",
            "red" if is_late else "yellow",
        )


def _licences(request: HttpRequest, now: datetime) -> Iterable[Task]:
    people = _people_of(request).living().values("pk")
    new = LicenceRequest.objects.filter(state="submitted", participant__in=people).count()
    if new:
        yield Task(
            f"{new} permohonan izin menunggu diperiksa",
            "Yang paling lama menunggu ada di atas.",
            reverse("admin:participants_licencerequest_changelist"),
            "Periksa",
        )


SOURCES: list[tuple[str, Callable[[HttpRequest, datetime], Iterable[Task]]]] = [
    ("imports.change_importfile", _imports),
    ("messaging.view_campaign", _campaigns),
    ("messaging.change_campaign", _uncertain),
    ("messaging.change_reply", _replies),
    ("trainings.change_enrolment", _followups),
    ("trainings.change_cohort", _cohorts),
    ("trainings.change_cohort", _plans),
    ("trainings.change_enrolment", _offers),
    ("trainings.change_enrolment", _printed),
    ("participants.change_datarequest", _data_requests),
    ("participants.change_licencerequest", _licences),
    *attendance.SOURCES,
    *curations.SOURCES,
]


def health(now: datetime) -> dict[str, object]:
    """Whether the workers keep up: the batch that has waited longest, and who is working."""
    live = [Campaign.State.RUNNING, Campaign.State.EXPANDING]
    oldest = (
        DeliveryBatch.objects.filter(due_at__lte=now, campaign__state__in=live)
        .exclude(lease_until__gt=now)
        .order_by("due_at")
        .values_list("due_at", flat=True)
        .first()
    )
    working = DeliveryBatch.objects.filter(lease_until__gt=now).exclude(worker="")
    return {
        "oldest": oldest,
        "is_late": oldest is not None and now - oldest > LATE,
        "last_sweep": pulse.last_beat(),
        "workers": sorted(set(working.values_list("worker", flat=True))),
    }


def _paused(reason: str) -> str:
    return f"Dijeda: {reason.rstrip('.')}." if reason else "Dijeda."


def _people_of(request: HttpRequest) -> ParticipantQuerySet:
    """The people of the user's area; the site lets nobody in who is not logged in."""
    if not isinstance(request.user, User):
        return Participant.objects.none()
    return Participant.objects.for_user(request.user)


def _count(number: int) -> str:
    return number_format(number, force_grouping=True)


def _page(model: str, pk: int) -> str:
    label = model.split("_")[0]
    known = any(m._meta.app_label == label for m in admin.site._registry)
    return reverse(f"admin:{model}_change", args=[pk]) if known else reverse("admin:index")
