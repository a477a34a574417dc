"""Invitations by WhatsApp from the page to the seat, and on to the next channel."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from participants.consents import has_consent
from participants.models import Consent
from tests.factories import CohortFactory, ParticipantFactory
from tests.messaging import scenes
from tests.providers.whatsapp import WhatsAppServer
from tests.sink import RunningSink
from tests.staff import make_user
from tests.trainings.scenes import willing
from trainings import invariants, messages
from trainings.models import Enrolment, InvitationRound
from trainings.services import advance, answers, printed, rounds
from umkm_portal.messaging import invariants as of_messaging
from umkm_portal.messaging import ledger, services
from umkm_portal.messaging.models import (
    ChannelOrder,
    Delivery,
    Fallover,
    Reply,
    SendingAccount,
    Suppression,
    WebhookEvent,
    WhatsAppTemplate,
)
from umkm_portal.messaging.services import Route, fallover
from umkm_portal.messaging.services.outbox import work_everything
from umkm_portal.messaging.webhooks import processing

pytestmark = pytest.mark.django_db
BODY = "Yth. {{1}}, Anda diundang ke {{2}} pada {{3}}. Jawab di {{4}} atau balas YA."
WORDS = ["nama", "judul", "tanggal", "tautan"]


class CloudApi(WhatsAppServer):
    """With names of messages as long as the real ones: shorter ones are not looked for."""

    def take(self, path, headers, body):
        status, answer = super().take(path, headers, body)
        for message in answer.get("messages", ()):
            message["id"] = f"wamid.HBgNNjI4MTIw{message['id'].removeprefix('wamid.'):0>8}"
        return status, answer


@pytest.fixture
def channels(settings, tmp_path):
    """The Cloud API and an SMTP server on loopback, one approved text for invitations."""
    settings.DEMO, settings.BULK_PER_WEEK = False, 0
    settings.WHATSAPP_APP_SECRET = "rahasia-aplikasi"
    (tmp_path / "sink.log").touch()
    with CloudApi() as server, RunningSink(tmp_path / "sink.log") as sink:
        settings.EMAIL_URL = sink.url
        server.approve("undangan", BODY)
        settings.WHATSAPP_BASE_URL = f"{server.url}/v23.0"
        settings.WHATSAPP_TOKEN, settings.WHATSAPP_PHONE_ID = server.token, server.phone_id
        settings.WHATSAPP_CODE_TEMPLATE, settings.WHATSAPP_BUSINESS_ID = "kode", "777"
        account = scenes.let_fly("whatsapp")
        scenes.let_fly("email")
        server.row = approve(account)
        yield server


def approve(account, **facts):
    return WhatsAppTemplate.objects.create(
        account=account,
        name="undangan",
        kind=messages.INVITATION.name,
        category="marketing",
        body=BODY,
        parameter_count=4,
        parameters=WORDS,
        state=WhatsAppTemplate.State.APPROVED,
        **facts,
    )


def page(name, cohort):
    return f"/admin/trainings/cohort/{cohort.pk}/{name}/"


def approve_on_page(cohort, *channels, **facts):
    officer = Client()
    officer.force_login(make_user("head"))
    data = {"pilih_saluran": "1", "saluran": channels, "pertama": channels[0], "any_hour": "on"}
    response = officer.post(page("undang/setujui", cohort), data | facts)
    assert response.status_code == 302, response.content.decode()
    return cohort.rounds.select_related("campaign").order_by("-number").first()


def by_channel(opened):
    rows = Delivery.objects.filter(campaign=opened.campaign).order_by("pk")
    return list(rows.values_list("channel", "state"))


def reply(server, person, text, *, key, to=None):
    """What her phone sends, signed over its raw bytes as WhatsApp signs it."""
    sent = {"from": person.phone[1:], "id": key, "type": "text", "text": {"body": text}}
    sent["timestamp"] = str(int(timezone.now().timestamp()))
    if to:
        sent["context"] = {"id": to}
    raw = server.envelope(messages=[sent])
    answer = Client().post(
        "/webhooks/whatsapp/",
        raw,
        content_type="application/json",
        headers={"X-Hub-Signature-256": server.sign(raw)["X-Hub-Signature-256"]},
    )
    assert answer.status_code == 200
    processing.work_events()
    assert not WebhookEvent.objects.exclude(state="done").exists()


def sound():
    assert invariants.violations() + of_messaging.violations() == []


def test_a_round_of_the_page_leaves_by_whatsapp_and_yes_no_and_stop_land_on_it(channels):
    server, cohort = channels, CohortFactory(seats=3, people_per_seat=1)
    yes, no, stop = (willing(email="") for _ in range(3))
    other = CohortFactory(seats=3, people_per_seat=1)

    opened = approve_on_page(cohort, "whatsapp", "email")
    work_everything()
    later = approve_on_page(other, "whatsapp")
    work_everything()

    assert by_channel(opened) == 3 * [("whatsapp", "accepted")]
    assert sorted(server.numbers()[:3]) == sorted(p.phone[1:] for p in (yes, no, stop))
    words = server.accepted[0]["template"]["components"][0]["parameters"]
    assert words[1]["text"] == cohort.training.title
    assert "/u/" in words[3]["text"]

    refs = dict(opened.the_campaign.deliveries.values_list("recipient_key", "provider_ref"))
    reply(server, yes, "YA", key="wamid.in.1", to=refs[yes.pk])
    reply(server, no, "Tidak", key="wamid.in.2", to=refs[no.pk])
    reply(server, stop, "STOP", key="wamid.in.3", to=refs[stop.pk])

    states = {e.participant_id: e.state for e in opened.enrolments.all()}
    assert states == {yes.pk: "confirmed", no.pk: "declined", stop.pk: "invited"}
    assert set(later.enrolments.values_list("state", flat=True)) == {"invited"}
    assert opened.enrolments.get(participant=yes).answer_via == answers.VIA_WHATSAPP
    assert set(Reply.objects.values_list("word", "state")) == {
        ("yes", "recorded"),
        ("no", "recorded"),
        ("stop", "recorded"),
    }
    assert not has_consent(stop, Consent.Purpose.WHATSAPP)
    third = rounds.plan_round(
        CohortFactory(), route=Route(("whatsapp", "email")), now=timezone.now()
    )
    assert third.excluded_by_reason["opted_out"] == 1
    sound()


def test_failure_leads_to_email_once_and_uncertain_answered_or_closed_to_nothing(channels):
    server, cohort = channels, CohortFactory(seats=6, people_per_seat=1)
    lost, unsure, answered, late = (willing() for _ in range(4))
    only_mail, nowhere = ParticipantFactory(), ParticipantFactory(email="")
    server.unknown = {lost.phone[1:]}

    opened = approve_on_page(cohort, "whatsapp", "email")
    counts = opened.the_campaign.audience.values_list("recipient_key", "channel")
    assert dict(counts) == {
        **dict.fromkeys((lost.pk, unsure.pk, answered.pk, late.pk), "whatsapp"),
        only_mail.pk: "email",
    }
    assert list(opened.the_campaign.exclusions.values_list("recipient_key", "reason")) == [
        (nowhere.pk, "no_channel")
    ]
    work_everything()
    rows = opened.the_campaign.deliveries
    assert list(
        rows.filter(recipient_key=lost.pk).order_by("pk").values_list("channel", "state")
    ) == [
        ("whatsapp", "failed_permanent"),
        ("email", "accepted"),
    ]
    untold = printed.untold(Enrolment.objects.filter(round=opened))
    assert list(untold.values_list("participant_id", flat=True)) == [nowhere.pk]

    now = timezone.now()
    answers.accept(opened.enrolments.get(participant=answered), now=now, via="tautan")
    for person, state in ((unsure, "uncertain"), (answered, "failed_permanent")):
        _becomes(rows.get(recipient_key=person.pk), state)
    assert fallover.fall_over_all(now=now) == 0
    assert Fallover.objects.get(delivery__recipient_key=answered.pk).successor is None

    InvitationRound.objects.filter(pk=opened.pk).update(closed_at=now)
    _becomes(rows.get(recipient_key=late.pk), "failed_permanent")
    assert fallover.fall_over_all(now=now) == 0
    assert rows.count() == 6
    sound()


def _becomes(delivery, state):
    ledger.move([delivery.pk], to=state, from_states=["accepted"], now=timezone.now(), error="")


def test_the_next_round_keeps_channels_account_and_text_and_leaves_out_what_is_shut(channels):
    server, cohort = channels, CohortFactory(seats=1, people_per_seat=1)
    second = SendingAccount.objects.create(
        channel="whatsapp", name="Nomor dua", is_default=False, secret="kunci", sender="555"
    )
    people = [willing() for _ in range(3)]
    facts = {"akun_whatsapp": str(second.pk), "templat": str(server.row.pk)}

    first = approve_on_page(cohort, "whatsapp", "email", **facts)
    now = timezone.now()
    work_everything()
    assert first.the_campaign.batches.get().account == second
    _decline_all(first)
    advance.advance_cohort(cohort.pk, now=now + timedelta(minutes=1))
    next_one = cohort.rounds.get(number=2)
    server.row.state = WhatsAppTemplate.State.PAUSED
    server.row.save()
    _decline_all(next_one)
    advance.advance_cohort(cohort.pk, now=now + timedelta(minutes=2))
    last = cohort.rounds.get(number=3)

    kept = Route(("whatsapp", "email"), {"whatsapp": second.pk}, server.row.pk)
    assert services.route_of(next_one.the_campaign) == services.route_of(last.the_campaign) == kept
    assert next_one.the_campaign.channels == ["whatsapp", "email"]
    assert next_one.the_campaign.whatsapp_template == server.row
    assert last.the_campaign.channels == ["email"]
    assert Enrolment.objects.filter(participant__in=people, cohort=cohort).count() == 3


def _decline_all(opened):
    for enrolment in opened.enrolments.all():
        answers.decline(enrolment, reason="", now=timezone.now(), via="tautan")


def test_the_page_says_which_channel_is_not_ready_what_each_costs_and_refuses_it(channels):
    cohort = CohortFactory(seats=3, people_per_seat=1)
    first, second = willing(), ParticipantFactory()
    ChannelOrder.objects.create(recipient_key=first.pk, channels=["whatsapp"])
    officer = Client()
    officer.force_login(make_user("head"))

    usual = officer.get(page("undang", cohort))

    found = {c["state"].channel: c for c in usual.context["channels"]}
    assert [name for name, c in found.items() if c["is_ticked"]] == ["email", "whatsapp"]
    assert found["sms"]["state"].obstacle.startswith("Saluran SMS mati")
    assert "Belum siap. Saluran SMS mati" in usual.content.decode()
    assert usual.context["plan"].by_channel == {"email": 1, "whatsapp": 1}
    costs = {
        row.channel: (row.people, int(row.cost), row.days) for row in usual.context["estimates"]
    }
    assert costs == {"email": (1, 0, 1), "whatsapp": (1, 657, 1)}

    sms = {"pilih_saluran": "1", "saluran": ["sms"], "pertama": "sms"}
    refused = officer.post(page("undang/setujui", cohort), sms)
    nothing = officer.post(page("undang/setujui", cohort), {"pilih_saluran": "1"})
    assert (refused.status_code, nothing.status_code) == (422, 422)
    assert "Saluran SMS mati" in refused.content.decode()
    assert "Pilih paling sedikit satu saluran." in nothing.content.decode()
    assert not cohort.rounds.exists()

    WhatsAppTemplate.objects.update(state=WhatsAppTemplate.State.PAUSED)
    without_text = rounds.plan_round(cohort, now=timezone.now())
    assert without_text.route == Route(("email",))
    services.suppress(
        channel="email",
        address=second.email,
        purpose=messages.INVITATION.name,
        reason=Suppression.Reason.OPT_OUT,
        now=timezone.now(),
    )
    stopped = rounds.plan_round(cohort, now=timezone.now())
    assert stopped.excluded_by_reason == {"opted_out": 1}
