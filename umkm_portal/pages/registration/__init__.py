"""Owners register themselves: five short pages, a last look, and a receipt (`/daftar/`)."""
