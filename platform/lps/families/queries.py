"""Reads about families, one question each."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from django.contrib.postgres.fields import DateRangeField
from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Count, DateField, Exists, F, Q, QuerySet, Value

from lps.families import codes
from lps.families.models import (
    Child,
    Contact,
    Custody,
    DataRequest,
    Diet,
    Enrollment,
    FamilyLink,
    Guardian,
    HealthNote,
    Household,
    ImportBatch,
    LettersBatch,
    SchoolClass,
    SchoolYear,
    Site,
    email_key,
)
from lps.families.rules.rollover import rank
from lps.kernel.prepared import Prepared, any_of, given
from lps.kernel.text import sort_key
from notifications import queries as notifications


@dataclass(frozen=True, slots=True)
class ChildAtSchool:
    """A child as a page shows it: its code in clear, its class on a day (None when in none)."""

    child: Child
    code: str
    school_class: SchoolClass | None

    @property
    def site(self) -> Site | None:
        return self.school_class.site if self.school_class else None


_DAY = given("day", DateField())
_CHILDREN = Prepared(
    # A household has a child once on a day, a constraint says so: no child comes twice.
    lambda: Child.objects.filter(custodies__household=given("household"), custodies__valid_during__contains=_DAY)
)
_ENROLLMENTS = Prepared(
    lambda: Enrollment.objects.filter(child=any_of("children"), valid_during__contains=_DAY).select_related(
        "school_class__site", "school_class__teacher"
    )
)
_CUSTODY_RANGES = Prepared(
    lambda: Custody.objects.filter(child=given("child"), household=given("household")).values_list("valid_during")
)
_SCHOOLING = Prepared(
    lambda: Enrollment.objects.filter(
        child=given("child"), valid_during__overlap=given("shown", DateRangeField())
    ).values_list("valid_during", "school_class__site_id", "school_class__level", "school_class_id")
)


def known_family_lookups(lookups: Iterable[str]) -> set[str]:
    """Those of these look-up hashes that a household bears: one statement."""
    return set(Household.objects.filter(code_lookup__in=list(lookups)).values_list("code_lookup", flat=True))


def known_child_lookups(lookups: Iterable[str]) -> set[str]:
    """Those of these look-up hashes that a child bears: one statement."""
    return set(Child.objects.filter(code_lookup__in=list(lookups)).values_list("code_lookup", flat=True))


def custody_by_codes(*, child_code: str, family_code: str, day: date) -> Custody | None:
    """The custody that this pair of codes opens on this day: one statement, whatever is wrong."""
    return (
        Custody.objects.filter(
            child__code_lookup=codes.child_lookup(child_code),
            household__code_lookup=codes.family_lookup(family_code),
            valid_during__contains=day,
        )
        .select_related("child", "household")
        .first()
    )


def custodies_by_child_code(*, child_code: str, day: date) -> list[Custody]:
    """The custodies in which this code's child is on this day: two when it has two households. One statement."""
    found = Custody.objects.filter(child__code_lookup=codes.child_lookup(child_code), valid_during__contains=day)
    return list(found.select_related("child", "household").order_by("pk"))


def custody_on(*, pk: int, day: date) -> Custody | None:
    """A custody that holds on a day, or None."""
    return Custody.objects.filter(pk=pk, valid_during__contains=day).select_related("child", "household").first()


def household(*, pk: int) -> Household | None:
    """A household, or None."""
    return Household.objects.filter(pk=pk).first()


def sites_of(household: Household, *, day: date) -> set[int]:
    """The schools where the children whom a household has on a day, or will have, sit or will sit: one statement."""
    held = Custody.objects.filter(not_over("valid_during", day), household=household)
    sitting = Enrollment.objects.filter(not_over("valid_during", day), child__in=held.values("child"))
    return set(sitting.order_by().values_list("school_class__site", flat=True).distinct())


