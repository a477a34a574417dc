import json

import pytest
from django.core.management import CommandError, call_command

from tests.messaging import scenes
from umkm_portal.messaging import services

pytestmark = pytest.mark.django_db


def _run(capsys, *arguments):
    """(exit code, the last line as an object)."""
    code = 0
    try:
        call_command(*arguments, "--json")
    except CommandError as refusal:
        code = refusal.returncode
    return code, json.loads(capsys.readouterr().out.splitlines()[-1])


def test_deliver_expands_and_sends_without_a_broker(sink, now, capsys):
    scenes.let_fly()
    campaign = scenes.make_campaign(12)
    services.start_campaign(campaign, now=now)

    code, report = _run(capsys, "deliver")

    assert (code, report["expanded"], report["accepted"]) == (0, 12, 12)
    assert len(sink.received()) == 12
    assert _run(capsys, "campaign", str(campaign.pk))[1]["state"] == "done"


def test_campaign_pauses_resumes_and_cancels(capsys):
    campaign = scenes.make_running(3)

    states = [
        _run(capsys, "campaign", str(campaign.pk), action)[1]["state"]
        for action in ("--pause", "--resume", "--cancel")
    ]

    assert states == ["paused", "running", "cancelled"]


def test_refusals_are_a_sentence_and_exit_1(capsys):
    campaign = scenes.make_campaign(1)

    code, report = _run(capsys, "campaign", str(campaign.pk), "--resume")
    unknown, _ = _run(capsys, "campaign", "987654")

    assert (code, unknown) == (1, 1)
    assert "Disetujui" in report["refused"]
