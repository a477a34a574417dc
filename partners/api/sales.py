"""Reports of sales: sent in, looked at, accepted; and the bazaars that they are about."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Annotated

from django.db.models import QuerySet
from django.utils import timezone
from ninja import Form, Router

from partners.api import rows, sales_telling, steps
from partners.api.answers import Answer, answer_once
from partners.api.auth import ApiRequest, needs
from partners.api.documents import refusals, write_refusals
from partners.api.problems import Problem, not_found
from partners.api.schemas import (
    After,
    Bazaars,
    BazaarSlug,
    IdempotencyKey,
    Limit,
    ListNumber,
    MatchIn,
    Problems,
    ReportOut,
    Reports,
    SalesIn,
)
from partners.api.steps import SentFile
from partners.bazaars import services as bazaars_services
from partners.bazaars.columns import COLUMNS
from partners.models import ApiToken, Bazaar, Partner
from partners.space.files import SALES, files_of
from umkm_portal.common.spreadsheets import SpreadsheetError
from umkm_portal.imports import nudging, services
from umkm_portal.imports.models import ImportFile

router = Router(tags=["Bazar dan penjualan"])
READING = needs(ApiToken.Scope.SALES_READ)
WRITING = needs(ApiToken.Scope.SALES_WRITE)
OfBazaar = Annotated[
    BazaarSlug | None, Form(None, description="Kode bazar; kosong bila bukan untuk satu bazar.")
]
SENT = {200: ReportOut, 202: ReportOut, **write_refusals(404)}
CHANGED = {200: ReportOut, **write_refusals(404)}


@router.get("/bazaars", response={200: Bazaars, **refusals()}, **READING, summary="Bazar Anda")
def bazaars(request: ApiRequest, after: After = 0, limit: Limit = 100) -> Bazaars:
    """Yang terlama lebih dulu, masing-masing dengan laporan penjualan yang berlaku."""
    found = Bazaar.objects.filter(partner=request.auth.partner, pk__gt=after)
    shown = list(found.select_related("call").order_by("pk")[: limit + 1])
    return Bazaars(
        items=sales_telling.bazaars_of(shown[:limit]),
        next=shown[limit - 1].pk if len(shown) > limit else None,
    )


@router.post("/sales", response=SENT, **WRITING, summary="Kirim penjualan sebagai JSON")
def send_sales(request: ApiRequest, body: SalesIn, key: IdempotencyKey) -> object:
    """Diperiksa di latar belakang; belum ada yang tersimpan sebelum Anda terima. Hanya usaha yang
    ikut bazar atau kurasi Anda yang diterima."""
    name = rows.NAME.format(name=request.auth.name)
    return answer_once(
        request,
        key,
        body.model_dump(),
        lambda: _receive(
            request, body.bazaar, name=name, blocks=[rows.file_of(body.rows, COLUMNS)]
        ),
    )


@router.post("/sales/file", response=SENT, **WRITING, summary="Kirim penjualan sebagai berkas")
def send_sales_file(
    request: ApiRequest, key: IdempotencyKey, file: SentFile, bazaar: OfBazaar = None
) -> object:
    """Sama dengan mengunggah di ruang mitra: judul kolom boleh berbeda, portal menebak."""
    return answer_once(
        request,
        key,
        [file.name, bazaar, steps.digest_of(file)],
        lambda: _receive(request, bazaar, name=file.name or "", blocks=file.chunks()),
    )


@router.get("/sales", response={200: Reports, **refusals()}, **READING, summary="Laporan Anda")
def reports(request: ApiRequest, after: After = 0, limit: Limit = 100) -> Reports:
    """Semua yang pernah dikirim, lewat API atau halaman, yang terlama lebih dulu."""
    partner = request.auth.partner
    found = files_of(partner, profile=SALES).filter(pk__gt=after)
    shown = list(found.order_by("pk")[: limit + 1])
    return Reports(
        items=sales_telling.summaries_of(shown[:limit], partner),
        next=shown[limit - 1].pk if len(shown) > limit else None,
    )


@router.get(
    "/sales/{int:pk}",
    response={200: ReportOut, **refusals(404)},
    **READING,
    summary="Status satu laporan",
)
def report(request: ApiRequest, pk: ListNumber) -> ReportOut:
    """Sampai di mana, dan berapa yang tersimpan. Tanyakan tiap beberapa detik."""
    return sales_telling.report_of(_file(request.auth.partner, pk), request.auth.partner)


@router.get(
    "/sales/{int:pk}/problems",
    response={200: Problems, **refusals(404)},
    **READING,
    summary="Baris laporan yang bermasalah",
)
def report_problems(
    request: ApiRequest, pk: ListNumber, after: After = 0, limit: Limit = 100
) -> Problems:
    """Baris yang tidak akan disimpan, dengan alasan dan perbaikannya."""
    return steps.problems_page(_file(request.auth.partner, pk), after=after, limit=limit)


@router.post(
    "/sales/{int:pk}/columns", response=CHANGED, **WRITING, summary="Cocokkan kolom laporan"
)
def report_columns(
    request: ApiRequest, pk: ListNumber, body: MatchIn, key: IdempotencyKey
) -> object:
    """Untuk laporan `columns_needed`, atau bila tebakan keliru. Berkas lalu diperiksa lagi."""
    return answer_once(
        request, key, body.model_dump(), lambda: _change(request, pk, partial(_match, body=body))
    )


@router.post("/sales/{int:pk}/accept", response=CHANGED, **WRITING, summary="Terima laporan")
def accept_sales(request: ApiRequest, pk: ListNumber, key: IdempotencyKey) -> object:
    """Simpan baris yang benar sebagai versi baru; versi sebelumnya tidak dihitung lagi."""
    return answer_once(request, key, None, lambda: _change(request, pk, _accept))


@router.post("/sales/{int:pk}/cancel", response=CHANGED, **WRITING, summary="Batalkan laporan")
def cancel_sales(request: ApiRequest, pk: ListNumber, key: IdempotencyKey) -> object:
    """Hanya sebelum selesai disimpan."""
    return answer_once(request, key, None, lambda: _change(request, pk, _cancel))


# --- How --------------------------------------------------------------------------------------
def _files(partner: Partner) -> QuerySet[ImportFile]:
    return files_of(partner, profile=SALES).select_related("approved_by", "organisation")


def _file(partner: Partner, pk: int) -> ImportFile:
    """A report of its own; 404 for those of others as for none."""
    found = _files(partner).filter(pk=pk).first()
    if found is None:
        raise not_found()
    return found


def _answer(status: int, file: ImportFile, partner: Partner) -> Answer:
    return Answer(status, sales_telling.report_of(file, partner).model_dump(mode="json"))


def _receive(
    request: ApiRequest, slug: str | None, *, name: str, blocks: Iterable[bytes]
) -> Answer:
    partner = request.auth.partner
    bazaar = Bazaar.objects.filter(partner=partner, slug=slug).first() if slug else None
    if slug and bazaar is None:
        raise not_found()
    try:
        file, is_new = bazaars_services.receive_report(
            blocks,
            name=name,
            partner=partner,
            bazaar=bazaar,
            uploader=request.auth.made_by,
            now=timezone.now(),
        )
    except SpreadsheetError as refusal:
        raise Problem(413, str(refusal)) from None
    nudging.nudge_on_commit(file)
    return _answer(202 if is_new else 200, file, partner)


def _change(
    request: ApiRequest, pk: int, change: Callable[[ApiRequest, ImportFile], None]
) -> Answer:
    """Do one thing with a report; a refusal of a service is told as its sentence."""
    file = _file(request.auth.partner, pk)
    try:
        change(request, file)
    except (bazaars_services.ReportNotAccepted, services.NotNow) as refusal:
        raise Problem(409, str(refusal)) from None
    file.refresh_from_db()
    return _answer(200, file, request.auth.partner)


def _match(request: ApiRequest, file: ImportFile, *, body: MatchIn) -> None:
    steps.match_columns(file, body.mapping)
    nudging.nudge_on_commit(file)


def _accept(request: ApiRequest, file: ImportFile) -> None:
    bazaars_services.accept_report(file, by=request.auth.made_by, now=timezone.now())


def _cancel(request: ApiRequest, file: ImportFile) -> None:
    steps.cancel(file, by=request.auth.made_by)
