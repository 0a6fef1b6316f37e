"""The kinds of message that bookings send, for families to choose."""

from django.utils.translation import gettext_lazy as _

from notifications.kinds import MessageKind

REMINDER = "reminder"
OWN = (
    MessageKind(
        code=REMINDER,
        label=_("Rappel avant la date limite"),
        words=_("la veille, si la semaine suivante est vide ou ne ressemble pas à d'habitude"),
    ),
)
