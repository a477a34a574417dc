"""The same key of a request gets the same answer: what is sent twice is done once.

A key is held by an advisory lock while its request is worked on, so that of two at once the second
waits for the answer of the first; a process that dies lets go of it, and the next try does the
work again, which every write here allows.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from django.db import connection
from django.http import JsonResponse
from django.utils import timezone
from django.utils.crypto import salted_hmac

from partners.api.auth import ApiRequest
from partners.api.problems import Problem, respond
from partners.models import ApiAnswer, ApiToken

WAIT_SECONDS = 5.0
LOOK_EVERY = 0.1
REPLAYED = "Idempotency-Replayed"


class Answer(NamedTuple):
    """What a request is answered."""

    status: int
    body: dict[str, Any]


def answer_once(
    request: ApiRequest, key: str, content: object, do: Callable[[], Answer]
) -> JsonResponse:
    """Do what is asked, or give the answer that this key got before; a refusal is one, too.

    `content` is what was asked, as JSON can hold it. Raises Problem (409) for a key that came with
    other content, or whose first request is still worked on.
    """
    digest = _digest([request.method, request.path, content])
    with _held(request.auth, key):
        kept, _ = ApiAnswer.objects.get_or_create(
            token=request.auth,
            key=key,
            defaults={"request_digest": digest, "created_at": timezone.now()},
        )
        if kept.request_digest != digest:
            raise Problem(
                409,
                "Idempotency-Key ini sudah dipakai untuk permintaan dengan isi lain. Pakai kunci "
                "baru untuk isi baru.",
            )
        if kept.status is not None:
            return respond(kept.status, kept.body or {}, headers={REPLAYED: "true"})
        try:
            status, body = do()
        except Problem as refusal:
            status, body = refusal.status, refusal.body()
        ApiAnswer.objects.filter(pk=kept.pk).update(status=status, body=body)
    return respond(status, body)


@contextmanager
def _held(token: ApiToken, key: str) -> Iterator[None]:
    digest = hashlib.sha256(f"api-answer:{token.pk}:{key}".encode()).digest()
    number = int.from_bytes(digest[:8], signed=True)
    stop_at = time.monotonic() + WAIT_SECONDS
    while not _ask("SELECT pg_try_advisory_lock(%s)", number):
        if time.monotonic() > stop_at:
            raise Problem(
                409,
                "Permintaan dengan Idempotency-Key ini masih dikerjakan. Kirim lagi sebentar lagi.",
                headers={"Retry-After": "5"},
            )
        time.sleep(LOOK_EVERY)
    try:
        yield
    finally:
        _ask("SELECT pg_advisory_unlock(%s)", number)


def _ask(sql: str, number: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(sql, [number])
        return bool(cursor.fetchone()[0])


def _digest(content: object) -> str:
    """Keyed, because a NIK in a short list could be found from a plain hash by trying."""
    return salted_hmac(
        __name__, json.dumps(content, sort_keys=True), algorithm="sha256"
    ).hexdigest()
