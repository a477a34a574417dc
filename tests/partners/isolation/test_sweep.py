"""Nobody learns anything of another partner: every address, asked with what is its own."""

import json
import logging
import uuid

import pytest
from django.core import mail

from partners.models import CurationCall
from tests.partners.isolation import walk
from umkm_portal.accounts.models import Membership
from umkm_portal.imports.models import ImportFile

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(300)]


class Member:
    """A browser of a member; answers to forms carry what could be another's."""

    def __init__(self, client, user):
        self.client, self.headers = client, {}
        client.force_login(user)

    def __call__(self, path, method, data=None):
        if method == "get":
            return self.client.get(path, data)
        return self.client.post(path, data)


class System:
    """A program with a key."""

    def __init__(self, client, secret):
        client.logout()
        self.client, self.headers = client, {"Authorization": f"Bearer {secret}"}

    def __call__(self, path, method, data=None):
        if method == "get":
            return self.client.get(path, data, headers=self.headers)
        if path.endswith("/file"):
            return self.client.post(path, data, headers=self._once())
        return self.client.post(
            path, json.dumps(data), content_type="application/json", headers=self._once()
        )

    def _once(self):
        return {**self.headers, "Idempotency-Key": str(uuid.uuid4())}


def form_of(other):
    """A form in which every field names something of another partner."""
    return {
        "mitra": other.slug,
        "peserta": [other.entry.pk],
        "hadir": "ya",
        "call": other.call.pk,
        "bazaar": other.bazaar.pk,
        "role": "partner_reader",
        "seen": "1",
        "row": "2",
        "next": f"/mitra/daftar/{other.file.pk}/",
    }


def body_of(path, other):
    rows = {"lists": [{"code": other.people[0].code, "result": "Lolos"}]}
    sale = {"code": other.people[0].code, "period_from": "2026-11-16", "amount": 1}
    if path.endswith(("/lists", "/lists/file")):
        return {"rows": rows["lists"]}
    if path.endswith("/sales"):
        return {"rows": [sale], "bazaar": other.bazaar.slug}
    if path.endswith("/columns"):
        return {"mapping": {}}
    return {}


def sweep(call, others, routes, most=30):
    """What is wrong: words of others, and answers that differ from those about nothing."""
    wrong = []
    for other in others:
        values, seen = walk.values_of(other), {}
        for route in routes:
            if not walk.CONVERTER.search(route):
                wrong += _look_at("/" + route, call, other)
                continue
            for there, absent, pairs in walk.filled(route, values, most):
                wrong += _compare(call, other, there, absent, pairs, seen)
    return wrong


def _look_at(path, call, other):
    """Pages without an id: with each parameter that could name something."""
    data = {"p": "1"}
    for name in walk.PARAMETERS:
        data[name] = other.file.pk if name in ("sebelum", "after", "file") else other.call.pk
    data |= {"next": f"/mitra/kurasi/{other.call.slug}/", "q": other.people[0].code, "setelah": 0}
    asked = [{}, data] if path.startswith(("/mitra", "/api")) else [{}]
    for found in asked:
        response, _ = walk.ask(call, path, "get", found)
        sent = " ".join(map(str, found.values()))
        yield from (
            f"GET {path}: {mark}"
            for mark in walk.leaks(walk.told(response), other)
            if mark not in sent.lower()
        )


def _compare(call, other, there, absent, pairs, seen):
    """Beside an address of another stands the same about nothing, asked once."""
    for method in ("get", "post"):
        data = None
        if method == "post":
            data = body_of(there, other) if "/api/" in there else form_of(other)
        found, count = walk.ask(call, there, method, data)
        if (method, absent) not in seen:
            seen[method, absent] = walk.ask(call, absent, method, data)
        none, same = seen[method, absent]
        line = f"{method.upper()} {there}"
        text = walk.without_ids(walk.told(found), pairs)
        if (found.status_code, text) != (
            none.status_code,
            walk.without_ids(walk.told(none), pairs),
        ):
            yield f"{line}: {found.status_code}, absent {none.status_code}"
        if found.status_code == 404 and count != same:
            yield f"{line}: {count} queries, absent {same}"
        yield from (f"{line}: {mark}" for mark in walk.leaks(text, other))


