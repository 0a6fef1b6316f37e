"""The words of refusals about families, for the agents."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from lps.kernel.refusals import Refusal

WRONG: Mapping[str, str | Promise] = {
    "needed": _("il manque une valeur"),
    "too_long": _("le texte est trop long"),
    "not_a_date": _("ce n'est pas une date, par exemple 21/06/2019"),
    "not_a_child": _("cette date ne peut pas être celle d'un enfant"),
    "not_a_code": _("un code compte 6 à 10 chiffres"),
    "not_a_postal_code": _(
        "un code postal compte 5 chiffres ; celui d'un autre pays s'écrit avec une lettre, comme B-1000"
    ),
    "not_an_email": _("ce n'est pas une adresse e-mail"),
    "not_a_phone": _("ce n'est pas un numéro de téléphone"),
    "religion": _("écrivez un fait sur la nourriture (« sans porc »), jamais une religion"),
    "code_of_another": _("ce code appartient déjà à quelqu'un d'autre"),
    "code_twice": _("ce code est donné plus haut à quelqu'un d'autre"),
    "two_classes": _("cet enfant est déjà plus haut dans le fichier, dans une autre classe"),
    "same_name": _(
        "un enfant du même nom est plus haut, dans une autre famille : donnez sa date de naissance ou son code"
    ),
    "formula": _("ce texte commence comme une formule de tableur (=, +, - ou @)"),
    "other_code": _("cet enfant a déjà un autre code, qui ne change pas par un import"),
}
REFUSED: Mapping[str, str | Promise] = {
    "too_heavy": _("Ce fichier est trop lourd (20 Mo au plus)."),
    "too_many_rows": _("Ce fichier a trop de lignes (20 000 au plus)."),
    "too_many_columns": _("Ce fichier a trop de colonnes (60 au plus) ou de cases, même vides."),
    "not_a_table": _("Ce fichier n'est pas un tableau."),
    "empty": _("Ce fichier est vide."),
    "unreadable": _("Ce fichier ne peut pas être lu : enregistrez-le en XLSX ou en CSV, puis recommencez."),
    "no_school_year": _("Aucune année scolaire n'est ouverte : ouvrez-la d'abord."),
    "family_code_taken": _("Un code famille du fichier est déjà attribué. Rien n'a été écrit."),
    "child_code_taken": _("Un code enfant du fichier est déjà attribué. Rien n'a été écrit."),
    "stopped": _(
        "L'écriture de ce fichier s'est arrêtée trois fois en route, et n'est plus essayée. Rien n'a été écrit\u00a0: "
        "coupez-le en plusieurs fichiers plus petits, et envoyez-les l'un après l'autre."
    ),
    "internal": _("L'import a échoué par notre faute. Rien n'a été écrit, l'erreur est notée."),
}
ROLLOVER: Mapping[str, str | Promise] = {
    "no_pupils": _("Aucun enfant n'est dans une classe : importez d'abord les familles."),
    "year_overlaps": _("La nouvelle année doit commencer après la fin de celle-ci : au plus tôt le %(first_day)s."),
    "day_outside": _("Choisissez un jour de la nouvelle année, du %(first_day)s au %(last_day)s."),
    "day_past": _("Ce jour est passé : choisissez aujourd'hui ou un jour à venir."),
    "unplaced": _("Enfants encore à placer : %(number)s. Donnez-leur une classe, ou dites qu'ils quittent l'école."),
    "no_class": _("Une classe ou un enfant n'est plus dans la liste. Reprenez la page, rien n'a été changé."),
    "already_applied": _("Ce passage vient d'être fait : annulez-le d'abord pour changer quelque chose."),
    "not_applied": _("Ce passage n'est pas fait, ou il vient d'être annulé."),
    "children_changed": _(
        "Des enfants ont changé de classe ou de famille depuis le passage (%(number)s : %(names)s). "
        "Il ne peut plus être annulé d'un coup : corrigez ces enfants un par un."
    ),
    "later_facts": _(
        "Des réservations ou des pointages comptent sur les nouvelles classes (%(number)s depuis le passage). "
        "Annulez-les d'abord, ou corrigez les enfants un par un."
    ),
    "later_passage": _("Le passage à l'année d'après est déjà fait : annulez-le d'abord."),
    "class_twice": _("Cette école a déjà une classe de ce nom l'an prochain."),
    "class_used": _("Des enfants sont déjà dans cette classe : elle ne peut pas être supprimée."),
}


def rollover(refusal: Refusal) -> str:
    """The sentence of a refusal of the passage, its facts in it."""
    return str(ROLLOVER[str(refusal.code)]) % {name: _shown(value) for name, value in refusal.facts.items()}


def _shown(value: Any) -> str:
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    return ", ".join(value) if isinstance(value, list) else str(value)


ERASURE: Mapping[str, str | Promise] = {
    "to_come": _("Il reste des réservations à venir ou des factures à payer (%(number)s). Rien n'est effacé."),
    "already_erased": _("Cette famille est déjà effacée."),
}


def erasure(refusal: Refusal) -> str:
    """The sentence of a refusal to erase, its facts in it."""
    return str(ERASURE[str(refusal.code)]) % dict(refusal.facts)


# What an agent asked for and cannot be, at the counter.
COUNTER: Mapping[str, str | Promise] = {
    "no_payer": _("Une famille a toujours un payeur\u00a0: dites d'abord qui paie à sa place."),
    "in_the_past": _("Ce jour est passé\u00a0: choisissez aujourd'hui ou un jour à venir."),
    "year_over": _(
        "Cette classe n'existe plus ce jour-là\u00a0: choisissez un jour de son année, ou une autre classe."
    ),
    "same_class": _("L'enfant est déjà dans cette classe ce jour-là."),
    "already_there": _("L'enfant est déjà dans cette famille, ce jour-là ou plus tard."),
    "not_there": _("L'enfant n'est plus dans cette famille après ce jour."),
    "elsewhere": _("Rien n'a changé\u00a0: un autre foyer a cet enfant. Dites plutôt la fin de la garde ici."),
    "has_history": _(
        "Rien n'a changé\u00a0: cet enfant a déjà une réservation, un pointage, une facture, une personne à appeler "
        "ou une information de santé. S'il quitte l'école, choisissez «\u00a0Changer de classe ou départ\u00a0», "
        "puis «\u00a0aucune\u00a0»."
    ),
    "nobody_left": _(
        "Plus aucune famille n'aurait cet enfant\u00a0: ajoutez d'abord l'autre foyer, "
        "ou retirez l'enfant de sa classe s'il quitte l'école."
    ),
}


def address_refused(refusal: Refusal) -> str:
    """Why no link is sent to an address, and what to do."""
    match refusal.code:
        case "known":
            return str(_("Cette adresse est déjà validée : rien d'autre à faire."))
        case "too_many":
            return str(_("Votre famille a déjà %(number)s adresses : retirez-en une d'abord.")) % refusal.facts
        case _:
            return str(_("Plusieurs liens viennent d'être envoyés. Lisez vos messages, ou réessayez plus tard."))
