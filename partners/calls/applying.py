"""Owners apply to a call, correct what they sent, and take it back."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction

from participants.activity import record_activity
from participants.consents import OWN_PAGE, give_consent
from participants.models import Business, Consent, Participant
from partners.calls.photos import drop_photo, keep_photo
from partners.calls.qualifying import missing_licence, qualifies
from partners.models import (
    Application,
    ApplicationEvent,
    CurationCall,
    CurationList,
    CurationResult,
    ProductKind,
)
from umkm_portal.accounts.models import Organisation, User

State = Application.State


class ApplicationRefused(Exception):
    """The application cannot be sent, corrected or withdrawn; `str()` says why."""


@dataclass(frozen=True)
class Shown:
    """What an owner shows the curator; `agrees` is her consent to share it with the partner."""

    business: Business | None
    product_kind: ProductKind | None
    products: str
    store_link: str = ""
    licences: dict[str, str] = field(default_factory=dict)
    photo: UploadedFile | None = None
    agrees: bool = False


def apply_to(
    call: CurationCall, person: Participant, *, shown: Shown, actor: User | None, now: datetime
) -> Application:
    """A new application with its first event.

    Raises ApplicationRefused when the call is closed, is not for her, or has one of hers; and
    PhotoRefused for a photo that cannot be read.
    """
    if not call.is_open(now=now):
        raise ApplicationRefused("Kurasi ini sudah ditutup. Lihat kurasi lain yang masih dibuka.")
    if not qualifies(person, call):
        raise ApplicationRefused("Kurasi ini untuk usaha dengan syarat lain. Baca syaratnya.")
    _check_kind(call, shown)
    photo = _kept(shown)
    try:
        return _create(call, person, shown=shown, photo=photo, actor=actor, now=now)
    except BaseException:
        drop_photo(photo)
        raise


def correct_application(
    application: Application, *, shown: Shown, actor: User | None, now: datetime
) -> Application:
    """Write what the owner corrected; the application begins its way anew.

    Raises ApplicationRefused when somebody works on it or the curator has decided.
    """
    if not may_correct(application, now=now):
        raise ApplicationRefused("Lamaran ini sedang diproses, jadi tidak dapat diubah lagi.")
    _check_kind(application.call, shown)
    photo = _kept(shown)
    try:
        before = _rewrite(application, shown=shown, photo=photo, actor=actor, now=now)
    except BaseException:
        drop_photo(photo)
        raise
    if photo:
        drop_photo(before)
    application.refresh_from_db()
    return application


def withdraw_application(
    application: Application, *, actor: User | None, now: datetime
) -> Application:
    """Take an application back; its photo goes. Raises ApplicationRefused after the decision."""
    if is_decided(application):
        raise ApplicationRefused("Hasil kurasi sudah diumumkan, jadi lamaran tidak dapat ditarik.")
    with transaction.atomic():
        rows = Application.objects.live().select_for_update().filter(pk=application.pk)
        found = rows.first()
        if found is None:
            raise ApplicationRefused("Lamaran ini sudah ditarik.")
        photo, found.photo, found.state = found.photo, "", State.WITHDRAWN
        found.save(update_fields=["photo", "state"])
        _append(found, actor=actor, now=now)
    drop_photo(photo)
    return found


def may_correct(application: Application, *, now: datetime) -> bool:
    """While nobody has begun with it, or when it was given back to be repaired."""
    call = application.call
    if application.state == State.SUBMITTED:
        return call.is_open(now=now)
    if application.state != State.RETURNED or call.state == CurationCall.State.CANCELLED:
        return False
    return not CurationList.objects.filter(call=call, state__in=CurationList.CURRENT).exists()


def is_decided(application: Application) -> bool:
    results = CurationResult.objects.filter(call=application.call_id)
    return results.filter(participant=application.participant_id).exists()


def needs_consent(call: CurationCall) -> bool:
    """A partner sees applicants by their consent only; the dinas curates its own people."""
    return call.partner.organisation.kind != Organisation.Kind.AGENCY


@transaction.atomic
def _create(
    call: CurationCall,
    person: Participant,
    *,
    shown: Shown,
    photo: str,
    actor: User | None,
    now: datetime,
) -> Application:
    try:
        with transaction.atomic():
            application = Application.objects.create(
                call=call, participant=person, photo=photo, created_at=now, **_facts(shown)
            )
    except IntegrityError as error:
        raise ApplicationRefused("Anda sudah melamar kurasi ini.") from error
    _append(application, actor=actor, now=now)
    _agree(call, person, shown=shown, actor=actor, now=now)
    record_activity([person.pk], at=now)
    return application


@transaction.atomic
def _rewrite(
    application: Application, *, shown: Shown, photo: str, actor: User | None, now: datetime
) -> str:
    """Write the corrected application; return the path of the photo it had."""
    changeable = Application.objects.filter(state__in=[State.SUBMITTED, State.RETURNED])
    found = changeable.select_for_update().filter(pk=application.pk).first()
    if found is None:
        raise ApplicationRefused("Lamaran ini sedang diproses, jadi tidak dapat diubah lagi.")
    before = found.photo
    facts = _facts(shown) | {"state": State.SUBMITTED, "note": "", "photo": photo or before}
    Application.objects.filter(pk=found.pk).update(**facts)
    found.state = State.SUBMITTED
    _append(found, actor=actor, note="Diperbaiki pemilik.", now=now)
    person = application.participant
    _agree(application.call, person, shown=shown, actor=actor, now=now)
    return before


def _facts(shown: Shown) -> dict[str, object]:
    return {
        "business": shown.business,
        "product_kind": shown.product_kind,
        "products": shown.products[:300],
        "store_link": shown.store_link[:300],
        "licences": {key: number for key, number in shown.licences.items() if number},
    }


def _check_kind(call: CurationCall, shown: Shown) -> None:
    kinds = set(call.product_kinds.values_list("pk", flat=True))
    if kinds and (shown.product_kind is None or shown.product_kind.pk not in kinds):
        raise ApplicationRefused("Pilih jenis produk yang dicari kurasi ini.")
    if problem := missing_licence(shown.product_kind, shown.licences)[1]:
        raise ApplicationRefused(problem)


def _kept(shown: Shown) -> str:
    return keep_photo(shown.photo, size=shown.photo.size or 0) if shown.photo else ""  # type: ignore[arg-type]  # an UploadedFile reads as a file


def _agree(
    call: CurationCall, person: Participant, *, shown: Shown, actor: User | None, now: datetime
) -> None:
    if shown.agrees and needs_consent(call):
        give_consent(
            person,
            purpose=Consent.Purpose.SHARING,
            organisation=call.partner.organisation,
            channel=OWN_PAGE,
            actor=actor,
            now=now,
        )


def _append(
    application: Application, *, actor: User | None, now: datetime, note: str = ""
) -> ApplicationEvent:
    return ApplicationEvent.objects.create(
        application=application,
        state=application.state,
        actor=actor,
        note=note,
        happened_at=now,
    )
