"""S3: 323 businesses curated by Shopee sell at an online bazaar from 16 to 20 November 2020.

Shopee also trains them, and what they sell online is the yardstick. Everything is done by the
services that the pages call, on the days when it happened.
"""

from datetime import date, datetime
from io import BytesIO

import pytest
from openpyxl import load_workbook

from participants.models import Business, DataAccess, Participant, StageEvent
from participants.profiles import state_revenue
from participants.reference import load_reference_data
from partners.announcing.curated import segment_of_passed
from partners.announcing.publishing import announce, publish_due
from partners.bazaars.entries import add_passed, mark_entries
from partners.bazaars.figures import change_of, figures_of
from partners.bazaars.services import accept_report, receive_report
from partners.calls.applying import Shown, apply_to
from partners.calls.lifecycle import close_call, open_call
from partners.curation.services import accept_list, preview, receive_list
from partners.models import Agreement, Bazaar, CurationCall, CurationResult, Disclosure
from partners.sharing.fields import DEFAULT
from partners.sharing.lists import make_shared_list, open_shared_list
from tests.factories import (
    CohortFactory,
    MembershipFactory,
    ParticipantFactory,
    PartnerFactory,
    RegionFactory,
    UserFactory,
)
from tests.staff import make_member
from trainings.services import answers, rounds
from trainings.services.transitions import STAFF, State, move
from umkm_portal.common import codes
from umkm_portal.common.dates import JAKARTA
from umkm_portal.common.spreadsheets import write_xlsx
from umkm_portal.imports.services import process_file
from umkm_portal.messaging import services as messaging
from umkm_portal.messaging.models import Campaign
from umkm_portal.reports.funnel import funnel_of

pytestmark = [pytest.mark.django_db, pytest.mark.long, pytest.mark.timeout(600)]
APPLIED, PASSED, SEATS = 340, 323, 100


def on(day, month=11, hour=9):
    """That day of 2020, in Jakarta."""
    return datetime(2020, month, day, hour, tzinfo=JAKARTA)


@pytest.fixture
def people(settings, tmp_path):
    """Owners of the register, active and willing, each with one business."""
    settings.MEDIA_ROOT = tmp_path / "uploads"
    load_reference_data()
    city = RegionFactory(code="31.74")
    owners = Participant.objects.bulk_create(
        ParticipantFactory.build(region=city, full_name=f"Pemilik {n}") for n in range(APPLIED)
    )
    Business.objects.bulk_create(
        Business(participant=owner, name=f"Usaha {n}") for n, owner in enumerate(owners)
    )
    return owners


@pytest.fixture
def dinas():
    return MembershipFactory().user


@pytest.fixture
def shopee():
    partner = PartnerFactory(organisation__slug="shopee", organisation__short_name="Shopee")
    Agreement.objects.create(
        partner=partner,
        number="PKS 12/2020",
        purpose="Kurasi dan pelatihan",
        valid_from=date(2020, 1, 2),
        valid_to=date(2020, 12, 31),
        allowed_fields=DEFAULT,
    )
    return partner


