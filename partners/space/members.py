"""Members of a partner: asked by email, given a role, and gone at once when their access ends."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse

from participants.contacts import Contact, ContactError, parse_contact
from participants.contacts.accounts import account_for
from partners.models import PARTNER_ROLES, MemberInvitation, Partner
from partners.models.members import MemberInvitationQuerySet
from partners.space.messages import PARTNER_INVITATION
from umkm_portal.accounts.models import Membership, MembershipQuerySet, User
from umkm_portal.common import tokens
from umkm_portal.messaging.services import queue_one

PURPOSE = "partner.invitation"
MANAGER = Membership.Role.PARTNER_MANAGER
ROLES = dict(MemberInvitation.ROLES)
ASKED = "{} sudah diundang. Batalkan undangan yang lama bila emailnya tidak sampai."


class MemberRefused(Exception):
    """Not possible; the message is an Indonesian sentence that says what to do."""


class InvitationDead(Exception):
    """The link was used, taken back, is too old, or was not made here."""


def members_of(partner: Partner) -> MembershipQuerySet:
    """Who may act for a partner today."""
    members = Membership.objects.current().filter(
        organisation=partner.organisation_id, role__in=PARTNER_ROLES
    )
    return members.select_related("user").order_by("user__full_name", "user__email", "pk")


@transaction.atomic
def invite_member(
    partner: Partner, *, email: str, role: str, by: User | None, now: datetime
) -> MemberInvitation:
    """Send a link that makes the reader of this address a member, once, within a week.

    Raises MemberRefused: no address, a role of others, a member already, or just invited.
    """
    address = _address_in(email)
    if role not in ROLES:
        raise MemberRefused("Pilih peran: pengelola, pengunggah, atau pembaca.")
    refuse_needless(partner, address, now=now)
    waiting = _unanswered(partner, address)
    waiting.filter(expires_at__lte=now).update(revoked_at=now)
    try:
        with transaction.atomic():
            invitation = MemberInvitation.objects.create(
                partner=partner,
                email=address,
                role=role,
                invited_by=by,
                sent_at=now,
                expires_at=now + MemberInvitation.LIFETIME,
            )
    except IntegrityError:
        raise MemberRefused(ASKED.format(address)) from None
    _send(invitation, now=now)
    return invitation


def refuse_needless(partner: Partner, address: str, *, now: datetime) -> None:
    """Raise MemberRefused where the address is a member's, or was just invited."""
    if members_of(partner).filter(user__email__iexact=address).exists():
        raise MemberRefused(f"{address} sudah menjadi anggota. Ubah perannya di daftar anggota.")
    if _unanswered(partner, address).filter(expires_at__gt=now).exists():
        raise MemberRefused(ASKED.format(address))


def read_invitation(token: str, *, now: datetime) -> MemberInvitation:
    """The invitation behind a living link. Raises InvitationDead."""
    try:
        public_id = tokens.unsign(PURPOSE, token)
    except tokens.BadToken:
        raise InvitationDead from None
    living = MemberInvitation.objects.open(now=now).select_related(
        "partner__organisation", "invited_by"
    )
    found = living.filter(public_id=public_id).first()
    if found is None:
        raise InvitationDead
    return found


def accept_invitation(invitation: MemberInvitation, *, now: datetime) -> User:
    """Use the link up and return the account to log in; of two at once, one gets InvitationDead.

    The link came by email, so who has it reads that address.
    """
    with transaction.atomic():
        won = MemberInvitation.objects.open(now=now).filter(pk=invitation.pk)
        if not won.update(accepted_at=now):
            raise InvitationDead
        user = account_for(contact_of(invitation), now=now)
        MemberInvitation.objects.filter(pk=invitation.pk).update(accepted_by=user)
        if not members_of(invitation.partner).filter(user=user).exists():
            Membership.objects.create(
                user=user,
                organisation_id=invitation.partner.organisation_id,
                role=invitation.role,
            )
    return user


def revoke_invitation(invitation: MemberInvitation, *, now: datetime) -> None:
    """Kill the link. Raises MemberRefused when it was used already."""
    waiting = MemberInvitation.objects.filter(pk=invitation.pk, accepted_at=None, revoked_at=None)
    if not waiting.update(revoked_at=now):
        raise MemberRefused("Undangan ini sudah dipakai atau dibatalkan.")


@transaction.atomic
def change_role(partner: Partner, membership: Membership, *, role: str) -> None:
    """Give a member another role. Raises MemberRefused when no manager would be left."""
    if role not in ROLES:
        raise MemberRefused("Pilih peran: pengelola, pengunggah, atau pembaca.")
    _hold(partner)
    if role != MANAGER:
        _keep_a_manager(partner, membership)
    members_of(partner).filter(user=membership.user_id).exclude(pk=membership.pk).update(role=role)
    Membership.objects.filter(pk=membership.pk).update(role=role)


@transaction.atomic
def end_membership(partner: Partner, membership: Membership, *, now: datetime) -> None:
    """Close the space to a member at her next click. Raises MemberRefused for the last manager."""
    _hold(partner)
    _keep_a_manager(partner, membership)
    Membership.objects.filter(
        user=membership.user_id,
        organisation=partner.organisation_id,
        role__in=PARTNER_ROLES,
        ended_at=None,
    ).update(ended_at=now)


def contact_of(invitation: MemberInvitation) -> Contact:
    return Contact("email", invitation.email)


def _unanswered(partner: Partner, address: str) -> MemberInvitationQuerySet:
    return MemberInvitation.objects.filter(
        partner=partner, email__iexact=address, accepted_at=None, revoked_at=None
    )


def _hold(partner: Partner) -> None:
    """Two managers who end each other's access at once come one after the other."""
    Partner.objects.select_for_update().get(pk=partner.pk)


def _keep_a_manager(partner: Partner, leaving: Membership) -> None:
    others = members_of(partner).filter(role=MANAGER).exclude(user=leaving.user_id)
    if not others.exists() and members_of(partner).filter(user=leaving.user_id, role=MANAGER):
        raise MemberRefused(
            "Mitra harus punya pengelola. Jadikan anggota lain pengelola lebih dahulu."
        )


def _address_in(text: str) -> str:
    try:
        contact = parse_contact(text)
    except ContactError as error:
        raise MemberRefused(str(error)) from None
    if contact.is_phone:
        raise MemberRefused("Tulis alamat email, misalnya nama@contoh.com.")
    return contact.value


def _send(invitation: MemberInvitation, *, now: datetime) -> None:
    token = tokens.sign(PURPOSE, invitation.public_id)
    queue_one(
        PARTNER_INVITATION,
        recipient_key=-invitation.pk,  # nobody of the register: keys of people are positive
        subject_id=invitation.pk,
        dedupe_key=f"{invitation.pk}",
        address=invitation.email,
        context={
            "undangan": f"{settings.PORTAL_URL}{reverse('partner:join', args=[token])}",
            "mitra": str(invitation.partner),
            "peran": ROLES[invitation.role].lower(),
            "pengundang": str(invitation.invited_by or "Dinas PPKUKM"),
        },
        now=now,
    )
