"""A scene with long names in which every page about partners has something to show.

`make_scene` needs regions and reference data on file, and MEDIA_ROOT in a folder of its own.
"""

import json
from datetime import timedelta
from io import BytesIO
from types import SimpleNamespace

import xlsxwriter
from django.core.files.base import ContentFile
from django.utils import timezone
from PIL import Image

from participants.consents import give_consent
from participants.licences import ask_licence, move_licence
from participants.requests import ask
from partners.announcing import appeals
from partners.api.tokens import make_token
from partners.bazaars import entries
from partners.bazaars import services as sales
from partners.calls import photos
from partners.curation import services as curation
from partners.models import Agreement, Bazaar, CurationResult
from partners.sharing import agreements, fields
from partners.sharing.lists import make_shared_list
from partners.space.members import invite_member
from tests.factories import (
    ApplicationFactory,
    BusinessFactory,
    CohortFactory,
    CurationCallFactory,
    CurationDecisionFactory,
    CurationListFactory,
    EnrolmentFactory,
    ParticipantFactory,
    PartnerFactory,
    ProductKindFactory,
    UserFactory,
    in_days,
)
from tests.staff import make_member, make_user
from umkm_portal.accounts.models import Membership
from umkm_portal.common import codes
from umkm_portal.imports import services

LONG = "Raden Ajeng Siti Aminah Nurhasanah Kusumawardhani Wiryaningrat"
SHOP = "Dapur Kue Basah dan Kering Ibu Siti Aminah Tanah Abang"
TITLE = "Shopee Bazaar Online Jakpreneur untuk Usaha Makanan dan Minuman"
LINK = "https://shopee.co.id/dapurkuebasahdankeringibusitiaminahtanahabang"
HEADER = ["Nama Pemilik", "Nama Toko", "Nomor WA", "Hasil", "Alasan"]
CRITERIA = ["Produk siap jual dengan harga tetap", "Foto produk jelas dengan latar terang"]


def make_scene():
    """Everything; `owner`, `member` and `head` are the users, the rest what they look at."""
    now = timezone.now()
    scene = SimpleNamespace(now=now, head=make_user("head"))
    scene.account = UserFactory(email=None, phone="+6281234567890", phone_verified_at=now)
    _partners(scene)
    _owner(scene)
    _open_call(scene)
    _decided_call(scene)
    _bazaar(scene)
    _files(scene)
    _sharing(scene)
    return scene


def _partners(scene):
    name = {"organisation__short_name": "Shopee Indonesia", "organisation__slug": "shopee-adegan"}
    scene.partner = PartnerFactory(**name, contact_email="data@shopee.example")
    scene.other = PartnerFactory(organisation__short_name="TikTok Shop by Tokopedia")
    scene.member = make_member(scene.partner, full_name=LONG, email="rina@shopee.example")
    make_member(scene.partner, Membership.Role.PARTNER_READER, email=f"{'a' * 40}@shopee.example")
    organisation, role = scene.other.organisation, Membership.Role.PARTNER_READER
    scene.member.memberships.create(organisation=organisation, role=role)
    invite_member(
        scene.partner,
        email="calon.pengunggah@shopee.example",
        role=Membership.Role.PARTNER_UPLOADER,
        by=scene.member,
        now=scene.now,
    )
    make_token(
        scene.partner,
        name="Gudang data kurasi",
        scopes=["lists:read", "lists:write"],
        days=30,
        by=scene.member,
        now=scene.now,
    )


def _owner(scene):
    """Siti with a long name and a daughter; requests and licences in several states."""
    person = ParticipantFactory(full_name=LONG, account=scene.account, address="Jalan Jati 1")
    daughter = ParticipantFactory(full_name="Wulan Sari", account=scene.account)
    scene.person, scene.daughter = person, daughter
    scene.business = BusinessFactory(participant=person, name=SHOP)
    scene.business.channels.create(platform="shopee", store_link=LINK)
    scene.enrolment = EnrolmentFactory(participant=person)
    scene.cohort = CohortFactory()
    facts = {"actor": scene.account, "now": scene.now}
    scene.licence = ask_licence(person, kind="nib", wants_delivery=True, address=SHOP, **facts)
    move_licence(scene.licence, to="needs_fix", reason="Foto KTP buram", actor=None, now=scene.now)
    ask_licence(person, kind="halal", wants_delivery=False, **facts)
    text = "Nama saya di KTP ditulis tanpa gelar. Mohon nomor HP lama dihapus."
    ask(person, kind="correction", text=text, account=scene.account, now=scene.now)
    scene.request = ask(person, kind="deletion", account=scene.account, now=scene.now)


