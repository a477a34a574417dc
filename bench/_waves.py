"""A year of full waves, and an online wave whose registration opens, for measurements."""

TRAININGS, WAVES, WAVE_SEATS = 50, 750, 57
"""1,500 sessions and 43,000 seats."""
PEOPLE = WAVES // TRAININGS * WAVE_SEATS
"""Who sits in them: each training has other people in each of its waves."""
OPENING = "bench-buka"
SEATS = 10_000
TICKETS = 100


def make_year():
    """A year of waves of two sessions, all full; returns the addresses of some tickets."""
    from django.db import connection

    from trainings.models import Enrolment
    from trainings.tickets import token_of

    trainings, venue = make_trainings()
    make_waves(trainings, venue)
    with connection.cursor() as cursor:
        cursor.execute(SEAT_EVERYBODY, {"seats": WAVE_SEATS})
        cursor.execute(TELL_THEIR_STORY)
        cursor.execute("UPDATE trainings_cohort SET taken = seats, next_arrival_no = seats + 1")
    rows = Enrolment.objects.order_by("?")[:TICKETS]
    return [f"/tiket/{token_of(row)}/" for row in rows]


SEAT_EVERYBODY = """
INSERT INTO trainings_enrolment (participant_id, cohort_id, training_id, state, public_id,
    short_code, arrival_no, priority, priority_reason, reason, answer_via, created_at, changed_at)
SELECT n + %(seats)s * (c.number - 1), c.id, c.training_id, 'confirmed', gen_random_uuid(),
    upper(lpad(to_hex(c.id * 1000 + n), 8, '0')), n, 0, '', '', '', now(), now()
FROM trainings_cohort c, generate_series(1, %(seats)s) n
"""
TELL_THEIR_STORY = """
INSERT INTO trainings_enrolmentevent (enrolment_id, from_state, to_state, via, note, happened_at)
SELECT e.id, step.before, step.after, 'sistem', '', now()
FROM trainings_enrolment e, (VALUES (1, '', 'invited'), (2, 'invited', 'confirmed'))
    AS step (number, before, after)
ORDER BY e.id, step.number
"""


def make_trainings():
    from trainings.models import Topic, Training, Venue
    from umkm_portal.accounts.models import Organisation

    agency = Organisation.objects.filter(kind=Organisation.Kind.AGENCY).first()
    topic = Topic.objects.create(slug="bench", name="Bench")
    trainings = [
        Training(
            slug=f"bench-{number}",
            topic=topic,
            kind=Training.Kind.CLASS,
            organiser=agency,
            title=f"Pelatihan {number}",
            audience="Siapa saja",
        )
        for number in range(TRAININGS + 1)
    ]
    venue = Venue.objects.create(name="Balai", address="Jakarta", capacity=WAVE_SEATS)
    return Training.objects.bulk_create(trainings), venue


def make_waves(trainings, venue):
    from trainings.models import Cohort

    cohorts = [
        Cohort(
            code=f"bench-{number}",
            training=trainings[number % TRAININGS],
            number=number // TRAININGS + 1,
            state=Cohort.State.OPEN,
            mode=Cohort.Mode.IN_PERSON,
            seats=WAVE_SEATS,
            **hours(30 + number // 3),
        )
        for number in range(WAVES)
    ]
    give_sessions(Cohort.objects.bulk_create(cohorts), venue=venue)


def make_opening(rows):
    """The wave that opens, and the link of everybody's invitation."""
    from participants.models import Participant
    from trainings.models import Cohort, Enrolment, EnrolmentEvent, Training

    cohort = Cohort.objects.create(
        code=OPENING,
        training=Training.objects.get(slug=f"bench-{TRAININGS}"),
        number=1,
        state=Cohort.State.OPEN,
        mode=Cohort.Mode.ONLINE,
        seats=max(SEATS, rows),
        data_cost_mb=200,
        auto_rounds=False,
        **hours(10),
    )
    give_sessions([cohort], link="https://contoh.example/kelas")
    people = Participant.objects.filter(status="active").order_by("-pk")[:rows]
    enrolments = Enrolment.objects.bulk_create(
        [
            Enrolment(participant=person, cohort=cohort, training_id=cohort.training_id)
            for person in people.only("pk")
        ]
    )
    EnrolmentEvent.objects.bulk_create(
        [EnrolmentEvent(enrolment=one, to_state="invited", via="sistem") for one in enrolments]
    )
    return cohort, send_invitations(cohort, enrolments)


def send_invitations(cohort, enrolments):
    """Invitations that went out yesterday; gives the addresses that stand in them."""
    from django.db import connection

    from umkm_portal.common import tokens
    from umkm_portal.messaging.models import AudienceMember, Campaign, Delivery

    campaign = Campaign.objects.create(
        kind="invitation",
        subject_id=cohort.pk,
        title="Bench",
        state=Campaign.State.DONE,
        audience_count=len(enrolments),
    )
    whom = [{"recipient_key": one.participant_id, "subject_id": one.pk} for one in enrolments]
    AudienceMember.objects.bulk_create(
        [AudienceMember(campaign=campaign, position=n, **one) for n, one in enumerate(whom, 1)]
    )
    sent = Delivery.objects.bulk_create(
        [Delivery(campaign=campaign, channel="email", state="accepted", **one) for one in whom]
    )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return [f"/u/{tokens.sign('answer', one.public_id)}/" for one in sent]


def hours(days):
    """Begin and end of a wave of two mornings, so many days ahead."""
    from datetime import timedelta

    from django.utils import timezone

    begins = timezone.now() + timedelta(days=days)
    return {"starts_at": begins, "ends_at": begins + timedelta(days=1, hours=3)}


def give_sessions(cohorts, **place):
    from datetime import timedelta

    from trainings.models import Session

    Session.objects.bulk_create(
        [
            Session(
                cohort=cohort,
                starts_at=cohort.starts_at + timedelta(days=day),
                ends_at=cohort.starts_at + timedelta(days=day, hours=3),
                **place,
            )
            for cohort in cohorts
            for day in range(2)
        ]
    )
