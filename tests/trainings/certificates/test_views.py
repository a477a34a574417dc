"""The public page, the holder's PDF, her own pages."""

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.factories import ParticipantFactory, UserFactory
from tests.trainings.certificates.conftest import closed_class
from trainings.certificates import issuing
from trainings.certificates.issuing import issue_certificates
from trainings.certificates.showing import download_url
from trainings.models import Training
from trainings.tickets import ticket_url
from umkm_portal.common import attempts, codes

pytestmark = pytest.mark.django_db
ABSENT = codes.display("2" * 12)


def text_of(response):
    return response.content.decode()


def page(number):
    return reverse("trainings:certificate", args=[number])


def test_anybody_with_the_number_learns_that_it_is_real_and_nothing_more(client, issued):
    paper = issued.papers["Siti Aminah"]

    found = text_of(client.get(page(paper.shown_number)))
    typed = client.get(reverse("trainings:certificate_find"), {"nomor": paper.number.lower()})

    assert "asli dan berlaku" in found
    assert "Siti Aminah" in found
    assert "3 jam (4 JP)" in found
    person = issued.siti.participant
    assert not {person.phone, person.email, person.code} & set(found.split())
    assert ".pdf" not in found
    assert typed.url == page(paper.shown_number)


def test_revoked_replaced_forgotten_and_unknown_are_said(client, issued):
    first, second, third = (issued.papers[name] for name in sorted(issued.papers))
    issuing.revoke(first, reason="Rahasia kantor", by=None, now=issued.now)
    new = issuing.reissue(second, name="Citra D.", reason="Nama salah", by=None, now=issued.now)
    type(third).objects.filter(pk=third.pk).update(name="")

    told = [text_of(client.get(page(one.shown_number))) for one in (first, second, third, new)]

    assert "sudah dicabut" in told[0]
    assert "Rahasia kantor" not in told[0]
    assert "sudah diganti" in told[1]
    assert "Dihapus atas permintaan pemiliknya" in told[2]
    assert "asli dan berlaku" in told[3]
    for number in (ABSENT, "unduh", "JKP-XXXX"):
        answer = client.get(page(number))
        assert (answer.status_code, "tidak kami kenal" in text_of(answer)) == (404, True)


def test_trying_numbers_is_limited_and_looking_at_real_ones_is_not(client, issued):
    real = page(issued.papers["Siti Aminah"].shown_number)
    for _ in range(attempts.LIMIT + 1):
        assert client.get(real).status_code == 200
    for _ in range(attempts.LIMIT):
        assert client.get(page(ABSENT)).status_code == 404

    assert client.get(page(ABSENT)).status_code == 429


def test_the_pdf_is_for_the_holder_and_follows_a_reissue(client, issued):
    address = download_url(issued.siti)

    first = client.get(address)
    new = issuing.reissue(
        issued.papers["Siti Aminah"], name="Siti A.", reason="Nama salah", by=None, now=issued.now
    )
    second = client.get(address)
    issuing.revoke(new, reason="Salah orang", by=None, now=issued.now)

    assert first["Content-Type"] == "application/pdf"
    assert first.content.startswith(b"%PDF")
    assert (new.shown_number in second["Content-Disposition"], first.content) != (
        True,
        second.content,
    )
    assert client.get(address).status_code == 404
    assert client.get(download_url(issued.left)).status_code == 404


def test_owner_sees_her_certificate_or_how_far_she_is_and_the_materials(client, issued):
    Training.objects.update(materials="Lembar kerja: https://contoh.example/lembar")
    for place, words in (
        (issued.siti, [download_url(issued.siti), "KB)", "Lembar kerja"]),
        (issued.left, ["Hadir 1 jam dari 3 jam (33%)", "setelah hadir 80% jam"]),
    ):
        account = UserFactory()
        place.participant.account = account
        place.participant.save()
        client.force_login(account)
        mine = text_of(client.get(reverse("mine:certificates")))
        ticket = text_of(client.get(ticket_url(place).removeprefix("http://localhost:8000")))
        assert [word for word in words if word not in mine or word not in ticket] == []
    client.force_login(ParticipantFactory(account=UserFactory()).account)
    assert "Siti Aminah" not in text_of(client.get(reverse("mine:certificates")))


@pytest.mark.parametrize("count", [1, 3])
def test_her_certificates_ask_a_constant_number_of_queries(
    client, count, django_assert_num_queries
):
    person = ParticipantFactory(account=UserFactory())
    for _ in range(count):
        cohort, (place,) = closed_class(["Siti"])
        place.participant = person
        place.save()
        issue_certificates(cohort, by=None, now=timezone.now())
    client.force_login(person.account)
    client.get(reverse("mine:certificates"))

    with django_assert_num_queries(6):
        client.get(reverse("mine:certificates"))
