"""Who may do what with what the town decides for everybody."""

from lps.accounts.rights import Right
from lps.accounts.roles import AGENT_ROLES, Role

MANAGE_AGENTS = "accounts.manage"
MANAGE_TOKENS = "office.manage_tokens"
READ_JOURNAL = "office.read_journal"
READ_MESSAGES = "office.read_messages"
WRITE_MESSAGES = "office.write_messages"
CHANGE_TOWN = "office.change_town"
SET_UP = "office.set_up"
READ_RULES = "office.read_rules"
WRITE_RULES = "office.write_rules"
READ_SENDINGS = "office.read_sendings"
WRITE_TO_FAMILIES = "office.write_to_families"
READ_SMS = "office.read_sms_service"
MANAGE_SMS = "office.manage_sms_service"
READ_DELIVERIES = "office.read_deliveries"
RESEND = "office.resend_messages"
SET_SENDING = "office.set_sending"

OWN = (
    Right(MANAGE_TOKENS, roles=frozenset({Role.ADMINISTRATOR})),
    Right(READ_JOURNAL, roles=frozenset({Role.ADMINISTRATOR})),
    Right(READ_MESSAGES, roles=frozenset(AGENT_ROLES)),
    Right(WRITE_MESSAGES, roles=frozenset({Role.SCHOOL, Role.CASH_OFFICE, Role.ACTIVITIES})),
    Right(READ_RULES, roles=frozenset({Role.SCHOOL, Role.CASH_OFFICE, Role.ACTIVITIES, Role.READ_ONLY})),
    Right(WRITE_RULES, roles=frozenset({Role.SCHOOL})),
    Right(READ_SENDINGS, roles=frozenset({Role.SCHOOL, Role.ACTIVITIES, Role.READ_ONLY})),
    Right(WRITE_TO_FAMILIES, roles=frozenset({Role.SCHOOL, Role.ACTIVITIES})),
    Right(READ_SMS, roles=frozenset({Role.SCHOOL, Role.READ_ONLY})),
    Right(MANAGE_SMS, roles=frozenset({Role.SCHOOL})),
    Right(READ_DELIVERIES, roles=frozenset({Role.SCHOOL, Role.CASH_OFFICE, Role.ACTIVITIES, Role.READ_ONLY})),
    Right(RESEND, roles=frozenset({Role.SCHOOL, Role.CASH_OFFICE})),
    Right(SET_SENDING, roles=frozenset({Role.ADMINISTRATOR})),
    Right(CHANGE_TOWN, roles=frozenset({Role.ADMINISTRATOR})),
    Right(SET_UP, roles=frozenset({Role.ADMINISTRATOR})),
)
