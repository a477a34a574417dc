"""Visitors of a running portal: how long their pages take while something else goes on.

The portal's own web server and worker of lists, started by the same lines as by `portal`, work on
the database of the bench. One visitor asks for page after page, with a pause as short as a reader's
never is, so that nobody waits for another visitor.
"""

import contextlib
import http.client
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WEB, LISTS = "web", "imports"
PAUSE = 0.02
HOST = "127.0.0.1"
START_SECONDS = 120


@contextlib.contextmanager
def running_portal(folder, log_path):
    """Let the web server and the worker of lists run; gives the port."""
    with running_programs(folder, log_path, names=(WEB, LISTS)) as (port, _):
        yield port


@contextlib.contextmanager
def running_programs(folder, log_path, *, names=()):
    """Let these programs of the portal run, or all; gives the port and the processes by name."""
    from django.core.management import call_command

    from umkm_portal.embedded.address import Address
    from umkm_portal.embedded.ports import free_port
    from umkm_portal.embedded.programs import portal_programs

    call_command("collectstatic", interactive=False, verbosity=0)
    port, processes = free_port(), {}
    address = Address(HOST, port, f"http://{HOST}:{port}")
    with open(log_path, "wb") as log, contextlib.ExitStack() as stack:
        for program in portal_programs(address, folder):
            if not names or program.name in names:
                process = subprocess.Popen(program.command, cwd=ROOT, stdout=log, stderr=log)
                stack.callback(process.wait)
                stack.callback(process.terminate)
                processes[program.name] = process
        wait_for(port)
        yield port, processes


def wait_for(port):
    """Until the first page has come."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection(HOST, port, timeout=START_SECONDS)
            connection.request("GET", "/healthz")
            if connection.getresponse().status == 200:
                return
        time.sleep(0.2)
    raise TimeoutError("the portal does not answer")


def visitors(partner, person):
    """The cookie of somebody who may open it, by address: nobody, an owner, staff, a partner."""
    from umkm_portal.accounts.models import Membership, Organisation

    owner = log_in("pemilik@contoh.example")
    person.account = owner[0]
    person.save(update_fields=["account"])
    staff = log_in("kepala@contoh.example", is_staff=True)
    member = log_in("mitra@contoh.example")
    roles = Membership.Role
    agency = Organisation.objects.filter(kind=Organisation.Kind.AGENCY).first()
    for (user, _), organisation, role in (
        (staff, agency, roles.HEAD_OFFICE),
        (member, partner.organisation, roles.PARTNER_MANAGER),
    ):
        Membership.objects.create(user=user, organisation=organisation, role=role)
    return {
        "/": "",
        "/saya/": owner[1],
        "/admin/participants/participant/": staff[1],
        "/mitra/": member[1],
    }


def log_in(email, **facts):
    """A new user, and the cookie by which the portal knows her."""
    from django.conf import settings
    from django.test import Client

    from umkm_portal.accounts.models import User

    user, client = User.objects.create_user(email, **facts), Client()
    client.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    return user, f"{name}={client.cookies[name].value}"


def visit(port, cookies, *, until):
    """Seconds of each request by address, page after page, until `until()` is true."""
    connection = http.client.HTTPConnection(HOST, port, timeout=START_SECONDS)
    found = {address: [] for address in cookies}
    while not until():
        for address, cookie in cookies.items():
            start = time.perf_counter()
            connection.request("GET", address, headers={"Cookie": cookie, "Host": "localhost"})
            answer = connection.getresponse()
            answer.read()
            found[address].append(time.perf_counter() - start)
            assert answer.status == 200, (address, answer.status, answer.headers)
            time.sleep(PAUSE)
    connection.close()
    return found


def after(seconds):
    """Whether so many seconds are over, as a question."""
    deadline = time.monotonic() + seconds
    return lambda: time.monotonic() > deadline


def compared(before, during):
    """By address the median and 95th percentile in ms, before and during, and their ratios."""
    found = {}
    for address in before:
        one, other = percentiles(before[address]), percentiles(during[address])
        found[address] = {
            "before_ms": one,
            "during_ms": other,
            "requests": len(during[address]),
            "ratio": round(other[0] / one[0], 2),
            "ratio_of_p95": round(other[1] / one[1], 2),
        }
    return found


def percentiles(seconds):
    """Median and 95th percentile in ms."""
    ranked = sorted(seconds)
    return [round(1000 * ranked[int(len(ranked) * share)], 1) for share in (0.5, 0.95)]
