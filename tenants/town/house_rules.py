"""The rules that families accept online: written, published from a day, accepted. `lps.journal.house_rules` tells it.

A published version never changes: what a family accepted is what it read. A correction is a new version.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import Combinable

from lps.kernel.prepared import Prepared, given
from tenants.town.messages import changed
from tenants.town.models import HouseRules, RulesAcceptance
from tenants.town.services import Changed

_FIELDS = ("title", "body", "in_force_from")
_IN_FORCE = Prepared(
    lambda: (
        HouseRules.objects.filter(published_at__isnull=False, in_force_from__lte=given("day"))
        .order_by("-in_force_from")
        .values_list("pk", Exists(RulesAcceptance.objects.filter(rules=OuterRef("pk"), holder=given("holder"))))[:1]
    )
)


class State(StrEnum):
    """Where a version stands on a day."""

    DRAFT = "draft"
    PLANNED = "planned"
    IN_FORCE = "in_force"
    PAST = "past"


class RulesRefused(ValueError):
    """`.code` says why: `day_past`, `day_taken`, `published`, `not_in_force`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A version as it was written."""

    title: str
    body: str
    in_force_from: date


def in_force(*, day: date) -> HouseRules | None:
    """The version in force on a day."""
    return _published().filter(in_force_from__lte=day).order_by("-in_force_from").first()


def version_to_accept(*, holder: str, day: date) -> int | None:
    """The key of the version in force that a family has not accepted yet: one statement."""
    for pk, accepted in _IN_FORCE.rows(day=day, holder=holder):
        return None if accepted else int(pk)
    return None


def accepted_at(*, holder: Combinable, rules_id: int) -> Subquery:
    """An expression: when the holder accepted that version, null if it did not."""
    return Subquery(RulesAcceptance.objects.filter(rules=rules_id, holder=holder).values("accepted_at")[:1])


def acceptance_of(*, holder: str, rules_id: int) -> RulesAcceptance | None:
    """What proves that a holder accepted a version."""
    return RulesAcceptance.objects.filter(holder=holder, rules=rules_id).first()


def acceptances_of(holder: str) -> list[RulesAcceptance]:
    """All that a holder accepted, the oldest first."""
    return list(RulesAcceptance.objects.filter(holder=holder).select_related("rules"))


def versions() -> QuerySet[HouseRules]:
    """All versions, drafts first, then the newest; each with the number of families that accepted it."""
    rows = HouseRules.objects.annotate(accepted=Count("acceptances"))
    return rows.alias(published=Q(published_at__isnull=False)).order_by("published", "-in_force_from", "-pk")


def find(pk: int) -> HouseRules | None:
    """One version."""
    return HouseRules.objects.filter(pk=pk).first()


def state(rules: HouseRules, *, current: HouseRules | None, day: date) -> State:
    """Where a version stands, `current` being the one in force that day."""
    if rules.published_at is None:
        return State.DRAFT
    if rules.in_force_from > day:
        return State.PLANNED
    return State.IN_FORCE if current and current.pk == rules.pk else State.PAST


def write(text: Text) -> tuple[HouseRules, Changed]:
    """Write a new draft."""
    made = HouseRules.objects.create(title=text.title, body=text.body, in_force_from=text.in_force_from)
    return made, ({}, facts(made))


def change(pk: int, text: Text) -> tuple[HouseRules, Changed]:
    """Write a draft again. Raises `RulesRefused` for what is published, `HouseRules.DoesNotExist`."""
    with transaction.atomic():
        rules = _draft(pk)
        before = facts(rules)
        rules.title, rules.body, rules.in_force_from = text.title, text.body, text.in_force_from
        rules.save()
    return rules, changed(before, facts(rules))


def publish(pk: int, *, now: datetime, day: date) -> tuple[HouseRules, Changed]:
    """Put a draft in force from its day. Raises `RulesRefused`, `HouseRules.DoesNotExist`."""
    with transaction.atomic():
        _one_at_a_time()
        rules = _draft(pk)
        if rules.in_force_from < day:
            raise RulesRefused("day_past")
        if _is_taken(rules.in_force_from):
            raise RulesRefused("day_taken")
        rules.published_at = now
        rules.save(update_fields=("published_at",))
    return rules, ({"published_at": None}, {**facts(rules), "published_at": now.isoformat()})


def withdraw(pk: int, *, day: date) -> tuple[HouseRules, Changed]:
    """Make a version a draft again, before its day: nobody has accepted it. Raises `RulesRefused`."""
    with transaction.atomic():
        rules = HouseRules.objects.select_for_update().get(pk=pk)
        if rules.published_at is None or rules.in_force_from <= day:
            raise RulesRefused("published")
        before = {"published_at": rules.published_at.isoformat()}
        rules.published_at = None
        rules.save(update_fields=("published_at",))
    return rules, (before, {"published_at": None})


def copy(pk: int, *, day: date) -> tuple[HouseRules, Changed]:
    """A new draft of the same words, from a day."""
    original = HouseRules.objects.get(pk=pk)
    return write(Text(title=original.title, body=original.body, in_force_from=day))


def remove(pk: int) -> Changed:
    """Forget a draft. Raises `RulesRefused` for what is published, `HouseRules.DoesNotExist`."""
    with transaction.atomic():
        rules = _draft(pk)
        before = facts(rules)
        rules.delete()
    return before, {}


def accept(*, rules_id: int, holder: str, day: date, at: datetime) -> bool:
    """Keep that a holder accepted the version in force; False when it had already.

    Raises `RulesRefused` for any other version: one does not accept what was not shown.
    """
    current = in_force(day=day)
    if current is None or current.pk != rules_id:
        raise RulesRefused("not_in_force")
    _, made = RulesAcceptance.objects.get_or_create(rules=current, holder=holder, defaults={"accepted_at": at})
    return made


def facts(rules: HouseRules) -> dict[str, Any]:
    """A version as the journal keeps it."""
    values: Mapping[str, Any] = {name: getattr(rules, name) for name in _FIELDS}
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}


def _published() -> QuerySet[HouseRules]:
    return HouseRules.objects.filter(published_at__isnull=False)


def _is_taken(day: date) -> bool:
    return _published().filter(in_force_from=day).exists()


def _draft(pk: int) -> HouseRules:
    rules = HouseRules.objects.select_for_update().get(pk=pk)
    if rules.published_at is not None:
        raise RulesRefused("published")
    return rules


def _one_at_a_time() -> None:
    """Two agents who publish for one day at once: the second sees the first."""
    list(HouseRules.objects.select_for_update().filter(published_at__isnull=True).order_by("pk"))
