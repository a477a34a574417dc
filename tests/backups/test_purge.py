"""Retention: what is too old goes, whole and from the disk too; nothing younger; once."""

import json
import os
import uuid
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.utils import timezone

from participants.contacts import Contact
from participants.models import (
    ContactCode,
    ExportFile,
    Merge,
    MergedRow,
    Participant,
    Registration,
)
from participants.registration import drafts
from tests.factories import CampaignFactory, DeliveryFactory, ParticipantFactory, UserFactory
from umkm_portal.common import retention
from umkm_portal.imports import rows, services, uploads
from umkm_portal.imports.models import ImportFile, ImportRow, RowDecision, RowRepair
from umkm_portal.messaging.models import Delivery, DeliveryEvent

pytestmark = pytest.mark.django_db
NOW = timezone.now()
OLD, YOUNG = "lama", "baru"
AGES = {  # days: one that goes, one that stays
    "waiting": (31, 29),
    "rows": (31, 29),
    "bytes": (2, 0.5),
    "errors": (31, 29),
    "addresses": (91, 89),
    "codes": (3, 1),
    "drafts": (15, 13),
    "exports": (1, -1),
    "decisions": (366, 364),
    "images": (181, 179),
    "people": (5 * 366, 5 * 365),
}


@pytest.fixture
def folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    (tmp_path / uploads.FOLDER).mkdir()
    return tmp_path / uploads.FOLDER


def ages(name):
    return [
        (tag, NOW - timedelta(days=days))
        for tag, days in zip((OLD, YOUNG), AGES[name], strict=True)
    ]


def waiting_file(tag, at, *, state="checked"):
    upload = uploads.keep([tag.encode()])
    return ImportFile.objects.create(
        sha256=upload.sha256,
        profile="register",
        name=tag,
        path=upload.path,
        state=state,
        uploaded_at=at,
    )


def final_file(tag, at):
    file = ImportFile.objects.create(
        sha256=tag,
        profile="register",
        name=f"selesai-{tag}",
        state="done",
        done_at=at,
        samples=[{"Nama": "Siti"}],
    )
    ImportRow.objects.bulk_create(
        [ImportRow(file=file, row_no=n, action="reject", raw=f"Siti {n}") for n in range(3)]
    )
    RowRepair.objects.create(file=file, row_no=1, cells=f"Siti {tag}", at=at)


def decided_file(tag, at):
    """A file whose rows are long gone."""
    file = ImportFile.objects.create(sha256=f"d{tag}", profile="register", name=f"putusan-{tag}")
    ImportFile.objects.filter(pk=file.pk).update(state="done", done_at=at)
    RowDecision.objects.create(file=file, row_no=1, choice="keep", at=at)


def merge_at(tag, at):
    """A merge with the image of one row and the NIK before."""
    one, other = (ParticipantFactory(full_name=f"gabung-{tag}") for _ in range(2))
    done = Merge.objects.create(source=one, target=other, merged_at=at, nik_before="3171")
    MergedRow.objects.create(merge=done, model=tag, row_id=1, before={"full_name": tag})


def stray(folder, name, at):
    path = folder / name
    path.write_bytes(b"x")
    os.utime(path, (at.timestamp(), at.timestamp()))


@pytest.fixture
def scene(folder, settings):
    """Of each class one thing that is due and one that is a day or so too young."""
    settings.RETENTION_YEARS = 5
    campaign = CampaignFactory()
    for tag, at in ages("waiting"):
        waiting_file(tag, at)
    for tag, at in ages("rows"):
        final_file(tag, at)
    for tag, at in ages("bytes"):
        stray(folder, f"{tag}.csv", at)
    for tag, at in ages("errors"):
        stray(folder, f"{tag}-perlu-diperbaiki.xlsx", at)
    for number, (tag, at) in enumerate(ages("addresses")):
        sent = DeliveryFactory(
            campaign=campaign,
            recipient_key=10**9 + number,
            state="accepted",
            address=f"{tag}@example.com",
            context={"name": tag},
            changed_at=at,
            error="250 ok",
        )
        DeliveryEvent.objects.create(delivery=sent, key=tag, state="accepted", detail=tag)
    for tag, at in ages("codes"):
        ContactCode.objects.create(
            contact=tag, purpose="login", digest="x", network="x", sent_at=at, expires_at=at
        )
    for tag, at in ages("drafts"):
        contact = Contact("email", f"{tag}@example.com")
        drafts.begin(contact, public_id=uuid.uuid4(), name=tag, cohort_code="", now=at)
    (folder.parent / "exports").mkdir()
    for tag, at in ages("exports"):
        path = f"exports/{tag}.csv"
        ExportFile.objects.create(
            purpose=tag,
            path=path,
            state="done",
            file_format="csv",
            expires_at=at,
            requested_by=UserFactory(),
        )
        (folder.parent / path).write_bytes(b"x")
    for tag, at in ages("decisions"):
        decided_file(tag, at)
    for tag, at in ages("images"):
        merge_at(tag, at)
    for tag, at in ages("people"):
        person = ParticipantFactory(full_name=tag, last_activity_at=at, is_willing=False)
        Participant.objects.filter(pk=person.pk).update(
            created_at=at, willing_on=None, last_served_on=None, active_until=None
        )
    uncertain = {"state": "uncertain", "changed_at": NOW - timedelta(days=400)}
    DeliveryFactory(campaign=campaign, address="ragu@example.com", **uncertain)
    approved = waiting_file("disetujui", NOW - timedelta(days=400), state="approved")
    ImportFile.objects.filter(pk=approved.pk).update(approved_at=NOW)
    return campaign


