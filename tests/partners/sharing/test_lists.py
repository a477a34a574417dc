"""Lists for a partner: by consent and agreement only, each row written down, gone in a week."""

from datetime import timedelta
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest
from django.conf import settings as django_settings

from participants.consents import withdraw_consent
from participants.models import DataAccess
from partners.curation.services import accept_list, receive_list
from partners.models import CurationDecision, Disclosure
from partners.sharing.agreements import (
    PaperRefused,
    SharingStopped,
    end_agreement,
    keep_paper,
    state_of,
)
from partners.sharing.lists import make_shared_list, open_shared_list, purge_lists
from partners.sharing.people import shareable
from partners.sharing.withdrawals import tell_withdrawals, to_delete
from tests.factories import UserFactory
from tests.partners.sharing.conftest import NIK, PURPOSE
from umkm_portal.common import codes
from umkm_portal.imports.services import process_file
from umkm_portal.messaging.models import Delivery

pytestmark = pytest.mark.django_db


def make(call, now, **facts):
    return make_shared_list(call.partner, call=call, purpose=PURPOSE, by=None, now=now, **facts)


def sheet_of(shared):
    return openpyxl.load_workbook(Path(django_settings.MEDIA_ROOT, shared.path)).active


def people_of(call):
    applications = call.applications.select_related("participant").order_by("pk")
    return [application.participant for application in applications]


def take_back(person, partner, now):
    withdraw_consent(
        person,
        purpose="sharing",
        organisation=partner.organisation,
        channel="Halaman saya",
        actor=None,
        now=now,
    )


def test_list_holds_those_who_agreed_to_this_partner_and_is_written_down(
    shopee_call, tiktok_call, now, agree
):
    silent, second, third = people_of(shopee_call)
    agree(silent, tiktok_call.partner)  # another partner's consent opens nothing here
    officer = UserFactory()

    shared = make_shared_list(
        shopee_call.partner, call=shopee_call, purpose=PURPOSE, by=officer, now=now
    )

    sheet = sheet_of(shared)
    cells = [[cell.value or "" for cell in row] for row in sheet.iter_rows()]
    header = [*("Kode peserta", "Nama usaha", "Kategori produk", "Produk", "Link toko")]
    header += ["Kota/Kab. Administrasi", "Hasil", "Alasan", "Catatan", "Sidik baris"]
    assert cells[2] == header
    assert [row[0] for row in cells[3:]] == [codes.display(p.code) for p in (second, third)]
    assert (cells[3][1], sheet["B4"].data_type) == ("=Usaha Shopee 1", "s")
    assert [row[6] for row in cells[3:]] == ["", ""]
    (rule,) = sheet.data_validations.dataValidation
    assert (str(rule.sqref), rule.formula1) == (
        "G4:G5",
        '"Lolos,Tidak lolos,Cadangan,Perlu perbaikan"',
    )
    text = str(cells)
    for hidden in (NIK, "987654321", "1990", second.full_name, second.phone, "TikTok"):
        assert hidden not in text
    rows = Disclosure.objects.filter(shared_list=shared).order_by("participant")
    assert [row.participant for row in rows] == [second, third]
    assert [row.row_hash[:16] for row in rows] == [row[-1] for row in cells[3:]]
    assert all(row.consent_id for row in rows)
    access = DataAccess.objects.get(participant=second)
    assert (access.kind, access.organisation, access.purpose, access.actor) == (
        "share",
        shopee_call.partner.organisation,
        PURPOSE,
        officer,
    )
    assert access.fields == header[:6]
    assert not DataAccess.objects.filter(participant=silent).exists()


def test_returned_list_finds_every_row(shopee_call, now):
    """The file as it was downloaded, with Hasil filled in and nothing else touched."""
    shared = make(shopee_call, now)
    path = open_shared_list(shared, now=now)
    book = openpyxl.load_workbook(path)
    for row, word in ((4, "Lolos"), (5, "Tidak lolos")):
        book.active.cell(row, 7, word)
    book.active["H5"] = "Foto buram"
    book.save(path)

    file, _ = receive_list(
        [path.read_bytes()], name="kembali.xlsx", call=shopee_call, uploader=None, now=now
    )
    process_file(file.pk)
    file.refresh_from_db()
    assert (file.state, file.file_error, file.rejected_count) == ("checked", "", 0)
    accept_list(file, by=None, now=now)

    decisions = CurationDecision.objects.order_by("row_no")
    found = decisions.values_list("participant", "matched_by", "outcome", "reason")
    _, second, third = people_of(shopee_call)
    assert [*found] == [
        (second.pk, "code", "passed", ""),
        (third.pk, "code", "failed", "Foto buram"),
    ]


