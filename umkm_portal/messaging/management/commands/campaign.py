"""`manage.py campaign ID`: what became of a campaign; pause, resume, cancel, retry."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from umkm_portal.common.commands import ReportingCommand
from umkm_portal.messaging import services
from umkm_portal.messaging.models import Campaign


class Command(ReportingCommand):
    help = "Report a campaign; pause, resume or cancel it, or send again what failed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("id", type=int, help="number of the campaign")
        actions = parser.add_mutually_exclusive_group()
        for action in ("pause", "resume", "cancel", "retry-failed"):
            actions.add_argument(f"--{action}", action="store_true")
        parser.add_argument("--json", action="store_true", help="one JSON object as last line")

    def handle(self, *args: Any, **options: Any) -> None:
        campaign = Campaign.objects.filter(pk=options["id"]).first()
        if campaign is None:
            raise CommandError(f"Kampanye {options['id']} tidak ditemukan.")
        try:
            self._act(campaign, options)
        except services.CampaignRefused as refusal:
            raise CommandError(str(refusal)) from refusal
        self._tell(services.report(campaign), options)

    def _act(self, campaign: Campaign, options: dict[str, Any]) -> None:
        now = timezone.now()
        if options["pause"]:
            services.pause_campaign(campaign, reason="manage.py campaign --pause", actor=None)
        elif options["resume"]:
            services.resume_campaign(campaign, actor=None, now=now)
        elif options["cancel"]:
            services.cancel_campaign(campaign, actor=None, now=now)
        elif options["retry_failed"]:
            services.retry_failed(campaign, now=now)

    def _tell(self, report: dict[str, Any], options: dict[str, Any]) -> None:
        width = max(map(len, report))
        for name, value in report.items():
            self.stdout.write(f"{name:<{width}}  {value if value is not None else '-'}")
        if options["json"]:
            self.stdout.write(json.dumps(report))
