"""Entering families: households with their guardians and children, one by one or hundreds at once."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from lps.families import codes
from lps.families.models import Child, Custody, Enrollment, Guardian, Household, SchoolClass, email_key
from lps.families.queries.doors import known_child_lookups, known_family_lookups
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.services import Entry, record_change, record_many
from lps.kernel import clock
from lps.kernel.refusals import Refusal
from lps.kernel.text import sort_key
from tenants.town import queries as town
from tenants.wakeup import named_after_commit


class FamilyRefused(ValueError):
    """The family or the child cannot be entered; `refusal` says why."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class NewGuardian:
    """A guardian (représentant) to enter."""

    last_name: str
    first_name: str
    title: str = ""
    email: str = ""
    phone: str = ""
    is_payer: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NewChild:
    """A child to enter. Its code is drawn unless given (codes printed before, demonstration)."""

    first_name: str
    last_name: str
    birth_date: date | None = None
    code: str = ""
    school_class: SchoolClass | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewHousehold:
    """A household to enter, with all who belong to it, and the days from which and until which they do."""

    name: str
    custody: DateRange
    enrollment: DateRange
    code: str = ""
    street: str = ""
    postal_code: str = ""
    city: str = ""
    guardians: Sequence[NewGuardian] = ()
    children: Sequence[NewChild] = ()


def add_household(*, new: NewHousehold, by: Actor, channel: Channel) -> Household:
    """Enter one household with its guardians and children; raises `FamilyRefused`."""
    return bulk_add_households([new], by=by, channel=channel)[0]


def add_child(
    *,
    household: Household,
    new: NewChild,
    custody: DateRange,
    enrollment: DateRange,
    by: Actor,
    channel: Channel,
) -> Child:
    """Enter a child in a household; raises `FamilyRefused`."""
    with transaction.atomic():
        child = _insert_children([new])[0]
        _insert_links([(child, new, household, custody, enrollment)])
        record_many([_child_entry(child, by, channel)])
    return child


def share_child(*, child: Child, household: Household, custody: DateRange, by: Actor, channel: Channel) -> Custody:
    """Give a child to a second household too (garde partagée)."""
    with transaction.atomic():
        custody_row = Custody.objects.create(child=child, household=household, valid_during=custody)
        after = {"household": household.pk, "from": str(custody.lower), "to": str(custody.upper)}
        record_many([Entry(by, channel, "custody_added", f"child:{child.pk}", after=after)])
    return custody_row


@dataclass(frozen=True, slots=True, kw_only=True)
class Joining:
    """A child to enter in a household that stands already."""

    household: Household
    child: NewChild
    custody: DateRange
    enrollment: DateRange


@dataclass(frozen=True, slots=True)
class Entered:
    """What was entered: households in the order given, and each child by the identity of its `NewChild`."""

    households: list[Household]
    children: Mapping[int, Child]

    def child(self, new: NewChild) -> Child:
        """The child made of that very object."""
        return self.children[id(new)]


def bulk_add_households(
    specs: Sequence[NewHousehold], *, by: Actor, channel: Channel = Channel.AUTOMATIC
) -> list[Household]:
    """Enter households in the order given, in a constant number of statements; raises `FamilyRefused`.

    The very same `NewChild` object in two households is one child with two custodies.
    """
    return enter_families(specs, by=by, channel=channel).households


def enter_families(
    specs: Sequence[NewHousehold], *, joining: Sequence[Joining] = (), by: Actor, channel: Channel
) -> Entered:
    """Enter households, and children in households that stand already, in a constant number of statements.

    The very same `NewChild` object given twice is one child with two custodies. Raises `FamilyRefused`.
    """
    with transaction.atomic():
        households = _insert_households(specs)
        _insert_guardians(specs, households)
        links = [
            *(
                (new, household, spec.custody, spec.enrollment)
                for spec, household in zip(specs, households, strict=True)
                for new in spec.children
            ),
            *((one.child, one.household, one.custody, one.enrollment) for one in joining),
        ]
        unique = list({id(new): new for new, *_ in links}.values())
        children = dict(zip(map(id, unique), _insert_children(unique), strict=True))
        _insert_links((children[id(new)], new, *rest) for new, *rest in links)
        entries = [_household_entry(household, by, channel) for household in households]
        record_many([*entries, *(_child_entry(child, by, channel) for child in children.values())])
    return Entered(households, children)


