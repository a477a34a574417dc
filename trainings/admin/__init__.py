"""The staff pages of trainings, by noun."""

from trainings.admin import catalogue, cohorts, programmes

__all__ = ["catalogue", "cohorts", "programmes"]