def not_over(field: str, day: date) -> Q:
    """That a range of days is not over on a day: it holds it, or comes later."""
    return Q(**{f"{field}__endswith__gt": day}) | Q(**{f"{field}__upper_inf": True})


def household_in_force(*, key: str, generation: int) -> Household | None:
    """The household that a session or a device names, unless its code was renewed since."""
    if not key.isdecimal():
        return None
    return Household.objects.filter(pk=int(key), generation=generation).first()


def emails_of(household: Household) -> list[str]:
    """The addresses on file of a household: its guardians' and those it proved, each once."""
    known = [*Guardian.objects.filter(household=household).exclude(email="").values_list("email", flat=True)]
    known += proved_emails_of(household)
    return list({email_key(email): email for email in known}.values())


def proved_emails_of(household: Household) -> list[str]:
    """The addresses that a household proved to be its own, in the order of their proofs."""
    return [address.address for address in notifications.addresses_of(household.holder)]


def emails_of_many(households: Iterable[int]) -> dict[int, list[str]]:
    """The guardians' addresses of these households, each once: one statement."""
    found: dict[int, dict[str, str]] = {}
    rows = Guardian.objects.filter(household__in=list(households)).exclude(email="").order_by("pk")
    for household, email in rows.values_list("household", "email"):
        found.setdefault(household, {}).setdefault(email_key(email), email)
    return {household: list(emails.values()) for household, emails in found.items()}


def households_of_email(email: str) -> list[tuple[Household, str]]:
    """The households that have this address on file, each with the address as it is on file there.

    A link goes to the address on file, never to a look-alike that was typed.
    """
    wanted = email_key(email)
    if not wanted:
        return []
    found = {g.household: g.email for g in Guardian.objects.filter(email_key=wanted).select_related("household")}
    holders = [holder.removeprefix("household:") for holder in notifications.holders_of(email)]
    for proved in Household.objects.filter(pk__in=[int(key) for key in holders if key.isdecimal()]):
        own = {email_key(known.address): known.address for known in notifications.addresses_of(proved.holder)}
        if wanted in own:
            found.setdefault(proved, own[wanted])
    return sorted(found.items(), key=lambda pair: pair[0].pk)


def link_in_force(*, lookup: str, purpose: FamilyLink.Purpose, now: datetime) -> FamilyLink | None:
    """The link of that hashed token, unless used or expired at `now` (true time)."""
    return FamilyLink.objects.filter(lookup=lookup, purpose=purpose, used_at__isnull=True, expires_at__gt=now).first()


def requests_of(household: Household) -> list[DataRequest]:
    """What a household asked about its personal data, the latest first."""
    return list(DataRequest.objects.filter(household=household))


def data_requests(*, day: date, sites: Collection[int] = ()) -> QuerySet[DataRequest]:
    """Every request about personal data, those to answer first, each group by date.

    Only those of families who on that day have a child at these schools when some are given.
    """
    waiting_first = F("answered_at").desc(nulls_first=True)
    rows = DataRequest.objects.select_related("household").order_by(waiting_first, "received_at", "pk")
    return rows.filter(household__in=households_at(sites, day=day)) if sites else rows


def households_at(sites: Iterable[int], *, day: date) -> QuerySet[Any]:
    """The keys of the households with a child who sits, or will, at these schools: to be asked within a statement."""
    sitting = Enrollment.objects.filter(not_over("valid_during", day), school_class__site__in=list(sites))
    held = Custody.objects.filter(not_over("valid_during", day), child__in=sitting.order_by().values("child"))
    return held.order_by().values("household")


def children_of(*, household: Household, day: date) -> list[ChildAtSchool]:
    """The children whom a household has on a day, in the order of their names, with their classes: two statements."""
    return _at_school(_CHILDREN.instances(household=household.pk, day=day), day=day)


def child_of(*, household: Household, child_code: str, day: date) -> ChildAtSchool | None:
    """The household's child of that code, or None when it has none such: nobody else's child is ever found."""
    found = list(
        Child.objects.filter(
            code_lookup=codes.child_lookup(child_code),
            custodies__household=household,
            custodies__valid_during__contains=day,
        )[:1]
    )
    return next(iter(_at_school(found, day=day)), None)


