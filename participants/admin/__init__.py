"""The staff pages of the register, by noun."""

from participants.admin import businesses, filters, lists, people

__all__ = ["businesses", "filters", "lists", "people"]
