"""An officer of one city sees a campaign of several in numbers, and of her own people the names."""

from io import BytesIO

import pytest
from django.urls import reverse
from django.utils import timezone
from python_calamine import CalamineWorkbook

from participants import timeline
from tests.factories import (
    CohortFactory,
    MembershipFactory,
    ParticipantFactory,
    RegionFactory,
    UserFactory,
)
from tests.messaging.desk.scenes import make_plan
from tests.messaging.test_admin import running
from tests.staff import make_user
from tests.trainings.scenes import invite
from umkm_portal.accounts.models import Membership
from umkm_portal.messaging import invariants
from umkm_portal.messaging.models import (
    Campaign,
    CampaignPlan,
    Delivery,
    DeliveryEvent,
    Exclusion,
    Reply,
    Suppression,
)
from umkm_portal.regions.models import Region

pytestmark = pytest.mark.django_db
State = Delivery.State
LISTS = {
    "gagal": State.FAILED_PERMANENT,
    "belum-pasti": State.UNCERTAIN,
    "tidak-dikirim": State.SUPPRESSED,
}


class Place:
    """One city with an officer, a district officer below her, and its people."""

    def __init__(self, code, name):
        self.city = RegionFactory(code=code, level=Region.Level.CITY)
        village = RegionFactory(code=f"{code}.01.1001")
        self.officer = self._member(Membership.Role.CITY_OFFICE)
        self.district = self._member(Membership.Role.DISTRICT)
        number = code[-2:]
        self.people = [
            ParticipantFactory(
                full_name=f"{name} {n}",
                region=village,
                email=f"{name.lower()}{n}@contoh.example",
                phone=f"+6281200{number}000{n}",
            )
            for n in range(4)
        ]

    def _member(self, role):
        user = UserFactory(is_staff=True)
        return MembershipFactory(user=user, role=role, region=self.city).user


@pytest.fixture
def places():
    return Place("31.74", "Selatan"), Place("31.75", "Timur")


