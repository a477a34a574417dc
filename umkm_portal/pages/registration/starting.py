"""The first page: who and how to reach her, proved by a code; and coming back later."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from participants.contacts import CodeRefused, CodeWrong, Contact, check_code, send_code
from participants.models import Registration
from participants.registration import drafts
from umkm_portal.accounts.models import User
from umkm_portal.common import attempts, tokens
from umkm_portal.pages.registration import joining, session
from umkm_portal.pages.registration.forms import CodeForm, ContactForm
from umkm_portal.pages.registration.returning import after_proof
from umkm_portal.pages.registration.services import cohort_of
from umkm_portal.pages.registration.showing import LINK, resume_url, show
from umkm_portal.pages.registration.topics import DONE, START, TOPICS, next_url

PURPOSE = "daftar"
CODE = "registration:code"
WRONG = 422
AGAIN = "ulang"

FIRST = TOPICS[drafts.CONTACT]


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    draft = _own_draft(request, now=now)
    if request.method == "POST":
        return _take_contact(request, draft, now=now)
    if "baru" in request.GET:
        return _start_anew(request)
    if code := request.GET.get("gelombang", ""):
        return _choose(request, code, draft, now=now)
    if draft and draft.state == Registration.State.SENT:
        return redirect(DONE)
    form = FIRST.form_of(draft if draft and session.is_proved(request) else None)
    form.initial.setdefault("kontak", _known_contact(request, draft))
    return _page(request, draft, form, now=now)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """The code that was sent to the contact: typed here it opens the registration."""
    now = timezone.now()
    draft, contact = session.current(request, now=now), session.pending_contact(request)
    if draft is None or contact is None:
        return redirect(START)
    form = CodeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and request.POST.get("aksi") == AGAIN:
        form = CodeForm()
        refusal = _send(request, draft.public_id, contact, now=now)
        return _code_page(request, draft, contact, form, refusal=refusal, is_again=not refusal)
    if form.is_valid():
        try:
            check_code(contact, form.cleaned_data["kode"], purpose=PURPOSE, now=now)
        except CodeWrong as wrong:
            form.add_error("kode", str(wrong))
        else:
            draft = drafts.prove_contact(draft, contact, now=now)
            return redirect(after_proof(request, draft, now=now))
    return _code_page(request, draft, contact, form)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def resume(request: HttpRequest, token: str) -> HttpResponse:
    """The link back: says only where a code would go, and sends it there."""
    now = timezone.now()
    draft = _draft_behind(token, now=now)
    if draft is None:
        return show(request, "resume_unknown", draft=None, now=now, status=404)
    here = session.current(request, now=now)
    if here and here.pk == draft.pk and session.is_proved(request):
        return redirect(next_url(draft))
    contact, refusal = drafts.contact_of(draft), ""
    if _has_proved(request, contact):
        session.open_draft(request, draft)
        return redirect(next_url(draft))
    if request.method == "POST":
        refusal = _send(request, draft.public_id, contact, now=now)
        if not refusal:
            session.ask(request, draft.public_id, contact, is_typed=False)
            return redirect(CODE)
    return show(
        request,
        "resume",
        draft=None,
        now=now,
        masked=contact.masked,
        refusal=refusal,
        status=WRONG if refusal else 200,
    )


def _own_draft(request: HttpRequest, *, now: datetime) -> Registration | None:
    """The draft of this browser, if it was begun or proved here."""
    draft = session.current(request, now=now)
    if draft and (session.is_proved(request) or draft.verified_at is None):
        return draft
    return None


def _known_contact(request: HttpRequest, draft: Registration | None) -> str:
    """What stands in the field already: what was typed, or what the account was proved by."""
    if draft:
        return drafts.contact_of(draft).shown
    account = request.user
    if isinstance(account, User) and not account.is_staff:
        contact = account.phone and Contact("phone", account.phone).shown
        return contact or account.email or ""
    return ""


def _start_anew(request: HttpRequest) -> HttpResponse:
    """Another person on the same phone; the draft before stays where it is."""
    session.forget(request)
    if cohort := cohort_of(request.GET.get("gelombang", "")):
        session.choose_cohort(request, cohort.code)
    return redirect(START)


def _choose(
    request: HttpRequest, code: str, draft: Registration | None, *, now: datetime
) -> HttpResponse:
    """A class was tapped on: carry it through, or straight to joining for who is registered."""
    cohort = cohort_of(code)
    if cohort is None:
        return redirect(START)
    if joining.people_here(request, now=now):
        return redirect(joining.url_of(cohort))
    session.choose_cohort(request, cohort.code)
    if draft and session.is_proved(request):
        drafts.choose_cohort(draft, cohort.code, now=now)
        return redirect(next_url(draft))
    return redirect(START)


def _take_contact(
    request: HttpRequest, draft: Registration | None, *, now: datetime
) -> HttpResponse:
    if draft and draft.state == Registration.State.SENT:
        return redirect(DONE)
    form = cast(ContactForm, FIRST.form_of(None, request.POST))
    if not form.is_valid():
        return _page(request, draft, form, now=now, status=WRONG)
    contact, name = form.contact, form.cleaned_data["nama"]
    is_proved = draft is not None and session.is_proved(request)
    if draft and is_proved and contact == drafts.contact_of(draft):
        values = {drafts.NAME: [name]}
        draft = drafts.save_page(draft, FIRST.key, values, is_finished=True, now=now)
        return redirect(next_url(draft))
    public_id = draft.public_id if draft else uuid.uuid4()
    needs_code = not _has_proved(request, contact)
    refusal = _send(request, public_id, contact, now=now) if needs_code else ""
    if refusal:
        form.add_error("kontak", refusal)
        return _page(request, draft, form, now=now, status=WRONG)
    if draft is None or not is_proved:
        code = session.cohort_code(request) or (draft.cohort_code if draft else "")
        draft = drafts.begin(
            contact, public_id=public_id, name=name, cohort_code=code, now=now, instead_of=draft
        )
    else:
        values = {drafts.NAME: [name]}
        draft = drafts.save_page(draft, FIRST.key, values, is_finished=True, now=now)
    if needs_code:
        session.ask(request, public_id, contact, is_typed=True)
        return redirect(CODE)
    draft = drafts.prove_contact(draft, contact, now=now)
    return redirect(after_proof(request, draft, now=now))


def _has_proved(request: HttpRequest, contact: Contact) -> bool:
    account = request.user
    if not isinstance(account, User) or account.is_staff:
        return False
    return drafts.belongs_to(contact, account)


def _send(request: HttpRequest, public_id: uuid.UUID, contact: Contact, *, now: datetime) -> str:
    """Send a code; return the sentence of a refusal, or "". Known and unknown look the same.

    An email has room for the link back; to a phone it goes in a message of its own.
    """
    link = resume_url(public_id)
    note = "" if contact.is_phone else f"Lanjutkan pendaftaran di perangkat mana pun: {link}"
    network = attempts.address_of(request)
    try:
        send_code(contact, purpose=PURPOSE, network=network, now=now, note=note)
    except CodeRefused as refused:
        return str(refused)
    return ""


def _draft_behind(token: str, *, now: datetime) -> Registration | None:
    try:
        public_id = tokens.unsign(LINK, token)
    except tokens.BadToken:
        return None
    return Registration.objects.open(now=now).filter(public_id=public_id).first()


def _page(
    request: HttpRequest,
    draft: Registration | None,
    form: object,
    *,
    now: datetime,
    status: int = 200,
) -> HttpResponse:
    return show(
        request,
        "contact",
        draft=draft if session.is_proved(request) else None,
        now=now,
        cohort_code=session.cohort_code(request) or (draft.cohort_code if draft else ""),
        topic=FIRST,
        form=form,
        status=status,
    )


def _code_page(
    request: HttpRequest,
    draft: Registration,
    contact: Contact,
    form: CodeForm,
    *,
    refusal: str = "",
    is_again: bool = False,
) -> HttpResponse:
    return show(
        request,
        "code",
        draft=None,
        now=timezone.now(),
        cohort_code=draft.cohort_code,
        topic=FIRST,
        form=form,
        is_phone=contact.is_phone,
        contact=contact.shown if session.is_typed(request) else contact.masked,
        refusal=refusal,
        is_again=is_again,
        minutes=settings.CODE_MINUTES,
        back_url=reverse(START),
        status=WRONG if form.errors or refusal else 200,
    )