def _insert_households(specs: Sequence[NewHousehold]) -> list[Household]:
    drawn = assigned_codes(
        [spec.code for spec in specs],
        length=town.settings().family_code_length,
        lookup=codes.family_lookup,
        known=known_family_lookups,
    )
    now = clock.now()
    rows = [
        Household(
            name=spec.name,
            name_sort=sort_key(spec.name),
            code=codes.seal_family_code(code),
            code_lookup=codes.family_lookup(code),
            code_renewed_at=now,
            street=spec.street,
            postal_code=spec.postal_code,
            city=spec.city,
        )
        for spec, code in zip(specs, drawn, strict=True)
    ]
    return _insert(Household, rows, refusal="family_code_taken")


def _insert_guardians(specs: Sequence[NewHousehold], households: Sequence[Household]) -> None:
    Guardian.objects.bulk_create(
        Guardian(
            household=household,
            title=new.title,
            first_name=new.first_name,
            last_name=new.last_name,
            name_sort=sort_key(f"{new.last_name} {new.first_name}"),
            email=new.email,
            email_key=email_key(new.email),
            phone=new.phone,
            is_payer=new.is_payer,
        )
        for spec, household in zip(specs, households, strict=True)
        for new in spec.guardians
    )


def _insert_children(new: Sequence[NewChild]) -> list[Child]:
    drawn = assigned_codes(
        [child.code for child in new],
        length=town.settings().child_code_length,
        lookup=codes.child_lookup,
        known=known_child_lookups,
    )
    rows = [
        Child(
            first_name=child.first_name,
            last_name=child.last_name,
            name_sort=sort_key(f"{child.last_name} {child.first_name}"),
            birth_date=child.birth_date,
            code=codes.seal_child_code(code),
            code_lookup=codes.child_lookup(code),
        )
        for child, code in zip(new, drawn, strict=True)
    ]
    if rows:
        named_after_commit()
    return _insert(Child, rows, refusal="child_code_taken")


def _insert_links(found: Iterable[tuple[Child, NewChild, Household, DateRange, DateRange]]) -> None:
    """Who has whom, and who sits where: a child of two households sits in its class once."""
    custodies, enrollments = [], {}
    for child, new, household, custody, enrollment in found:
        custodies.append(Custody(child=child, household=household, valid_during=custody))
        if new.school_class is not None:
            enrollments[child.pk] = Enrollment(child=child, school_class=new.school_class, valid_during=enrollment)
    Custody.objects.bulk_create(custodies)
    Enrollment.objects.bulk_create(enrollments.values())


def assigned_codes(
    given: Sequence[str],
    *,
    length: int,
    lookup: Callable[[str], str],
    known: Callable[[Iterable[str]], set[str]],
) -> list[str]:
    """The codes given, and drawn ones where none is, far from every code of the commune.

    More are drawn than are missing, so that a few that meet one already there cost no second statement:
    one in twenty does in a town of 15,000 children with codes of six digits. Raises `FamilyRefused`:
    `code_malformed`.
    """
    if any(code and not codes.looks_right(code) for code in given):
        raise FamilyRefused(Refusal("code_malformed"))
    held = [code for code in given if code]
    missing = len(given) - len(held)
    drawn: list[str] = []
    while len(drawn) < missing:
        wanted = missing - len(drawn)
        candidates = codes.draw_many(wanted + wanted // 5 + 4, length, taken=[*held, *drawn])
        near = {code: [lookup(other) for other in codes.with_neighbors(code)] for code in candidates}
        taken = known(one for lookups in near.values() for one in lookups)
        drawn += [code for code, lookups in near.items() if not taken.intersection(lookups)][:wanted]
    rest = iter(drawn)
    return [code or next(rest) for code in given]


def _insert(model: type, rows: Sequence, *, refusal: str) -> list:  # type: ignore[type-arg]
    try:
        with transaction.atomic():
            return model.objects.bulk_create(rows)  # type: ignore[attr-defined, no-any-return]
    except IntegrityError as error:
        raise FamilyRefused(Refusal(refusal)) from error


def _household_entry(household: Household, by: Actor, channel: Channel) -> Entry:
    return Entry(by, channel, "household_added", household.holder, after={"name": household.name})


def _child_entry(child: Child, by: Actor, channel: Channel) -> Entry:
    return Entry(by, channel, "child_added", f"child:{child.pk}", after={"name": str(child)})


def set_trial(*, household: Household, tries: bool, by: Actor, channel: Channel) -> None:
    """Let a family try the portal of a town that is to be opened, or no more."""
    with transaction.atomic():
        locked = Household.objects.select_for_update().get(pk=household.pk)
        if locked.tries_portal == tries:
            return
        Household.objects.filter(pk=household.pk).update(tries_portal=tries)
        changed = ({"tries_portal": not tries}, {"tries_portal": tries})
        record_change(changed, by=by, channel=channel, action="portal_trial", subject=household.holder)