@pytest.fixture
def campaign(places):
    """To the people of both cities: one of each list."""
    campaign = running(*[state for state in LISTS.values() for _ in places])
    rows = list(campaign.deliveries.order_by("pk"))
    for number, row in enumerate(rows):
        person = places[number % 2].people[number // 2]
        row.recipient_key, row.address = person.pk, person.email
        row.save(update_fields=["recipient_key", "address"])
    for place in places:
        left_out = place.people[3]
        Exclusion.objects.create(campaign=campaign, recipient_key=left_out.pk, reason="no_channel")
    Campaign.objects.filter(pk=campaign.pk).update(excluded_count=2)
    return campaign


def list_of(campaign, name, address="list"):
    suffix = "" if address == "list" else f"_{address}"
    return reverse(f"admin:messaging_campaign_list{suffix}", args=[campaign.pk, name])


def message_of(campaign, person):
    row = campaign.deliveries.get(recipient_key=person.pk)
    return reverse("admin:messaging_campaign_message", args=[campaign.pk, row.pk])


def hand_over(campaign, officer):
    """Make the campaign one of her desk."""
    CampaignPlan.objects.create(
        campaign=campaign,
        purpose="announcement",
        organisation=officer.memberships.get().organisation,
    )


def texts(client, officer, *addresses):
    client.force_login(officer)
    return [client.get(address).content.decode() for address in addresses]


def test_names_are_of_her_city_and_numbers_of_all(client, campaign, places):
    south, east = places
    change = reverse("admin:messaging_campaign_change", args=[campaign.pk])
    pages = [change, *[list_of(campaign, name) for name in (*LISTS, "dikecualikan")]]

    for mine, others in ((south, east), (east, south)):
        for body in texts(client, mine.officer, *pages):
            assert mine.people[0].full_name.split()[0] in body
            assert others.people[0].full_name.split()[0] not in body
            assert "wilayah Anda" in body
            assert "Tidak masuk daftar kirim <b>2</b>" in body
        for place, status in ((mine, 200), (others, 404)):
            assert client.get(message_of(campaign, place.people[0])).status_code == status
    for body in texts(client, make_user("auditor"), *pages):
        assert "Selatan" in body
        assert "Timur" in body
        assert "wilayah Anda" not in body


def test_lists_and_messages_are_nothing_for_strangers(client, campaign, places):
    pages = [list_of(campaign, "gagal"), message_of(campaign, places[0].people[0])]
    trainer = UserFactory(is_staff=True)
    MembershipFactory(user=trainer, role=Membership.Role.TRAINER)

    found = {}
    for kind in ("owner", "partner"):
        client.force_login(make_user(kind))
        found[kind] = {client.get(page).status_code for page in pages}
    for kind, user in (("trainer", trainer), ("district", places[0].district)):
        client.force_login(user)
        found[kind] = {client.get(page).status_code for page in pages}

    assert found == {"owner": {404}, "partner": {404}, "trainer": {403}, "district": {403}}


def test_she_acts_on_her_own_people_and_takes_only_them_along(client, campaign, places):
    south, east = places
    hand_over(campaign, south.officer)
    client.force_login(south.officer)
    unsure = {p: campaign.deliveries.get(recipient_key=p.people[1].pk) for p in places}
    failed = {p: campaign.deliveries.get(recipient_key=p.people[0].pk) for p in places}

    def act(name, **data):
        client.post(list_of(campaign, name, "act"), data)

    def states(rows):
        return [Delivery.objects.get(pk=rows[place].pk).state for place in places]

    file = client.post(list_of(campaign, "gagal", "file"), {"jenis": "xlsx"})
    table = CalamineWorkbook.from_filelike(BytesIO(b"".join(file.streaming_content)))
    act("gagal", pilih=[failed[east].pk])
    assert states(failed) == ["failed_permanent", "failed_permanent"]
    act("gagal", semua="1")
    assert states(failed) == ["pending", "failed_permanent"]
    act("belum-pasti", pilih=[unsure[east].pk], yakin="ya", state="accepted")
    assert states(unsure) == ["uncertain", "uncertain"]
    act("belum-pasti", semua="1", yakin="ya", state="accepted")
    assert states(unsure) == ["accepted", "uncertain"]
    resolve = reverse("admin:messaging_campaign_resolve", args=[campaign.pk, unsure[east].pk])

    assert client.post(resolve, {"state": "accepted"}).status_code == 404
    assert [row[0] for row in table.get_sheet_by_index(0).to_python()] == ["Nama", "Selatan 0"]
    assert DeliveryEvent.objects.filter(actor=south.officer).count() == 1
    client.force_login(east.officer)
    assert client.post(list_of(campaign, "gagal", "act"), {"semua": "1"}).status_code == 403
    assert [one for one in invariants.violations() if "audience" not in str(one)] == []


def test_button_for_all_failed_ones_takes_her_own(client, campaign, places):
    hand_over(campaign, places[0].officer)
    client.force_login(places[0].officer)

    client.post(reverse("admin:messaging_campaign_press", args=[campaign.pk, "ulangi-gagal"]))

    rows = [campaign.deliveries.get(recipient_key=p.people[0].pk) for p in places]
    assert [row.state for row in rows] == ["pending", "failed_permanent"]


def test_stopped_addresses_replies_and_answers_are_of_her_people(client, places):
    south, _ = places
    stopped = [
        Suppression.objects.create(channel=channel, address=address, reason="opt_out")
        for place in places
        for channel, address in (
            ("email", place.people[0].email.lower()),
            ("whatsapp", place.people[1].phone),
        )
    ]
    inbox = [
        Reply.objects.create(
            channel="whatsapp",
            key=place.city.code,
            address=place.people[0].phone,
            text="ikut",
            word="unclear",
            region=place.people[0].region,
        )
        for place in places
    ]
    cohort = CohortFactory()
    asked = [invite(cohort, place.people[0]) for place in places]
    client.force_login(south.officer)

    def status(name, row):
        return client.get(reverse(f"admin:messaging_{name}_change", args=[row.pk])).status_code

    listed = client.get(reverse("admin:messaging_suppression_changelist")).content.decode()
    record = reverse("admin:messaging_reply_record", args=[inbox[0].pk])
    data = {"kind": "invitation", "word": "yes"}
    client.post(record, data | {"subject": asked[1].pk})

    assert [status("suppression", row) for row in stopped] == [200, 200, 404, 404]
    assert "s***@contoh.example" in listed
    assert "t***@contoh.example" not in listed
    assert [status("reply", row) for row in inbox] == [200, 404]
    assert Reply.objects.waiting().count() == 2
    client.post(record, data | {"subject": asked[0].pk})
    asked[0].refresh_from_db()
    assert asked[0].state == "confirmed"


def test_a_number_in_two_cities_names_only_her_people(client, places):
    south, east = places
    for place in places:
        place.people[0].phone = "+6281299990000"
        place.people[0].save(update_fields=["phone"])
    reply = Reply.objects.create(
        channel="whatsapp",
        key="wamid.1",
        address="+6281299990000",
        text="ikut",
        word="unclear",
        region=south.people[0].region,
    )

    (body,) = texts(client, south.officer, reverse("admin:messaging_reply_change", args=[reply.pk]))

    assert south.people[0].full_name in body
    assert east.people[0].full_name not in body


def test_lines_of_a_person_lead_where_the_reader_may_go(campaign, places):
    person, now = places[0].people[2], timezone.now()
    campaign.deliveries.filter(recipient_key=person.pk).update(error="opt_out", changed_at=now)

    links = {}
    for user in (places[0].officer, places[0].district):
        (line,) = [m for m in timeline.of(person, user=user) if m.title.startswith("Pesan: ")]
        links[user] = bool(line.link)
        assert "Berhenti menerima" in line.detail

    assert links == {places[0].officer: True, places[0].district: False}


def test_samples_of_a_draft_are_names_of_whoever_looks(client, places):
    plan = make_plan(make_user("head"), segment=["*semua"])
    CampaignPlan.objects.filter(pk=plan.pk).update(
        organisation=places[0].officer.memberships.get().organisation
    )

    (body,) = texts(
        client,
        places[0].officer,
        reverse("admin:messaging_campaign_desk", args=[plan.campaign_id, "penerima"]),
    )

    assert '<dd id="reached-count">8</dd>' in body
    assert "Selatan 0" in body
    assert "Timur 0" not in body


@pytest.mark.parametrize("count", [1, 3])
def test_a_list_of_one_city_costs_the_same_for_one_and_three(
    client, places, count, django_assert_num_queries
):
    campaign = running(*[State.FAILED_PERMANENT] * count)
    for row, person in zip(campaign.deliveries.all(), places[0].people, strict=False):
        Delivery.objects.filter(pk=row.pk).update(recipient_key=person.pk)
    client.force_login(places[0].officer)
    client.get(list_of(campaign, "gagal"))

    with django_assert_num_queries(21):
        body = client.get(list_of(campaign, "gagal")).content.decode()

    assert body.count('data-label="Penerima"') == count
