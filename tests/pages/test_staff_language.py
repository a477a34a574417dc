"""The staff pages speak Indonesian throughout: no word of the packages below shows through."""

import re

import pytest
from django.urls import reverse
from django.utils.html import strip_tags

from tests.factories import (
    BusinessFactory,
    CohortFactory,
    EnrolmentFactory,
    OrganisationFactory,
    RegionFactory,
    TrainerFactory,
    VenueFactory,
)
from tests.staff import make_user

pytestmark = pytest.mark.django_db

ENGLISH = re.compile(
    r"\b(the|and|of|your|you|please|save|add|delete|change|changed|view|search|select|filters?|"
    r"history|results?|home|log|submit|show|hide|clear|apply|cancel|remove|close|welcome|new|"
    r"update|actions?|yes|no|none|unknown|previous|next|all|any|record|row|choose|upload|"
    r"import(?:er|ed)?|export(?:er)?|following|fields?|errors?|correct|below|continue|editing|"
    r"another|today|now|yesterday|tomorrow|currently|optional|required|administration)\b",
    re.I,
)
ALLOWED = re.compile(r"live selling|live-\d|link", re.I)
TAGS_WITHOUT_WORDS = re.compile(
    r"<(script|style)\b.*?</\1>|<span[^>]*material-symbols[^>]*>.*?</span>|<!--.*?-->", re.S
)
SPOKEN_ATTRIBUTES = re.compile(r'(?:title|placeholder|aria-label|alt|data-label)="([^"]*)"')


def words_on(page: str) -> str:
    page = TAGS_WITHOUT_WORDS.sub(" ", page)
    spoken = " ".join(SPOKEN_ATTRIBUTES.findall(page))
    return ALLOWED.sub(" ", strip_tags(page) + " " + spoken)


MODELS = [
    "trainings_cohort",
    "trainings_programme",
    "trainings_training",
    "trainings_venue",
    "trainings_trainer",
    "trainings_topic",
    "participants_participant",
    "participants_sector",
    "participants_cityoffice",
    "imports_importfile",
    "partners_partner",
    "messaging_campaign",
    "messaging_sendingaccount",
    "messaging_messagetemplate",
    "messaging_suppression",
    "accounts_user",
    "accounts_organisation",
    "regions_region",
    "regions_holidayoverride",
    "mfa_authenticator",
    "usersessions_usersession",
]
WITH_ADD = [
    "trainings_cohort",
    "trainings_programme",
    "trainings_training",
    "trainings_venue",
    "trainings_trainer",
    "partners_partner",
    "accounts_user",
    "regions_holidayoverride",
]


@pytest.fixture
def superuser(client):
    client.force_login(make_user("superuser"))
    return client


def english_on(client, address, **data):
    response = client.get(address, data)
    assert response.status_code == 200
    return sorted({word.lower() for word in ENGLISH.findall(words_on(response.content.decode()))})


def test_the_check_itself_finds_english():
    assert ENGLISH.findall(words_on('<a title="Add row">Save and continue editing</a>')) == [
        "Save",
        "and",
        "continue",
        "editing",
        "Add",
        "row",
    ]


def test_first_page(superuser):
    assert english_on(superuser, reverse("admin:index")) == []


@pytest.mark.parametrize("app", ["trainings", "participants", "messaging", "accounts"])
def test_pages_of_an_app(superuser, app):
    assert english_on(superuser, reverse("admin:app_list", args=[app])) == []


@pytest.mark.parametrize("model", MODELS)
def test_lists_with_and_without_results(superuser, model):
    BusinessFactory()
    EnrolmentFactory()
    TrainerFactory()
    address = reverse(f"admin:{model}_changelist")

    assert english_on(superuser, address) == []
    assert english_on(superuser, address, q="tidak ada yang bernama begini") == []


@pytest.mark.parametrize("model", WITH_ADD)
def test_forms(superuser, model):
    assert english_on(superuser, reverse(f"admin:{model}_add")) == []


def test_pages_of_rows(superuser):
    business, cohort, venue = BusinessFactory(), CohortFactory(), VenueFactory()
    organisation, region = OrganisationFactory(), RegionFactory()
    for row in (business.participant, business, cohort, venue, organisation, region):
        name = f"admin:{row._meta.app_label}_{row._meta.model_name}"
        assert english_on(superuser, reverse(f"{name}_change", args=[row.pk])) == []
        assert english_on(superuser, reverse(f"{name}_history", args=[row.pk])) == []
    assert english_on(superuser, reverse("admin:trainings_venue_delete", args=[venue.pk])) == []


@pytest.mark.parametrize("page", ["import", "export"])
@pytest.mark.parametrize("model", ["trainings_venue", "trainings_trainer", "trainings_cohort"])
def test_spreadsheet_pages(superuser, model, page):
    assert english_on(superuser, reverse(f"admin:{model}_{page}")) == []


COHORT_PAGES = ["invite", "paste", "answers", "waiting", "print", "trainers", "waves"]


@pytest.mark.parametrize("page", COHORT_PAGES)
def test_pages_of_a_cohort(superuser, page):
    cohort = EnrolmentFactory().cohort

    assert english_on(superuser, reverse(f"admin:trainings_cohort_{page}", args=[cohort.pk])) == []


def test_pages_about_all_cohorts(superuser):
    EnrolmentFactory()

    for page in ("month", "calendar"):
        assert english_on(superuser, reverse(f"admin:trainings_cohort_{page}")) == []


def test_form_errors(superuser):
    page = superuser.post(reverse("admin:trainings_venue_add"), {}).content.decode()

    assert "Perbaiki isian" in page
    assert ENGLISH.findall(words_on(page)) == []
