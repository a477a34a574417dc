"""An earlier call of the practice data, from the applicants' list to what they sold."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from io import BytesIO

from participants.models import Participant
from participants.profiles import state_revenue
from partners.announcing.publishing import announce, publish_due
from partners.bazaars.entries import add_passed, mark_entries
from partners.bazaars.services import accept_report, receive_report
from partners.calls.lifecycle import close_call
from partners.curation.services import accept_list, receive_list
from partners.models import Bazaar, BazaarEntry, CurationCall, CurationList, SharedList
from partners.models.lists import Outcome
from partners.sharing.fields import CODE
from partners.sharing.lists import make_shared_list
from umkm_portal.accounts.models import User
from umkm_portal.common import codes
from umkm_portal.common.spreadsheets import write_xlsx
from umkm_portal.imports import services
from umkm_portal.imports.models import ImportFile
from umkm_portal.messaging import services as messaging
from umkm_portal.messaging.models import Campaign
from umkm_portal.messaging.services.outbox import deliver_due
from umkm_portal.pages.demo.calls import (
    Plan,
    announce_call,
    applicants_in_waiting,
    apply_all,
    bazaar_week,
)
from umkm_portal.pages.demo.members import SHOPEE, manager

EARLIER = "jajanan-daring"
APPLICANTS = 40
PATIENCE_SECONDS = 60.0
_PLAN = Plan(
    EARLIER,
    SHOPEE,
    "Shopee Pekan Jajanan Jakarta",
    "Pekan jajanan khas Jakarta di Shopee.",
    ("Makanan atau minuman kemasan", "Foto produk jelas"),
    (),
    "Persediaan untuk lima hari.",
    40,
    (-80, -56),
)
_FAILED = (
    (Outcome.FAILED, "Foto produk kabur", "Foto ulang dengan cahaya siang."),
    (Outcome.IMPROVE, "Label belum lengkap", "Cantumkan berat bersih dan tanggal kedaluwarsa."),
    (Outcome.RESERVE, "", ""),
)
_STRANGERS = (
    ("Kue Rangi Pak Mamat", "Mamat Surahman", "0812-5550-0301"),
    ("Dodol Betawi Mpok Iyah", "Rukiyah", "0812-5550-0302"),
)
"""Two who are not in the register: they wait for staff."""


def hold_earlier_call(*, staff: User, now: datetime) -> None:
    """Let the earlier call happen, as far as it has not."""
    if CurationCall.objects.filter(slug=EARLIER).exists():
        return
    people = applicants_in_waiting()[-APPLICANTS:]
    call = announce_call(_PLAN, now=now)
    apply_all(call, people, now=now - timedelta(days=70))
    if not call.applications.exists():
        return
    close_call(call)
    version = _decide(call, now=now - timedelta(days=54))
    _announce(version, by=staff, now=now - timedelta(days=53))
    _sell(call, by=staff, now=now)


def _decide(call: CurationCall, *, now: datetime) -> CurationList:
    """The curator takes the list of applicants, fills in Hasil, and hands it in."""
    curator = manager(SHOPEE)
    shared = make_shared_list(
        call.partner, call=call, purpose=f"Kurasi {call.title}", by=curator, now=now
    )
    header = [CODE, "Nama usaha", "Nama pemilik", "No. HP/WhatsApp", "Hasil", "Alasan", "Catatan"]
    rows = [*_decided(shared), *(["", *who, Outcome.PASSED.label, "", ""] for who in _STRANGERS)]
    file, _ = receive_list(
        _bytes_of(header, rows), name="hasil-jajanan.xlsx", call=call, uploader=curator, now=now
    )
    return accept_list(_checked(file), by=curator, now=now)


def _decided(shared: SharedList) -> list[list[str]]:
    """Most pass; every fifth does not, each time for another reason."""
    people = shared.disclosures.order_by("pk").select_related("participant")
    rows = []
    for number, disclosure in enumerate(people):
        outcome, reason, note = (
            _FAILED[number // 5 % len(_FAILED)] if number % 5 == 4 else (Outcome.PASSED, "", "")
        )
        code = codes.display(disclosure.participant.code)
        rows.append([code, "", "", "", outcome.label, reason, note])
    return rows


def _announce(version: CurationList, *, by: User, now: datetime) -> None:
    """Announce and send at once, without the wait in which it could be undone."""
    announce(version, by=by, now=now)
    publish_due(now=now + timedelta(hours=1))
    for campaign in Campaign.objects.filter(kind="curation_result", subject_id=version.pk):
        if campaign.state == Campaign.State.EXPANDING:
            messaging.expand_campaign(campaign, now=now)
        deliver_due(campaign=campaign, seconds=PATIENCE_SECONDS)


def _sell(call: CurationCall, *, by: User, now: datetime) -> None:
    """A week's bazaar: who passed came, most of them sold, and the partner reports it."""
    starts_on, ends_on = bazaar_week(now, days=-42)
    bazaar = Bazaar.objects.create(
        partner=call.partner,
        call=call,
        slug=EARLIER,
        name=call.title,
        starts_on=starts_on,
        ends_on=ends_on,
        place="Aplikasi Shopee",
    )
    add_passed(bazaar, by=by, now=now - timedelta(days=50))
    entries = bazaar.entries.order_by("pk")
    away = list(entries.values_list("pk", flat=True))[::9]
    absent, present = BazaarEntry.State.ABSENT, BazaarEntry.State.PRESENT
    over = now - timedelta(days=35)
    mark_entries(entries.filter(pk__in=away), state=absent, by=by, now=over)
    mark_entries(entries.exclude(pk__in=away), state=present, by=by, now=over)
    _report(bazaar, by=manager(SHOPEE), now=now - timedelta(days=30))


