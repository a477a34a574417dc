"""Pendaftaran dibantu: one page, by keyboard alone, for the person who stands at the counter."""

from functools import partial
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache

from participants.counter import joining
from participants.counter.forms import CounterForm
from participants.counter.people import may_be_twins, register_at_counter, registered_today
from participants.counter.places import places_of
from participants.counter.receipts import receipt_of
from participants.models import Participant
from participants.registration.people import AlreadyVerified
from umkm_portal.common.numbers import whole_in

NEEDS = "participants.add_participant"
PAGE = "admin:participants_participant_counter"
KEPT = {"region": "kelurahan", "joining": "gelombang"}
"""Answers that stay for the next person, and how the address calls them."""
SECTIONS = (
    ("Sesuai KTP", ("nik", "full_name", "birth_date", "region", "address", "ktp_seen")),
    ("Kontak dan usaha", ("phone", "email", "business_name", "sector", "products", "nib", "track")),
    ("Ditanyakan langsung", ("notice_told", "whatsapp", "photo", "is_willing", "joining")),
)
TWINS = 5
"""Look-alikes that are shown."""
HINTS = {
    "nik": "16 angka. Kosongkan bila tidak membawa KTP.",
    "birth_date": "Contoh: 25031985",
    "region": "Ketik beberapa huruf, pilih dari daftar.",
    "phone": "Boleh sama dengan anggota keluarga.",
    "nib": "13 angka. Kosongkan bila belum punya.",
}


def urls(site):
    """The addresses of the counter, below those of the participants."""
    pages = (
        ("daftar/", show, "counter"),
        ("<int:pk>/tanda-terima/", print_receipt, "receipt"),
    )
    return [
        path(address, _guard(site, view), name=f"participants_participant_{name}")
        for address, view, name in pages
    ]


def _guard(site, view):
    """For those who register people; guests and strangers are sent away by the site."""

    def run(request, **args):
        if not request.user.has_perm(NEEDS):
            raise PermissionDenied
        return view(request, site.each_context(request), **args)

    return site.admin_view(never_cache(run))


def show(request, context):
    """The empty form with what became of the last person, or the typed one with its errors."""
    now = timezone.now()
    make = partial(
        CounterForm,
        places=places_of(request.user),
        choices=list(joining.current().choices(now)),
    )
    if request.method == "POST":
        form = make(request.POST)
        if form.is_valid() and (response := _save(request, form, now)):
            return response
        return _page(request, context, form, now)
    initial = {name: request.GET.get(kept, "") for name, kept in KEPT.items()}
    form = make()
    form.initial = initial | {"region": form.places.label_of(initial["region"])}
    return _page(request, context, form, now)


def _save(request, form, now):
    """Register, join, and go on to the next person; None when the NIK is somebody's already."""
    ktp_seen, key = form.cleaned_data["ktp_seen"], form.cleaned_data["joining"]
    try:
        person = register_at_counter(form.entry(), actor=request.user, ktp_seen=ktp_seen, now=now)
    except AlreadyVerified as known:
        form.add_error("nik", "NIK ini sudah terdaftar.")
        form.is_taken = True
        seen = Participant.objects.for_user(request.user)
        form.known = seen.filter(pk=known.participant.pk).first()
        return None
    for warning in form.warnings:
        messages.warning(request, f"{person.full_name}: {warning}")
    if key:
        _join(request, key, person, now)
    kept = {"kelurahan": form.cleaned_data["region"].code, "gelombang": key, "baru": person.pk}
    return redirect(f"{reverse(PAGE)}?{urlencode(kept)}")


def _join(request, key, person, now):
    """A refused seat does not undo the registration."""
    try:
        joining.current().join(key, person, request.user, now)
    except joining.JoinRefused as refusal:
        messages.warning(request, f"{person.full_name} terdaftar, tetapi belum ikut: {refusal}")


def _page(request, context, form, now):
    last = _last(request)
    first_faulty = next((name for name in form.fields if name in form.errors), "nik")
    form.fields[first_faulty].widget.attrs["autofocus"] = True
    context |= {
        "title": "Pendaftaran dibantu",
        "form": form,
        "sections": [(title, [_shown(form, name) for name in names]) for title, names in SECTIONS],
        "places": form.places.labels,
        "today_count": registered_today(request.user, now=now),
        "last": last,
        "receipt": receipt_of(last, now=now) if last else None,
        "twins": may_be_twins(last, user=request.user)[:TWINS] if last else [],
        "is_old": last and timezone.localdate(last.created_at) < timezone.localdate(now),
    }
    status = 422 if form.errors else 200
    return TemplateResponse(request, "staff/counter.html", context, status=status)


def _last(request):
    """The person registered before this one, as the address names her."""
    if request.method == "POST":
        return None
    pk = whole_in(request.GET.get("baru", ""))
    return Participant.objects.for_user(request.user).filter(pk=pk).first()


def _shown(form, name):
    """A field with its hint; what stands beside it is told by `aria-describedby`."""
    field, hint = form[name], HINTS.get(name, "")
    beside = {"hint": hint, "error": field.errors}
    told = [f"{field.id_for_label}-{part}" for part, text in beside.items() if text]
    if told:
        field.field.widget.attrs["aria-describedby"] = " ".join(told)
    return field, hint


def print_receipt(request, context, pk):
    """The receipt alone on a small sheet, true to what the register says now."""
    person = get_object_or_404(Participant.objects.for_user(request.user).living(), pk=pk)
    context |= {
        "title": "Tanda terima",
        "person": person,
        "receipt": receipt_of(person, now=timezone.now()),
    }
    return TemplateResponse(request, "staff/counter_receipt.html", context)
