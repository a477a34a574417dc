"""The figures of the operations page for Prometheus."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from umkm_portal.messaging.models import SendingAccount
from umkm_portal.messaging.operations.figures import Operations, operations_of

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Figures of sending as text; 404 without METRICS_TOKEN, or for who does not know it."""
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    token = settings.METRICS_TOKEN
    if not token or not hmac.compare_digest(given.encode(), token.encode()):
        raise Http404
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Figures(operations_of(now=timezone.now())))
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE)


class _Figures(Collector):
    def __init__(self, operations: Operations) -> None:
        self._told = operations

    def collect(self) -> Iterable[Metric]:
        told = self._told
        queue = ["queue"]
        yield _family(
            ("messages_due", "Messages whose batch is due", queue),
            (((one.name,), one.messages) for one in told.queues),
        )
        yield _family(
            ("oldest_due_seconds", "Age of the batch that has waited longest", queue),
            (((one.name,), self._age(one.oldest)) for one in told.queues),
        )
        yield _family(
            ("queue_silent_seconds", "Since a worker of the queue gave a sign of life", queue),
            (((q.name,), self._age(q.answered_at)) for q in told.queues if q.answered_at),
        )
        yield _family(
            ("accepted_per_minute", "Messages taken by servers, mean of five minutes", []),
            [((), told.per_minute)],
        )
        yield _family(
            ("unsent_last_day", "Messages that did not arrive, by cause", ["state", "cause"]),
            (((state, cause), count) for state, cause, count in told.failures),
        )
        yield _family(
            ("account_open", "1 when the account may send", ["channel", "account"]),
            (
                ((a.channel, str(a.pk)), float(a.state == SendingAccount.State.OPEN))
                for a in told.accounts
            ),
        )
        yield _family(
            ("webhook_age_seconds", "Since the last report of a provider", ["source"]),
            (((one.name,), self._age(one.last_at)) for one in told.sources),
        )
        yield _family(
            ("webhooks_waiting", "Reports not worked yet", ["source"]),
            (((one.name,), one.waiting) for one in told.sources),
        )
        yield _family(
            ("troubles", "What a person must look at", []), [((), float(len(told.troubles)))]
        )

    def _age(self, moment: datetime | None) -> float:
        return (self._told.at - moment).total_seconds() if moment else 0.0


def _family(
    head: tuple[str, str, list[str]], samples: Iterable[tuple[tuple[str, ...], float]]
) -> GaugeMetricFamily:
    name, words, labels = head
    family = GaugeMetricFamily(f"portal_{name}", words, labels=labels)
    for values, number in samples:
        family.add_metric(list(values), number)
    return family
