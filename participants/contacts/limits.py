"""How many codes may go out: to one contact, from one network, for one day's money.

Each limit holds however many ask at once: a contact and a network are locked for the length of
the transaction, always in this order, and the money is one conditional statement at its end.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.utils import timezone

from participants.contacts.contact import Contact
from participants.contacts.digests import indexes_of
from participants.models import ContactCode

CONTACT_SPACE, NETWORK_SPACE = 7301, 7302
"""Keep our advisory locks apart from those of other uses."""
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
COME = "datang ke kantor kecamatan"

_LOCK = "SELECT pg_advisory_xact_lock(%s, hashtext(%s))"
_SPEND = """
INSERT INTO participants_codespending AS spending (day, rupiah)
SELECT %(day)s, %(cost)s WHERE %(cost)s <= %(budget)s
ON CONFLICT (day) DO UPDATE SET rupiah = spending.rupiah + excluded.rupiah
    WHERE spending.rupiah + excluded.rupiah <= %(budget)s
RETURNING rupiah
"""


class CodeRefused(Exception):
    """No code goes out now; the message is an Indonesian sentence that says what to do."""


class CodeOnItsWay(CodeRefused):
    """The last code is so young that its owner may still wait for it."""


def hold_contact(contact: Contact, *, now: datetime) -> int:
    """Lock a contact until the transaction ends; return how many codes it got in the last hour.

    Raises CodeRefused: too soon after the last, or too many in an hour or in 24.
    """
    indexes = indexes_of(contact)
    _lock(CONTACT_SPACE, indexes[-1])
    sent = ContactCode.objects.of(indexes).filter(sent_at__gt=now - DAY)
    codes = sorted(sent.values_list("sent_at", "used_at"), key=lambda code: code[0])
    times = [sent_at for sent_at, _ in codes]
    if codes and codes[-1][1] is None:  # a code that was typed is not waited for
        _refuse_haste(times[-1] + timedelta(seconds=settings.CODE_RESEND_SECONDS), now=now)
    recent = [sent_at for sent_at in times if sent_at > now - HOUR]
    _refuse_many(recent, settings.CODES_PER_HOUR, HOUR, "satu jam", contact=contact)
    _refuse_many(times, settings.CODES_PER_DAY, DAY, "24 jam", contact=contact)
    return len(recent)


def hold_network(network: str, *, now: datetime) -> None:
    """Lock a network (its digest); raises CodeRefused while too many of its codes wait.

    A code that was typed frees its place at once: a hall full of people behind one address gets
    in, and so do the customers of a mobile network that share one.
    """
    _lock(NETWORK_SPACE, network)
    waiting = ContactCode.objects.outstanding(now=now).filter(network=network).count()
    if waiting >= settings.CODES_OUTSTANDING_PER_NETWORK:
        raise CodeRefused(
            "Terlalu banyak kode dari jaringan ini belum dipakai. Coba lagi 10 menit lagi, "
            f"atau {COME}."
        )


def spend(cost: int, *, now: datetime) -> None:
    """Count `cost` rupiah towards today; raises CodeRefused when the day's budget would break."""
    if cost <= 0:
        return
    values = {
        "day": timezone.localdate(now),
        "cost": cost,
        "budget": settings.CODE_DAILY_BUDGET,
    }
    with connection.cursor() as cursor:
        cursor.execute(_SPEND, values)
        if cursor.fetchone() is None:
            raise CodeRefused(
                f"Jatah kode lewat HP hari ini sudah habis. Pakai alamat email, atau {COME}."
            )


def _refuse_haste(earliest: datetime, *, now: datetime) -> None:
    if now < earliest:
        seconds = int((earliest - now).total_seconds()) + 1
        raise CodeOnItsWay(f"Pesan baru saja dikirim. Tunggu {seconds} detik, lalu minta lagi.")


def _refuse_many(
    times: list[datetime], limit: int, span: timedelta, words: str, *, contact: Contact
) -> None:
    if len(times) < limit:
        return
    free_at = timezone.localtime(times[-limit] + span)
    where = "nomor" if contact.is_phone else "alamat"
    raise CodeRefused(
        f"Sudah {limit} kode dikirim ke {where} ini dalam {words}. Pakai kode yang terakhir, "
        f"coba lagi setelah {free_at:%d/%m} pukul {free_at:%H.%M} WIB, atau {COME}."
    )


def _lock(space: int, digest: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [space, digest])
