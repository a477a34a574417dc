"""The account of a campaign, and the news of a class with its old and its new times."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.factories import CohortFactory, SessionFactory, in_days
from tests.messaging.desk.scenes import EMAIL, make_plan, people
from tests.trainings.scenes import seat
from trainings.services import changes
from umkm_portal.common.dates import format_moment
from umkm_portal.messaging import kinds, services
from umkm_portal.messaging.accounts import CHOSEN, default_account
from umkm_portal.messaging.desk import estimates, launching, plans, texts
from umkm_portal.messaging.models import SendingAccount

pytestmark = pytest.mark.django_db


def step(plan, name):
    return reverse("admin:messaging_campaign_desk", args=[plan.campaign_id, name])


def test_an_officer_chooses_the_account_and_its_batches_go_through_it(client, officer):
    now = timezone.now()
    people(2)
    usual = default_account(EMAIL)
    second = SendingAccount.objects.create(
        channel=EMAIL, name="Server kedua", is_default=False, secret="smtp://127.0.0.1:9"
    )
    plan = make_plan(officer, segment=["*semua"])
    client.force_login(officer)
    typed = {"revision": plan.revision, "saluran": EMAIL, "pertama": EMAIL, "ke": "pesan"}

    page = client.get(step(plan, "pesan")).content.decode()
    client.post(step(plan, "pesan"), typed | {"akun_email": str(second.pk)})
    plan = type(plan).objects.select_related("campaign").get(pk=plan.pk)

    assert "Server kedua" in page
    assert plan.campaign.options[CHOSEN] == {EMAIL: second.pk}
    assert [row.account for row in estimates.estimate(plan, now=now)] == ["Server kedua"]
    campaign = launching.send(plan, actor=officer, revision=plan.revision, now=now)
    services.start_campaign(campaign, now=now)
    services.expand_campaign(campaign, now=now)
    assert campaign.batches.get().account == second

    other = make_plan(officer, segment=["*semua"])
    typed["revision"] = other.revision
    client.post(step(other, "pesan"), typed | {"akun_email": str(usual.pk)})
    other.campaign.refresh_from_db()
    assert CHOSEN not in other.campaign.options


def test_news_of_a_class_says_what_it_was_and_what_it_is_now(officer):
    now = timezone.now()
    cohort = CohortFactory(starts_at=in_days(10), training__title="Foto Produk")
    session = cohort.sessions.first() or SessionFactory(cohort=cohort)
    seat(cohort)
    still = make_plan(officer, purpose="change", cohort=[str(cohort.pk)])
    assert "tidak berubah dalam 30 hari" in " ".join(texts.problems_of(still, EMAIL))
    before = format_moment(session.starts_at)

    moved_to = session.starts_at + timedelta(days=1)
    changes.move_session(
        session,
        starts_at=moved_to,
        ends_at=session.ends_at + timedelta(days=1),
        venue=session.venue,
        link=session.link,
        by=officer,
        now=now,
    )

    shown = texts.frame_of(still, EMAIL)
    assert shown.problems == []
    assert f"semula {before}, menjadi {format_moment(moved_to)}" in shown.text
    assert "Foto Produk" in shown.subject
    several = plans.change_plan(
        still,
        actor=officer,
        now=now,
        audience={"cohort": {"values": [str(cohort.pk), str(CohortFactory().pk)]}},
    )
    assert "tepat satu gelombang" in " ".join(texts.problems_of(several, EMAIL))

    one = make_plan(officer, purpose="change", cohort=[str(cohort.pk)])
    campaign = launching.send(one, actor=officer, revision=one.revision, now=now)
    told = kinds.get(campaign.kind).shared_context(campaign)
    assert f"semula {before}" in told["perubahan"]
    assert (campaign.audience_count, told["judul"]) == (1, "Foto Produk")
