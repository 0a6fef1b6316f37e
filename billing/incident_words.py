"""French words of the incidents of online payment: what is wrong, what to do, what the Treasury said."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from billing.models import IncidentNote
from lps.ui.templatetags.ui import money

Kind = IncidentNote.Kind
Words = str | Promise

TITLES: Mapping[Kind, Words] = {
    Kind.MISMATCH: _("Le paiement n'est pas celui qui était demandé"),
    Kind.SILENT: _("La Trésorerie ne répond pas"),
    Kind.LATE: _("Un paiement est arrivé après la fin de la tentative"),
    Kind.OVERPAID: _("La famille a payé plus que la facture"),
    Kind.UNPROVED: _("Un paiement annoncé n'est toujours pas confirmé"),
}
ADVICE: Mapping[Kind, Words] = {
    Kind.MISMATCH: _(
        "Rien n'est compté comme payé, et la facture ne peut plus être payée en ligne. Comparez avec votre relevé de "
        "compte ou demandez à la Trésorerie ; si l'argent est arrivé, encaissez-le sur la page de la famille. Une fois "
        "l'incident noté, la facture peut de nouveau être payée en ligne."
    ),
    Kind.SILENT: _(
        "La question est reposée toute seule : rien n'est perdu. Si cela dure plus d'une journée, vérifiez le numéro "
        "de client dans « Paiement en ligne » ou appelez votre correspondant PayFiP."
    ),
    Kind.LATE: _(
        "Le paiement est bien enregistré. Vérifiez que la famille n'a pas payé cette facture une seconde fois, au "
        "guichet par exemple."
    ),
    Kind.OVERPAID: _(
        "Le trop-perçu est un avoir de la famille : utilisez-le sur sa prochaine facture, depuis sa page, ou faites-le "
        "rembourser par la Trésorerie."
    ),
    Kind.UNPROVED: _(
        "Le retour de paiement n'est pas signé : il ne prouve rien. Envoyez le dernier fichier de PayFiP dans "
        "« Rapprochement » : s'il contient ce paiement, vous pourrez l'enregistrer. S'il n'y est pas et que l'argent "
        "n'est pas sur votre compte, notez-le ici : la facture pourra de nouveau être payée."
    ),
}
REFUSED: Mapping[str, Words] = {
    "gone": _("Cet incident n'est plus à examiner : il est résolu, ou un autre agent l'a déjà noté."),
}
_RESULTS: Mapping[str, Words] = {
    "P": _("payé par carte"),
    "V": _("prélèvement ordonné"),
    "R": _("carte refusée"),
    "Z": _("prélèvement refusé"),
    "A": _("abandonné"),
}


def of_answer(answer: Mapping[str, str]) -> list[tuple[Words, str]]:
    """What the Treasury said, as labels and values."""
    result, fault = answer.get("result", ""), answer.get("fault", "")
    found: list[tuple[Words, str]] = [
        (_("Résultat"), str(_RESULTS.get(result, result))),
        (_("Code d'erreur"), fault),
        (_("Montant payé"), _amount(answer.get("amount", ""))),
        (_("Référence payée"), answer.get("refdet", "")),
        (_("Numéro de client"), answer.get("numcli", "")),
        (_("N° auto"), answer.get("authorization", "")),
    ]
    return [(label, value) for label, value in found if value]


def _amount(written: str) -> str:
    try:
        return money(Decimal(written)) if written else ""
    except InvalidOperation:
        return written