def test_323_businesses_curated_by_shopee_sell_at_the_bazaar(people, dinas, shopee, client):
    curator = make_member(shopee, full_name="Rina")

    # October: the dinas announces the call, owners apply and agree that Shopee sees them.
    call = a_call(shopee)
    for owner in people:
        business = owner.businesses.get()
        shown = Shown(business=business, product_kind=None, products="Keripik", agrees=True)
        apply_to(call, owner, shown=shown, actor=None, now=on(12, month=10))
    close_call(call)

    # Shopee takes the list of applicants along, fills in Hasil, and hands the same file back.
    shared = make_shared_list(
        shopee, call=call, purpose="Kurasi bazar November", by=curator, now=on(26, month=10)
    )
    assert shared.row_count == Disclosure.objects.count() == APPLIED
    returned = filled_in(open_shared_list(shared, now=on(26, month=10)), passing=PASSED)
    file, _ = receive_list([returned], name="hasil.xlsx", call=call, uploader=curator, now=on(2))
    seen = preview(checked(file))
    assert (seen.matched, seen.unmatched, seen.to_repair) == (APPLIED, 0, 0)
    assert seen.outcomes == {"passed": PASSED, "failed": APPLIED - PASSED}
    version = accept_list(file, by=curator, now=on(2, hour=10))
    assert not CurationResult.objects.exists()

    # The dinas announces; a quarter of an hour later every owner knows, once.
    announce(version, by=dinas, now=on(3))
    assert publish_due(now=on(3, hour=10)) == 1
    assert publish_due(now=on(3, hour=11)) == 0
    assert CurationResult.objects.passed().count() == PASSED
    assert told_by(version) == {owner.pk for owner in people}
    siti, budi = people[0], people[-1]
    assert "Selamat, usaha Anda lolos kurasi." in page_of(siti, call, client)
    assert "Foto produk kabur" in page_of(budi, call, client)

    # Shopee trains those who passed: only they are invited, the first hundred get the seats.
    wave = a_class(shopee)
    curated = segment_of_passed(call, by=dinas, now=on(4))
    opened = rounds.open_round(
        wave, actor=dinas, segment=curated.slug, everyone=True, any_hour=True, now=on(4)
    )
    assert opened.size == PASSED
    invited = list(opened.enrolments.order_by("pk"))
    assert budi.pk not in {row.participant_id for row in invited}
    for enrolment in invited[: SEATS + 1]:
        answers.accept(enrolment, now=on(5), via=answers.VIA_LINK)
    wave.refresh_from_db()
    assert (wave.taken, wave.enrolments.waiting().count()) == (SEATS, 1)
    for enrolment in wave.enrolments.seated():
        move(enrolment, to=State.ATTENDED, now=on(10, hour=16), via=STAFF, actor=dinas)

    # Five days of bazaar, and the report of sales that Shopee sends afterwards.
    bazaar = a_bazaar(call)
    assert add_passed(bazaar, by=dinas, now=on(13)) == PASSED
    mark_entries(bazaar.entries.all(), state="present", by=dinas, now=on(20, hour=17))
    assert StageEvent.objects.filter(stage__code="P5").count() == PASSED
    sellers = people[:300]
    report, _ = receive_report(
        [sales_of(sellers)],
        name="penjualan.xlsx",
        partner=shopee,
        bazaar=bazaar,
        uploader=curator,
        now=on(24),
    )
    accept_report(checked(report), by=curator, now=on(24))
    figures = figures_of(bazaar)
    assert (figures.entered, figures.present, figures.sellers) == (PASSED, PASSED, 300)
    assert (figures.orders, figures.amount) == (300 * 12, 300 * 600_000)

    # The owners' own word on October and November shows what it changed.
    for owner in sellers[:50]:
        business = owner.businesses.get()
        for month, last, amount in ((10, 31, 4_000_000), (11, 30, 5_000_000)):
            days = {"first": date(2020, month, 1), "last": date(2020, month, last)}
            state_revenue(business, **days, amount=amount, actor=None, now=on(1, month=12))
    change = change_of(bazaar)
    assert (change.people, change.before, change.after) == (50, 200_000_000, 250_000_000)
    assert change.percent == 25

    # From invited to sold; and what Shopee was given about Siti stands in her own data.
    assert funnel_of([shopee])[0].counts == (PASSED, SEATS, PASSED, 300)
    seen_by = DataAccess.objects.get(participant=siti, kind=DataAccess.Kind.SHARE)
    assert (seen_by.organisation, seen_by.purpose) == (
        shopee.organisation,
        "Kurasi bazar November",
    )


def a_call(shopee):
    call = CurationCall.objects.create(
        partner=shopee,
        slug="bazaar-online",
        title="Shopee Bazaar Online Jakpreneur",
        criteria=["Produk siap jual", "Foto produk jelas"],
        needs="Persediaan untuk lima hari.",
        quota=PASSED,
        opens_at=on(5, month=10),
        closes_at=on(23, month=10),
    )
    return open_call(call, now=on(5, month=10))


def filled_in(path, *, passing):
    """The downloaded workbook with a result in every row: the first pass, the others do not."""
    book = load_workbook(path)
    sheet = book.active
    head = next(row for row in sheet.iter_rows() if row[0].value == "Kode peserta")
    place = {cell.value: cell.column for cell in head}
    for number, row in enumerate(range(head[0].row + 1, sheet.max_row + 1)):
        has_passed = number < passing
        sheet.cell(row, place["Hasil"]).value = "Lolos" if has_passed else "Tidak lolos"
        sheet.cell(row, place["Alasan"]).value = "" if has_passed else "Foto produk kabur"
    returned = BytesIO()
    book.save(returned)
    return returned.getvalue()


def checked(file):
    """The file after the worker's part."""
    process_file(file.pk)
    file.refresh_from_db()
    return file


def told_by(version):
    """Who gets a message about this list: each person once."""
    campaign = Campaign.objects.get(kind="curation_result", subject_id=version.pk)
    messaging.expand_campaign(campaign, now=on(3, hour=10))
    keys = list(campaign.deliveries.values_list("recipient_key", flat=True))
    assert len(keys) == len(set(keys)) == campaign.audience_count
    return set(keys)


def page_of(person, call, client):
    """What an owner reads on her own page of a call."""
    person.account = UserFactory()
    person.save()
    client.force_login(person.account)
    return client.get(f"/saya/kurasi/{call.slug}/").content.decode()


def a_class(shopee):
    return CohortFactory(
        training__provider=shopee.organisation,
        training__title="Siap berjualan di bazar daring",
        seats=SEATS,
        opens_at=on(4, hour=8),
        closes_at=on(9),
        starts_at=on(10),
    )


def a_bazaar(call):
    return Bazaar.objects.create(
        partner=call.partner,
        call=call,
        slug="bazaar-online",
        name=call.title,
        starts_on=date(2020, 11, 16),
        ends_on=date(2020, 11, 20),
    )


def sales_of(sellers):
    """Twelve orders of fifty thousand rupiah each, told by the code of the participant."""
    book = BytesIO()
    header = ["Kode peserta", "Mulai", "Selesai", "Platform", "Jumlah pesanan", "Omzet"]
    days = ("16 November 2020", "20 November 2020")
    rows = [[codes.display(p.code), *days, "Shopee", "12", "Rp600.000"] for p in sellers]
    write_xlsx(book, header, rows)
    return book.getvalue()
