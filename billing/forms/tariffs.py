"""The form of a tariff: its options, and its grid as a table whose rows and columns are asked for by buttons."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.core.validators import ProhibitNullCharactersValidator
from django.forms import BoundField
from django.utils.translation import gettext as _g
from django.utils.translation import gettext_lazy as _

from billing.forms.fields import EurosField
from billing.models import CashOffice, Tariff
from billing.rules.facts import EFFORT, EXTRAS, SAME, Price, TariffSpec
from lps.ui.forms import DayField, HourField

MOST_ROWS, MOST_RANKS = 20, 4
RESIDENTS = (("in", True), ("out", False))
_PLAIN = (ProhibitNullCharactersValidator(),)
_CHOICE = {"invalid_choice": _("Ce choix n'existe pas\u00a0: prenez-en un de la liste.")}


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the grid as the page draws it: where its quotients begin, then its prices."""

    bound: BoundField
    cells: list[BoundField]


class TariffForm(forms.Form):
    """What an activity costs from a day on."""

    since = DayField(label=_("À partir du"), error_messages={"required": _("Choisissez le premier jour de ce tarif.")})
    cash_office = forms.ModelChoiceField(
        label=_("Régie"), queryset=CashOffice.objects.all(), empty_label=None, error_messages=_CHOICE
    )
    name = forms.CharField(label=_("Libellé sur la facture"), max_length=80, validators=_PLAIN)
    unit = forms.ChoiceField(label=_("Le prix est compté"), choices=Tariff.Unit.choices, error_messages=_CHOICE)
    counted = forms.ChoiceField(label=_("On facture"), choices=Tariff.Counted.choices, error_messages=_CHOICE)
    basis = forms.ChoiceField(
        label=_("Calcul"),
        choices=Tariff.Basis.choices,
        error_messages=_CHOICE,
        help_text=_("Grille : un prix par tranche de quotient. Taux d'effort : quotient × taux, entre deux bornes."),
    )
    effort_rate = forms.DecimalField(
        label=_("Taux d'effort (%)"),
        required=False,
        max_digits=7,
        decimal_places=4,
        min_value=0,
        localize=True,
    )
    floor = EurosField(label=_("Prix plancher (euros)"), required=False)
    ceiling = EurosField(label=_("Prix plafond (euros)"), required=False)
    non_resident_extra = EurosField(
        label=_("Supplément hors commune, par unité"),
        required=False,
        help_text=_("S'ajoute au prix de la grille ou du taux d'effort."),
    )
    late_booking_extra = EurosField(label=_("Supplément pour une réservation hors délai"), required=False)
    unbooked_extra = EurosField(label=_("Supplément pour une présence non réservée"), required=False)
    starts_at = HourField(
        label=_("Début de la garde comptée"),
        required=False,
        help_text=_("Pour un prix à l'heure ou à la demi-heure : rien n'est compté avant."),
    )
    default_units = forms.IntegerField(
        label=_("Unités si les heures manquent"),
        min_value=0,
        max_value=50,
        help_text=_("Ce qui est facturé quand personne n'a noté l'heure de départ."),
    )
    pickup_at = HourField(label=_("Heure limite pour venir chercher l'enfant"), required=False)
    late_pickup_extra = EurosField(label=_("Supplément par quart d'heure de retard commencé"), required=False)
    waiting_days = forms.IntegerField(
        label=_("Jours de carence"),
        min_value=0,
        max_value=60,
        help_text=_("Les premiers jours d'une absence justifiée restent facturés."),
    )
    needs_certificate = forms.BooleanField(label=_("Absence déduite avec un justificatif seulement"), required=False)
    free_units = forms.IntegerField(label=_("Unités offertes par enfant et par mois"), min_value=0, max_value=500)
    corrects = forms.BooleanField(
        label=_("Le tarif de cette date était erroné : le remplacer, même déjà facturé"),
        required=False,
        help_text=_("Les factures émises ne changent pas : corrigez-les ensuite depuis leur lot."),
    )
    rows = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=MOST_ROWS)
    ranks = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=MOST_RANKS)

    def __init__(self, data: Any = None, *, initial: Mapping[str, Any] | None = None) -> None:
        told = dict(initial or {})
        super().__init__(data, initial=told)
        source = told if data is None else data
        self.number = _between(source.get("rows"), MOST_ROWS)
        self.rank_number = _between(source.get("ranks"), MOST_RANKS)
        for row in range(self.number):
            self.fields[f"qf_{row}"] = _cell(_g("Quotient à partir de, tranche %(row)s") % {"row": row + 1})
            for side, rank in self.columns:
                label = _g("%(column)s, tranche %(row)s") % {"column": _column(side, rank), "row": row + 1}
                self.fields[_key(row, side, rank)] = _cell(label)

    @property
    def columns(self) -> list[tuple[str, int]]:
        """The columns of prices: residence, then the rank of the child from which they count."""
        return [(side, rank) for side, _resident in RESIDENTS for rank in range(1, self.rank_number + 1)]

    @property
    def headings(self) -> list[str]:
        """What stands above each of them."""
        return [_column(side, rank) for side, rank in self.columns]

    @property
    def table(self) -> Iterator[Row]:
        """The grid, row by row."""
        for row in range(self.number):
            yield Row(self[f"qf_{row}"], [self[_key(row, side, rank)] for side, rank in self.columns])

    @property
    def main(self) -> list[BoundField]:
        """The fields above the grid."""
        return [self[name] for name in ("since", "cash_office", "name", "unit", "counted", "basis")]

    @property
    def effort(self) -> list[BoundField]:
        """Those of an effort rate."""
        return [self[name] for name in EFFORT]

    @property
    def options(self) -> list[BoundField]:
        """Those that most tariffs leave as they are."""
        kept = {"since", "cash_office", "name", "unit", "counted", "basis", "rows", "ranks", *EFFORT}
        return [self[name] for name in self.base_fields if name not in kept]

    def clean(self) -> dict[str, Any]:
        """A whole grid, or a whole effort rate."""
        given = super().clean() or {}
        if given.get("basis") == Tariff.Basis.EFFORT:
            self._check_effort(given)
        else:
            given["prices"] = tuple(self._prices(given))
        return given

    @property
    def spec(self) -> TariffSpec:
        """What the agent said, once the form is valid."""
        given = self.cleaned_data
        effort = given["basis"] == Tariff.Basis.EFFORT
        facts = {name: given[name] for name in SAME}
        for name in EFFORT if not effort else ():
            facts[name] = None
        for name in EXTRAS:
            facts[name] = facts[name] or Decimal(0)
        return TariffSpec(prices=() if effort else given["prices"], **facts)

    def _check_effort(self, given: Mapping[str, Any]) -> None:
        for name in EFFORT:
            if not self.errors.get(name) and not given.get(name) and not (name == "floor" and given.get(name) == 0):
                self.add_error(name, _("Un taux d'effort demande un taux, un plancher et un plafond."))
        floor, ceiling = given.get("floor"), given.get("ceiling")
        if floor is not None and ceiling is not None and floor > ceiling:
            self.add_error("ceiling", _("Le plafond est au-dessous du plancher\u00a0: vérifiez ces deux prix."))

    def _prices(self, given: Mapping[str, Any]) -> Iterator[Price]:
        seen: set[Decimal] = set()
        for row in range(self.number):
            keys = [_key(row, side, rank) for side, rank in self.columns]
            bound = given.get(f"qf_{row}")
            if bound is None and not any(self.data.get(key) for key in keys) and not self.errors.get(f"qf_{row}"):
                if row:
                    continue
                bound = Decimal(0)
            elif bound is None:
                if not self.errors.get(f"qf_{row}"):
                    self.add_error(f"qf_{row}", _("Écrivez à partir de quel quotient ce prix s'applique."))
                continue
            if bound in seen:
                self.add_error(f"qf_{row}", _("Deux tranches commencent au même quotient\u00a0: changez-en une."))
                continue
            seen.add(bound)
            yield from self._row(given, row, bound)
        if seen and Decimal(0) not in seen:
            self.add_error("qf_0", _("La première tranche commence à 0, pour que chaque quotient ait un prix."))

    def _row(self, given: Mapping[str, Any], row: int, bound: Decimal) -> Iterator[Price]:
        for side, resident in RESIDENTS:
            for rank in range(1, self.rank_number + 1):
                amount = given.get(_key(row, side, rank))
                if amount is None and not resident:
                    amount = given.get(_key(row, "in", rank))
                if amount is not None:
                    yield Price(qf_from=bound, resident=resident, from_rank=rank, amount=amount)
                elif resident and not self.errors.get(_key(row, side, rank)):
                    self.add_error(_key(row, side, rank), _("Écrivez ce prix, 0 si c'est gratuit."))


