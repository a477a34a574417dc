"""Lists through the API: sent, looked at, accepted, read back; nothing of others to be seen."""

import csv
import io
import json

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from partners.models import CurationDecision, CurationList
from tests.factories import ParticipantFactory
from tests.partners.api.conftest import BAD, GOOD, file_of
from umkm_portal.imports import services
from umkm_portal.imports.models import ImportFile

pytestmark = pytest.mark.django_db


def test_a_list_goes_from_rows_to_decisions(shopee):
    ParticipantFactory(full_name="Siti Aminah", phone="+6281234567890")
    api, slug = shopee.system, shopee.call.slug
    assert [c["slug"] for c in api.get("/calls").json()["items"]] == [slug]

    answer = api.post(f"/calls/{slug}/lists", {"rows": [*GOOD, BAD]})
    sent = answer.json()
    assert (answer.status_code, sent["state"], sent["call"]) == (202, "checking", slug)
    file = file_of(sent["id"])
    assert (file.uploader, file.organisation) == (shopee.manager, shopee.partner.organisation)
    services.process_file(file.pk)

    checked = api.get(f"/lists/{file.pk}").json()
    assert (checked["state"], checked["rows"]) == ("checked", 3)
    assert (checked["acceptable"], checked["to_repair"]) == (2, 1)
    assert checked["outcomes"] == {"passed": 1, "failed": 1, "reserve": 0, "improve": 0}
    problems = api.get(f"/lists/{file.pk}/problems")
    assert {p["row"] for p in problems.json()["items"]} == {4}
    assert "31740112345678901" not in problems.content.decode()
    assert api.get(f"/lists/{file.pk}/decisions").status_code == 409

    accepted = api.post(f"/lists/{file.pk}/accept", {"seen_version": None}).json()
    assert (accepted["state"], accepted["version"]) == ("accepted", 1)
    told = api.get(f"/lists/{file.pk}/decisions").json()
    assert [(d["row"], d["outcome"]) for d in told["items"]] == [(2, "passed"), (3, "failed")]
    assert "matched" not in json.dumps([checked, accepted, told])
    assert api.get(f"/calls/{slug}").json()["current_list"] == file.pk
    assert CurationList.objects.get().accepted_by == shopee.manager


def test_files_come_as_they_are_and_columns_are_matched(shopee):
    api, slug = shopee.system, shopee.call.slug
    text = io.StringIO()
    csv.writer(text).writerows(
        [("Pemohon", "Telp", "Xyz"), ("Siti Aminah", "081234567890", "Lolos")]
    )
    book = ContentFile(text.getvalue().encode(), "hasil.csv")
    pk = api.send_file(slug, book).json()["id"]
    services.process_file(pk)
    assert api.get(f"/lists/{pk}").json()["state"] == "columns_needed"

    wrong = api.post(f"/lists/{pk}/columns", {"mapping": {"Tidak ada": "phone", "Xyz": "omzet"}})
    assert [e["field"] for e in wrong.json()["errors"]] == ["mapping.Tidak ada", "mapping.Xyz"]
    mapping = {"Pemohon": "full_name", "Telp": "phone", "Xyz": "result"}
    assert api.post(f"/lists/{pk}/columns", {"mapping": mapping}).status_code == 200
    services.process_file(pk)

    status = api.get(f"/lists/{pk}").json()
    assert (status["state"], status["acceptable"]) == ("checked", 1)
    assert status["headings"] == mapping
    book.seek(0)
    assert api.send_file(slug, book, all_pass="true").json()["id"] == pk
    assert file_of(pk).options["all_pass"]
    assert api.post(f"/lists/{pk}/cancel").json()["state"] == "cancelled"
    assert api.post(f"/lists/{pk}/cancel").json()["state"] == "cancelled", "hers, and done"
    refused = api.post(f"/lists/{pk}/accept")
    assert (refused.status_code, refused["Content-Type"]) == (409, "application/problem+json")
    assert ImportFile.objects.count() == 1


def test_headings_that_the_database_cannot_hold_are_refused(shopee):
    pk = shopee.system.send(shopee.call.slug)

    answer = shopee.system.post(f"/lists/{pk}/columns", {"mapping": {"No\u0000 HP": "phone"}})

    assert (answer.status_code, len(answer.json()["errors"])) == (422, 1)


