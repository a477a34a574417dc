"""The staff pages of the register, by noun."""

from participants.admin import businesses, exports, filters, lists, people, segments

__all__ = ["businesses", "exports", "filters", "lists", "people", "segments"]
