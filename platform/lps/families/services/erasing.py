"""Erasing a family: names, births, contacts, health, addresses and codes go; rows without a name stay for the facts
that have terms of their own (bookings, receipts). On a family's request by an agent, or once its term is over.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import CharField, DateField, Exists, F, Func, OuterRef, Q, QuerySet, TextField, Value
from django.db.models.functions import Cast, Concat

from lps.families import codes, erasers
from lps.families.erasers import Erased
from lps.families.models import (
    ERASED,
    Child,
    Contact,
    Custody,
    DataRequest,
    Enrollment,
    FamilyLink,
    Guardian,
    HealthNote,
    Household,
)
from lps.families.queries.households import emails_of
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.services import Entry, record_many
from lps.kernel.refusals import Refusal
from lps.kernel.text import sort_key
from notifications.services import forget_holders, post

KEPT_AFTER_LEAVING = timedelta(days=2 * 365)
FAMILY_WORD, CHILD_WORDS = "famille effacée", ("Enfant", "effacé")


class ErasureRefused(ValueError):
    """`.refusal` says why: `to_come` (`number` bookings are still to come), `already_erased`."""

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code)
        self.refusal = Refusal(code, **facts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What erasing a family takes away, and what prevents it."""

    children: Sequence[Child]
    shared: Sequence[Child]
    guardians: int
    contacts: int
    health_notes: int
    requests: int
    to_come: int

    @property
    def may(self) -> bool:
        return not self.to_come


def preview(household: Household, *, day: date) -> Preview:
    """What would go. A child whom another family has stays there: only the tie to this one ends."""
    held = Child.objects.filter(custodies__household=household, anonymized_at__isnull=True).distinct()
    own = list(_children_of([household.pk]))
    erased = Erased(households=[household.pk], children=[child.pk for child in own], day=day)
    return Preview(
        children=own,
        shared=[child for child in held.order_by("name_sort", "pk") if child not in own],
        guardians=Guardian.objects.filter(household=household).count(),
        contacts=Contact.objects.filter(child__in=own).count(),
        health_notes=HealthNote.objects.filter(child__in=own).count(),
        requests=DataRequest.objects.filter(household=household, answered_at__isnull=True).count(),
        to_come=_obstacles(erased).get(household.pk, 0),
    )


def erase(*, household: Household, by: Actor, channel: Channel, day: date, at: datetime) -> int:
    """Erase a family at its request, answer its requests, and tell it by a last e-mail; how many children were.

    Raises `ErasureRefused` while bookings are to come, and for a family already erased.
    """
    with transaction.atomic():
        locked = Household.objects.select_for_update(of=("self",), no_key=True).get(pk=household.pk)
        if locked.is_erased:
            raise ErasureRefused("already_erased")
        _lock([locked.pk])
        erased = _erased([locked.pk], day=day)
        if number := _obstacles(erased).get(locked.pk):
            raise ErasureRefused("to_come", number=number)
        addresses, name = emails_of(locked), locked.name
        DataRequest.objects.filter(household=locked, answered_at__isnull=True).update(answered_at=at)
        _take_away(erased, by=by, channel=channel, at=at)
        for address in addresses:
            post(to=address, template="families/emails/erased", facts={"family": name}, by=by)
    return len(erased.children)


def erase_gone(*, today: date, by: Actor, at: datetime) -> tuple[int, int]:
    """Erase the families whose last child left two years ago or more; how many households and children.

    Twice erases nothing more. The number of statements does not depend on how many they are.
    """
    with transaction.atomic():
        pks = list(_gone(today - KEPT_AFTER_LEAVING).order_by("pk").values_list("pk", flat=True))
        if not pks:
            return 0, 0
        _lock(pks)
        standing = _obstacles(_erased(pks, day=today))
        erased = _erased([pk for pk in pks if pk not in standing], day=today)
        _take_away(erased, by=by, channel=Channel.AUTOMATIC, at=at)
    return len(erased.households), len(erased.children)


