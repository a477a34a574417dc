"""After a class in a real browser: the pages fit, can be read, and take an answer by a tap.

PICTURES=folder keeps screenshots there.
"""

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.browser.test_look import keep
from tests.browser.test_mine import MOST_BYTES
from tests.browser.test_staff import OF_THE_THEME, staff_page
from tests.factories import TrainerFactory
from tests.trainings.aftermath.conftest import after, come, grown, rate
from tests.trainings.aftermath.test_absences import say
from tests.trainings.aftermath.test_transport import make
from trainings.aftermath import transport
from trainings.models import Assignment, BudgetLine, Cohort, Feedback
from umkm_portal.common import tokens

__all__ = ["after", "staff_page"]
pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.django_db(transaction=True)]
COMMENT = "Pelatihnya sabar dan contohnya dari pedagang pasar, jadi langsung bisa saya tiru. " * 3


def look_at(page, address, live_server, violations, *, allowed=()):
    """What is wrong with one page: rules broken, and how much it is too wide."""
    width = page.viewport_size["width"]
    page.goto(live_server.url + address, wait_until="networkidle")
    keep(page, address.replace(address.split("/")[2], "t") if "/u/" in address else address, width)
    found = [line for line in violations(page) if not line.startswith(tuple(allowed))]
    over = page.evaluate("document.documentElement.scrollWidth") - width
    return [*found, *([f"{over} px too wide"] if over > 0 else [])]


def test_owners_pages_fit_and_take_an_answer(any_width, live_server, violations, after):
    page = any_width
    second = TrainerFactory(name="Ratih Ayuningtyas Kusumawardhani")
    Assignment.objects.create(session=after.session, trainer=second, state="confirmed")
    hers, his = (
        reverse("trainings:answer", args=[tokens.sign("invitation", one.public_id)])
        for one in (after.siti, after.budi)
    )
    weight = []
    page.on("response", lambda answer: weight.append(len(answer.body())))

    assert look_at(page, f"{hers}kesan/", live_server, violations) == []
    assert sum(weight) <= 2 * MOST_BYTES  # as files; on the wire they are compressed
    page.get_by_role("button", name="Kirim penilaian").click()
    assert page.get_by_text("Belum terkirim").is_visible()
    keep(page, "u-t-kesan-kurang", page.viewport_size["width"])
    assert violations(page) == []
    for question in ("berguna untuk usaha", "mudah diikuti", "pelayanannya"):
        page.get_by_role("group", name=question).locator("label").first.click()
    page.get_by_label("Komentar (boleh").fill(COMMENT)
    page.get_by_role("button", name="Kirim penilaian").click()
    page.get_by_text("Penilaian Anda tersimpan.").wait_for()
    keep(page, "u-t-kesan-selesai", page.viewport_size["width"])
    assert violations(page) == []
    assert set(Feedback.objects.get().scores.values_list("score", flat=True)) == {5}

    assert look_at(page, f"{his}alasan/", live_server, violations) == []
    smallest = min(box["height"] for box in _boxes(page, ".pick label, .btn"))
    assert smallest >= 44
    page.get_by_text("Usaha sedang ramai").click()
    page.get_by_text("Ya, saya mau gelombang berikutnya").click()
    page.get_by_role("button", name="Kirim").click()
    page.get_by_text("Anda didahulukan").wait_for()
    keep(page, "u-t-alasan-selesai", page.viewport_size["width"])
    assert violations(page) == []


def test_staff_pages_fit_and_can_be_read(staff_page, live_server, violations, after):
    people = grown(after, 6)
    for number, one in enumerate(people[:5]):
        scores = {after.trainer.pk: 5 - number % 2}
        rate(one, after.now, score=5 - number % 3, trainers=scores, comment=COMMENT[: 60 * number])
    say(after.budi, after.now, reason="lainnya", note="Anak sakit di rumah")
    Cohort.objects.update(transport_rate=75_000)
    after.cohort.refresh_from_db()
    BudgetLine.objects.create(cohort=after.cohort, purpose="transport", planned=500_000)
    batch = make(after, accepts_over=True)
    transport.mark_paid(batch, by=after.officer, now=timezone.now())
    wrong = {}

    for name in ("cohort_feedback", "cohort_transport", "cohort_change"):
        if name == "cohort_transport":
            come(after.budi)
        address = reverse(f"admin:trainings_{name}", args=[after.cohort.pk])
        wrong[name] = look_at(staff_page, address, live_server, violations, allowed=OF_THE_THEME)
    for name in ("aftermath", "feedbackquestion_changelist", "feedbackquestion_add"):
        address = reverse(f"admin:trainings_{name}")
        wrong[name] = look_at(staff_page, address, live_server, violations, allowed=OF_THE_THEME)

    assert {name: found for name, found in wrong.items() if found} == {}
    assert staff_page.problems == []


def _boxes(page, chosen):
    return [one.bounding_box() for one in page.locator(chosen).all() if one.is_visible()]
