"""The staff pages of trainings, by noun."""

from trainings.admin import catalogue, cohorts

__all__ = ["catalogue", "cohorts"]
