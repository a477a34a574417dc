"""Pages of certificates in a real browser: they fit, can be read, are light.

PICTURES=folder keeps screenshots there.
"""

from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.browser.test_look import SMALL, keep
from tests.browser.test_public import LIMIT, OVERFLOW
from tests.browser.test_staff import OF_THE_THEME
from tests.factories import UserFactory
from tests.staff import make_user
from tests.trainings.certificates.conftest import close, come, over
from trainings.certificates import batches, issuing
from trainings.models import CertificateTemplate, Enrolment, Training
from trainings.tickets import token_of

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.django_db(transaction=True)]
NAMES = (
    "Raden Ajeng Siti Aminah Nurhasanah Kusumawardhani",
    *("Siti Aminah", "Budi Hartono", "Citra Dewi", "Dodi Pulang"),
)


@pytest.fixture
def pages(transactional_db, settings, tmp_path):
    """(who, address) of each page: guests' first."""
    settings.MEDIA_ROOT = tmp_path / "uploads"
    cohort, places = over(NAMES, training__title="Berjualan lewat siaran langsung")
    for place in places[:4]:
        come(place)
    come(places[4], leaves_after=timedelta(hours=1))
    close(cohort)
    Training.objects.update(materials="Lembar kerja siaran\nhttps://contoh.example/lembar")
    CertificateTemplate.objects.create(
        name="Templat dinas", title="Sertifikat", body="{nama}", signer_name="Ibu Kepala"
    )
    now = timezone.now()
    batch = batches.request_batch(cohort, kind="finished", by=None, now=now)
    batches.work_batch(batch.pk)
    papers = [place.certificates.get() for place in places[:4]]
    issuing.revoke(papers[1], reason="Salah orang", by=None, now=now)
    issuing.reissue(papers[2], name="Budi H.", reason="Nama salah ejaan", by=None, now=now)
    Enrolment.objects.filter(pk=places[3].pk).update(state="attended")
    account = UserFactory()
    for place in (places[0], places[4]):
        place.participant.account = account
        place.participant.save()
    head = make_user("head")
    numbers = [paper.shown_number for paper in papers[:3]]
    ticket = reverse("trainings:ticket", args=[token_of(places[0])])
    late = reverse("trainings:ticket", args=[token_of(places[4])])
    tab = reverse("admin:trainings_cohort_certificates", args=[cohort.pk])
    template = CertificateTemplate.objects.get()
    change = reverse("admin:trainings_certificatetemplate_change", args=[template.pk])
    return [
        *((None, reverse("trainings:certificate", args=[number])) for number in numbers),
        (None, reverse("trainings:certificate_find")),
        *((None, address) for address in (ticket, late)),
        *((account, reverse(f"mine:{name}")) for name in ("home", "certificates")),
        (head, tab),
        (head, f"{tab}?lihat=tidak-berhak"),
        (head, change),
    ]


def log_in(page, user, url):
    page.context.clear_cookies()
    if user:
        client, name = Client(), settings.SESSION_COOKIE_NAME
        client.force_login(user)
        page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": url}])


def test_pages_fit_and_are_readable(any_width, live_server, violations, pages):
    page, wrong = any_width, {}
    width = page.viewport_size["width"]
    for user, address in pages:
        log_in(page, user, live_server.url)
        status = page.goto(live_server.url + address).status
        keep(page, address, width)
        found = [line for line in violations(page) if not line.startswith(OF_THE_THEME)]
        found += [f"wider by {over}"] if (over := page.evaluate(OVERFLOW)) > 0 else []
        found += [f"status {status}"] if status != 200 else []
        found += page.evaluate(SMALL) if width < 500 else []
        if found:
            wrong[address] = found

    assert wrong == {}


def test_public_page_is_light(browser, live_server, pages):
    context, sizes = browser.new_context(), []
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))

    page.goto(live_server.url + pages[0][1], wait_until="networkidle")

    assert 10_000 < sum(sizes) <= LIMIT
    context.close()
