"""Codes: sent within limits however many ask at once, opened once, never readable."""

from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from participants.contacts import (
    CodeRefused,
    CodeWrong,
    Contact,
    ContactError,
    check_code,
    parse_contact,
    send_code,
)
from participants.models import CodeSpending, ContactCode
from tests.at_once import at_once
from tests.codes import code_to, message_to
from umkm_portal.messaging.models import Delivery

PHONE = Contact("phone", "+6281234567890")
EMAIL = Contact("email", "siti@contoh.example")
HALL = "203.0.113.7"
NEXT = timedelta(seconds=61)


def send(contact=PHONE, *, now, network=HALL, purpose="login", **more):
    send_code(contact, purpose=purpose, network=network, now=now, **more)


def check(typed, *, now, contact=PHONE, purpose="login"):
    check_code(contact, typed, purpose=purpose, now=now)


def wrong(code):
    return f"{(int(code) + 1) % 1_000_000:06}"


@pytest.mark.parametrize(
    ("typed", "kind", "value"),
    [
        ("0812-3456-7890", "phone", "+6281234567890"),
        (" +62 812 3456 7890 ", "phone", "+6281234567890"),
        ("Siti@Contoh.Example", "email", "siti@contoh.example"),
        ("\u200bsiti@contoh.example\u00a0", "email", "siti@contoh.example"),
    ],
)
def test_contact_is_read_as_people_type_it(typed, kind, value):
    assert parse_contact(typed) == Contact(kind, value)


@pytest.mark.parametrize("typed", ["", "siti", "siti@", "a@b", "021-345678", "sïti@contoh.id"])
def test_what_is_no_contact_gets_a_sentence(typed):
    with pytest.raises(ContactError, match=r"^[A-Z“].+\.$"):
        parse_contact(typed)


@pytest.mark.django_db
def test_code_opens_once_for_its_contact_and_purpose(now):
    send(now=now)
    code = code_to(PHONE.value)

    for contact, purpose in ((EMAIL, "login"), (PHONE, "register")):
        with pytest.raises(CodeWrong):
            check(code, now=now, contact=contact, purpose=purpose)
    check(f" {code[:3]} {code[3:]} ", now=now)
    with pytest.raises(CodeWrong, match="Minta kode baru"):
        check(code, now=now)


@pytest.mark.django_db
def test_code_dies_by_age_by_tries_and_by_a_newer_one(now):
    send(now=now)
    old = code_to(PHONE.value)
    with pytest.raises(CodeWrong, match="tidak berlaku"):
        check(old, now=now + timedelta(minutes=10))
    send(now=now + NEXT)
    with pytest.raises(CodeWrong, match="Sisa 4"):
        check(old if old != code_to(PHONE.value) else wrong(old), now=now + NEXT)
    code = code_to(PHONE.value)
    with pytest.raises(CodeWrong, match="6 angka"):
        check("12345", now=now + NEXT)
    for left in (3, 2, 1):
        with pytest.raises(CodeWrong, match=f"Sisa {left}"):
            check(wrong(code), now=now + NEXT)
    with pytest.raises(CodeWrong, match="Minta kode baru"):
        check(wrong(code), now=now + NEXT)
    with pytest.raises(CodeWrong, match="Minta kode baru"):
        check(code, now=now + NEXT)


@pytest.mark.django_db
def test_nothing_readable_stays(now):
    send(now=now)
    code = code_to(PHONE.value)

    row = ContactCode.objects.values().get()
    delivery = Delivery.objects.get()

    assert code not in str({**row, "id": 0, "sent_at": 0, "expires_at": 0})
    assert PHONE.value[1:] not in str(row)
    assert HALL not in str(row)
    assert code not in str(delivery.context)
    assert (delivery.recipient_key, delivery.subject_id) == (-row["id"], row["id"])


@pytest.mark.django_db
def test_one_contact_gets_few_codes(now, settings):
    settings.CODES_PER_HOUR, settings.CODES_PER_DAY = 2, 3
    send(now=now)
    with pytest.raises(CodeRefused, match="Tunggu 60 detik"):
        send(now=now + timedelta(seconds=1))
    send(now=now + NEXT, purpose="register")
    with pytest.raises(CodeRefused, match="2 kode .* satu jam"):
        send(now=now + 2 * NEXT)
    send(now=now + timedelta(minutes=61))
    with pytest.raises(CodeRefused, match="3 kode .* 24 jam"):
        send(now=now + timedelta(hours=3))

    send(now=now + timedelta(hours=3), contact=EMAIL)
    send(now=now + timedelta(hours=25))


