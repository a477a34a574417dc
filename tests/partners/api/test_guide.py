"""The written guide says what the code does: addresses, bodies, scopes, states, refusals."""

import json
import re
from pathlib import Path
from typing import get_args

import pytest
from django.conf import settings

from partners.api import retention, schemas, tokens
from partners.api.api import api
from partners.api.problems import TITLES
from partners.models import ApiToken
from umkm_portal.common import attempts

GUIDE = Path(settings.BASE_DIR, "docs/panduan/api-mitra.md").read_text()
COMMANDS = re.findall(
    r'^curl (?:-X (\w+) )?"\$PORTAL([^"]+)"(.*?)(?=^curl|^```)', GUIDE, re.M | re.S
)
BODIES = {
    "/calls/{slug}/lists": schemas.RowsIn,
    "/lists/{pk}/columns": schemas.ColumnsIn,
    "/lists/{pk}/accept": schemas.AcceptIn,
    "/sales": schemas.SalesIn,
    "/sales/{pk}/columns": schemas.MatchIn,
}


def address_of(path):
    return re.sub(r"/\d+", "/{pk}", re.sub(r"/calls/[^/]+", "/calls/{slug}", path))


def command(how, path, options):
    """(method, address, body) of one line of the guide."""
    body = re.search(r"-d '(.*?)'", options, re.S)
    method = how or ("POST" if body or "-F " in options else "GET")
    return method, address_of(path), json.loads(body[1]) if body else None


def test_every_operation_is_shown_and_nothing_else():
    paths = api.get_openapi_schema()["paths"]
    known = {
        (method.upper(), path.removeprefix("/api/v1"))
        for path, methods in paths.items()
        for method in methods
    }

    assert {command(*found)[:2] for found in COMMANDS} == known


@pytest.mark.parametrize("found", COMMANDS, ids=lambda found: found[1])
def test_commands_carry_what_the_operation_takes(found):
    method, address, body = command(*found)

    assert 'Authorization: Bearer $KUNCI"' in found[2]
    assert ("Idempotency-Key: $(uuidgen)" in found[2]) == (method == "POST")
    if body is not None:
        BODIES[address].model_validate(body)


def test_tables_and_numbers_are_those_of_the_code():
    scopes = {*re.findall(r"^\| `([a-z]+:[a-z]+)`", GUIDE, re.M)}
    states = {
        state
        for line in re.findall(r"^\| (`[a-z_]+`(?:, `[a-z_]+`)*) \|", GUIDE, re.M)
        for state in re.findall(r"[a-z_]+", line)
    }
    refusals = {int(status) for status in re.findall(r"^\| (4\d\d) \|", GUIDE, re.M)}

    assert scopes == {*ApiToken.Scope.values}
    assert states - {"state"} == {*get_args(schemas.ListSummary.model_fields["state"].annotation)}
    assert {*get_args(schemas.ReportSummary.model_fields["state"].annotation)} <= states
    assert refusals == TITLES.keys() - {405}
    assert f"{schemas.MOST_ROWS:,}".replace(",", ".") in GUIDE
    assert f"({tokens.LIFETIMES[0]} sampai {tokens.LIFETIMES[-1]} hari)" in GUIDE
    assert f"meminta {settings.API_REQUESTS_PER_MINUTE} kali per menit" in GUIDE
    assert f"disimpan {retention.KEEP.days} hari" in GUIDE
    assert (attempts.LIMIT, attempts.SECONDS) == (20, 600), "said in words"
