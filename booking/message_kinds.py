"""The kinds of message that bookings send, for families to choose."""

from django.utils.translation import gettext_lazy as _

from notifications.kinds import MessageKind

REMINDER, SAVE, CLOSURE, OFFER, ANSWER = "reminder", "save", "closure", "offer", "answer"
OWN = (
    MessageKind(
        code=REMINDER,
        label=_("Rappel avant la date limite"),
        words=_("la veille, si la semaine suivante est vide ou ne ressemble pas à d'habitude"),
    ),
    MessageKind(
        code=SAVE,
        label=_("Modifications enregistrées"),
        words=_(
            "à chaque enregistrement, son reçu : réservations et annulations, par quelque moyen qu'elles soient faites"
        ),
        default=False,
    ),
    MessageKind(
        code=CLOSURE,
        label=_("Fermetures et annulations"),
        words=_("quand la mairie ferme des jours, les rouvre ou déplace vos réservations"),
    ),
    MessageKind(
        code=OFFER,
        label=_("Liste d'attente"),
        words=_("quand une place se libère pour votre enfant, ou n'est plus à vous"),
    ),
    MessageKind(
        code=ANSWER,
        label=_("Réponses à vos demandes"),
        words=_("une absence, une préinscription, une période rouverte"),
    ),
)
