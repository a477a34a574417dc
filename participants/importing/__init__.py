"""The register of the dinas (daftar induk) coming in by file: columns, cleaning, SQL."""
