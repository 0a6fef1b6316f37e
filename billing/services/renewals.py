"""The tariffs of a year carried on to the next one, raised by a percentage: seen before, all at once, taken away so."""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from billing.models import DraftLine, InvoiceLine, Tariff, TariffPrice
from billing.rules.facts import EFFORT, EXTRAS, SAME, TariffSpec
from billing.rules.renewal import Raise
from billing.services.tariffs import cells, spec_of, told
from booking.models import Activity
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.services import Entry, record_many
from lps.kernel.refusals import Refusal
from tenants.town.services import lock_settings, renew_catalogue_stamp


class RenewalRefused(Exception):
    """Nothing was done: `refusal` is `changed`, prices are no longer those that were seen; `nothing`, none is left;
    `used`, invoices or a draft run hold one of them.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.refusal = Refusal(code)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A price of a tariff, before and after: a cell of its grid, or the field of that `name`."""

    qf_from: Decimal | None
    resident: bool
    from_rank: int
    name: str
    before: Decimal
    after: Decimal


@dataclass(frozen=True, slots=True)
class Renewal:
    """What an activity would cost: the tariff that goes on, as it would be; or why it is left.

    `refusal`: `later`, a tariff begins on that day or after; `none`, no tariff is in force the eve.
    """

    activity: Activity
    tariff: Tariff | None = None
    before: TariffSpec | None = None
    after: TariffSpec | None = None
    refusal: str = ""

    @property
    def changes(self) -> list[Change]:
        """Each price, in the order of the grid, then what is beside it."""
        if self.before is None or self.after is None:
            return []
        pairs = zip(self.before.prices, self.after.prices, strict=True)
        found = [_change(one.qf_from, one.resident, one.from_rank, "", one.amount, new.amount) for one, new in pairs]
        for name in (*EFFORT, *EXTRAS):
            old, new = getattr(self.before, name), getattr(self.after, name)
            if old:
                found.append(_change(None, True, 1, name, old, new))
        return found

    @property
    def is_same(self) -> bool:
        """Whether no price changes."""
        return self.before == self.after


def renewals(
    *, since: date, how: Raise, with_extras: bool, only: Collection[int] = (), left_out: Collection[int] = ()
) -> list[Renewal]:
    """What each activity offered would cost from a day on, in the order of the planning: three statements."""
    rows = Activity.objects.filter(retired_at__isnull=True).exclude(pk__in=list(left_out)).select_related("group")
    if only:
        rows = rows.filter(pk__in=list(only))
    activities = list(rows.order_by("group__order", "group", "order", "pk"))
    versions: dict[int, list[Tariff]] = {}
    coming = Tariff.objects.filter(activity__in=activities, valid_during__overlap=DateRange(since - timedelta(1), None))
    for version in coming.order_by("activity", "valid_during").prefetch_related("prices"):
        versions.setdefault(version.activity_id, []).append(version)
    return [_renewal(one, versions.get(one.pk, []), since, how, with_extras) for one in activities]


def seen(rows: Iterable[Renewal]) -> str:
    """What a page showed, in short, to know it again."""
    facts = [(one.activity.pk, one.tariff and one.tariff.pk, one.before, one.after) for one in rows]
    return hashlib.sha256(repr(facts).encode()).hexdigest()


def renew(
    *,
    since: date,
    how: Raise,
    with_extras: bool,
    known: str,
    by: Actor,
    at: datetime,
    only: Collection[int] = (),
    left_out: Collection[int] = (),
) -> int:
    """Write what was `known`; returns how many tariffs. Raises `RenewalRefused` (`changed`, `nothing`).

    A constant number of statements, whatever the number of activities.
    """
    with transaction.atomic():
        lock_settings()  # before the activities, as who changes the catalogue does
        list(Activity.objects.select_for_update(no_key=True).order_by("pk").values_list("pk"))
        rows = renewals(since=since, how=how, with_extras=with_extras, only=only, left_out=left_out)
        if seen(rows) != known:
            raise RenewalRefused("changed")
        done = [one for one in rows if one.after is not None]
        if not done:
            raise RenewalRefused("nothing")
        _write(done, since=since, by=by, at=at)
        renew_catalogue_stamp()  # the price beside the planning
    return len(done)


