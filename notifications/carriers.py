"""What carries each kind of message away. Whoever adds a kind writes it here: a test names what is missing."""

from collections.abc import Mapping
from dataclasses import dataclass

from notifications.models import Kind, OutboxMessage
from notifications.wakeup import DRAIN, SEND_SMS


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrier:
    """The task that sends what is due, woken after a commit and at every tick; `fact` names its number in the audit.

    What leaves `at_most_once` may end of unknown fate, until a person sends it again under another mark: what the
    provider may still say of the first one is not said of the second.
    """

    task: str
    fact: str
    at_most_once: bool = False


CARRIERS: Mapping[Kind, Carrier] = {
    Kind.EMAIL: Carrier(task=DRAIN, fact="emails"),
    Kind.SMS: Carrier(task=SEND_SMS, fact="sms", at_most_once=True),
}


def carrier_of(message: OutboxMessage) -> Carrier:
    """What carries this message."""
    return CARRIERS[Kind(message.kind)]
