"""Tell families, once, from which day they will pay the top bracket for want of a proof.

Nobody is written to before an agent saw how many families it would be, and began: a town whose prices just came to
depend on the quotient has proofs of nobody yet.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Exists, OuterRef, QuerySet

from billing import quotients as reads
from billing.message_kinds import QUOTIENT
from billing.models import BillingSettings, HouseholdTerms, Quotient
from lps.families.models import Custody, Household
from lps.families.recipients import Recipient, of_many
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.services import Entry, record, record_many
from lps.kernel.refusals import Refusal
from notifications.services import Post, post_many
from tenants import context
from tenants.queries import url_of
from tenants.town.services import lock_settings

BY = Actor.system("fin des quotients")
BATCH = 1000


class Warned(NamedTuple):
    """A household that is told: since when it has no proof, and whether it had one until then."""

    household: Household
    top_from: date
    had_one: bool
    recipients: list[Recipient]


class WarningsRefused(Exception):
    """Nothing was done: `refusal` is `moved`, there are not as many families to write to as was seen; `state`, it is
    begun, or stopped, already.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.refusal = Refusal(code)


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """Who would be written to: families without a proof, families whose proof ends, and those without an address."""

    missing: int
    ending: int
    unreachable: int

    @property
    def number(self) -> int:
        """How many would get a message."""
        return self.missing + self.ending


def foreseen(*, today: date) -> Foreseen | None:
    """Who would be written to now, without writing; None when no price depends on the quotient, or for zero days."""
    horizon = reads.horizon(today)
    if horizon is None:
        return None
    households = list(_concerned(today, horizon).values_list("pk", flat=True))
    ends = _top_from(households, today, horizon)
    recipients = of_many(ends, QUOTIENT)
    told = [day for pk, day in ends.items() if pk in recipients]
    return Foreseen(
        missing=sum(day <= today for day in told),
        ending=sum(day > today for day in told),
        unreachable=len(ends) - len(told),
    )


def begin(*, known: int, today: date, by: Actor, at: datetime) -> None:
    """Write to families from tomorrow morning on. Raises `WarningsRefused` (`moved`, `state`)."""
    with transaction.atomic():
        row = _settings()
        found = foreseen(today=today)
        if row.quotient_warnings_at is not None or found is None:
            raise WarningsRefused("state")
        if found.number != known:
            raise WarningsRefused("moved")
        row.quotient_warnings_at = at
        row.save()
        after = {"families": found.number, "missing": found.missing}
        _note("quotient_warnings_begun", by=by, at=at, after=after)


def stop(*, by: Actor, at: datetime) -> None:
    """Write to nobody any more. Raises `WarningsRefused` (`state`)."""
    with transaction.atomic():
        row = _settings()
        if row.quotient_warnings_at is None:
            raise WarningsRefused("state")
        row.quotient_warnings_at = None
        row.save(update_fields=("quotient_warnings_at",))
        _note("quotient_warnings_stopped", by=by, at=at, after=None)


def warn(*, today: date, at: datetime) -> int:
    """Write to the households whose proof ends within the town's days, or that gave none; returns how many.

    Nobody on the day on which an agent began: the night is left to think again.

    One message a household, to each of its addresses that want it, until a quotient is noted again. Nobody is told
    where no price depends on the quotient. The statements are as many for ten families as for a thousand.
    """
    horizon = reads.horizon(today)
    if horizon is None:
        return 0
    with transaction.atomic():
        begun = BillingSettings.objects.select_for_update().filter(pk=1).first()  # one warning at a time
        if begun is None or begun.quotient_warnings_at is None or _day(begun.quotient_warnings_at) >= today:
            return 0
        told = _to_warn(today, horizon)
        _post(told)
        HouseholdTerms.objects.bulk_create(
            (HouseholdTerms(household=one.household, warned_at=at) for one in told),
            batch_size=BATCH,
            update_conflicts=True,
            unique_fields=["household"],
            update_fields=["warned_at"],
        )
        record_many(_entry(one, at) for one in told)
    return len(told)


def _to_warn(today: date, horizon: date) -> list[Warned]:
    """Held against who notes a quotient meanwhile: their proofs are read once they are."""
    rows = _concerned(today, horizon).select_for_update(of=("self",), no_key=True)
    households = {row.pk: row for row in rows}
    ends = _top_from(households, today, horizon)
    recipients = of_many(ends, QUOTIENT)
    return [
        Warned(home, ends[home.pk], ends[home.pk] > today, recipients[home.pk])
        for home in households.values()
        if home.pk in recipients
    ]


def _concerned(today: date, horizon: date) -> QuerySet[Household]:
    """Households with a child, not told yet, whose proofs do not cover these days as one."""
    held = Custody.objects.filter(household=OuterRef("pk"), valid_during__contains=today)
    told = HouseholdTerms.objects.filter(household=OuterRef("pk"), warned_at__isnull=False)
    whole = DateRange(today, horizon, "[]")
    proved = Quotient.objects.filter(household=OuterRef("pk"), valid_during__contains=whole)
    return Household.objects.filter(Exists(held), ~Exists(told), ~Exists(proved)).order_by("pk")


def _top_from(households: Collection[int], today: date, horizon: date) -> Mapping[int, date]:
    rows: dict[int, list[Quotient]] = {}
    during = DateRange(today, horizon, "[]")
    for row in Quotient.objects.filter(household__in=list(households), valid_during__overlap=during):
        rows.setdefault(row.household_id, []).append(row)
    found = ((pk, reads.first_day_without(rows.get(pk, []), today, horizon)) for pk in households)
    return {pk: day for pk, day in found if day is not None}


def _post(told: Collection[Warned]) -> None:
    url = url_of(context.current(), "/quotient/")
    posts = [
        Post(to=to.email, facts={**to.facts, "day": one.top_from, "had_one": one.had_one, "url": url})
        for one in told
        for to in one.recipients
    ]
    if posts:
        post_many(posts, template="billing/emails/quotient_ends", by=BY)


def _entry(one: Warned, at: datetime) -> Entry:
    after = {"from": one.top_from.isoformat()}
    return Entry(BY, Channel.AUTOMATIC, "quotient_end_told", one.household.holder, after=after, at=at)


def _settings() -> BillingSettings:
    """The town's row, held until the end."""
    lock_settings()
    return BillingSettings.objects.select_for_update().filter(pk=1).first() or BillingSettings(pk=1)


def _day(at: datetime) -> date:
    return at.astimezone(context.current().zone).date()


def _note(action: str, *, by: Actor, at: datetime, after: Any) -> None:
    record(by=by, channel=Channel.OFFICE, action=action, subject="town", after=after, at=at)
