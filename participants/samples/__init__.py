"""Invented people for practice and tests: realistic registers, clean or with known dirt."""

from participants.samples.files import messy_sample, write_sample

__all__ = ["messy_sample", "write_sample"]
