"""Sales through the API: bazaars, reports from rows and files, nothing of another partner."""

import json

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from partners.models import ApiToken, SalesReport
from tests.factories import ParticipantFactory
from tests.partners.api.conftest import make_partner, person_of, sale_of
from umkm_portal.imports import services
from umkm_portal.imports.models import ImportFile

pytestmark = pytest.mark.django_db
Scope = ApiToken.Scope


def test_sales_go_from_rows_to_the_report_that_counts(shopee, tiktok):
    api, slug = shopee.system, shopee.bazaar.slug
    assert [(b["slug"], b["current_report"]) for b in api.get("/bazaars").json()["items"]] == [
        (slug, None)
    ]
    stranger = ParticipantFactory()
    rows = [
        sale_of(person_of(shopee), orders=3, channel="Live"),
        sale_of(person_of(tiktok)),
        sale_of(stranger),
    ]

    sent = api.post("/sales", {"bazaar": slug, "rows": rows})
    pk = sent.json()["id"]
    assert (sent.status_code, sent.json()["state"]) == (202, "checking")
    assert api.post("/sales", {"bazaar": slug, "rows": rows}).status_code == 200
    services.process_file(pk)

    checked = api.get(f"/sales/{pk}").json()
    assert (checked["state"], checked["bazaar"], checked["rows"]) == ("checked", slug, 3)
    assert (checked["acceptable"], checked["to_repair"], checked["stored"]) == (1, 2, None)
    told = api.get(f"/sales/{pk}/problems").json()["items"]
    assert [p["row"] for p in told] == [3, 4]
    assert len({json.dumps({**p, "row": 0, "value": ""}) for p in told}) == 1, "known or not"

    accepted = api.post(f"/sales/{pk}/accept").json()
    assert (accepted["state"], accepted["version"]) == ("accepted", 1)
    assert accepted["stored"] == {"businesses": 1, "orders": 3, "amount": 250_000}
    assert api.post(f"/sales/{pk}/accept").json() == accepted, "hers, and done"
    assert api.get("/bazaars").json()["items"][0]["current_report"] == pk

    newer = api.sell([sale_of(person_of(shopee), amount=1)], bazaar=slug)
    api.post(f"/sales/{newer}/accept")
    states = {one["id"]: one["state"] for one in api.get("/sales").json()["items"]}
    assert states == {pk: "replaced", newer: "accepted"}
    assert SalesReport.objects.current().get().accepted_by == shopee.manager


def test_files_of_sales_come_as_they_are(shopee):
    api, person = shopee.system, person_of(shopee)
    text = f"Kode;Hari;Uang\n{person.code};01/11/2026;Rp 1.500.000\n"

    answer = api.client.post(
        "/api/v1/sales/file",
        {"file": ContentFile(text.encode(), "jual.csv"), "bazaar": shopee.bazaar.slug},
        headers={**api.headers, "Idempotency-Key": "berkas-pertama"},
    )
    pk = answer.json()["id"]
    services.process_file(pk)
    assert api.get(f"/sales/{pk}").json()["state"] == "columns_needed"
    mapping = {"Kode": "code", "Hari": "period_from", "Uang": "amount"}
    wrong = api.post(f"/sales/{pk}/columns", {"mapping": {"Kode": "grade"}})
    assert wrong.json()["errors"][0]["field"] == "mapping.Kode"
    assert api.post(f"/sales/{pk}/columns", {"mapping": mapping}).status_code == 200
    services.process_file(pk)

    assert api.get(f"/sales/{pk}").json()["headings"] == mapping
    assert api.post(f"/sales/{pk}/cancel").json()["state"] == "cancelled"
    assert api.post(f"/sales/{pk}/accept").status_code == 409


def test_who_stands_in_an_accepted_list_only_is_a_stranger_to_sales(shopee):
    """Else a list of phone numbers, accepted, and a report would tell who is registered."""
    known = ParticipantFactory(full_name="Siti Aminah", phone="+6281234567890")
    about = {"full_name": known.full_name, "phone": known.phone}
    pk = shopee.system.send(shopee.call.slug, [{**about, "result": "Lolos"}])
    assert shopee.system.post(f"/lists/{pk}/accept").json()["state"] == "accepted"

    sold = shopee.system.sell([{**sale_of(known), "code": "", **about}])

    assert shopee.system.get(f"/sales/{sold}").json()["acceptable"] == 0


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ({"amount": "100"}, "rows.0.amount"),
        ({"amount": -1}, "rows.0.amount"),
        ({"orders": 1.5}, "rows.0.orders"),
        ({"period_from": "16/11/2026"}, "rows.0.period_from"),
        ({"laba": 1}, "rows.0.laba"),
    ],
)
def test_wrong_rows_are_told_by_field(shopee, row, field):
    answer = shopee.system.post("/sales", {"rows": [{**sale_of(person_of(shopee)), **row}]})

    assert answer.status_code == 422
    assert [e["field"] for e in answer.json()["errors"]] == [field]
    assert ImportFile.objects.count() == 0


def test_of_another_partner_and_of_lists_nothing_is_there(shopee, tiktok):
    theirs = tiktok.system.sell([sale_of(person_of(tiktok))], bazaar=tiktok.bazaar.slug)
    a_list = shopee.system.send(shopee.call.slug)
    pairs = [
        (how, path.format(pk), path.format(999_999), {})
        for pk in (theirs, a_list)
        for how, path in (
            ("get", "/sales/{}"),
            ("get", "/sales/{}/problems"),
            ("post", "/sales/{}/accept"),
            ("post", "/sales/{}/cancel"),
        )
    ]
    for how, path, absent, body in pairs:
        found, none = (getattr(shopee.system, how)(p, **body) for p in (path, absent))
        assert (found.status_code, found.content) == (404, none.content), path
        assert dict(found.headers) == dict(none.headers)
    rows = [sale_of(person_of(shopee))]
    found, none = (
        shopee.system.post("/sales", {"rows": rows, "bazaar": slug})
        for slug in (tiktok.bazaar.slug, "tidak-ada")
    )
    assert (found.status_code, found.content) == (404, none.content)
    assert shopee.system.get("/sales").json()["items"] == []
    assert tiktok.bazaar.slug not in shopee.system.get("/bazaars").content.decode()


def test_sales_ask_for_their_own_scopes(client, register):
    lists = make_partner(client, "Shopee", [Scope.LISTS_READ, Scope.LISTS_WRITE])
    reader = make_partner(client, "TikTok", [Scope.SALES_READ])

    assert lists.system.get("/sales").status_code == 403
    assert lists.system.post("/sales", {"rows": [sale_of(person_of(lists))]}).status_code == 403
    assert reader.system.get("/sales").status_code == 200
    assert reader.system.post("/sales/1/accept").status_code == 403


@pytest.mark.parametrize("path", ["/bazaars", "/sales", "/sales/{}", "/sales/{}/problems"])
def test_answers_about_sales_cost_the_same_queries_for_any_number(shopee, path):
    counts = []
    for number in (1, 3):
        rows = [sale_of(person_of(shopee), code=f"keliru {n}") for n in range(number)]
        pk = shopee.system.sell(rows, bazaar=shopee.bazaar.slug)
        shopee.system.get(path.format(pk))
        with CaptureQueriesContext(connection) as queries:
            assert shopee.system.get(path.format(pk)).status_code == 200
        counts.append(len(queries))

    assert counts[0] == counts[1]