def _gone(limit: date) -> QuerySet[Household]:
    """Households that had children, none of them since that day."""
    held = Custody.objects.filter(household=OuterRef("pk"))
    still = held.filter(Q(valid_during__endswith__gt=limit) | Q(valid_during__upper_inf=True))
    return Household.objects.exclude(code_lookup__startswith=ERASED).filter(Exists(held), ~Exists(still))


def _children_of(households: Collection[int]) -> QuerySet[Child]:
    """The children of these households alone: one whom another family has, or had, is that one's too."""
    elsewhere = Custody.objects.filter(child=OuterRef("pk")).exclude(household__in=households)
    elsewhere = elsewhere.exclude(household__code_lookup__startswith=ERASED)
    held = Exists(Custody.objects.filter(child=OuterRef("pk"), household__in=households))
    rows = Child.objects.filter(held, ~Exists(elsewhere), anonymized_at__isnull=True)
    return rows.order_by("name_sort", "pk")


def _erased(households: Collection[int], *, day: date) -> Erased:
    children = list(_children_of(households).values_list("pk", flat=True))
    return Erased(households=households, children=children, day=day)


def _lock(households: Collection[int]) -> None:
    """Stop what is done to the children of these families until we commit, in the order of their keys."""
    held = Custody.objects.filter(household__in=households).values("child")
    rows = Child.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=held).order_by("pk")
    list(rows.values_list("pk"))


def _obstacles(erased: Erased) -> dict[int, int]:
    found: dict[int, int] = {}
    for one in erasers.registered().values():
        for household, number in one.obstacles(erased).items():
            found[household] = found.get(household, 0) + number
    return found


def _take_away(erased: Erased, *, by: Actor, channel: Channel, at: datetime) -> None:
    for one in erasers.registered().values():
        one.erase(erased, by=by, at=at)
    _close(erased)
    _forget_households(erased)
    _forget_children(erased, at=at)
    forget_holders([f"household:{pk}" for pk in erased.households], by=by, channel=channel, at=at)
    record_many(Entry(by, channel, "family_erased", f"household:{pk}", at=at) for pk in erased.households)


def _close(erased: Erased) -> None:
    """Custodies of the households and classes of the children end on the day; those to come never begin."""
    for rows in (
        Custody.objects.filter(household__in=erased.households),
        Enrollment.objects.filter(child__in=erased.children),
    ):
        rows.filter(valid_during__startswith__gte=erased.day).delete()
        still = Q(valid_during__endswith__gt=erased.day) | Q(valid_during__upper_inf=True)
        end = Value(erased.day, output_field=DateField())
        rows.filter(still).update(valid_during=Func(F("valid_during__startswith"), end, function="daterange"))


def _forget_households(erased: Erased) -> None:
    rows = Household.objects.filter(pk__in=erased.households)
    rows.update(
        name=FAMILY_WORD,
        name_sort=sort_key(FAMILY_WORD),
        code=codes.seal_family_code(""),
        code_lookup=_no_code(),
        generation=F("generation") + 1,  # whoever is signed in is so no more
        street="",
        postal_code="",
        city="",
    )
    Guardian.objects.filter(household__in=erased.households).delete()
    FamilyLink.objects.filter(household__in=erased.households).delete()
    DataRequest.objects.filter(household__in=erased.households).update(words="", answer="")


def _forget_children(erased: Erased, *, at: datetime) -> None:
    Contact.objects.filter(child__in=erased.children).delete()
    HealthNote.objects.filter(child__in=erased.children).delete()
    Child.diets.through.objects.filter(child__in=erased.children).delete()
    first_name, last_name = CHILD_WORDS
    Child.objects.filter(pk__in=erased.children).update(
        first_name=first_name,
        last_name=last_name,
        name_sort=sort_key(f"{last_name} {first_name}"),
        birth_date=None,
        code=codes.seal_child_code(""),
        code_lookup=_no_code(),
        anonymized_at=at,
    )


def _no_code() -> Concat:
    """In place of a code's hash: unique, and that of no code."""
    return Concat(Value(ERASED), Cast(F("pk"), CharField()), output_field=TextField())
