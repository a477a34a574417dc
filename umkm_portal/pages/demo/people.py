"""The people of the practice data: a few with a story, the others invented; all come in by file."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

from django.utils import timezone

from participants.models import Participant
from participants.samples.files import KEYS, LABELS, make_people
from umkm_portal.accounts.models import User
from umkm_portal.common.spreadsheets import write_csv
from umkm_portal.imports import services, uploads
from umkm_portal.imports.models import ImportFile

SEED = 2026
OWNER_EMAIL = "siti.aminah@surel.example"
_WILLING = {"is_active": "ya", "is_willing": "ya", "willing_on": "12/08/2025"}
_TANAH_ABANG = {"city": "Jakarta Pusat", "district": "Tanah Abang", "village": "Kebon Kacang"}
_FAMILY_PHONE = "0812-5550-0199"
NAMED = (
    {
        "full_name": "Siti Aminah",
        "nik": "3171995204840001",
        "phone": "0812-5550-0101",
        "email": OWNER_EMAIL,
        "birth_date": "12/04/1984",
        **_TANAH_ABANG,
        "address": "Jl. Kebon Kacang 9 No. 3",
        "track": "Naik kelas",
        "agency": "PPKUKM",
        "registered_on": "17/10/2022",
        "business_name": "Kerudung Bu Siti",
        "sector": "Fesyen",
        "products": "Kerudung dan mukena",
        "market": "Pasar Tanah Abang",
        "stall": "G2-14",
        "sells_live": "tidak",
        "yearly_sales": "Rp180.000.000",
        **_WILLING,
    },
    {
        "full_name": "Sukarni",
        "nik": "3175994107690002",
        "phone": "0812-5550-0102",
        "email": "sukarni@surel.example",
        "birth_date": "01/07/1969",
        "city": "Jakarta Timur",
        "district": "Cakung",
        "village": "Penggilingan",
        "business_name": "Keripik Sukarni",
        "sector": "Makanan",
        "products": "Keripik singkong",
        **_WILLING,
    },
    {
        "full_name": "Dedi Kurniawan",
        "nik": "3273991503880003",
        "phone": "0812-5550-0103",
        "email": "dedi.kurniawan@surel.example",
        "birth_date": "15/03/1988",
        "city": "Kota Bandung",
        "business_name": "Kopi Dago Dedi",
        "sector": "Minuman",
        "products": "Kopi bubuk",
        **_WILLING,
    },
    {
        "full_name": "Rina Marlina",
        "nik": "3174995009910004",
        "phone": _FAMILY_PHONE,
        "email": "rina.marlina@surel.example",
        "birth_date": "10/09/1991",
        "city": "Jakarta Selatan",
        "district": "Tebet",
        "village": "Manggarai",
        "business_name": "Jahit Rina",
        "sector": "Jasa",
        "products": "Jahit baju",
        **_WILLING,
    },
    {
        "full_name": "Joko Santoso",
        "nik": "3174992211890005",
        "phone": _FAMILY_PHONE,
        "birth_date": "22/11/1989",
        "city": "Jakarta Selatan",
        "district": "Tebet",
        "village": "Manggarai",
        "business_name": "Bakso Joko",
        "sector": "Makanan",
        "products": "Bakso",
        **_WILLING,
    },
    {
        "full_name": "Soekarni",
        "phone": "0812-5550-0102",
        "birth_date": "01/07/1969",
        "city": "Jakarta Timur",
        "district": "Cakung",
        "village": "Penggilingan",
        "agency": "PPAPP",
        "business_name": "Singkong Bu Soekarni",
        "sector": "Makanan",
        "products": "Keripik singkong balado",
    },
)
"""A stall owner, a one-word name, one from Bandung, two who share a phone (one without email), and
the one-word name once more, as another office spelled it."""


class PeopleRefused(Exception):
    """The file of invented people did not come in; the text says why."""


def bring_in_people(count: int, *, uploader: User) -> int:
    """Let `count` people into the register by the import pipeline; return how many are new.

    The same count gives the same file, and a file that came in already changes nothing.
    """
    before = Participant.objects.count()
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"data-latihan-{count}.csv"
        _write(path, count)
        file, _ = services.receive_file(
            uploads.blocks_of(path), name=path.name, profile="register", uploader=uploader
        )
    if file.state != ImportFile.State.DONE:
        _accept(file, by=uploader)
    return Participant.objects.count() - before


def stall_owner() -> Participant | None:
    """The stall owner of the tour."""
    return Participant.objects.living().filter(email=OWNER_EMAIL).first()


def _write(path: Path, count: int) -> None:
    invented = (sample.cells for sample in make_people(max(count - len(NAMED), 0), seed=SEED))
    people = chain(NAMED[:count], invented)
    with path.open("wb") as file:
        rows = ([cells.get(key, "") for key in KEYS] for cells in people)
        write_csv(file, [LABELS[key] for key in KEYS], rows)


def _accept(file: ImportFile, *, by: User) -> None:
    """Take the file through every step, as an officer does in the pages."""
    services.process_file(file.pk)
    file.refresh_from_db()
    if file.state == ImportFile.State.CHECKED:
        services.approve_file(file, by=by, now=timezone.now())
    services.apply_file(file.pk)
    file.refresh_from_db()
    if file.state != ImportFile.State.DONE:
        raise PeopleRefused(file.file_error or f"The file of people stayed {file.state}.")
