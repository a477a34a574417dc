"""Accounts of staff and the one-time links by which they first come in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core import signing
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from umkm_portal.accounts.models import Membership, Organisation, User

LINK_LIFETIME = timedelta(minutes=30)
LEAD_AGENCY = {
    "slug": "ppkukm",
    "name": "Dinas Perindustrian, Perdagangan, Koperasi, Usaha Kecil, dan Menengah",
    "short_name": "Dinas PPKUKM",
}
_SALT = "umkm_portal.accounts.staff_link"


class NotStaff(Exception):
    """The address cannot be given a staff link; the message says why, in one sentence."""


class LinkDead(Exception):
    """The link was used, is older than 30 minutes, or was not made here."""


@dataclass(frozen=True)
class StaffAccount:
    """What `prepare_staff` found or made."""

    user: User
    is_new: bool
    role_given: str
    """The role given now, or "" when the account had one."""


@transaction.atomic
def prepare_staff(email: str, *, promote: bool = False) -> StaffAccount:
    """Find or create the staff account of an address.

    An account without any role in force gets the head office role at the lead agency. The first
    staff account of all also manages accounts and settings (superuser), because nobody else could
    give it that. Raises NotStaff for a bad address, a closed account, and an existing account of
    somebody who is not staff unless `promote`.
    """
    address = email.strip().lower()
    try:
        validate_email(address)
    except ValidationError:
        raise NotStaff(f"{email!r} is not an email address.") from None
    user = User.objects.select_for_update().filter(email=address).first()
    is_new = user is None
    if user is None:
        user = User.objects.create_user(
            address, is_staff=True, is_superuser=not User.objects.filter(is_staff=True).exists()
        )
    elif not user.is_active:
        raise NotStaff(f"the account {address} is closed; open it again in /admin/ first.")
    elif not user.is_staff:
        if not promote:
            raise NotStaff(f"{address} is the account of somebody who is not staff (see --promote)")
        user.is_staff = True
        user.save(update_fields=["is_staff"])
    return StaffAccount(user, is_new, _give_first_role(user))


def sign_staff_link(user: User) -> str:
    """The token of a link that logs `user` in once; it dies with any login after it was made."""
    return signing.dumps([user.pk, _login_mark(user)], salt=_SALT)


def read_staff_link(token: str) -> User:
    """The account a living link is for; using it up is `use_staff_link`. Raises LinkDead."""
    try:
        pk, mark = signing.loads(token, salt=_SALT, max_age=LINK_LIFETIME)
    except (signing.BadSignature, ValueError, TypeError):
        raise LinkDead from None
    user = User.objects.filter(pk=pk, is_active=True, is_staff=True).first()
    if user is None or _login_mark(user) != mark:
        raise LinkDead
    return user


def use_staff_link(token: str, *, now: datetime) -> User:
    """Use the link up and return the account to log in; of two at once, one gets LinkDead."""
    user = read_staff_link(token)
    won = User.objects.filter(pk=user.pk, last_login=user.last_login).update(last_login=now)
    if not won:
        raise LinkDead
    user.last_login = now
    return user


def _login_mark(user: User) -> str:
    return user.last_login.isoformat() if user.last_login else ""


def _give_first_role(user: User) -> str:
    if user.memberships.current().exists():
        return ""
    facts = {"kind": Organisation.Kind.AGENCY, **LEAD_AGENCY}
    agency, _ = Organisation.objects.get_or_create(slug=facts.pop("slug"), defaults=facts)
    role = Membership.Role.HEAD_OFFICE
    Membership.objects.create(user=user, organisation=agency, role=role)
    return role.value
