"""The words of refusals about families, for the agents."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

WRONG: Mapping[str, str | Promise] = {
    "needed": _("il manque une valeur"),
    "too_long": _("le texte est trop long"),
    "not_a_date": _("ce n'est pas une date, par exemple 21/06/2019"),
    "not_a_child": _("cette date ne peut pas être celle d'un enfant"),
    "not_a_code": _("un code compte 6 à 10 chiffres"),
    "not_an_email": _("ce n'est pas une adresse e-mail"),
    "not_a_phone": _("ce n'est pas un numéro de téléphone"),
    "religion": _("écrivez un fait sur la nourriture (« sans porc »), jamais une religion"),
    "code_of_another": _("ce code appartient déjà à quelqu'un d'autre"),
    "other_code": _("cet enfant a déjà un autre code, qui ne change pas par un import"),
}
REFUSED: Mapping[str, str | Promise] = {
    "too_heavy": _("Ce fichier est trop lourd (20 Mo au plus)."),
    "too_many_rows": _("Ce fichier a trop de lignes (20 000 au plus)."),
    "too_many_columns": _("Ce fichier a trop de colonnes (60 au plus)."),
    "not_a_table": _("Ce fichier n'est pas un tableau."),
    "empty": _("Ce fichier est vide."),
    "unreadable": _("Ce fichier ne peut pas être lu : enregistrez-le en XLSX ou en CSV, puis recommencez."),
    "no_school_year": _("Aucune année scolaire n'est ouverte : ouvrez-la d'abord."),
    "family_code_taken": _("Un code famille du fichier est déjà attribué. Rien n'a été écrit."),
    "child_code_taken": _("Un code enfant du fichier est déjà attribué. Rien n'a été écrit."),
    "internal": _("L'import a échoué par notre faute. Rien n'a été écrit, l'erreur est notée."),
}
