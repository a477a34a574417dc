"""Bring a curation list in from the command line, by the same way as through the pages."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from partners.curation import reports as curation_reports
from partners.curation import services as curation
from partners.models import CurationCall
from umkm_portal.common.spreadsheets import SpreadsheetError
from umkm_portal.imports import pages, profiles, reports, services, uploads
from umkm_portal.imports.models import ImportFile

State = ImportFile.State


class Command(BaseCommand):
    help = "Read and check a curation list (XLSX, CSV); --apply accepts it as a new version."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--partner", required=True, help="slug of the partner")
        parser.add_argument("--call", required=True, help="slug of its curation call")
        parser.add_argument(
            "--all-pass", action="store_true", help="every row passed, where no column says"
        )
        parser.add_argument("--apply", action="store_true", help="accept the good rows")
        parser.add_argument("--json", action="store_true", help="a JSON object as last line")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        if not path.is_file():
            raise CommandError(f"{path} is no file.", returncode=2)
        call = CurationCall.objects.filter(
            slug=options["call"], partner__organisation__slug=options["partner"]
        ).first()
        if call is None:
            raise CommandError(f"{options['partner']} has no call {options['call']}.", returncode=2)
        report = self._bring_in(path, call, options)
        for line in reports.lines_of(report, as_json=options["json"]):
            self.stdout.write(line)
        if report["file_error"]:
            raise CommandError(str(report["file_error"]), returncode=1)

    def _bring_in(self, path: Path, call: CurationCall, options: dict[str, Any]) -> dict[str, Any]:
        """Take the file through every step and return its report."""
        try:
            file, is_new = curation.receive_list(
                uploads.blocks_of(path),
                name=path.name,
                call=call,
                uploader=None,
                all_pass=options["all_pass"],
                now=timezone.now(),
            )
        except SpreadsheetError as refusal:
            return reports.refusal_of(str(refusal))
        services.process_file(file.pk)
        file.refresh_from_db()
        refused = self._accept(file) if options["apply"] else ""
        file.refresh_from_db()
        report = self._report(file, path)
        report["file_error"] = report["file_error"] or refused or None
        if is_new and file.state in (State.READ, State.CHECKED):
            services.cancel_file(file, now=timezone.now())
        return report

    def _accept(self, file: ImportFile) -> str:
        """Accept a checked list whole; return the sentence that refuses it, or ''."""
        if file.state != State.CHECKED:
            return ""
        try:
            curation.accept_list(file, by=None, now=timezone.now())
        except curation.ListNotAccepted as refusal:
            return str(refusal)
        services.apply_file(file.pk)
        return ""

    def _report(self, file: ImportFile, path: Path) -> dict[str, Any]:
        error_file = reports.write_errors_beside(file, path)
        report = curation_reports.report_of(file, error_file=error_file)
        if file.state == State.READ:
            lacking = pages.missing_of(file, profiles.get(file.profile))
            report["file_error"] = reports.columns_missing(lacking)
        return report
