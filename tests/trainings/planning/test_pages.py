"""Planning in the staff pages: readiness, money, clashes, trainers, waves, calendar."""

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.factories import BudgetLineFactory, ProgrammeFactory, TrainerFactory, VenueFactory
from tests.staff import make_user
from tests.trainings.planning.scene import at, make_plan, make_training, workday
from tests.trainings.test_admin import form_data, text_of
from trainings.admin.cohort_forms import CohortForm
from trainings.models import (
    Assignment,
    Cohort,
    CohortQuota,
    Programme,
    Session,
    Unavailability,
)
from trainings.planning import money

pytestmark = pytest.mark.django_db
MONTH = reverse("admin:trainings_cohort_month")
CALENDAR = reverse("admin:trainings_cohort_calendar")


@pytest.fixture
def head(client):
    client.user = make_user("head")
    client.force_login(client.user)
    return client


def page(name, *args):
    return reverse(f"admin:trainings_{name}", args=args)


def change(cohort):
    return page("cohort_change", cohort.pk)


def rows(prefix, *lines, initial=0):
    """Rows below a form as a browser sends them."""
    data = {f"{prefix}-TOTAL_FORMS": len(lines), f"{prefix}-INITIAL_FORMS": initial}
    for number, line in enumerate(lines):
        data |= {f"{prefix}-{number}-{name}": value for name, value in line.items()}
    return data


def session_row(day, hour=9, **facts):
    return {
        "starts_at_0": f"{day:%d/%m/%Y}",
        "starts_at_1": f"{hour:02}:00",
        "ends_at_0": f"{day:%d/%m/%Y}",
        "ends_at_1": f"{hour + 3:02}:00",
    } | facts


# --- Readiness and opening


def test_what_is_missing_in_the_training_leads_back_to_the_cohort(head):
    cohort, other = make_plan(training=make_training(materials="")), make_plan()
    lacking = head.get(change(cohort)).context["readiness"].missing
    (form,) = (item.address.partition("#")[0] for item in lacking if item.key == "materials")
    data = head.get(form).context["adminform"].form.initial | {"materials": "Buku saku"}
    data = {name: value for name, value in data.items() if value is not None}

    saved = head.post(form, data)
    elsewhere = head.post(page("training_change", cohort.training_id), data)
    foreign = head.post(f"{page('training_change', cohort.training_id)}?gelombang={other.pk}", data)

    assert saved.url == change(cohort)
    assert [elsewhere.url, foreign.url] == [page("training_changelist")] * 2
    cohort.training.refresh_from_db()
    assert cohort.training.materials == "Buku saku"


def test_a_cohort_says_what_it_lacks_and_opens_by_its_button_only(head):
    cohort = make_plan(planned=2_000_000, training=make_training(budget=5_000_000))
    cohort.budget_lines.update(committed=500_000, spent=250_000)
    Assignment.objects.update(state="asked")

    shown = text_of(head.get(change(cohort)))
    forged = head.post(change(cohort), form_data(head, cohort, state="open"))
    refused = head.post(page("cohort_open", cohort.pk), follow=True)

    assert "Kesiapan: 5 dari 6" in shown
    assert "belum menjawab" in shown
    for amount in ("Rp2.000.000", "Rp500.000", "Rp250.000", "Rp5.000.000"):
        assert amount in shown
    assert "tombol Terbitkan" in text_of(forged)
    assert "Gelombang ini belum siap: pelatih." in text_of(refused)
    head.post(page("cohort_open", cohort.pk), {"reason": "Pelatih sudah janji lisan"})
    cohort.refresh_from_db()
    assert (cohort.state, cohort.overridden_by) == ("open", head.user)
    assert "Dibuka walau belum siap" in text_of(head.get(change(cohort)))
    assert "Pelatih sudah janji lisan" in text_of(head.get(page("cohort_history", cohort.pk)))


