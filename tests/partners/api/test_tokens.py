"""Keys: what they open, until when, how often, and that guesses open and tell nothing."""

import logging
import secrets
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone

from partners.api.tokens import TokenRefused, make_token, revoke_token
from partners.models import ApiToken
from tests.partners.api.conftest import GOOD, make_partner

pytestmark = pytest.mark.django_db
Scope = ApiToken.Scope


def test_a_key_is_kept_as_its_digest_only(shopee):
    kept = [str(value) for value in ApiToken.objects.values_list().get()]

    assert shopee.secret.startswith("jkp_")
    assert shopee.system.get("/calls").status_code == 200
    assert not any(shopee.secret in value for value in kept)
    assert ApiToken.objects.get().last_used_at is not None


def test_a_key_opens_what_its_scopes_name(client, register):
    reader = make_partner(client, "Shopee", [Scope.LISTS_READ])
    writer = make_partner(client, "TikTok", [Scope.LISTS_WRITE])
    pk = writer.system.send(writer.call.slug)
    path = f"/calls/{reader.call.slug}/lists"

    assert reader.system.get("/lists").status_code == 200
    refused = reader.system.post(path, {"rows": GOOD})
    assert (refused.status_code, "lists:write" in refused.json()["detail"]) == (403, True)
    assert reader.system.send_file(reader.call.slug, __file__).status_code == 403
    assert writer.system.get(f"/lists/{pk}").status_code == 403


@pytest.mark.parametrize("end", ["expired", "revoked", "partner closed"])
def test_an_ended_key_is_as_unknown_as_any_other(shopee, end):
    unknown = shopee.system.client.get(
        "/api/v1/calls", headers={"Authorization": "Bearer jkp_tidak-ada"}
    )
    if end == "expired":
        ApiToken.objects.update(expires_at=timezone.now())
    elif end == "revoked":
        revoke_token(shopee.token, now=timezone.now())
    else:
        organisation = shopee.partner.organisation
        organisation.is_active = False
        organisation.save()

    answer = shopee.system.get("/calls")

    assert (answer.status_code, answer.content) == (401, unknown.content)
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_a_key_may_ask_so_often_a_minute(shopee, settings):
    settings.API_REQUESTS_PER_MINUTE = 3
    cache.clear()

    answers = [shopee.system.get("/calls") for _ in range(8)]

    codes = [answer.status_code for answer in answers]
    # The minute may end once on the way.
    assert codes.count(429) in (2, 5)
    late = next(answer for answer in answers if answer.status_code == 429)
    assert 1 <= int(late["Retry-After"]) <= 60


@pytest.mark.parametrize("count", [60, pytest.param(1000, marks=pytest.mark.long)])
def test_guesses_open_nothing_and_log_no_key(client, shopee, caplog, capfd, settings, count):
    settings.DEBUG = True  # what the log says then is the most that it ever says
    caplog.set_level(logging.DEBUG)
    guesses = ["jkp_" + secrets.token_urlsafe(32) for _ in range(count - 20)]
    guesses += [shopee.secret[:-1], shopee.secret + "x", shopee.secret.lower(), "jkp_", "%00\u00e9"]
    guesses += [shopee.token.digest, "' OR 1=1 --", "x" * 5000]
    guesses += [f"{kind} {shopee.secret}" for kind in ("Basic", "Token", "")] * 4

    answers = [
        client.get(
            "/api/v1/lists",
            headers={"Authorization": guess if " " in guess[:6] else f"Bearer {guess}"},
        )
        for guess in guesses
    ]

    assert len(answers) == count
    assert {answer.status_code for answer in answers} == {401, 429}
    assert answers[-21].status_code == 429
    assert answers[-21]["Retry-After"] == "600"
    assert shopee.system.get("/lists").status_code == 200, "others behind the address may go on"
    logged = caplog.text + "".join(capfd.readouterr())
    assert not any(guess in logged for guess in [shopee.secret, *guesses[:-20]])


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({"name": " "}, "Isi nama"),
        ({"scopes": []}, "Isi nama"),
        ({"scopes": ["semua"]}, "Isi nama"),
        ({"days": 4000}, "Isi nama"),
        ({"name": "gudang"}, "masih berlaku"),
    ],
)
def test_impossible_keys_are_told(shopee, facts, sentence):
    asked = {"name": "Baru", "scopes": [Scope.LISTS_READ], "days": 30, **facts}
    with pytest.raises(TokenRefused, match=sentence):
        make_token(shopee.partner, by=None, now=timezone.now(), **asked)

    assert ApiToken.objects.count() == 1


def test_a_partner_has_ten_live_keys_at_most(shopee):
    now = timezone.now()
    facts = {"scopes": [Scope.LISTS_READ], "days": 30, "by": None}
    for number in range(9):
        make_token(shopee.partner, name=f"Kunci {number}", now=now, **facts)
    with pytest.raises(TokenRefused, match="Cabut"):
        make_token(shopee.partner, name="Kesebelas", now=now, **facts)

    make_token(shopee.partner, name="Kelak", now=now + timedelta(days=31), **facts)
