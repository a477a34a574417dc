"""Owners apply with products and a photo, correct and withdraw; rules and licences decide."""

from io import BytesIO
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image

from participants.consents import has_consent
from participants.handlers import all_handlers
from participants.models import Consent
from partners.calls import quotas
from partners.calls.applying import (
    ApplicationRefused,
    Shown,
    apply_to,
    correct_application,
    withdraw_application,
)
from partners.calls.photos import PhotoRefused, keep_photo
from partners.calls.qualifying import qualifying
from partners.models import Application, CallQuota
from tests.factories import (
    ApplicationFactory,
    BusinessFactory,
    CurationCallFactory,
    CurationDecisionFactory,
    CurationListFactory,
    ParticipantFactory,
    ProductKindFactory,
    in_days,
)

pytestmark = pytest.mark.django_db
State = Application.State


def picture(size=(2000, 1000), file_format="JPEG"):
    """A photo with a place and a camera in its EXIF data, turned by a quarter."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Kamera Rahasia"
    data = BytesIO()
    Image.new("RGB", size, "red").save(data, file_format, exif=exif)
    return SimpleUploadedFile("foto.jpg", data.getvalue())


def shown(person, **facts):
    business = person.businesses.first() or BusinessFactory(participant=person)
    return Shown(business, **{"product_kind": None, "products": "Kue kering"} | facts)


def test_photo_is_made_small_and_says_nothing_of_the_camera(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path

    file = picture()
    path = tmp_path / keep_photo(file, size=file.size)

    with Image.open(path) as kept:
        assert (kept.format, kept.size) == ("JPEG", (640, 1280))
        assert not kept.getexif()
    assert b"Rahasia" not in path.read_bytes()


@pytest.mark.parametrize("content", [b"", b"GIF89a....", b"<svg/>", b"\xff\xd8\xff\xe0broken"])
def test_what_is_no_photo_is_refused_in_words(settings, tmp_path, content):
    settings.MEDIA_ROOT = tmp_path

    with pytest.raises(PhotoRefused, match="JPG"):
        keep_photo(BytesIO(content), size=len(content))

    assert not list(Path(tmp_path).rglob("*"))


def test_application_is_sent_corrected_and_withdrawn_with_its_photo(settings, tmp_path):
    settings.MEDIA_ROOT, now = tmp_path, timezone.now()
    call, person = CurationCallFactory(), ParticipantFactory()

    row = apply_to(
        call, person, shown=shown(person, photo=picture(), agrees=True), actor=None, now=now
    )
    with pytest.raises(ApplicationRefused, match="sudah melamar"):
        apply_to(call, person, shown=shown(person, photo=picture()), actor=None, now=now)
    first = row.photo
    correct_application(
        row, shown=shown(person, products="Sambal", photo=picture()), actor=None, now=now
    )

    row.refresh_from_db()
    assert (row.products, row.state) == ("Sambal", State.SUBMITTED)
    assert [p.name for p in tmp_path.rglob("*.jpg")] == [Path(row.photo).name]
    assert row.photo != first
    assert has_consent(person, Consent.Purpose.SHARING, organisation=call.partner.organisation)
    withdraw_application(row, actor=None, now=now)
    assert not list(tmp_path.rglob("*.jpg"))
    assert [e.state for e in row.events.order_by("pk")] == ["submitted", "submitted", "withdrawn"]
    assert apply_to(call, person, shown=shown(person), actor=None, now=now).pk != row.pk


def test_closed_calls_and_other_audiences_are_refused():
    person, now = ParticipantFactory(is_willing=False), timezone.now()
    closed = CurationCallFactory(closes_at=now, opens_at=in_days(-3))
    others = CurationCallFactory(rules={"bersedia": "ya"})
    broken = CurationCallFactory(rules={"tidak_ada": "ya"})
    mine = CurationCallFactory(rules={"bersedia": "tidak"})

    assert qualifying(person, [others, broken, mine]) == {mine.pk}
    for call in (closed, others, broken):
        with pytest.raises(ApplicationRefused):
            apply_to(call, person, shown=shown(person), actor=None, now=now)


def test_milk_needs_bpom_and_p_irt_is_not_enough():
    call, person, now = CurationCallFactory(), ParticipantFactory(), timezone.now()
    milk = ProductKindFactory(slug="susu", licence="bpom")
    dry = ProductKindFactory(slug="makanan-kering", licence="pirt")
    call.product_kinds.set([milk, dry])

    for facts in (
        {"product_kind": milk, "licences": {"pirt": "2063171010017-27"}},
        {"product_kind": ProductKindFactory(slug="kriya")},
        {"product_kind": None},
    ):
        with pytest.raises(ApplicationRefused):
            apply_to(call, person, shown=shown(person, **facts), actor=None, now=now)

    licences = {"bpom": "MD 201310001234", "pirt": ""}
    row = apply_to(
        call,
        person,
        shown=shown(person, product_kind=milk, licences=licences),
        actor=None,
        now=now,
    )
    assert row.licences == {"bpom": "MD 201310001234"}


def test_application_in_hands_of_staff_is_corrected_only_when_given_back():
    row = ApplicationFactory(state=State.VERIFIED)
    facts = {"shown": shown(row.participant), "actor": None, "now": timezone.now()}

    with pytest.raises(ApplicationRefused, match="sedang diproses"):
        correct_application(row, **facts)
    row.state = State.RETURNED
    row.save()
    correct_application(row, **facts)

    assert row.state == State.SUBMITTED


@pytest.mark.parametrize("count", [1, 3])
def test_quotas_are_counted_in_a_constant_number_of_queries(count, django_assert_num_queries):
    call = CurationCallFactory(quota=10)
    version = CurationListFactory(call=call)
    for _ in range(count):
        business = BusinessFactory()
        CallQuota.objects.create(call=call, sector=business.sector, places=1)
        ApplicationFactory(call=call, participant=business.participant)
        CurationDecisionFactory(list=version, participant=business.participant)
    CurationDecisionFactory(list=version, participant=None)

    with django_assert_num_queries(4):
        rows = quotas.filled(call)

    assert [(r.places, r.applied, r.passed) for r in rows] == [
        (10, count, count + 1),
        *[(1, 1, 1)] * count,
    ]


def test_whoever_is_forgotten_leaves_no_photo(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    file = picture()
    row = ApplicationFactory(photo=keep_photo(file, size=file.size))

    for handler in all_handlers():
        if handler.model is Application:
            handler.erase(row.participant)

    row.refresh_from_db()
    assert (row.photo, row.products, row.state) == ("", "", State.WITHDRAWN)
    assert not list(tmp_path.rglob("*.jpg"))
