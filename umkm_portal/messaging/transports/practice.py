"""Messages to phones on practice data: they end in the local mailbox, never outside."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage

from umkm_portal.common import phones
from umkm_portal.messaging.models import Channel
from umkm_portal.messaging.transports.senders import email_sender
from umkm_portal.messaging.transports.smtp import SmtpTransport, smtp_off_reason
from umkm_portal.messaging.transports.types import Meanwhile, Message, Outcome, nothing

DOMAIN = "hp.example"


def practice_off_reason(channel: Channel) -> str:
    """Why the local mailbox takes no messages to phones, in words of their channel, or ""."""
    if not smtp_off_reason(email_sender(None)):
        return ""
    return (
        f"{channel.label} latihan mati: kotak surat latihan tidak berjalan. Jalankan portal lagi "
        "dengan perintah portal, lalu coba lagi."
    )


class PracticePhone:
    """Delivers a text to `6281234567890@hp.example`, labelled with the channel it stands for."""

    def __init__(self, channel: Channel, timeout: float) -> None:
        self._label = channel.label
        self._mail = SmtpTransport(timeout)

    def open(self) -> None:
        """See `Transport.open`."""
        self._mail.open()

    def send(
        self, message: Message, *, next_address: str = "", meanwhile: Meanwhile = nothing
    ) -> Outcome:
        """See `Transport.send`."""
        host = urlsplit(settings.PORTAL_URL).hostname or "localhost"
        address = f"{message.address.removeprefix('+')}@{DOMAIN}"
        mail = EmailMessage(
            subject=f"{self._label} latihan ke {phones.display(message.address)}",
            body=message.content.decode() + "\n",
            to=[address],
            headers={"Message-ID": f"<{message.reference}@{host}>"},
        )
        content = mail.message().as_bytes(linesep="\r\n")  # type: ignore[call-arg]
        return self._mail.send(Message(address, content))

    def forget(self) -> None:
        """See `Transport.forget`."""

    def close(self) -> None:
        """See `Transport.close`."""
        self._mail.close()
