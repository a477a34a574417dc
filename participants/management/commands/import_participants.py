"""Bring a register file in from the command line, by the same way as through the pages."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from umkm_portal.common.spreadsheets import SpreadsheetError
from umkm_portal.imports import profiles, reports, services, uploads
from umkm_portal.imports.models import ImportFile

State = ImportFile.State


class Command(BaseCommand):
    help = "Read and check a register file (CSV, XLSX); --apply writes its good rows."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--apply", action="store_true", help="write the good rows")
        parser.add_argument("--json", action="store_true", help="a JSON object as last line")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        if not path.is_file():
            raise CommandError(f"{path} is no file.", returncode=2)
        try:
            file, is_new = services.receive_file(
                uploads.blocks_of(path), name=path.name, profile="register"
            )
        except SpreadsheetError as refusal:
            file, is_new = ImportFile(state=State.FAILED, file_error=str(refusal)), False
        if not is_new and file.state == State.DONE:
            self.stdout.write(f"This file was brought in on {file.done_at:%d/%m/%Y} already.")
        if file.pk:
            file = self._bring_in(file, is_applied=options["apply"])
        report = self._report(file, path)
        if is_new and file.state == State.CHECKED:
            services.cancel_file(file, now=timezone.now())
        for line in reports.lines_of(report, as_json=options["json"]):
            self.stdout.write(line)
        if report["file_error"]:
            raise CommandError(report["file_error"], returncode=1)
        if file.is_busy:
            raise CommandError("another process is working on this file; try again in a minute.")

    def _bring_in(self, file: ImportFile, *, is_applied: bool) -> ImportFile:
        """Take the file through every step; a file that waited is taken up where it was."""
        services.process_file(file.pk)
        file.refresh_from_db()
        if file.state == State.READ:
            profile = profiles.get(file.profile)
            lacking = profile.missing(filter(None, file.mapping.values()))
            file.file_error = reports.columns_missing(lacking)
            services.cancel_file(file, now=timezone.now())
            return file
        if is_applied and file.state == State.CHECKED:
            services.approve_file(file, by=None, now=timezone.now())
        if is_applied:
            services.apply_file(file.pk)
            file.refresh_from_db()
        return file

    def _report(self, file: ImportFile, path: Path) -> dict[str, Any]:
        if not file.pk:
            return reports.refusal_of(file.file_error)
        return reports.report_of(file, error_file=reports.write_errors_beside(file, path))
