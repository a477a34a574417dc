"""How people are reached, for the desk: one SELECT over those whom an officer may see."""

from __future__ import annotations

from participants.models import Consent, Participant
from umkm_portal.accounts.models import User
from umkm_portal.messaging.desk.sources import Selection, compiled
from umkm_portal.regions.models import Region

RESTRICTED, RESTRICTED_LABEL = "restricted", "Membatasi pemakaian datanya"
ELSEWHERE = "Luar Jakarta atau belum diketahui"

_PEOPLE = """
SELECT p.id AS recipient_key, coalesce(city.short_name, '{elsewhere}') AS city,
    p.email, p.phone, coalesce(c.event = '{given}', FALSE) AS agrees_to_whatsapp,
    CASE WHEN p.restricted_at IS NOT NULL THEN '{restricted}' END AS barred
FROM participants_participant p
LEFT JOIN regions_region r ON r.id = p.region_id
LEFT JOIN regions_region city
    ON r.code LIKE '{jakarta}.%%' AND city.code = left(r.code, 5) AND city.valid_to IS NULL
LEFT JOIN (
    SELECT DISTINCT ON (participant_id) participant_id, event FROM participants_consent
    WHERE purpose = '{whatsapp}' AND organisation_id IS NULL
    ORDER BY participant_id, happened_at DESC, (event = '{given}'), id DESC
) c ON c.participant_id = p.id
WHERE p.id IN ({seen})
"""
"""The last word on WhatsApp counts; of two at the same moment the withdrawal does."""


def seen_by(user: User) -> Selection:
    """The living people of this officer's area with their addresses."""
    seen = compiled(Participant.objects.for_user(user).living(), "id")
    sql = _PEOPLE.format(
        elsewhere=ELSEWHERE,
        given=Consent.Event.GIVEN.value,
        restricted=RESTRICTED,
        jakarta=Region.JAKARTA,
        whatsapp=Consent.Purpose.WHATSAPP.value,
        seen=seen.sql,
    )
    return Selection(sql, seen.params)
