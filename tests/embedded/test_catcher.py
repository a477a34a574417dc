import smtplib
import subprocess
import sys
import uuid
from email.message import EmailMessage

import pytest

from tests.embedded.holders import wait_for
from umkm_portal.embedded import catcher
from umkm_portal.embedded.folder import CHECKOUT
from umkm_portal.embedded.models import CaughtMail
from umkm_portal.embedded.ports import free_port, port_is_free

DELIVERY = uuid.UUID("0f8fad5b-d9cb-469f-a165-70867728950e")


def a_mail(message_id=f"<{DELIVERY}@jakpreneur.example>", html=None):
    mail = EmailMessage()
    mail["Subject"] = "Undangan pelatihan – Gelombang 3"
    mail["From"] = "Jakpreneur <undangan@jakpreneur.example>"
    mail["To"] = "Sri@Contoh.example"
    if message_id:
        mail["Message-ID"] = message_id
    mail.set_content("Selamat pagi, Bu Sri.\nhttps://portal.example/u/abc/\n")
    if html:
        mail.add_alternative(html, subtype="html")
    return mail


@pytest.mark.django_db
def test_a_mail_is_kept_as_a_row_per_recipient():
    mail = a_mail(html="<p>Selamat pagi</p>")

    catcher.keep(mail.as_bytes(), ["Sri@Contoh.example", "budi@contoh.example"])

    kept = CaughtMail.objects.order_by("pk")
    assert [row.recipient for row in kept] == ["sri@contoh.example", "budi@contoh.example"]
    assert kept[0].subject == "Undangan pelatihan – Gelombang 3"
    assert kept[0].delivery == DELIVERY
    assert "https://portal.example/u/abc/" in kept[0].text
    assert kept[0].html.strip() == "<p>Selamat pagi</p>"


@pytest.mark.django_db
def test_the_same_delivery_twice_shows_as_two_rows():
    for _ in range(2):
        catcher.keep(a_mail().as_bytes(), ["sri@contoh.example"])

    assert CaughtMail.objects.of_deliveries([DELIVERY]).count() == 2
    assert CaughtMail.objects.for_address(" SRI@contoh.example").count() == 2


@pytest.mark.django_db
def test_content_that_no_database_takes_is_kept_all_the_same():
    raw = b"Subject: =?utf-8?q?a=00b?=\r\n\r\nbody \x00 \xff\r\n"

    catcher.keep(raw, ["sri@contoh.example"])

    assert CaughtMail.objects.get().delivery is None


@pytest.mark.parametrize("message_id", ["", "<abc@jakpreneur.example>", "<>", "nonsense"])
def test_a_message_id_of_others_names_no_delivery(message_id):
    assert catcher.delivery_of(message_id) is None


def test_a_mail_that_cannot_be_stored_is_refused_for_now_over_smtp():
    # The program looks into the portal's own database, which has no tables in a test run.
    port = free_port()
    program = subprocess.Popen(
        [sys.executable, "-m", "umkm_portal.embedded.catcher", str(port)],
        cwd=CHECKOUT,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert wait_for(lambda: not port_is_free(port))
        server = smtplib.SMTP("127.0.0.1", port, timeout=20)
        with server, pytest.raises(smtplib.SMTPDataError) as refused:
            server.send_message(a_mail())
        assert refused.value.smtp_code == 451
    finally:
        program.terminate()
        _, said = program.communicate(timeout=20)
    assert program.returncode == 0
    assert "a mail was refused for now" in said
