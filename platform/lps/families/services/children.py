"""Changing a child at the counter: who it is, where it sits, with whom it lives, what it eats, whom to call."""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import ProtectedError
from django.utils.translation import gettext as _

from lps.families import followers
from lps.families.followers import Moved, Parted
from lps.families.models import (
    HEALTH_PURPOSE,
    Child,
    Contact,
    Custody,
    Diet,
    Enrollment,
    HealthNote,
    Household,
    SchoolClass,
)
from lps.families.queries.custody import days_within, not_over
from lps.families.queries.locks import lock_child
from lps.families.services.households import FamilyRefused
from lps.journal.actors import Actor, ActorKind
from lps.journal.channels import Channel
from lps.journal.services import record
from lps.kernel.refusals import Refusal
from tenants import keys
from tenants.wakeup import named_after_commit

OFFICE = Channel.OFFICE


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildFacts:
    """Who a child is."""

    first_name: str
    last_name: str
    birth_date: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactFacts:
    """Somebody to call, or who may or may not fetch the child."""

    kind: Contact.Kind
    name: str
    relation: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthFacts:
    """A health fact, in clear: sealed before it is kept, never in the journal."""

    kind: HealthNote.Kind
    words: str
    own_meal: bool = False
    valid_until: date | None = None


def change_child(*, child: Child, facts: ChildFacts, diets: Collection[str], by: Actor) -> bool:
    """Change who a child is and what it does not eat, by the names of diets; False when nothing changes.

    A diet that the town did not know is added to its list.
    """
    with transaction.atomic():
        lock_child(child)
        row, rows = Child.objects.get(pk=child.pk), _diets(diets)
        before, after = _told(row), {**_as_json(asdict(facts)), "diets": [diet.name for diet in rows]}
        if before == after:
            return False
        for name, value in asdict(facts).items():
            setattr(row, name, value)
        row.save()
        row.diets.set(rows)
        named_after_commit()
        changed = [name for name in after if before[name] != after[name]]
        _record(
            child,
            "child_changed",
            by=by,
            before={name: before[name] for name in changed},
            after={name: after[name] for name in changed},
        )
    return True


def check_move(*, child: Child, school_class: SchoolClass | None, since: date, today: date) -> None:
    """Raise `FamilyRefused` for a move that cannot be: `in_the_past`, `year_over`, `same_class`."""
    first = _first_day(school_class, since)
    if first < today:
        raise FamilyRefused(Refusal("in_the_past"))
    if school_class and first >= school_class.school_year.during.upper:
        raise FamilyRefused(Refusal("year_over"))
    rows = _seats_from(child, school_class, first)
    sitting = next((row for row in rows if days_within(row.valid_during, [first])), None)
    if (sitting and sitting.school_class) == school_class and len(rows) <= 1:
        raise FamilyRefused(Refusal("same_class"))


def preview_move(*, child: Child, school_class: SchoolClass | None, since: date) -> dict[str, int]:
    """What would become of the child's bookings, in numbers."""
    moves = [_moved(child, school_class, _first_day(school_class, since))]
    return {key: number for one in followers.registered().values() for key, number in one.preview(moves).items()}


def move_child(
    *, child: Child, school_class: SchoolClass | None, since: date, today: date, by: Actor, at: datetime
) -> None:
    """Seat a child in another class from a day on, or in none; its bookings follow.

    A class of a year to come is joined on its first day. Raises `FamilyRefused`: `in_the_past`, `year_over`,
    `same_class`.
    """
    first = _first_day(school_class, since)
    end = school_class.school_year.during.upper if school_class else None
    with transaction.atomic():
        lock_child(child)
        check_move(child=child, school_class=school_class, since=since, today=today)
        rows = _seats_from(child, school_class, first)
        before = [_seat_told(row) for row in rows]
        _end_seats(rows, first)
        if school_class is not None:
            Enrollment.objects.create(child=child, school_class=school_class, valid_during=DateRange(first, end))
        after = {"school_class": school_class.pk if school_class else None, "from": str(first)}
        _record(child, "child_moved", by=by, before=before, after=after)
        for one in followers.registered().values():
            one.follow([_moved(child, school_class, first)], by=by, at=at, reason=_("Changement de classe"))


