"""One factory per model: valid by default, no surprises, every row unlike the others.

Seats are never made here: a factory writes one row and touches no counter. A test that needs a
person on a seat calls `trainings.services.answers.accept`.
"""

from datetime import datetime, time, timedelta

import factory
from django.contrib.auth.hashers import make_password
from django.utils import timezone

from participants.models import Business, ExportFile, Participant, Sector, Segment
from partners.models import (
    Agreement,
    Application,
    Bazaar,
    CurationCall,
    CurationDecision,
    CurationList,
    CurationResult,
    Partner,
    ProductKind,
    SalesReport,
    SharedList,
)
from trainings.models import (
    Assignment,
    BudgetLine,
    Cohort,
    CohortQuota,
    Enrolment,
    InvitationRound,
    Programme,
    Session,
    Topic,
    Trainer,
    Training,
    Venue,
)
from umkm_portal.accounts.models import Membership, Organisation, User
from umkm_portal.messaging.models import Campaign, Channel, Delivery
from umkm_portal.regions.models import Region
from umkm_portal.reports.models import Target


def in_days(days, hour=9):
    """That many days from today at a full hour, Jakarta time."""
    day = timezone.localdate() + timedelta(days=days)
    return timezone.make_aware(datetime.combine(day, time(hour)))


class UserFactory(factory.django.DjangoModelFactory):
    """`UserFactory(is_staff=True)` is staff without a role; see MembershipFactory."""

    class Meta:
        model = User

    email = factory.Sequence(lambda n: f"orang{n}@contoh.example")
    full_name = factory.Sequence(lambda n: f"Pengguna {n}")
    password = factory.LazyFunction(lambda: make_password(None))


class RegionFactory(factory.django.DjangoModelFactory):
    """A kelurahan of each of Jakarta's five cities in turn, in an invented kecamatan 99."""

    class Meta:
        model = Region

    code = factory.Sequence(lambda n: f"31.{71 + n % 5}.99.{1001 + n // 5}")
    name = factory.Sequence(lambda n: f"Kelurahan {n}")
    short_name = factory.SelfAttribute("name")
    level = Region.Level.VILLAGE
    kind = "Kelurahan"


class OrganisationFactory(factory.django.DjangoModelFactory):
    """An agency; `kind=Organisation.Kind.PARTNER` for a partner."""

    class Meta:
        model = Organisation

    kind = Organisation.Kind.AGENCY
    slug = factory.Sequence(lambda n: f"lembaga-{n}")
    name = factory.Sequence(lambda n: f"Dinas Contoh {n}")
    short_name = factory.SelfAttribute("name")


class MembershipFactory(factory.django.DjangoModelFactory):
    """The head office role of a member of staff."""

    class Meta:
        model = Membership

    user = factory.SubFactory(UserFactory, is_staff=True)
    organisation = factory.SubFactory(OrganisationFactory)
    role = Membership.Role.HEAD_OFFICE


class PartnerFactory(factory.django.DjangoModelFactory):
    """A partner with an organisation of that kind and no members; see `tests.staff.make_member`."""

    class Meta:
        model = Partner

    organisation = factory.SubFactory(OrganisationFactory, kind=Organisation.Kind.PARTNER)


class ProductKindFactory(factory.django.DjangoModelFactory):
    """A kind of product; the one of that slug where it is there already."""

    class Meta:
        model = ProductKind
        django_get_or_create = ("slug",)

    slug = factory.Sequence(lambda n: f"jenis-{n}")
    name = factory.Sequence(lambda n: f"Jenis {n}")


class CurationCallFactory(factory.django.DjangoModelFactory):
    """A call to which owners can apply from yesterday until in ten days."""

    class Meta:
        model = CurationCall

    partner = factory.SubFactory(PartnerFactory)
    slug = factory.Sequence(lambda n: f"kurasi-{n}")
    title = factory.Sequence(lambda n: f"Kurasi {n}")
    opens_at = factory.LazyFunction(lambda: in_days(-1))
    closes_at = factory.LazyFunction(lambda: in_days(10))
    state = CurationCall.State.OPEN


class ParticipantFactory(factory.django.DjangoModelFactory):
    """An active and willing person of Jakarta with a phone and an email."""

    class Meta:
        model = Participant

    full_name = factory.Sequence(lambda n: f"Peserta {n}")
    phone = factory.Sequence(lambda n: f"+62812{n:08d}")
    email = factory.Sequence(lambda n: f"peserta{n}@contoh.example")
    region = factory.SubFactory(RegionFactory)
    active_until = factory.LazyFunction(lambda: timezone.localdate() + timedelta(days=200))
    is_willing = True


class SectorFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Sector

    slug = factory.Sequence(lambda n: f"sektor-{n}")
    name = factory.Sequence(lambda n: f"Sektor {n}")


class BusinessFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Business

    participant = factory.SubFactory(ParticipantFactory)
    name = factory.Sequence(lambda n: f"Usaha {n}")
    sector = factory.SubFactory(SectorFactory)
    region = factory.SelfAttribute("participant.region")


class SegmentFactory(factory.django.DjangoModelFactory):
    """A saved audience without rules: everybody."""

    class Meta:
        model = Segment

    slug = factory.Sequence(lambda n: f"segmen-{n}")
    name = factory.Sequence(lambda n: f"Segmen {n}")
    owner = factory.SubFactory(UserFactory, is_staff=True)


class ExportFileFactory(factory.django.DjangoModelFactory):
    """A list of everybody that waits to be written."""

    class Meta:
        model = ExportFile

    requested_by = factory.SubFactory(UserFactory, is_staff=True)
    columns = factory.LazyFunction(lambda: ["kode", "nama"])
    file_format = ExportFile.Format.CSV
    purpose = "Verifikasi bazar"


class TopicFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Topic

    slug = factory.Sequence(lambda n: f"tema-{n}")
    name = factory.Sequence(lambda n: f"Tema {n}")


class ProgrammeFactory(factory.django.DjangoModelFactory):
    """A programme of this year without a ceiling."""

    class Meta:
        model = Programme

    slug = factory.Sequence(lambda n: f"program-{n}")
    name = factory.Sequence(lambda n: f"Program {n}")
    organiser = factory.SubFactory(OrganisationFactory)
    year = factory.LazyFunction(lambda: timezone.localdate().year)


class TrainingFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Training

    slug = factory.Sequence(lambda n: f"pelatihan-{n}")
    topic = factory.SubFactory(TopicFactory)
    kind = Training.Kind.CLASS
    organiser = factory.SubFactory(OrganisationFactory)
    title = factory.Sequence(lambda n: f"Pelatihan {n}")


class VenueFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Venue

    name = factory.Sequence(lambda n: f"Balai {n}")
    address = factory.Sequence(lambda n: f"Jalan Contoh {n}, Jakarta")
    capacity = 50


class TrainerFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Trainer

    kind = Trainer.Kind.STAFF
    name = factory.Sequence(lambda n: f"Pelatih {n}")


class CohortFactory(factory.django.DjangoModelFactory):
    """An open cohort of ten seats with one session in ten days; `session=None` for none."""

    class Meta:
        model = Cohort
        skip_postgeneration_save = True

    code = factory.Sequence(lambda n: f"gelombang-{n}")
    training = factory.SubFactory(TrainingFactory)
    number = factory.Sequence(lambda n: n + 1)
    state = Cohort.State.OPEN
    mode = Cohort.Mode.IN_PERSON
    seats = 10
    starts_at = factory.LazyFunction(lambda: in_days(10))
    ends_at = factory.LazyAttribute(lambda cohort: cohort.starts_at + timedelta(hours=3))
    session = factory.RelatedFactory(
        "tests.factories.SessionFactory", factory_related_name="cohort"
    )


class SessionFactory(factory.django.DjangoModelFactory):
    """The cohort's session: from its `starts_at` to its `ends_at`, at a venue."""

    class Meta:
        model = Session

    cohort = factory.SubFactory(CohortFactory, session=None)
    venue = factory.SubFactory(VenueFactory)
    starts_at = factory.SelfAttribute("cohort.starts_at")
    ends_at = factory.SelfAttribute("cohort.ends_at")


class AssignmentFactory(factory.django.DjangoModelFactory):
    """A trainer who was asked and has not answered."""

    class Meta:
        model = Assignment

    session = factory.SubFactory(SessionFactory)
    trainer = factory.SubFactory(TrainerFactory)


class BudgetLineFactory(factory.django.DjangoModelFactory):
    """A million rupiah for meals of one cohort; `cohort=None, programme=...` for a programme."""

    class Meta:
        model = BudgetLine

    cohort = factory.SubFactory(CohortFactory)
    purpose = BudgetLine.Purpose.MEALS
    planned = 1_000_000


class CohortQuotaFactory(factory.django.DjangoModelFactory):
    """Five seats for people of Jakarta Pusat."""

    class Meta:
        model = CohortQuota

    cohort = factory.SubFactory(CohortFactory)
    kind = CohortQuota.Kind.CITY
    key = "31.71"
    seats = 5


class InvitationRoundFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = InvitationRound

    cohort = factory.SubFactory(CohortFactory)
    number = factory.Sequence(lambda n: n + 1)
    deadline_at = factory.LazyFunction(lambda: timezone.now() + timedelta(hours=72))


