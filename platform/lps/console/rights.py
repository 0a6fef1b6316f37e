"""What operators may do on the console. An operator by that name may do all of it; the others what is told here."""

from lps.accounts.rights import Right
from lps.accounts.roles import Role

ENTER = "console.enter"
OPEN_COMMUNES = "console.open_communes"
CHANGE_STATES = "console.change_states"
RESEND = "console.resend_messages"
MANAGE_OPERATORS = "console.manage_operators"
READ_JOURNAL = "console.read_journal"
ENTER_TOWNS = "console.enter_towns"
WRITE_IN_TOWNS = "console.write_in_towns"
ANNOUNCE = "console.announce"
MAINTAIN = "console.maintain"
SET_OFFERS = "console.set_offers"
READ_USAGE = "console.read_usage"
# The town's own: who of the vendor came in.
READ_VISITS = "console.read_visits"
ERASE = "console.erase_communes"
EXPORT = "console.export_communes"
# The whole of it, by its own administrator.
EXPORT_TOWN = "console.export_town"
READ_PURGES = "console.read_purges"
READ_TELEPHONE = "console.read_telephone"
SET_TELEPHONE = "console.set_telephone"
OWN = (
    Right(OPEN_COMMUNES, operator=True),
    Right(CHANGE_STATES, operator=True),
    Right(RESEND, operators=frozenset({Role.SUPPORT})),
    Right(ENTER_TOWNS, operators=frozenset({Role.SUPPORT})),
    Right(WRITE_IN_TOWNS, operator=True),
    Right(ANNOUNCE, operators=frozenset({Role.SUPPORT})),
    Right(MAINTAIN, operator=True),
    Right(SET_OFFERS, operators=frozenset({Role.INVOICING})),
    Right(READ_USAGE, operators=frozenset({Role.INVOICING, Role.READ_ONLY})),
    Right(READ_VISITS, roles=frozenset({Role.ADMINISTRATOR})),
    Right(MANAGE_OPERATORS, operator=True),
    Right(READ_JOURNAL, operators=frozenset({Role.SUPPORT, Role.READ_ONLY})),
    Right(EXPORT, operator=True),
    Right(ERASE, operator=True),
    Right(READ_PURGES, roles=frozenset({Role.ADMINISTRATOR, Role.READ_ONLY})),
    Right(EXPORT_TOWN, roles=frozenset({Role.ADMINISTRATOR})),
    Right(READ_TELEPHONE, operators=frozenset({Role.SUPPORT, Role.READ_ONLY})),
    Right(SET_TELEPHONE, operator=True),
)
