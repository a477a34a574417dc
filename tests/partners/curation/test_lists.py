"""A list from its upload to a version: who is found, what is refused, who was first."""

import json

import pytest
from django.utils import timezone

from participants.models import Consent
from partners.announcing import finding
from partners.curation import services as curation
from partners.models import Application, CurationDecision, CurationList
from tests.factories import UserFactory
from tests.partners.curation.conftest import accept, book, check, make_call, person, shown
from umkm_portal.imports import problems, repairs
from umkm_portal.imports.models import ImportFile, ImportRow

pytestmark = pytest.mark.usefixtures("register")
State = CurationList.State


def decisions(version):
    """By row of the spreadsheet: the person, how she was found, what was decided, what waits."""
    return {
        d.shown_row: (d.participant, d.matched_by, d.outcome, d.waiting)
        for d in CurationDecision.objects.filter(list=version).select_related("participant")
    }


def told(file):
    return {
        row.shown_row: [p["message"] for p in row.problems]
        for row in file.rows.exclude(problems=[]).order_by("row_no")
    }


def test_each_way_finds_its_person_and_the_rest_waits_for_staff(call, officer, tmp_path):
    siti = person("Siti Aminah", phone="+6281111111111")
    budi = person("Budi Santoso", nik="3171994101900001")
    dewi = person("Hj. Dewi Lestari", phone="+6281222222222")
    rini = person("Rini", link="https://www.shopee.co.id/dapurrini?smtt=1", business="Dapur Rini")
    toko = person("Tono", phone="+6281333333333", business="Toko Tono Jaya")
    andi = person("Andi")
    Application.objects.create(
        call=call, participant=andi, products="Kopi", store_link="shopee.co.id/kopiandi"
    )
    person("Keluarga Satu", phone="+6281444444444")
    path = book(
        tmp_path,
        [
            {"Kode Peserta": shown(siti), "Hasil": "LOLOS", "Grade": "A"},
            {"NIK": "3171994101900001", "Hasil": "TL", "Catatan": "foto 3171994101900001 buram"},
            {"Nama Pemilik": "dewi lestari, S.E.", "HP": "0812-2222-2222", "Hasil": "cadangan"},
            {"Link Toko": "@dapurrini", "Hasil": "ya"},
            {"Nama Toko": "TOKO TONO JAYA", "HP": "081333333333", "Hasil": "Perlu perbaikan"},
            {"Link Toko": "https://shopee.co.id/kopiandi/", "Hasil": "approved"},
            {"Nama Pemilik": "Bukan Keluarga", "HP": "081444444444", "Hasil": "v"},
            {"Nama Pemilik": "Tak Dikenal", "HP": "081555555555", "Hasil": "x"},
        ],
    )

    file = check(path, call, by=officer)
    seen = curation.preview(file)
    version = accept(file, by=officer)

    assert (seen.rows, seen.matched, seen.unmatched, seen.to_repair) == (8, 6, 2, 0), told(file)
    assert seen.outcomes == {"passed": 4, "failed": 2, "reserve": 1, "improve": 1}
    assert (seen.difference, seen.current_version, seen.acceptable) == (None, None, 8)
    assert (version.state, version.version, version.accepted_by) == (State.ACCEPTED, 1, officer)
    assert decisions(version) == {
        2: (siti, "code", "passed", ""),
        3: (budi, "nik", "failed", ""),
        4: (dewi, "phone", "reserve", ""),
        5: (rini, "link", "passed", ""),
        6: (toko, "phone", "improve", ""),
        7: (andi, "link", "passed", ""),
        8: (None, "", "passed", "review"),
        9: (None, "", "failed", "review"),
    }
    waiting = CurationDecision.objects.get(list=version, row_no=9)
    assert json.loads(waiting.contact) == {"owner_name": "Tak Dikenal", "phone": "+6281555555555"}
    noted = CurationDecision.objects.get(list=version, row_no=3)
    assert noted.note == "foto 3171••••••••0001 buram"
    assert not ImportRow.objects.filter(file=file).exclude(raw__isnull=True, clean={}).exists()


