"""People named one by one: codes or phone numbers, one on each line."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from participants.models import Participant
from umkm_portal.accounts.models import User
from umkm_portal.common import codes, phones
from umkm_portal.messaging.desk.sources import Chosen, Pasted, Selection, Source, compiled

MOST = 5000
"""Lines of one paste; more belongs into a file or a segment."""
_UNKNOWN = "Tidak terdaftar di antara peserta yang boleh Anda lihat."


def read(text: str, user: User) -> Pasted:
    """The codes of the people these lines name, each once; two queries for any number of lines.

    A phone counts only where one person has it. Nobody outside the officer's area is known.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    read_as = [_key_of(line) for line in lines[:MOST]]
    by_code, by_phone = _known(read_as, user)
    values: dict[str, None] = {}
    unknown = []
    for line, (code, phone, problem) in zip(lines, read_as, strict=False):
        owners = [code] if code in by_code else by_phone.get(phone, [])
        if len(owners) == 1:
            values[owners[0]] = None
        elif owners:
            unknown.append((line, "Nomor ini dipakai lebih dari satu peserta; tulis kodenya."))
        else:
            unknown.append((line, problem or _UNKNOWN))
    unknown += [(line, f"Paling banyak {MOST} baris sekali tempel.") for line in lines[MOST:]]
    return Pasted(list(values), unknown)


def people(chosen: Chosen, user: User) -> Selection:
    """The people of these codes, wherever they were merged to meanwhile."""
    rows = Participant.objects.filter(code__in=chosen["values"])
    found = compiled(rows, "id", "merged_into")
    return Selection(
        f"SELECT coalesce(merged_into_id, id) FROM ({found.sql}) pasted (id, merged_into_id)",  # noqa: S608 (compiled by Django)
        found.params,
    )


def _key_of(line: str) -> tuple[str, str, str]:
    """(code, "", "") or ("", phone, "") or ("", "", what is wrong)."""
    code = codes.normalise(line)
    if codes.is_valid(code):
        return code, "", ""
    try:
        return "", phones.to_e164(line), ""
    except phones.PhoneError as error:
        return "", "", f"Bukan kode peserta. {error}"


def _known(
    keys: Sequence[tuple[str, str, str]], user: User
) -> tuple[set[str], dict[str, list[str]]]:
    """Codes that exist, and the codes behind each phone, among those this officer may see."""
    people = Participant.objects.for_user(user).living()
    wanted_codes = {code for code, _, _ in keys if code}
    wanted_phones = {phone for _, phone, _ in keys if phone}
    by_code = set(people.filter(code__in=wanted_codes).values_list("code", flat=True))
    by_phone: dict[str, list[str]] = defaultdict(list)
    for phone, code in people.filter(phone__in=wanted_phones).values_list("phone", "code"):
        by_phone[phone].append(code)
    return by_code, by_phone


def _lines(values: Sequence[str]) -> list[str]:
    return [codes.display(code) for code in values]


SOURCE = Source(
    name="pasted",
    label="Orang tertentu",
    hint="Tempel kode peserta atau nomor HP, satu di setiap baris.",
    people=people,
    read=read,
    lines=_lines,
    place=4,
)