def purge(*arguments):
    """The classes of the command's report by name."""
    output = StringIO()
    call_command("purge", "--json", *arguments, stdout=output)
    lines = output.getvalue().splitlines()
    report = json.loads(lines[-1])
    assert len(lines) == 1 + len(report["classes"])
    return report["classes"]


def counts(report, key):
    return {name: found[key] for name, found in report.items() if found[key]}


DUE = {
    "import_waiting": 1,
    "import_rows": 3,
    "import_bytes": 2,
    "delivery_addresses": 1,
    "contact_codes": 1,
    "drafts": 1,
    "import_repairs": 1,
    "import_decisions": 1,
    "exports": 1,
    "merge_images": 1,
    "people": 1,
}


def kept(folder):
    """What is left of each class, by the tags of the scene."""
    return {
        "waiting": sorted(ImportFile.objects.open().values_list("name", flat=True)),
        "rows": sorted({row.file.name for row in ImportRow.objects.select_related("file")}),
        "samples": sorted(ImportFile.objects.exclude(samples=[]).values_list("name", flat=True)),
        "disk": sorted(path.name for path in folder.iterdir() if len(path.name) != 32),
        "uploads": sum(len(path.name) == 32 for path in folder.iterdir()),
        "addresses": sorted(Delivery.objects.exclude(address="").values_list("address", flat=True)),
        "details": list(DeliveryEvent.objects.exclude(detail="").values_list("detail", flat=True)),
        "codes": list(ContactCode.objects.values_list("contact", flat=True)),
        "exports": sorted(path.name for path in (folder.parent / "exports").iterdir()),
        "drafts": [drafts.name_of(draft) for draft in Registration.objects.all()],
        "repairs": [repair.file.name for repair in RowRepair.objects.select_related("file")],
        "decisions": [row.file.name for row in RowDecision.objects.select_related("file")],
        "images": list(MergedRow.objects.values_list("model", flat=True)),
        "niks before": Merge.objects.filter(nik_before__isnull=False).count(),
        "people": sorted(
            Participant.objects.exclude(full_name__startswith="gabung").values_list(
                "full_name", flat=True
            )
        ),
    }


def test_the_old_goes_and_nothing_younger(scene, folder):
    before = kept(folder)

    would_go = purge("--dry-run")

    assert counts(would_go, "count") == DUE
    assert counts(would_go, "removed") == {}
    assert would_go["import_rows"]["oldest"][:10] == str((NOW - timedelta(days=31)).date())
    assert kept(folder) == before

    done = purge()

    assert counts(done, "removed") == DUE
    assert kept(folder) == {
        "waiting": [YOUNG, "disetujui"],
        "rows": [f"selesai-{YOUNG}"],
        "samples": [f"selesai-{YOUNG}"],
        "disk": [f"{YOUNG}-perlu-diperbaiki.xlsx", f"{YOUNG}.csv"],
        "uploads": 2,
        "addresses": [f"{YOUNG}@example.com", "ragu@example.com"],
        "details": [YOUNG],
        "codes": [YOUNG],
        "exports": [f"{YOUNG}.csv"],
        "drafts": [YOUNG],
        "repairs": [f"selesai-{YOUNG}"],
        "decisions": [f"putusan-{YOUNG}"],
        "images": [YOUNG],
        "niks before": 1,
        "people": ["Dihapus", YOUNG],
    }
    assert counts(purge(), "count") == {}


@pytest.mark.django_db(transaction=True)
def test_a_big_file_goes_in_slices_and_what_is_left_goes_the_next_time(monkeypatch, folder):
    """A slice is one statement of its own: killed after the second one, two slices are gone."""
    monkeypatch.setattr(rows, "REMOVED_AT_ONCE", 10)
    old = ImportFile.objects.create(
        sha256="x", profile="register", name="besar", state="done", done_at=NOW - timedelta(days=31)
    )
    young = ImportFile.objects.create(
        sha256="y", profile="register", name="baru", state="done", done_at=NOW - timedelta(days=2)
    )
    for file in (old, young):
        ImportRow.objects.bulk_create(
            ImportRow(file=file, row_no=2 * n, action="same") for n in range(35)
        )
    seen = []

    def dies_after_two(execute, sql, *arguments):
        seen.append(sql) if sql.startswith("DELETE") else None
        if len(seen) > 2:
            raise InterruptedError
        return execute(sql, *arguments)

    with connection.execute_wrapper(dies_after_two), pytest.raises(InterruptedError):
        services.prune_rows(now=NOW)
    assert (old.rows.count(), young.rows.count()) == (15, 35)

    assert services.prune_rows(now=NOW) == 2
    assert not ImportRow.objects.exists()


def test_without_years_nobody_is_forgotten(settings):
    settings.RETENTION_YEARS = 0
    person = ParticipantFactory(last_activity_at=None)
    Participant.objects.filter(pk=person.pk).update(created_at=NOW - timedelta(days=99 * 366))

    assert "people" not in counts(purge(), "count")


def test_a_class_that_fails_is_told_and_stops_no_other(monkeypatch, folder):
    stray(folder, "sisa.csv", NOW - timedelta(days=9))
    broken = retention.RetentionJob("broken", "Rusak", lambda now: 1 / 0, lambda now: 0)
    jobs = {"broken": broken, **retention._jobs}
    monkeypatch.setattr(retention, "_jobs", jobs)
    output = StringIO()

    with pytest.raises(CommandError, match="broken"):
        call_command("purge", "--json", stdout=output)

    assert "broken" in json.loads(output.getvalue().splitlines()[-1])["refused"]
    assert list(folder.iterdir()) == []