def site_names() -> dict[int, str]:
    """Every school and other place, by its key."""
    return dict(Site.objects.values_list("pk", "name"))


def schools() -> list[Site]:
    """The schools, in the order of their names."""
    return list(Site.objects.filter(is_school=True))


def levels() -> list[str]:
    """The levels of the classes, as the town writes them."""
    return sorted(set(SchoolClass.objects.exclude(level="").values_list("level", flat=True).order_by()))


def pupils_at_school(*, day: date) -> list[tuple[int, int, str, date | None]]:
    """Every child in a class on a day: its key, the site and level of the class, its birth date: one statement."""
    rows = Enrollment.objects.filter(valid_during__contains=day).order_by("child")
    return list(rows.values_list("child", "school_class__site", "school_class__level", "child__birth_date"))


def school_year_for(day: date) -> SchoolYear | None:
    """The school year that a day is in, else the next one that is open, else None."""
    still = SchoolYear.objects.filter(Q(during__contains=day) | Q(during__startswith__gt=day))
    return still.order_by("during").first()


def has_children() -> bool:
    """Whether a child was ever entered."""
    return Child.objects.exists()


def has_letters() -> bool:
    """Whether codes' letters were ever drawn."""
    return LettersBatch.objects.filter(state=LettersBatch.State.DONE).exists()


def known_children(pks: Iterable[int]) -> set[int]:
    """Those of these keys that a child bears: one statement."""
    return set(Child.objects.filter(pk__in=list(pks)).values_list("pk", flat=True))


def children_by_key(pks: Iterable[int]) -> dict[int, Child]:
    """These children by their keys: one statement."""
    return Child.objects.in_bulk(list(pks))


def households_with(children: Iterable[int], *, day: date) -> dict[int, int]:
    """A household of each of these children on a day, the first to have had it, by their keys: one statement."""
    held = Custody.objects.filter(child__in=list(children), valid_during__contains=day).order_by("-pk")
    return dict(held.values_list("child", "household"))


def days_within(during: DateRange, days: Iterable[date]) -> list[date]:
    """Those of these days that a range holds, as PostgreSQL gives it back: its first day in, its last bound out."""
    first, end = during.lower or date.min, during.upper or date.max
    return [] if during.isempty else [day for day in days if first <= day < end]


def custody_ranges(child: Child, *, household: Household) -> list[DateRange]:
    """The days on which a household has or had the child."""
    return [during for (during,) in _CUSTODY_RANGES.rows(child=child.pk, household=household.pk)]


def lock_child(child: Child, *, asking: Exists | None = None) -> bool:
    """Serialise what is done to one child, until the transaction ends: stale forms, incompatible pairs.

    `asking` is a question that the same statement answers; without one, False.
    """
    rows = Child.objects.select_for_update(of=("self",), no_key=True).filter(pk=child.pk)
    found = rows.values_list(asking or Value(False), flat=True)
    return any(list(found))


def lock_household(household: Household) -> None:
    """Serialise what one household sends, until the transaction ends."""
    rows = Household.objects.select_for_update(of=("self",), no_key=True).filter(pk=household.pk)
    list(rows.values_list("pk"))


def lock_children(pks: Iterable[int]) -> None:
    """The same for several, in the order of their keys: two who ask for some of the same wait for one another."""
    rows = Child.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=set(pks))
    list(rows.order_by("pk").values_list("pk"))


def _at_school(children: list[Child], *, day: date) -> list[ChildAtSchool]:
    enrollments = _ENROLLMENTS.instances(children=[child.pk for child in children], day=day)
    classes = {enrollment.child_id: enrollment.school_class for enrollment in enrollments}
    return [ChildAtSchool(child, child.child_code, classes.get(child.pk)) for child in children]