class EnrolmentFactory(factory.django.DjangoModelFactory):
    """An invited person who has not answered yet."""

    class Meta:
        model = Enrolment

    participant = factory.SubFactory(ParticipantFactory)
    cohort = factory.SubFactory(CohortFactory)
    training = factory.SelfAttribute("cohort.training")
    state = Enrolment.State.INVITED
    answer_by = factory.LazyFunction(lambda: timezone.now() + timedelta(hours=72))


class CampaignFactory(factory.django.DjangoModelFactory):
    """A draft of invitations that is about no cohort yet."""

    class Meta:
        model = Campaign

    kind = "invitation"
    title = factory.Sequence(lambda n: f"Undangan {n}")
    channels = factory.LazyFunction(lambda: [Channel.EMAIL.value])


class DeliveryFactory(factory.django.DjangoModelFactory):
    """A waiting email to nobody in particular, in no batch."""

    class Meta:
        model = Delivery

    campaign = factory.SubFactory(CampaignFactory)
    recipient_key = factory.Sequence(lambda n: n + 1)
    channel = Channel.EMAIL
    address = factory.Sequence(lambda n: f"peserta{n}@contoh.example")


class ApplicationFactory(factory.django.DjangoModelFactory):
    """An application that was sent and not looked at yet."""

    class Meta:
        model = Application

    call = factory.SubFactory(CurationCallFactory)
    participant = factory.SubFactory(ParticipantFactory)
    products = "Kue kering"


class CurationListFactory(factory.django.DjangoModelFactory):
    """The first version of a list, accepted and not announced."""

    class Meta:
        model = CurationList

    call = factory.SubFactory(CurationCallFactory)
    version = 1


class CurationDecisionFactory(factory.django.DjangoModelFactory):
    """A row that lets a known person through."""

    class Meta:
        model = CurationDecision

    list = factory.SubFactory(CurationListFactory)
    participant = factory.SubFactory(ParticipantFactory)
    row_no = factory.Sequence(lambda n: n + 2)
    matched_by = "code"
    outcome = "passed"
    business_name = factory.Sequence(lambda n: f"Usaha {n}")


class CurationResultFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = CurationResult

    call = factory.SubFactory(CurationCallFactory)
    participant = factory.SubFactory(ParticipantFactory)
    outcome = "passed"


class AgreementFactory(factory.django.DjangoModelFactory):
    """An agreement in force that allows the plain fields."""

    class Meta:
        model = Agreement

    partner = factory.SubFactory(PartnerFactory)
    number = factory.Sequence(lambda n: f"PKS-{n}")
    purpose = "Kurasi dan bazar bersama"
    allowed_fields = ["business_name", "products", "store_link"]
    valid_from = factory.LazyFunction(lambda: in_days(-30).date())
    valid_to = factory.LazyFunction(lambda: in_days(300).date())


class SharedListFactory(factory.django.DjangoModelFactory):
    """The record of a list that was given to a partner; without its file."""

    class Meta:
        model = SharedList

    call = factory.SubFactory(CurationCallFactory)
    partner = factory.SelfAttribute("call.partner")
    agreement = factory.SubFactory(AgreementFactory, partner=factory.SelfAttribute("..partner"))
    version = 1
    purpose = "Kurasi bazar November"
    fields = ["business_name"]
    expires_at = factory.LazyFunction(lambda: in_days(7))


class BazaarFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Bazaar

    partner = factory.SubFactory(PartnerFactory)
    slug = factory.Sequence(lambda n: f"bazar-{n}")
    name = factory.Sequence(lambda n: f"Bazar {n}")
    starts_on = factory.LazyFunction(lambda: in_days(-5).date())
    ends_on = factory.LazyFunction(lambda: in_days(-1).date())


class SalesReportFactory(factory.django.DjangoModelFactory):
    """A stored report of sales that counts; without rows."""

    class Meta:
        model = SalesReport

    bazaar = factory.SubFactory(BazaarFactory)
    partner = factory.SelfAttribute("bazaar.partner")
    version = 1
    stored_at = factory.LazyFunction(timezone.now)


class TargetFactory(factory.django.DjangoModelFactory):
    """A hundred people trained in this year, by a paper of this year's first day."""

    class Meta:
        model = Target

    measure = Target.Measure.TRAINED
    year = factory.LazyFunction(lambda: timezone.localdate().year)
    number = 100
    source = factory.Sequence(lambda n: f"Keputusan {n}")
    source_date = factory.LazyAttribute(lambda target: f"{target.year}-01-01")
