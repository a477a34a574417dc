"""Bazaars and reports of sales in the staff pages."""

from partners.bazaars.admin import bazaars, reports

__all__ = ["bazaars", "reports"]