def withdraw(*, since: date, today: date, by: Actor, only: Collection[int] = ()) -> int:
    """Take away all versions that begin on a day to come: those before them go on; returns how many.

    Raises `RenewalRefused`: `nothing`, or `used`.
    """
    with transaction.atomic():
        lock_settings()  # before the activities, as who changes the catalogue does
        list(Activity.objects.select_for_update(no_key=True).order_by("pk").values_list("pk"))
        gone = list(to_come(today=today, only=only).filter(valid_during__startswith=since).prefetch_related("prices"))
        if not gone:
            raise RenewalRefused("nothing")
        keys = [one.pk for one in gone]
        if InvoiceLine.objects.filter(tariff__in=keys).exists() or DraftLine.objects.filter(tariff__in=keys).exists():
            raise RenewalRefused("used")
        ends = {one.activity_id: one.valid_during.upper for one in gone}
        entries = [_entry("tariff_removed", one.activity_id, told(one), None, by=by) for one in gone]
        Tariff.objects.filter(pk__in=keys).delete()
        former = list(Tariff.objects.filter(activity__in=list(ends), valid_during__endswith=since))
        for one in former:
            one.valid_during = DateRange(one.valid_during.lower, ends[one.activity_id])
        Tariff.objects.bulk_update(former, ["valid_during"])
        record_many(entries)
        renew_catalogue_stamp()
    return len(gone)


def to_come(*, today: date, only: Collection[int] = ()) -> Any:
    """A queryset: the versions that begin after today."""
    rows = Tariff.objects.filter(valid_during__startswith__gt=today)
    return rows.filter(activity__in=list(only)) if only else rows


def _renewal(activity: Activity, versions: Sequence[Tariff], since: date, how: Raise, with_extras: bool) -> Renewal:
    if any(one.valid_during.lower >= since for one in versions):
        return Renewal(activity, refusal="later")
    if not versions:
        return Renewal(activity, refusal="none")
    before = spec_of(versions[0])
    return Renewal(activity, versions[0], before, _raised(before, how, with_extras))


def _raised(spec: TariffSpec, how: Raise, with_extras: bool) -> TariffSpec:
    facts: dict[str, Any] = {
        "prices": tuple(replace(one, amount=how.of(one.amount)) for one in spec.prices),
        "effort_rate": None if spec.effort_rate is None else how.of_rate(spec.effort_rate),
        "floor": None if spec.floor is None else how.of(spec.floor),
        "ceiling": None if spec.ceiling is None else how.of(spec.ceiling),
    }
    if with_extras:
        facts |= {name: how.of(getattr(spec, name)) for name in EXTRAS}
    return replace(spec, **facts)


def _change(
    qf_from: Decimal | None, resident: bool, from_rank: int, name: str, before: Decimal, after: Decimal
) -> Change:
    return Change(qf_from=qf_from, resident=resident, from_rank=from_rank, name=name, before=before, after=after)


def _write(done: Sequence[Renewal], *, since: date, by: Actor, at: datetime) -> None:
    old, made, entries = [], [], []
    for one in done:
        assert one.tariff is not None and one.after is not None
        before, end = told(one.tariff, one.before.prices if one.before else ()), one.tariff.valid_during.upper
        new = Tariff(
            activity=one.activity,
            cash_office_id=one.tariff.cash_office_id,
            valid_during=DateRange(since, end if end != since else None),
            made_at=at,
            made_by=by.label,
            **{name: getattr(one.after, name) for name in SAME},
        )
        one.tariff.valid_during = DateRange(one.tariff.valid_during.lower, since)
        old.append(one.tariff)
        made.append(new)
        entries.append(_entry("tariff_set", one.activity.pk, before, told(new, one.after.prices), by=by))
    Tariff.objects.bulk_update(old, ["valid_during"])
    Tariff.objects.bulk_create(made)
    prices = [cell for one, new in zip(done, made, strict=True) if one.after for cell in cells(new, one.after.prices)]
    TariffPrice.objects.bulk_create(prices)
    record_many(entries)


def _entry(action: str, activity: int, before: Any, after: Any, *, by: Actor) -> Entry:
    return Entry(by, Channel.OFFICE, action, f"activity:{activity}", before=before, after=after)
