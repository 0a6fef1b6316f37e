"""French sentences for the codes that billing answers."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

REFUSED: Mapping[str, str | Promise] = {
    "amount": _("Saisissez une somme plus grande que zéro."),
    "allocation": _("Ce qui reste à payer a changé pendant votre saisie : relisez les montants, puis encaissez."),
    "till_closed": _("La caisse de ce jour est arrêtée : elle ne reçoit plus rien. Encaissez sur la caisse de demain."),
    "not_theirs": _("Cette facture n'est pas de cette famille : ouvrez la page de la bonne famille."),
    "other_office": _("Cet avoir est d'une autre régie : il ne peut pas régler cette facture."),
    "moved": _("Un règlement est arrivé depuis que cette page est ouverte : comptez à nouveau."),
    "unexplained": _("Les espèces comptées ne sont pas celles attendues : recomptez, ou expliquez l'écart."),
    "remitted": _("Un de ces chèques est déjà parti avec un bordereau, ou annulé : relisez la liste."),
    "nothing": _("Cochez au moins un chèque."),
    "reversed": _("Ce règlement est déjà annulé : rien n'a été changé."),
    "taken_back": _("Cet avoir est déjà repris : rien n'a été changé."),
    "of_payment": _("Ce règlement a payé cette facture : annulez-le depuis sa quittance."),
    "cancels": _("Cet avoir annule cette facture : il ne peut pas en être repris."),
}
TARIFFS: Mapping[str, str | Promise] = {
    "used": _("Des factures ont été émises avec le tarif de cette date : choisissez une date plus tardive."),
    "begun": _("Ce tarif est déjà en vigueur : pour le changer, faites une nouvelle version à partir d'une date."),
    "drafted": _("Un lot de factures en préparation utilise ce tarif : abandonnez ce lot d'abord."),
}
QUOTIENTS: Mapping[str, str | Promise] = {
    "order": _("Le dernier jour est avant le premier : vérifiez les deux dates."),
    "overlap": _("Un autre quotient commence pendant ces dates : choisissez un dernier jour avant lui."),
}
