import io
from datetime import timedelta

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from participants.models import DataAccess
from tests.factories import SessionFactory
from tests.trainings.aftermath.conftest import come, grown
from tests.trainings.planning.test_pages import rows
from tests.trainings.test_admin import form_data
from trainings import invariants
from trainings.aftermath import transport, transport_papers
from trainings.aftermath.transport import TransportRefused, make_batch, plan_batch
from trainings.models import (
    Attendance,
    BudgetLine,
    Cohort,
    TransportBatch,
    TransportItem,
)

pytestmark = pytest.mark.django_db
RATE = 50_000


@pytest.fixture
def paying(after):
    """The class pays 50,000 a session, of a plan of 200,000."""
    Cohort.objects.update(transport_rate=RATE)
    after.cohort.refresh_from_db()
    after.line = BudgetLine.objects.create(
        cohort=after.cohort, purpose="transport", planned=200_000
    )
    return after


def make(scene, number=1, accepts_over=False):
    return make_batch(
        scene.cohort,
        number=number,
        accepts_over=accepts_over,
        by=scene.officer,
        now=scene.now,
    )


def money(scene):
    scene.line.refresh_from_db()
    return (scene.line.committed, scene.line.spent)


def test_each_attendance_is_paid_for_once_and_a_later_mark_comes_into_the_next_list(paying):
    first = make(paying)
    with pytest.raises(TransportRefused, match="baru saja dibuat"):
        make(paying)
    with pytest.raises(TransportRefused, match="Belum ada kehadiran"):
        make(paying, number=2)

    come(paying.budi, by=paying.officer)
    Cohort.objects.update(transport_rate=2 * RATE)
    second = make(paying, number=2)

    assert [(row.name, row.sessions, row.rupiah) for row in first.rows.all()] == [
        ("Siti Aminah", 1, RATE)
    ]
    assert [(row.name, row.rupiah) for row in second.rows.all()] == [("Budi Hartono", 2 * RATE)]
    assert (first.rate, second.rate) == (RATE, 2 * RATE)
    assert money(paying) == (3 * RATE, 0)
    transport.mark_paid(first, by=paying.officer, now=paying.now)
    assert money(paying) == (2 * RATE, RATE)
    transport.cancel_batch(second, by=paying.officer, now=paying.now)
    assert money(paying) == (0, RATE)
    third = make(paying, number=3)
    assert [row.name for row in third.rows.all()] == ["Budi Hartono"]
    with pytest.raises(TransportRefused, match="sudah dibayarkan"):
        transport.cancel_batch(first, by=paying.officer, now=paying.now)
    assert invariants.violations() == []


def test_more_than_planned_is_said_before_and_done_when_meant(paying):
    grown(paying, 4)
    assert plan_batch(paying.cohort).over == RATE

    with pytest.raises(TransportRefused, match="melebihi rencana Rp50.000"):
        make(paying)
    make(paying, accepts_over=True)

    assert money(paying) == (5 * RATE, 0)


def test_a_day_is_paid_once_also_when_its_second_session_is_marked_later(paying):
    evening = SessionFactory(
        cohort=paying.cohort,
        starts_at=paying.session.starts_at,  # a minute later might be tomorrow
        ends_at=paying.session.ends_at - timedelta(minutes=1),
    )
    Cohort.objects.update(transport_per="day")
    paying.cohort.refresh_from_db()
    make(paying)

    come(paying.siti, evening, by=paying.officer)
    come(paying.budi, evening, by=paying.officer)
    come(paying.budi, paying.session, by=paying.officer)
    second = make(paying, number=2)

    (row,) = second.rows.all()
    assert (row.name, row.sessions, row.rupiah) == ("Budi Hartono", 2, RATE)


def test_an_attendance_undone_after_the_list_is_told(paying):
    make(paying)
    assert transport.taken_back(paying.cohort) == 0

    Attendance.objects.update(came_at=None)

    assert transport.taken_back(paying.cohort) == 1
    assert plan_batch(paying.cohort).rows == []


def test_papers_say_what_was_frozen_and_run_no_formula(paying):
    paying.siti.participant.full_name = "=1+1"
    paying.siti.participant.save()
    batch = make(paying)
    paying.siti.participant.full_name = "Lain"
    paying.siti.participant.save()

    text, book = io.BytesIO(), io.BytesIO()
    assert transport_papers.write_text(text, batch) == 1
    transport_papers.write_workbook(book, batch)

    assert "'=1+1" in text.getvalue().decode("utf-8-sig")
    cells = list(load_workbook(book).active.iter_rows(values_only=True))
    assert cells[2][1:5] == ("=1+1", batch.rows.get().code, "1", "50000")
    assert load_workbook(book).active["B3"].data_type == "s"
    assert transport_papers.paper(batch)[:5] == b"%PDF-"


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_and_the_list_ask_a_constant_number_of_queries(
    client, paying, count, django_assert_num_queries
):
    client.force_login(paying.officer)
    grown(paying, count)
    page = reverse("admin:trainings_cohort_transport", args=[paying.cohort.pk])
    client.get(page)

    with django_assert_num_queries(15):
        shown = client.get(page).content.decode()
    with django_assert_num_queries(12):
        make(paying)

    assert f"Buat daftar 1 ({count + 1} orang)" in shown


def test_officers_make_take_and_book_a_list(client, paying):
    client.force_login(paying.officer)

    def url(name, *args):
        return reverse(f"admin:trainings_cohort_transport{name}", args=[paying.cohort.pk, *args])

    made = client.post(url("_make"), {"number": 1}, follow=True).content.decode()
    batch = TransportBatch.objects.get()
    papers = [client.get(url(f"_{kind}"), {"nomor": 1}) for kind in ("pdf", "xlsx", "csv")]
    client.post(url("_pay", batch.pk))

    assert "Daftar 1 dibuat: 1 orang, Rp50.000." in made
    assert [paper.status_code for paper in papers] == [200, 200, 200]
    assert client.get(url("_pdf"), {"nomor": 9}).status_code == 404
    assert DataAccess.objects.filter(participant=paying.siti.participant).count() == 3
    assert money(paying) == (0, RATE)
    assert "dibayarkan" in client.get(url("")).content.decode()
    assert TransportItem.objects.count() == 1


def test_a_form_left_open_while_a_list_is_made_keeps_what_was_booked(client, paying):
    client.force_login(paying.officer)
    line, cohort = paying.line, paying.cohort
    seen = {"id": line.pk, "cohort": cohort.pk, "purpose": "transport", "note": "Ongkos"}
    seen |= {"planned": "300.000", "committed": "Rp0", "spent": "Rp0"}
    before = form_data(client, cohort)
    address = reverse("admin:trainings_cohort_change", args=[cohort.pk])

    def save(**typed):
        shown = {"initial-budget_lines-0-committed": "Rp0", "initial-budget_lines-0-spent": "Rp0"}
        return client.post(address, before | shown | rows("budget_lines", seen | typed, initial=1))

    hidden = 'name="initial-budget_lines-0-committed" value="Rp0"'
    assert hidden in client.get(address).content.decode()
    make(paying)
    saved = save()
    typed = save(committed="10.000")

    assert saved.status_code == 302
    assert money(paying) == (RATE, 0)
    assert (line.planned, line.note) == (300_000, "Ongkos")
    assert "Sekarang Rp50.000, berubah sejak halaman ini dibuka" in typed.content.decode()
