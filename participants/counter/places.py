"""Where the people may live whom a member of staff registers at the counter."""

from __future__ import annotations

from collections.abc import Iterable

from umkm_portal.accounts.models import Membership, User
from umkm_portal.regions.models import Region, RegionQuerySet

Level = Region.Level


class UnknownPlace(ValueError):
    """No region is meant, or several; the message is the sentence with the repair."""


def regions_of(user: User) -> RegionQuerySet:
    """Kelurahan of Jakarta and cities elsewhere: all for the head office, else of her area."""
    everywhere = Region.objects.valid()
    homes = everywhere.jakarta().filter(level=Level.VILLAGE)
    memberships = user.memberships.current().select_related("region")
    roles = {membership.role for membership in memberships}
    if user.is_superuser or Membership.Role.HEAD_OFFICE in roles:
        outside = everywhere.filter(level=Level.CITY).exclude(code__startswith=Region.JAKARTA)
        return homes | outside
    area = Region.objects.none()
    for membership in memberships:
        is_local = membership.role in (Membership.Role.CITY_OFFICE, Membership.Role.DISTRICT)
        if is_local and membership.region:
            area = area | homes.within(membership.region)
    return area


class Places:
    """The regions one may choose, as the lines of a list that narrows down while typing."""

    def __init__(self, regions: Iterable[Region]) -> None:
        self._by_label = {_label(region): region for region in regions}
        self._by_key = {label.casefold(): region for label, region in self._by_label.items()}

    @property
    def labels(self) -> list[str]:
        return list(self._by_label)

    def label_of(self, code: str) -> str:
        """The line of the region with this code, or empty."""
        return next((label for label, r in self._by_label.items() if r.code == code), "")

    def find(self, typed: str) -> Region:
        """The region of that line, or of the only line that begins so. Raises UnknownPlace."""
        words = " ".join(typed.replace(",", ", ").split()).replace(" ,", ",").casefold()
        if exact := self._by_key.get(words):
            return exact
        found = [label for label in self._by_label if label.casefold().startswith(words)]
        whole = [label for label in found if label.casefold().startswith(f"{words},")]
        if len(whole or found) == 1:
            return self._by_label[(whole or found)[0]]
        if found:
            several = ", atau ".join(f"“{label}”" for label in (whole or found)[:3])
            raise UnknownPlace(f"“{typed}” ada beberapa. Pilih {several} dari daftar.")
        raise UnknownPlace(
            f"“{typed}” tidak ada di wilayah tugas Anda. Pilih kelurahan dari daftar, atau minta "
            "orangnya mendaftar sendiri di /daftar/."
        )


def _label(region: Region) -> str:
    """`Cideng, Gambir` for a kelurahan, `Kota Bekasi` for a city elsewhere."""
    if region.level == Level.VILLAGE and region.parent:
        return f"{region.short_name}, {region.parent.short_name}"
    return region.name


def places_of(user: User) -> Places:
    """One query for the roles of the user, one for the regions."""
    rows = regions_of(user).select_related("parent").order_by("short_name", "code")
    return Places(rows)
