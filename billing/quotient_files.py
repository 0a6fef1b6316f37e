"""Quotients as lines of a file: its columns, each line understood or what is wrong with it, and the file we give."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from billing.debts import Euros
from billing.forms.fields import EurosField
from billing.models import Quotient
from lps.families import codes
from lps.families.importing import dates
from lps.families.importing.columns import Column, Mapped
from lps.families.importing.reading import Table
from lps.families.models import Custody, Household
from lps.kernel import spreadsheet
from lps.kernel.text import sort_key

COLUMNS = (
    Column("number", "N° de famille", others=("numero de famille", "numero famille", "n famille")),
    Column("family_code", "Code famille", others=("code payeur",)),
    Column("household", "Famille", others=("foyer", "nom famille", "nom de famille", "nom")),
    Column("child_code", "Code enfant"),
    Column("child_last_name", "Nom de l'enfant", others=("nom enfant", "nom eleve")),
    Column("child_first_name", "Prénom de l'enfant", others=("prenom enfant", "prenom eleve")),
    Column("birth_date", "Né le", others=("date de naissance", "naissance", "ne(e) le")),
    Column("value", "Quotient familial", True, others=("quotient", "qf", "montant qf", "qf caf", "quotient caf")),
    Column("since", "À partir du", others=("debut", "date de debut", "date debut", "date d'effet", "valable du", "du")),
    Column("last_day", "Jusqu'au", others=("fin", "date de fin", "date fin", "valable jusqu'au", "au")),
    Column("proof", "Justificatif", others=("piece", "document")),
)
NAMES: Mapping[str, str] = {column.key: column.name for column in COLUMNS}
_CHILD = ("child_last_name", "child_first_name", "birth_date")
# Any of these tells which family a line is about.
WAYS = (("number", "household"), ("family_code",), ("child_code",), _CHILD)
YEARS_AHEAD = 5
_LONGEST = {"proof": 200, "household": 80, "child_last_name": 80, "child_first_name": 60}
_MOST_KEY = 10  # digits
_FORMULA = ("=", "+", "-", "@")  # a spreadsheet that opens our export would run it


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with a line: the column's key and a code."""

    line: int
    column: str
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A quotient, and what tells whose it is; `child` is a name's sort key with a birth."""

    line: int
    number: int | None
    family_code: str
    household: str
    child_code: str
    child: tuple[str, date] | None
    value: Decimal
    since: date
    last_day: date | None
    proof: str


@dataclass(slots=True)
class Understood:
    """The lines that say a quotient, how many say none, and all that is wrong with the others."""

    lines: list[Line] = field(default_factory=list)
    empty: int = 0
    wrong: list[Wrong] = field(default_factory=list)


def finds_families(mapped: Mapped) -> bool:
    """Whether these columns can tell a family."""
    return any(set(way) <= set(mapped) for way in WAYS)


def understand(table: Table, mapped: Mapped, *, since: date, last_day: date | None, today: date) -> Understood:
    """Read every line; `since` and `last_day` are those of the lines that tell none, `today` bounds the years."""
    done = Understood()
    for number, row in table.rows:
        cells = {key: row[place] if place < len(row) else "" for key, place in mapped.items()}
        if not cells.get("value"):
            done.empty += 1
            continue
        reader = _Reader(number, cells, today)
        line = reader.line(since, last_day)
        if reader.wrong or line is None:
            done.wrong += reader.wrong
        else:
            done.lines.append(line)
    return done


