"""Senders, approved texts and prices in the staff pages."""

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.messaging import scenes
from tests.staff import answers, make_user
from umkm_portal.messaging.accounts import default_account
from umkm_portal.messaging.models import (
    MessagePrice,
    Portfolio,
    ProviderNews,
    SendingAccount,
    WhatsAppTemplate,
)

pytestmark = pytest.mark.django_db


def listing(name):
    return reverse(f"admin:messaging_{name}_changelist")


def page(row):
    return reverse(f"admin:messaging_{row._meta.model_name}_change", args=[row.pk])


@pytest.fixture
def head(client):
    client.user = make_user("head")
    client.force_login(client.user)
    return client


def broken(channel="whatsapp", **facts):
    account = default_account(channel)
    fields = {
        "state": "broken",
        "state_reason": "WhatsApp menolak akun kita: (131042)",
        "broken_until": timezone.now() + timezone.timedelta(hours=1),
        "failures_in_row": 4,
        **facts,
    }
    SendingAccount.objects.filter(pk=account.pk).update(**fields)
    account.refresh_from_db()
    return account


def template(number=1, **facts):
    return WhatsAppTemplate.objects.create(
        account=default_account("whatsapp"),
        name=f"undangan_{number}",
        body="Yth. {{1}}, lihat {{2}}.",
        parameter_count=2,
        **{"state": "approved", **facts},
    )


def test_who_may_see_senders_texts_and_prices(client):
    expected = {
        "anonymous": 302,
        "owner": 404,
        "partner": 404,
        "roleless": 403,
        "auditor": 200,
        "city": 200,
        "head": 200,
        "superuser": 200,
    }
    for address in (
        page(broken()),
        listing("sendingaccount"),
        page(template()),
        listing("whatsapptemplate"),
        listing("messageprice"),
    ):
        assert answers(client, address) == expected


@pytest.mark.parametrize("count", [1, 3])
def test_lists_ask_a_constant_number_of_queries(head, count, django_assert_num_queries):
    for number in range(count):
        SendingAccount.objects.create(channel="sms", name=f"SMS {number}", is_default=False)
        template(number)
        MessagePrice.objects.create(
            channel="email", category="utility", rupiah=number, source="Faktur",
            valid_from=f"2026-01-0{number + 1}",
        )  # fmt: skip
        portfolio = Portfolio.objects.create(name=f"Dinas {number}")
        SendingAccount.objects.filter(name=f"SMS {number}").update(portfolio=portfolio)
    for name, queries in (
        *(("sendingaccount", 8), ("whatsapptemplate", 8), ("messageprice", 14)),
        ("portfolio", 9),
    ):
        with django_assert_num_queries(queries):
            head.get(listing(name))


def test_account_says_why_it_stopped_and_is_tried_again(head, settings):
    account = broken(slow_factor=0.1, slowed_at=timezone.now())

    text = head.get(page(account)).content.decode()
    assert "WhatsApp menolak akun kita: (131042)" in text
    assert "Coba lagi sekarang" in text
    assert "WhatsApp menolak akun kita" in head.get(listing("sendingaccount")).content.decode()

    press = reverse("admin:messaging_sendingaccount_press", args=[account.pk, "coba-lagi"])
    head.post(press)
    account.refresh_from_db()
    assert (account.state, account.state_reason, account.failures_in_row) == ("open", "", 0)
    assert (account.slow_factor, account.slowed_at) == (1, None)
    assert head.post(press.replace("coba-lagi", "hapus")).status_code == 404


def test_account_tells_warmup_limits_and_news_in_sentences(head, settings):
    settings.DEMO = False
    today = timezone.localdate()
    portfolio = Portfolio.objects.create(name="Dinas", people_per_day=2)
    account = broken(
        portfolio=portfolio,
        people_allowed=100_000,
        probe_id=7,
        warmup_started_on=today - timezone.timedelta(days=2),
        warmup_first_day=50,
        counted_on=today,
        counted=30,
    )
    for key in (1, 2):
        portfolio.contacts.create(recipient_key=key, last_at=timezone.now())
    ProviderNews.objects.create(
        account=account, key="1", sentence="Mutu nomor rendah.", happened_at=timezone.now()
    )

    text = " ".join(head.get(page(account)).content.decode().split())

    assert "hari ke-3 dari 14: <b>30</b> dari paling banyak <b>200</b> pesan hari ini" in text
    assert "besok <b>400</b>" in text
    assert "Penuh: sisanya menunggu" in text
    assert "Portofolio di sini lebih rendah" in text
    assert "Mutu nomor rendah." in text
    assert "Satu pesan percobaan sudah dikirim" in text
    of_portfolio = " ".join(head.get(page(portfolio)).content.decode().split())
    assert "<b>2</b> dari <b>2</b> orang berbeda" in of_portfolio
    assert account.name in of_portfolio