def _open_call(scene):
    """Open to her; applications of others wait at several steps, hers was given back."""
    milk = ProductKindFactory(slug="susu-adegan", name="Susu olahan dan keju", licence="bpom")
    cake = ProductKindFactory(slug="kue-adegan", name="Kue kering", licence="pirt")
    facts = {"partner": scene.partner, "criteria": CRITERIA, "quota": 323}
    scene.open_call = CurationCallFactory(title=TITLE, slug="adegan-buka", **facts)
    scene.open_call.product_kinds.add(milk, cake)
    scene.call = CurationCallFactory(
        title=f"{TITLE}, Gelombang Kedua",
        slug="adegan-lamaran",
        about="Usaha yang lolos berjualan dua pekan di halaman utama.",
        rubric=[{"aspect": "Kemasan", "weight": 40, "hint": "rapi, ada label"}],
        steps=["verify", "forward"],
        **facts,
    )
    picture = BytesIO()
    Image.new("RGB", (900, 600), "#c9a06b").save(picture, "PNG")
    row = {"call": scene.call, "business": scene.business, "store_link": LINK}
    scene.application = ApplicationFactory(
        participant=scene.person,
        **row,
        product_kind=cake,
        products="Nastar 250 g, kastengel 250 g, putri salju 200 g",
        licences={"pirt": "2063171010234-28"},
        photo=photos.keep_photo(BytesIO(picture.getvalue()), size=len(picture.getvalue())),
        state="returned",
        note="Foto produk belum jelas. Kirim foto dengan latar terang.",
    )
    for state, note in (("submitted", ""), ("returned", scene.application.note)):
        scene.application.events.create(state=state, note=note)
    for number, state in enumerate(("submitted", "submitted", "verified", "forwarded")):
        someone = ParticipantFactory(full_name=f"Pelamar {number} {LONG}"[:60])
        ApplicationFactory(participant=someone, call=scene.call, state=state)
    scene.waiting = scene.call.applications.filter(state="submitted").first()


def _decided_call(scene):
    """Announced: she did not pass and objects, Wulan passed; a row of nobody waits."""
    closed = {"opens_at": in_days(-20), "closes_at": in_days(-9), "state": "closed"}
    needs = "Siapkan 50 produk.\nDatang 30 menit sebelum siaran."
    scene.decided = CurationCallFactory(
        partner=scene.partner,
        title=f"{TITLE}, November",
        slug="adegan-hasil",
        **closed,
        needs=needs,
    )
    facts = {"announce_at": scene.now, "announced_at": scene.now, "announced_by": scene.head}
    version = CurationListFactory(call=scene.decided, state="announced", **facts)
    scene.announced = version
    reason, note = "Kemasan bocor saat dikirim", "Ganti tutup botol dan tambahkan segel"
    result = {"call": scene.decided, "list": version}
    CurationResult.objects.create(participant=scene.daughter, outcome="passed", grade="A", **result)
    failed = CurationResult.objects.create(
        participant=scene.person, outcome="failed", reason=reason, note=note, **result
    )
    for person, outcome in ((scene.person, "failed"), (scene.daughter, "passed")):
        CurationDecisionFactory(list=version, participant=person, outcome=outcome)
    scene.appeal = appeals.appeal(failed, text="Tutup botol sudah diganti.", now=scene.now)
    twin = {"full_name": "Ani Lestari", "phone": "+6281311112222", "business_name": SHOP}
    ParticipantFactory(full_name=twin["full_name"], phone=twin["phone"])
    waiting = CurationCallFactory(partner=scene.partner, title="Live Selling", slug="adegan-daftar")
    scene.accepted = CurationListFactory(call=waiting, accepted_by=scene.member)
    CurationDecisionFactory.create_batch(3, list=scene.accepted)
    scene.row = CurationDecisionFactory(
        list=scene.accepted,
        participant=None,
        matched_by="",
        waiting="review",
        business_name=SHOP,
        store_link=LINK,
        contact=json.dumps({"owner_name": twin["full_name"], "phone": "0813-1111-2222"}),
    )


