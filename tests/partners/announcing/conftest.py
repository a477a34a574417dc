"""A call with an accepted list: three known people, each told something else."""

from types import SimpleNamespace

import pytest

from tests.factories import (
    CurationCallFactory,
    CurationDecisionFactory,
    CurationListFactory,
    MembershipFactory,
    ParticipantFactory,
)
from tests.sink import RunningSink


@pytest.fixture
def sink(tmp_path, settings):
    """An SMTP server that takes everything, and the settings that point to it."""
    with RunningSink(tmp_path / "sink.log") as running:
        (tmp_path / "sink.log").touch()
        settings.EMAIL_URL = running.url
        yield running


@pytest.fixture
def scene(settings):
    settings.ANNOUNCE_AFTER_MINUTES = 15
    call = CurationCallFactory(title="Bazar Daring", needs="Siapkan 50 produk.")
    version = CurationListFactory(call=call)
    siti, budi, rani = (ParticipantFactory(full_name=n) for n in ("Siti", "Budi", "Rani"))
    CurationDecisionFactory(list=version, participant=siti, grade="A")
    CurationDecisionFactory(
        list=version, participant=budi, outcome="failed", reason="Kemasan", note="Ganti label"
    )
    CurationDecisionFactory(list=version, participant=rani, outcome="reserve")
    head = MembershipFactory().user
    return SimpleNamespace(call=call, version=version, siti=siti, budi=budi, rani=rani, head=head)


def next_version(version, rows):
    """The list after `version`, accepted, with these (person, facts) rows."""
    version.state = "replaced"
    version.save()
    after = CurationListFactory(call=version.call, version=version.version + 1)
    for person, facts in rows:
        CurationDecisionFactory(list=after, participant=person, **facts)
    return after
