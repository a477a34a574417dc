"""The good rows of an accepted report into its version; the version counts once all are in."""

from __future__ import annotations

import json

from django.db import transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import Max, QuerySet
from django.utils import timezone

from partners.bazaars.entries import mark_sellers
from partners.bazaars.matching import CLEAN
from partners.models import Partner, SalesReport, SalesRow
from umkm_portal.imports.models import ImportFile

_TAKE = f"""
    CREATE TEMPORARY TABLE selling ON COMMIT DROP AS
    SELECT r.id AS row_id, r.row_no, coalesce(p.merged_into_id, p.id) AS participant_id, c.*
    FROM imports_importrow r
    CROSS JOIN jsonb_to_record(r.clean) AS c({CLEAN})
    LEFT JOIN participants_participant p ON p.id = r.target_id AND p.status <> 'anonymised'
    WHERE r.file_id = %(file)s AND r.row_no > %(first)s AND r.row_no <= %(last)s
      AND r.action <> 'reject' AND r.applied_at IS NULL
"""  # noqa: S608 - constants of this module
"""Somebody may have been merged since the check: what she sold is her other record's."""
_STORE = """
    WITH stored AS (
        INSERT INTO partners_salesrow
            (report_id, participant_id, period_from, period_to, channel, orders, amount)
        SELECT %(report)s, participant_id, period_from, period_to, channel, orders, amount
        FROM (
            SELECT DISTINCT ON (participant_id, period_from, period_to, channel) *
            FROM selling WHERE participant_id IS NOT NULL AND amount IS NOT NULL
            ORDER BY participant_id, period_from, period_to, channel, row_no
        ) s ORDER BY row_no
        ON CONFLICT DO NOTHING
        RETURNING participant_id, period_from, period_to, channel
    ), kept AS (
        SELECT (array_agg(s.row_id ORDER BY s.row_no))[1] AS row_id FROM selling s
        JOIN stored USING (participant_id, period_from, period_to, channel)
        GROUP BY participant_id, period_from, period_to, channel
    )
    UPDATE imports_importrow r SET
        action = CASE WHEN k.row_id IS NULL THEN 'reject' ELSE r.action END,
        problems = CASE WHEN k.row_id IS NULL THEN r.problems || %(twice)s::jsonb
                        ELSE r.problems END,
        applied_at = CASE WHEN k.row_id IS NOT NULL THEN %(now)s::timestamptz END,
        raw = CASE WHEN k.row_id IS NULL THEN r.raw END,
        clean = CASE WHEN k.row_id IS NULL THEN r.clean ELSE '{}' END
    FROM selling s LEFT JOIN kept k ON k.row_id = s.row_id
    WHERE r.id = s.row_id
"""
_TWICE = {
    "reason": "same_sale",
    "message": "Usaha, masa, dan kanal ini sudah ada di laporan yang tersimpan.",
    "repair": "Kirim laporan baru bila angkanya berubah.",
}


def apply_slice(cursor: CursorWrapper, file: ImportFile, first: int, last: int) -> None:
    """Write the sales of one slice into the version of this file; what it has stays refused."""
    headings = {key: heading for heading, key in file.mapping.items()}
    twice = json.dumps([{"column": headings.get("amount", "Penjualan"), **_TWICE}])
    cursor.execute("DROP TABLE IF EXISTS selling")
    cursor.execute(_TAKE, {"file": file.pk, "first": first, "last": last})
    cursor.execute(_STORE, {"report": report_for(file).pk, "twice": twice, "now": timezone.now()})


@transaction.atomic
def after_apply(file: ImportFile) -> str:
    """Let the version count in place of the one before; return the sentence for the receipt."""
    report = report_for(file)
    Partner.objects.select_for_update().get(pk=report.partner_id)
    now = timezone.now()
    same = SalesReport.objects.filter(partner=report.partner_id, bazaar=report.bazaar_id)
    if not same.filter(version__gt=report.version, stored_at__isnull=False).exists():
        same.current().exclude(pk=report.pk).update(replaced_by=report)
        SalesReport.objects.filter(pk=report.pk, stored_at=None).update(stored_at=now)
    if report.bazaar:
        mark_sellers(report.bazaar, sellers_of(report), now=now)
    told = f"Tersimpan sebagai versi {report.version}."
    return told if report.version == 1 else f"{told} Versi sebelumnya tidak dihitung lagi."


def sellers_of(report: SalesReport) -> QuerySet[SalesRow, int]:
    """The people who sold something by this report."""
    return report.rows.filter(amount__gt=0).values_list("participant_id", flat=True)


def report_for(file: ImportFile) -> SalesReport:
    """The version that holds the rows of this file, begun where there is none yet."""
    known = SalesReport.objects.filter(file=file).first()
    if known:
        return known
    partner = Partner.objects.select_for_update().get(organisation=file.organisation_id)
    bazaar = file.options.get("bazaar")
    same = SalesReport.objects.filter(partner=partner, bazaar=bazaar)
    return SalesReport.objects.create(
        partner=partner,
        bazaar_id=bazaar,
        version=(same.aggregate(Max("version"))["version__max"] or 0) + 1,
        file=file,
        accepted_by=file.approved_by,
        accepted_at=file.approved_at or timezone.now(),
    )
