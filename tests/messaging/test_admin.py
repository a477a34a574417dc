"""Campaigns in the staff pages: watched, paused, resumed, cancelled, retried, resolved."""

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.factories import CampaignFactory, CohortFactory, DeliveryFactory, ParticipantFactory
from tests.staff import answers, make_user
from umkm_portal.messaging.accounts import default_account
from umkm_portal.messaging.models import (
    Campaign,
    Delivery,
    DeliveryBatch,
    Exclusion,
    SendingAccount,
)
from umkm_portal.messaging.operations import tallies

pytestmark = pytest.mark.django_db
CAMPAIGNS = reverse("admin:messaging_campaign_changelist")
State = Delivery.State


@pytest.fixture
def head(client):
    client.user = make_user("head")
    client.force_login(client.user)
    return client


def page(campaign):
    return reverse("admin:messaging_campaign_change", args=[campaign.pk])


def press(client, campaign, button):
    address = reverse("admin:messaging_campaign_press", args=[campaign.pk, button])
    response = client.post(address, follow=True)
    campaign.refresh_from_db()
    return response.content.decode()


def running(*states, **facts):
    """A running campaign about a cohort with one delivery in each state, in one batch."""
    campaign = CampaignFactory(
        state=Campaign.State.RUNNING,
        subject_id=CohortFactory().pk,
        audience_count=len(states),
        expanded_to=len(states),
        **facts,
    )
    people = ParticipantFactory.create_batch(len(states))
    for person, state in zip(people, states, strict=True):
        DeliveryFactory(campaign=campaign, recipient_key=person.pk, state=state, batch_number=1)
    DeliveryBatch.objects.create(
        campaign=campaign,
        number=1,
        channel="email",
        account=default_account("email"),
        size=len(states),
        **{state: states.count(state) for state in set(states)},
    )
    return campaign


def test_campaigns_are_for_roles_that_send(client):
    campaign = running(State.ACCEPTED)
    expected = {
        "anonymous": 302,
        "owner": 404,
        "partner": 404,
        "roleless": 403,
        "auditor": 200,
        "city": 200,
        "head": 200,
        "superuser": 200,
    }

    assert answers(client, CAMPAIGNS) == expected
    assert answers(client, page(campaign)) == expected
    assert answers(client, page(campaign).replace("change", "kemajuan")) == expected


@pytest.mark.parametrize("count", [1, 3])
def test_campaign_list_asks_a_constant_number_of_queries(head, count, django_assert_num_queries):
    for _ in range(count):
        running(State.ACCEPTED)

    with django_assert_num_queries(11):
        head.get(CAMPAIGNS)


@pytest.mark.parametrize("count", [1, 3])
def test_campaign_page_asks_a_constant_number_of_queries(head, count, django_assert_num_queries):
    campaign = running(*[State.ACCEPTED] * count)

    with django_assert_num_queries(24):
        head.get(page(campaign))


def test_page_shows_figures_people_and_the_working_process(head):
    campaign = running(State.ACCEPTED, State.ACCEPTED, State.PENDING)
    campaign.batches.update(
        worker="4711", lease_until=timezone.now() + timezone.timedelta(seconds=30)
    )

    found = head.get(page(campaign))

    text = found.content.decode()
    assert "Diterima server: <b>2</b>" in text
    assert "Menunggu: <b>1</b>" in text
    assert '<span class="st-pid">4711</span>' in text
    assert all(person for _, person, _ in found.context["rows"])


def test_fragment_follows_the_rows_and_says_when_it_is_final(head):
    campaign = running(State.ACCEPTED)
    address = reverse("admin:messaging_campaign_progress", args=[campaign.pk])

    live = head.get(address).content.decode()
    Campaign.objects.filter(pk=campaign.pk).update(state=Campaign.State.DONE)
    final = head.get(address).content.decode()

    assert "data-final" not in live
    assert "data-final" in final
    assert "<html" not in final


def test_fragment_says_how_far_a_campaign_is_prepared(head):
    campaign = CampaignFactory(state=Campaign.State.EXPANDING, audience_count=3000)
    for number, first, last in ((1, 1, 2000), (2, 2001, 3000)):
        campaign.slices.create(number=number, first=first, last=last)
    campaign.slices.filter(number=1).update(done_at=timezone.now())
    address = reverse("admin:messaging_campaign_progress", args=[campaign.pk])

    prepares = head.get(address).content.decode()
    campaign.slices.all().delete()
    Campaign.objects.update(state=Campaign.State.RUNNING, expanded_to=3000)

    assert "Menyiapkan pesan: 2.000 dari 3.000 orang" in prepares
    assert "Menyiapkan pesan" not in head.get(address).content.decode()


def test_page_tells_the_pace_the_rest_and_why_messages_failed(head):
    campaign = running(*[State.PENDING] * 3, *[State.FAILED_PERMANENT] * 2)
    account = default_account("email")
    SendingAccount.objects.update(
        rate_per_second=0.01, opens_at="00:00", closes_at="23:59:59", works_on_holidays=True
    )
    assert "Laju akunnya belum terukur" in head.get(page(campaign)).content.decode()
    minute = timezone.now().replace(second=0, microsecond=0) - timezone.timedelta(minutes=1)
    tallies.add(account.pk, {("accepted", ""): 1_250 * 5}, now=minute)
    campaign.deliveries.filter(state=State.FAILED_PERMANENT).update(error="550 <a@b.example> no")

    text = head.get(page(campaign)).content.decode()

    assert "Sisa <b>3</b> pesan selesai paling cepat dalam" in text
    assert "1.250 pesan per menit" in text
    assert "550 … no</a> (2)" in text
    press(head, campaign, "jeda")
    assert "paling cepat dalam" not in head.get(page(campaign)).content.decode()


