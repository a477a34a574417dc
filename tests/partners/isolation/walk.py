"""Every address of the URLconf, asked with the ids of somebody else and with absent ones."""

import re
from contextlib import contextmanager
from itertools import product
from unittest import mock

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver
from django.urls.resolvers import URLPattern, URLResolver

ABSENT = {"int": "987654321", "slug": "tidak-ada-apa-apa", "str": "tidakada", "path": "987654321"}
ABSENT |= {"uuid": "00000000-0000-4000-8000-000000000000"}
PARAMETERS = ("next", "file", "call", "kurasi", "bazar", "sebelum", "setelah", "after", "q", "p")
CONVERTER = re.compile(r"<(?:(\w+):)?(\w+)>")
NOT_TOLD = ("Set-Cookie", "X-Request-Id", "Expires", "Date", "Last-Modified")
LEFT_OUT = {"mitra/gabung/<str:token>/", "api/v1/<anything:rest>"}
"""A link lets in whoever has it; the other one is what no address of ours is."""
POSSIBLY_SAME = re.compile(r'(name="csrfmiddlewaretoken" value=")[^"]+')


def routes(resolver=None, prefix=""):
    for pattern in (resolver or get_resolver()).url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern, route)
        elif isinstance(pattern, URLPattern) and not route.startswith("admin/^"):
            yield route


ROUTES = sorted({route for route in routes() if "(?P" not in route} - LEFT_OUT)


def values_of(side):
    """What a converter could be filled with, of one partner."""
    rows = [
        *(side.file, side.waiting, side.sales, side.open_sales, side.shared, side.token),
        *(
            side.invitation,
            side.manager.memberships.get(),
            side.entry,
            side.call,
            side.bazaar,
            side.version,
            side.result,
            side.appeal,
        ),
        *(side.application, side.agreement, side.paper, side.partner, side.report),
        *(side.people[0], side.manager),
    ]
    numbers = [str(row.pk) for row in rows]
    names = [side.call.slug, side.bazaar.slug, side.slug]
    return {
        "int": numbers,
        "path": numbers,
        "slug": names,
        "str": [*names, str(side.invitation.public_id), side.people[0].code, side.secret],
        "uuid": [str(side.invitation.public_id)],
    }


def filled(route, values, most):
    """The route with each value of its converters, and beside each the same with absent ones."""
    kinds = [kind or "str" for kind, _ in CONVERTER.findall(route)]
    found = product(*(values[kind][: most if len(kinds) == 1 else 3] for kind in kinds))
    absent = [ABSENT[kind] for kind in kinds]
    for chosen in found:
        yield _fill(route, chosen), _fill(route, absent), list(zip(chosen, absent, strict=True))


def _fill(route, values):
    rest = iter(values)
    return "/" + CONVERTER.sub(lambda found: next(rest), route).replace("\\Z", "")


def told(response):
    """Everything that an answer says, as text: body, headers, and the cells of a workbook."""
    body = b"".join(response.streaming_content) if response.streaming else response.content
    headers = "\n".join(f"{k}: {v}" for k, v in response.items() if k not in NOT_TOLD)
    return f"{headers}\n\n{_text(body)}"


def _text(body):
    if body[:2] == b"PK":
        from io import BytesIO
        from zipfile import ZipFile

        with ZipFile(BytesIO(body)) as book:
            return "\n".join(book.read(name).decode("utf-8", "replace") for name in book.namelist())
    return body.decode("utf-8", "replace")


def without_ids(text, pairs):
    """The same for an address that is there and one that is not, but for the address itself."""
    for chosen, absent in pairs:
        text = text.replace(chosen, absent)
    text = POSSIBLY_SAME.sub(r"\1", text)
    return re.sub(r"Content-Length: \d+", "", text)


def leaks(text, side):
    """The marks of a partner that stand in a text, and its numbers."""
    lower = text.lower()
    numbers = re.findall(rf"(?<![\w.+]){side.number}\d{{5}}(?!\w)", text)
    return sorted({*numbers, *(mark for mark in side.marks if mark in lower)})


def ask(call, path, method, data=None, **facts):
    """(response, number of queries)"""
    connection.queries_log.clear()
    with CaptureQueriesContext(connection) as queries:
        response = call(path, method, data, **facts)
    return response, len(queries)


@contextmanager
def nudges():
    """What is told to the broker meanwhile."""
    sent = []
    with mock.patch(
        "umkm_portal.messaging.nudges._publish", lambda name, expires, ids: sent.append((name, ids))
    ):
        yield sent
