"""What one does with families. Every function says who acts (`by`) and through which door (`channel`)."""

from lps.families.services.households import (
    FamilyRefused,
    NewChild,
    NewGuardian,
    NewHousehold,
    add_child,
    add_household,
    bulk_add_households,
    share_child,
)

__all__ = (
    "FamilyRefused",
    "NewChild",
    "NewGuardian",
    "NewHousehold",
    "add_child",
    "add_household",
    "bulk_add_households",
    "share_child",
)
