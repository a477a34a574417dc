"""How fast the staff's list of people opens at size, against the same pages over 1,000 people.

    .venv/bin/python bench/lists.py --rows 370000 --json

Measured is the whole request of a member of the head office: session, rights, queries, page; the
fastest of several. The 1,000 people stand in a copy of the database, and each page is asked of
both in turn, so that a machine that gets slower or faster slows both. The limit of a page is that
page over 1,000 people, times 1.5 (2 above a million rows); of a page that shows fewer of them,
such as a search for common words, it is the first page. No page may ask more than 15 queries.
"""

import time

import _report

SMALL = 1_000
MOST_QUERIES = 15
REPEATS, REPEATS_OF_FEW, FEW = 9, 2, 10_000


def main():
    _report.run(__doc__, measure, rows=370_000, in_lines=True)


def measure(rows, folder):
    prepare_database()
    from django.db import connections

    from bench import _people as people

    client = staff_client()
    people.fill(SMALL)
    small = copy_database("few_people")
    few = pages()
    people.fill(max(rows, SMALL))
    sides = {"small": (small, few), "large": (connections["default"], pages())}
    timed = time_pages(client, sides, REPEATS_OF_FEW if rows < FEW else REPEATS)
    small.close()
    allowed = 1.5 if rows < 1_000_000 else 2.0
    result = {"rows": rows, "allowed_ratio": allowed}
    result |= {name: job(timed, name, allowed) for name in sides["large"][1]}
    worst = max((j for j in result.values() if isinstance(j, dict)), key=lambda j: j["ratio"])
    return result | {"worst_ratio": worst["ratio"]}


def copy_database(name):
    """A connection to a copy of the database as it stands."""
    from django.db import connection

    template = connection.settings_dict["NAME"]
    connection.close()  # the server copies only what nobody uses
    with connection._nodb_cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    copy = connection.copy()
    copy.settings_dict["NAME"] = name
    return copy


def prepare_database():
    """As for every bench, and pages without the manifest of static files."""
    _report.prepare_database()
    from django.conf import settings

    settings.DEBUG, settings.ALLOWED_HOSTS = False, ["*"]
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }


def staff_client():
    from django.test import Client

    from umkm_portal.accounts.models import Membership, Organisation, User

    user = User.objects.create_user("kepala@contoh.example", is_staff=True)
    Membership.objects.create(
        user=user, organisation=Organisation.objects.first(), role=Membership.Role.HEAD_OFFICE
    )
    client = Client(headers={"accept-encoding": "identity"})
    client.force_login(user)
    return client


def pages():
    """Query strings by name: the page, page 1,000, every choice of every filter, searches."""
    from django.contrib import admin
    from django.test import RequestFactory

    from bench import _people as people
    from participants.models import Participant
    from umkm_portal.accounts.models import User

    request = RequestFactory().get("/")
    request.user = User.objects.get(email="kepala@contoh.example")
    changes = admin.site.get_model_admin(Participant).get_changelist_instance(request)
    found = {"page": "", "page_1000": f"sesudah={thousandth_page()}"}
    for spec in changes.filter_specs:
        for choice in list(spec.choices(changes))[1:]:
            name = f"filter {spec.title}: {choice['display']}"
            found[name] = choice["query_string"].removeprefix("?")
    return found | {
        "search name": "q=" + people.RARE_NAME.replace(" ", "+"),
        "search NIK": f"q={people.RARE_NIK}",
        "search phone": "q=0812-9000-1234",
        "search email": f"q={people.RARE_EMAIL}",
        "search common words": "q=siti+santoso",
        "search nobody": "q=xylofon+kuarsa",
    }


def thousandth_page():
    """The key before the 1,000th page of 50, or before the last full page of fewer people."""
    from participants.models import Participant

    count = Participant.objects.count()
    keys = Participant.objects.order_by("-pk").values_list("pk", flat=True)
    return keys[min(50 * 999, count - 51)]


def time_pages(client, sides, repeats):
    """{(side, name): (seconds, queries, people shown)} of each page, the fastest of several.

    `sides` are connections with their query strings by name.
    """
    from django.db import connections

    found = {}
    for name in sides["large"][1]:
        for number in range(repeats):
            for side, (database, queries) in sides.items():
                if name in queries:
                    connections["default"] = database  # Django works on this one from here on
                    asked = ask(client, queries[name], is_counted=not number)
                    found.setdefault((side, name), []).append(asked)
    return {
        key: (min(seconds for seconds, *_ in asked), *asked[0][1:]) for key, asked in found.items()
    }


def ask(client, query, *, is_counted):
    """(seconds, queries, people shown) of one page; only the first is looked at."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext
    from django.urls import reverse

    address = f"{reverse('admin:participants_participant_changelist')}?{query}"
    if not is_counted:
        start = time.perf_counter()
        client.get(address)
        return time.perf_counter() - start, 0, 0
    with CaptureQueriesContext(connection) as asked:
        start = time.perf_counter()
        response = client.get(address)
        seconds = time.perf_counter() - start
    assert response.status_code == 200, (query, response.status_code)
    return seconds, len(asked), len(response.context_data["cl"].result_list)


def job(timed, name, allowed):
    """One line of the result; a page with more people than before is held against a full one."""
    seconds, queries, shown = timed["large", name]
    before = timed.get(("small", name), timed["small", "page"])
    if before[2] < shown:
        before = timed["small", "page"]
    return {
        "seconds": round(seconds, 4),
        "limit_seconds": round(before[0], 4),
        "ratio": round(seconds / before[0], 2),
        "within": seconds <= allowed * before[0] and queries <= MOST_QUERIES,
        "queries": queries,
        "shown": shown,
    }


if __name__ == "__main__":
    main()