def test_contradictions_name_both_rows_and_repeats_are_skipped(call, tmp_path):
    siti, budi = person("Siti", phone="+6281111111111"), person("Budi", phone="+6281222222222")
    path = book(
        tmp_path,
        [
            {"Kode Peserta": shown(siti), "Nama": "", "HP": "", "Hasil": "Lolos"},
            {"Kode Peserta": "", "Nama": "Siti", "HP": "081111111111", "Hasil": "Tidak lolos"},
            {"Kode Peserta": shown(budi), "Hasil": "Lolos", "Catatan": "keripik"},
            {"Kode Peserta": shown(budi), "Hasil": "Lolos", "Catatan": "kopi"},
            {"Kode Peserta": "", "Nama": "Budi", "HP": "081222222222", "Hasil": "ok"},
            {"Nama": "Asing", "HP": "081999999999", "Hasil": "L"},
            {"Nama": "ASING", "HP": "+62 819-9999-9999", "Hasil": "TL"},
        ],
    )

    file = check(path, call)
    seen = curation.preview(file)

    assert (seen.matched, seen.unmatched, seen.to_repair, seen.repeated) == (1, 0, 4, 2)
    both = "Baris 2, 3 tentang orang yang sama, tetapi hasilnya berbeda."
    strangers = "Baris 7, 8 tentang orang yang sama, tetapi hasilnya berbeda."
    assert told(file) == {
        2: [both],
        3: [both],
        5: ["Baris 4, 5 memberi hasil yang sama: baris 5 mengulang baris 4."],
        6: ["Baris 4, 6 memberi hasil yang sama: baris 6 mengulang baris 4."],
        7: [strangers],
        8: [strangers],
    }

    # The right result in one of them lets the first go on.
    with pytest.raises(Exception, match="tidak perlu diperbaiki"):
        repairs.repair_row(file, row_no=4, cells={}, by=None, now=timezone.now())
    repairs.repair_row(file, row_no=3, cells={"Hasil": "Lolos"}, by=None, now=timezone.now())

    assert curation.preview(file).matched == 2
    assert list(told(file)) == [3, 5, 6, 7, 8]


def test_bad_rows_come_back_and_no_repair_asks_for_a_nik(call, tmp_path):
    siti = person("Siti", phone="+6281111111111")
    path = book(
        tmp_path,
        [
            {"NIK": "3,17E+15", "Nama": "Siti", "HP": "081111111111", "Hasil": "Lolos"},
            {"NIK": "31719941019", "Kode Peserta": shown(siti), "Hasil": "Lolos"},
            {"NIK": "", "Nama": "Tanpa Apa Pun", "Hasil": "Lolos"},
            {"HP": "081222222222", "Hasil": "Lolos"},
            {"Nama": "Ragu", "HP": "081333333333", "Hasil": "mungkin"},
            {"Nama": "Kosong", "HP": "081333333334", "Hasil": ""},
            {"Nama": "Nilai", "HP": "081333333335", "Hasil": "Lolos", "Grade": "E"},
        ],
    )

    file = check(path, call)
    groups = problems.group_problems(file)

    assert file.rejected_count == 6
    assert told(file)[3] == ["NIK harus 16 angka, tetapi ini 11 angka."]
    assert {g.repair for g in groups if g.column == "NIK"} == {
        "Kosongkan NIK dan isi kode peserta atau nomor HP.",
        "NIK diabaikan; peserta dikenali dari kodenya.",
    }
    for group in groups:
        assert "ketik ulang" not in group.repair.lower()
        assert "KTP" not in " ".join([group.repair, *(e.message for e in group.examples)])
    assert told(file)[4] == ["Kode peserta, nomor HP, dan tautan toko kosong."]
    assert told(file)[5] == ["Nama di samping nomor HP kosong."]
    assert told(file)[7] == ["Hasil kurasi kosong."]

    repairs.repair_row(file, row_no=2, cells={"NIK": ""}, by=None, now=timezone.now())

    assert curation.preview(file).repeated == 1, "rows 2 and 3 both are about Siti now"
    assert ImportFile.objects.get(pk=file.pk).rejected_count == 6


def test_who_belongs_to_another_partner_waits_like_a_stranger(call, officer, tmp_path):
    theirs, ours = person("Milik TikTok"), person("Milik Bersama")
    other = make_call("live", platform="tiktok")
    for somebody in (theirs, ours):
        Consent.objects.create(
            participant=somebody,
            purpose=Consent.Purpose.SHARING,
            organisation=other.partner.organisation,
            event=Consent.Event.GIVEN,
            notice_version="1",
            channel="portal",
        )
    Application.objects.create(call=call, participant=ours, products="Kopi")
    rows = [{"Kode Peserta": shown(p), "Hasil": "Lolos"} for p in (theirs, ours)]

    file = check(book(tmp_path, rows), call, by=officer)
    version = accept(file, by=officer)

    assert not file.rows.filter(target_id=theirs.pk).exists()
    assert decisions(version) == {
        2: (None, "", "passed", "review"),
        3: (ours, "code", "passed", ""),
    }
    waiting = CurationDecision.objects.get(list=version, participant=None)
    assert json.loads(waiting.contact) == {"candidates": str(theirs.pk)}


