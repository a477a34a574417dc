"""What is known about a person at the moment she is registered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from participants.models import Participant, Sector
from umkm_portal.regions.models import Region


@dataclass(frozen=True, kw_only=True)
class Entry:
    """The cleaned answers of one registration; empty means not told.

    `phone` is E.164 and `email` lower-case, `nik` 16 checked digits, `yearly_sales` whole rupiah,
    `channels` pairs of `SalesChannel.Platform` and store link. `consents` holds an answer for each
    `Consent.Purpose` that was asked about.
    """

    full_name: str
    phone: str = ""
    email: str = ""
    nik: str = ""
    birth_date: date | None = None
    region: Region | None = None
    address: str = ""
    track: str = Participant.Track.NEW
    business_name: str = ""
    sector: Sector | None = None
    products: str = ""
    channels: list[tuple[str, str]] = field(default_factory=list)
    nib: str = ""
    yearly_sales: int | None = None
    market: str = ""
    stall: str = ""
    is_willing: bool = False
    consents: Mapping[str, bool] = field(default_factory=dict)

    @property
    def has_business(self) -> bool:
        facts = (self.business_name, self.products, self.nib, self.market, self.stall)
        return any(facts) or bool(self.sector or self.channels) or self.yearly_sales is not None
