"""The price of the week beside a family's planning: an estimate of what is booked, when the town shows it."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from threading import Lock
from uuid import UUID

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils.translation import gettext as _

from billing.charges import facts_of
from billing.models import BillingSettings, HouseholdTerms, Quotient, Tariff
from billing.rules.facts import Payer, QuotientFacts, TariffFacts, Use, Used
from billing.rules.pricing import FLAT, charge
from booking import catalogue
from booking.prices import Prices
from lps.families.models import Child, Household
from lps.families.queries.payers import PayerChild, payers
from lps.ui.templatetags.ui import money
from tenants import context
from tenants.town import queries as town

_KEPT = 200
_WEEK = timedelta(days=6)
_kept: OrderedDict[tuple[UUID, UUID], "_Decided"] = OrderedDict()
_lock = Lock()


@dataclass(frozen=True, slots=True)
class _Decided:
    """What agents decided, kept in the process until the catalogue's stamp changes, as the catalogue itself."""

    local: frozenset[str] = frozenset()
    tariffs: Mapping[int, Sequence[TariffFacts]] = field(default_factory=dict)


@dataclass(slots=True)
class _Week:
    """What a week adds up to: what has a unit price, and the activities that a flat price or none covers."""

    amount: Decimal | None = None
    flat: bool = False
    unknown: list[str] = field(default_factory=list)


def of_planning(
    *, household: Household, child: Child, days: Sequence[date], booked: Mapping[int, Sequence[date]]
) -> Prices:
    """The sentence of each week in which something is booked, and what it is reckoned with."""
    decided = _decided()
    if not decided.tariffs or not days or not booked:
        return Prices()
    payer = _payer(household, decided, days)
    with transaction.atomic():
        children = next(payers([household.pk])).children
    mondays = sorted({day - timedelta(days=day.weekday()) for day in days})
    weeks = {monday: _week(monday, booked, decided, payer, _rank(children, child, monday)) for monday in mondays}
    told = {monday: sentence for monday, week in weeks.items() if (sentence := _sentence(week))}
    return Prices(told, _note(payer, days)) if told else Prices()


def _decided() -> _Decided:
    """Three statements the first time after a change, then none."""
    key = (context.current().pk, town.settings().catalogue_stamp)
    with _lock, suppress(KeyError):
        _kept.move_to_end(key)
        return _kept[key]
    found = _read()
    with _lock:
        _kept[key] = found
        while len(_kept) > _KEPT:
            _kept.popitem(last=False)
    return found


def _read() -> _Decided:
    shown = BillingSettings.objects.filter(show_prices=True).values_list("resident_postal_codes", flat=True).first()
    if shown is None:
        return _Decided()
    tariffs: dict[int, list[TariffFacts]] = {}
    for row in Tariff.objects.order_by("activity", "valid_during").prefetch_related("prices"):
        # Units offered once a month would be offered every week.
        tariffs.setdefault(row.activity_id, []).append(replace(facts_of(row), free_units=0))
    return _Decided(frozenset(shown), tariffs)


def _payer(household: Household, decided: _Decided, days: Sequence[date]) -> Payer:
    during = DateRange(min(days), max(days), "[]")
    proved = Quotient.objects.filter(household=household, valid_during__overlap=during).order_by("valid_during")
    facts = tuple(
        QuotientFacts(since=row.valid_during.lower or date.min, until=row.valid_during.upper, value=row.value)
        for row in proved
    )
    said = HouseholdTerms.objects.filter(household=household).values_list("resident", flat=True).first()
    resident = said if said is not None else not decided.local or household.postal_code in decided.local
    return Payer(resident=resident, quotients=facts)


def _rank(children: Sequence[PayerChild], child: Child, monday: date) -> int:
    """The child's rank by birth among those whom the household has that week."""
    held = [one.pk for one in children if one.since <= monday + _WEEK and (one.until is None or one.until > monday)]
    order = list(dict.fromkeys(held))
    return order.index(child.pk) + 1 if child.pk in order else 1


def _week(
    monday: date, booked: Mapping[int, Sequence[date]], decided: _Decided, payer: Payer, sibling_rank: int
) -> _Week:
    found = _Week()
    for activity, all_days in booked.items():
        days = tuple(sorted(day for day in all_days if monday <= day <= monday + _WEEK))
        if not days:
            continue
        versions = decided.tariffs.get(activity, ())
        priced = charge(
            [Used(activity_id=activity, use=Use.ATTENDED, days=days)],
            tariffs=[one for one in versions if one.unit not in FLAT],
            payer=payer,
            sibling_rank=sibling_rank,
            first_day=monday,
            last_day=monday + _WEEK,
        )
        if priced.lines:
            found.amount = sum((line.amount for line in priced.lines), found.amount or Decimal(0))
        flat = {day for day in priced.missing if any(_is_flat(one, day) for one in versions)}
        found.flat = found.flat or bool(flat)
        if set(priced.missing) - flat:
            known = catalogue.read().activities.get(activity)
            found.unknown += [known.name] if known else []
    return found


def _is_flat(tariff: TariffFacts, day: date) -> bool:
    return tariff.unit in FLAT and tariff.since <= day and (tariff.until is None or day < tariff.until)


def _sentence(week: _Week) -> str:
    parts = []
    if week.amount is not None:
        parts.append(_("Prix estimé de la semaine : %(amount)s") % {"amount": money(week.amount)})
    if week.flat:
        parts.append(_("forfait en plus") if parts else _("Compris dans un forfait"))
    if week.unknown:
        names = ", ".join(sorted(week.unknown))
        word = _("prix pas encore fixé : %(names)s") if parts else _("Prix pas encore fixé : %(names)s")
        parts.append(word % {"names": names})
    return ", ".join(parts)


def _note(payer: Payer, days: Sequence[date]) -> str:
    """Which quotient the estimate uses, whose price, and what it leaves out."""
    values: dict[Decimal | None, None] = {}
    for day in days:
        held = (one.value for one in payer.quotients if one.since <= day and (one.until is None or day < one.until))
        values[next(held, None)] = None
    highest = _("sans justificatif, la tranche la plus haute")
    used = _(", puis ").join(highest if value is None else f"{value:.2f}".replace(".", ",") for value in values)
    parts = [
        _("Estimation de ce qui est enregistré et affiché ici, sans suppléments, absences ni remises."),
        _("Quotient familial utilisé : %(used)s.") % {"used": used},
    ]
    if not payer.resident:
        parts.append(_("Prix hors commune."))
    return " ".join([*parts, _("Seule la facture fait foi.")])
