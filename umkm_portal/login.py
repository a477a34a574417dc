"""How people log in: the one extension point of allauth."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.http import HttpRequest

from umkm_portal.common.encryption import Cipher


class PortalAccountAdapter(DefaultAccountAdapter):
    """Staff and partners are invited; owners register in the register's own pages."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False


class PortalMfaAdapter(DefaultMFAAdapter):
    """Second-factor secrets are kept encrypted like every other secret."""

    def encrypt(self, text: str) -> str:
        return Cipher("mfa").encrypt(text).hex()

    def decrypt(self, encrypted_text: str) -> str:
        return Cipher("mfa").decrypt(bytes.fromhex(encrypted_text))
