"""Tell families, once, from which day they will pay the top bracket for want of a proof."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import NamedTuple

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Exists, OuterRef

from billing import quotients as reads
from billing.message_kinds import QUOTIENT
from billing.models import BillingSettings, HouseholdTerms, Quotient
from lps.families.models import Custody, Household
from lps.families.recipients import Recipient, of_many
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.services import Entry, record_many
from notifications.services import Post, post_many
from tenants import context
from tenants.queries import url_of

BY = Actor.system("fin des quotients")
BATCH = 1000


class Warned(NamedTuple):
    """A household that is told: since when it has no proof, and whether it had one until then."""

    household: Household
    top_from: date
    had_one: bool
    recipients: list[Recipient]


def warn(*, today: date, at: datetime) -> int:
    """Write to the households whose proof ends within the town's days, or that gave none; returns how many.

    One message a household, to each of its addresses that want it, until a quotient is noted again. Nobody is told
    where no price depends on the quotient. The statements are as many for ten families as for a thousand.
    """
    horizon = reads.horizon(today)
    if horizon is None:
        return 0
    with transaction.atomic():
        list(BillingSettings.objects.select_for_update().filter(pk=1).values_list("pk"))  # one warning at a time
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
    held = Custody.objects.filter(household=OuterRef("pk"), valid_during__contains=today)
    told = HouseholdTerms.objects.filter(household=OuterRef("pk"), warned_at__isnull=False)
    whole = DateRange(today, horizon, "[]")
    proved = Quotient.objects.filter(household=OuterRef("pk"), valid_during__contains=whole)
    rows = Household.objects.select_for_update(of=("self",), no_key=True)
    rows = rows.filter(Exists(held), ~Exists(told), ~Exists(proved)).order_by("pk")
    households = {row.pk: row for row in rows}
    ends = _top_from(households, today, horizon)
    recipients = of_many(ends, QUOTIENT)
    return [
        Warned(home, ends[home.pk], ends[home.pk] > today, recipients[home.pk])
        for home in households.values()
        if home.pk in recipients
    ]


def _top_from(households: Collection[int], today: date, horizon: date) -> Mapping[int, date]:
    rows: dict[int, list[Quotient]] = {}
    during = DateRange(today, horizon, "[]")
    for row in Quotient.objects.filter(household__in=list(households), valid_during__overlap=during):
        rows.setdefault(row.household_id, []).append(row)
    found = ((pk, reads.first_day_without(rows.get(pk, []), today, horizon)) for pk in households)
    return {pk: day for pk, day in found if day is not None}


def _post(told: Collection[Warned]) -> None:
    url = url_of(context.current(), "/factures/")
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