def share_custody(*, child: Child, household: Household, since: date, by: Actor) -> Custody:
    """Give a child to a second household too from a day on. Raises `FamilyRefused`: `already_there`."""
    with transaction.atomic():
        lock_child(child)
        if Custody.objects.filter(not_over("valid_during", since), child=child, household=household).exists():
            raise FamilyRefused(Refusal("already_there"))
        row = Custody.objects.create(child=child, household=household, valid_during=DateRange(since, None))
        after = {"household": household.pk, "from": str(since), "to": "None"}
        _record(child, "custody_added", by=by, after=after)
    return row


def check_end(*, child: Child, household: Household, last_day: date) -> list[Custody]:
    """The custodies that would end. Raises `FamilyRefused` as `end_custody` does."""
    end = _day_after(last_day)
    held = list(Custody.objects.filter(not_over("valid_during", end), child=child).order_by("pk"))
    own = [row for row in held if row.household_id == household.pk]
    if not own:
        raise FamilyRefused(Refusal("not_there"))
    others = [row for row in held if row.household_id != household.pk]
    if not any(days_within(row.valid_during, [end]) for row in others):
        raise FamilyRefused(Refusal("nobody_left"))
    return own


def preview_end(*, child: Child, household: Household, last_day: date) -> dict[str, int]:
    """What would become of what the household asked for the child after that day, in numbers."""
    parted = Parted(child.pk, household.pk, _day_after(last_day))
    return {
        key: number for one in followers.registered().values() for key, number in one.preview_parting(parted).items()
    }


def end_custody(*, child: Child, household: Household, last_day: date, by: Actor, at: datetime) -> None:
    """A household has a child until that day, included: what it booked for it later is canceled.

    Raises `FamilyRefused`: `not_there`, `nobody_left` when no household would have the child the day after.
    """
    end = _day_after(last_day)
    with transaction.atomic():
        lock_child(child)
        own = check_end(child=child, household=household, last_day=last_day)
        before = {"household": household.pk, "to": [str(row.valid_during.upper) for row in own]}
        for row in own:
            if row.valid_during.lower and row.valid_during.lower >= end:
                row.delete()
            else:
                row.valid_during = DateRange(row.valid_during.lower, end)
                row.save(update_fields=("valid_during",))
        _record(child, "custody_ended", by=by, before=before, after={"household": household.pk, "to": str(end)})
        for one in followers.registered().values():
            one.part(Parted(child.pk, household.pk, end), by=by, at=at)


def remove_child(*, child: Child, household: Household, by: Actor) -> None:
    """Take away a child entered by mistake, or twice: nothing stands that speaks of it, at any of its doors.

    Raises `FamilyRefused`: `elsewhere` when another household has or had it, `has_history` when something is kept.
    """
    with transaction.atomic():
        lock_child(child)
        if Custody.objects.filter(child=child).exclude(household=household).exists():
            raise FamilyRefused(Refusal("elsewhere"))
        if Contact.objects.filter(child=child).exists() or HealthNote.objects.filter(child=child).exists():
            raise FamilyRefused(Refusal("has_history"))
        _record(child, "child_removed", by=by, before={"household": household.pk})
        Enrollment.objects.filter(child=child).delete()
        Custody.objects.filter(child=child).delete()
        try:
            child.delete()  # what apps to the left keep of a child protects it
        except ProtectedError as error:
            raise FamilyRefused(Refusal("has_history")) from error


