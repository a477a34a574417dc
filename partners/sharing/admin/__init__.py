"""Agreements and shared lists in the staff pages."""

from partners.sharing.admin import agreements, lists

__all__ = ["agreements", "lists"]
