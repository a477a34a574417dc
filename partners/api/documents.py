"""The API as an OpenAPI document: refusals as what they are, and what each operation needs."""

from __future__ import annotations

from typing import Any

from partners.api.problems import MEDIA_TYPE, TITLES, ProblemOut

ALWAYS = (401, 403, 429)
WRITES = (400, 409, 413, 422)
METHODS = ("get", "post")


def refusals(*more: int) -> dict[int, Any]:
    """The refusals of an operation, for its `response`: those of every key, and `more`."""
    return dict.fromkeys(sorted({*ALWAYS, 400, 422, *more}), ProblemOut)


def write_refusals(*more: int) -> dict[int, Any]:
    return refusals(*WRITES, *more)


def corrected(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the document with problem documents under their own media type and our words."""
    for methods in schema["paths"].values():
        for operation in methods.values():
            for status, response in operation["responses"].items():
                _correct_response(int(status), response)
    return schema


def _correct_response(status: int, response: dict[str, Any]) -> None:
    if status in TITLES:
        (content,) = response["content"].values()
        response["description"] = TITLES[status]
        response["content"] = {MEDIA_TYPE: content}
    else:
        response["description"] = "Diterima" if status == 202 else "Berhasil"
    headers = {429: "Retry-After", 401: "WWW-Authenticate"}
    if status in headers:
        response["headers"] = {headers[status]: {"schema": {"type": "string"}}}
