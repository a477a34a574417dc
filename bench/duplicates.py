"""How fast second records of one person are found, against a raw COPY of the same people.

    .venv/bin/python bench/duplicates.py --rows 370000 --json

The product is `find_pairs` over a whole register that was never searched (`search`), again over
one that was (`again`), and around the people of an import of 1 % (`increment`). The register holds
invented people of whom one in fifty stands there twice: with a slip in the name, without a NIK, and
with the same phone or the same birth date. The limit is `COPY FROM` of the same people into the
same table with the same indexes and constraints and no history, in the same run. `increment`
is held against 1 % of `search` in `share`: in proportion is 1.
"""

import importlib
import random
import resource
import time

import _report

importing = importlib.import_module("import")
TWINS = 50
"""One person in so many stands in the register a second time."""
LIMIT = 15


def main():
    _report.run(__doc__, measure, rows=370_000)


def measure(rows, folder):
    _report.prepare_database()
    people, more = folder / "people.csv", folder / "more.csv"
    twins = write_people(people, more, rows)
    importing.import_files([people], "created", rows)
    limit, _ = importing.time_copy(folder)
    analyse()
    from participants.duplicates.finding import find_pairs, find_pairs_of_file

    search, seconds = timed(find_pairs)
    again, again_seconds = timed(find_pairs, everybody=True)
    report, _, _ = importing.import_file(more)
    few = report["created"]
    increment, few_seconds = timed(find_pairs_of_file, report["file"])
    assert increment.people == few, increment
    assert search.new >= 0.95 * twins, (search, twins)
    assert again.new == again.gone == 0, again
    assert increment.new >= 0.95 * few, increment
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    return {
        "rows": rows,
        "search": figures(seconds, limit, peak)
        | {"twins": twins, "found": search.new, "compared": search.compared},
        "again": figures(again_seconds, limit, peak),
        "increment": {
            "people": few,
            "found": increment.new,
            "seconds": round(few_seconds, 2),
            "share": round(few_seconds / (seconds * few / rows), 2),
        },
    }


def figures(seconds, limit, peak):
    return _report.figures(seconds, limit, peak) | {"may_be": LIMIT}


def timed(find, *named, **options):
    """A search by the product, and its seconds."""
    from django.utils import timezone

    start = time.monotonic()
    search = find(*named, now=timezone.now(), **options)
    return search, time.monotonic() - start


def analyse():
    """What autovacuum would have done by the time that anybody searches."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE participants_participant")


def write_people(people, more, rows):
    """The register, and a second file of 1 % who all stand in the register already."""
    from participants.samples.files import KEYS, LABELS, make_people
    from umkm_portal.common.spreadsheets import write_csv

    rng = random.Random(7)
    twins = rows // TWINS
    named = [sample.cells for sample in make_people(rows - twins, seed=1)]
    known = [line for line in named if line.get("phone")]
    header = [LABELS[key] for key in KEYS]

    def cells(lines):
        return ([line.get(key, "") for key in KEYS] for line in lines)

    again = [second_record(line, rng, number) for number, line in enumerate(known[:twins])]
    late = known[twins : twins + rows // 100]
    with people.open("wb") as file:
        write_csv(file, header, cells([*named, *again]))
    with more.open("wb") as file:
        write_csv(file, header, cells(second_record(line, rng, 0) for line in late))
    return twins


def second_record(cells, rng, number):
    """The same person as another office wrote her down: a doubled letter, no NIK."""
    name = cells["full_name"]
    word = max(name.replace(",", " ").replace(".", " ").split(), key=len)
    place = name.index(word) + rng.randrange(1, len(word))
    twin = {**cells, "full_name": name[:place] + name[place] + name[place:], "nik": ""}
    twin["email"] = ""
    if number % 2:
        twin["phone"] = f"0811{rng.randrange(10**8):08}"
    return twin


if __name__ == "__main__":
    main()