def classes_on(children: Iterable[int], *, day: date) -> dict[int, str]:
    """The school and the class of these children on that day, as one reads them: one statement."""
    sitting = Enrollment.objects.filter(child__in=list(children), valid_during__contains=day)
    rows = sitting.select_related("school_class__site", "school_class__teacher")
    return {row.child_id: f"{row.school_class.site}, {row.school_class}" for row in rows}


@dataclass(frozen=True, slots=True)
class Schooling:
    """A child's class: where it is, and its level."""

    site_id: int
    level: str
    school_class_id: int


def schooling_of(child: Child, *, days: Sequence[date]) -> dict[date, Schooling]:
    """The child's class on each of these days: one statement; days without a class are left out."""
    if not days:
        return {}
    shown = DateRange(min(days), max(days), "[]")
    enrollments = [
        (during, Schooling(site_id, level, school_class_id))
        for during, site_id, level, school_class_id in _SCHOOLING.rows(child=child.pk, shown=shown)
    ]
    return {day: schooling for during, schooling in enrollments for day in days_within(during, days)}


@dataclass(frozen=True, slots=True)
class Pupil:
    """A child of a household and the site of its class."""

    child_id: int
    household_id: int
    site_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PupilDays:
    """A child of a household: the days on which it is theirs, and where it sits then."""

    child_id: int
    household_id: int
    first_name: str
    birth_date: date | None
    custody: Sequence[DateRange]
    classes: Sequence[tuple[DateRange, Schooling]]

    @property
    def sites(self) -> list[int]:
        """The schools where the child sits, each once."""
        return list(dict.fromkeys(sits.site_id for _during, sits in self.classes))

    def is_theirs(self, day: date) -> bool:
        """Whether the household has the child on that day."""
        return any(days_within(during, [day]) for during in self.custody)

    def schooling(self, day: date) -> Schooling | None:
        """The child's class on that day."""
        return next((sits for during, sits in self.classes if days_within(during, [day])), None)


def pupil_days(households: Iterable[int], *, first: date, last: date) -> list[PupilDays]:
    """The children whom these households have between two days, both included, by name: two statements."""
    shown = DateRange(first, last, "[]")
    held = Custody.objects.filter(household__in=list(households), valid_during__overlap=shown)
    custody: dict[tuple[int, int], list[DateRange]] = {}
    children: dict[int, Child] = {}
    for row in held.select_related("child").order_by("child__name_sort", "child", "household", "pk"):
        custody.setdefault((row.child_id, row.household_id), []).append(row.valid_during)
        children[row.child_id] = row.child
    classes: dict[int, list[tuple[DateRange, Schooling]]] = {}
    sitting = Enrollment.objects.filter(child__in=children, valid_during__overlap=shown).order_by("pk")
    for child, during, site, level, school_class in sitting.values_list(
        "child", "valid_during", "school_class__site", "school_class__level", "school_class"
    ):
        classes.setdefault(child, []).append((during, Schooling(site, level, school_class)))
    return [
        PupilDays(
            child_id=child,
            household_id=home,
            first_name=children[child].first_name,
            birth_date=children[child].birth_date,
            custody=ranges,
            classes=classes.get(child, ()),
        )
        for (child, home), ranges in custody.items()
    ]


def pupils_at(sites: Iterable[int]) -> QuerySet[Any]:
    """The keys of the children who sit, sat or will sit at these schools, to be asked within another statement."""
    return Enrollment.objects.filter(school_class__site__in=list(sites)).order_by().values("child")


