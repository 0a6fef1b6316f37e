"""What is still unpaid after the last reminder, as a table for the Treasury or the town's finance software."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from billing import reminders
from lps.families.models import Guardian

_POSTAL_CODE = re.compile(r"\d{5}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpaid:
    """An invoice handed over, with the payer on file and what the Treasury would miss of it."""

    invoice: Any
    title: str
    first_name: str
    last_name: str
    missing: tuple[str, ...]


def read() -> list[Unpaid]:
    """Every such invoice by family: two statements."""
    rows = reminders.unpaid_at_the_end()
    payers = payers_on_file({row.household_id for row in rows})
    return [_unpaid(row, payers.get(row.household_id)) for row in rows]


def table(found: Sequence[Unpaid]) -> Iterator[list[Any]]:
    """The cells: the names of the columns, then one line an invoice."""
    yield [
        _("Civilité"),
        _("Nom"),
        _("Prénom"),
        _("Adresse"),
        _("Code postal"),
        _("Ville"),
        _("Facture"),
        _("Libellé"),
        _("Échéance"),
        _("Montant"),
        _("Déjà payé"),
        _("Reste à payer"),
        _("Dernière relance"),
        _("Manque"),
    ]
    for one in found:
        row = one.invoice
        yield [
            one.title,
            one.last_name,
            one.first_name,
            row.street,
            row.postal_code,
            row.city,
            row.number,
            row.label,
            row.due_date,
            row.total,
            row.paid,
            row.left,
            reminders.day_of(row.last_sent_at),
            ", ".join(one.missing),
        ]


def payers_on_file(households: set[int]) -> Mapping[int, Guardian]:
    """Who pays in each family: the one said to pay, else the first on file."""
    rows = Guardian.objects.filter(household__in=households).order_by("is_payer", "-pk")
    return {row.household_id: row for row in rows}


def _unpaid(row: Any, payer: Guardian | None) -> Unpaid:
    title, first, last = (payer.title, payer.first_name, payer.last_name) if payer else ("", "", row.payer_name)
    held = {
        _("civilité"): title,
        _("prénom"): first,
        _("nom"): last,
        _("adresse"): row.street,
        _("code postal à 5 chiffres"): _POSTAL_CODE.fullmatch(row.postal_code),
        _("ville"): row.city,
    }
    missing = tuple(name for name, value in held.items() if not value)
    return Unpaid(invoice=row, title=title, first_name=first, last_name=last, missing=missing)
