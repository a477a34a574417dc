"""`portal --once`: the main job on practice data through real workers, told as one object.

It works from outside, as people and officers do: management commands, links out of the caught
mails, HTTP. The books are then read in SQL, because the launcher stands below the apps.
"""

import contextlib
import io
import json
import re
import time
import urllib.parse
import urllib.request
from collections.abc import Callable
from http.cookiejar import CookieJar
from typing import Any, TypeVar

from django.core.management import call_command
from django.db import connection as database

from umkm_portal.embedded.errors import EmbeddedError
from umkm_portal.embedded.supervisor import LOOK_SECONDS, Supervisor

T = TypeVar("T")
PARTICIPANTS = 600
WAITING = 5
"""How many more people than there are seats say yes."""
PATIENCE_SECONDS = 180.0
TELL_SECONDS = 5.0
DELIVERY_STATES = (
    *("pending", "sending", "accepted", "delivered", "read", "failed_temporary"),
    *("failed_permanent", "suppressed", "uncertain", "cancelled"),
)
FINAL_CAMPAIGN = {"done", "cancelled"}
MAILED = ("accepted", "delivered", "read")
UNSETTLED = ("pending", "sending", "failed_temporary", "uncertain")

MAILS = """
    SELECT m.message_id, d.recipient_key, m.text
    FROM embedded_caughtmail m JOIN messaging_delivery d ON d.public_id = m.delivery
    WHERE d.campaign_id = %s ORDER BY m.id
"""
ANSWERS = """
    SELECT e.state, count(*)
    FROM trainings_enrolment e JOIN trainings_cohort c ON c.id = e.cohort_id
    WHERE c.code = %s GROUP BY e.state
"""
UNINVITED = """
    SELECT c.code FROM trainings_cohort c
    WHERE c.state = 'open'
      AND NOT EXISTS (SELECT FROM trainings_enrolment e WHERE e.cohort_id = c.id)
"""


def run(supervisor: Supervisor, *, begin: float) -> tuple[dict[str, Any], list[str]]:
    """Do the main job; the books, and a sentence for each thing that is wrong with them."""
    seeded = command_json(supervisor, "seed_demo", "--participants", str(PARTICIPANTS))
    cohort = choose_cohort(seeded["cohorts"])
    code, seats = cohort["code"], cohort["seats"]
    options = ("--everyone", "--any-hour", "--start")
    campaign = command_json(supervisor, "invite", code, *options)
    final = wait_until_final(supervisor, campaign["id"])
    mails = rows(MAILS, [campaign["id"]])
    answer_yes(supervisor, [text for _, _, text in mails], wanted=seats + WAITING)
    answers = wait_for_answers(supervisor, code, wanted=min(len(mails), seats + WAITING))
    result = {
        "audience": final["audience"],
        **{state: final[state] for state in DELIVERY_STATES},
        "mails_received": len(mails),
        "distinct_message_ids": len({message_id for message_id, _, _ in mails}),
        "distinct_people": len({person for _, person, _ in mails}),
        "confirmed": answers.get("confirmed", 0),
        "waitlisted": answers.get("waitlisted", 0),
        "seats": seats,
        "seconds": round(time.monotonic() - begin, 1),
    }
    return result, [*problems_of(result), *broken_invariants(supervisor)]


def problems_of(result: dict[str, Any]) -> list[str]:
    """What is wrong with the books: people missed or mailed twice, seats not filled."""
    mailed = sum(result[state] for state in MAILED)
    counted = sum(result[state] for state in DELIVERY_STATES)
    checks = [
        (result["audience"] > 0, "nobody was invited"),
        (counted >= result["audience"], "somebody of the audience has no delivery"),
        (not any(result[state] for state in UNSETTLED), "some deliveries are not settled"),
        (result["mails_received"] >= mailed, "an accepted message never arrived"),
        (result["mails_received"] == result["distinct_people"], "somebody was mailed twice"),
        (
            result["mails_received"] == result["distinct_message_ids"],
            "a message was delivered twice",
        ),
        (result["distinct_people"] == mailed, "mails and accepted deliveries differ"),
        (result["confirmed"] == result["seats"], "not every seat was taken"),
        (result["waitlisted"] > 0, "nobody is on the waiting list"),
    ]
    return [problem for is_right, problem in checks if not is_right]


