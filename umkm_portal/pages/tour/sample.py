"""The sample list of the tour: what Shopee hands in, messy as such lists are.

It is made from the practice data each time, so its people are in the register.
"""

from __future__ import annotations

from io import BytesIO

from django.db.models import Q

from participants.models import Participant
from partners.models import Application, CurationCall
from umkm_portal.common import phones
from umkm_portal.common.spreadsheets import write_xlsx
from umkm_portal.pages.demo.people import OWNER_EMAIL

NAME = "lolos-kurasi-shopee.xlsx"
BUSINESSES = 323
_TITLE = ["REKAP USAHA LOLOS KURASI", "Shopee Bazaar Online Jakpreneur"]
_HEADER = ["No.", "Nama Pemilik", "Nama Toko", "Nomor WA", "Produk", "Keterangan Lolos"]
OWNER_PLACE = 11
"""Where in the list the stall owner stands, counted from 0."""
_DAMAGE = {OWNER_PLACE: "O812-5550-0101", 57: "021-3848303", 240: "08123"}
"""Phones that cannot be: a letter for the zero, a landline, a short one."""


def sample_list(call: CurationCall) -> bytes:
    """The workbook: two lines of title, headings in other words, three rows to repair."""
    people = _people(call)
    owner = next((person for person in people if person.email == OWNER_EMAIL), None)
    if owner:
        people.remove(owner)
        people.insert(min(OWNER_PLACE, len(people)), owner)
    rows = [_row(number, person) for number, person in enumerate(people)]
    book = BytesIO()
    write_xlsx(book, _HEADER, rows, above=_TITLE)
    return book.getvalue()


def _row(number: int, person: Participant) -> list[str]:
    business = person.businesses.all()[0]
    phone = _DAMAGE.get(number, phones.display(person.phone))
    name, products = business.name, business.products
    return [str(number + 1), person.full_name, name, phone, products, "Lolos"]


def _people(call: CurationCall) -> list[Participant]:
    """Those who applied to the call first, then the active and willing, then others.

    Nobody who applied to another partner only: such rows would wait for staff.
    """
    applied = Application.objects.live().filter(call__partner=call.partner_id)
    elsewhere = Application.objects.live().exclude(call__partner=call.partner_id)
    known = (
        Participant.objects.living()
        .unrestricted()
        .filter(businesses__isnull=False)
        .exclude(phone="")
        .filter(
            Q(pk__in=applied.values("participant")) | ~Q(pk__in=elsewhere.values("participant"))
        )
    )
    mine = set(applied.filter(call=call).values_list("participant", flat=True))
    willing = set(Participant.objects.invitable().values_list("pk", flat=True))
    pks = list(known.order_by("pk").distinct().values_list("pk", flat=True))
    chosen = sorted(pks, key=lambda pk: (pk not in mine, pk not in willing, pk))
    found = Participant.objects.defer("nik", "search").prefetch_related("businesses")
    return list(found.filter(pk__in=chosen[:BUSINESSES]).order_by("pk"))
