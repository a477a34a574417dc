"""How fast the staff's list of people opens at size, against the same pages over 1,000 people.

    .venv/bin/python bench/lists.py --rows 370000 --json

Measured is the whole request of a member of the head office: session, rights, queries, page; the
fastest of several. The limit of a page is the same page over 1,000 people in the same run, times
1.5 (2 above a million rows); of a page that shows more people than there were then, such as a
search for common words, it is the first page. No page may ask more than 15 queries.
"""

import argparse
import json
import os
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from umkm_portal.embedded.lease import Lease, throwaway_folder  # noqa: E402

SMALL = 1_000
MOST_QUERIES = 15
REPEATS = 7


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=370_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with throwaway_folder() as data, Lease(data):
        result = measure(options.rows)
    for name, job in result.items():
        if isinstance(job, dict):
            print(f"{name:32}", *(f"{key}: {value}" for key, value in job.items()))
    if options.json:
        print(json.dumps(result))


def measure(rows):
    prepare_database()
    from bench import _people as people

    client = staff_client()
    people.fill(SMALL)
    small = time_pages(client, pages())
    people.fill(max(rows, SMALL))
    large = time_pages(client, pages())
    allowed = 1.5 if rows < 1_000_000 else 2.0
    result = {"rows": rows, "allowed_ratio": allowed}
    result |= {name: job(small, large[name], name, allowed) for name in large}
    worst = max((j for j in result.values() if isinstance(j, dict)), key=lambda j: j["ratio"])
    return result | {"worst_ratio": worst["ratio"]}


def prepare_database():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "umkm_portal.settings")
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    settings.DEBUG, settings.ALLOWED_HOSTS = False, ["*"]
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
    call_command("migrate", verbosity=0)


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


def time_pages(client, queries):
    """{name: (seconds, queries, people shown)} of each page, the fastest of several."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext
    from django.urls import reverse

    address = reverse("admin:participants_participant_changelist")
    client.get(address)
    found = {}
    for name, query in queries.items():
        with CaptureQueriesContext(connection) as asked:
            response = client.get(f"{address}?{query}")
        queries_asked = len(asked)  # the next request empties the log
        assert response.status_code == 200, (name, response.status_code)
        shown = len(response.context_data["cl"].result_list)
        seconds = []
        for _ in range(REPEATS):
            start = time.perf_counter()
            client.get(f"{address}?{query}")
            seconds.append(time.perf_counter() - start)
        found[name] = (min(seconds), queries_asked, shown)
    return found


def job(small, large, name, allowed):
    """One line of the result; a page with more people than before is held against a full one."""
    seconds, queries, shown = large
    before = small.get(name, small["page"])
    if before[2] < shown:
        before = small["page"]
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
