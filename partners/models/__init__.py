"""Platforms that train, curate and sell together with the programme."""

from partners.models.bazaars import Bazaar, BazaarEntry, SalesReport, SalesRow
from partners.models.calls import (
    Application,
    ApplicationEvent,
    CallQuota,
    CurationCall,
    ProductKind,
)
from partners.models.lists import CurationDecision, CurationList
from partners.models.members import MemberInvitation
from partners.models.partners import PARTNER_ROLES, Agreement, AgreementFile, Partner
from partners.models.results import Appeal, CurationResult
from partners.models.sharing import Disclosure, ListDownload, SharedList
from partners.models.tokens import ApiAnswer, ApiToken

__all__ = [
    "PARTNER_ROLES",
    "Agreement",
    "AgreementFile",
    "ApiAnswer",
    "ApiToken",
    "Appeal",
    "Application",
    "ApplicationEvent",
    "Bazaar",
    "BazaarEntry",
    "CallQuota",
    "CurationCall",
    "CurationDecision",
    "CurationList",
    "CurationResult",
    "Disclosure",
    "ListDownload",
    "MemberInvitation",
    "Partner",
    "ProductKind",
    "SalesReport",
    "SalesRow",
    "SharedList",
]
