"""The way of a file: the same rows twice change nothing, bad rows come back, crashes resume."""

import csv
import random
import stat

import pytest
from django.conf import settings as portal_settings
from django.db import connection
from django.utils import timezone
from python_calamine import CalamineWorkbook

from participants.models import Business, Consent, Mentorship, Participant, SalesChannel, StageEvent
from participants.samples.dirt import KINDS, REPEATED
from participants.samples.files import LABELS, make_people
from tests.imports.conftest import bring_in, check, counts, receive
from umkm_portal.common.spreadsheets import write_xlsx
from umkm_portal.imports import problems, reports, services, uploads
from umkm_portal.imports.models import ColumnMapping, ImportFile, ImportRow

pytestmark = pytest.mark.usefixtures("register")
TABLES = (Participant, Business, SalesChannel, StageEvent, Consent, Mentorship)


def read_csv(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file, delimiter=";"))
    return rows[0], rows[1:]


def shuffled_copy(path, target):
    header, rows = read_csv(path)
    random.Random(4).shuffle(rows)
    write_xlsx(target, header, rows)
    return target


def everything():
    return {model: list(model.objects.order_by("pk").values()) for model in TABLES}


def expect_acceptance(tmp_path, path, count, dirt, seed):
    """The promise of the pipeline on one messy file, whatever its size."""
    expected = {
        number + 2: sample.dirt
        for number, sample in enumerate(make_people(count, seed=seed, dirt=dirt))
        if sample.dirt
    }

    first = bring_in(path)

    assert counts(first) == {"created": count - len(expected), "rejected": len(expected)}
    named = {}
    for problem in problems.list_problems(first, limit=10**6):
        assert problem["message"]
        assert problem["repair"]
        named.setdefault(problem["row"], []).append(problem["column"])
    assert named.keys() == expected.keys()
    for row, kind in expected.items():
        column = LABELS["nik" if kind == REPEATED else KINDS[kind][0]]
        assert column in named[row], (row, kind, named[row])
    before = everything()

    again = bring_in(shuffled_copy(path, tmp_path / "acak.xlsx"))

    assert counts(again) == {"same": count - len(expected), "rejected": len(expected)}
    assert everything() == before
    return first


def test_messy_file_is_imported_once_and_again_changes_nothing(sample, tmp_path):
    expect_acceptance(tmp_path, sample(2_000, dirt=5), 2_000, 5, 1)


@pytest.mark.long
def test_twenty_thousand_messy_people_are_imported_once(sample, tmp_path):
    expect_acceptance(tmp_path, sample(20_000, dirt=5, seed=2), 20_000, 5, 2)


def test_error_file_is_imported_after_repair(sample, tmp_path):
    file = bring_in(sample(300, dirt=10))
    target = tmp_path / "perbaikan.xlsx"
    written = problems.write_error_file(file, target)
    header, *rows = CalamineWorkbook.from_path(target).get_sheet_by_index(0).to_python()
    assert written == len(rows) == file.rejected_count == 30
    assert header[-2:] == ["baris", "kesalahan"]
    assert all(row[-2] and row[-1] for row in rows)

    unrepaired = check(target)
    people = {n + 2: s for n, s in enumerate(make_people(300, seed=1, dirt=0))}
    repaired = tmp_path / "sudah.xlsx"
    tidy = [[people[int(row[-2])].cells.get(key, "") for key in LABELS] + row[-2:] for row in rows]
    write_xlsx(repaired, [*LABELS.values(), *header[-2:]], tidy)
    after = bring_in(repaired)

    assert unrepaired.rejected_count >= 28, "only repeats of another row may pass unrepaired"
    assert after.rejected_count == 0
    assert after.created_count + after.same_count + after.updated_count + after.review_count == 30


def test_same_bytes_give_the_old_report(sample):
    path = sample(50, dirt=10)
    first = bring_in(path)
    before = reports.report_of(first)

    file, is_new = services.receive_file(
        uploads.blocks_of(path), name="lain.csv", profile="register"
    )

    assert (file, is_new) == (first, False)
    assert reports.report_of(file) == before
    assert before["rejected"] == len({problem["row"] for problem in before["problems"]}) == 5
    assert ImportFile.objects.count() == 1


def test_same_bytes_of_a_cancelled_file_are_a_new_file(sample):
    path = sample(10)
    services.cancel_file(check(path), now=timezone.now())

    file = bring_in(path)

    assert file.state == ImportFile.State.DONE
    assert ImportFile.objects.count() == 2


def test_nothing_is_written_before_approval(sample):
    file = check(sample(20))

    assert file.state == ImportFile.State.CHECKED
    assert file.created_count == 20
    assert Participant.objects.count() == 0


def test_final_file_leaves_no_bytes_behind(sample):
    folder = portal_settings.MEDIA_ROOT / uploads.FOLDER
    waiting = receive(sample(5, name="a.csv"))
    assert stat.S_IMODE(waiting.source.stat().st_mode) == 0o600
    services.cancel_file(waiting, now=timezone.now())
    bring_in(sample(6, name="b.csv"))

    assert list(folder.iterdir()) == []


def test_applied_rows_keep_no_personal_cells(sample):
    file = bring_in(sample(40, dirt=10))

    kept = ImportRow.objects.filter(file=file)
    assert kept.filter(action="create", raw__isnull=True, clean={}).count() == 36
    assert kept.filter(action="reject", raw__isnull=False).count() == 4


def test_no_nik_is_readable_anywhere_in_the_database(sample):
    path = sample(200, dirt=20)
    header, rows = read_csv(path)
    niks = {row[header.index("NIK")] for row in rows}
    whole = sorted(nik for nik in niks if len(nik) == 16 and nik.isdigit())
    checked = check(path)
    assert text_of_database(whole) == []

    services.approve_file(checked, by=None, now=timezone.now())
    services.apply_file(checked.pk)

    assert len(whole) > 150
    assert text_of_database(whole) == []