def pupils_of(households: Iterable[Household], *, day: date) -> list[Pupil]:
    """The children of these households who are in a class on that day, in the order of their keys: two statements."""
    held = Custody.objects.filter(household__in=list(households), valid_during__contains=day).order_by("child")
    pairs = list(held.values_list("child", "household"))
    sites = dict(
        Enrollment.objects.filter(child__in=[child for child, _ in pairs], valid_during__contains=day).values_list(
            "child", "school_class__site"
        )
    )
    return [Pupil(child, household, sites[child]) for child, household in pairs if child in sites]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallSheet:
    """What those who call the roll need of some children, by their keys; `order` is that of their names."""

    order: tuple[int, ...]
    names: Mapping[int, str]
    classes: Mapping[int, str]
    diets: Mapping[int, tuple[str, ...]]
    health: Mapping[int, tuple[str, ...]]
    forbidden: Mapping[int, tuple[str, ...]]


def call_sheet(children: Iterable[int], *, day: date, with_health: bool) -> CallSheet:
    """Names, classes on that day, diets, persons who may not fetch them, and health notes when asked: five statements.

    Health notes are read by entitled agents alone, and the caller logs it.
    """
    pks = list(children)
    rows = list(Child.objects.filter(pk__in=pks).order_by("name_sort", "pk"))
    classes = Enrollment.objects.filter(child__in=pks, valid_during__contains=day)
    forbidden = Contact.objects.filter(child__in=pks, kind=Contact.Kind.FORBIDDEN).order_by("pk")
    diets = Child.diets.through.objects.filter(child__in=pks).order_by("diet__order")
    return CallSheet(
        order=tuple(child.pk for child in rows),
        names={child.pk: str(child) for child in rows},
        classes=dict(classes.values_list("child", "school_class__name")),
        diets=_grouped(diets.values_list("child", "diet__name")),
        health=_health_of(pks, day=day) if with_health else {},
        forbidden=_grouped(forbidden.values_list("child", "name")),
    )


def _health_of(children: Sequence[int], *, day: date) -> dict[int, tuple[str, ...]]:
    """The notes in force on that day, opened."""
    notes = HealthNote.objects.filter(Q(valid_until__isnull=True) | Q(valid_until__gte=day), child__in=children)
    return _grouped((note.child_id, f"{note.get_kind_display()} {note.opened}".strip()) for note in notes)


def _grouped(pairs: Iterable[tuple[int, str]]) -> dict[int, tuple[str, ...]]:
    found: dict[int, tuple[str, ...]] = {}
    for key, value in pairs:
        found[key] = (*found.get(key, ()), value)
    return found


@dataclass(frozen=True, slots=True)
class Reachable:
    """Somebody to call about a child: a guardian, an emergency contact, who may or may not fetch it."""

    name: str
    relation: str
    phone: str


def contacts_of(children: Iterable[int], *, day: date) -> dict[int, tuple[Reachable, ...]]:
    """Whom to call about these children on that day, guardians first: two statements."""
    pks = list(children)
    found: dict[int, list[Reachable]] = {}
    custodies = Custody.objects.filter(child__in=pks, valid_during__contains=day)
    guardians = custodies.values_list(
        "child", "household__guardians__first_name", "household__guardians__last_name", "household__guardians__phone"
    )
    for child, first_name, last_name, phone in guardians.order_by("household__guardians__pk"):
        if last_name:
            found.setdefault(child, []).append(Reachable(f"{first_name} {last_name}", "représentant", phone or ""))
    for contact in Contact.objects.filter(child__in=pks).order_by("kind", "pk"):
        words = contact.relation or contact.get_kind_display()
        if contact.kind == Contact.Kind.FORBIDDEN:
            words = contact.get_kind_display()
        found.setdefault(contact.child_id, []).append(Reachable(contact.name, words, contact.phone))
    return {child: tuple(contacts) for child, contacts in found.items()}


def search_pupils(asked: str, *, day: date, site_id: int, limit: int = 20) -> list[dict[str, Any]]:
    """The pupils of a school on a day whose name holds what was typed, accents and case aside."""
    enrolled = Enrollment.objects.filter(valid_during__contains=day, school_class__site=site_id)
    for word in sort_key(asked).split():
        enrolled = enrolled.filter(child__name_sort__contains=word)
    rows = enrolled.select_related("child", "school_class").order_by("child__name_sort", "pk")[:limit]
    return [{"pk": row.child_id, "name": str(row.child), "school_class": row.school_class.name} for row in rows]