def table(day: date) -> Iterator[list[Any]]:
    """The cells of the file we give: every family that has a child on a day, with its quotient of that day or none.

    Three statements. Sent again as it is, it changes nothing.
    """
    names = [NAMES["number"], NAMES["household"], _("Enfants"), NAMES["value"], NAMES["since"], NAMES["last_day"]]
    yield [*names, NAMES["proof"]]
    children: dict[int, list[str]] = {}
    held = Custody.objects.filter(valid_during__contains=day, child__anonymized_at__isnull=True)
    for home, name in held.order_by("child__name_sort", "pk").values_list("household", "child__first_name"):
        children.setdefault(home, []).append(name)
    proved = {row.household_id: row for row in Quotient.objects.filter(valid_during__contains=day)}
    for household in Household.objects.filter(pk__in=list(children)).order_by("name_sort", "pk"):
        own = proved.get(household.pk)
        until = own.valid_during.upper if own else None
        yield [
            household.pk,
            household.name,
            ", ".join(children[household.pk]),
            Euros(own.value) if own else "",
            own.valid_during.lower if own else "",
            date.fromordinal(until.toordinal() - 1) if until else "",
            own.proof if own else "",
        ]


class _Reader:
    """Reads the cells of one line, and remembers what is wrong."""

    def __init__(self, number: int, cells: Mapping[str, str], today: date) -> None:
        self.number, self.cells, self.today = number, cells, today
        self.wrong: list[Wrong] = []

    def line(self, since: date, last_day: date | None) -> Line | None:
        value = self._value()
        first = self._day("since") or since
        last = self._day("last_day") or last_day
        if last is not None and last < first:
            self._refuse("last_day", "order")
        number, household = self._number(), self._text("household")
        family_code, child_code, child = self._code("family_code"), self._code("child_code"), self._child()
        if number is not None and not household:
            self._refuse("household", "name_needed")
        if not (self.wrong or number is not None or family_code or child_code or child):
            self._refuse("number", "nobody")
        if value is None:
            return None
        return Line(
            line=self.number,
            number=number,
            family_code=family_code,
            household=household,
            child_code=child_code,
            child=child,
            value=value,
            since=first,
            last_day=last,
            proof=self._text("proof"),
        )

    def _value(self) -> Decimal | None:
        try:
            found: Decimal | None = EurosField().clean(spreadsheet.harmed(self.cells["value"]))
        except ValidationError:
            self._refuse("value", "not_a_quotient")
            return None
        return found

    def _day(self, key: str) -> date | None:
        written = self._text(key)
        if not written:
            return None
        found = dates.read(written, today=self.today)
        if found is None:
            self._refuse(key, "not_a_date")
        elif not 2000 <= found.year <= self.today.year + YEARS_AHEAD:
            self._refuse(key, "far")
            found = None
        return found

    def _number(self) -> int | None:
        written = self._text("number")
        if not written:
            return None
        if written.isascii() and written.isdigit() and len(written) <= _MOST_KEY:
            return int(written)
        self._refuse("number", "not_a_number")
        return None

    def _code(self, key: str) -> str:
        written = codes.clean(self._text(key))
        if written and not codes.looks_right(written):
            self._refuse(key, "not_a_code")
            return ""
        return written

    def _child(self) -> tuple[str, date] | None:
        """A name and a birth, or nothing: a name alone may be another child's."""
        last, first, born = (self._text(key) for key in _CHILD)
        if not (last and first and born):
            return None
        birth = dates.read(born, today=self.today)
        if birth is None:
            self._refuse("birth_date", "not_a_date")
            return None
        return sort_key(f"{last} {first}"), birth

    def _text(self, key: str) -> str:
        """A cell; what our export made harmless is as it was before, a formula that nobody did is refused."""
        cell = self.cells.get(key, "")
        value = spreadsheet.harmed(cell)
        if cell.startswith(_FORMULA):
            self._refuse(key, "formula")
        elif len(value) > _LONGEST.get(key, 100):
            self._refuse(key, "too_long")
        else:
            return value
        return ""

    def _refuse(self, key: str, code: str) -> None:
        self.wrong.append(Wrong(self.number, key, code))


def missing(mapped: Mapped) -> Collection[str]:
    """The names of columns without which no line can be understood: the quotient's, those that tell a family."""
    found = [] if "value" in mapped else [NAMES["value"]]
    if not finds_families(mapped):
        found.append(" / ".join(" + ".join(NAMES[key] for key in way) for way in WAYS))
    return found