def _bazaar(scene):
    today = timezone.localdate()
    scene.bazaar = Bazaar.objects.create(
        partner=scene.partner,
        call=scene.decided,
        slug="adegan-bazar",
        name="Bazar Akhir Tahun Jakpreneur di Shopee",
        starts_on=today - timedelta(days=5),
        ends_on=today + timedelta(days=1),
        place="https://shopee.co.id/m/jakpreneur",
        needs="Unggah stok paling lambat pukul 08.00.",
    )
    for _ in range(4):
        someone = ParticipantFactory(full_name=f"{LONG}"[:60])
        BusinessFactory(participant=someone, name=SHOP)
        CurationResult.objects.create(call=scene.decided, participant=someone, outcome="passed")
    entries.add_passed(scene.bazaar, by=None, now=scene.now)
    came = scene.bazaar.entries.exclude(participant=scene.daughter)
    entries.mark_entries(came, state="present", by=None, now=scene.now)
    scene.report = _report(scene, [1_250_000, 48_000])
    scene.sold = sales.accept_report(scene.report, by=scene.member, now=scene.now)
    scene.unaccepted = _report(scene, [999_000, "banyak"])


def _report(scene, amounts):
    day = f"{timezone.localdate():%d/%m/%Y}"
    lines = ["Kode Peserta;Dari;Sampai;Kanal;Pesanan;Penjualan"]
    for entry, amount in zip(scene.bazaar.entries.order_by("pk"), amounts, strict=False):
        code = codes.display(entry.participant.code)
        lines.append(f"{code};{day};{day};Shopee;12;{amount}")
    file, _ = sales.receive_report(
        ["\n".join(lines).encode()],
        name="penjualan-bazar-akhir-tahun-jakpreneur.csv",
        partner=scene.partner,
        bazaar=scene.bazaar,
        uploader=scene.member,
        now=scene.now,
    )
    return _worked(file)


def _files(scene):
    """Lists in every state of theirs: to match, with problems, refused, accepted, cancelled."""
    good = [[f"Pemilik {n}", f"Toko {n}", f"0812200000{n:02d}", "Lolos", ""] for n in range(9)]
    bad = [[LONG, SHOP, "021-384", "Lolos", ""], ["Budi", "Toko Budi", "", "Mungkin", ""]]
    unclear = ["Merek", "Kontak", "Catatan Tim", "Lain-lain", "Keterangan"]
    scene.unmatched = _list(scene, [("Lembar1", unclear, good)], "catatan-tim-kurasi.xlsx")
    both = [("Makanan", HEADER, good), ("Minuman", HEADER, bad)]
    scene.checked = _list(scene, both, "kurasi-bazaar-online-jakpreneur-desember-2026.xlsx")
    scene.refused = _list(scene, [("Kosong", [], [])], "kosong.xlsx")
    call = CurationCallFactory(partner=scene.partner, slug="adegan-diterima")
    scene.done = _list(scene, [("Lolos", HEADER, good[:6])], "lolos.xlsx", call=call)
    curation.accept_list(scene.done, by=scene.member, now=scene.now)
    scene.done.refresh_from_db()
    scene.cancelled = _list(scene, [("Lolos", HEADER, good[:2])], "keliru.xlsx")
    services.cancel_file(scene.cancelled, by=scene.member, now=scene.now)


def _list(scene, sheets, name, call=None):
    content = BytesIO()
    with xlsxwriter.Workbook(content) as book:
        for title, header, rows in sheets:
            sheet = book.add_worksheet(title)
            for number, cells in enumerate([header, *rows]):
                sheet.write_row(number, 0, cells)
    file, _ = curation.receive_list(
        [content.getvalue()],
        name=name,
        call=call or scene.open_call,
        uploader=scene.member,
        now=scene.now,
    )
    return _worked(file)


def _worked(file):
    services.process_file(file.pk)
    file.refresh_from_db()
    return file


def _sharing(scene):
    today, facts = timezone.localdate(), {"allowed_fields": fields.DEFAULT, "purpose": "Kurasi"}
    scene.agreement = Agreement.objects.create(
        partner=scene.partner,
        number="415.4/PKS/DISPPKUKM/2026",
        valid_from=today - timedelta(days=30),
        valid_to=today + timedelta(days=300),
        **facts,
    )
    paper = ContentFile(b"%PDF-1.4\n%%EOF\n")
    agreements.keep_paper(
        scene.agreement, paper, name="pks-shopee.pdf", by=scene.head, now=scene.now
    )
    Agreement.objects.create(
        partner=scene.other, number="PKS-2", valid_from="2020-01-01", valid_to="2021-01-01", **facts
    )
    for row in scene.call.applications.filter(state="forwarded"):
        give_consent(
            row.participant,
            purpose="sharing",
            organisation=scene.partner.organisation,
            channel="Halaman saya",
            actor=None,
            now=scene.now - timedelta(hours=1),
        )
    scene.shared = make_shared_list(
        scene.partner, call=scene.call, purpose="Kurasi bazar", by=scene.head, now=scene.now
    )