@dataclass(frozen=True, slots=True)
class Letter:
    """What a family's letter says: the family, whom it is for, its children with their codes."""

    household: Household
    addressee: str
    children: tuple[ChildAtSchool, ...]
    pupil: str = ""


def letters_of_household(pk: int, *, day: date) -> list[Letter]:
    """The letter of one household, if it has children on that day."""
    return _letters(Household.objects.filter(pk=pk), pupils={}, day=day)


def letters_of_class(pk: int, *, day: date) -> list[Letter]:
    """The letters that the pupils of a class carry home, in the order of their names: a child of two households
    carries two, and of two siblings in the class the first one carries the family's.
    """
    still = Q(valid_during__endswith__gt=day) | Q(valid_during__upper_inf=True)
    seated = Enrollment.objects.filter(still, school_class=pk, child__anonymized_at__isnull=True)
    pupils = {row.child_id: str(row.child) for row in seated.select_related("child").order_by("child__name_sort")}
    held = Custody.objects.filter(child__in=pupils, valid_during__contains=day)
    carried: dict[int, str] = {}
    for household, child in held.order_by("child__name_sort", "household__name_sort").values_list("household", "child"):
        carried.setdefault(household, pupils[child])
    letters = _letters(Household.objects.filter(pk__in=carried), pupils=carried, day=day)
    return sorted(letters, key=lambda letter: list(carried).index(letter.household.pk))


def _letters(households: QuerySet[Household], *, pupils: Mapping[int, str], day: date) -> list[Letter]:
    rows = list(households.prefetch_related("guardians"))
    held = Custody.objects.filter(household__in=rows, valid_during__contains=day).select_related("child")
    children: dict[int, list[Child]] = {}
    for custody in held.order_by("child__name_sort", "pk"):
        children.setdefault(custody.household_id, []).append(custody.child)
    at_school = {one.child.pk: one for one in _at_school([c for some in children.values() for c in some], day=day)}
    return [
        Letter(
            household=row,
            addressee=" et ".join(" ".join(filter(None, (one.title, str(one)))) for one in row.guardians.all()),
            children=tuple(at_school[child.pk] for child in children[row.pk]),
            pupil=pupils.get(row.pk, ""),
        )
        for row in rows
        if row.pk in children
    ]


def classes_by_key(pks: Iterable[int]) -> list[SchoolClass]:
    """These classes, by school and level."""
    return in_school_order(SchoolClass.objects.filter(pk__in=list(pks)).select_related("site", "teacher"))


def in_school_order(classes: Iterable[SchoolClass]) -> list[SchoolClass]:
    """Classes by school, then from the youngest children's level on, then by name. Their schools are read."""
    return sorted(classes, key=lambda one: (one.site.name, rank(one.level), one.name, one.pk))


def classes_to_come(day: date) -> list[SchoolClass]:
    """The classes of the year that a day is in and of those after it, by year, school and level, with their pupils."""
    still = Q(school_year__during__endswith__gt=day) | Q(school_year__during__upper_inf=True)
    rows = SchoolClass.objects.filter(still).select_related("site", "teacher", "school_year")
    return _by_year(rows.annotate(pupils=Count("enrollments")))


def classes_on_roll(day: date, *, sites: Iterable[int] = ()) -> list[SchoolClass]:
    """The classes where children sit on that day or will, by year, school and level, with their `pupils`; only those of
    these schools when some are given.
    """
    still = Q(school_year__during__endswith__gt=day) | Q(school_year__during__upper_inf=True)
    seated = Count("enrollments", filter=not_over("enrollments__valid_during", day))
    rows = SchoolClass.objects.filter(still).select_related("site", "teacher", "school_year").annotate(pupils=seated)
    if kept := list(sites):
        rows = rows.filter(site__in=kept)
    return _by_year(rows)


