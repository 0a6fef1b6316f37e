"""Who may do what with the telephone: an administrator decides, the school tries it and teaches it words."""

from lps.accounts.rights import Right
from lps.accounts.roles import Role

READ_VOICE = "voice.read"
SET_VOICE = "voice.set"
TRY_VOICE = "voice.try"
TEACH_VOICE = "voice.teach"

OWN = (
    Right(READ_VOICE, roles=frozenset({Role.SCHOOL, Role.CASH_OFFICE, Role.READ_ONLY})),
    Right(SET_VOICE, roles=frozenset({Role.ADMINISTRATOR})),
    Right(TRY_VOICE, roles=frozenset({Role.SCHOOL})),
    Right(TEACH_VOICE, roles=frozenset({Role.SCHOOL})),
)
