"""Her own data, and what she agrees to."""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from participants.consents import (
    OWN_PAGE,
    give_consent,
    reaches_of,
    resume_channel,
    standing_consents,
    stop_channel,
    withdraw_consent,
)
from participants.models import Consent, DataRequest, Participant
from participants.profiles import OWN_COLUMNS, correct_profile, state_willingness
from partners.models import Partner
from umkm_portal.accounts.models import Organisation
from umkm_portal.common import phones
from umkm_portal.messaging import services as messaging
from umkm_portal.messaging.models import Channel
from umkm_portal.pages.mine.forms import ProfileForm, profile_values
from umkm_portal.pages.mine.people import account_of, for_person

PURPOSES = {
    Consent.Purpose.PHOTO: (
        "Foto dan publikasi",
        "Foto Anda di kegiatan boleh dipakai di situs dan media sosial dinas.",
    )
}
FIRST = {
    f"dulu-{channel.value}": channel for channel in (Channel.EMAIL, Channel.WHATSAPP, Channel.SMS)
}
"""What the buttons say by which a person chooses her first channel."""


@require_http_methods(["GET", "HEAD", "POST"])
@for_person
def profile(request: HttpRequest, person: Participant) -> HttpResponse:
    form = ProfileForm(request.POST or None, initial=profile_values(person))
    if request.method == "POST" and form.is_valid():
        facts = {name: form.cleaned_data[name] for name in OWN_COLUMNS}
        held = correct_profile(person, facts=facts, account=account_of(request), now=timezone.now())
        messages.success(request, _saved(held))
        return redirect("mine:profile")
    status = 422 if form.is_bound else 200
    context = {
        "mine": person,
        "form": form,
        "is_verified": person.identity == Participant.Identity.VERIFIED,
        "phone": phones.display(person.phone) if person.phone else "",
    }
    return render(request, "pages/mine/profile.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@for_person
def consents(request: HttpRequest, person: Participant) -> HttpResponse:
    """One button for each consent and each channel; every press takes effect at once."""
    if request.method == "POST":
        messages.success(request, _press(request, person, now=timezone.now()))
        return redirect("mine:consents")
    reaches = reaches_of(person)
    context = {
        "mine": person,
        "first_channel": messaging.preferred_channel(person.pk),
        "first_choices": [reach.channel for reach in reaches if reach.is_on],
        "channels": [(reach, _shown(reach.address)) for reach in reaches],
        "purposes": _purposes(person),
        "events": person.consents.select_related("organisation").order_by("-happened_at", "-pk"),
    }
    return render(request, "pages/mine/consents.html", context)


def _shown(address: str) -> str:
    return phones.display(address) if address.startswith("+") else address


def _saved(held: DataRequest | None) -> str:
    if held is None:
        return "Data Anda sudah disimpan."
    return (
        "Perubahan nama atau tanggal lahir dikirim kepada petugas, karena data itu sudah "
        "dicocokkan dengan KTP. Jawaban paling lambat 3 x 24 jam. Data lain sudah disimpan."
    )


def _purposes(person: Participant) -> list[dict[str, object]]:
    """Every consent that can be asked for: photo, and for each partner sharing and contact."""
    standing = standing_consents(person)
    rows: list[tuple[str, Organisation | None, str, str]] = [
        (purpose.value, None, title, text) for purpose, (title, text) in PURPOSES.items()
    ]
    for partner in _partners():
        rows += [
            (
                Consent.Purpose.SHARING.value,
                partner,
                f"Berbagi data dengan {partner.short_name}",
                "Nama usaha, produk, dan tautan toko. NIK, tanggal lahir, dan omzet tidak "
                "dibagikan.",
            ),
            (
                Consent.Purpose.CONTACT.value,
                partner,
                f"Nomor HP dan email untuk {partner.short_name}",
                f"Supaya {partner.short_name} dapat menghubungi Anda. Berlaku hanya bila Anda "
                "juga setuju berbagi data di atas.",
            ),
        ]
    found: list[dict[str, object]] = []
    for purpose, organisation, title, text in rows:
        last = standing.get((purpose, organisation.pk if organisation else None))
        found.append(
            {
                "name": f"{purpose}:{organisation.slug}" if organisation else purpose,
                "title": title,
                "text": text,
                "last": last,
                "is_given": last is not None and last.event == Consent.Event.GIVEN,
            }
        )
    return found


def _partners() -> list[Organisation]:
    rows = Partner.objects.select_related("organisation").filter(organisation__is_active=True)
    return [partner.organisation for partner in rows.order_by("organisation__name", "pk")]


def _press(request: HttpRequest, person: Participant, *, now: datetime) -> str:
    """Do what one button says and tell it; an unknown button is no page."""
    subject, _, wish = request.POST.get("ubah", "").rpartition("=")
    if wish not in ("ya", "tidak"):
        raise Http404
    is_yes, account = wish == "ya", account_of(request)
    if subject == "bersedia":
        state_willingness(person, is_willing=is_yes, now=now)
        if is_yes and person.restricted_at:
            return "Dicatat. Undangan datang lagi setelah Anda mencabut pembatasan data."
        return "Anda akan diundang." if is_yes else "Anda tidak akan diundang ke pelatihan baru."
    if subject in (Channel.EMAIL, Channel.SMS, Channel.WHATSAPP):
        switch = resume_channel if is_yes else stop_channel
        switch(person, Channel(subject), actor=account, now=now)
        label = Channel(subject).label
        return f"{label} dinyalakan." if is_yes else f"{label} dihentikan. Berlaku sekarang juga."
    if subject in FIRST and is_yes:
        messaging.prefer_channel(person.pk, channel=FIRST[subject], now=now)
        return f"Kami menghubungi Anda lebih dulu lewat {FIRST[subject].label}."
    purpose, _, slug = subject.partition(":")
    organisation = next((row for row in _partners() if row.slug == slug), None)
    if (purpose, bool(slug), organisation is not None) not in (
        (Consent.Purpose.PHOTO, False, False),
        (Consent.Purpose.SHARING, True, True),
        (Consent.Purpose.CONTACT, True, True),
    ):
        raise Http404
    act = give_consent if is_yes else withdraw_consent
    act(
        person,
        purpose=purpose,
        organisation=organisation,
        channel=OWN_PAGE,
        actor=account,
        now=now,
    )
    return "Persetujuan dicatat." if is_yes else "Persetujuan ditarik. Berlaku sekarang juga."
