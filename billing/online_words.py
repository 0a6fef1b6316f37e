"""Why an invoice cannot be paid online, in the family's words: each sentence says what to do."""

from datetime import datetime, timedelta

from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from lps.kernel.refusals import Refusal
from lps.ui.templatetags.ui import day, hour, money


def free_from(bar_ends_at: datetime) -> datetime:
    """When another payment may begin, where the town is: said to the minute, never too early."""
    return localtime((bar_ends_at + timedelta(minutes=1, microseconds=-1)).replace(second=0, microsecond=0))


def reason(refusal: Refusal, *, treasury: str) -> str:
    """The sentence of a refusal of `rules.online` or of `services.attempts`; `treasury` is the Trésorerie's name."""
    facts = refusal.facts
    match refusal.code:
        case "paid":
            return _("Cette facture est déjà payée : vous n'avez rien à faire.")
        case "barred":
            free = free_from(facts["until"])
            return _(
                "Un paiement de cette facture est en cours. Sans réponse de la Trésorerie, vous pourrez en commencer "
                "un autre à partir de %(hour)s, %(day)s."
            ) % {"hour": hour(free), "day": day(free)}
        case "held":
            return _("Un paiement de cette facture est examiné par la mairie : ne la payez pas une seconde fois.")
        case "announced":
            return _(
                "Paiement annoncé, à confirmer par la Trésorerie : ne payez pas cette facture une seconde fois. La "
                "mairie le compte dès que la Trésorerie le confirme, en quelques jours."
            )
        case "split":
            return _(
                "Une partie de cette facture est déjà réglée, et la Trésorerie n'encaisse en ligne qu'une facture "
                "entière : réglez le reste à la %(name)s."
            ) % {"name": treasury}
        case "late":
            return _("Le paiement en ligne de cette facture est terminé : à régler directement à la %(name)s.") % {
                "name": treasury
            }
        case "minimum":
            return _("Le paiement en ligne commence à %(amount)s : réglez cette facture à la mairie.") % {
                "amount": money(facts["amount"])
            }
        case "maximum":
            return _("Le paiement en ligne s'arrête à %(amount)s : réglez cette facture à la %(name)s.") % {
                "amount": money(facts["amount"]),
                "name": treasury,
            }
        case "treasury":
            return _(
                "Le service de paiement de la Trésorerie ne répond pas. Rien n'a été payé : réessayez dans quelques "
                "minutes."
            )
        case "settings":
            return _(
                "La Trésorerie a refusé d'ouvrir ce paiement. Rien n'a été payé ; prévenez la mairie, qui trouvera la "
                "cause dans son journal."
            )
        case "email":
            return _("La Trésorerie n'accepte pas cette adresse e-mail : donnez-en une autre.")
    return _("Cette facture ne se paie pas en ligne : réglez-la à la mairie ou à la %(name)s.") % {"name": treasury}
