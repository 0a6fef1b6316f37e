"""What one does with families. Every function says who acts (`by`) and through which door (`channel`)."""

from lps.families.services.households import (
    Entered,
    FamilyRefused,
    Joining,
    NewChild,
    NewGuardian,
    NewHousehold,
    add_child,
    add_household,
    bulk_add_households,
    enter_families,
    share_child,
)
from lps.families.services.links import purge_links
from lps.families.services.recovery import Revealed, answer_recoveries, ask_for_codes, reveal_codes
from lps.families.services.requests import (
    AlreadyAnswered,
    TooManyRequests,
    answer_data_request,
    ask_about_data,
    note_export,
    withdraw_consent,
)
from lps.families.services.schools import NewClass, add_classes, open_school_year
from lps.families.services.signing_in import (
    SignedIn,
    finish_device_step,
    note_sign_in,
    note_sign_out,
    renew_family_code,
    send_device_links,
    sign_in,
)

__all__ = (
    "AlreadyAnswered",
    "Entered",
    "FamilyRefused",
    "Joining",
    "NewChild",
    "NewClass",
    "NewGuardian",
    "NewHousehold",
    "Revealed",
    "SignedIn",
    "TooManyRequests",
    "add_child",
    "add_classes",
    "add_household",
    "answer_data_request",
    "answer_recoveries",
    "ask_about_data",
    "ask_for_codes",
    "bulk_add_households",
    "enter_families",
    "finish_device_step",
    "note_export",
    "note_sign_in",
    "note_sign_out",
    "open_school_year",
    "purge_links",
    "renew_family_code",
    "reveal_codes",
    "send_device_links",
    "share_child",
    "sign_in",
    "withdraw_consent",
)