def test_a_new_cohort_is_a_draft_whose_page_says_what_is_missing(head):
    training = make_training()
    data = {
        **{"training": training.pk, "number": 1, "code": "baru-1", "state": "draft"},
        **{"mode": "in_person", "eligibility": "anyone", "seats": 10, "minimum": 1},
        **{"people_per_seat": 3, "answer_hours": 72, "offer_hours": 24, "walk_ins": "nobody"},
        **rows("sessions"),
        **rows("budget_lines"),
        **rows("quotas"),
    }

    opened = head.post(page("cohort_add"), data | {"state": "open"})
    written = head.post(page("cohort_add"), data, follow=True)

    assert opened.status_code == 200
    assert Cohort.objects.get().state == "draft"
    assert "Kesiapan: 1 dari 6" in text_of(written)


@pytest.mark.parametrize("count", [1, 3])
def test_a_month_of_cohorts_asks_a_constant_number_of_queries(
    head, count, django_assert_num_queries
):
    programme = ProgrammeFactory(budget=9_000_000)
    day = workday(14)
    for number in range(count):
        training = make_training(programme=programme)
        make_plan(training=training, day=day, hour=8 + number)

    with django_assert_num_queries(16):
        found = head.get(MONTH, {"bulan": f"{day:%Y-%m}"})

    assert (found.context["ready_count"], found.context["count"]) == (count, count)


def test_a_month_shows_what_each_cohort_lacks_and_leaves_out_other_months(head):
    day = workday(14)
    good, bad = make_plan(day=day), make_plan(day=day, hour=13)
    bad.budget_lines.all().delete()
    undated = make_plan(day=day)
    Cohort.objects.filter(pk=undated.pk).update(starts_at=None)
    make_plan(day=workday(14 + 62))

    found = head.get(MONTH, {"bulan": f"{day:%Y-%m}", "hanya": "kurang"})

    assert [line.cohort for line in found.context["dated"]] == [bad]
    assert found.context["lacking_counts"] == [("Anggaran", 1)]
    assert (found.context["ready_count"], found.context["count"]) == (1, 2)
    mine = head.get(MONTH, {"bulan": f"{day:%Y-%m}", "program": good.training.programme_id})
    assert [line.cohort for line in mine.context["dated"]] == [good]


# --- Clashes before saving


def test_a_clash_is_said_before_saving_and_saved_when_ignored(head):
    taken, cohort, day = make_plan(day=workday(20)), make_plan(), workday(20)
    venue = taken.sessions.get().venue
    cohort.sessions.all().delete()
    data = form_data(head, cohort, **rows("sessions", session_row(day, venue=venue.pk)))

    refused = head.post(change(cohort), data)

    assert "Belum ada yang disimpan" in text_of(refused)
    assert f"{venue} sudah dipakai {taken.training.title}" in text_of(refused)
    assert not cohort.sessions.exists()
    saved = head.post(change(cohort), data | {"ignore_clashes": "on"})
    assert saved.status_code == 302
    session = cohort.sessions.get()
    again = session_row(day, id=session.pk, cohort=cohort.pk, venue=venue.pk)
    known = form_data(head, cohort, place_note="Naik lift", **rows("sessions", again, initial=1))
    assert head.post(change(cohort), known).status_code == 302  # nobody is asked twice


def test_nobody_is_at_two_places_and_no_room_holds_more_than_it_does(head):
    taken, cohort, day = make_plan(day=workday(20)), make_plan(), workday(20)
    trainer = Assignment.objects.get(session__cohort=taken).trainer
    cohort.sessions.all().delete()
    small = VenueFactory(capacity=3)
    line = session_row(day, venue=small.pk, teachers=trainer.pk)

    refused = head.post(
        change(cohort), form_data(head, cohort, ignore_clashes="on", **rows("sessions", line))
    )

    told = text_of(refused)
    assert f"{trainer.name} sudah mengajar" in told
    assert "muat 3 orang, kursinya 10" in told
    assert "Simpan walau bentrok" not in told
    assert not cohort.sessions.exists()


def test_more_seats_than_the_room_holds_are_refused(head):
    cohort = make_plan()
    session = cohort.sessions.get()
    day = timezone.localdate(session.starts_at)
    known = session_row(
        day,
        id=session.pk,
        cohort=cohort.pk,
        venue=session.venue_id,
        teachers=Assignment.objects.get().trainer_id,
    )

    refused = head.post(
        change(cohort), form_data(head, cohort, seats=60, **rows("sessions", known, initial=1))
    )

    assert "muat 50 orang, kursinya 60" in text_of(refused)
    cohort.refresh_from_db()
    assert cohort.seats == 10


