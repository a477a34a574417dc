"""What a member may try: other hosts and roles, no second code, forged numbers, hostile names."""

import io
import re
from datetime import timedelta
from zipfile import ZipFile

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from partners.models import Agreement, CurationList, SharedList
from tests.partners.isolation import walk
from tests.partners.isolation.seed import Role
from tests.partners.isolation.test_sweep import state_of
from umkm_portal.imports.services import process_file
from umkm_portal.pages.partner.urls import urlpatterns

pytestmark = [pytest.mark.long, pytest.mark.django_db, pytest.mark.timeout(180)]
OPEN = {"join", "security"}
MANAGERS = {"members", "member_role", "member_end", "invitation_revoke", "tokens", "token_revoke"}
WRITERS = {
    *("upload", "problem_rows", "match", "correct", "all_pass", "accept", "withdraw", "cancel"),
    *("share", "download", "sales_upload", "bazaar_mark"),
}
HUGE = "9" * 5_000
HOSTILE = '=HYPERLINK("http://evil.example";"x")<img src=x onerror=alert(1)>'


def addresses(side):
    """Every address of the space by its name, with what is the partner's own."""
    membership = side.members[Role.PARTNER_READER].memberships.get()
    own = {
        **dict.fromkeys(("call", "call_rows", "share"), side.call.slug),
        **dict.fromkeys(("bazaar", "bazaar_mark"), side.bazaar.slug),
        **dict.fromkeys(("member_role", "member_end"), membership.pk),
        "download": side.shared.pk,
        "invitation_revoke": side.invitation.pk,
        "token_revoke": side.token.pk,
    }
    found = {}
    for pattern in urlpatterns:
        name = pattern.name
        if name != "join":
            args = [own.get(name, side.waiting.pk)] if "<" in str(pattern.pattern) else []
            found[name] = reverse(f"partner:{name}", args=args)
    return found


def test_each_role_presses_only_its_own_buttons(client, sides):
    side = sides[0]
    before, paths = state_of(side), addresses(side)
    assert paths.keys() >= MANAGERS | WRITERS, "a name has changed"
    closed = {Role.PARTNER_READER: MANAGERS | WRITERS, Role.PARTNER_UPLOADER: MANAGERS}
    for role, names in closed.items():
        client.force_login(side.members[role])
        found = {name: client.post(paths[name]).status_code for name in names}
        assert {name: code for name, code in found.items() if code not in (403, 405)} == {}, role
        opened = {name for name in names if client.get(paths[name]).status_code == 200}
        assert opened == set(), role
    assert state_of(side) == before


def test_without_the_second_code_no_page_says_or_does_anything(client, sides, settings):
    settings.STAFF_NEEDS_SECOND_FACTOR = True
    side = sides[0]
    before = state_of(side)
    client.force_login(side.manager)
    asked = reverse("partner:security")
    for name, path in addresses(side).items():
        for method in ("get", "post"):
            response = getattr(client, method)(path)
            if name in OPEN:
                continue
            assert response.status_code in (302, 405), path
            if response.status_code == 302:
                assert response.url.startswith(asked), path
            assert walk.leaks(response.content.decode(), side) == []
    assert state_of(side) == before


def test_forms_of_other_sites_are_refused(sides):
    side = sides[0]
    before = state_of(side)
    client = Client(enforce_csrf_checks=True)
    client.force_login(side.manager)

    codes = {client.post(path).status_code for path in addresses(side).values()}

    assert codes <= {403, 405}
    assert 403 in codes
    assert state_of(side) == before


@pytest.mark.parametrize(
    "page",
    ["https://evil.example/", "//evil.example/", "/\\evil.example/", "javascript:alert(1)", HUGE],
)
def test_nobody_is_led_to_another_site(client, sides, page):
    client.force_login(sides[0].manager)

    response = client.get(reverse("partner:security"), {"next": page})

    assert response.status_code == 200
    assert "evil.example" not in response.content.decode().replace("%2F", "/")