def test_same_rows_show_the_old_list(shopee):
    first = shopee.system.send(shopee.call.slug)

    again = shopee.system.post(f"/calls/{shopee.call.slug}/lists", {"rows": GOOD})

    assert (again.status_code, again.json()["id"]) == (200, first)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"rows": []}, "rows"),
        ({"rows": [{"name": "Siti"}]}, "rows.0.name"),
        ({"rows": [{"phone": "0812\u0000"}]}, "rows.0.phone"),
        ({"rows": [{"phone": 81234567890}]}, "rows.0.phone"),
        ({"rows": GOOD, "all_pass": "ya"}, "all_pass"),
        ({}, "rows"),
    ],
)
def test_wrong_bodies_are_told_by_field_without_their_values(shopee, body, field):
    answer = shopee.system.post(f"/calls/{shopee.call.slug}/lists", body)

    problem = answer.json()
    assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json")
    assert [e["field"] for e in problem["errors"]] == [field]
    assert "81234567890" not in answer.content.decode()
    assert ImportFile.objects.count() == 0


def test_what_cannot_be_read_is_a_problem_document(shopee, client):
    headers = {**shopee.system.headers, "Idempotency-Key": "abcdefgh"}
    path = f"/api/v1/calls/{shopee.call.slug}/lists"
    answers = [
        client.post(path, "{", content_type="application/json", headers=headers),
        client.post(f"{path}/file", "x", content_type="multipart/form-data", headers=headers),
        client.put(path, headers=headers),
        client.get("/api/v1/lists/%0Atidak/ada", headers=headers),
        client.post(path, "{}", content_type="application/json", headers=shopee.system.headers),
        client.post(path, "{}", content_type="application/json", CONTENT_LENGTH="999999999"),
    ]

    assert [answer.status_code for answer in answers] == [400, 400, 405, 404, 400, 413]
    assert {answer["Content-Type"] for answer in answers} == {"application/problem+json"}
    assert all(answer.json()["detail"].endswith(".") for answer in answers)


def test_of_another_partner_nothing_is_there(shopee, tiktok):
    """The same status, headers and body as for what does not exist, and no trace in lists."""
    pk = tiktok.system.send(tiktok.call.slug)
    shopee.system.send(shopee.call.slug)
    asked = [
        ("get", "/lists/{}"),
        ("get", "/lists/{}/problems"),
        ("get", "/lists/{}/decisions"),
        ("post", "/lists/{}/accept"),
        ("post", "/lists/{}/cancel"),
    ]
    pairs = [(how, path.format(pk), path.format(999_999)) for how, path in asked]
    pairs += [("get", f"/calls/{tiktok.call.slug}", "/calls/tidak-ada")]
    rows = {"rows": GOOD}

    for how, theirs, absent in pairs:
        found, none = (getattr(shopee.system, how)(path) for path in (theirs, absent))
        assert (found.status_code, found.content) == (404, none.content), theirs
        assert dict(found.headers) == dict(none.headers)
    found, none = (
        shopee.system.post(f"/calls/{slug}/lists", rows) for slug in (tiktok.call.slug, "tidak-ada")
    )
    assert (found.status_code, found.content) == (404, none.content)
    assert tiktok.call.slug not in shopee.system.get("/calls").content.decode()
    assert pk not in [one["id"] for one in shopee.system.get("/lists").json()["items"]]
    assert file_of(pk).state == "checked"
    assert CurationDecision.objects.count() == 0


def test_pages_of_answers_join_without_gap(shopee):
    rows = [{**BAD, "full_name": f"Ani {n}"} for n in range(5)]
    pk = shopee.system.send(shopee.call.slug, rows)
    seen, after = [], 0
    while after is not None:
        part = shopee.system.get(f"/lists/{pk}/problems", after=after, limit=2).json()
        seen += [p["row"] for p in part["items"]]
        after = part["next"]

    assert sorted({*seen}) == [2, 3, 4, 5, 6]


@pytest.mark.parametrize("path", ["/lists", "/calls", "/lists/{}", "/lists/{}/problems"])
def test_answers_cost_the_same_queries_for_any_number(shopee, path):
    counts = []
    for number in (1, 3):
        pk = shopee.system.send(
            shopee.call.slug, [{**BAD, "full_name": f"Ani {n}"} for n in range(number)] + GOOD
        )
        shopee.system.get(path.format(pk))
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert shopee.system.get(path.format(pk)).status_code == 200
        counts.append(len(queries))

    assert counts[0] == counts[1]
