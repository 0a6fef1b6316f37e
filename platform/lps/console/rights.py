"""What operators may do on the console."""

from lps.accounts.rights import Right

ENTER = "console.enter"
OPEN_COMMUNES = "console.open_communes"
CHANGE_STATES = "console.change_states"
RESEND = "console.resend_messages"
OWN = (
    Right(OPEN_COMMUNES, operator=True),
    Right(CHANGE_STATES, operator=True),
    Right(RESEND, operator=True),
)