def state_of(side):
    """The rows of one partner as they stand."""
    rows = walk.values_of(side)["int"]
    models = [
        *(side.file, side.waiting, side.sales, side.open_sales, side.shared, side.token),
        *(side.invitation, side.version, side.entry, side.report, side.appeal, side.result),
        *side.manager.memberships.all(),
    ]
    return rows, [
        sorted((k, str(v)) for k, v in type(m).objects.filter(pk=m.pk).values().get().items())
        for m in models
    ]


MEMBER, SYSTEM = "member", "system"
OWN = [route for route in walk.ROUTES if route.startswith(("mitra/", "api/"))]
REST = [route for route in walk.ROUTES if route not in OWN]


def caller(client, side, asker):
    return Member(client, side.manager) if asker == MEMBER else System(client, side.secret)


@pytest.fixture(autouse=True)
def no_limit(settings):
    """A 429 would hide what is behind it."""
    settings.API_REQUESTS_PER_MINUTE = 10**9


def faults_of(client, sides, asker, routes, others, most, caplog):
    """What a caller learned or changed of others, and NIKs that were written down on the way."""
    before = [state_of(side) for side in sides[1:]]
    caplog.set_level(logging.DEBUG)

    with walk.nudges() as sent:
        wrong = sweep(caller(client, sides[0], asker), others, routes, most)

    if [state_of(side) for side in sides[1:]] != before:
        wrong.append("rows of another partner changed")
    said = "\n".join([caplog.text, repr(sent), *(str(one.message()) for one in mail.outbox)])
    return wrong + [f"NIK {nik}" for side in sides for nik in side.niks if nik in said]


@pytest.mark.parametrize(
    ("asker", "start"), [(MEMBER, "mitra/"), (SYSTEM, "api/")], ids=["member", "system"]
)
def test_nothing_of_another_partner_is_told_changed_or_timed(client, sides, caplog, asker, start):
    routes = [route for route in OWN if route.startswith(start)]

    assert faults_of(client, sides, asker, routes, sides[1:2], 9, caplog) == []


@pytest.mark.long
@pytest.mark.parametrize("asker", [MEMBER, SYSTEM])
@pytest.mark.parametrize(("routes", "most"), [(OWN, 30), (REST, 3)], ids=["own", "rest"])
def test_no_address_at_all_tells_of_anybody_else(client, sides, caplog, asker, routes, most):
    assert faults_of(client, sides, asker, routes, sides[1:], most, caplog) == []


def all_files(partner, profile="kurasi"):
    return ImportFile.objects.filter(profile=profile)


def all_calls(partner):
    return CurationCall.objects.all()


def all_members(partner):
    return Membership.objects.current().select_related("user")


GUARDS = {
    "umkm_portal.pages.partner.lists.files_of": (MEMBER, "mitra/daftar/<", all_files),
    "umkm_portal.pages.partner.calls.calls_of": (MEMBER, "mitra/kurasi/<", all_calls),
    "partners.space.members.members_of": (MEMBER, "mitra/anggota/", all_members),
    "partners.api.lists.files_of": (SYSTEM, "api/v1/lists", all_files),
    "partners.api.sales.files_of": (SYSTEM, "api/v1/sales", all_files),
}


@pytest.mark.long
def test_the_sweep_finds_each_guard_that_is_missing(client, sides, monkeypatch):
    for guard, (asker, start, everything) in GUARDS.items():
        routes = [route for route in OWN if route.startswith(start)]
        call = caller(client, sides[0], asker)
        with monkeypatch.context() as patch:
            patch.setattr(guard, everything)
            found = sweep(call, sides[1:2], routes, 9)

        assert any(": 2" in line or ": 3" in line for line in found), guard