def test_money_over_the_ceiling_is_said_for_a_draft_and_refused_for_an_open_cohort(head):
    cohort = make_plan(training=make_training(budget=2_000_000))
    line = cohort.budget_lines.get()
    more = {"id": line.pk, "cohort": cohort.pk, "purpose": "meals", "note": ""}
    more |= {"planned": "2.000.001", "committed": "0", "spent": "0"}

    def post(**facts):
        data = form_data(head, cohort, **rows("budget_lines", more, initial=1))
        return head.post(change(cohort), data | facts)

    assert "melebihi sisa pagu" in text_of(post())
    assert post(ignore_clashes="on").status_code == 302
    line.refresh_from_db()
    assert line.planned == 2_000_001
    Cohort.objects.filter(pk=cohort.pk).update(state="open")
    more["planned"] = "2.000.002"
    refused = text_of(post(ignore_clashes="on"))
    assert "melebihi sisa pagu" in refused
    assert "Simpan walau bentrok" not in refused
    more["planned"] = "1.900.000"
    assert post().status_code == 302


def test_a_moved_session_asks_its_trainers_again(head):
    cohort = make_plan()
    session, teaching = cohort.sessions.get(), Assignment.objects.get()
    line = session_row(
        workday(21),
        id=session.pk,
        cohort=cohort.pk,
        venue=session.venue_id,
        teachers=teaching.trainer_id,
    )

    head.post(change(cohort), form_data(head, cohort, **rows("sessions", line, initial=1)))

    teaching.refresh_from_db()
    assert teaching.state == "asked"


# --- Trainers


@pytest.mark.parametrize("count", [1, 3])
def test_trainers_page_asks_a_constant_number_of_queries(head, count, django_assert_num_queries):
    cohort = make_plan()
    for _ in range(count):
        cohort.sessions.get().trainers.add(TrainerFactory(handle="@jualan", followers=1200))

    with django_assert_num_queries(17):
        found = head.get(page("cohort_trainers", cohort.pk))

    assert "@jualan, 1.200 pengikut" in text_of(found)


def test_answers_and_fees_of_trainers_are_kept(head):
    cohort = make_plan()
    teaching = Assignment.objects.get()
    address = page("cohort_trainers", cohort.pk)
    line = {"id": teaching.pk, "state": "declined", "fee": "1,5 juta", "note": "Sakit"}

    head.post(address, rows("form", line, initial=1))
    teaching.refresh_from_db()
    said = (teaching.state, teaching.fee, teaching.note, teaching.answered_at is not None)
    head.post(address, {"all": f"{teaching.trainer_id}:confirmed"})
    teaching.refresh_from_db()
    bad = head.post(address, rows("form", line | {"fee": "mahal"}, initial=1))

    assert said == ("declined", 1_500_000, "Sakit", True)
    assert teaching.state == "confirmed"
    assert "tidak terbaca" in text_of(bad)
    assert "kurang Rp1.500.000" in text_of(head.get(change(cohort)))


def test_absences_are_kept_with_venue_and_trainer(head):
    venue = VenueFactory()
    data = {"name": venue.name, "address": "Jl. A", "capacity": 40, "cost_per_day": "0"}
    line = {"first_day": "01/02/2027", "last_day": "03/02/2027", "reason": "Renovasi"}

    head.post(page("venue_change", venue.pk), data | rows("unavailable", line))

    assert Unavailability.objects.get(venue=venue).reason == "Renovasi"


# --- Programmes


@pytest.mark.parametrize("count", [1, 3])
def test_programmes_ask_a_constant_number_of_queries(head, count, django_assert_num_queries):
    for _ in range(count):
        make_plan(training=make_training(budget=3_000_000))
    programme = Programme.objects.first()
    for _ in range(count):
        make_plan(training=make_training(programme=programme))

    with django_assert_num_queries(10):
        listed = text_of(head.get(page("programme_changelist")))
    head.get(page("programme_change", programme.pk))  # fills caches
    with django_assert_num_queries(24):
        shown = text_of(head.get(page("programme_change", programme.pk)))

    assert "dari Rp3.000.000" in listed
    assert f"Gelombang ({count + 1})" in shown
    assert "siap terbit" in shown


