"""A file taken back: every row as before, and what was built on stays with its reason."""

import pytest
from django.db import connection
from django.utils import timezone

from participants.models import Business, Consent, DuplicatePair, Participant, StageEvent
from tests.factories import EnrolmentFactory, ParticipantFactory, UserFactory
from tests.imports.conftest import bring_in, check, counts
from umkm_portal.imports import services, tasks, undoing
from umkm_portal.imports.models import ImportFile

pytestmark = pytest.mark.usefixtures("register")
NIK = "31719941019000{:02}"


def dump():
    """Every row of every table, but the files themselves and the history that only grows."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' "
            "AND tablename NOT LIKE 'imports_%' AND tablename NOT LIKE '%history'"
        )
        tables = [name for (name,) in cursor.fetchall()]
        rows = {}
        for table in tables:
            cursor.execute(f'SELECT t::text FROM "{table}" t ORDER BY 1')
            rows[table] = [row for (row,) in cursor.fetchall()]
    return rows


def people(numbers, **cells):
    return [
        {
            **{"Nama": f"Orang {n}", "NIK": NIK.format(n), "HP": f"0812345678{n:02}"},
            **{"Nama usaha": f"Usaha {n}", "Produk": "kue", "SKPD": "PPKUKM"},
            **{"Tempat jual": "Shopee", "Setuju WhatsApp": "ya"},
            **{"Tanggal persetujuan": "01/09/2025", "Sumber persetujuan": "Formulir"},
            **cells,
        }
        for n in numbers
    ]


def test_undo_leaves_every_row_as_it_was(make_file):
    known = people(range(1, 4), **{"Setuju WhatsApp": "", "Tempat jual": "", "SKPD": ""})
    known.append({"Nama": "Tanpa Nik", "HP": "081299990001"})
    bring_in(make_file(known, "lama.csv"))
    before = dump()
    changed = people(range(1, 8), Produk="batik", Alamat="Jl. Baru 1", Bersedia="ya")
    named = {"Nama": "Tanpa Nik", "HP": "081299990001", "NIK": NIK.format(50), "NIB": "1" * 13}
    path = make_file([*changed, named, {"Nama": "Keliru", "NIK": "1"}], "baru.csv")
    file, actor = bring_in(path), UserFactory()
    assert counts(file) == {"created": 4, "updated": 4, "rejected": 1}
    after_import = dump()
    # The account of who takes it back is no part of what the file wrote.
    before["accounts_user"] = after_import["accounts_user"]

    undoing.undo_file(file, actor=actor, now=timezone.now())

    file.refresh_from_db()
    assert {name: rows for name, rows in dump().items() if rows != before[name]} == {}
    assert (file.undone_count, file.left_count, file.undone_by) == (8, 0, actor)
    assert file.undone_at is not None
    again = bring_in(path)
    assert again.pk != file.pk
    assert again.state == "done"
    assert counts(again) == counts(file)


@pytest.mark.parametrize("is_turned_round", [False, True])
def test_two_files_about_the_same_people_are_taken_back_in_either_order(make_file, is_turned_round):
    bring_in(make_file(people([1, 2]), "lama.csv"))
    before = dump()
    first = bring_in(make_file(people(range(1, 6), Alamat="Jl. Satu"), "satu.csv"))
    middle = dump()
    news = [
        *people([1, 3], Produk="batik", Alamat="Jl. Dua", SKPD="KPKP"),
        *people([4], SKPD="KPKP"),
        *people([5], **{"Nama usaha": "Usaha lain", "Setuju WhatsApp": "tidak"}),
        *people([6]),
    ]
    second = bring_in(make_file(news, "dua.csv"))
    assert (first.stored_count, second.stored_count) == (5, 5)

    if is_turned_round:
        undoing.undo_file(first, actor=None, now=timezone.now())
        first.refresh_from_db()
        assert (first.undone_count, first.left_count) == (1, 4)
    undoing.undo_file(second, actor=None, now=timezone.now())
    if not is_turned_round:
        assert dump() == middle
    first.refresh_from_db()
    undoing.undo_file(first, actor=None, now=timezone.now())

    for file in (first, second):
        file.refresh_from_db()
        assert (file.undone_count, file.left_count) == (5, 0)
    assert {name: rows for name, rows in dump().items() if rows != before[name]} == {}
    assert not first.is_undoable(now=timezone.now())


def test_what_was_built_on_stays_and_says_why(make_file):
    bring_in(make_file([{"Nama": "Lama", "HP": "081299990001"}], "lama.csv"))
    old = Participant.objects.get()
    rows = [*people(range(1, 8)), {"Nama": "Lama", "HP": "081299990001", "Alamat": "Jl. Baru"}]
    file = bring_in(make_file(rows))
    person = {n: Participant.objects.get(full_name=f"Orang {n}") for n in range(1, 8)}
    EnrolmentFactory(participant=person[1])
    Consent.objects.create(
        participant=person[2], purpose="whatsapp", event="withdrawn", channel="web"
    )
    Participant.objects.filter(pk=person[3].pk).update(is_willing=True)
    bring_in(make_file(people([4]), "lain.xlsx"))
    Business.objects.filter(participant=person[5]).update(products="kopi")
    other = ParticipantFactory()
    first, second = sorted([other, person[6]], key=lambda found: found.pk)
    DuplicatePair.objects.create(first=first, second=second, score=0.9)
    Participant.objects.filter(pk=old.pk).update(email="baru@a.example")

    undoing.undo_file(file, actor=None, now=timezone.now())

    file.refresh_from_db()
    left = {row.row_no - 1: row.stays for row in file.rows.exclude(stays="")}
    assert (file.undone_count, file.left_count) == (2, 6)
    assert left.keys() == {1, 2, 3, 4, 5, 8}
    assert left[1] == "Sudah ada keikutsertaan tentang orang ini."
    assert "persetujuan" in left[2].lower()
    assert "berubah" in left[3]
    assert "Daftar lain" in left[4]
    assert "usaha" in left[5]
    assert "berubah" in left[8]
    assert not Participant.objects.filter(pk__in=[person[6].pk, person[7].pk]).exists()
    assert person[1].stage_events.filter(stage="P1").count() == 1
    assert Participant.objects.get(pk=old.pk).address == "Jl. Baru"
    assert DuplicatePair.objects.count() == 0
    assert StageEvent.objects.filter(participant=person[7].pk).count() == 0


def test_undo_is_done_in_turns_and_only_within_a_day(make_file, sample, monkeypatch):
    file = bring_in(sample(1_200))
    late = file.done_at + ImportFile.UNDO_FOR

    with pytest.raises(services.NotNow, match="24 jam"):
        undoing.start_undo(file, actor=None, now=late)
    with pytest.raises(services.NotNow):
        undoing.start_undo(check(sample(3, name="b.csv")), actor=None, now=timezone.now())
    undoing.start_undo(file, actor=None, now=timezone.now())
    undoing.work_on_undo(file.pk, seconds=0)
    assert Participant.objects.count() == 700
    while tasks.undo_file(file_id=file.pk) < 1_200:
        pass

    file.refresh_from_db()
    assert (file.state, file.undone_count, Participant.objects.count()) == ("done", 1_200, 0)
    with pytest.raises(services.NotNow):
        undoing.start_undo(file, actor=None, now=timezone.now())


def test_a_list_of_one_slice_is_done_in_one_turn_however_long_it_takes(sample):
    """Whoever accepts a short list reads at once that it is stored, on a slow machine too."""
    file = check(sample(3))
    services.approve_file(file, by=None, now=timezone.now())

    file = services.apply_file(file.pk, seconds=-1)
    assert file.state == "done"
    undoing.start_undo(file, actor=None, now=timezone.now())
    assert undoing.work_on_undo(file.pk, seconds=-1).undone_count == 3
    file.refresh_from_db()
    assert (file.state, Participant.objects.count()) == ("done", 0)


def test_cancelled_while_storing_the_stored_part_can_be_taken_back(sample):
    file = check(sample(1_200))
    services.approve_file(file, by=None, now=timezone.now())
    services.apply_file(file.pk, seconds=0)

    services.cancel_file(file, by=UserFactory(), now=timezone.now())

    assert (file.state, file.stored_count, Participant.objects.count()) == ("cancelled", 500, 500)
    assert services.apply_file(file.pk) is None
    undoing.undo_file(file, actor=None, now=timezone.now())
    assert Participant.objects.count() == 0
