"""The quick way gives the same bytes as Django's own message."""

import email
import email.policy
import re
import uuid

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from umkm_portal.common import tokens
from umkm_portal.messaging.sending import mailmerge
from umkm_portal.messaging.sending.mailmerge import MailMerge, Recipient, is_deliverable

BODY = """Yth. {nama},

Anda diundang ke {judul} di {tempat}. Biaya: 0 % <gratis> & resmi.
.titik di awal baris
Jawab: {tautan}

Lihat https://jakpreneur.example/info?a=1.
"""
NAMES = st.one_of(
    st.text(max_size=60),
    st.sampled_from(
        ["Siti", "Siti Aminah, S.E.", 'Ibu "Ani"', "Zoë Müller", "李小龙", "A & B <c>", "a%(x)sb"]
    ),
)


def _boundary_out(content):
    """Django draws a new boundary for each message."""
    boundary = re.search(rb'boundary="([^"]+)"', content)[1]
    return content.replace(boundary, b"BOUNDARY")


def _merge(**changes):
    return MailMerge(
        **{
            "subject": "Undangan {judul}",
            "body": BODY,
            "shared": {"judul": "Foto Produk"},
            "is_bulk": True,
        }
        | changes
    )


@pytest.fixture(autouse=True)
def _clock(monkeypatch):
    monkeypatch.setattr(mailmerge, "_date", lambda second: "Mon, 02 Mar 2026 02:00:00 -0000")


@given(
    name=NAMES,
    place=NAMES,
    subject=st.sampled_from(["Undangan {judul}", "Untuk {nama}", "Kursi – {nama} – {judul}"]),
    title=NAMES,
    is_bulk=st.booleans(),
)
@example(name="x" * 300, place="y", subject="Untuk {nama}", title="é" * 200, is_bulk=True)
@example(name="x" * 1200, place="y" * 1200, subject="Untuk {nama}", title="z", is_bulk=True)
@settings(max_examples=200, deadline=None)
def test_filled_message_equals_djangos(name, place, subject, title, is_bulk):
    merge = _merge(subject=subject, shared={"judul": title}, is_bulk=is_bulk)
    person = Recipient(uuid.uuid4(), "a@contoh.example", {"nama": name, "tempat": place})

    assert _boundary_out(merge.fill(person)) == _boundary_out(merge.build(person))


def test_message_has_headers_text_and_html():
    person = Recipient(
        uuid.UUID(int=7), "siti@contoh.example", {"nama": "Siti <b>", "tempat": "Blok G\r\nX: y"}
    )

    content = _merge().fill(person)

    message = email.message_from_bytes(content, policy=email.policy.default)
    answer, stop = tokens.sign("answer", person.public_id), person.stop
    text, page = (part.get_content() for part in message.iter_parts())
    assert message["Subject"] == "Undangan Foto Produk"
    assert message["To"].addresses[0].display_name == "Siti <b>"
    assert message["Message-ID"].startswith(f"<{person.public_id}@")
    assert message["List-Unsubscribe"].endswith(f"/berhenti/{stop}/>")
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["X"] is None
    assert f"/u/{answer}/" in text
    assert f"/berhenti/{stop}/" in text
    assert "Blok G X: y" in text
    assert "Yth. Siti &lt;b&gt;," in page
    assert "0 % &lt;gratis&gt; &amp; resmi" in page
    assert f'/u/{answer}/">' in page
    assert '<a href="https://jakpreneur.example/info?a=1">' in page


def test_service_message_has_no_opt_out():
    person = Recipient(uuid.uuid4(), "siti@contoh.example", {})

    message = email.message_from_bytes(_merge(is_bulk=False).fill(person))

    assert message["List-Unsubscribe"] is None
    assert b"berhenti" not in message.as_bytes()


def test_shared_value_is_no_template():
    person = Recipient(uuid.uuid4(), "siti@contoh.example", {"nama": "Siti"})

    content = _merge(shared={"judul": "Kelas {nama}"}).fill(person)

    assert b"Subject: Undangan Kelas {nama}\r\n" in content


@pytest.mark.parametrize(
    "address",
    ["", "a", "a@b", "a b@c.id", "a@b.id\r\nRCPT TO:<x@y.id>", "é@b.id", "<a@b.id>", "@b.id"],
)
def test_unfit_addresses_are_not_deliverable(address):
    assert not is_deliverable(address)
    assert is_deliverable("siti.aminah+x@contoh.co.id")
