"""What the pages of tariffs read: each activity's price of today, its versions, a month in advance."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.db.models import Max, Min

from billing.charges import Asked, Owed, owed
from billing.models import CashOffice, Tariff
from billing.rules.facts import SAME, TariffFacts, TariffSpec
from booking.models import Activity
from tenants import context


@dataclass(slots=True)
class Priced:
    """An activity with the versions of its tariff, `now` being that of today, with its prices or those of the next."""

    activity: Activity
    versions: list[Tariff] = field(default_factory=list)
    now: Tariff | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    coming: Tariff | None = None


def has_prices() -> bool:
    """Whether any activity has, had or will have a price: one statement."""
    return Tariff.objects.exists()


def by_activity(*, today: date, only: Collection[int] = ()) -> list[Priced]:
    """The activities offered, in the order of the planning: two statements. `only` keeps to some of them."""
    rows = Activity.objects.filter(retired_at__isnull=True).select_related("group")
    if only:
        rows = rows.filter(pk__in=list(only))
    found = {row.pk: Priced(row) for row in rows.order_by("group__order", "group", "order", "pk")}
    versions = Tariff.objects.filter(activity__in=list(found)).annotate(
        low=Min("prices__amount"), high=Max("prices__amount")
    )
    for version in versions.order_by("activity", "-valid_during"):
        one = found[version.activity_id]
        one.versions.append(version)
        if version.valid_during.lower > today:
            one.coming = version
        elif version.valid_during.upper is None or version.valid_during.upper > today:
            one.now = version
        else:
            continue
        effort = version.basis == Tariff.Basis.EFFORT  # from the latest on: today's prices, or the next ones
        one.low = version.floor if effort else version.low
        one.high = version.ceiling if effort else version.high
    return list(found.values())


def preview(
    spec: TariffSpec,
    *,
    activity: Activity,
    cash_office: CashOffice,
    household: int,
    days: tuple[date, date],
) -> Owed | None:
    """What a family would owe for an activity's days with a tariff that is not saved; None without any use of it."""
    facts = TariffFacts(
        pk=0,
        activity_id=activity.pk,
        since=date.min,
        prices=spec.prices,
        **{name: getattr(spec, name) for name in SAME},
    )
    asked = Asked(
        cash_office=cash_office,
        first_day=days[0],
        last_day=days[1],
        zone=context.current().zone.key,
        households=[household],
        instead={activity.pk: [facts]},
    )
    with transaction.atomic():
        found = next(iter(owed(asked)), None)
    if found is None:
        return None
    found.lines[:] = [line for line in found.lines if line.activity_id == activity.pk]
    return found


def versions_of(activity: Activity) -> Sequence[Tariff]:
    """Its versions, the last one first, with their grids: two statements."""
    return list(Tariff.objects.filter(activity=activity).order_by("-valid_during").prefetch_related("prices"))
