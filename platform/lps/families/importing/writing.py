"""Writing what a comparison plans, all or nothing, in a constant number of statements."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from lps.families.importing.comparing import ChildPlan, ClassKey, HouseholdPlan, Plan, class_key
from lps.families.importing.lines import GuardianLine
from lps.families.models import Child, Custody, Diet, Enrollment, Guardian, Household, SchoolClass, email_key
from lps.families.services.households import Entered, Joining, NewChild, NewGuardian, NewHousehold, enter_families
from lps.families.services.schools import NewClass, add_classes
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.services import record
from lps.kernel.text import sort_key

_BATCH = 1000
STEPS = 3  # what is new, what changes, what children eat


def write(
    plan: Plan, *, day: date, by: Actor, channel: Channel, note: Callable[[int], None] = lambda step: None
) -> None:
    """Write the plan as of that day, noting each of `STEPS` as it begins.

    Raises `FamilyRefused` when a code was taken since the comparison.
    """
    with transaction.atomic():
        note(1)
        classes = _classes(plan)
        new = {id(one): _new_child(one, classes) for one in plan.children if one.child is None}
        entered = _enter(plan, new, day=day, by=by, channel=channel)
        note(2)
        _update_households(plan)
        _update_children(plan, classes, day=day)
        _link_standing_children(plan, entered, new, day=day)
        note(3)
        _diets(plan, entered, new)
        record(by=by, channel=channel, action="families_imported", subject="families", after=counts(plan))


def counts(plan: Plan) -> dict[str, int]:
    """What the plan does, in numbers, for the preview and the journal."""
    return {
        "new_classes": len(plan.new_classes),
        "new_children": sum(one.child is None for one in plan.children),
        "changed_children": sum(one.child is not None and one.is_changed for one in plan.children),
        "new_households": sum(one.household is None for one in plan.households),
        "changed_households": sum(one.household is not None and one.is_changed for one in plan.households),
        "standing_children": sum(one.child is not None and not one.is_changed for one in plan.children),
    }


def _classes(plan: Plan) -> Mapping[ClassKey, SchoolClass]:
    made = add_classes(
        [
            NewClass(
                name=line.school_class,
                level=line.level,
                school=line.school,
                teacher_title=line.teacher_title,
                teacher_name=line.teacher_name,
            )
            for line in plan.new_classes.values()
        ],
        school_year=plan.school_year,
    )
    return {**plan.classes, **dict(zip(plan.new_classes, made, strict=True))}


def _new_child(one: ChildPlan, classes: Mapping[ClassKey, SchoolClass]) -> NewChild:
    line = one.first
    return NewChild(
        first_name=line.first_name,
        last_name=line.last_name,
        birth_date=line.birth_date,
        code=line.child_code,
        school_class=classes[class_key(line)] if line.is_seated else None,
    )


def _enter(plan: Plan, new: Mapping[int, NewChild], *, day: date, by: Actor, channel: Channel) -> Entered:
    """New households with their new children, then new children of households that stand."""
    custody, enrollment = DateRange(min(day, plan.school_year.during.lower), None), plan.school_year.during
    by_household: dict[int, list[NewChild]] = {}
    for child, household in plan.links:
        if child.child is None:
            by_household.setdefault(id(household), []).append(new[id(child)])
    specs = [
        _new_household(one, by_household.get(id(one), []), custody, enrollment)
        for one in plan.households
        if one.household is None
    ]
    joining = [
        Joining(household=one.household, child=child, custody=custody, enrollment=enrollment)
        for one in plan.households
        if one.household is not None
        for child in by_household.get(id(one), [])
    ]
    entered = enter_families(specs, joining=joining, by=by, channel=channel)
    made = iter(entered.households)
    for one in plan.households:
        if one.household is None:
            one.household = next(made)
            one.changes, one.guardians = {}, []
    return entered


def _new_household(
    one: HouseholdPlan, children: list[NewChild], custody: DateRange, enrollment: DateRange
) -> NewHousehold:
    line = one.first
    return NewHousehold(
        name=line.household,
        code=line.family_code,
        street=line.street,
        postal_code=line.postal_code,
        city=line.city,
        custody=custody,
        enrollment=enrollment,
        guardians=[_new_guardian(told, is_payer=rank == 0) for rank, told in enumerate(line.guardians)],
        children=children,
    )


def _new_guardian(told: GuardianLine, *, is_payer: bool) -> NewGuardian:
    return NewGuardian(
        title=told.title,
        first_name=told.first_name,
        last_name=told.last_name,
        email=told.email,
        phone=told.phone,
        is_payer=is_payer,
    )


def _update_households(plan: Plan) -> None:
    changed = [_changed(one.household, one.changes) for one in plan.households if one.household and one.changes]
    Household.objects.bulk_update(changed, ["street", "postal_code", "city"], batch_size=_BATCH)
    known, new = [], []
    for one in plan.households:
        for guardian, values in one.guardians:
            if guardian is None:
                new.append(_new_row(one.household, values))
            else:
                known.append(
                    _changed(guardian, {**values, "email_key": email_key(values.get("email", guardian.email))})
                )
    Guardian.objects.bulk_create(new, batch_size=_BATCH)
    Guardian.objects.bulk_update(known, ["title", "email", "email_key", "phone"], batch_size=_BATCH)


def _new_row(household: Household | None, values: Mapping[str, str]) -> Guardian:
    name = sort_key(f"{values['last_name']} {values['first_name']}")
    return Guardian(household=household, name_sort=name, email_key=email_key(values["email"]), **values)


def _changed(row: Any, values: Mapping[str, Any]) -> Any:
    for name, value in values.items():
        setattr(row, name, value)
    return row


def _update_children(plan: Plan, classes: Mapping[ClassKey, SchoolClass], *, day: date) -> None:
    changed = [_changed(one.child, one.changes) for one in plan.children if one.child and one.changes]
    Child.objects.bulk_update(changed, ["birth_date"], batch_size=_BATCH)
    moving = [one for one in plan.children if one.child and one.moves]
    sitting = {
        row.child_id: row
        for row in Enrollment.objects.filter(child__in=[one.child for one in moving], valid_during__contains=day)
    }
    kept, gone = [], []
    for row in sitting.values():
        lower = row.valid_during.lower
        if lower is not None and lower < day:
            row.valid_during = DateRange(lower, day)
            kept.append(row)
        else:
            gone.append(row.pk)
    Enrollment.objects.bulk_update(kept, ["valid_during"], batch_size=_BATCH)
    Enrollment.objects.filter(pk__in=gone).delete()
    Enrollment.objects.bulk_create(
        (
            Enrollment(
                child=one.child,
                school_class=classes[class_key(one.first)],
                valid_during=DateRange(max(day, plan.school_year.during.lower), plan.school_year.during.upper),
            )
            for one in moving
        ),
        batch_size=_BATCH,
    )


def _link_standing_children(plan: Plan, entered: Entered, new: Mapping[int, NewChild], *, day: date) -> None:
    """Children who stood already, in a household that they were not in."""
    Custody.objects.bulk_create(
        (
            Custody(child=child.child, household=household.household, valid_during=DateRange(day, None))
            for child, household in plan.links
            if child.child is not None and id(child) not in new
        ),
        batch_size=_BATCH,
    )


def _diets(plan: Plan, entered: Entered, new: Mapping[int, NewChild]) -> None:
    wanted = [(one, name) for one in plan.children if one.child is None or one.new_diets for name in one.first.diets]
    missing = [name for name in dict.fromkeys(name for _one, name in wanted) if name not in plan.diets]
    made = Diet.objects.bulk_create(Diet(name=name, order=len(plan.diets) + rank) for rank, name in enumerate(missing))
    diets = {**plan.diets, **{diet.name: diet for diet in made}}
    through = Child.diets.through
    through.objects.bulk_create(
        (through(child=one.child or entered.child(new[id(one)]), diet=diets[name]) for one, name in wanted),
        batch_size=_BATCH,
        ignore_conflicts=True,
    )
