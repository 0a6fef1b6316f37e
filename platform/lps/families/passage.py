"""Reads about the passage to the next school year: which years, who sits where, and where everybody goes."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property

from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Count, QuerySet

from lps.families.models import Child, Enrollment, Rollover, SchoolClass, SchoolYear
from lps.families.queries.school import in_school_order
from lps.families.rules import rollover as rules
from lps.families.rules.rollover import LEAVES, ClassFacts, Fate, Seat

SHOWN = 50
FOLLOWS_WITHIN = 92  # days between two school years, the summer


@dataclass(frozen=True, slots=True)
class Years:
    """The year that ends, and the one that follows it when it is open already."""

    leaving: SchoolYear
    entering: SchoolYear | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A class of the year that ends, with its pupils and the class proposed to them (None: not said, 0: they leave)."""

    school_class: SchoolClass
    pupils: int
    proposed: int | None
    unplaced: int
    exceptions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Unplaced:
    """A child for whom nobody said anything."""

    name: str
    school_class: SchoolClass


@dataclass(frozen=True, kw_only=True)
class Passage:
    """A passage as it is prepared: classes of both years, seats, and where each child goes."""

    row: Rollover
    leaving: SchoolYear
    old: Mapping[int, SchoolClass]
    new: Mapping[int, SchoolClass]
    seats: Sequence[Seat]
    names: Mapping[int, str]
    settled: Sequence[Seat]

    @property
    def entering(self) -> SchoolYear:
        return self.row.school_year

    @cached_property
    def classes(self) -> dict[int, int | None]:
        """The class proposed to each class; one that is no more is nobody's."""
        given = {int(key): target for key, target in self.row.plan.get("classes", {}).items()}
        return {pk: self._known(given.get(pk)) for pk in self.old}

    @cached_property
    def children(self) -> dict[int, int]:
        """What was said of a child alone."""
        given = {int(key): target for key, target in self.row.plan.get("children", {}).items()}
        return {key: target for key, target in given.items() if self._known(target) is not None}

    @cached_property
    def destinations(self) -> dict[int, int | None]:
        """Where each child goes."""
        return rules.destinations(self.seats, classes=self.classes, children=self.children)

    @cached_property
    def fates(self) -> dict[int, Fate]:
        """What becomes of each child."""
        old, new = facts_by_key(self.old.values()), facts_by_key(self.new.values())
        found = {}
        for seat in self.seats:
            target = self.destinations[seat.child_id]
            found[seat.child_id] = rules.fate(
                old=old[seat.class_id], new=new.get(target or LEAVES), leaves=target == LEAVES
            )
        return found

    def within(self, sites: Collection[int]) -> "Passage":
        """The same, of the classes of these schools alone; of all when none is given."""
        if not sites:
            return self
        old = {pk: one for pk, one in self.old.items() if one.site_id in sites}
        seats = [seat for seat in self.seats if seat.class_id in old]
        return replace(self, old=old, seats=seats, settled=[seat for seat in self.settled if seat.class_id in old])

    @property
    def counts(self) -> dict[str, int]:
        """How many children have each fate, and how many are in a class of the next year already."""
        return {**rules.count(self.fates.values()), "settled": len(self.settled)}

    @property
    def lines(self) -> list[Line]:
        """The classes of the year that ends, by school and name."""
        by_class: dict[int, list[int]] = {pk: [] for pk in self.old}
        for seat in self.seats:
            by_class[seat.class_id].append(seat.child_id)
        return [
            Line(
                school_class=one,
                pupils=len(by_class[pk]),
                proposed=self.classes[pk],
                unplaced=sum(self.fates[child] == Fate.UNPLACED for child in by_class[pk]),
                exceptions=sum(child in self.children for child in by_class[pk]),
            )
            for pk, one in self.old.items()
        ]

    @property
    def unplaced(self) -> list[Unplaced]:
        """The first of those who have no class, in the order of their names."""
        waiting = [seat for seat in self.seats if self.fates[seat.child_id] == Fate.UNPLACED]
        return [Unplaced(name=self.names[seat.child_id], school_class=self.old[seat.class_id]) for seat in waiting][
            :SHOWN
        ]

    def choices_for(self, one: SchoolClass) -> list[SchoolClass]:
        """The classes that may be offered to the pupils of a class: those of its school, then of its next levels."""
        levels = {one.level, self.row.plan.get("levels", {}).get(one.level)}
        near = [other for other in self.new.values() if other.site_id == one.site_id]
        far = [other for other in self.new.values() if other.site_id != one.site_id and other.level in levels]
        return [*near, *far]

    def _known(self, target: int | None) -> int | None:
        return target if target == LEAVES or target in self.new else None


