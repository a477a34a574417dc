"""Phone and email go along under a consent of their own, row by row."""

from datetime import timedelta

import pytest

from participants.consents import has_consent, withdraw_consent
from partners.sharing.agreements import SharingStopped
from partners.sharing.lists import open_shared_list
from partners.sharing.withdrawals import contacts_to_delete, tell_withdrawals, to_delete
from tests.partners.sharing.test_lists import make, people_of, sheet_of, take_back
from umkm_portal.common import codes, phones
from umkm_portal.messaging.models import Delivery

pytestmark = pytest.mark.django_db


def test_contact_stands_in_the_rows_of_those_who_agreed_to_it(
    client, shopee_call, tiktok_call, now, agree
):
    partner = shopee_call.partner
    _, with_contact, without = people_of(shopee_call)
    agree(with_contact, partner, "contact")
    agree(without, tiktok_call.partner, "contact")  # another partner's
    with pytest.raises(SharingStopped, match="tidak membolehkan: Nomor HP"):
        make(shopee_call, now, fields=["phone"])
    partner.agreements.update(allowed_fields=["business_name", "phone", "email"])

    shared = make(shopee_call, now)

    cells = [[cell.value or "" for cell in row[:4]] for row in sheet_of(shared)["A3":"D5"]]
    assert cells == [
        ["Kode peserta", "Nama usaha", "Nomor HP", "Email"],
        [
            codes.display(with_contact.code),
            "=Usaha Shopee 1",
            phones.display(with_contact.phone),
            with_contact.email,
        ],
        [codes.display(without.code), "=Usaha Shopee 2", "", ""],
    ]
    rows = dict(shared.disclosures.values_list("participant", "contact_consent_id"))
    assert (rows[with_contact.pk] is None, rows[without.pk]) == (False, None)

    open_shared_list(shared, now=now)
    later = now + timedelta(minutes=5)
    withdraw_consent(
        with_contact,
        purpose="contact",
        organisation=partner.organisation,
        channel="Halaman saya",
        actor=None,
        now=later,
    )
    with pytest.raises(SharingStopped, match="menarik persetujuannya"):
        open_shared_list(shared, now=later)
    assert [tell_withdrawals(now=later), tell_withdrawals(now=later)] == [1, 0]
    message = Delivery.objects.get(campaign__kind="contacts_withdrawn")
    assert (message.address, message.context["jumlah"]) == ("data@bazaar-online.example", "1")
    code = codes.display(with_contact.code)
    assert (to_delete(partner, now=later), contacts_to_delete(partner, now=later)) == ([], [code])
    second = make(shopee_call, later)
    assert (second.row_count, second.withdrawn_count) == (2, 0)
    assert sheet_of(second)["C4"].value is None


def test_contact_goes_with_the_consent_to_share(shopee_call, now, agree):
    partner = shopee_call.partner
    person = people_of(shopee_call)[1]
    agree(person, partner, "contact")
    partner.agreements.update(allowed_fields=["phone"])
    open_shared_list(make(shopee_call, now), now=now)

    take_back(person, partner, now)

    assert not has_consent(person, "contact", organisation=partner.organisation)
    assert tell_withdrawals(now=now) == 1, "told once, of the whole row"
    assert contacts_to_delete(partner, now=now) == []
    agree(person, partner)
    assert not has_consent(person, "contact", organisation=partner.organisation)