def _by_year(classes: QuerySet[SchoolClass]) -> list[SchoolClass]:
    return sorted(in_school_order(classes), key=lambda one: one.school_year.during.lower)


def pupils_of_class(pk: int, *, day: date) -> QuerySet[Enrollment]:
    """Who sits in a class on that day or will, in the order of names."""
    seated = Enrollment.objects.filter(not_over("valid_during", day), school_class=pk)
    return seated.select_related("child").order_by("child__name_sort", "child", "pk")


def households_of(children: Iterable[int], *, day: date) -> dict[int, list[Household]]:
    """The households that have these children on that day or will, by child: one statement."""
    held = Custody.objects.filter(not_over("valid_during", day), child__in=list(children)).select_related("household")
    found: dict[int, list[Household]] = {}
    for custody in held.order_by("household__name_sort", "pk"):
        if custody.household not in found.setdefault(custody.child_id, []):
            found[custody.child_id].append(custody.household)
    return found


def diets_of(children: Iterable[int]) -> dict[int, tuple[str, ...]]:
    """What each of these children does not eat, in the town's order: one statement."""
    rows = Child.diets.through.objects.filter(child__in=list(children)).order_by("diet__order", "diet")
    return _grouped(rows.values_list("child", "diet__name"))


def diets() -> QuerySet[Diet]:
    """Every diet that the town knows."""
    return Diet.objects.all()


def child_in(household: Household, *, pk: int) -> Child | None:
    """The child of that key, if the household has it, had it or will."""
    return Child.objects.filter(pk=pk, custodies__household=household, anonymized_at__isnull=True).first()


def guardian_in(household: Household, *, pk: int) -> Guardian | None:
    """The household's guardian of that key."""
    return Guardian.objects.select_related("household").filter(pk=pk, household=household).first()


def contact_of(child: Child, *, pk: int) -> Contact | None:
    """The child's contact of that key."""
    return Contact.objects.select_related("child").filter(pk=pk, child=child).first()


def health_note_of(child: Child, *, pk: int) -> HealthNote | None:
    """The child's health note of that key, still sealed."""
    return HealthNote.objects.select_related("child").filter(pk=pk, child=child).first()


def health_notes(child: Child) -> list[HealthNote]:
    """The child's health notes, still sealed."""
    return list(HealthNote.objects.filter(child=child))


def sites_of_child(child: Child, *, day: date) -> set[int]:
    """The schools where a child sits on a day or will: one statement."""
    rows = Enrollment.objects.filter(not_over("valid_during", day), child=child).order_by()
    return set(rows.values_list("school_class__site", flat=True))


def children_sitting(children: Collection[int], *, sites: Collection[int], day: date) -> set[int]:
    """Those of these children, by their keys, who sit or will sit at these schools: one statement."""
    rows = Enrollment.objects.filter(not_over("valid_during", day), child__in=children, school_class__site__in=sites)
    return set(rows.order_by().values_list("child", flat=True))


def imports_received(limit: int = 20) -> list[ImportBatch]:
    """The last files received."""
    return list(ImportBatch.objects.all()[:limit])


def letters_asked(*, sites: Collection[int] = ()) -> QuerySet[LettersBatch]:
    """The letters asked for, the last first; only those of whole classes of these schools when some are given."""
    rows = LettersBatch.objects.all()
    if not sites:
        return rows
    own = SchoolClass.objects.filter(site__in=sites).values_list("pk", flat=True)
    return rows.filter(asked__contained_by={"classes": list(own)})


def household_names(pks: Iterable[int]) -> dict[int, str]:
    """The names of families, by their keys."""
    return dict(Household.objects.filter(pk__in=list(pks)).values_list("pk", "name"))


def first_names() -> QuerySet[Child, str]:
    """The first names of the children who are here, each once, in order."""
    here = Child.objects.filter(anonymized_at__isnull=True)
    return here.order_by("first_name").values_list("first_name", flat=True).distinct()


