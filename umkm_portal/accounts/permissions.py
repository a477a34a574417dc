"""What a member of staff may do in the staff pages, by her roles in force today.

An authentication backend: Django's own `has_perm` then answers for every page, so the admin needs
no permission code of its own. Which rows a person sees is told by `for_user` of each QuerySet.
"""

from __future__ import annotations

from django.apps import apps
from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.models import AnonymousUser
from django.db.models import Model

from umkm_portal.accounts.models import Membership, User

WRITES = ("add", "change", "delete")
OFFICE = {"participants", "trainings", "partners", "imports", "messaging", "reports"}
"""Apps whose rows the head office writes; accounts and regions are kept by superusers."""
READABLE = OFFICE | {"accounts", "regions"}
CITY_WRITES = {
    "participants.add_participant",
    "participants.change_participant",
    "participants.add_stageevent",
    "participants.change_duplicatepair",
    "participants.change_datarequest",
    "participants.change_licencerequest",
    "participants.add_business",
    "participants.change_business",
    "participants.add_segment",
    "participants.change_segment",
    "participants.delete_segment",
    "participants.add_exportfile",
    "trainings.change_enrolment",
    "imports.add_importfile",
    "imports.change_importfile",
    "messaging.change_reply",
    "partners.change_application",
    "messaging.add_campaign",
}
DISTRICT_WRITES = {
    "participants.add_participant",
    "participants.add_stageevent",
    "participants.change_licencerequest",
    "trainings.change_enrolment",
    "messaging.view_reply",
    "messaging.change_reply",
    "partners.view_application",
    "partners.change_application",
}
TRAINER_READS = {"view_cohort", "view_session", "view_training", "view_venue", "view_trainer"}


def permissions_of_role(role: str) -> set[str]:
    """The permissions (`app.verb_model`) that one role brings."""
    if role == Membership.Role.HEAD_OFFICE:
        return _all(READABLE, ["view"]) | _all(OFFICE, [*WRITES]) | {"participants.export_nik"}
    if role == Membership.Role.AUDITOR:
        return _all(READABLE, ["view"])
    if role == Membership.Role.CITY_OFFICE:
        return _all(OFFICE, ["view"]) | CITY_WRITES
    if role == Membership.Role.DISTRICT:
        return _all({"participants", "trainings"}, ["view"]) | DISTRICT_WRITES
    if role == Membership.Role.TRAINER:
        return {f"trainings.{name}" for name in TRAINER_READS}
    return set()


class RoleBackend(BaseBackend):
    """Grants permissions from memberships; logs nobody in."""

    def get_user_permissions(
        self, user_obj: User | AnonymousUser, obj: Model | None = None
    ) -> set[str]:
        if not isinstance(user_obj, User) or obj is not None:
            return set()
        if not user_obj.is_active or not user_obj.is_staff:
            return set()
        if user_obj.role_permissions is None:
            roles = set(user_obj.memberships.current().values_list("role", flat=True))
            user_obj.role_permissions = set().union(*map(permissions_of_role, roles))
        return user_obj.role_permissions

    def has_module_perms(self, user_obj: User | AnonymousUser, app_label: str) -> bool:
        return any(name.startswith(f"{app_label}.") for name in self.get_user_permissions(user_obj))


def _all(app_labels: set[str], verbs: list[str]) -> set[str]:
    return {
        f"{label}.{verb}_{model._meta.model_name}"
        for label in app_labels
        for model in apps.get_app_config(label).get_models()
        for verb in verbs
    }