def test_campaign_page_names_the_account_that_stands_still(head):
    account = broken("email")
    campaign = scenes_running()

    text = head.get(page(campaign)).content.decode()

    assert f"{account.name} berhenti: WhatsApp menolak akun kita" in text
    assert "Coba lagi sekarang" in text


def scenes_running():
    scenes.register_kinds()
    return scenes.make_running(1)


def test_key_is_kept_encrypted_and_never_shown(head):
    portfolio = Portfolio.objects.create(name="Dinas", people_per_day=2000)
    fields = {
        "name": "Nomor kedua",
        "channel": "whatsapp",
        "state": "open",
        "portfolio": portfolio.pk,
        "sender": "556",
        "business_id": "777",
        "service_url": "",
        "new_secret": "token-rahasia-1",
        "rate_per_second": "20",
        "burst": "20",
        "opens_at": "08:00",
        "closes_at": "20:00",
    }
    head.post(reverse("admin:messaging_sendingaccount_add"), fields)
    account = SendingAccount.objects.get(name="Nomor kedua")
    assert account.access_key == "token-rahasia-1"

    head.post(page(account), {**fields, "new_secret": "", "sender": "557"})
    account = SendingAccount.objects.get(pk=account.pk)
    assert (account.access_key, account.sender) == ("token-rahasia-1", "557")
    text = head.get(page(account)).content.decode()
    assert "token-rahasia-1" not in text
    assert "tersimpan di sini, terenkripsi" in text

    head.post(page(account), {**fields, "new_secret": "", "forgets_secret": "on"})
    assert SendingAccount.objects.get(pk=account.pk).access_key == ""


def test_one_account_of_a_channel_is_the_default_and_the_last_that_was_marked(head):
    fields = {
        "channel": "sms",
        "state": "open",
        "rate_per_second": "10",
        "burst": "10",
        "opens_at": "08.00",
        "closes_at": "20.00",
    }

    def save(name, *, marked, row=None):
        data = {**fields, "name": name, **({"is_default": "on"} if marked else {})}
        address = page(row) if row else reverse("admin:messaging_sendingaccount_add")
        return head.post(address, data, follow=True).content.decode()

    def defaults():
        rows = SendingAccount.objects.filter(channel="sms", is_default=True)
        return list(rows.values_list("name", flat=True))

    fresh = head.get(reverse("admin:messaging_sendingaccount_add")).content.decode()
    assert 'name="is_default" checked' not in fresh
    said = save("Satu", marked=False)
    assert "saluran SMS harus punya satu" in said
    one = SendingAccount.objects.get(name="Satu")
    save("Dua", marked=False)
    assert defaults() == ["Satu"]
    assert "Tiga kini utama, menggantikan Satu" in save("Tiga", marked=True)
    assert defaults() == ["Tiga"]
    assert "Satu kini utama, menggantikan Tiga" in save("Satu", marked=True, row=one)
    save("Satu", marked=False, row=one)
    assert defaults() == ["Satu"]


def test_template_is_attached_to_a_kind_with_all_its_parameters(head):
    scenes.register_kinds()
    row = template()

    def save(parameters):
        return head.post(page(row), {"kind": "test_everywhere", "parameters": parameters})

    assert "punya 2 isian" in save("nama").content.decode()
    assert "Tidak dikenal: nik" in save("nama, nik").content.decode()
    assert save("nama, tautan").status_code == 302
    row.refresh_from_db()
    assert (row.kind, row.parameters) == ("test_everywhere", ["nama", "tautan"])
    assert "Yth. {nama}, lihat {tautan}." in head.get(page(row)).content.decode()


def test_prices_say_which_are_assumed(head):
    text = head.get(listing("messageprice")).content.decode()

    assert "Rp658" in text
    assert text.count("dugaan</span>") == 6


def test_hours_of_a_sender_are_told_in_wib(head):
    account = default_account("email")

    listed = head.get(listing("sendingaccount")).content.decode()
    form = head.get(page(account)).content.decode()

    assert "08.00 – 20.00" in listed
    assert "Jam kirim (WIB)" in listed
    assert 'value="08.00"' in form