def test_versions_show_their_difference_and_the_same_bytes_the_old_receipt(call, officer, tmp_path):
    people = [person(f"Orang {n}") for n in range(4)]
    rows = [{"Kode Peserta": shown(p), "Hasil": "Lolos"} for p in people[:3]]
    rows.append({"Nama": "Asing", "HP": "081999999999", "Hasil": "Lolos"})
    path = book(tmp_path, rows, "satu.xlsx")
    first = accept(check(path, call, by=officer), by=officer)

    again, is_new = curation.receive_list(
        [path.read_bytes()], name="lain.xlsx", call=call, uploader=officer, now=timezone.now()
    )
    assert (curation.list_of(again), is_new) == (first, False)

    shuffled = check(book(tmp_path, rows[::-1], "acak.xlsx"), call)
    assert accept(shuffled) == first
    shuffled.refresh_from_db()
    assert (shuffled.same_count, shuffled.state) == (4, "done")

    changed = [
        {"Kode Peserta": shown(people[0]), "Hasil": "Lolos"},
        {"Kode Peserta": shown(people[1]), "Hasil": "Tidak lolos"},
        {"Kode Peserta": shown(people[3]), "Hasil": "Lolos"},
        rows[3],
    ]
    file = check(book(tmp_path, changed, "dua.xlsx"), call, by=officer)
    seen = curation.preview(file)
    second = accept(file, by=officer, seen_version=seen.current_version)

    assert seen.current_version == 1
    assert seen.difference == (1, 1, 1, 2)
    assert second.difference == {"added": 1, "changed": 1, "gone": 1, "same": 2}
    first.refresh_from_db()
    assert (first.state, second.state) == (State.REPLACED, State.ACCEPTED)
    file.refresh_from_db()
    assert (file.created_count, file.updated_count, file.same_count) == (1, 1, 2)

    curation.withdraw_list(second, by=officer, now=timezone.now())

    first.refresh_from_db()
    assert first.state == State.ACCEPTED
    assert not CurationDecision.objects.filter(list=second).exists()
    _, is_new = curation.receive_list(
        [(tmp_path / "dua.xlsx").read_bytes()],
        **{"name": "dua.xlsx", "call": call, "uploader": officer, "now": timezone.now()},
    )
    assert is_new, "what was taken back may come again"


def test_whom_staff_settled_once_is_known_in_later_versions(call, officer, tmp_path):
    rows = [
        {"Nama Pemilik": "Ani", "HP": "081511111111", "Hasil": "lolos"},
        {"Nama Pemilik": "Eka", "HP": "081522222222", "Email": "eka@contoh.example", "Hasil": "v"},
        {"Nama Pemilik": "Nono", "HP": "081533333333", "Hasil": "lolos"},
        {"Nama Pemilik": "Siapa", "HP": "081544444444", "Hasil": "lolos"},
    ]
    now = timezone.now()
    first = accept(check(book(tmp_path, rows), call), by=officer)
    one, two, three, _ = CurationDecision.objects.filter(list=first).order_by("row_no")
    ani = person("Anita Lestari")
    finding.link_row(one, ani, by=officer, now=now)
    finding.invite_row(two, by=officer, is_by_hand=True, now=now)
    eka = person("Eka Putri", email="eka@contoh.example")
    assert finding.link_registered(now=now) == 1
    finding.set_row_aside(three, by=officer, now=now)

    file = check(book(tmp_path, [row | {"Grade": "B"} for row in rows], "lagi.xlsx"), call)
    seen = curation.preview(file)
    second = accept(file, by=officer, seen_version=1)

    assert (seen.matched, seen.unmatched, seen.difference.changed) == (2, 2, 4)
    assert decisions(second) == {
        2: (ani, "staff", "passed", ""),
        3: (eka, "staff", "passed", ""),
        4: (None, "", "passed", "set_aside"),
        5: (None, "", "passed", "review"),
    }
    aside = CurationDecision.objects.get(list=second, row_no=4)
    assert (aside.settled_by, aside.settled_at) == (officer, now)


def test_only_one_of_two_is_accepted_and_the_other_is_told(call, officer, tmp_path):
    siti = person("Siti")
    other = UserFactory(full_name="Dodi")
    rows = [{"Kode Peserta": shown(siti), "Hasil": "Lolos"}]
    mine = check(book(tmp_path, rows, "a.xlsx"), call, by=officer)
    theirs = check(book(tmp_path, [{**rows[0], "Hasil": "TL"}], "b.xlsx"), call, by=other)

    version = accept(mine, by=officer)

    assert accept(mine, by=officer) == version, "a second press changes nothing"
    with pytest.raises(curation.ListNotAccepted, match="Rina Shopee sudah menerima daftar ini"):
        accept(mine, by=other)
    with pytest.raises(curation.ListNotAccepted, match="Rina Shopee sudah menerima versi 1"):
        accept(theirs, by=other)
    assert accept(theirs, by=other, seen_version=1).version == 2
    with pytest.raises(curation.ListNotAccepted, match="sudah diumumkan atau diganti"):
        curation.withdraw_list(version, by=officer, now=timezone.now())
