"""What the town hall reads of one family, in a constant number of statements."""

from dataclasses import dataclass
from datetime import date

from lps.families import queries
from lps.families.models import Guardian, Household
from lps.families.queries import ChildAtSchool


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyPage:
    """A household with its guardians, and its children of the day."""

    guardians: tuple[Guardian, ...]
    children: tuple[ChildAtSchool, ...]


def read(household: Household, *, day: date) -> FamilyPage:
    """The page of a household on a day."""
    return FamilyPage(
        guardians=tuple(Guardian.objects.filter(household=household)),
        children=tuple(queries.children_of(household=household, day=day)),
    )
