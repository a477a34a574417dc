"""What beat sets off, and when, and who does it. A missed errand is made up by the next."""

from __future__ import annotations

from celery.schedules import crontab

HOUR = 3600
Errand = dict[str, object]
QUEUES = {
    "umkm_portal.imports.tasks.*": {"queue": "imports"},
    "participants.tasks.*": {"queue": "imports"},
    "umkm_portal.messaging.tasks.deliver_urgent": {"queue": "urgent"},
    "umkm_portal.messaging.tasks.work_webhooks": {"queue": "urgent"},  # somebody said yes
    "umkm_portal.messaging.tasks.ask_pulses": {"queue": "urgent"},
    "umkm_portal.messaging.tasks.tell_operators": {"queue": "urgent"},
    "umkm_portal.messaging.tasks.sweep": {"queue": "urgent"},  # bulk workers have long turns
    "umkm_portal.messaging.tasks.check_accounts": {"queue": "imports"},  # waits for providers
    "umkm_portal.messaging.tasks.sync_approved_texts": {"queue": "imports"},
    "umkm_portal.messaging.tasks.*": {"queue": "bulk"},
    "trainings.tasks.write_certificates": {"queue": "imports"},  # pages by the thousand
    "trainings.tasks.*": {"queue": "urgent"},
    "partners.tasks.*": {"queue": "imports"},
    "umkm_portal.backups.tasks.purge": {"queue": "imports"},
}
"""Which workers do what."""


def beat_schedule(*, sweep_seconds: float) -> dict[str, Errand]:
    """Every errand by its name; the outbox is swept each `sweep_seconds`."""
    return {
        "sweep-outbox": _every(sweep_seconds, "umkm_portal.messaging.tasks.sweep"),
        "ask-pulses": _every(30, "umkm_portal.messaging.tasks.ask_pulses"),
        "tell-operators": _every(60, "umkm_portal.messaging.tasks.tell_operators"),
        "check-accounts": _every(600, "umkm_portal.messaging.tasks.check_accounts"),
        "sync-approved-texts": _every(HOUR, "umkm_portal.messaging.tasks.sync_approved_texts"),
        "advance-cohorts": _every(30, "trainings.tasks.advance_cohorts"),
        "follow-changes": _every(30, "trainings.tasks.follow_changes"),
        "carry-lines": _every(600, "trainings.tasks.carry_lines"),
        "remind": _every(60, "trainings.tasks.remind"),
        "ask-after-class": _every(300, "trainings.tasks.ask_after_class"),
        "sweep-certificates": _every(30, "trainings.tasks.sweep_certificates"),
        "tell-certificates": _every(60, "trainings.tasks.tell_certificates"),
        "sweep-imports": _every(15, "umkm_portal.imports.tasks.sweep"),
        "sweep-exports": _every(30, "participants.tasks.sweep_exports"),
        "purge-exports": _every(600, "participants.tasks.purge_exports"),
        "publish-curations": _every(15, "partners.tasks.publish_due"),
        "link-registered": _every(300, "partners.tasks.link_registered"),
        "tell-withdrawals": _every(600, "partners.tasks.tell_withdrawals"),
        "sweep-shared-lists": _every(30, "partners.tasks.sweep_lists"),
        "recount-segments": _every(300, "participants.tasks.recount"),
        "forget-codes": _at("participants.tasks.forget_codes", HOUR / 2, minute=25),
        "send-registration-links": _at(
            "umkm_portal.pages.tasks.send_registration_links", 540, minute="*/10", hour="8-19"
        ),
        **_nightly(),
    }


def _nightly() -> dict[str, Errand]:
    """Heavy errands, while nobody looks; a worker that was away does them until the morning."""
    return {
        "recompute-activity": _at(
            "participants.tasks.recompute_activity", 6 * HOUR, hour=0, minute=10
        ),
        "remove-expired-registrations": _at(
            "participants.tasks.remove_expired_registrations", 6 * HOUR, hour=0, minute=40
        ),
        "close-cohorts": _at("trainings.tasks.close_cohorts", 6 * HOUR, hour=1, minute=20),
        "purge": _at("umkm_portal.backups.tasks.purge", 6 * HOUR, hour=2, minute=30),
        "find-duplicates": _at("participants.tasks.find_duplicates", 6 * HOUR, hour=3, minute=10),
    }


def _every(seconds: float, task: str) -> Errand:
    """An errand that is worth nothing once the next one is due."""
    return {"task": task, "schedule": float(seconds), "options": {"expires": float(seconds)}}


def _at(task: str, expires: float, **when: str | int) -> Errand:
    """An errand by the clock; a worker that finds it `expires` seconds later leaves it."""
    return {"task": task, "schedule": crontab(**when), "options": {"expires": expires}}
