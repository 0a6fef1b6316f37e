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
    "used": _(
        "Des factures ont été émises avec le tarif de cette date : choisissez une date plus tardive ou, s'il était "
        "erroné, cochez plus bas qu'il est remplacé."
    ),
    "changed": _(
        "Un autre agent a changé ces tarifs pendant votre saisie : relisez les versions en bas de page, puis "
        "enregistrez de nouveau si votre tarif convient toujours."
    ),
    "begun": _("Ce tarif est déjà en vigueur : pour le changer, faites une nouvelle version à partir d'une date."),
    "drafted": _("Un lot de factures en préparation utilise ce tarif : abandonnez ce lot d'abord."),
}
WARNINGS: Mapping[str, str | Promise] = {
    "moved": _("Le nombre de familles a changé depuis que cette page est ouverte : relisez-le, puis confirmez."),
    "state": _("Un collègue l'a déjà fait : voici où vous en êtes."),
}
RENEWALS: Mapping[str, str | Promise] = {
    "changed": _("Rien n'est enregistré : un réglage ou un tarif a changé depuis l'aperçu. Relisez ces nouveaux prix."),
    "nothing": _("Rien à enregistrer : aucune de ces activités n'a de tarif à reprendre ce jour-là."),
}
RENEWAL_LEFT: Mapping[str, str | Promise] = {
    "later": _("A déjà un tarif qui commence ce jour-là ou après : rien n'y change."),
    "none": _("Aucun tarif la veille de ce jour : fixez-le sur sa page."),
}
WITHDRAWALS: Mapping[str, str | Promise] = {
    "nothing": _("Aucun tarif à venir ne commence ce jour-là : rien n'a été changé."),
    "used": _(
        "Un de ces tarifs sert déjà à des factures, ou à un lot en préparation : rien n'a été changé. Retirez les "
        "autres un par un, sur leur page."
    ),
}
# What a tariff charges beside its grid.
PRICES: Mapping[str, str | Promise] = {
    "effort_rate": _("taux d'effort (%)"),
    "floor": _("prix plancher"),
    "ceiling": _("prix plafond"),
    "non_resident_extra": _("supplément hors commune"),
    "late_booking_extra": _("réservation hors délai"),
    "unbooked_extra": _("présence non réservée"),
    "late_pickup_extra": _("quart d'heure de retard"),
}
QUOTIENTS: Mapping[str, str | Promise] = {
    "order": _("Le dernier jour est avant le premier : vérifiez les deux dates."),
    "overlap": _("Un autre quotient commence pendant ces dates : choisissez un dernier jour avant lui."),
}
