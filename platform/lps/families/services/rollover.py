"""The passage to the next school year: prepared out of everybody's sight, applied in one go, undone as it was."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import DateField, F, Func, Model, Q, QuerySet, Value

from lps.families import followers, passage
from lps.families.followers import Moved
from lps.families.models import Child, Custody, Enrollment, Rollover, SchoolClass, SchoolYear, Site, Teacher
from lps.families.passage import Passage
from lps.families.rules import rollover as rules
from lps.families.rules.rollover import LEAVES
from lps.families.services.schools import open_school_year
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.services import record
from lps.kernel import clock
from lps.kernel.refusals import Refusal
from tenants import context

_BATCH = 2000
NAMED = 3  # of those who prevent an undo


class RolloverRefused(ValueError):
    """`.refusal` says why: `no_pupils`, `year_overlaps`, `day_outside`, `day_past`, `unplaced`, `no_class`,
    `already_applied`, `not_applied`, `children_changed`, `later_facts`, `later_passage`, `class_twice`, `class_used`.
    """

    def __init__(self, code: str, **facts: Any) -> None:
        super().__init__(code)
        self.refusal = Refusal(code, **facts)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassWanted:
    """A class of the next year, as an agent writes it."""

    site_id: int
    name: str
    level: str
    teacher_title: str = ""
    teacher_name: str = ""


def prepare(*, first_day: date, last_day: date, keep_teachers: bool, today: date, by: Actor) -> Rollover:
    """Open the next school year unless it is, copy the classes it lacks, and propose a class to each class.

    Nothing changes for families. Twice gives the passage prepared first. Raises `RolloverRefused`.
    """
    with transaction.atomic():
        years = passage.years_at(today)
        if years is None:
            raise RolloverRefused("no_pupils")
        if standing := _standing(years.entering):
            return standing
        entering = years.entering or _open_year(years.leaving, first_day, last_day)
        made = _copy_classes(years.leaving, entering, keep_teachers=keep_teachers)
        row = Rollover.objects.create(
            school_year=entering, day=max(entering.during.lower, today), plan=_first_plan(years.leaving, entering)
        )
        after = {"year": entering.name, "classes": made}
        _record(row, "rollover_prepared", by=by, after=after)
    return row


def set_day(*, row: Rollover, day: date, today: date, by: Actor) -> None:
    """Say from which day the new classes are in force and seen by parents. Raises `RolloverRefused`."""
    with transaction.atomic():
        locked = _draft(row)
        _check_day(locked, day, today)
        before, locked.day = locked.day, day
        locked.save(update_fields=("day",))
        _record(locked, "rollover_changed", by=by, before={"day": str(before)}, after={"day": str(day)})


def set_levels(*, row: Rollover, levels: Mapping[str, str], by: Actor) -> None:
    """Say which level follows which, and propose the classes again: what was said of classes is said anew."""
    with transaction.atomic():
        locked = _draft(row)
        told = passage.read(locked)
        before = locked.plan.get("levels", {})
        locked.plan = {**locked.plan, "levels": dict(levels), "classes": _proposed(told, levels)}
        locked.save(update_fields=("plan",))
        _record(locked, "rollover_changed", by=by, before={"levels": before}, after={"levels": dict(levels)})


def set_classes(*, row: Rollover, targets: Mapping[int, int | None], by: Actor) -> None:
    """Say to which class the pupils of a class go (0: they leave, None: placed one by one)."""
    _say(row, "classes", targets, by=by)


def set_children(*, row: Rollover, targets: Mapping[int, int | None], by: Actor) -> None:
    """Say where these children go, None for "as their class"."""
    _say(row, "children", targets, by=by)


def save_class(*, row: Rollover, school_class: SchoolClass | None, wanted: ClassWanted, by: Actor) -> SchoolClass:
    """Add a class to the next year, or change one of it. Raises `RolloverRefused`: `class_twice`."""
    with transaction.atomic():
        locked = _draft(row)
        twin = SchoolClass.objects.filter(school_year=locked.school_year, site=wanted.site_id, name=wanted.name)
        if twin.exclude(pk=school_class.pk if school_class else 0).exists():
            raise RolloverRefused("class_twice")
        before = _class_facts(school_class) if school_class else None
        one = school_class or SchoolClass(school_year=locked.school_year)
        one.site = Site.objects.get(pk=wanted.site_id)
        one.name, one.level = wanted.name, wanted.level
        one.teacher = _teacher(wanted)
        one.save()
        record(
            by=by,
            channel=Channel.OFFICE,
            action="class_saved",
            subject=f"class:{one.pk}",
            before=before,
            after=_class_facts(one),
        )
    return one


def remove_class(*, row: Rollover, school_class: SchoolClass, by: Actor) -> None:
    """Take a class of the next year away as long as nobody sits there. Raises `RolloverRefused`: `class_used`."""
    with transaction.atomic():
        _draft(row)
        if school_class.enrollments.exists():
            raise RolloverRefused("class_used")
        subject, before = f"class:{school_class.pk}", _class_facts(school_class)
        school_class.delete()
        record(by=by, channel=Channel.OFFICE, action="class_removed", subject=subject, before=before)


def apply(*, row: Rollover, by: Actor, at: datetime) -> Rollover:
    """Give every child its class from the chosen day on, and close those who leave: all or nothing.

    The number of statements does not depend on how many children. Raises `RolloverRefused`.
    """
    with transaction.atomic():
        locked = _draft(row)
        _check_day(locked, locked.day, at.astimezone(context.current().zone).date())
        passage.lock_pupils(passage.read(locked).leaving)  # a parent who books waits, then reads the new class
        told = passage.read(locked)
        if told.counts["unplaced"]:
            raise RolloverRefused("unplaced", number=told.counts["unplaced"])
        staying = {child: target for child, target in told.destinations.items() if target}
        leaving = [child for child, target in told.destinations.items() if target == LEAVES]
        locked.before = {
            "enrollments": {
                **_cut(_seats(told, staying), locked.day, always=True),
                **_cut(_seats(told, leaving), told.leaving.during.upper),
            },
            "custodies": _cut(Custody.objects.filter(child__in=leaving), told.leaving.during.upper),
            "made": staying,
            "left": leaving,
        }
        _seat(locked, staying)
        locked.before["followed"] = {
            name: one.follow(moves_of(told), by=by, at=at) for name, one in followers.registered().items()
        }
        locked.applied_at, locked.applied_by = at, by.label
        locked.save(update_fields=("before", "applied_at", "applied_by"))
        _record(locked, "rollover_applied", by=by, after={"day": str(locked.day), **told.counts}, at=at)
    return locked


def undo(*, row: Rollover, by: Actor, at: datetime) -> Rollover:
    """Put back exactly what stood, and give the passage prepared again, as it was decided.

    Raises `RolloverRefused` when something done since depends on it; nothing is changed then.
    """
    with transaction.atomic():
        locked = Rollover.objects.select_for_update(of=("self",), no_key=True).get(pk=row.pk)
        if locked.applied_at is None or locked.undone_at is not None:
            raise RolloverRefused("not_applied")
        leaving = passage.read(locked).leaving
        _lock_moved(locked)
        check_undo(locked, leaving)
        Enrollment.objects.filter(rollover=locked).delete()
        _restore_ends(Enrollment, locked.before["enrollments"])
        _restore_ends(Custody, locked.before["custodies"])
        for name, done in locked.before["followed"].items():
            followers.registered()[name].unfollow(done, by=by, at=at)
        locked.undone_at = at
        locked.save(update_fields=("undone_at",))
        _record(locked, "rollover_undone", by=by, after={"children": len(locked.before["made"])}, at=at)
        return Rollover.objects.create(school_year=locked.school_year, day=locked.day, plan=locked.plan)


def check_undo(row: Rollover, leaving: SchoolYear) -> None:
    """Raise `RolloverRefused` when what stands now is not what the passage left, or later facts rest on it."""
    later = Rollover.objects.filter(school_year__during__startswith__gt=row.school_year.during.lower)
    if later.filter(applied_at__isnull=False, undone_at__isnull=True).exists():
        raise RolloverRefused("later_passage")
    changed = _changed_since(row, leaving)
    if changed:
        names = [str(child) for child in Child.objects.filter(pk__in=changed)[:NAMED]]
        raise RolloverRefused("children_changed", number=len(changed), names=names)
    moves, back = moves_made(row, leaving), _moves_back(row, leaving)
    for name, one in followers.registered().items():
        done, at = row.before["followed"].get(name), row.applied_at
        if at is not None and (number := one.depends(moves, back, done=done, at=at)):
            raise RolloverRefused("later_facts", number=number)


def preview_effects(told: Passage) -> dict[str, int]:
    """What other apps would do if the passage were applied now, in numbers."""
    moves = moves_of(told)
    return {key: number for one in followers.registered().values() for key, number in one.preview(moves).items()}


def moves_of(told: Passage) -> list[Moved]:
    """Where each child sits once the passage is applied."""
    end = told.leaving.during.upper
    return [
        Moved(child, told.row.day, told.new[target].site_id, told.new[target].level)
        if target
        else Moved(child, end, None)
        for child, target in told.destinations.items()
        if target is not None
    ]


def moves_made(row: Rollover, leaving: SchoolYear) -> list[Moved]:
    """Where the passage put each child."""
    classes = SchoolClass.objects.in_bulk(set(row.before["made"].values()))
    return [
        *(
            Moved(int(child), row.day, classes[target].site_id, classes[target].level)
            for child, target in row.before["made"].items()
        ),
        *(Moved(child, leaving.during.upper, None) for child in row.before["left"]),
    ]


def _moves_back(row: Rollover, leaving: SchoolYear) -> list[Moved]:
    """Where the children would sit again if the passage were undone: nowhere once their class had ended."""
    ends = row.before["enrollments"]
    seats = Enrollment.objects.filter(pk__in=ends).select_related("school_class").order_by("pk")
    return [
        Moved(seat.child_id, row.day, None)
        if ends[str(seat.pk)] is not None and date.fromisoformat(ends[str(seat.pk)]) <= row.day
        else Moved(seat.child_id, row.day, seat.school_class.site_id, seat.school_class.level)
        for seat in seats
    ]


def _changed_since(row: Rollover, leaving: SchoolYear) -> set[int]:
    """Children of whom something that the passage wrote is no longer so."""
    before, ends = row.before, (row.day, leaving.during.upper)
    made = {int(child): target for child, target in before["made"].items()}
    during = DateRange(row.day, row.school_year.during.upper)
    standing = dict(Enrollment.objects.filter(rollover=row, valid_during=during).values_list("child", "school_class"))
    changed = {child for child, target in made.items() if standing.get(child) != target}
    for model, kept in ((Enrollment, before["enrollments"]), (Custody, before["custodies"])):
        rows = model.objects.filter(pk__in=kept)
        changed |= set(rows.exclude(valid_during__endswith__in=ends).values_list("child", flat=True))
        if len(rows) != len(kept):
            changed |= set(made)
    touched = [*made, *before["left"]]
    again = Enrollment.objects.filter(child__in=touched, valid_during__overlap=DateRange(row.day, None))
    own = Q(rollover=row) | Q(pk__in=before["enrollments"])
    return changed | set(again.exclude(own).values_list("child", flat=True))


def _lock_moved(row: Rollover) -> None:
    """The children of the passage, in the order of their keys: a parent who books waits."""
    touched = [*map(int, row.before["made"]), *row.before["left"]]
    list(Child.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=touched).order_by("pk").values("pk"))


def _standing(entering: SchoolYear | None) -> Rollover | None:
    return Rollover.objects.filter(school_year=entering, undone_at__isnull=True).first() if entering else None


def _draft(row: Rollover) -> Rollover:
    """The row as it is now, locked: of two agents one is told that the passage is done."""
    rows = Rollover.objects.select_for_update(of=("self",), no_key=True).select_related("school_year")
    locked = rows.get(pk=row.pk)
    if locked.applied_at is not None or locked.undone_at is not None:
        raise RolloverRefused("already_applied")
    return locked


def _open_year(leaving: SchoolYear, first_day: date, last_day: date) -> SchoolYear:
    if first_day < leaving.during.upper or SchoolYear.objects.filter(
        during__overlap=DateRange(first_day, last_day, "[]")
    ):
        raise RolloverRefused("year_overlaps", first_day=leaving.during.upper)
    return open_school_year(first_day=first_day, last_day=last_day)


def _copy_classes(leaving: SchoolYear, entering: SchoolYear, *, keep_teachers: bool) -> int:
    """The classes that the next year lacks, as they are this year; returns how many."""
    known = set(SchoolClass.objects.filter(school_year=entering).values_list("site", "name"))
    rows = SchoolClass.objects.filter(school_year=leaving).order_by("pk")
    return len(
        SchoolClass.objects.bulk_create(
            SchoolClass(
                name=one.name,
                level=one.level,
                site_id=one.site_id,
                school_year=entering,
                teacher_id=one.teacher_id if keep_teachers else None,
            )
            for one in rows
            if (one.site_id, one.name) not in known
        )
    )


def _first_plan(leaving: SchoolYear, entering: SchoolYear) -> dict[str, Any]:
    rows = SchoolClass.objects.filter(school_year__in=(leaving, entering)).order_by("pk")
    old = [one for one in rows if one.school_year_id == leaving.pk]
    new = [one for one in rows if one.school_year_id == entering.pk]
    levels = rules.first_levels(one.level for one in old)
    proposed = rules.propose(list(passage.facts_by_key(old).values()), list(passage.facts_by_key(new).values()), levels)
    return {"levels": levels, "classes": proposed, "children": {}}


def _proposed(told: Passage, levels: Mapping[str, str]) -> dict[int, int | None]:
    old, new = passage.facts_by_key(told.old.values()), passage.facts_by_key(told.new.values())
    return rules.propose(list(old.values()), list(new.values()), levels)


def _say(row: Rollover, part: str, targets: Mapping[int, int | None], *, by: Actor) -> None:
    """Write what was said of classes or children; what names nothing of this passage raises `no_class`."""
    with transaction.atomic():
        locked = _draft(row)
        told = passage.read(locked)
        known = set(told.old) if part == "classes" else set(told.destinations)
        if set(targets) - known or any(target and target not in told.new for target in targets.values()):
            raise RolloverRefused("no_class")
        said = locked.plan.get(part, {})
        wanted = {**said, **{str(key): target for key, target in targets.items()}}
        if part == "children":
            wanted = {key: target for key, target in wanted.items() if target is not None}
        locked.plan = {**locked.plan, part: wanted}
        locked.save(update_fields=("plan",))
        changed = {str(key) for key in targets if said.get(str(key)) != wanted.get(str(key))}
        if changed:
            before = {part: {key: said.get(key) for key in sorted(changed)}}
            after = {part: {key: wanted.get(key) for key in sorted(changed)}}
            _record(locked, "rollover_changed", by=by, before=before, after=after)


def _check_day(row: Rollover, day: date, today: date) -> None:
    during = row.school_year.during
    if not during.lower <= day < during.upper:
        raise RolloverRefused("day_outside", first_day=during.lower, last_day=passage.last_day(row.school_year))
    if day < today:
        raise RolloverRefused("day_past")


def _seats(told: Passage, children: Iterable[int]) -> QuerySet[Enrollment]:
    return passage.seats_of(told.leaving).filter(child__in=list(children))


def _cut(rows: QuerySet[Any], end: date, *, always: bool = False) -> dict[str, str | None]:
    """End these rows on that day (excluded), those that end before it left alone unless `always`; their former ends.

    Two statements.
    """
    kept = rows.filter(valid_during__startswith__lt=end)
    if not always:
        kept = kept.filter(Q(valid_during__endswith__gt=end) | Q(valid_during__upper_inf=True))
    found = {pk: during.upper for pk, during in kept.order_by("pk").values_list("pk", "valid_during")}
    rows.model._default_manager.filter(pk__in=found).update(
        valid_during=Func(F("valid_during__startswith"), Value(end, output_field=DateField()), function="daterange")
    )
    return {str(pk): str(upper) if upper else None for pk, upper in found.items()}


def _seat(row: Rollover, staying: Mapping[int, int]) -> None:
    during = DateRange(row.day, row.school_year.during.upper)
    Enrollment.objects.bulk_create(
        (
            Enrollment(child_id=child, school_class_id=target, valid_during=during, rollover=row)
            for child, target in staying.items()
        ),
        batch_size=_BATCH,
    )


def _restore_ends(model: type[Model], ends: Mapping[str, str | None]) -> None:
    """Give each row its former end back: one statement."""
    table = connection.ops.quote_name(model._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} AS kept SET valid_during = daterange(lower(kept.valid_during), was.value::date)"
            " FROM jsonb_each_text(%s::jsonb) AS was WHERE kept.id = was.key::bigint",
            [json.dumps(ends)],
        )


def _teacher(wanted: ClassWanted) -> Teacher | None:
    if not wanted.teacher_name:
        return None
    known = Teacher.objects.filter(title=wanted.teacher_title, last_name=wanted.teacher_name).order_by("pk").first()
    return known or Teacher.objects.create(title=wanted.teacher_title, last_name=wanted.teacher_name)


def _class_facts(one: SchoolClass) -> dict[str, Any]:
    return {"name": one.name, "level": one.level, "site": one.site_id, "teacher": str(one.teacher or "")}


def _record(
    row: Rollover, action: str, *, by: Actor, before: Any = None, after: Any = None, at: datetime | None = None
) -> None:
    record(
        by=by,
        channel=Channel.OFFICE,
        action=action,
        subject=f"rollover:{row.pk}",
        before=before,
        after=after,
        at=at or clock.now(),
    )
