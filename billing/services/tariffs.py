"""Set what activities cost from a day on: a new version ends the former, none invoiced is rewritten."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby, pairwise
from typing import Any

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange, NumericRange

from billing.models import CashOffice, DraftLine, InvoiceLine, Tariff, TariffPrice
from billing.rules.facts import SAME, Price, TariffSpec
from booking.models import Activity
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.services import record
from lps.kernel.refusals import Refusal
from tenants.town.services import lock_settings, renew_catalogue_stamp

ZERO = Decimal(0)


class TariffRefused(ValueError):
    """`.refusal` says why: `used`, invoices were issued with it; `begun`, it is in force already;
    `drafted`, a draft run holds it; `changed`, somebody set another version meanwhile."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.refusal = Refusal(code)


def set_tariff(
    *,
    activity: Activity,
    cash_office: CashOffice,
    spec: TariffSpec,
    since: date,
    by: Actor,
    at: datetime,
    channel: Channel = Channel.OFFICE,
    seen: str | None = None,
    corrects: bool = False,
) -> Tariff:
    """The price of an activity from a day to the eve of the next version.

    The version in force until then ends the eve; one that begins on the same day is replaced. Raises `TariffRefused`:
    `used` when invoices were issued with that one, unless this one `corrects` it: it is then set aside, and what was
    issued keeps it; `changed` when the versions are no longer those of the page, whose `stamp` is `seen`.
    """
    with transaction.atomic():
        hold(activity)
        versions = list(Tariff.objects.filter(activity=activity).order_by("valid_during").prefetch_related("prices"))
        if seen is not None and seen != stamp(versions):
            raise TariffRefused("changed")
        before: Any = None
        until: date | None = None
        made = Tariff(activity=activity)
        for version in versions:
            first, end = version.valid_during.lower, version.valid_during.upper
            if first > since:
                until = min(until, first) if until else first
            elif end is None or end > since:
                before, until = told(version), end
                if first == since and corrects and _is_used(version):
                    version.valid_during = DateRange(empty=True)
                    version.save(update_fields=["valid_during"])
                elif first == since:
                    made = _unused(version)
                else:
                    _end(version, since)
        made.cash_office, made.valid_during, made.made_at, made.made_by = (
            cash_office,
            DateRange(since, until),
            at,
            by.label,
        )
        for name in SAME:
            setattr(made, name, getattr(spec, name))
        made.save()
        made.prices.all().delete()
        TariffPrice.objects.bulk_create(cells(made, spec.prices))
        renew_catalogue_stamp()  # the price beside the planning
        _note("tariff_set", made, by=by, channel=channel, before=before, after=told(made, spec.prices))
    return made


def remove_tariff(*, tariff: Tariff, today: date, by: Actor) -> None:
    """Take away a version to come: the one before it goes on. Raises `TariffRefused` (`begun`, `used`,
    `drafted`)."""
    with transaction.atomic():
        hold(tariff.activity)
        first, end = tariff.valid_during.lower, tariff.valid_during.upper
        if first <= today:
            raise TariffRefused("begun")
        before = told(tariff)
        _unused(tariff)
        if DraftLine.objects.filter(tariff=tariff.pk).exists():
            raise TariffRefused("drafted")
        Tariff.objects.filter(pk=tariff.pk).delete()
        former = Tariff.objects.filter(activity=tariff.activity_id, valid_during__endswith=first).first()
        if former:
            former.valid_during = DateRange(former.valid_during.lower, end)
            former.save(update_fields=["valid_during"])
        renew_catalogue_stamp()
        _note("tariff_removed", tariff, by=by, channel=Channel.OFFICE, before=before, after=None)


def hold(activity: Activity) -> None:
    """Lock an activity's versions until the transaction ends: two agents who save one are served one by one."""
    lock_settings()  # before the activity, as who changes the catalogue does
    Activity.objects.select_for_update(no_key=True).get(pk=activity.pk)


def stamp(versions: Iterable[Tariff]) -> str:
    """What an activity's versions are, in short: another one as soon as one is set, ended or taken away."""
    told = (f"{one.pk} {one.valid_during} {one.made_at.isoformat()}" for one in versions)
    return hashlib.sha256("\n".join(sorted(told)).encode()).hexdigest()[:32]


def spec_of(tariff: Tariff) -> TariffSpec:
    """A version as an agent would say it, to change or to copy it."""
    prices = tuple(
        Price(qf_from=cell.qf.lower or ZERO, resident=cell.resident, from_rank=cell.from_rank, amount=cell.amount)
        for cell in tariff.prices.all()
    )
    return TariffSpec(prices=prices, **{name: getattr(tariff, name) for name in SAME})


def cells(tariff: Tariff, prices: Sequence[Price]) -> Iterator[TariffPrice]:
    """The cells as ranges, each to the next bound of its column."""
    ordered = sorted(prices, key=lambda one: (*_column(one), one.qf_from))
    for (resident, rank), column in groupby(ordered, key=_column):
        for cell, following in pairwise([*column, None]):
            assert cell is not None
            qf = NumericRange(cell.qf_from, following.qf_from if following else None)
            yield TariffPrice(tariff=tariff, qf=qf, resident=resident, from_rank=rank, amount=cell.amount)


def _column(price: Price) -> tuple[bool, int]:
    return price.resident, price.from_rank


def _end(version: Tariff, until: date) -> None:
    version.valid_during = DateRange(version.valid_during.lower, until)
    version.save(update_fields=["valid_during"])


def _unused(version: Tariff) -> Tariff:
    """The version, of which no invoice was issued: a draft is computed again at will."""
    if _is_used(version):
        raise TariffRefused("used")
    return version


def _is_used(version: Tariff) -> bool:
    return InvoiceLine.objects.filter(tariff=version.pk).exists()


def told(tariff: Tariff, prices: Sequence[Price] | None = None) -> dict[str, Any]:
    """A version as the journal tells it."""
    grid = spec_of(tariff).prices if prices is None else prices
    facts = {name: getattr(tariff, name) for name in SAME}
    return {
        "from": tariff.valid_during.lower.isoformat(),
        **{name: str(value) for name, value in facts.items() if value},
        "prices": [f"{cell.qf_from} {'' if cell.resident else '*'}{cell.from_rank} {cell.amount}" for cell in grid],
    }


def _note(action: str, tariff: Tariff, *, by: Actor, channel: Channel, before: Any, after: Any) -> None:
    record(by=by, channel=channel, action=action, subject=f"activity:{tariff.activity_id}", before=before, after=after)
