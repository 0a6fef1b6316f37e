"""The lines of a file of quotients against what stands: whose each is, what it would change, which contradict it.

A constant number of statements, whatever the number of lines. The same file twice changes nothing.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from billing.models import BillingRun, Invoice, Quotient
from billing.quotient_files import Line, Wrong
from lps.families import codes
from lps.families.models import Child, Custody, Household
from lps.kernel.text import sort_key


@dataclass(frozen=True, slots=True)
class Change:
    """A household that would get a quotient, and the one that it ends or replaces."""

    line: Line
    household: Household
    former: Quotient | None

    @property
    def replaces(self) -> bool:
        """Whether the former begins on the same day: it goes, instead of ending the eve."""
        return self.former is not None and self.former.valid_during.lower == self.line.since


@dataclass(slots=True)
class Plan:
    """All that an import would do; `same` counts the households whose quotient stands already."""

    changes: list[Change] = field(default_factory=list)
    same: int = 0
    wrong: list[Wrong] = field(default_factory=list)


class Overlaps(ValueError):
    """Another quotient begins during these days."""


def after(last_day: date | None) -> date | None:
    """The day before which a quotient ends, None for no end."""
    return None if last_day is None else last_day + timedelta(days=1)


def former_of(rows: Iterable[Quotient], *, since: date, until: date | None) -> Quotient | None:
    """The quotient that a new one from `since` to before `until` ends or replaces. Raises `Overlaps`."""
    found = None
    for row in rows:
        first, end = row.valid_during.lower, row.valid_during.upper
        if (end is not None and end <= since) or (until is not None and first >= until):
            continue
        if first > since:
            raise Overlaps(first)
        found = row
    return found


def compare(lines: Sequence[Line], *, today: date) -> Plan:
    """What these lines would do: seven statements at most."""
    plan = Plan()
    found = _households(plan, lines, today)
    rows = of_households({one.pk for one in found.values()})
    first: dict[int, Line] = {}
    for line in lines:
        household = found.get(line.line)
        if household is None:
            continue
        if household.pk in first:
            if _facts(first[household.pk]) != _facts(line):  # a family with two children has two lines, alike
                plan.wrong.append(Wrong(line.line, "value", "twice"))
            continue
        first[household.pk] = line
        _add(plan, line, household, rows.get(household.pk, []))
    return plan


def of_households(households: Collection[int]) -> Mapping[int, list[Quotient]]:
    """All quotients of these households: one statement."""
    rows: dict[int, list[Quotient]] = {}
    for row in Quotient.objects.filter(household__in=list(households)).order_by("household", "valid_during"):
        rows.setdefault(row.household_id, []).append(row)
    return rows


def invoiced(changes: Iterable[Change]) -> int:
    """How many of these households have invoices of days that their new quotient is about: one statement."""
    since = {one.household.pk: one.line.since for one in changes}
    states = (BillingRun.State.PUBLISHED, BillingRun.State.CLOSED, BillingRun.State.VALIDATED)
    issued = Invoice.objects.filter(
        household__in=list(since), run__state__in=states, run__last_day__gte=min(since.values(), default=date.max)
    )
    found = issued.exclude(run__kind=BillingRun.Kind.CORRECTION).values_list("household", "run__last_day")
    return len({home for home, last in found if last >= since[home]})


def _add(plan: Plan, line: Line, household: Household, rows: list[Quotient]) -> None:
    until = after(line.last_day)
    try:
        former = former_of(rows, since=line.since, until=until)
    except Overlaps:
        plan.wrong.append(Wrong(line.line, "since", "overlap"))
        return
    if former and (former.value, former.valid_during.lower, former.valid_during.upper) == (
        line.value,
        line.since,
        until,
    ):
        plan.same += 1
    else:
        plan.changes.append(Change(line, household, former))


def _facts(line: Line) -> tuple[object, ...]:
    return line.value, line.since, line.last_day


def _households(plan: Plan, lines: Sequence[Line], today: date) -> Mapping[int, Household]:
    """Each line's household: by its number, its code, or a child of it, the first that the line tells."""
    finder = _Finder(lines, today)
    found: dict[int, Household] = {}
    for line in lines:
        try:
            found[line.line] = finder.household(line)
        except _Lost as lost:
            plan.wrong.append(Wrong(line.line, lost.column, lost.code))
    return found


class _Lost(LookupError):
    def __init__(self, column: str, code: str) -> None:
        super().__init__(code)
        self.column, self.code = column, code


class _Finder:
    """All households and children that some lines name, read at once."""

    def __init__(self, lines: Sequence[Line], today: date) -> None:
        known = Household.objects.all()
        self.by_number = known.in_bulk([line.number for line in lines if line.number is not None])
        self.by_code = {
            row.code_lookup: row
            for row in known.filter(
                code_lookup__in=[codes.family_lookup(line.family_code) for line in lines if line.family_code]
            )
        }
        pupils = Child.objects.filter(anonymized_at__isnull=True)
        coded = pupils.filter(code_lookup__in=[codes.child_lookup(one.child_code) for one in lines if one.child_code])
        self.by_child_code = {row.code_lookup: row for row in coded}
        self.by_child: dict[tuple[str, date | None], list[Child]] = {}
        for row in pupils.filter(name_sort__in={line.child[0] for line in lines if line.child}):
            self.by_child.setdefault((row.name_sort, row.birth_date), []).append(row)
        children = [*self.by_child_code.values(), *(row for rows in self.by_child.values() for row in rows)]
        self.homes: dict[int, list[Household]] = {}
        held = Custody.objects.filter(child__in={one.pk for one in children}, valid_during__contains=today)
        for custody in held.select_related("household").order_by("pk"):
            self.homes.setdefault(custody.child_id, []).append(custody.household)

    def household(self, line: Line) -> Household:
        """The household of a line. Raises `_Lost`."""
        if line.number is not None:
            return _named(line, self.by_number.get(line.number), "number")
        if line.family_code:
            return _named(line, self.by_code.get(codes.family_lookup(line.family_code)), "family_code")
        return self._of_child(line)

    def _of_child(self, line: Line) -> Household:
        if line.child_code:
            column, child = "child_code", self.by_child_code.get(codes.child_lookup(line.child_code))
            if child and line.child and (child.name_sort != line.child[0]):
                raise _Lost(column, "another_child")
        else:
            assert line.child is not None
            column, same = "child_last_name", self.by_child.get(line.child, [])
            child = same[0] if len(same) == 1 else None
        if child is None:
            raise _Lost(column, "unknown_child")
        homes = self.homes.get(child.pk, [])
        if len(homes) > 1 and line.household:
            homes = [one for one in homes if one.name_sort == sort_key(line.household)]
        if len(homes) > 1:
            raise _Lost(column, "two_homes")
        return _named(line, homes[0] if homes else None, column)


def _named(line: Line, household: Household | None, column: str) -> Household:
    """The household, unless the line calls it by another name."""
    if household is None or household.is_erased:
        raise _Lost(column, "unknown_family")
    if line.household and household.name_sort != sort_key(line.household):
        raise _Lost("household", "other_name")
    return household
