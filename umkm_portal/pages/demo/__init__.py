"""Practice data: invented people, places and classes, dated from today, made by the real services.

Repeating fills in what is missing and changes nothing else.
"""

from umkm_portal.pages.demo.seed import SeedRefused, seed

__all__ = ["SeedRefused", "seed"]
