"""French words of files of quotients: what is wrong with a line, why a file is not taken or not undone."""

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from billing.quotient_files import NAMES
from lps.families import words as families
from lps.kernel.refusals import Refusal

Words = str | Promise
WRONG: Mapping[str, Words] = {
    "not_a_quotient": _("ce quotient n'est pas lisible : il s'écrit comme 650 ou 650,50"),
    "not_a_number": _("un n° de famille ne compte que des chiffres : reprenez celui de notre liste"),
    "name_needed": _("avec un n° de famille, écrivez aussi le nom de la famille : nous vérifions les deux"),
    "nobody": _("rien ne dit de quelle famille il s'agit : son code, ou le nom, le prénom et la naissance d'un enfant"),
    "unknown_family": _("aucune famille de la commune ne correspond"),
    "unknown_child": _(
        "aucun enfant de la commune ne correspond, ou plusieurs : donnez son code ou celui de sa famille"
    ),
    "another_child": _("ce code est celui d'un autre enfant"),
    "two_homes": _("cet enfant a deux foyers : écrivez le nom de la famille, ou son code"),
    "other_name": _("cette famille porte un autre nom : vérifiez la ligne"),
    "twice": _("cette famille est déjà plus haut, avec un autre quotient ou d'autres dates"),
    "order": _("le dernier jour est avant le premier"),
    "overlap": _("un autre quotient de cette famille commence pendant ces dates"),
    "far": _("écrivez l'année en quatre chiffres, entre 2000 et dans cinq ans"),
    **{code: families.WRONG[code] for code in ("not_a_date", "not_a_code", "formula", "too_long")},
}
REFUSED: Mapping[str, Words] = {
    **families.REFUSED,
    "too_many_lines": _("Ce fichier a plus de %(most)s lignes : coupez-le en plusieurs."),
    "state": _("Un collègue l'a déjà fait, ou il reste une colonne à indiquer : voici où en est ce fichier."),
    "invoiced": _(
        "Des factures ont été validées depuis cet import : il ne peut plus être annulé d'un coup. Corrigez le quotient "
        "sur la page de chaque famille."
    ),
}


def wrong(rows: list[dict[str, Any]]) -> list[tuple[int, str, Words]]:
    """The wrong lines of a report: their number, the column, why."""
    return [(one["line"], NAMES[one["column"]], WRONG[one["code"]]) for one in rows]


def refusal(refused: Refusal) -> str:
    """Why a file is not taken, accepted or undone."""
    return str(REFUSED[refused.code]) % dict(refused.facts)
