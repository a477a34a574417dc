"""Reading a sheet by its columns: blanks, marks, errors, what repeats, what is read together."""

from umkm_portal.imports.copying import _dump_each
from umkm_portal.imports.models import RowDecision
from umkm_portal.imports.sheets import SheetCells

PLACES = {"name": 0, "day": 1, "city": 2, "village": 3}
LABELS = {"name": "Nama", "day": "Tanggal", "city": "Kota", "village": "Kelurahan"}


def readers(calls):
    def name(cell, row):
        calls.append(cell)
        row["name"] = cell

    def day(cell, row):
        calls.append(cell)
        if cell == "besok":
            raise ValueError("Besok belum tiba.")
        row["day"] = cell

    return {"name": name, "day": day}


def sheet(calls, **facts):
    cells = SheetCells(
        PLACES, LABELS, repairs={"day": "Tulis hari ini."}, other_repair="Ketik lagi."
    )
    cells.read_with(readers(calls), repeating={"day"}, **facts)
    return cells


def test_what_repeats_is_read_once_and_blank_cells_never():
    calls = []
    cells = sheet(calls)

    rows = [
        cells.read(line) for line in ([" Siti ", "1/2", "", ""], ["–", "1/2", "", ""], ["", "-"])
    ]

    assert rows == [{"name": "Siti", "day": "1/2"}, {"day": "1/2"}, {}]
    assert calls == ["Siti", "1/2"]
    assert cells.problems == []


def test_what_is_wrong_is_told_each_time_under_the_file_s_own_heading():
    calls = []
    cells = sheet(calls)

    for _ in range(2):
        assert cells.read(["#N/A", "besok", "", ""]) == {}
        assert cells.problems == [
            {
                "column": "Nama",
                "message": "Sel ini berisi kesalahan rumus #N/A.",
                "repair": "Ketik lagi.",
            },
            {"column": "Tanggal", "message": "Besok belum tiba.", "repair": "Tulis hari ini."},
        ]
    assert cells.is_refused("day")
    assert not cells.is_refused("city")


def test_three_dashes_clear_where_the_list_can_and_say_nothing_elsewhere():
    def clear(key, row):
        if key == "name":
            raise ValueError("Nama tidak bisa dikosongkan.")
        row[key] = ""

    plain, clearing = sheet([]), sheet([], clear=clear)

    assert (plain.read(["---", "---", "", ""]), plain.problems) == ({}, [])
    assert clearing.read(["---", "---", "", ""]) == {"day": ""}
    assert [problem["message"] for problem in clearing.problems] == ["Nama tidak bisa dikosongkan."]


def test_columns_read_together_are_remembered_unless_something_was_noticed():
    asked = []

    def place(texts, row):
        asked.append(texts)
        row["place"] = texts["village"]
        if texts["city"] == "Bogor":
            cells.warn("city", "Di luar Jakarta.", "Tidak perlu diperbaiki.")

    cells = sheet([])
    cells.read_group_with(("city", "district", "village"), place)
    seen = []
    for city in ("Jakarta", "Jakarta", "Bogor", "Bogor", ""):
        row = cells.read(["", "", city, "Gambir" if city else " "])
        seen.append((row.get("place"), len(cells.problems)))

    assert seen == [("Gambir", 0), ("Gambir", 0), ("Gambir", 1), ("Gambir", 1), (None, 0)]
    assert [texts["city"] for texts in asked] == ["Jakarta", "Bogor", "Bogor"]
    assert not cells.is_refused()


def test_rows_written_at_once_are_the_rows_that_were_given():
    rows = [{}, {"a": 'x},\t{"y\\', "list": ["},{", 1]}, {"n": None, "b": True}]
    nested = [{"list": [{"a": 1}, {"b": "\t"}]}, {"c": 2}]

    assert _dump_each(rows) == [
        "{}",
        '{"a":"x},\\\\t{\\\\"y\\\\\\\\","list":["},{",1]}',
        '{"n":null,"b":true}',
    ]
    assert _dump_each(nested) == ['{"list":[{"a":1},{"b":"\\\\t"}]}', '{"c":2}']


def test_a_decision_tells_its_row_and_where_there_are_several_its_sheet():
    decision = RowDecision(row_no=RowDecision.SHEET_SPAN + 7)

    assert decision.place_in([{"name": "Lolos"}, {"name": "Cadangan"}]) == "7 (lembar Cadangan)"
    assert decision.place_in([{"name": "Lolos"}]) == "7"
