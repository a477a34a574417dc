"""Lists of decided businesses: sent in, looked at, accepted, read back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Annotated

from django.db.models import QuerySet
from django.utils import timezone
from ninja import Form, Router

from partners.api import rows, steps, telling
from partners.api.answers import Answer, answer_once
from partners.api.auth import ApiRequest, needs
from partners.api.calls import READING, call_of
from partners.api.documents import refusals, write_refusals
from partners.api.problems import Problem, not_found
from partners.api.schemas import (
    AcceptIn,
    After,
    ColumnsIn,
    Decisions,
    IdempotencyKey,
    Limit,
    ListNumber,
    ListOut,
    Lists,
    Problems,
    RowsIn,
    Slug,
)
from partners.api.steps import SentFile
from partners.curation import services as curation
from partners.curation.columns import COLUMNS
from partners.models import ApiToken, CurationCall, CurationList, Partner
from partners.space.files import calls_of, files_of
from umkm_portal.common.spreadsheets import SpreadsheetError
from umkm_portal.imports import nudging, services
from umkm_portal.imports.models import ImportFile

router = Router(tags=["Daftar hasil kurasi"])
WRITING = needs(ApiToken.Scope.LISTS_WRITE)
SaidAllPass = Annotated[bool, Form(False, description="Semua baris lolos.")]
SENT = {200: ListOut, 202: ListOut, **write_refusals(404)}
CHANGED = {200: ListOut, **write_refusals(404)}


# --- Sending ----------------------------------------------------------------------------------
@router.post(
    "/calls/{slug:slug}/lists", response=SENT, **WRITING, summary="Kirim daftar sebagai JSON"
)
def send_rows(request: ApiRequest, slug: Slug, body: RowsIn, key: IdempotencyKey) -> object:
    """Baris diperiksa di latar belakang; tanyakan statusnya. Belum ada yang tersimpan sebelum Anda
    terima. Isi yang sama persis dijawab dengan daftar yang lama (200)."""
    name = rows.NAME.format(name=request.auth.name)
    call = partial(call_of, request.auth.partner, slug)
    blocks = partial(_blocks_of_rows, body)
    return answer_once(
        request,
        key,
        body.model_dump(),
        lambda: _receive(request, call(), name=name, blocks=blocks(), all_pass=body.all_pass),
    )


@router.post(
    "/calls/{slug:slug}/lists/file",
    response=SENT,
    **WRITING,
    summary="Kirim daftar sebagai berkas",
)
def send_file(
    request: ApiRequest,
    slug: Slug,
    key: IdempotencyKey,
    file: SentFile,
    all_pass: SaidAllPass = False,
) -> object:
    """Sama dengan mengunggah di ruang mitra: judul kolom boleh berbeda, portal menebak."""
    content = [file.name, all_pass, steps.digest_of(file)]
    return answer_once(
        request,
        key,
        content,
        lambda: _receive(
            request,
            call_of(request.auth.partner, slug),
            name=file.name or "",
            blocks=file.chunks(),
            all_pass=all_pass,
        ),
    )


# --- Looking ----------------------------------------------------------------------------------
@router.get("/lists", response={200: Lists, **refusals()}, **READING, summary="Daftar Anda")
def lists(request: ApiRequest, after: After = 0, limit: Limit = 100) -> Lists:
    """Semua yang pernah dikirim, lewat API atau halaman, yang terlama lebih dulu."""
    partner = request.auth.partner
    shown = list(files_of(partner).filter(pk__gt=after).order_by("pk")[: limit + 1])
    slugs = dict(calls_of(partner).values_list("pk", "slug"))
    known = CurationList.objects.filter(file__in=shown)
    versions = {version.file_id: version for version in known}
    items = [
        telling.summary_of(
            file, call=slugs.get(file.options.get("call")), version=versions.get(file.pk)
        )
        for file in shown[:limit]
    ]
    return Lists(items=items, next=shown[limit - 1].pk if len(shown) > limit else None)


@router.get(
    "/lists/{int:pk}",
    response={200: ListOut, **refusals(404)},
    **READING,
    summary="Status satu daftar",
)
def status(request: ApiRequest, pk: ListNumber) -> ListOut:
    """Sampai di mana, dan apa yang terjadi bila Anda terima. Tanyakan tiap beberapa detik."""
    return _told(_file(request.auth.partner, pk), request.auth.partner)


@router.get(
    "/lists/{int:pk}/problems",
    response={200: Problems, **refusals(404)},
    **READING,
    summary="Baris bermasalah",
)
def problem_rows(
    request: ApiRequest, pk: ListNumber, after: After = 0, limit: Limit = 100
) -> Problems:
    """Baris yang tidak akan disimpan, dengan alasan dan perbaikannya. Perbaiki di sistem Anda, lalu
    kirim daftar yang lengkap lagi. `limit` menghitung baris; satu baris bisa punya beberapa."""
    return steps.problems_page(_file(request.auth.partner, pk), after=after, limit=limit)


@router.get(
    "/lists/{int:pk}/decisions",
    response={200: Decisions, **refusals(404, 409)},
    **READING,
    summary="Keputusan yang tersimpan",
)
def decisions(request: ApiRequest, pk: ListNumber, after: After = 0, limit: Limit = 100) -> object:
    """Baris versi yang terjadi dari daftar ini, seperti Anda kirim."""
    version = curation.list_of(_file(request.auth.partner, pk))
    if version is None:
        raise Problem(409, "Daftar ini belum diterima, jadi belum ada keputusan yang tersimpan.")
    found = version.decisions.filter(row_no__gt=after).defer("contact").order_by("row_no")
    shown = list(found[: limit + 1])
    return Decisions(
        id=pk,
        version=version.version,
        state=version.state,
        items=[telling.decision_of(row) for row in shown[:limit]],
        next=shown[limit - 1].row_no if len(shown) > limit else None,
    )


# --- Deciding ---------------------------------------------------------------------------------
@router.post("/lists/{int:pk}/columns", response=CHANGED, **WRITING, summary="Cocokkan kolom")
def columns(request: ApiRequest, pk: ListNumber, body: ColumnsIn, key: IdempotencyKey) -> object:
    """Untuk daftar `columns_needed`, atau bila tebakan keliru. Berkas lalu diperiksa lagi."""
    return answer_once(
        request, key, body.model_dump(), lambda: _change(request, pk, partial(_match, body=body))
    )


@router.post("/lists/{int:pk}/accept", response=CHANGED, **WRITING, summary="Terima daftar")
def accept(request: ApiRequest, pk: ListNumber, body: AcceptIn, key: IdempotencyKey) -> object:
    """Simpan baris yang benar sebagai versi baru; dinas yang mengumumkan. Bila orang lain lebih
    dahulu, jawabannya 409 dengan namanya."""
    return answer_once(
        request,
        key,
        body.model_dump(),
        lambda: _change(request, pk, partial(_accept, seen=body.seen_version)),
    )


@router.post("/lists/{int:pk}/cancel", response=CHANGED, **WRITING, summary="Batalkan daftar")
def cancel(request: ApiRequest, pk: ListNumber, key: IdempotencyKey) -> object:
    """Hanya sebelum selesai disimpan."""
    return answer_once(request, key, None, lambda: _change(request, pk, _cancel))


# --- How --------------------------------------------------------------------------------------
def _files(partner: Partner) -> QuerySet[ImportFile]:
    return files_of(partner).select_related("approved_by", "organisation")


def _file(partner: Partner, pk: int) -> ImportFile:
    """A list of its own; 404 for those of others as for none."""
    found = _files(partner).filter(pk=pk).first()
    if found is None:
        raise not_found()
    return found


def _told(file: ImportFile, partner: Partner) -> ListOut:
    known = calls_of(partner).filter(pk=file.options.get("call") or 0)
    version = curation.list_of(file)
    return telling.status_of(
        file, call=known.values_list("slug", flat=True).first(), version=version
    )


def _answer(status: int, file: ImportFile, partner: Partner) -> Answer:
    return Answer(status, _told(file, partner).model_dump(mode="json"))


def _blocks_of_rows(body: RowsIn) -> Iterable[bytes]:
    return [rows.file_of(body.rows, COLUMNS)]


def _receive(
    request: ApiRequest,
    call: CurationCall,
    *,
    name: str,
    blocks: Iterable[bytes],
    all_pass: bool,
) -> Answer:
    try:
        file, is_new = curation.receive_list(
            blocks,
            name=name,
            call=call,
            uploader=request.auth.made_by,
            all_pass=all_pass,
            now=timezone.now(),
        )
    except SpreadsheetError as refusal:
        raise Problem(413, str(refusal)) from None
    nudging.nudge_on_commit(file)
    return _answer(202 if is_new else 200, file, request.auth.partner)


def _change(
    request: ApiRequest, pk: int, change: Callable[[ApiRequest, ImportFile], None]
) -> Answer:
    """Do one thing with a list; a refusal of a service is told as its sentence."""
    file = _file(request.auth.partner, pk)
    try:
        change(request, file)
    except (curation.ListNotAccepted, services.NotNow) as refusal:
        raise Problem(409, str(refusal)) from None
    file.refresh_from_db()
    return _answer(200, file, request.auth.partner)


def _match(request: ApiRequest, file: ImportFile, *, body: ColumnsIn) -> None:
    steps.match_columns(file, body.mapping)
    if body.all_pass:
        curation.say_all_pass(file)
    nudging.nudge_on_commit(file)


def _accept(request: ApiRequest, file: ImportFile, *, seen: int | None) -> None:
    curation.accept_list(file, by=request.auth.made_by, now=timezone.now(), seen_version=seen)


def _cancel(request: ApiRequest, file: ImportFile) -> None:
    steps.cancel(file, by=request.auth.made_by)
