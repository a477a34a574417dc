"""Who acts for the partners of the practice data: people of Shopee and TikTok, by role."""

from __future__ import annotations

from datetime import datetime

from participants.contacts import Contact
from participants.contacts.accounts import account_for
from umkm_portal.accounts.models import Membership, Organisation, User

Role = Membership.Role
SHOPEE, TIKTOK = "shopee", "tiktok"
MANAGERS = {SHOPEE: "rina.hapsari@shopee.example", TIKTOK: "dimas.aditya@tiktok.example"}
"""Who is logged in by one click as a partner."""
_MEMBERS = (
    (SHOPEE, MANAGERS[SHOPEE], "Rina Hapsari", Role.PARTNER_MANAGER),
    (SHOPEE, "bagas.prakoso@shopee.example", "Bagas Prakoso", Role.PARTNER_UPLOADER),
    (TIKTOK, MANAGERS[TIKTOK], "Dimas Aditya", Role.PARTNER_MANAGER),
    (TIKTOK, "laras.wening@tiktok.example", "Laras Wening", Role.PARTNER_READER),
)


def join_members(*, now: datetime) -> None:
    """Write the members who are missing."""
    for slug, email, name, role in _MEMBERS:
        user = account_for(Contact("email", email), now=now)
        if not user.full_name:
            user.full_name = name
            user.save(update_fields=["full_name"])
        organisation = Organisation.objects.get(slug=slug)
        Membership.objects.get_or_create(user=user, organisation=organisation, role=role)


def manager(slug: str) -> User:
    """The manager of a partner of the practice data. Raises User.DoesNotExist before seeding."""
    return User.objects.get(email=MANAGERS[slug])