def facts_by_key(classes: Iterable[SchoolClass]) -> dict[int, ClassFacts]:
    """Classes as the rules read them."""
    return {one.pk: ClassFacts(one.pk, one.name, one.level, one.site_id) for one in classes}


def years_at(day: date) -> Years | None:
    """The year whose pupils have to pass, and the next; None when no year has pupils.

    It is the year that a day is in, unless nobody passed into it: it has no pupil yet, or newcomers alone.
    """
    rows = list(SchoolYear.objects.annotate(pupils=Count("classes__enrollments")).order_by("during"))
    begun = [year for year in rows if year.during.lower <= day and year.pupils]
    if not begun:
        return None
    leaving = begun[-2] if len(begun) > 1 and _was_not_left(begun[-2], begun[-1]) else begun[-1]
    after = [year for year in rows if year.during.lower >= leaving.during.upper]
    return Years(leaving, after[0] if after else None)


def _was_not_left(before: SchoolYear, after: SchoolYear) -> bool:
    """Whether pupils of a year stayed in its classes when the next one began."""
    if (after.during.lower - before.during.upper).days > FOLLOWS_WITHIN:
        return False
    if Rollover.objects.filter(school_year=after, applied_at__isnull=False, undone_at__isnull=True).exists():
        return False
    staying = seats_of(before).filter(child__custodies__valid_during__contains=after.during.lower)
    return bool(set(staying.values_list("child", flat=True)) - already_placed(before))


def last_day(year: SchoolYear) -> date:
    """The last day of a school year."""
    end: date = year.during.upper
    return end - timedelta(days=1)


def current(*, lock: bool = False) -> Rollover | None:
    """The passage that is prepared or was applied last, the one of the latest year."""
    rows = Rollover.objects.filter(undone_at__isnull=True).select_related("school_year")
    if lock:
        rows = rows.select_for_update(of=("self",), no_key=True)
    return rows.order_by("-school_year__during", "-pk").first()


def read(row: Rollover) -> Passage:
    """All that a passage says, in five statements."""
    entering = row.school_year
    leaving = SchoolYear.objects.filter(during__endswith__lte=entering.during.lower).latest("during")
    both = SchoolClass.objects.filter(school_year__in=(leaving, entering)).select_related("site", "teacher")
    classes = in_school_order(both)
    seated = seats_of(leaving).select_related("child").order_by("child__name_sort", "child")
    rows = list(seated.values_list("child", "child__first_name", "child__last_name", "school_class"))
    settled = already_placed(leaving)
    return Passage(
        row=row,
        leaving=leaving,
        old={one.pk: one for one in classes if one.school_year_id == leaving.pk},
        new={one.pk: one for one in classes if one.school_year_id == entering.pk},
        seats=[Seat(child, school_class) for child, _, _, school_class in rows if child not in settled],
        names={child: f"{first_name} {last_name}" for child, first_name, last_name, _ in rows},
        settled=[Seat(child, school_class) for child, _, _, school_class in rows if child in settled],
    )


def seats_of(year: SchoolYear) -> QuerySet[Enrollment]:
    """The enrollments of those who sit in a class of that year on its last day."""
    return Enrollment.objects.filter(
        school_class__school_year=year, valid_during__contains=last_day(year), child__anonymized_at__isnull=True
    )


def already_placed(leaving: SchoolYear) -> set[int]:
    """Children who sit, after the year that ends, in a class of another one: an agent placed them."""
    rows = Enrollment.objects.filter(valid_during__overlap=DateRange(leaving.during.upper, None))
    return set(rows.exclude(school_class__school_year=leaving).values_list("child", flat=True))


def lock_pupils(leaving: SchoolYear) -> list[int]:
    """Serialise what is done to the pupils of a year until the transaction ends, in the order of their keys."""
    seated = seats_of(leaving).values("child")
    rows = Child.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=seated).order_by("pk")
    return list(rows.values_list("pk", flat=True))