def test_withdrawal_acts_at_once_and_the_partner_is_told_once(shopee_call, tiktok_call, now):
    first, other = make(shopee_call, now), make(tiktok_call, now)
    open_shared_list(first, now=now)
    open_shared_list(other, now=now)
    _, leaver, stayer = people_of(shopee_call)
    later = now + timedelta(minutes=5)
    take_back(leaver, shopee_call.partner, later)

    with pytest.raises(SharingStopped, match="menarik persetujuannya"):
        open_shared_list(first, now=later)
    assert [tell_withdrawals(now=later), tell_withdrawals(now=later)] == [1, 0]
    second = make(shopee_call, later)

    message = Delivery.objects.get(campaign__kind="data_withdrawn")
    assert (message.address, message.context["jumlah"]) == ("data@bazaar-online.example", "1")
    assert to_delete(shopee_call.partner, now=later) == [codes.display(leaver.code)]
    assert to_delete(tiktok_call.partner, now=later) == []
    assert (second.version, second.row_count, second.withdrawn_count) == (2, 1, 1)
    assert [row.participant for row in second.disclosures.all()] == [stayer]
    assert open_shared_list(second, now=later).is_file()
    told = first.disclosures.get(participant=leaver)
    assert (told.withdrawn_at, told.told_at) == (later, later)
    assert open_shared_list(other, now=later).is_file()


def test_without_an_agreement_in_force_nothing_is_shared(shopee_call, now):
    partner = shopee_call.partner
    agreement = partner.agreements.get()
    shared = make(shopee_call, now)
    with pytest.raises(SharingStopped, match="tidak membolehkan: NIB"):
        make(shopee_call, now, fields=["business_name", "nib"])
    with pytest.raises(SharingStopped, match="tidak membolehkan: nik"):
        make(shopee_call, now, fields=["nik"])

    def says(**facts):
        partner.agreements.update(ended_at=None, **facts)
        with pytest.raises(SharingStopped) as stopped:
            make(shopee_call, now)
        return str(stopped.value)

    today = agreement.valid_from + timedelta(days=10)
    day = timedelta(days=1)
    assert "baru berlaku" in says(valid_from=today + day)
    assert "berakhir" in says(valid_from=today - 9 * day, valid_to=today - day)
    with pytest.raises(SharingStopped, match="berakhir"):
        open_shared_list(shared, now=now)
    partner.agreements.update(valid_to=today + day)
    assert [end_agreement(agreement, now=now) for _ in range(2)] == [True, False]
    agreement.refresh_from_db()
    assert state_of(agreement, now=now) == "ended"
    with pytest.raises(SharingStopped, match="diakhiri"):
        make(shopee_call, now)
    shared.disclosures.all().delete()
    shared.delete()
    agreement.delete()
    with pytest.raises(SharingStopped, match="Belum ada perjanjian"):
        make(shopee_call, now)


def test_list_of_another_partners_call_or_for_nobody_is_refused(
    shopee_call, tiktok_call, now, agree
):
    with pytest.raises(SharingStopped, match="bukan milik"):
        make_shared_list(shopee_call.partner, call=tiktok_call, purpose=PURPOSE, by=None, now=now)
    shopee_call.steps = ["verify"]
    shopee_call.save()
    with pytest.raises(SharingStopped, match="Belum ada pelamar"):
        make(shopee_call, now)
    assert shareable(tiktok_call.partner, now=now).count() == 2
    assert shareable(tiktok_call.partner, now=now - timedelta(days=1)).count() == 0
    assert not Disclosure.objects.exists()


def test_files_go_after_a_week_and_what_was_shared_stays_known(shopee_call, now):
    shared = make(shopee_call, now)
    path = open_shared_list(shared, now=now)
    after = now + timedelta(days=7)

    with pytest.raises(SharingStopped, match="sudah dihapus"):
        open_shared_list(shared, now=after)
    assert [purge_lists(now + timedelta(days=6)), purge_lists(after), purge_lists(after)] == [
        0,
        1,
        0,
    ]
    assert not path.exists()
    assert shared.disclosures.count() == 2


@pytest.mark.parametrize("count", [1, 3])
def test_making_a_list_asks_as_often_for_many_as_for_one(
    shopee_call, now, agree, count, django_assert_num_queries
):
    for person in people_of(shopee_call):
        agree(person, shopee_call.partner)
    others = [application.pk for application in shopee_call.applications.all()[count:]]
    shopee_call.applications.filter(pk__in=others).update(state="withdrawn")

    with django_assert_num_queries(25):
        assert make(shopee_call, now).row_count == count


def test_paper_of_an_agreement_is_a_picture_or_a_pdf(shopee_call, now, tmp_path):
    agreement = shopee_call.partner.agreements.get()
    paper = keep_paper(agreement, BytesIO(b"%PDF-1.7 halo"), name="../pks.exe", by=None, now=now)
    assert (paper.name, paper.size) == ("pks.pdf", 13)
    with pytest.raises(PaperRefused, match="PDF"):
        keep_paper(agreement, BytesIO(b"MZ"), name="pks.pdf", by=None, now=now)
