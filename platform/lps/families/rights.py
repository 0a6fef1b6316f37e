"""Who may do what with families."""

from lps.accounts.rights import Right
from lps.accounts.roles import AGENT_ROLES, Role
from lps.families.identity import owns

ANSWER_REQUESTS = "families.answer_requests"
READ_OWN_DATA = "families.read_own_data"
READ_FAMILIES = "families.read_families"
READ_SITES = "families.read_sites"
WRITE_FAMILIES = "families.write_families"
IMPORT_FAMILIES = "families.import"
PRINT_CODES = "families.print_codes"
# Finding gives names and classes alone; opening a page gives addresses, telephones and whom to call.
FIND_FAMILIES = "families.find"
OPEN_FAMILY = "families.open"
EDIT_FAMILIES = "families.edit"
READ_HEALTH = "families.read_health"
WRITE_HEALTH = "families.write_health"
RENEW_CODES = "families.renew_codes"
EXPORT_FAMILIES = "families.export"
ROLL_OVER = "families.roll_over"
ERASE_FAMILY = "families.erase"

OWN = (
    Right(ANSWER_REQUESTS, roles=frozenset({Role.SCHOOL}), of_families=True),
    Right(READ_OWN_DATA, owns=owns),
    Right(READ_FAMILIES, scope="familles:lire"),
    Right(READ_SITES, scope="catalogue:lire"),
    Right(WRITE_FAMILIES, scope="familles:modifier"),
    Right(IMPORT_FAMILIES, roles=frozenset({Role.SCHOOL}), of_families=True),
    Right(PRINT_CODES, roles=frozenset({Role.SCHOOL}), of_families=True),
    Right(FIND_FAMILIES, roles=frozenset(AGENT_ROLES), of_families=True),
    Right(
        OPEN_FAMILY, roles=frozenset({Role.SCHOOL, Role.CASH_OFFICE, Role.ACTIVITIES, Role.READ_ONLY}), of_families=True
    ),
    Right(EDIT_FAMILIES, roles=frozenset({Role.SCHOOL, Role.CASH_OFFICE}), of_families=True),
    Right(READ_HEALTH, roles=frozenset({Role.SCHOOL, Role.ACTIVITIES}), of_families=True),
    Right(WRITE_HEALTH, roles=frozenset({Role.SCHOOL}), of_families=True),
    Right(RENEW_CODES, roles=frozenset({Role.SCHOOL}), of_families=True),
    Right(EXPORT_FAMILIES, roles=frozenset({Role.SCHOOL, Role.CASH_OFFICE}), of_families=True),
    Right(ROLL_OVER, roles=frozenset({Role.SCHOOL}), of_families=True),
    Right(ERASE_FAMILY, roles=frozenset({Role.SCHOOL}), of_families=True),
)
