#!/usr/bin/env python
"""Entry point of every command; starts the embedded servers when a command needs them."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "umkm_portal.settings")
    try:
        from django.core.exceptions import ImproperlyConfigured
        from django.core.management import execute_from_command_line
    except ImportError:
        sys.exit(
            "Django is not installed for this Python. Run: "
            "python3 -m venv .venv && .venv/bin/pip install -r requirements.txt, "
            "then use .venv/bin/python manage.py"
        )
    from umkm_portal.embedded.lease import EmbeddedError, servers_for

    try:
        with servers_for(sys.argv):
            execute_from_command_line(sys.argv)
    except (EmbeddedError, ImproperlyConfigured) as error:
        sys.exit(f"portal: {error}")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
