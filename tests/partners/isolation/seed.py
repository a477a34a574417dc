"""Partners seeded alike, in every table, with names and numbers that cannot be mistaken.

Every id of a partner begins with its own two figures, so that a number of another's is seen in
any text.
"""

from datetime import timedelta
from io import BytesIO
from types import SimpleNamespace

from django.apps import apps
from django.db import connection
from django.utils import timezone
from PIL import Image

from participants.consents import give_consent
from participants.niks import facts_of
from partners.api.tokens import make_token
from partners.bazaars.entries import add_passed
from partners.bazaars.services import accept_report, receive_report
from partners.calls.photos import keep_photo
from partners.curation.services import accept_list, receive_list
from partners.models import (
    ApiAnswer,
    Appeal,
    CurationResult,
)
from partners.sharing.agreements import keep_paper
from partners.sharing.lists import make_shared_list
from partners.space.members import invite_member
from tests.factories import (
    AgreementFactory,
    ApplicationFactory,
    BazaarFactory,
    BusinessFactory,
    CurationCallFactory,
    OrganisationFactory,
    ParticipantFactory,
    PartnerFactory,
)
from tests.staff import make_member
from umkm_portal.accounts.models import Membership, Organisation
from umkm_portal.common import codes
from umkm_portal.imports.services import process_file

NUMBERED = ("partners", "imports", "participants", "accounts")
SPAN = 100_000
Role = Membership.Role
Kind = Organisation.Kind


def number_from(start):
    """Let the ids of all tables concerned go on from here; return where they were."""
    before = {}
    with connection.cursor() as cursor:
        for label in NUMBERED:
            for model in apps.get_app_config(label).get_models():
                table, key = model._meta.db_table, model._meta.pk
                cursor.execute("SELECT pg_get_serial_sequence(%s, %s)", [table, key.column])
                (name,) = cursor.fetchone()
                if name:
                    cursor.execute(f"SELECT last_value FROM {name}")
                    before[name] = cursor.fetchone()[0]
                    cursor.execute("SELECT setval(%s, %s)", [name, start])
    return before


def restore(before):
    with connection.cursor() as cursor:
        for name, value in before.items():
            cursor.execute("SELECT setval(%s, %s)", [name, value])


def make_side(name, *, number, region, kind=Kind.PARTNER):
    """One partner with something in every table; `side.marks` are the words that are its own."""
    number_from(number * SPAN)
    now, slug = timezone.now(), name.lower()
    partner = PartnerFactory(
        organisation=OrganisationFactory(
            name=f"PT {name} Semesta", short_name=name, slug=slug, kind=kind
        ),
        contact_email=f"narahubung@{slug}.example",
    )
    members = {
        role: make_member(partner, role, full_name=f"{name} {role}", email=f"{role}@{slug}.example")
        for role in (Role.PARTNER_MANAGER, Role.PARTNER_UPLOADER, Role.PARTNER_READER)
    }
    by = members[Role.PARTNER_MANAGER]
    side = SimpleNamespace(name=name, slug=slug, number=number, partner=partner, members=members)
    side.manager, side.region = by, region
    side.invitation = invite_member(
        partner, email=f"baru@{slug}.example", role=Role.PARTNER_READER, by=by, now=now
    )
    side.call = CurationCallFactory(partner=partner, slug=f"kurasi-{slug}", title=f"Kurasi {name}")
    side.agreement = AgreementFactory(partner=partner, number=f"PKS-{slug}")
    side.paper = keep_paper(
        side.agreement, BytesIO(b"%PDF-1.4"), name=f"pks-{slug}.pdf", by=by, now=now
    )
    _people(side, now)
    _lists(side, now)
    _results(side, now)
    _sales(side, now)
    side.shared = make_shared_list(
        partner, call=side.call, purpose=f"Kurasi bazar {name}", by=by, now=now
    )
    side.token, side.secret = make_token(
        partner, name=f"Gudang {name}", scopes=SCOPES, days=30, by=by, now=now
    )
    ApiAnswer.objects.create(token=side.token, key=f"kunci-{slug}", request_digest="0" * 64)
    side.marks = _marks(side)
    return side


SCOPES = ["lists:write", "lists:read", "sales:write", "sales:read"]