def command_json(
    supervisor: Supervisor, name: str, *arguments: str, quietly: bool = False
) -> dict[str, Any]:
    """The report of a management command: its last line. Its human lines are shown."""
    out = io.StringIO()
    with contextlib.suppress(SystemExit):  # the report says what was refused
        call_command(name, *arguments, "--json", stdout=out)
    *lines, last = out.getvalue().strip().splitlines() or ["{}"]
    for line in [] if quietly else lines:
        supervisor.say("once", line)
    return json.loads(last)


def choose_cohort(cohorts: list[dict[str, Any]]) -> dict[str, Any]:
    """The largest open cohort without any enrolment that has people enough for a waiting list.

    Not everybody who can be invited has an email, so it takes two people for each seat.
    """
    untouched = {code for (code,) in rows(UNINVITED, [])}
    fitting = [
        cohort
        for cohort in cohorts
        if cohort["code"] in untouched and cohort["invitable"] >= 2 * cohort["seats"] + WAITING
    ]
    if not fitting:
        raise EmbeddedError("the practice data has no open cohort to which nobody is invited yet.")
    return max(fitting, key=lambda cohort: cohort["seats"])


def wait_until_final(supervisor: Supervisor, campaign: int) -> dict[str, Any]:
    """The report of the campaign once it is final; EmbeddedError when it never gets there."""
    told = 0.0

    def look() -> dict[str, Any] | None:
        nonlocal told
        found = command_json(supervisor, "campaign", str(campaign), quietly=True)
        if time.monotonic() - told > TELL_SECONDS:
            told = time.monotonic()
            supervisor.say("once", f"{found['accepted']} of {found['audience']} messages accepted")
        return found if found["state"] in FINAL_CAMPAIGN else None

    return wait_for(supervisor, look, "the campaign did not end")


def answer_yes(supervisor: Supervisor, texts: list[str], *, wanted: int) -> None:
    """The first `wanted` people open the link in their mail and say yes, one after another."""
    for text in texts[:wanted]:
        say_yes(link_in(text, supervisor.address.url))
        supervisor.look_after()


def link_in(text: str, portal_url: str) -> str:
    """The answer link of an invitation mail."""
    found = re.search(rf"{re.escape(portal_url)}/u/[\w:.=-]+/", text)
    if found is None:
        raise EmbeddedError("an invitation mail has no link to answer.")
    return found.group()


def say_yes(url: str) -> None:
    """Open the page and send its form, as a browser without JavaScript does."""
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    with browser.open(url, timeout=30) as response:
        page = response.read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    fields = {"jawaban": "ya", "csrfmiddlewaretoken": token.group(1) if token else ""}
    with browser.open(url, urllib.parse.urlencode(fields).encode(), timeout=30) as response:
        response.read()


def wait_for_answers(supervisor: Supervisor, code: str, *, wanted: int) -> dict[str, int]:
    """Enrolments per state, once every answer is confirmed or waits."""

    def answered() -> dict[str, int] | None:
        states = dict(rows(ANSWERS, [code]))
        settled = states.get("confirmed", 0) + states.get("waitlisted", 0)
        return states if settled >= wanted else None

    return wait_for(supervisor, answered, "not every answer was recorded")


def broken_invariants(supervisor: Supervisor) -> list[str]:
    """A sentence per rule that the rows break."""
    return [str(found) for found in command_json(supervisor, "check_invariants")["violations"]]


def wait_for(supervisor: Supervisor, look: Callable[[], T | None], failure: str) -> T:
    """What `look` finds, asked until it is something; the portal is looked after meanwhile."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        supervisor.look_after()
        found = look()
        if found is not None:
            return found
        time.sleep(LOOK_SECONDS)
    raise EmbeddedError(f"{failure} within {PATIENCE_SECONDS:g} seconds.")


def rows(query: str, values: list[Any]) -> list[tuple[Any, ...]]:
    with database.cursor() as cursor:
        cursor.execute(query, values)
        return cursor.fetchall()
