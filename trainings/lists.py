"""The kecamatan's list of people for one class: into the register, then invited to that class."""

from __future__ import annotations

from dataclasses import replace

from django.utils import timezone

from participants.importing.profile import columns_of, short_list
from participants.models import Participant
from trainings.models import Cohort
from trainings.services import people, rounds
from umkm_portal.accounts.models import User
from umkm_portal.imports.models import ImportFile
from umkm_portal.messaging import services as messaging

MOST_COHORTS = 200
MAY_INVITE = "messaging.add_campaign"


def open_cohorts(user: User) -> list[tuple[str, str]]:
    """Cohorts that people may be invited to, for those who may invite: (id, name)."""
    if not user.has_perm(MAY_INVITE):
        return []
    cohorts = Cohort.objects.filter(state=Cohort.State.OPEN).select_related("training")
    coming = cohorts.exclude(starts_at__lte=timezone.now()).order_by("starts_at", "pk")
    return [(str(cohort.pk), str(cohort)) for cohort in coming[:MOST_COHORTS]]


def invite_list(file: ImportFile) -> str:
    """Invite the people of a stored file to its class; tell what became of that.

    Whoever is invited already is left alone, so that this may run again.
    """
    cohort = Cohort.objects.filter(pk=file.options.get("goal") or 0).first()
    if cohort is None:
        return "Kelas tujuan daftar ini sudah tidak ada; belum ada yang diundang."
    rows = file.rows.filter(action__in=["create", "update", "same"], target_id__isnull=False)
    codes = Participant.objects.living().filter(pk__in=rows.values("target_id"))
    text = "\n".join(codes.order_by("pk").values_list("code", flat=True)[: people.MOST])
    try:
        result = people.invite_people(
            cohort,
            text,
            actor=file.approved_by,
            now=timezone.now(),
            override=f"daftar kelas {file.name}"[:80],
        )
    except (rounds.RoundRefused, messaging.CampaignRefused) as refusal:
        return f"Belum ada yang diundang: {refusal}"
    return f"{result.invited} orang diundang ke {cohort}."


CLASS = replace(
    short_list(
        "kelas",
        "Daftar peserta satu kelas",
        columns_of("full_name", "phone", "village", required=("full_name", "phone")),
        hint="Nama, nomor HP, dan kelurahan. Setelah diterima, orangnya diundang ke kelas itu.",
    ),
    goals_label="Kelas",
    goals=open_cohorts,
    after_apply=invite_list,
)