def test_a_forged_host_writes_no_link(client, sides, settings, mailoutbox):
    settings.ALLOWED_HOSTS = ["testserver"]
    client.force_login(sides[0].manager)

    answer = client.post("/mitra/anggota/", {"email": "x@a.example"}, headers={"host": "evil.test"})

    assert answer.status_code == 400
    assert "evil.test" not in answer.content.decode()
    assert sides[0].partner.invitations.count() == 1


def test_numbers_that_no_table_holds_break_no_page(client, sides):
    side = sides[0]
    client.force_login(side.manager)
    paths = addresses(side)
    for number in (HUGE, "9" * 25, "-1", "٣", "²", "1e3"):
        for name in ("lists", "call", "bazaar", "upload", "sales_upload"):
            names = ("sebelum", "setelah", "kurasi", "bazar")
            assert client.get(paths[name], dict.fromkeys(names, number)).status_code == 200, name
        forms = {
            "accept": {"seen": number},
            "bazaar_mark": {"peserta": [number], "hadir": "ya"},
            "correct": {"column": "No HP", f"cell-{number}": "0812"},
            "upload": {"call": number, "pasted": "a"},
            "match": {"kolom-0": number},
        }
        for name, data in forms.items():
            assert client.post(paths[name], data).status_code < 500, (name, number[:9])


def test_an_agreement_that_is_over_stops_every_way_out(client, sides):
    side = sides[0]
    client.force_login(side.manager)
    paths = addresses(side)
    assert client.get(paths["download"]).status_code == 200
    Agreement.objects.update(valid_to=timezone.localdate() - timedelta(days=1))
    before = SharedList.objects.count()

    shared, taken = client.post(paths["share"], follow=True), client.get(paths["download"])

    assert "berakhir" in shared.content.decode()
    assert (taken.status_code, SharedList.objects.count()) == (302, before)


def test_hostile_names_stay_text_in_pages_and_downloads(client, sides):
    side = sides[0]
    client.force_login(side.manager)
    lines = [f"Nama Usaha\tNo HP\tHasil\tAlasan\n{HOSTILE}\t081288880001\tLolos\t{HOSTILE}"]
    lines += [f"{HOSTILE}\t12\tEntah\t{HOSTILE}"]
    sent = client.post("/mitra/daftar/unggah/", {"call": side.call.pk, "pasted": "\n".join(lines)})
    pk = int(re.search(r"/(\d+)/", sent.url)[1])
    process_file(pk)
    pages = [f"/mitra/daftar/{pk}/", "/mitra/daftar/", "/mitra/"]
    bodies = [client.get(page).content.decode() for page in pages]
    bad = client.get(f"/mitra/daftar/{pk}/bermasalah/").content
    client.post(f"/mitra/daftar/{pk}/terima/", {"seen": side.version.version})
    bodies += [client.get(f"/mitra/kurasi/{side.call.slug}/").content.decode()]
    rows = client.get(f"/mitra/kurasi/{side.call.slug}/unduh/").content

    assert CurationList.objects.get(file=pk).state == "accepted"
    assert not any("<img src=x" in body for body in bodies)
    for book in (bad, rows):
        with ZipFile(io.BytesIO(book)) as opened:
            texts = {
                name: opened.read(name).decode("utf-8", "replace") for name in opened.namelist()
            }
        sheets = "".join(text for name, text in texts.items() if "sheet" in name)
        assert "HYPERLINK" in "".join(texts.values())
        assert "<f>" not in sheets
        assert not any("externalLink" in name for name in texts)


def test_no_page_of_sales_asks_for_a_nik_or_takes_one(client, sides):
    side = sides[0]
    client.force_login(side.manager)
    pasted = "NIK\tKode\tDari\tPenjualan\n31749901019\t\t16/11/2026\t1000"
    sent = client.post("/mitra/penjualan/unggah/", {"bazaar": side.bazaar.pk, "pasted": pasted})
    pk = int(re.search(r"/(\d+)/", sent.url)[1])
    process_file(pk)

    page = client.get(f"/mitra/daftar/{pk}/").content.decode()
    typed = client.post(
        f"/mitra/daftar/{pk}/perbaiki/", {"column": "NIK", "cell-2": side.niks[0]}, follow=True
    )

    assert "31749901019" not in page
    assert "tidak diketik di sini" in typed.content.decode()
    assert side.niks[0] not in typed.content.decode()
