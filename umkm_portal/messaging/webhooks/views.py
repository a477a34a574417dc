"""Where providers report. Who cannot prove to be the provider leaves nothing behind."""

from __future__ import annotations

import hashlib
import hmac

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from umkm_portal.common.numbers import whole_in
from umkm_portal.messaging.webhooks import email as by_email
from umkm_portal.messaging.webhooks.receiving import FORM, JSON, LARGEST_BODY, Unreadable, store
from umkm_portal.messaging.webhooks.whatsapp import SOURCE

PLAIN = "text/plain"
MALFORMED, FORBIDDEN, TOO_LARGE, WRONG_TYPE = 400, 403, 413, 415


@never_cache
@csrf_exempt  # a provider signs what it sends; it has no form of ours
@require_http_methods(["GET", "POST"])
def whatsapp(request: HttpRequest) -> HttpResponse:
    """GET proves to WhatsApp that this address is ours; POST takes its reports."""
    if request.method == "GET":
        return _verify(request)
    if not settings.WHATSAPP_APP_SECRET:
        raise Http404
    body = _body(request)
    if body is None:
        return _answer(TOO_LARGE)
    if not _is_signed(body, request.headers.get("X-Hub-Signature-256", "")):
        return _answer(FORBIDDEN)
    return _store(SOURCE, body, JSON)


@never_cache
@csrf_exempt  # see above
@require_http_methods(["POST"])
def email(request: HttpRequest, provider: str) -> HttpResponse:
    """Reports of an email provider, which knows our secret."""
    if not settings.EMAIL_WEBHOOK_SECRET:
        raise Http404
    if not by_email.knows_secret(request):
        return _answer(FORBIDDEN)
    view = by_email.view_of(provider)
    if view is None:
        raise Http404
    content_type = (request.content_type or "").lower()
    if content_type not in (JSON, FORM):
        return _answer(WRONG_TYPE)
    body = _body(request)
    if body is None:
        return _answer(TOO_LARGE)
    if not by_email.is_genuine(view, body, content_type, request):
        return _answer(FORBIDDEN)
    return _store(by_email.source_of(provider), body, content_type)


def _verify(request: HttpRequest) -> HttpResponse:
    expected = settings.WHATSAPP_VERIFY_TOKEN
    if not expected:
        raise Http404
    asked = request.GET
    if asked.get("hub.mode") != "subscribe" or not constant_time_compare(
        asked.get("hub.verify_token", ""), expected
    ):
        return _answer(FORBIDDEN)
    return HttpResponse(asked.get("hub.challenge", "")[:200], content_type=PLAIN)


def _is_signed(body: bytes, header: str) -> bool:
    """Whether the header is the HMAC of the very bytes that came in."""
    key = settings.WHATSAPP_APP_SECRET.encode()
    expected = "sha256=" + hmac.new(key, body, hashlib.sha256).hexdigest()
    return constant_time_compare(header, expected)


def _body(request: HttpRequest) -> bytes | None:
    """The raw bytes; None when they are too many, which is seen before they are read."""
    length = whole_in(str(request.META.get("CONTENT_LENGTH") or "0"))
    if length is None or length > LARGEST_BODY:
        return None
    try:
        return request.body
    except RequestDataTooBig:
        return None


def _store(source: str, body: bytes, content_type: str) -> HttpResponse:
    try:
        store(source, body, content_type=content_type, now=timezone.now())
    except Unreadable:
        return _answer(MALFORMED)
    return HttpResponse("OK", content_type=PLAIN)


def _answer(status: int) -> HttpResponse:
    return HttpResponse(status=status, content_type=PLAIN)
