"""`invite COHORT`: invite the next people of a cohort, or show who they would be."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from trainings.models import Cohort
from trainings.services import rounds
from trainings.services.segments import DEFAULT, UnknownSegment
from umkm_portal.common.commands import ReportingCommand
from umkm_portal.messaging.services import report


class Command(ReportingCommand):
    help = "Invite the active and willing to a cohort, in rounds."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("cohort", help="code of the cohort")
        parser.add_argument("--segment", default=DEFAULT, help="group of people to choose from")
        parser.add_argument("--everyone", action="store_true", help="the whole group, no rounds")
        parser.add_argument(
            "--any-hour", action="store_true", help="send outside working hours and days too"
        )
        parser.add_argument("--dry-run", action="store_true", help="show the round, write nothing")
        parser.add_argument("--start", action="store_true", help="start sending at once")
        parser.add_argument("--json", action="store_true", help="one JSON object as the last line")

    def handle(self, *args: object, **options: Any) -> None:
        cohort = Cohort.objects.select_related("training").filter(code=options["cohort"]).first()
        if cohort is None:
            raise CommandError(f"Gelombang “{options['cohort']}” tidak ditemukan.")
        try:
            result = (
                self._plan(cohort, options) if options["dry_run"] else self._open(cohort, options)
            )
        except (rounds.RoundRefused, UnknownSegment) as refusal:
            raise CommandError(str(refusal)) from refusal
        if options["json"]:
            self.stdout.write(json.dumps(result, ensure_ascii=False))

    def _plan(self, cohort: Cohort, options: dict[str, Any]) -> dict[str, object]:
        plan = rounds.plan_round(
            cohort,
            segment=options["segment"],
            everyone=options["everyone"],
            now=timezone.now(),
        )
        self.stdout.write(
            f"{cohort.code}: {plan.free_seats} kursi kosong, {plan.chosen} orang akan diundang "
            f"({plan.reachable} dapat dikirimi), {plan.excluded} tidak."
        )
        for city in plan.by_city:
            self.stdout.write(f"  {city.name}: {city.count}")
        for group in plan.exclusions:
            names = ", ".join(sample.name for sample in group.samples)
            self.stdout.write(f"  {group.label}: {group.count} (misalnya {names})")
        return {
            "id": None,
            "state": "dry_run",
            "cohort": cohort.code,
            "segment": plan.segment.slug,
            "free_seats": plan.free_seats,
            "chosen": plan.chosen,
            "audience": plan.reachable,
            "excluded": plan.excluded,
            "exclusions": plan.excluded_by_reason,
            "cities": {city.name: city.count for city in plan.by_city},
        }

    def _open(self, cohort: Cohort, options: dict[str, Any]) -> dict[str, object]:
        opened = rounds.open_round(
            cohort,
            actor=None,
            now=timezone.now(),
            segment=options["segment"],
            everyone=options["everyone"],
            any_hour=options["any_hour"],
            starts=options["start"],
        )
        found = report(opened.the_campaign)
        self.stdout.write(
            f"{opened.the_campaign.title}: {opened.size} diundang, "
            f"{found['audience']} lewat pesan, "
            f"{found['excluded']} dikecualikan. Kampanye {found['id']}: {found['state']}."
        )
        counts = rounds.exclusion_counts(opened)
        return {
            **found,
            "cohort": cohort.code,
            "round": opened.number,
            "invited": opened.size,
            "exclusions": counts,
        }