def test_people_can_be_filtered_by_state(head):
    campaign = running(State.ACCEPTED, State.FAILED_PERMANENT)

    rows = head.get(page(campaign), {"status": "failed_permanent"}).context["rows"]

    assert [row.state for row, *_ in rows] == [State.FAILED_PERMANENT]


def test_pause_resume_and_cancel(head):
    campaign = running(State.ACCEPTED, State.PENDING)

    assert "Kampanye dijeda" in press(head, campaign, "jeda")
    assert campaign.state == Campaign.State.PAUSED
    assert head.user.full_name in campaign.pause_reason
    press(head, campaign, "lanjutkan")
    assert campaign.state == Campaign.State.RUNNING
    press(head, campaign, "batalkan")
    assert campaign.state == Campaign.State.CANCELLED
    assert set(campaign.deliveries.values_list("state", flat=True)) == {
        State.ACCEPTED,
        State.CANCELLED,
    }


def test_failed_messages_are_tried_again(head):
    campaign = running(State.FAILED_PERMANENT, State.ACCEPTED)

    assert "1 pesan dicoba lagi" in press(head, campaign, "ulangi-gagal")

    assert sorted(campaign.deliveries.values_list("state", flat=True)) == ["accepted", "pending"]


def test_a_button_that_makes_no_sense_is_refused_with_a_sentence(head):
    campaign = CampaignFactory(state=Campaign.State.DONE)

    assert "tidak dapat diubah" in press(head, campaign, "jeda")
    assert campaign.state == Campaign.State.DONE


def test_an_unknown_button_is_not_found_and_get_changes_nothing(head):
    campaign = running(State.PENDING)
    address = reverse("admin:messaging_campaign_press", args=[campaign.pk, "jeda"])

    assert head.get(address).status_code == 405
    assert head.post(address.replace("jeda", "hapus")).status_code == 404
    campaign.refresh_from_db()
    assert campaign.state == Campaign.State.RUNNING


def test_an_auditor_sees_no_buttons_and_may_press_none(client):
    campaign = running(State.PENDING, State.UNCERTAIN)
    client.force_login(make_user("auditor"))

    text = client.get(page(campaign)).content.decode()
    pressed = client.post(reverse("admin:messaging_campaign_press", args=[campaign.pk, "jeda"]))

    assert "tombol" not in text
    assert "Sudah terkirim" not in text
    assert pressed.status_code == 403


def test_an_uncertain_message_is_resolved_by_staff(head):
    campaign = running(State.UNCERTAIN)
    delivery = campaign.deliveries.get()
    address = reverse("admin:messaging_campaign_resolve", args=[campaign.pk, delivery.pk])

    head.post(address, {"state": "accepted"})

    delivery.refresh_from_db()
    assert (delivery.state, delivery.events.get().actor) == (State.ACCEPTED, head.user)


def test_a_message_that_is_certain_stays_as_it_is(head):
    campaign = running(State.ACCEPTED)
    delivery = campaign.deliveries.get()
    address = reverse("admin:messaging_campaign_resolve", args=[campaign.pk, delivery.pk])

    found = head.post(address, {"state": "failed_permanent"}, follow=True)

    assert "sudah pasti" in found.content.decode()
    delivery.refresh_from_db()
    assert delivery.state == State.ACCEPTED


def test_a_message_of_another_campaign_is_not_found(head):
    campaign, other = running(State.UNCERTAIN), running(State.UNCERTAIN)
    address = reverse(
        "admin:messaging_campaign_resolve", args=[campaign.pk, other.deliveries.get().pk]
    )

    assert head.post(address, {"state": "accepted"}).status_code == 404


def test_exclusions_are_told_by_reason_with_names_also_after_their_rows_went(head):
    campaign = running(State.ACCEPTED)
    campaign.options = {"exclusions": {"not_willing": 7, "no_channel": 1}}
    campaign.save()
    person = ParticipantFactory(full_name="Tanpa Alamat")
    Exclusion.objects.create(campaign=campaign, recipient_key=person.pk, reason="no_channel")

    found = head.get(page(campaign)).context["exclusions"]

    assert [(reason, count, [p.name for p in people]) for reason, count, people in found] == [
        ("Belum bersedia dilatih", 7, []),
        ("Tidak ada alamat yang bisa dikirimi; ada di daftar cetak", 1, ["Tanpa Alamat"]),
    ]


def test_machine_rows_cannot_be_added_changed_or_deleted(head):
    campaign = running(State.ACCEPTED)

    assert head.post(page(campaign), {"title": "lain"}).status_code in (200, 405)
    assert head.post(page(campaign).replace("change", "delete")).status_code == 403
    campaign.refresh_from_db()
    assert campaign.title != "lain"