def text_of_database(niks):
    """The tables in which any of these NIKs can be read, as text or inside bytes."""
    found = []
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for (table,) in cursor.fetchall():
            cursor.execute(f"SELECT t::text FROM {table} t")
            text = "\n".join(row for (row,) in cursor.fetchall())
            if any(nik in text or nik.encode().hex() in text for nik in niks):
                found.append(table)
    return found


def test_a_sealed_nik_opens_again_and_is_found_by_its_index(make_file):
    bring_in(make_file([{"Nama": "Siti", "NIK": "3171994101900001", "HP": "081234567890"}]))

    person = Participant.objects.get()

    assert person.nik == "3171994101900001"
    assert person.nik_last4 == "0001"
    assert person.identity == Participant.Identity.VERIFIED


def test_accepted_mapping_is_remembered_for_the_organisation(make_file):
    path = make_file([{"Nama": "Siti", "HP": "081234567890", "Kolom aneh": "Tanah Abang"}])
    file = check(path)
    chosen = {**file.mapping, "Kolom aneh": "district"}
    services.set_mapping(file, chosen, now=timezone.now())
    services.process_file(file.pk)
    file.refresh_from_db()
    services.approve_file(file, by=None, now=timezone.now())
    services.apply_file(file.pk)

    again = check(make_file([{"Nama": "Budi", "HP": "081234567891", "Kolom aneh": "Menteng"}]))

    assert again.mapping["Kolom aneh"] == "district"
    assert ColumnMapping.objects.get().mapping == chosen
    assert Participant.objects.get().region.name == "Tanah Abang"


def test_missing_columns_wait_for_a_person(make_file):
    path = make_file([{"Siapa": "Siti", "Ke mana": "081234567890", "Email": "siti@a.example"}])
    file = check(path)
    assert file.state == ImportFile.State.READ

    with pytest.raises(services.NotNow, match="Nama lengkap"):
        services.set_mapping(file, {"Ke mana": "phone"}, now=timezone.now())
    chosen = {"Siapa": "full_name", "Ke mana": "phone", "Email": ""}
    services.set_mapping(file, chosen, now=timezone.now())
    services.process_file(file.pk)
    file.refresh_from_db()

    assert file.state == ImportFile.State.CHECKED
    assert file.created_count == 1


def test_a_column_given_twice_is_refused(sample):
    file = check(sample(3))

    with pytest.raises(services.NotNow, match="NIK"):
        services.set_mapping(
            file, {"Nama lengkap": "full_name", "NIK": "nik", "NIB": "nik"}, now=timezone.now()
        )


def test_an_accepted_file_cannot_be_cancelled_or_accepted_again(sample):
    file = bring_in(sample(3))

    with pytest.raises(services.NotNow):
        services.cancel_file(file, now=timezone.now())
    with pytest.raises(services.NotNow):
        services.approve_file(file, by=None, now=timezone.now())


def test_only_one_process_works_on_a_file(sample):
    file = receive(sample(3))
    ImportFile.objects.update(lease_until=timezone.now() + ImportFile.LEASE)

    assert services.process_file(file.pk) is None
    ImportFile.objects.update(lease_until=timezone.now() - ImportFile.LEASE)
    assert services.process_file(file.pk).state == ImportFile.State.CHECKED


def test_lost_staging_is_read_again_and_goes_on_as_approved(sample):
    file = check(sample(30))
    services.approve_file(file, by=None, now=timezone.now())
    ImportRow.objects.all().delete()

    services.apply_file(file.pk)
    file.refresh_from_db()
    assert file.state == ImportFile.State.UPLOADED
    services.process_file(file.pk)
    services.apply_file(file.pk)
    file.refresh_from_db()

    assert file.state == ImportFile.State.DONE
    assert Participant.objects.count() == 30


def test_a_file_that_breaks_the_reader_again_and_again_is_given_up(sample, monkeypatch):
    file = receive(sample(3))

    def broken(*args):
        raise RuntimeError("broken")

    with monkeypatch.context() as patch:
        patch.setattr(services.staging, "stage_file", broken)
        for _ in range(services.MOST_FAILURES):
            with pytest.raises(RuntimeError):
                services.process_file(file.pk)
    services.process_file(file.pk)
    file.refresh_from_db()

    assert file.state == ImportFile.State.FAILED
    assert "berulang kali" in file.file_error


def test_pruning_forgets_rows_of_old_files_only(sample):
    old, new = bring_in(sample(5, name="a.csv")), bring_in(sample(6, seed=3, name="b.csv"))
    ImportFile.objects.filter(pk=old.pk).update(done_at=timezone.now() - services.KEEP_ROWS * 2)

    assert services.prune_rows(now=timezone.now()) == 1

    assert old.rows.count() == 0
    assert new.rows.count() == 6


@pytest.mark.parametrize("step", ["check_slice", "apply_slice"])
def test_queries_do_not_grow_with_rows(sample, step, django_assert_max_num_queries):
    found = []
    for count in (5, 10, 400):  # the first one warms what is kept in memory
        path = sample(count, seed=count, name=f"{count}.csv")
        if step == "check_slice":
            file = receive(path)
            with django_assert_max_num_queries(200) as queries:
                services.process_file(file.pk)
        else:
            file = check(path)
            services.approve_file(file, by=None, now=timezone.now())
            with django_assert_max_num_queries(200) as queries:
                services.apply_file(file.pk)
        found.append(len(queries))

    assert found[1] == found[2]
