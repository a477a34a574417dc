"""What a value of a file does to another one that the register knows, field by field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from umkm_portal.imports import profiles, services
from umkm_portal.imports.models import ImportFile

Policy = ImportFile.Policy


class Chosen(NamedTuple):
    """One field, and the policy that the file follows."""

    field: profiles.PolicyField
    policy: str


def policies_of(file: ImportFile, profile: profiles.Profile) -> list[Chosen]:
    return [
        Chosen(field, profile.policy_of(field.key, file.policies))
        for field in profile.policy_fields
    ]


def set_policies(file: ImportFile, chosen: Mapping[str, str]) -> None:
    """Have a checked file follow other policies and be checked anew; raises NotNow otherwise."""
    known = {field.key for field in profiles.get(file.profile).policy_fields}
    if not chosen.keys() <= known or not {*chosen.values()} <= {*Policy.values}:
        raise services.NotNow("Aturan pembaruan tidak dikenal. Pilih dari daftar yang ada.")
    services.check_again(file, policies=dict(chosen))
