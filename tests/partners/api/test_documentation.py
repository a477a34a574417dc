"""The document and the page about the API."""

import re

import pytest

from partners.api.api import api
from partners.models import ApiToken

pytestmark = pytest.mark.django_db


def test_every_operation_says_scope_refusals_and_key(client):
    document = client.get("/api/v1/openapi.json").json()
    operations = [(m, o) for path in document["paths"].values() for m, o in path.items()]

    assert document["openapi"].startswith("3.1")
    assert {o["x-scope"] for _, o in operations} <= {*ApiToken.Scope.values}
    for method, operation in operations:
        headers = {p["name"] for p in operation["parameters"] if p["in"] == "header"}
        assert ("Idempotency-Key" in headers) == (method == "post"), operation["summary"]
        assert {"401", "403", "429"} <= operation["responses"].keys()
        for status, response in operation["responses"].items():
            kind = "application/problem+json" if status >= "400" else "application/json"
            assert [*response["content"]] == [kind]


def test_page_shows_every_operation_and_asks_nobody_else(client):
    page = client.get("/api/v1/").content.decode()

    assert all(path in page for path in api.get_openapi_schema()["paths"])
    links = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert [link for link in links if link.startswith(("http:", "https:", "//"))] == []
    assert "<style" not in page
    assert " style=" not in page