@pytest.mark.django_db
def test_hall_behind_one_address_gets_in_while_codes_are_typed(now, settings):
    settings.CODES_OUTSTANDING_PER_NETWORK = 3

    def guest(number):
        return Contact("email", f"tamu{number}@contoh.example")

    for number in range(10):
        send(guest(number), now=now)
        check(code_to(guest(number).value), now=now, contact=guest(number))
    for number in range(10, 13):
        send(guest(number), now=now)
    with pytest.raises(CodeRefused, match="jaringan ini"):
        send(guest(13), now=now)
    send(guest(13), now=now, network="198.51.100.1")
    send(guest(14), now=now + timedelta(minutes=11))


@pytest.mark.django_db
def test_one_subscriber_of_ipv6_is_one_network(now, settings):
    settings.CODES_OUTSTANDING_PER_NETWORK = 1
    send(now=now, network="2001:db8:1:2::1")

    with pytest.raises(CodeRefused):
        send(EMAIL, now=now, network="2001:db8:1:2:ffff::9")
    send(EMAIL, now=now, network="2001:db8:1:3::1")


@pytest.mark.django_db
def test_money_of_the_day_is_never_exceeded_and_email_is_free(now, settings):
    settings.CODE_DAILY_BUDGET, settings.CODE_COST = 1000, {"whatsapp": 450, "sms": 400}
    people = [Contact("phone", f"+628123456789{n}") for n in range(3)]
    send(people[0], now=now)
    send(people[1], now=now)

    with pytest.raises(CodeRefused, match="Pakai alamat email"):
        send(people[2], now=now)

    send(EMAIL, now=now)
    assert CodeSpending.objects.get().rupiah == 900
    assert ContactCode.objects.count() == 3
    send(people[2], now=now + timedelta(days=1))


@pytest.mark.django_db
def test_channel_is_whatsapp_else_sms_else_a_sentence(now, settings):
    send(now=now)
    assert message_to(PHONE.value)[0] == "whatsapp"
    send(now=now + NEXT)
    assert message_to(PHONE.value)[0] == "sms"
    send(now=now + 2 * NEXT, note="Masuk di sini.")
    assert message_to(PHONE.value)[0] == "sms"

    settings.WHATSAPP_TOKEN = ""
    send(now=now + 3 * NEXT)
    assert message_to(PHONE.value)[0] == "sms"
    settings.SMS_URL = ""
    with pytest.raises(CodeRefused, match="Pakai alamat email"):
        send(now=now + 4 * NEXT)


def together(count, work):
    """Run `work(number)` in so many threads at once; return the names of what they raised."""
    errors = at_once(*[partial(work, number) for number in range(count)])
    return [type(error).__name__ for error in errors]


@pytest.mark.django_db(transaction=True)
def test_limits_hold_for_requests_at_the_same_moment(settings):
    now = timezone.now()
    settings.CODES_OUTSTANDING_PER_NETWORK, settings.CODE_DAILY_BUDGET = 5, 450 * 3

    same = together(8, lambda number: send(now=now))
    assert (len(same), ContactCode.objects.count()) == (7, 1)

    hall = together(8, lambda n: send(Contact("email", f"t{n}@contoh.example"), now=now))
    assert (len(hall), ContactCode.objects.count()) == (4, 5)

    def pay(number):
        contact = Contact("phone", f"+62813555500{number}")
        send(contact, now=now, network=f"198.51.100.{number}")

    assert len(together(6, pay)) == 4
    assert CodeSpending.objects.get().rupiah == 450 * 3


@pytest.mark.django_db(transaction=True)
def test_many_guesses_at_once_are_five_and_one_code_opens_once():
    now = timezone.now()
    send(now=now)
    code = code_to(PHONE.value)

    right = together(4, lambda number: check(code, now=now))
    assert len(right) == 3

    send(EMAIL, now=now)
    code = code_to(EMAIL.value)
    together(8, lambda number: check(wrong(code), now=now, contact=EMAIL))
    assert ContactCode.objects.latest("pk").tries == 5
    with pytest.raises(CodeWrong):
        check(code, now=now, contact=EMAIL)
