"""Whether the person who registers is in the register already.

Only what was proved counts: the number or address that received her code, or the KTP that staff
saw. A NIK proves nothing (it can be copied), so whoever merely types one gets nobody's data.
"""

from __future__ import annotations

from django.db.models import Q
from django.db.models.expressions import RawSQL

from participants import niks
from participants.importing.matching import name_key
from participants.models import Business, DuplicatePair, Participant, ParticipantQuerySet
from participants.registration.entry import Entry
from umkm_portal.accounts.models import User

SAME_NIK, SAME_CONTACT = 0.95, 0.9
"""Scores of a suspicion: the same NIK was typed; the same name stands beside the same contact."""


def verified_holder(nik: str) -> Participant | None:
    """The living person whose NIK this is, by a KTP or the register of the dinas."""
    if not nik:
        return None
    people = Participant.objects.living().filter(identity=Participant.Identity.VERIFIED)
    return people.filter(nik_index__in=niks.indexes_of(nik)).first()


def own_record(entry: Entry, *, account: User | None, ktp_seen: bool) -> Participant | None:
    """The record that this registration completes, locked; None for a new person.

    Somebody with a code: a record with her name that bears the proved number or address and has
    no other account. Staff with a KTP: the record with that name, contact and no other NIK.
    """
    contact = _proved_contact(entry, account)
    if account:
        people = _beside(contact).filter(Q(account=None) | Q(account=account))
    elif ktp_seen:
        people = _beside(_contact(entry))
    else:
        return None
    people = _without_other_nik(_of_name(people, entry.full_name), entry.nik)
    return people.select_for_update(of=("self",)).order_by("-identity", "pk").first()


def suspect_twins(person: Participant, entry: Entry) -> int:
    """Open a pair for staff with each record that may be the same person; return how many."""
    suspicions: dict[int, tuple[float, str]] = {}
    others = Participant.objects.living().exclude(pk=person.pk)
    same_name = _of_name(others.filter(_contact(entry)), entry.full_name)
    for pk in same_name.values_list("pk", flat=True):
        suspicions[pk] = (SAME_CONTACT, "Nama dan nomor HP atau email sama.")
    if entry.nik:
        same_nik = others.filter(nik_index__in=niks.indexes_of(entry.nik))
        for pk in same_nik.values_list("pk", flat=True):
            suspicions[pk] = (SAME_NIK, "NIK yang sama diisi di kedua data.")
    pairs = [
        DuplicatePair(
            first_id=min(person.pk, pk), second_id=max(person.pk, pk), score=score, reasons=[reason]
        )
        for pk, (score, reason) in suspicions.items()
    ]
    DuplicatePair.objects.bulk_create(pairs, ignore_conflicts=True)
    return len(pairs)


def unnamed_business(person: Participant) -> Business | None:
    """Her first business of which nobody told the name: it is called after her."""
    key = RawSQL(name_key("participants_business.name"), ())  # noqa: S611 - constant
    hers = RawSQL(name_key("%s"), (f"Usaha {person.full_name}",))  # noqa: S611 - a parameter
    return person.businesses.alias(key=key).filter(key=hers).order_by("pk").first()


def _proved_contact(entry: Entry, account: User | None) -> Q:
    """What of the entry the account has proved."""
    if account is None:
        return Q(pk__in=())
    phone = account.phone if account.phone_verified_at else None
    proved = Q(pk__in=())
    if phone and phone == entry.phone:
        proved |= Q(phone=phone)
    if account.email and account.email.lower() == entry.email:
        proved |= Q(email=entry.email)
    return proved


def _contact(entry: Entry) -> Q:
    contact = Q(pk__in=())
    if entry.phone:
        contact |= Q(phone=entry.phone)
    if entry.email:
        contact |= Q(email=entry.email)
    return contact


def _beside(contact: Q) -> ParticipantQuerySet:
    return Participant.objects.living().filter(contact)


def _of_name(people: ParticipantQuerySet, full_name: str) -> ParticipantQuerySet:
    """Those whose name says the same, whatever its case, marks and titles."""
    key = RawSQL(name_key("participants_participant.full_name"), ())  # noqa: S611 - constant
    typed = RawSQL(name_key("%s"), (full_name,))  # noqa: S611 - the name is a parameter
    return people.alias(name_key=key).filter(name_key=typed)


def _without_other_nik(people: ParticipantQuerySet, nik: str) -> ParticipantQuerySet:
    """Leave out who is known by another NIK: a namesake of the family."""
    if not nik:
        return people
    return people.filter(Q(nik_index=None) | Q(nik_index__in=niks.indexes_of(nik)))
