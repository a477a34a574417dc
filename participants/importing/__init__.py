"""The register of the dinas (daftar induk) coming in by file: columns, cleaning, SQL."""

from participants.importing.profile import REGISTER

__all__ = ["REGISTER"]