def _report(bazaar: Bazaar, *, by: User, now: datetime) -> None:
    """Three in four sold something; every third of those states her own sales around it."""
    came = bazaar.entries.filter(state=BazaarEntry.State.PRESENT).select_related("participant")
    sellers = [entry.participant for n, entry in enumerate(came.order_by("pk")) if n % 4 != 3]
    if not sellers:
        return
    days = [f"{day:%d/%m/%Y}" for day in (bazaar.starts_on, bazaar.ends_on)]
    header = [CODE, "Dari tanggal", "Sampai tanggal", "Kanal", "Pesanan", "Penjualan (rupiah)"]
    rows = [
        [codes.display(person.code), *days, "Shopee", str(orders), str(orders * 38_500)]
        for person, orders in zip(sellers, _orders(), strict=False)
    ]
    file, _ = receive_report(
        _bytes_of(header, rows),
        name="penjualan-jajanan.xlsx",
        partner=bazaar.partner,
        bazaar=bazaar,
        uploader=by,
        now=now,
    )
    accept_report(_checked(file), by=by, now=now)
    _state_own(sellers[::3], bazaar, now=now)


def _state_own(people: Sequence[Participant], bazaar: Bazaar, *, now: datetime) -> None:
    """What these owners say they sold in the month before the bazaar and in its month."""
    month = bazaar.starts_on.replace(day=1)
    last = (month + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    before = (month - timedelta(days=1)).replace(day=1)
    for person, orders in zip(people, _orders(), strict=False):
        business = person.businesses.order_by("pk").first()
        if business is None:
            continue
        usual = 2_400_000 + orders * 10_000
        for first, to, amount in (
            (before, month - timedelta(days=1), usual),
            (month, last, usual + orders * 38_500),
        ):
            state_revenue(business, first=first, last=to, amount=amount, actor=None, now=now)


def _orders() -> Iterable[int]:
    """How many orders one after the other had: many a few, a few many."""
    number = 0
    while True:
        yield 4 + number * 17 % 41
        number += 1


def _bytes_of(header: list[str], rows: Sequence[Sequence[str]]) -> list[bytes]:
    book = BytesIO()
    write_xlsx(book, header, rows)
    return [book.getvalue()]


def _checked(file: ImportFile) -> ImportFile:
    """The file after the worker's part."""
    services.process_file(file.pk)
    file.refresh_from_db()
    return file
