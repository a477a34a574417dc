"""With what an account presents itself to its provider: its own credentials, else the settings'.

The settings belong to the default account of a channel; any other account has its own or is off.
The token of the settings is never sent to an address of an account's own.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings

from umkm_portal.messaging.models import SendingAccount


@dataclass(frozen=True)
class WhatsAppSender:
    """One number of a WhatsApp business account."""

    token: str
    phone_id: str
    business_id: str
    has_own: bool = False

    def url(self, path: str) -> str:
        """An address of the Cloud API; its base is one setting for all numbers."""
        return f"{settings.WHATSAPP_BASE_URL}/{path}"

    @property
    def headers(self) -> dict[str, str]:
        return {"Content-Type": "application/json", "Authorization": f"Bearer {self.token}"}


@dataclass(frozen=True)
class SmsSender:
    """One account at a provider of SMS."""

    url: str
    token: str
    name: str


@dataclass(frozen=True)
class EmailSender:
    """A server of its own for one account; empty for what the settings say."""

    url: str
    from_email: str


def whatsapp_sender(account: SendingAccount | None) -> WhatsAppSender:
    if account is not None and account.secret:
        business = account.business_id or settings.WHATSAPP_BUSINESS_ID
        return WhatsAppSender(account.access_key, account.sender, business, has_own=True)
    if not _may_borrow(account):
        return WhatsAppSender("", "", "")
    business = (account.business_id if account else "") or settings.WHATSAPP_BUSINESS_ID
    return WhatsAppSender(settings.WHATSAPP_TOKEN, settings.WHATSAPP_PHONE_ID, business)


def sms_sender(account: SendingAccount | None) -> SmsSender:
    name = (account.sender if account else "") or settings.SMS_SENDER
    if account is not None and account.service_url:
        return SmsSender(account.service_url, account.access_key, name)
    if not _may_borrow(account):
        return SmsSender("", "", name)
    return SmsSender(settings.SMS_URL, settings.SMS_TOKEN, name)


def email_sender(account: SendingAccount | None) -> EmailSender:
    """The whole address of an account's SMTP server stands in its secret: it holds a password."""
    from_email = (account.sender if account else "") or settings.DEFAULT_FROM_EMAIL
    return EmailSender(account.access_key if account else "", from_email)


def _may_borrow(account: SendingAccount | None) -> bool:
    return account is None or account.is_default
