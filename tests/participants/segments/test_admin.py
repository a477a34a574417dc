import io

import openpyxl
import pytest
from django.urls import reverse

from participants.models import Segment
from tests.factories import (
    InvitationRoundFactory,
    ParticipantFactory,
    RegionFactory,
    SectorFactory,
    SegmentFactory,
)
from tests.staff import answers, make_user
from umkm_portal.regions.models import Region

pytestmark = pytest.mark.django_db
LIST = reverse("admin:participants_segment_changelist")
ADD = reverse("admin:participants_segment_add")
COUNT = reverse("admin:participants_segment_count")


def page_of(segment):
    return reverse("admin:participants_segment_change", args=[segment.pk])


@pytest.fixture
def head(client):
    user = make_user("head")
    client.force_login(user)
    client.user = user
    return client


def test_segments_are_for_staff(client):
    assert answers(client, ADD) == {
        **dict.fromkeys(("owner", "partner"), 404),
        **{"anonymous": 302, "roleless": 403, "auditor": 403},
        **dict.fromkeys(("city", "head", "superuser"), 200),
    }


@pytest.mark.parametrize("count", [1, 3])
def test_list_and_form_ask_a_constant_number_of_queries(head, count, django_assert_num_queries):
    segments = SegmentFactory.create_batch(count)
    ParticipantFactory.create_batch(count)

    with django_assert_num_queries(9):
        head.get(LIST)
    with django_assert_num_queries(26):
        head.get(page_of(segments[0]))


def test_a_segment_is_counted_without_script_then_saved_and_deleted(head):
    city = Region.objects.create(
        code="31.74", name="Selatan", short_name="Jakarta Selatan", level="city"
    )
    here = ParticipantFactory(region=RegionFactory(code="31.74.01.1001"), phone="+6281234567890")
    ParticipantFactory(region=RegionFactory(code="31.71.01.1001"))
    rules = {"wilayah": [city.code], "aktif": "ya"}

    counted = head.post(ADD, {**rules, "name": "Selatan", "hitung": "ya"})
    saved = head.post(ADD, {**rules, "name": "Selatan", "simpan": "ya"})

    assert counted.context["count"] == 1
    page = counted.content.decode()
    assert here.full_name in page
    assert "81234567890" not in page.replace("-", "")
    segment = Segment.objects.get()
    assert (segment.rules, segment.people_count, segment.owner) == (rules, 1, head.user)
    assert saved.url == page_of(segment)
    assert f'value="{city.code}" checked' in head.get(page_of(segment)).content.decode()
    head.post(reverse("admin:participants_segment_delete", args=[segment.pk]), {"post": "yes"})
    assert not Segment.objects.exists()


def test_nobody_left_names_the_rule_that_cuts_most(head):
    SectorFactory(slug="kriya", name="Kriya")
    ParticipantFactory()

    page = head.post(COUNT, {"aktif": "ya", "sektor": ["kriya"]}).content.decode()

    assert "Yang paling membatasi: <b>Sektor</b>" in page


def test_wrong_input_is_named_and_counts_nobody(head):
    ParticipantFactory()

    response = head.post(ADD, {"usia_dari": "tua", "name": "x", "simpan": "ya"})

    assert response.status_code == 422
    assert "Usia mulai" in response.context["refusal"]
    assert not Segment.objects.exists()


def test_a_segment_in_use_is_not_deleted(head):
    segment = SegmentFactory()
    InvitationRoundFactory(segment=segment.slug)
    address = reverse("admin:participants_segment_delete", args=[segment.pk])

    page = head.post(address, {"post": "yes"}, follow=True).content.decode()

    assert "tidak bisa dihapus" in page
    assert Segment.objects.filter(pk=segment.pk).exists()


def test_another_office_sees_neither_the_segment_nor_its_people(client):
    mine = ParticipantFactory(region=RegionFactory(code="31.74.01.1001"))
    other = ParticipantFactory(region=RegionFactory(code="31.71.01.1001"))
    segment = SegmentFactory()
    city = make_user("city")
    client.force_login(city)

    shown = client.post(COUNT, {"aktif": "ya"})
    people = client.get(reverse("admin:participants_participant_changelist"), {"aktif": "aktif"})

    assert (shown.context["count"], [s.pk for s in shown.context["samples"]]) == (1, [mine.pk])
    assert other.full_name not in people.content.decode()
    assert client.get(page_of(segment)).status_code in (302, 404)
    assert segment.name not in client.get(LIST).content.decode()


def test_the_list_of_people_has_segments_as_tabs_and_becomes_one(head):
    segment = SegmentFactory(name="Yang bersedia", rules={"bersedia": "ya"}, people_count=5)
    willing, other = ParticipantFactory(), ParticipantFactory(is_willing=False)
    people = reverse("admin:participants_participant_changelist")

    tab = head.get(people, {"segmen": segment.slug})
    filtered = head.get(people, {"aktif": "siap", "track__exact": "scaling_up"})
    broken = head.get(people, {"segmen": "tidak-ada"})

    assert [p.pk for p in tab.context["cl"].result_list] == [willing.pk]
    assert "Yang bersedia <small>5</small>" in tab.content.decode()
    assert "?aktif=ya&amp;bersedia=ya&amp;jalur=scaling_up" in filtered.content.decode()
    assert list(broken.context["cl"].result_list) == []
    assert other.pk


def test_split_by_kecamatan_is_printed_and_taken_along(head):
    Region.objects.create(code="31.74.01", name="Tebet", short_name="Tebet", level="district")
    place = RegionFactory(code="31.74.01.1001")
    ParticipantFactory.create_batch(3, region=place)
    hidden = ParticipantFactory(full_name="Sitirahma", region=None)
    segment = SegmentFactory(name="Semua", slug="semua")
    page = reverse("admin:participants_segment_split", args=[segment.pk])

    shown = " ".join(head.get(page).content.decode().split())
    file = head.get(reverse("admin:participants_segment_split_file", args=[segment.pk]))

    assert page in head.get(page_of(segment)).content.decode()
    assert "Sebaran Semua: 4 orang" in shown
    assert '>Tebet</th><td class="st-num">3</td><td class="st-num">75,0%</td>' in shown
    assert hidden.full_name not in shown
    rows = openpyxl.load_workbook(io.BytesIO(file.content)).active.iter_rows(values_only=True)
    assert [*rows][1:] == [
        ("Kecamatan atau wilayah", "Orang", "Bagian"),
        ("Tebet", "3", "75,0%"),
        ("Wilayah belum diketahui", "1", "25,0%"),
        ("Jumlah", "4", "100%"),
    ]
