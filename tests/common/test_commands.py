import io
import json

import pytest
from django.core.management import CommandError, call_command

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "words", [["invite", "tidak-ada"], ["campaign", "999"], ["staff_link", "bukan-email"]]
)
def test_a_refusal_is_the_last_line_as_json_and_an_error(words):
    out = io.StringIO()

    with pytest.raises(CommandError) as refusal:
        call_command(*words, "--json", stdout=out)

    assert json.loads(out.getvalue().splitlines()[-1]) == {"refused": str(refusal.value)}


def test_without_json_only_the_sentence_is_said():
    out = io.StringIO()

    with pytest.raises(CommandError, match="tidak ditemukan"):
        call_command("invite", "tidak-ada", stdout=out)

    assert out.getvalue() == ""
