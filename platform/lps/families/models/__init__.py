"""Families as towns know them: households with their code, children with theirs, and who has whom when.

A code is kept twice: a keyed hash to find it, the clear value sealed under the commune's key so that
the town can print the letter again. Names carry a sort key computed here (`lps.kernel.text`).
"""

from lps.families.models.children import HEALTH_PURPOSE, Child, Contact, Custody, Diet, Enrollment, HealthNote
from lps.families.models.doors import DataRequest, FamilyLink, RecoveryRequest
from lps.families.models.files import ImportBatch, LettersBatch
from lps.families.models.households import ERASED, Guardian, Household, email_key
from lps.families.models.schools import Rollover, SchoolClass, SchoolYear, Site, Teacher

__all__ = [
    "Child",
    "Contact",
    "Custody",
    "DataRequest",
    "Diet",
    "ERASED",
    "Enrollment",
    "FamilyLink",
    "Guardian",
    "HEALTH_PURPOSE",
    "HealthNote",
    "Household",
    "ImportBatch",
    "LettersBatch",
    "RecoveryRequest",
    "Rollover",
    "SchoolClass",
    "SchoolYear",
    "Site",
    "Teacher",
    "email_key",
]
