"""Printed files of certificates go by age; each certificate can be printed again at any time."""

from __future__ import annotations

from datetime import datetime

from trainings.certificates.batches import purge_files
from trainings.models import CertificateBatch
from umkm_portal.common import retention
from umkm_portal.common.retention import RetentionJob, Stock


def register_jobs() -> None:
    name = "certificate_files"
    retention.register(RetentionJob(name, "Berkas cetak sertifikat", _find, purge_files))


def _find(now: datetime) -> Stock:
    done = CertificateBatch.objects.filter(state="done", expires_at__lte=now)
    return retention.stock_of(done, "expires_at")