def test_a_programme_keeps_its_own_lines_within_its_ceiling(head):
    programme = ProgrammeFactory(budget=1_000_000)
    data = {
        **{"name": "Program", "slug": "program", "year": 2027, "aim": ""},
        **{"organiser": programme.organiser_id, "budget": "Rp1.000.000", "budget_source": "APBD"},
        **rows("reminder_rules"),
    }
    line = {"purpose": "other", "note": "", "committed": "0", "spent": "0"}
    address = page("programme_change", programme.pk)

    over = head.post(address, data | rows("budget_lines", line | {"planned": "1.000.001"}))
    good = head.post(address, data | rows("budget_lines", line | {"planned": "1.000.000"}))

    assert "melebihi sisa pagu" in text_of(over)
    assert good.status_code == 302
    assert programme.budget_lines.get().planned == 1_000_000
    BudgetLineFactory(cohort=make_plan(training=make_training(programme=programme)))
    Cohort.objects.update(state="open")
    known = line | {"id": programme.budget_lines.get().pk, "programme": programme.pk}
    lower = data | {"budget": "1.500.000"}
    same = rows("budget_lines", known | {"planned": "1.000.000"}, initial=1)
    assert "Pagu kurang Rp1.500.000" in text_of(head.post(address, lower | same, follow=True))


def test_a_training_moves_only_to_a_programme_with_room_for_its_open_waves(head):
    training = make_training()
    cohort = make_plan(training=training, planned=3_000_000)
    poor = ProgrammeFactory(budget=2_900_000)
    address = page("training_change", training.pk)
    form = head.get(address).context["adminform"].form
    data = {name: form[name].value() or "" for name in form.fields} | {"programme": poor.pk}

    Cohort.objects.update(state="open")
    refused = head.post(address, data)
    training.refresh_from_db()
    assert "kurang Rp100.000 untuk gelombang yang sudah dibuka" in text_of(refused)
    assert training.programme != poor
    assert money.lacking_for(training, poor) == 100_000

    cohort.budget_lines.update(planned=2_900_000)
    assert head.post(address, data).status_code == 302
    training.refresh_from_db()
    assert training.programme == poor


# --- Waves


def test_waves_are_shown_before_they_are_written(head):
    cohort = make_plan(day=workday(14))
    address = page("cohort_waves", cohort.pk)
    data = {
        **{"waves": 2, "first_day": "2027-02-01", "weekdays": ["0", "2"]},
        **{"hours": "09.00-12.00", "sessions": 2, "weeks_between": 0},
    }

    assert head.get(address).status_code == 200
    shown = head.post(address, data)
    proposal = shown.context["proposal"]
    assert "Tulis 2 rancangan" in text_of(shown)
    assert Cohort.objects.count() == 1
    written = head.post(address, data | {"write": proposal.fingerprint})
    twice = head.post(address, data | {"write": proposal.fingerprint})

    assert written["Location"] == f"{MONTH}?bulan=2027-02"
    assert "berubah sejak ditampilkan" in text_of(twice)
    assert Cohort.objects.count() == 3
    bad = head.post(address, data | {"hours": "pagi"})
    assert (bad.status_code, "tidak terbaca" in text_of(bad)) == (422, True)


def test_a_copy_is_a_draft_on_the_date_typed(head):
    cohort = make_plan()

    head.post(page("cohort_clone", cohort.pk), {"first_day": "1 Februari 2027"})

    copy = Cohort.objects.exclude(pk=cohort.pk).get()
    assert (copy.state, f"{timezone.localtime(copy.starts_at):%Y-%m-%d %H}") == (
        "draft",
        "2027-02-01 09",
    )


# --- Calendar