def child_names(pks: Iterable[int]) -> dict[int, str]:
    """The first and last names of children, by their keys."""
    return {child.pk: str(child) for child in Child.objects.filter(pk__in=list(pks))}


def children_of_households(pks: Iterable[int]) -> list[int]:
    """The keys of the children that these households have, had or will have."""
    held = Custody.objects.filter(household__in=list(pks)).order_by("child")
    return list(held.values_list("child", flat=True).distinct())


class PayerChild(NamedTuple):
    """A child of a household, and one of the times during which it has it, each to the eve of its end."""

    pk: int
    first_name: str
    since: date
    until: date | None


class PayerRow(NamedTuple):
    """Who pays for a household and where to write: "" for what is not known. Its children, the eldest first."""

    household_id: int
    payer: str
    street: str
    postal_code: str
    city: str
    children: tuple[PayerChild, ...]


_PAYERS = """
SELECT household.id, coalesce(payer.name, ''), household.street, household.postal_code, household.city,
    children.keys, children.names, children.since, children.until
FROM families_household household
LEFT JOIN LATERAL (
    SELECT concat_ws(' ', nullif(guardian.title, ''), guardian.first_name, guardian.last_name) AS name
    FROM families_guardian guardian WHERE guardian.household_id = household.id
    ORDER BY guardian.is_payer DESC, guardian.id LIMIT 1
) payer ON true
LEFT JOIN LATERAL (
    SELECT array_agg(child.id ORDER BY child.birth_date, child.id, custody.id) AS keys,
        array_agg(child.first_name ORDER BY child.birth_date, child.id, custody.id) AS names,
        array_agg(coalesce(lower(custody.valid_during), '0001-01-01') ORDER BY child.birth_date, child.id, custody.id)
            AS since,
        array_agg(upper(custody.valid_during) ORDER BY child.birth_date, child.id, custody.id) AS until
    FROM families_custody custody JOIN families_child child ON child.id = custody.child_id
    WHERE custody.household_id = household.id
) children ON true
WHERE %(households)s::bigint[] IS NULL OR household.id = ANY(%(households)s)
ORDER BY household.id
"""


def payers(households: Iterable[int] | None = None) -> Iterator[PayerRow]:
    """Who pays, for these households or all, in the order of their keys: one statement, read through a server-side
    cursor. Read it in a transaction.
    """
    with closing(connection.chunked_cursor()) as cursor:
        cursor.execute(_PAYERS, {"households": None if households is None else list(households)})
        while rows := cursor.fetchmany(500):
            yield from (PayerRow._make((*row[:5], _payer_children(row[5:]))) for row in rows)


def _payer_children(columns: Sequence[Sequence[Any] | None]) -> tuple[PayerChild, ...]:
    return tuple(PayerChild(*values) for values in zip(*(column or () for column in columns), strict=True))


class SharedCustody(NamedTuple):
    """Days, from one to the eve of another, on which a household has a child whom another household has too."""

    child_id: int
    household_id: int
    since: date | None
    until: date | None

    def holds(self, day: date) -> bool:
        """Whether the child is there on that day."""
        return (self.since is None or self.since <= day) and (self.until is None or day < self.until)


def shared_custodies(first_day: date, last_day: date) -> list[SharedCustody]:
    """The custodies that touch these days, both included, of children who have two households then: one statement."""
    held = Custody.objects.filter(valid_during__overlap=DateRange(first_day, last_day, "[]"))
    homes = held.order_by().values("child").annotate(homes=Count("household", distinct=True))
    rows = held.filter(child__in=homes.filter(homes__gt=1).values("child")).order_by("child", "household", "pk")
    found = rows.values_list("child", "household", "valid_during__startswith", "valid_during__endswith")
    return [SharedCustody(*row) for row in found]


def tries_the_portal(*, household: int) -> bool:
    """Whether the town chose this family to come in before its portal opens."""
    return Household.objects.filter(pk=household, tries_portal=True).exists()
