"""French words of reconciliation: what is different, what to do, why a file is not taken."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from billing.rules.reconciliation import MAX_LINES, Outcome
from lps.kernel.refusals import Refusal
from lps.ui.templatetags.ui import money

Words = str | Promise

TITLES: Mapping[Outcome, Words] = {
    Outcome.CONFIRMED: _("Payé par adresse, confirmé par ce fichier"),
    Outcome.MISSING: _("Payé à la Trésorerie, pas ici"),
    Outcome.DOUBLE: _("Payé une fois de plus à la Trésorerie"),
    Outcome.AMOUNT: _("Les montants sont différents"),
    Outcome.REVERSED: _("Payé à la Trésorerie, annulé ici"),
    Outcome.UNKNOWN: _("Référence qui n'est pas une de vos factures"),
    Outcome.CLIENT: _("Autre numéro de client que celui de la facture"),
    Outcome.EXTRA: _("Payé ici, absent du fichier"),
    Outcome.AGREED: _("D'accord"),
}
ADVICE: Mapping[Outcome, Words] = {
    Outcome.CONFIRMED: _(
        "Ces familles sont allées payer par l'adresse de la Trésorerie, et ce fichier le prouve : même référence, même "
        "montant. Enregistrez ces paiements : les factures seront réglées, et chaque famille recevra son ticket par "
        "e-mail. Pour revenir en arrière, annulez un règlement depuis sa quittance."
    ),
    Outcome.MISSING: _(
        "Redemandez à la Trésorerie : si elle connaît le paiement, il s'enregistre tout seul. Si elle ne le connaît "
        "plus, vérifiez votre relevé de compte, puis enregistrez la ligne comme un paiement."
    ),
    Outcome.DOUBLE: _(
        "Cette facture a déjà un paiement. Redemandez à la Trésorerie ; si l'argent est bien arrivé deux fois sur "
        "votre compte, enregistrez la ligne : elle devient un avoir de la famille."
    ),
    Outcome.AMOUNT: _(
        "Rien n'est changé ici. Comparez avec votre relevé de compte ; s'il donne raison au fichier, annulez le "
        "règlement d'ici depuis sa quittance et encaissez le bon montant, ou regardez « Incidents de paiement »."
    ),
    Outcome.REVERSED: _(
        "Ce règlement a été annulé ici. Si le prélèvement a été rejeté par la banque, c'est normal. Sinon, l'argent "
        "est bien là : encaissez-le de nouveau sur la page de la famille."
    ),
    Outcome.UNKNOWN: _(
        "Un autre logiciel encaisse peut-être sous ce numéro de client. Cherchez la référence dans vos factures, "
        "puis demandez à votre correspondant PayFiP."
    ),
    Outcome.CLIENT: _(
        "Vérifiez que vous avez pris le fichier de la bonne régie, et le numéro de client dans « Paiement en ligne »."
    ),
    Outcome.EXTRA: _(
        "Un paiement du dernier jour, ou un prélèvement, peut être dans le fichier suivant ; un paiement de test n'y "
        "figure jamais. Si le suivant ne le dit pas non plus, appelez votre correspondant PayFiP."
    ),
    Outcome.AGREED: _("Rien à faire : même référence, même montant, dix jours d'écart au plus."),
}
_REFUSED: Mapping[str, Words] = {
    "choose": _("Choisissez un fichier."),
    "empty": _("Ce fichier est vide. Téléchargez-le de nouveau depuis PayFiP."),
    "too_heavy": _("Ce fichier est trop lourd : 2 Mo au plus. Demandez à PayFiP une période plus courte."),
    "too_long": _("Ce fichier a plus de %(most)s paiements. Demandez à PayFiP une période plus courte."),
    "encoding": _(
        "Ce n'est pas un fichier de texte. Envoyez-le comme PayFiP le donne, sans l'ouvrir ni l'enregistrer."
    ),
    "not_payfip": _(
        "Ce n'est pas un fichier de PayFiP entier : il commence par EN-TETE et finit par PIED-DE-PAGE. Téléchargez-le "
        "de nouveau."
    ),
    "client": _("La première ligne du fichier ne donne pas de numéro de client à six chiffres."),
    "line": _(
        "Le paiement n° %(line)s du fichier est illisible : sa date, sa référence ou son montant ne va pas. "
        "Téléchargez le fichier de nouveau."
    ),
    "nothing": _("Ce fichier ne contient aucun paiement : il n'y a rien à rapprocher."),
    "count": _(
        "Le fichier annonce %(said)s paiements et en contient %(found)s : il est incomplet. Téléchargez-le de nouveau."
    ),
    "total": _("Le total annoncé par le fichier n'est pas celui de ses lignes, %(found)s. Téléchargez-le de nouveau."),
    "gone": _("Cette ligne ne peut plus être enregistrée : sa situation a changé. La voici à jour."),
}
ANSWERS: Mapping[str, Words] = {
    "new": _("Le fichier est reçu et comparé."),
    "known": _("Vous aviez déjà envoyé ce fichier : rien n'a changé. Le voici."),
    "recorded": _("Le paiement est enregistré. Pour revenir en arrière, annulez-le depuis sa quittance."),
    "confirmed": _("Les paiements confirmés sont enregistrés, et les familles reçoivent leur ticket."),
    "nothing": _("Il n'y avait rien à enregistrer : un autre agent vient de le faire."),
    "paid": _("La Trésorerie connaît ce paiement : il est enregistré."),
    "forgotten": _("La Trésorerie ne connaît plus ce paiement. Vérifiez votre relevé, puis enregistrez la ligne."),
    "silent": _("La Trésorerie ne répond pas pour le moment : rien n'a changé. Réessayez dans une demi-heure."),
    "other": _("La Trésorerie a répondu, et ne confirme pas ce paiement : rien n'est enregistré."),
}


def refusal(refused: Refusal) -> str:
    """Why a file is not taken, or a line not recorded."""
    facts = dict(refused.facts)
    if refused.code == "total":
        facts["found"] = money(facts["found"])
    if refused.code == "count" and not facts["said"]:
        facts["said"] = _now("un nombre illisible de")
    return str(_REFUSED[refused.code]) % {"most": MAX_LINES, **facts}
