"""What is sent twice is done once, also by threads that send at the same time."""

from datetime import timedelta
from functools import partial

import pytest
from django.test import Client
from django.utils import timezone

from partners.api import answers
from partners.api.retention import KEEP
from partners.models import ApiAnswer
from tests.at_once import results_at_once
from tests.partners.api.conftest import GOOD, System
from umkm_portal.common import retention
from umkm_portal.imports.models import ImportFile

KEY = "kunci-unik-1"


@pytest.mark.django_db
def test_the_same_key_gets_the_same_answer_and_another_body_none(shopee):
    path = f"/calls/{shopee.call.slug}/lists"
    first = shopee.system.post(path, {"rows": GOOD}, key=KEY)

    again = shopee.system.post(path, {"rows": GOOD}, key=KEY)
    other = shopee.system.post(path, {"rows": GOOD[:1]}, key=KEY)
    elsewhere = shopee.system.post(f"/lists/{first.json()['id']}/cancel", key=KEY)

    assert (again.status_code, again.content) == (202, first.content)
    assert (again["Idempotency-Replayed"], "Idempotency-Replayed" in first) == ("true", False)
    assert (other.status_code, elsewhere.status_code) == (409, 409)
    assert "kunci baru" in other.json()["detail"]
    assert ImportFile.objects.get().state == "uploaded"


@pytest.mark.django_db
def test_refusals_are_answers_too_and_keys_belong_to_one_token(shopee, tiktok):
    absent = shopee.system.post("/lists/999/accept", {"seen_version": 1}, key=KEY)
    again = shopee.system.post("/lists/999/accept", {"seen_version": 1}, key=KEY)

    theirs = tiktok.system.post(f"/calls/{tiktok.call.slug}/lists", {"rows": GOOD}, key=KEY)

    assert (again.status_code, again.content) == (404, absent.content)
    assert theirs.status_code == 202


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["", "pendek", "dengan spasi di dalam", "x" * 121])
def test_a_write_needs_a_key_of_its_own(shopee, key):
    answer = shopee.system.client.post(
        f"/api/v1/calls/{shopee.call.slug}/lists",
        {"rows": GOOD},
        content_type="application/json",
        headers={**shopee.system.headers, **({"Idempotency-Key": key} if key else {})},
    )

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "Idempotency-Key"
    assert ImportFile.objects.count() == 0


@pytest.mark.django_db
def test_work_that_died_is_done_by_the_next_try(shopee, monkeypatch):
    path = f"/calls/{shopee.call.slug}/lists"
    shopee.system.post(path, {"rows": GOOD}, key=KEY)
    ApiAnswer.objects.update(status=None, body=None)

    again = shopee.system.post(path, {"rows": GOOD}, key=KEY)

    assert (again.status_code, ImportFile.objects.count()) == (200, 1)
    assert ApiAnswer.objects.get().status == 200


@pytest.mark.django_db
def test_old_answers_are_forgotten(shopee):
    shopee.system.post(f"/calls/{shopee.call.slug}/lists", {"rows": GOOD}, key=KEY)
    job = next(job for job in retention.all_jobs() if job.name == "api_answers")
    now = timezone.now() + KEEP

    assert (job.find(now - timedelta(hours=1)).count, job.run(now)) == (0, 1)


@pytest.mark.django_db(transaction=True)
def test_threads_with_one_key_get_one_answer(shopee):
    path, systems = f"/calls/{shopee.call.slug}/lists", [shopee.system.__class__] * 6

    def send(number):
        return systems[number](Client(), shopee.secret).post(path, {"rows": GOOD}, key=KEY)

    found = results_at_once(*[partial(send, number) for number in range(6)])

    assert [answer.status_code for answer in found] == [202] * 6
    assert len({answer.content for answer in found}) == 1
    assert sum("Idempotency-Replayed" not in answer for answer in found) == 1
    assert ImportFile.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_threads_that_accept_with_keys_of_their_own_make_one_version(shopee):
    pk = shopee.system.send(shopee.call.slug)

    def accept():
        return System(Client(), shopee.secret).post(f"/lists/{pk}/accept")

    found = results_at_once(*[accept] * 4)

    assert {answer.json().get("version") for answer in found} <= {1, None}
    assert {answer.status_code for answer in found} <= {200, 409}
    assert shopee.call.lists.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_key_that_is_worked_on_elsewhere_is_told_so(shopee, monkeypatch):
    monkeypatch.setattr(answers, "WAIT_SECONDS", 0.2)
    path = f"/calls/{shopee.call.slug}/lists"

    with answers._held(shopee.token, KEY):
        (late,) = results_at_once(
            lambda: System(Client(), shopee.secret).post(path, {"rows": GOOD}, key=KEY)
        )

    assert (late.status_code, late["Retry-After"]) == (409, "5")
    assert ImportFile.objects.count() == 0
