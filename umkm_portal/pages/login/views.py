"""The pages behind /masuk/: contact, code, and in; for owners, staff and partners alike."""

from __future__ import annotations

from datetime import datetime

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from participants.contacts import (
    CodeOnItsWay,
    CodeRefused,
    CodeWrong,
    Contact,
    check_code,
    send_code,
)
from participants.contacts.accounts import account_for, claim_records, has_account
from participants.contacts.repair import give_up_phone
from participants.registration import drafts
from umkm_portal.accounts.sessions import log_in
from umkm_portal.common.attempts import address_of
from umkm_portal.pages.login import session
from umkm_portal.pages.login.forms import CodeForm, ContactForm
from umkm_portal.pages.login.passkeys import passkey_host
from umkm_portal.pages.login.social import let_forms_lead_to, social_doors
from umkm_portal.pages.registration import session as registration
from umkm_portal.pages.registration.returning import UNFINISHED

LOGIN, PROOF = "login", "proof"
"""Purposes of codes."""
REGISTER = "/daftar/"
SENT = "Kode baru sudah dikirim."


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def login(request: HttpRequest) -> HttpResponse:
    """Ask for the contact. The next page is the same for known and unknown people."""
    next_page = session.next_page_of(request)
    if request.user.is_authenticated:
        return redirect(next_page or get_adapter().get_login_redirect_url(request))
    form = ContactForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        contact = form.cleaned_data["kontak"]
        session.remember(request, contact, next_page=next_page)
        try:
            _send_login_code(request, contact, now=timezone.now())
            return redirect("account_confirm_login_code")
        except CodeOnItsWay as refusal:
            messages.info(request, str(refusal))
            return redirect("account_confirm_login_code")
        except CodeRefused as refusal:
            form.add_error("kontak", str(refusal))
    context = {
        "form": form,
        "next": next_page,
        "register_url": register_url(),
        "passkey_host": passkey_host(),
        "social_doors": social_doors(),
    }
    status = 422 if form.errors else 200
    response = render(request, "account/login.html", context, status=status)
    return let_forms_lead_to(response, [name for name, _ in social_doors()])


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def login_code(request: HttpRequest) -> HttpResponse:
    """Take the code and log in; a contact without an account learns so only after its code."""
    asked = session.asked(request)
    if asked is None or request.user.is_authenticated:
        return redirect("account_login")
    form = CodeForm(request.POST if "kode" in request.POST else None)
    now = timezone.now()
    if request.POST.get("action") == "resend":
        return _resend(request, asked.contact, now=now)
    if form.is_valid():
        try:
            check_code(asked.contact, form.cleaned_data["kode"], purpose=LOGIN, now=now)
        except CodeWrong as error:
            form.add_error("kode", str(error))
        else:
            session.forget(request)
            return _come_in(request, asked, now=now)
    context = {"form": form, "contact": asked.contact, "minutes": settings.CODE_MINUTES}
    return render(request, "account/login_code.html", context, status=422 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def prove_phone(request: HttpRequest) -> HttpResponse:
    """An old phone number is proved once more, or given up, before anything is shown."""
    held = session.held_for_proof(request)
    if held is None or request.user.is_authenticated:
        return redirect("account_login")
    user, next_page = held
    phone, now = Contact("phone", user.phone or ""), timezone.now()
    form = CodeForm(request.POST if "kode" in request.POST else None)
    action = request.POST.get("action")
    if action == "send":
        return _send_proof(request, phone, now=now)
    if action == "give-up":
        session.forget(request)
        return log_in(request, give_up_phone(user, now=now), next_page=next_page)
    if form.is_valid():
        try:
            check_code(phone, form.cleaned_data["kode"], purpose=PROOF, now=now)
        except CodeWrong as error:
            form.add_error("kode", str(error))
        else:
            session.forget(request)
            return log_in(request, account_for(phone, now=now), next_page=next_page)
    context = {"form": form, "contact": phone, "is_sent": "kode" in request.GET or form.is_bound}
    return render(request, "account/login_phone.html", context, status=422 if form.errors else 200)


def register_url() -> str:
    """The address of the registration, or empty where there is none."""
    try:
        resolve(REGISTER)
    except Resolver404:
        return ""
    return REGISTER


def _come_in(request: HttpRequest, asked: session.Asked, *, now: datetime) -> HttpResponse:
    contact = asked.contact
    if not has_account(contact):
        if drafts.unfinished([contact], now=now):
            registration.reach(request, contact)
            return redirect(UNFINISHED)
        context = {"contact": contact, "register_url": register_url()}
        return render(request, "account/login_unknown.html", context)
    user = account_for(contact, now=now)
    claim_records(user, contact)
    session.note_way(request, contact)
    return log_in(request, user, next_page=asked.next)


def _send_login_code(request: HttpRequest, contact: Contact, *, now: datetime) -> None:
    """Raises CodeRefused. Only the message tells whether there is an account."""
    address = register_url()
    where = f"Daftar di {settings.PORTAL_URL}{address}" if address else "Datang ke kecamatan"
    is_waiting = bool(drafts.unfinished([contact], now=now))  # asked for everybody alike
    note = "" if has_account(contact) else f"Kontak ini belum punya akun. {where}"
    if note and is_waiting:
        note = "Pendaftaran Anda belum selesai: ketik kode ini untuk melanjutkan."
    send_code(contact, purpose=LOGIN, network=address_of(request), now=now, note=note)


def _resend(request: HttpRequest, contact: Contact, *, now: datetime) -> HttpResponseRedirect:
    try:
        _send_login_code(request, contact, now=now)
        messages.success(request, SENT)
    except CodeRefused as refusal:
        messages.error(request, str(refusal))
    return redirect("account_confirm_login_code")


def _send_proof(request: HttpRequest, phone: Contact, *, now: datetime) -> HttpResponseRedirect:
    try:
        send_code(phone, purpose=PROOF, network=address_of(request), now=now)
    except CodeRefused as refusal:
        messages.error(request, str(refusal))
    return redirect(f"{reverse('login_phone')}?kode")
