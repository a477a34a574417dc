"""What goes wrong, told as RFC 9457 problem documents with a sentence that says what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from django.http import JsonResponse
from ninja import Schema
from ninja.errors import ValidationError
from pydantic import Field

MEDIA_TYPE = "application/problem+json"
PAGE = "/api/v1/"
TITLES = {
    400: "Permintaan tidak terbaca",
    401: "Kunci tidak berlaku",
    403: "Kunci tidak punya hak ini",
    404: "Tidak ada",
    405: "Cara tidak didukung",
    409: "Tidak bisa sekarang",
    413: "Terlalu besar",
    422: "Isian belum benar",
    429: "Terlalu sering",
}
NOT_FOUND = "Tidak ada apa-apa di alamat ini untuk kunci Anda. Periksa kode atau nomornya."
_SAYINGS = {
    "missing": "Wajib diisi.",
    "extra_forbidden": "Isian ini tidak dikenal. Hapus, atau periksa ejaannya.",
    "string_too_long": "Paling banyak {max_length} huruf.",
    "string_too_short": "Paling sedikit {min_length} huruf.",
    "string_type": "Harus teks, dalam tanda kutip.",
    "string_pattern_mismatch": "Ada huruf yang tidak boleh dipakai di sini.",
    "bool_type": "Harus true atau false.",
    "bool_parsing": "Harus true atau false.",
    "int_type": "Harus bilangan bulat.",
    "int_parsing": "Harus bilangan bulat.",
    "too_short": "Paling sedikit {min_length} isi.",
    "too_long": "Paling banyak {max_length} isi.",
    "greater_than_equal": "Paling kecil {ge}.",
    "less_than_equal": "Paling besar {le}.",
}
_UNSAID = "Isian ini tidak sesuai dengan dokumentasi."


class FieldError(Schema):
    """Satu isian yang belum benar."""

    field: str = Field(description="Isian mana, misalnya `rows.3.phone`.")
    message: str


class ProblemOut(Schema):
    """Dokumen masalah (RFC 9457). `detail` bisa langsung ditunjukkan kepada orang."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[FieldError] = Field(
        default_factory=list, description="Hanya bila isian tertentu yang belum benar."
    )


class Problem(Exception):
    """A refusal: its status, an Indonesian sentence, the fields concerned, extra headers."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status)
        self.status, self.detail = status, detail
        self.errors, self.headers = list(errors), dict(headers or {})

    def body(self) -> dict[str, Any]:
        return ProblemOut(
            type=f"{PAGE}#masalah-{self.status}",
            title=TITLES.get(self.status, HTTPStatus(self.status).phrase),
            status=self.status,
            detail=self.detail,
            errors=self.errors,
        ).model_dump()

    def response(self) -> JsonResponse:
        return respond(self.status, self.body(), headers=self.headers)


def respond(
    status: int, body: Mapping[str, Any], *, headers: Mapping[str, str] | None = None
) -> JsonResponse:
    """An answer that no cache keeps; the same body gives the same bytes."""
    return JsonResponse(
        body,
        status=status,
        json_dumps_params={"sort_keys": True},
        content_type=MEDIA_TYPE if status >= HTTPStatus.BAD_REQUEST else "application/json",
        headers={"Cache-Control": "no-store", **(headers or {})},
    )


def not_found() -> Problem:
    """The same for what is absent and for what belongs to another partner."""
    return Problem(404, NOT_FOUND)


def of_validation(error: ValidationError) -> Problem:
    """What is wrong with the fields, without the values that stood there."""
    errors = [
        FieldError(field=_field_of(found["loc"]), message=_message_of(found))
        for found in error.errors[:50]
    ]
    is_header = any(found["loc"][0] == "header" for found in error.errors)
    return Problem(
        400 if is_header else 422,
        "Perbaiki isian yang disebut di `errors`, lalu kirim lagi.",
        errors=errors,
    )


def _field_of(loc: Sequence[str | int]) -> str:
    """Where it is, without the part of the request and the argument that hold it."""
    inner = [str(part) for part in loc[1:] if part != "body"]
    return ".".join(inner)[:120] or str(loc[0])


def _message_of(found: Mapping[str, Any]) -> str:
    saying = _SAYINGS.get(found["type"], _UNSAID)
    return saying.format(**found.get("ctx", {}))
