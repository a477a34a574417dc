from participants.models.access import DataAccess
from participants.models.businesses import Business, Revenue, SalesChannel, Sector
from participants.models.consents import Consent
from participants.models.contacts import CodeSpending, ContactCode
from participants.models.duplicates import DuplicateKey, DuplicatePair, Merge, MergedRow
from participants.models.exports import ExportFile
from participants.models.licences import LicenceEvent, LicenceRequest
from participants.models.offices import CityOffice
from participants.models.participants import Participant, ParticipantQuerySet
from participants.models.registrations import Registration
from participants.models.requests import DataRequest
from participants.models.segments import Segment
from participants.models.stages import Mentorship, Referral, Stage, StageEvent

__all__ = [
    "Business",
    "CityOffice",
    "CodeSpending",
    "Consent",
    "ContactCode",
    "DataAccess",
    "DataRequest",
    "DuplicateKey",
    "DuplicatePair",
    "ExportFile",
    "LicenceEvent",
    "LicenceRequest",
    "Mentorship",
    "Merge",
    "MergedRow",
    "Participant",
    "ParticipantQuerySet",
    "Referral",
    "Registration",
    "Revenue",
    "SalesChannel",
    "Sector",
    "Segment",
    "Stage",
    "StageEvent",
]