def _people(side, now):
    """Three applicants who agreed, one of them with a photo; each with a NIK."""
    side.people = []
    for number in range(3):
        person = ParticipantFactory(
            full_name=f"Pemilik {side.name} {number}",
            region=side.region,
            identity="verified",
            phone=f"+62813{side.number}{number:05d}",
            email=f"pemilik{number}@{side.slug}.example",
            **facts_of(f"317499010190{side.number}{number:02d}"),
        )
        link = f"https://shopee.co.id/toko{side.slug}{number}"
        business = BusinessFactory(participant=person, name=f"Usaha {side.name} {number}")
        give_consent(
            person,
            purpose="sharing",
            organisation=side.partner.organisation,
            channel="Halaman saya",
            actor=None,
            now=now - timedelta(hours=1),
        )
        application = ApplicationFactory(
            call=side.call,
            participant=person,
            business=business,
            products=f"Produk {side.name} {number}",
            store_link=link,
        )
        side.people.append(person)
    photo = BytesIO()
    Image.new("RGB", (20, 20), "red").save(photo, "JPEG")
    application.photo = keep_photo(BytesIO(photo.getvalue()), size=photo.tell())
    application.save(update_fields=["photo"])
    side.application = application
    side.niks = [f"317499010190{side.number}{number:02d}" for number in range(3)]


def _lists(side, now):
    """A stored list with a row that nobody was found for, and a checked one with a broken row."""
    rows = [f"{codes.display(p.code)};;;Lolos" for p in side.people[:2]]
    stored = [*rows, f";Belum Dikenal {side.name};0813{side.number}99999;Lolos"]
    side.file = _receive(side, f"lolos-{side.slug}.csv", stored, now)
    side.version = accept_list(side.file, by=side.manager, now=now)
    broken = [*rows, f"{side.people[2].code};;0812;Entah {side.name}"]
    side.waiting = _receive(side, f"perbaiki-{side.slug}.csv", broken, now)


def _receive(side, name, rows, now):
    content = "\n".join(["Kode;Nama Pemilik;No HP;Hasil", *rows]).encode()
    file, _ = receive_list([content], name=name, call=side.call, uploader=side.manager, now=now)
    process_file(file.pk)
    file.refresh_from_db()
    return file


def _results(side, now):
    person = side.people[0]
    side.result = CurationResult.objects.create(
        call=side.call, participant=person, outcome="passed", list=side.version
    )
    side.appeal = Appeal.objects.create(
        result=side.result, participant=person, text=f"Keberatan {side.name}"
    )


def _sales(side, now):
    side.bazaar = BazaarFactory(
        partner=side.partner, call=side.call, slug=f"bazar-{side.slug}", name=f"Bazar {side.name}"
    )
    add_passed(side.bazaar, by=None, now=now)
    side.entry = side.bazaar.entries.get()
    day = f"{timezone.localdate() - timedelta(days=2):%d/%m/%Y}"
    line = f"{side.people[0].code};{day};Live {side.name};3;1{side.number}000"
    side.sales = _report(side, f"jual-{side.slug}.csv", [line], now)
    side.report = accept_report(side.sales, by=side.manager, now=now)
    side.open_sales = _report(side, f"jual-salah-{side.slug}.csv", [line, "salah;x;y;z;1"], now)


def _report(side, name, lines, now):
    content = "\n".join(["Kode;Dari;Kanal;Pesanan;Penjualan", *lines]).encode()
    file, _ = receive_report(
        [content],
        name=name,
        partner=side.partner,
        bazaar=side.bazaar,
        uploader=side.manager,
        now=now,
    )
    process_file(file.pk)
    file.refresh_from_db()
    return file


def _marks(side):
    """Words that stand in no page of anybody else: names, slugs, addresses, codes, phones, NIKs."""
    found = {side.name, side.slug, *side.niks, side.secret, side.token.digest}
    found |= {str(side.invitation.public_id), side.shared.sha256, side.application.photo}
    found |= {f"1{side.number}.000", f"1{side.number}000"}
    for person in side.people:
        found |= {person.code, codes.display(person.code), person.phone, person.phone[3:]}
    return {mark.lower() for mark in found if mark}
