"""From her yes to her no: shared, withdrawn, gone from the next version, the partner told."""

import json
import re

import openpyxl
import pytest
from django.utils import timezone

from partners import tasks
from partners.models import CurationCall, SharedList
from partners.sharing.lists import make_shared_list
from tests.factories import UserFactory
from tests.partners.sharing.conftest import PURPOSE
from tests.partners.sharing.test_lists import people_of
from tests.staff import make_member, make_user
from umkm_portal.common import codes
from umkm_portal.messaging.models import Delivery

pytestmark = pytest.mark.django_db
DOWNLOADS = "/mitra/unduhan/"


def words(answer):
    return re.sub(r"\s+", " ", answer.content.decode())


def downloaded(client, shared, tmp_path):
    path = tmp_path / f"{shared.pk}.xlsx"
    path.write_bytes(client.get(f"{DOWNLOADS}{shared.pk}/").content)
    rows = openpyxl.load_workbook(path).active.iter_rows(min_row=4, max_col=1)
    return [cell.value for (cell,) in rows]


def test_withdrawal_from_her_page_to_the_next_version_and_the_partners_mail(
    client, shopee_call, tmp_path
):
    partner = shopee_call.partner
    name, slug = partner.organisation.short_name, partner.organisation.slug
    her, *others = people_of(shopee_call)
    her.account = UserFactory()
    her.save()
    member, code = make_member(partner), codes.display(her.code)

    def press(wish):
        client.force_login(her.account)
        client.post("/saya/persetujuan/", {"ubah": f"sharing:{slug}={wish}"})

    def make():
        client.force_login(member)
        client.post(f"/mitra/kurasi/{shopee_call.slug}/pelamar/")
        return SharedList.objects.latest("pk")

    press("ya")
    first = make()
    assert code in downloaded(client, first, tmp_path)
    client.force_login(her.account)
    seen = words(client.get("/saya/data/"))
    assert name in seen
    assert "Kurasi Kurasi Shopee" in seen, "what for"

    press("tidak")
    client.force_login(member)
    assert client.get(f"{DOWNLOADS}{first.pk}/").status_code == 302, "the old file stays closed"
    assert tasks.tell_withdrawals() == 1
    assert tasks.tell_withdrawals() == 0
    second = make()
    assert downloaded(client, second, tmp_path) == [codes.display(one.code) for one in others]
    assert (second.version, second.withdrawn_count) == (2, 1)
    page = words(client.get(DOWNLOADS))
    assert "Hapus data 1 pemilik usaha ini" in page
    assert code in page
    message = Delivery.objects.get(campaign__kind="data_withdrawn")
    assert message.address == partner.contact_email
    assert message.context["halaman"].endswith(DOWNLOADS)
    assert her.full_name not in str(message.context)

    client.force_login(her.account)
    copy = json.loads(client.post("/saya/data/unduh/").content)["data"]
    events = [row["event"] for rows in copy.values() for row in rows if "notice_version" in row]
    assert events == ["given", "withdrawn"]
    told = [row for rows in copy.values() for row in rows if row.get("told_at")]
    assert len(told) == 1, "when the partner was told to delete it"
    assert "Ditarik" in words(client.get("/saya/persetujuan/"))


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize(("model", "expected"), [("agreement", 11), ("sharedlist", 11)])
def test_staff_lists_ask_as_often_for_many_as_for_one(
    client, seed, model, expected, count, django_assert_num_queries
):
    officer = make_user("head")
    for number in range(count):
        call: CurationCall = seed(f"Mitra{number}", f"kurasi-{number}")
        make_shared_list(call.partner, call=call, purpose=PURPOSE, by=officer, now=timezone.now())
    client.force_login(officer)
    page = f"/admin/partners/{model}/"
    client.get(page)

    with django_assert_num_queries(expected):
        assert client.get(page).status_code == 200
