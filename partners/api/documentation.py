"""The page about the API, written from its OpenAPI document: no script, nothing foreign."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from partners.api.api import api
from partners.api.documents import METHODS
from partners.api.problems import TITLES
from partners.models import ApiToken

Schema = Mapping[str, Any]
_KINDS = {
    "string": "teks",
    "integer": "bilangan",
    "boolean": "true/false",
    "array": "larik",
    "object": "objek",
}
_FORMATS = {"date-time": "waktu", "binary": "berkas"}
_DEEPEST = 3


@dataclass(frozen=True)
class Field:
    """One field of what goes in or out; `depth` is how far inside it stands."""

    name: str
    kind: str
    depth: int
    is_required: bool
    about: str


@dataclass(frozen=True)
class Operation:
    """One operation as the page shows it."""

    name: str
    method: str
    path: str
    summary: str
    about: str
    scope: str
    parameters: list[Field]
    body: list[Field]
    media_type: str
    answer: list[Field]
    answers: str
    problems: list[int]


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    context = {
        "api": api,
        "groups": _groups(),
        "scopes": ApiToken.Scope.choices,
        "problems": TITLES.items(),
        "base": f"{settings.PORTAL_URL}/api/v1",
        "per_minute": settings.API_REQUESTS_PER_MINUTE,
    }
    return render(request, "partners/api.html", context)


@cache
def _groups() -> list[tuple[str, list[Operation]]]:
    """Operations by what they are about; the document does not change while we run."""
    document = api.get_openapi_schema()
    known = document["components"]["schemas"]
    groups: dict[str, list[Operation]] = {}
    for path, methods in document["paths"].items():
        for method in METHODS:
            if found := methods.get(method):
                groups.setdefault(found["tags"][0], []).append(
                    _operation(path, method, found, known)
                )
    return list(groups.items())


def _operation(path: str, method: str, found: Schema, known: Schema) -> Operation:
    media_type, body = next(
        iter(found.get("requestBody", {}).get("content", {}).items()), ("", {"schema": {}})
    )
    good = [status for status in found["responses"] if int(status) not in TITLES]
    answer = next(iter(found["responses"][good[0]]["content"].values()))["schema"]
    return Operation(
        name=found["operationId"].removeprefix("partners_api_"),
        method=method.upper(),
        path=path,
        summary=found["summary"],
        about=found.get("description", ""),
        scope=found["x-scope"],
        parameters=[_parameter(one) for one in found["parameters"]],
        body=list(_fields(body["schema"], known)),
        media_type=media_type,
        answer=list(_fields(answer, known)),
        answers=", ".join(map(str, good)),
        problems=[int(status) for status in found["responses"] if int(status) in TITLES],
    )


def _parameter(found: Schema) -> Field:
    about = found.get("description", "") or found["schema"].get("description", "")
    where = {"path": "di alamat", "query": "di tanya", "header": "di kepala"}[found["in"]]
    kind = f"{_kind(found['schema'])}, {where}"
    return Field(found["name"], kind, 0, found["required"], about)


def _fields(schema: Schema, known: Schema, depth: int = 0) -> Iterator[Field]:
    schema = _resolved(schema, known)
    if schema.get("type") == "array":
        schema = _resolved(schema["items"], known)
    for name, found in schema.get("properties", {}).items():
        inner = _resolved(found, known)
        is_required = name in schema.get("required", [])
        about = found.get("description", "") or inner.get("description", "")
        yield Field(name, _kind(inner), depth, is_required, about)
        if depth < _DEEPEST:
            yield from _fields(inner, known, depth + 1)


def _resolved(schema: Schema, known: Schema) -> Schema:
    """The schema itself behind a reference, or behind a choice of it and null."""
    if "$ref" in schema:
        return known[schema["$ref"].rsplit("/", 1)[-1]]
    choices = [one for one in schema.get("anyOf", []) if one.get("type") != "null"]
    if len(choices) == 1:
        return {**_resolved(choices[0], known), "is_nullable": True}
    return schema


def _kind(schema: Schema) -> str:
    kind = _FORMATS.get(schema.get("format", "")) or _KINDS.get(schema.get("type", ""), "")
    return f"{kind} atau null" if schema.get("is_nullable") else kind
