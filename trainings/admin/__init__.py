"""The staff pages of trainings, by noun."""

from trainings.admin import catalogue, certificate_templates, cohorts, programmes

__all__ = ["catalogue", "certificate_templates", "cohorts", "programmes"]
