"""Who may do what with the telephone: an administrator decides, others read."""

from lps.accounts.rights import Right
from lps.accounts.roles import Role

READ_VOICE = "voice.read"
SET_VOICE = "voice.set"

OWN = (
    Right(READ_VOICE, roles=frozenset({Role.SCHOOL, Role.CASH_OFFICE, Role.READ_ONLY})),
    Right(SET_VOICE, roles=frozenset({Role.ADMINISTRATOR})),
)