def told(spec: TariffSpec) -> dict[str, Any]:
    """What the form of a tariff that exists begins with."""
    facts: dict[str, Any] = {name: getattr(spec, name) for name in SAME}
    bounds = sorted({cell.qf_from for cell in spec.prices}) or [Decimal(0)]
    facts["rows"] = len(bounds)
    facts["ranks"] = max((cell.from_rank for cell in spec.prices), default=1)
    facts |= {f"qf_{row}": bound for row, bound in enumerate(bounds)}
    for row, bound in enumerate(bounds):
        for side, resident in RESIDENTS:
            for rank in range(1, facts["ranks"] + 1):
                # A column that has no bound of its own there goes on with its last price.
                under = [
                    cell
                    for cell in spec.prices
                    if cell.resident == resident and cell.from_rank <= rank and cell.qf_from <= bound
                ]
                if under:
                    last = max(under, key=lambda cell: (cell.from_rank, cell.qf_from))
                    facts[_key(row, side, rank)] = last.amount
                # Left empty, it follows the residents' price when that one is changed.
                if not resident and facts.get(_key(row, side, rank)) == facts.get(_key(row, "in", rank)):
                    facts.pop(_key(row, side, rank), None)
    return facts


def widened(data: Any, *, rows: int = 0, ranks: int = 0) -> TariffForm:
    """The form as it was sent, with one more row or column: nothing that was typed is lost or judged yet."""
    typed = {name: data.get(name) for name in data if name != "csrfmiddlewaretoken"}
    typed["rows"] = min(_between(typed.get("rows"), MOST_ROWS) + rows, MOST_ROWS)
    typed["ranks"] = min(_between(typed.get("ranks"), MOST_RANKS) + ranks, MOST_RANKS)
    return TariffForm(initial=typed)


def _between(value: Any, most: int) -> int:
    text = str(value)
    return max(1, min(int(text), most)) if text.isascii() and text.isdigit() and len(text) < 4 else 1


def _key(row: int, side: str, rank: int) -> str:
    return f"{side}_{row}_{rank}"


def _column(side: str, rank: int) -> str:
    name = _g("Habitants") if side == "in" else _g("Hors commune")
    return name if rank == 1 else _g("%(name)s, dès le %(rank)se enfant") % {"name": name, "rank": rank}


def _cell(label: str) -> EurosField:
    attrs = {"inputmode": "decimal", "autocomplete": "off", "size": 6, "aria-label": label}
    return EurosField(label=label, required=False, widget=forms.TextInput(attrs))