@pytest.mark.parametrize("view", ["bulan", "minggu", "tempat", "pelatih"])
@pytest.mark.parametrize("count", [1, 3])
def test_calendar_asks_a_constant_number_of_queries(head, view, count, django_assert_num_queries):
    day = workday(14)
    for number in range(count):
        make_plan(day=day, hour=8 + number)

    with django_assert_num_queries(13 if view in ("tempat", "pelatih") else 12):
        found = head.get(CALENDAR, {"tampilan": view, "tanggal": day.isoformat()})

    assert found.context["count"] == count


def test_calendar_marks_clashes_absences_and_days_off(head):
    day = workday(14)
    first, second = make_plan(day=day), make_plan(day=day)
    venue = first.sessions.get().venue
    Session.objects.update(venue=venue)
    idle = TrainerFactory(name="Sedang Cuti")
    Unavailability.objects.create(trainer=idle, first_day=day, last_day=day, reason="Umrah")
    Cohort.objects.filter(pk=second.pk).update(state="open")
    asked = {"tanggal": day.isoformat()}

    month = head.get(CALENDAR, asked)
    by_venue = head.get(CALENDAR, asked | {"tampilan": "tempat"})
    by_trainer = head.get(CALENDAR, asked | {"tampilan": "pelatih"})

    assert (month.context["count"], month.context["clash_count"]) == (2, 2)
    assert "Bentrok" not in month.context["title"]
    assert text_of(month).count("Tempat bentrok") == 2
    assert text_of(by_venue).count("sudah dipakai") == 2
    assert text_of(month).count("<i>rancangan</i>") == 1
    [row] = [row for row in by_venue.context["rows"] if str(venue) in row.heading]
    assert sum(len(cell.entries) for cell in row.cells) == 2
    assert "Tidak tersedia: Umrah" in text_of(by_trainer)
    assert head.get(CALENDAR, {"tanggal": "kapan", "tampilan": "apa"}).status_code == 200
    assert at(day).isoformat()[:10] in text_of(month)


def test_who_takes_a_seat_while_the_form_is_saved_stays_counted(head, monkeypatch):
    cohort = make_plan(training=make_training())
    quota = cohort.quotas.create(kind="city", key="31.74", seats=5)
    line = {"id": quota.pk, "cohort": cohort.pk, "kind": "city", "key": "31.74", "seats": 4}
    clean = CohortForm.clean

    def while_somebody_comes(form):
        Cohort.objects.update(taken=1, next_arrival_no=2, state="open")
        CohortQuota.objects.update(taken=1)
        return clean(form)

    monkeypatch.setattr(CohortForm, "clean", while_somebody_comes)
    data = form_data(head, cohort, place_note="Lewat timur", **rows("quotas", line, initial=1))

    assert head.post(change(cohort), data).status_code == 302

    cohort.refresh_from_db()
    quota.refresh_from_db()
    assert (cohort.place_note, cohort.taken, cohort.state) == ("Lewat timur", 1, "open")
    assert (quota.seats, quota.taken) == (4, 1)


def test_a_cohort_that_goes_to_another_training_takes_its_money_along(head):
    cohort = make_plan(training=make_training(), planned=1_000_000)
    Cohort.objects.update(state="open")
    small = make_training(budget=999_999)

    refused = head.post(change(cohort), form_data(head, cohort, training=small.pk))

    assert "melebihi sisa pagu" in text_of(refused)
    assert money.room_of(small.programme) == 999_999


def test_a_line_that_was_added_since_the_page_was_opened_counts(head):
    cohort = make_plan(training=make_training(budget=2_000_000), planned=1_000_000)
    Cohort.objects.update(state="open")
    line = {"cohort": cohort.pk, "purpose": "meals", "note": "", "committed": "0", "spent": "0"}
    known = line | {"id": cohort.budget_lines.get().pk, "planned": "1.000.000"}
    opened = form_data(head, cohort)
    BudgetLineFactory(cohort=cohort, planned=600_000)

    def add(amount):
        data = rows("budget_lines", known, line | {"planned": amount}, initial=1)
        return head.post(change(cohort), opened | data)

    assert "melebihi sisa pagu" in text_of(add("400.001"))
    assert add("400.000").status_code == 302
    assert money.room_of(cohort.training.programme) == 0
