import pytest
from django.urls import reverse

from tests.trainings.aftermath.conftest import grown, held, rate
from tests.trainings.aftermath.test_absences import say
from trainings.models import Cohort, FeedbackQuestion

pytestmark = pytest.mark.django_db
OVERVIEW = reverse("admin:trainings_aftermath")


@pytest.fixture
def head(client, after):
    client.force_login(after.officer)
    return client


def page(after):
    return reverse("admin:trainings_cohort_feedback", args=[after.cohort.pk])


def test_the_tab_shows_rate_averages_comments_and_trainers(head, after):
    rate(after.siti, after.now, comment="Bagus", trainers={after.trainer.pk: 5})
    (rani,) = grown(after, 1)
    rani.participant.full_name = "Rani Puspita"
    rani.participant.save()
    rate(rani, after.now, score=5, comment="Kurang lama", may_name=True)

    shown = head.get(page(after)).content.decode()

    assert "<b>2</b> dari <b>2</b> orang yang hadir menjawab" in shown
    assert "4,5" in shown
    assert "5,0 dari 5 (1 penilaian, hanya untuk petugas)" in shown
    assert '<q>Bagus</q> <span class="st-small st-muted">tanpa nama</span>' in shown
    assert '<q>Kurang lama</q> <span class="st-small st-muted">Rani Puspita</span>' in shown
    assert "Kurang dari 5 jawaban" in shown
    teaching = reverse("admin:trainings_cohort_trainers", args=[after.cohort.pk])
    assert "5,0 dari 5 (1 penilaian, hanya untuk petugas)" in head.get(teaching).content.decode()
    trainers = head.get(reverse("admin:trainings_trainer_changelist")).content.decode()
    assert "5,0 dari 5 (1 penilaian, hanya untuk petugas)" in trainers
    change = reverse("admin:trainings_trainer_change", args=[after.trainer.pk])
    assert "5,0 dari 5 (1 penilaian, hanya untuk petugas)" in head.get(change).content.decode()
    choice = reverse("admin:autocomplete")
    asked = {"app_label": "trainings", "model_name": "session", "field_name": "trainers"}
    found = head.get(choice, asked | {"term": "Andi"}).json()["results"]
    assert [one["text"] for one in found] == [
        f"{after.trainer}, 5,0 dari 5 (1 penilaian, hanya untuk petugas)"
    ]
    public = head.get(reverse("trainings:cohort", args=[after.cohort.code])).content.decode()
    assert "penilaian" not in public


@pytest.mark.parametrize("count", [1, 3])
def test_the_tab_asks_a_constant_number_of_queries(head, after, count, django_assert_num_queries):
    for one in grown(after, count):
        rate(one, after.now, comment="Bagus")
    say(after.budi, after.now)
    head.get(page(after))

    with django_assert_num_queries(18):
        head.get(page(after))


@pytest.mark.parametrize("count", [1, 3])
def test_the_overview_asks_a_constant_number_of_queries(
    head, after, count, django_assert_num_queries
):
    rate(after.siti, after.now)
    say(after.budi, after.now, wants_next=True)
    for _ in range(count - 1):
        Cohort.objects.filter(pk=held().pk).update(state="finished")
    head.get(OVERVIEW)

    with django_assert_num_queries(14):
        found = head.get(OVERVIEW)

    facts = {row[0].pk: row[1:] for row in found.context["rows"]}
    there, mean, away, told = facts[after.cohort.pk]
    assert (there, mean.shown, mean.count, away, told) == (1, "4,0", 1, 1, 1)
    assert len(facts) == count


def test_a_question_needs_five_words(head):
    add = reverse("admin:trainings_feedbackquestion_add")
    facts = {"kind": "", "slot": "first", "text": "Bagaimana?"}

    wrong = head.post(add, facts | {"words": "a, b"})
    head.post(add, facts | {"words": "a, b, c, d, e"})

    assert "tepat lima kata" in wrong.content.decode()
    assert FeedbackQuestion.objects.get().scale == ["a", "b", "c", "d", "e"]
