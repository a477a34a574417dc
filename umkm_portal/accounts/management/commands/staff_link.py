"""`manage.py staff_link EMAIL`: the first login of staff, without any default password."""

import argparse
import json
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.urls import reverse

from umkm_portal.accounts import services
from umkm_portal.common.commands import ReportingCommand


class Command(ReportingCommand):
    help = "Prints a link that logs a member of staff in once, within 30 minutes."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("email", help="address of the member of staff")
        parser.add_argument(
            "--promote", action="store_true", help="make an existing account a staff account"
        )
        parser.add_argument("--json", action="store_true", help="one JSON object as last line")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            account = services.prepare_staff(options["email"], promote=options["promote"])
        except services.NotStaff as refusal:
            raise CommandError(str(refusal)) from None
        token = services.sign_staff_link(account.user)
        link = settings.PORTAL_URL + reverse("accounts:staff_link", args=[token])
        if options["json"]:
            self.stdout.write(json.dumps(report(account, link)))
            return
        if account.is_new:
            self.stdout.write(f"Created the staff account {account.user.email}.")
        if account.role_given:
            self.stdout.write(f"Gave it the role {account.role_given}.")
        self.stdout.write("This link works once, within 30 minutes; pass it on by a safe way:")
        self.stdout.write(link)


def report(account: services.StaffAccount, link: str) -> dict[str, object]:
    """What `--json` prints."""
    return {
        "email": account.user.email,
        "created": account.is_new,
        "superuser": account.user.is_superuser,
        "role_given": account.role_given,
        "link": link,
        "minutes": services.LINK_LIFETIME.total_seconds() / 60,
    }
