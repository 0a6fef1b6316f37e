"""What the town hall reads of one family and of one child, in a constant number of statements."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from django.db.backends.postgresql.psycopg_any import DateRange

from lps.families import phones
from lps.families.models import (
    Child,
    Contact,
    Custody,
    DataRequest,
    Diet,
    Enrollment,
    Guardian,
    HealthNote,
    Household,
    LettersBatch,
    SchoolClass,
)
from lps.families.queries.care import diets_of
from lps.families.queries.custody import days_within, households_of, not_over
from lps.families.queries.households import requests_of
from notifications import queries as notifications
from notifications.models import Blocked
from tenants import context


@dataclass(frozen=True, slots=True)
class Span:
    """Days from one to another, both included; None where there is no bound."""

    first: date | None
    last: date | None

    @classmethod
    def of(cls, during: DateRange) -> "Span":
        """A range of days as PostgreSQL gives it back: its last bound out."""
        return cls(during.lower, during.upper - timedelta(days=1) if during.upper else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardianLine:
    """A guardian, with the telephone as one dials it; `block` when nothing reaches the e-mail any more."""

    guardian: Guardian
    phone: str
    block: Blocked | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildLine:
    """A child of the household: `is_here` on the day, `others` who has it too, `sites` where it sits or will."""

    child: Child
    span: Span
    is_here: bool
    is_past: bool
    school_class: SchoolClass | None
    coming: Enrollment | None
    diets: tuple[str, ...]
    others: tuple[Household, ...]
    sites: frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressLine:
    """An e-mail address that the family proved, since when, and whether it bounced."""

    email: str
    proved_at: datetime
    block: Blocked | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyPage:
    """A household with its guardians, its children, what it asked and the letters drawn for it."""

    guardians: tuple[GuardianLine, ...]
    addresses: tuple[AddressLine, ...]
    children: tuple[ChildLine, ...]
    past: tuple[ChildLine, ...]
    requests: tuple[DataRequest, ...]
    letters: tuple[LettersBatch, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildPage:
    """A child: its seats over time, who has it and when, what it does not eat, whom to call."""

    seats: tuple[tuple[Enrollment, Span], ...]
    custodies: tuple[tuple[Custody, Span], ...]
    diets: tuple[Diet, ...]
    contacts: tuple[tuple[Contact, str], ...]
    has_health: bool


def read(household: Household, *, day: date) -> FamilyPage:
    """The page of a household on a day: ten statements."""
    guardians, addresses = _reached(household)
    lines = _children(household, day=day)
    letters = LettersBatch.objects.filter(asked__household=household.pk)[:5]
    return FamilyPage(
        guardians=guardians,
        addresses=addresses,
        children=tuple(line for line in lines if not line.is_past),
        past=tuple(line for line in lines if line.is_past),
        requests=tuple(requests_of(household)[:20]),
        letters=tuple(letters),
    )


def read_child(child: Child) -> ChildPage:
    """The page of a child: five statements."""
    seats = Enrollment.objects.filter(child=child).select_related("school_class__site", "school_class__teacher")
    custodies = Custody.objects.filter(child=child).select_related("household")
    region = phones.region_of(context.current().zone)
    contacts = Contact.objects.filter(child=child).order_by("kind", "pk")
    return ChildPage(
        seats=tuple((row, Span.of(row.valid_during)) for row in seats.order_by("-valid_during")),
        custodies=tuple((row, Span.of(row.valid_during)) for row in custodies.order_by("-valid_during")),
        diets=tuple(child.diets.all()),
        contacts=tuple((row, phones.shown(row.phone, region=region) if row.phone else "") for row in contacts),
        has_health=HealthNote.objects.filter(child=child).exists(),
    )


def _reached(household: Household) -> tuple[tuple[GuardianLine, ...], tuple[AddressLine, ...]]:
    """The guardians, and the addresses proved, with those that nothing reaches any more: three statements."""
    guardians, proved = guardians_of(household), list(notifications.addresses_of(household.holder))
    emails = {one.pk: one.address for one in proved}
    blocks = notifications.blocks_of({*emails.values(), *(one.guardian.email for one in guardians)} - {""})
    return (
        tuple(replace(one, block=blocks.get(one.guardian.email)) for one in guardians),
        tuple(
            AddressLine(email=emails[one.pk], proved_at=one.proved_at, block=blocks.get(emails[one.pk]))
            for one in proved
        ),
    )


def guardians_of(household: Household) -> list[GuardianLine]:
    """The guardians, who pays first: one statement."""
    region = phones.region_of(context.current().zone)
    rows = Guardian.objects.filter(household=household).order_by("-is_payer", "pk")
    return [
        GuardianLine(guardian=row, phone=phones.shown(row.phone, region=region) if row.phone else "") for row in rows
    ]


def _children(household: Household, *, day: date) -> list[ChildLine]:
    held: dict[int, list[Custody]] = {}
    custodies = Custody.objects.filter(household=household).select_related("child")
    for row in custodies.order_by("child__name_sort", "child", "valid_during"):
        held.setdefault(row.child_id, []).append(row)
    seats = _seats(held, day=day)
    diets = diets_of(held)
    others = _others(household, held, day=day)
    return [_line(rows, seats.get(pk, ()), diets.get(pk, ()), others.get(pk, ()), day=day) for pk, rows in held.items()]


def _line(
    rows: list[Custody],
    seats: Collection[Enrollment],
    diets: tuple[str, ...],
    others: Collection[Household],
    *,
    day: date,
) -> ChildLine:
    last = rows[-1]
    sitting = next((seat for seat in seats if days_within(seat.valid_during, [day])), None)
    return ChildLine(
        child=last.child,
        span=Span.of(last.valid_during),
        is_here=any(days_within(row.valid_during, [day]) for row in rows),
        is_past=last.valid_during.upper is not None and last.valid_during.upper <= day,
        school_class=sitting.school_class if sitting else None,
        coming=next((seat for seat in seats if seat is not sitting), None),
        diets=diets,
        others=tuple(others),
        sites=frozenset(seat.school_class.site_id for seat in seats),
    )


def _seats(children: Iterable[int], *, day: date) -> dict[int, list[Enrollment]]:
    """The seats of the day and those to come, in order."""
    rows = Enrollment.objects.filter(not_over("valid_during", day), child__in=list(children))
    found: dict[int, list[Enrollment]] = {}
    for row in rows.select_related("school_class__site", "school_class__teacher").order_by("valid_during", "pk"):
        found.setdefault(row.child_id, []).append(row)
    return found


def _others(household: Household, children: Iterable[int], *, day: date) -> dict[int, list[Household]]:
    found = households_of(children, day=day)
    return {child: [one for one in some if one.pk != household.pk] for child, some in found.items()}
