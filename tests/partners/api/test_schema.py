"""Whatever fits or breaks the document is answered as the document says, and never with 5xx."""

import pytest
import schemathesis
from django.core.files.base import ContentFile
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    missing_required_header,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.partners.api.conftest import person_of, sale_of
from umkm_portal.common import attempts
from umkm_portal.wsgi import application

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.long]
EXAMPLES = 10
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    missing_required_header,
    ignored_auth,
]


def closed(environ, start_response):
    """The portal as a server asks it: the answer is closed, and with it what was uploaded."""
    answer = application(environ, start_response)
    try:
        return [b"".join(answer)]
    finally:
        answer.close()


@pytest.mark.filterwarnings("default")
@pytest.mark.timeout(900)
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_every_answer_is_in_the_document(shopee, settings_of_portal, mode):
    pk = shopee.system.send(shopee.call.slug)
    shopee.system.send_file(shopee.call.slug, ContentFile(b"Xyz;Abc\n1;2\n", "x.csv"))
    headers = {**shopee.system.headers, "Accept-Encoding": "identity"}
    real = {"slug": shopee.call.slug, "pk": pk}
    sale = sale_of(person_of(shopee))
    sold = shopee.system.sell([sale, {**sale, "code": "keliru"}])
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", closed)
    operations = [found.ok() for found in schema.get_all_operations()]

    for operation in operations:
        is_of_sales = operation.path.startswith("/api/v1/sales")
        _fuzz(operation, mode, headers, {**real, "pk": sold} if is_of_sales else real)

    assert len(operations) == 20


@pytest.fixture
def settings_of_portal(settings, monkeypatch):
    """No limits: a 429 would hide what is behind it."""
    monkeypatch.setattr(attempts, "LIMIT", 10**9)
    settings.API_REQUESTS_PER_MINUTE = 10**9


def _fuzz(operation, mode, headers, real):
    """Try one operation: with numbers out of the air, and with those that are there."""
    calls = []

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=[*HealthCheck]
    )
    def run(case):
        calls.append(case)
        if mode == GenerationMode.POSITIVE and len(calls) % 2:
            for name in case.path_parameters or {}:
                case.path_parameters[name] = real[name]
        case.call_and_validate(headers=headers, checks=CHECKS)

    run()