def save_contact(*, child: Child, contact: Contact | None, facts: ContactFacts, by: Actor) -> Contact:
    """Add somebody to call, or change them."""
    with transaction.atomic():
        row = contact or Contact(child=child)
        before = _contact_told(row) if contact else None
        for name, value in asdict(facts).items():
            setattr(row, name, value)
        row.save()
        if before != _contact_told(row):
            action = "contact_changed" if contact else "contact_added"
            _record(child, action, by=by, before=before, after=_contact_told(row))
    return row


def remove_contact(*, contact: Contact, by: Actor) -> None:
    """Forget somebody to call."""
    with transaction.atomic():
        before = _contact_told(contact)
        _record(contact.child, "contact_removed", by=by, before=before)
        contact.delete()


def save_health_note(*, child: Child, note: HealthNote | None, facts: HealthFacts, by: Actor) -> HealthNote:
    """Add a health fact, sealed, or change it; the journal says that it was, never what."""
    with transaction.atomic():
        row = note or HealthNote(child=child)
        row.kind, row.own_meal, row.valid_until = facts.kind, facts.own_meal, facts.valid_until
        row.words = keys.encrypt(facts.words, purpose=HEALTH_PURPOSE)
        row.save()
        _record(child, "health_changed" if note else "health_added", by=by, after={"note": row.pk})
    return row


def remove_health_note(*, note: HealthNote, by: Actor) -> None:
    """Forget a health fact."""
    with transaction.atomic():
        _record(note.child, "health_removed", by=by, before={"note": note.pk})
        note.delete()


def _day_after(day: date) -> date:
    return date.fromordinal(day.toordinal() + 1)


def _end_seats(rows: Collection[Enrollment], end: date) -> None:
    """Seats end that day; those that were to begin then or later never do."""
    for row in rows:
        if row.valid_during.lower and row.valid_during.lower >= end:
            row.delete()
        else:
            row.valid_during = DateRange(row.valid_during.lower, end)
            row.save(update_fields=("valid_during",))


def _seats_from(child: Child, school_class: SchoolClass | None, first: date) -> list[Enrollment]:
    """The seats that a move on that day would end: those of the class's year, or all when the child leaves."""
    rows = Enrollment.objects.filter(not_over("valid_during", first), child=child)
    if school_class is not None:
        rows = rows.filter(valid_during__startswith__lt=school_class.school_year.during.upper)
    return list(rows.select_related("school_class").order_by("valid_during"))


def _first_day(school_class: SchoolClass | None, since: date) -> date:
    return max(since, school_class.school_year.during.lower) if school_class else since


def _moved(child: Child, school_class: SchoolClass | None, since: date) -> Moved:
    if school_class is None:
        return Moved(child.pk, since, None)
    return Moved(child.pk, since, school_class.site_id, school_class.level)


def _record(child: Child, action: str, *, by: Actor, before: Any = None, after: Any = None) -> None:
    """By the counter, unless the town's software does it: that one has a single door."""
    channel = Channel.API if by.kind is ActorKind.INTEGRATION else OFFICE
    record(by=by, channel=channel, action=action, subject=f"child:{child.pk}", before=before, after=after)


def _seat_told(row: Enrollment) -> dict[str, Any]:
    during = row.valid_during
    return {"school_class": row.school_class_id, "from": str(during.lower), "to": str(during.upper)}


def _contact_told(row: Contact) -> dict[str, str]:
    return {"kind": str(row.kind), "name": row.name, "relation": row.relation, "phone": row.phone}


def _told(row: Child) -> dict[str, Any]:
    facts = {"first_name": row.first_name, "last_name": row.last_name, "birth_date": row.birth_date}
    return {**_as_json(facts), "diets": [diet.name for diet in row.diets.all()]}


def _diets(names: Collection[str]) -> list[Diet]:
    known = set(Diet.objects.values_list("name", flat=True))
    missing = [Diet(name=name, order=len(known)) for name in dict.fromkeys(names) if name not in known]
    Diet.objects.bulk_create(missing, ignore_conflicts=True)
    return list(Diet.objects.filter(name__in=list(names)))


def _as_json(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: str(value) if isinstance(value, date) else value for name, value in facts.items()}
