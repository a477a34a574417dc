"""Small tables that go in and out by spreadsheet while the browser waits: columns in Indonesian."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from import_export import resources
from import_export.admin import ImportExportModelAdmin
from import_export.formats.base_formats import CSV, XLSX
from tablib import Dataset
from unfold.contrib.import_export.forms import ExportForm, ImportForm

from umkm_portal.common.staff_admin import StaffAdmin

MAX_ROWS = 600
"""The longest is the list of the 508 cities outside Jakarta."""


class TooManyRows(ValueError):
    """The file is longer than a page can check while somebody waits."""


class SmallTable(resources.ModelResource):
    """Refuses long files and reports the columns in Indonesian."""

    max_rows = MAX_ROWS

    def before_import(self, dataset: Dataset, **kwargs: object) -> None:
        if len(dataset) > self.max_rows:
            raise TooManyRows(
                f"Berkas ini {len(dataset)} baris; paling banyak {self.max_rows} baris sekali "
                "unggah. "
                "Bagi menjadi beberapa berkas."
            )
        dataset.headers = [str(name or "").strip().lower() for name in dataset.headers or []]

    class Meta:
        skip_unchanged = True
        report_skipped = True
        clean_model_instances = True
        use_transactions = True


class SpreadsheetAdmin(StaffAdmin, ImportExportModelAdmin):
    """The staff page of a small table."""

    import_form_class = ImportForm
    export_form_class = ExportForm
    formats = (XLSX, CSV)

    def get_import_context_data(self, **kwargs: object) -> dict[str, Any]:
        longest = min(resource.max_rows for resource in self.resource_classes)
        return super().get_import_context_data(**kwargs) | {"max_rows": longest}

    def has_import_permission(self, request: HttpRequest) -> bool:
        return self.has_add_permission(request) and self.has_change_permission(request)

    def has_export_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)
