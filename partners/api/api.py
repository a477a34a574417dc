"""The API as a whole: its routers, and what becomes of what goes wrong in them."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.multipartparser import MultiPartParserError
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema

from partners.api import calls, lists, sales
from partners.api.documents import corrected
from partners.api.problems import Problem, not_found, of_validation
from umkm_portal.common.numbers import whole_in
from umkm_portal.common.spreadsheets import Limits

ABOUT = (
    "Untuk sistem mitra: kirim daftar hasil kurasi dan laporan penjualan, lihat statusnya, "
    "perbaiki, terima, dan baca keputusan yang tersimpan. Waktu ditulis menurut ISO 8601 dengan "
    "zonanya. Kesalahan datang sebagai dokumen masalah (RFC 9457)."
)
FORM_ROOM = 1_000_000
"""Bytes of a form around its file."""
UNREADABLE = "Isi permintaan tidak terbaca. Kirim JSON yang benar, atau formulir dengan berkas."
TOO_LARGE = "Permintaan ini terlalu besar. Bagi daftarnya, lalu kirim satu per satu."


class PartnerAPI(NinjaAPI):
    def get_openapi_schema(self, **kwargs: Any) -> OpenAPISchema:
        schema = super().get_openapi_schema(**kwargs)
        corrected(schema)
        return schema


api = PartnerAPI(
    title="API mitra Jakpreneur",
    version="1.0",
    description=ABOUT,
    urls_namespace="api",
    docs_url=None,
)
api.add_router("", calls.router)
api.add_router("", lists.router)
api.add_router("", sales.router)


@api.exception_handler(Problem)
def _problem(request: HttpRequest, error: Problem) -> HttpResponse:
    return error.response()


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    return of_validation(error).response()


@api.exception_handler(Http404)
def _absent(request: HttpRequest, error: Http404) -> HttpResponse:
    return not_found().response()


@api.exception_handler(HttpError)
def _unreadable(request: HttpRequest, error: HttpError) -> HttpResponse:
    return Problem(400, UNREADABLE).response()


def in_problems(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Guard a view of the API: what is refused before or beside it is a problem document, too."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            if _length_of(request) > Limits().file_bytes + FORM_ROOM:
                raise RequestDataTooBig
            response = view(request, *args, **kwargs)
        except RequestDataTooBig:
            return Problem(413, TOO_LARGE).response()
        except (MultiPartParserError, SuspiciousOperation):
            return Problem(400, UNREADABLE).response()
        if isinstance(response, HttpResponseNotAllowed):
            allowed = {"Allow": response["Allow"]}
            return Problem(405, f"Pakai {response['Allow']}.", headers=allowed).response()
        response.setdefault("Cache-Control", "no-store")
        return response

    return guarded


def _length_of(request: HttpRequest) -> int:
    return whole_in(request.META.get("CONTENT_LENGTH") or "") or 0
