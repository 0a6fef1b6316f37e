"""Who may do what with families."""

from lps.accounts.rights import Right
from lps.accounts.roles import Role
from lps.families.identity import owns

ANSWER_REQUESTS = "families.answer_requests"
READ_OWN_DATA = "families.read_own_data"
READ_FAMILIES = "families.read_families"
READ_SITES = "families.read_sites"
IMPORT_FAMILIES = "families.import"
PRINT_CODES = "families.print_codes"

OWN = (
    Right(ANSWER_REQUESTS, roles=frozenset({Role.SCHOOL})),
    Right(READ_OWN_DATA, owns=owns),
    Right(READ_FAMILIES, scope="familles:lire"),
    Right(READ_SITES, scope="catalogue:lire"),
    Right(IMPORT_FAMILIES, roles=frozenset({Role.SCHOOL})),
    Right(PRINT_CODES, roles=frozenset({Role.SCHOOL})),
)
