"""What households owe for some days: tariffs, quotients and use, read and priced one household after the other."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils.translation import gettext_lazy as _

from billing.alongside import Alongside
from billing.models import Adjustment, BillingSettings, CashOffice, HouseholdTerms, Quotient, Tariff
from billing.rules.facts import SAME, Charged, Kind, Payer, Price, QuotientFacts, TariffFacts, Use, Used
from billing.rules.pricing import charge
from billing.sharing import Splits, flat_splits
from booking.usage import Usage, usage
from lps.families.queries.payers import PayerRow, payers

WORDS = {
    Kind.ABSENCE: _("%(name)s, absence non justifiée"),
    Kind.FREE: _("%(name)s, offert"),
    Kind.LATE_BOOKING: _("%(name)s, réservation hors délai"),
    Kind.UNBOOKED: _("%(name)s, présence non réservée"),
    Kind.LATE_PICKUP: _("%(name)s, retard du soir (quarts d'heure)"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """A line to be, of a child or of none."""

    kind: Kind
    label: str
    quantity: Decimal
    unit_price: Decimal
    amount: Decimal
    child_id: int | None = None
    child_name: str = ""
    activity_id: int | None = None
    tariff_id: int | None = None
    days: tuple[date, ...] = ()
    # Of a correction: what the same days were invoiced, and what they cost now.
    before: Decimal | None = None
    now: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Owed:
    """What one household owes for the days asked; `missing` counts its days that no tariff covers, by activity."""

    payer: PayerRow
    qf: Decimal | None
    resident: bool
    lines: list[Line]
    missing: dict[int, int] = field(default_factory=dict)

    @property
    def total(self) -> Decimal:
        return sum((line.amount for line in self.lines), Decimal(0))


@dataclass(slots=True)
class Asked:
    """The days to charge at a cash office, for some households or all; `orphans` are filled once all was read:
    presences that are of no household, or of two.
    """

    cash_office: CashOffice
    first_day: date
    last_day: date
    zone: str
    households: Collection[int] | None = None
    # Tariffs that are not saved, in place of those of their activity: a preview.
    instead: Mapping[int, list[TariffFacts]] = field(default_factory=dict)
    orphans: list[Usage] = field(default_factory=list)


def tariffs_between(first_day: date, last_day: date, cash_office: CashOffice) -> dict[int, list[TariffFacts]]:
    """The versions in force on these days, by activity: two statements."""
    days = DateRange(first_day, last_day, "[]")
    rows = Tariff.objects.filter(cash_office=cash_office, valid_during__overlap=days).prefetch_related("prices")
    found: dict[int, list[TariffFacts]] = {}
    for row in rows.order_by("activity", "valid_during"):
        found.setdefault(row.activity_id, []).append(facts_of(row))
    return found


def owed(asked: Asked) -> Iterator[Owed]:
    """What each household owes, one after the other, those that owe nothing and used nothing left out.

    Six statements whatever the families, read through server-side cursors: call it in a transaction.
    """
    tariffs = {**tariffs_between(asked.first_day, asked.last_day, asked.cash_office), **asked.instead}
    used = Alongside(_usage(asked, tariffs), lambda row: row.household_id)
    quotients = Alongside(_quotients(asked), lambda row: row.household_id)
    together = flat_splits(asked, tariffs)
    terms = Alongside(HouseholdTerms.objects.order_by("household").iterator(), lambda row: row.household_id)
    local = set(BillingSettings.objects.values_list("resident_postal_codes", flat=True).first() or ())
    for payer in payers(asked.households):
        rows = used.of(payer.household_id)
        proved, decided = quotients.of(payer.household_id), terms.of(payer.household_id)
        if rows:
            said = decided[0].resident if decided else None
            resident = said if said is not None else not local or payer.postal_code in local
            yield _of_household(asked, payer, rows, tariffs, proved, together, resident=resident)
    asked.orphans = used.rest()


def _usage(asked: Asked, tariffs: dict[int, list[TariffFacts]]) -> Iterator[Usage]:
    """The use of the activities of this cash office, and of those that nobody priced: the principal one sees them."""
    return usage(
        first_day=asked.first_day,
        last_day=asked.last_day,
        activities=None if asked.cash_office.is_default else tariffs,
        without=_of_others(asked.cash_office),
        zone=asked.zone,
        households=asked.households,
    )


def _of_others(cash_office: CashOffice) -> list[int]:
    """The activities that other cash offices charge."""
    others = Tariff.objects.exclude(cash_office=cash_office).exclude(
        activity__in=Tariff.objects.filter(cash_office=cash_office).values("activity")
    )
    return list(others.order_by("activity").values_list("activity", flat=True).distinct())


def _quotients(asked: Asked) -> Iterator[Quotient]:
    days = DateRange(asked.first_day, asked.last_day, "[]")
    return Quotient.objects.filter(valid_during__overlap=days).order_by("household", "valid_during").iterator()


def _of_household(
    asked: Asked,
    payer: PayerRow,
    rows: Sequence[Usage],
    tariffs: dict[int, list[TariffFacts]],
    proved: Sequence[Quotient],
    together: Splits,
    *,
    resident: bool,
) -> Owed:
    facts = tuple(
        QuotientFacts(since=row.valid_during.lower or date.min, until=row.valid_during.upper, value=row.value)
        for row in proved
    )
    seen = Payer(resident=resident, quotients=facts)
    names = {child.pk: child.first_name for child in payer.children}
    ranks = _ranks(payer, asked)
    by_service: dict[tuple[int, int], list[Used]] = {}
    for row in rows:
        by_service.setdefault((row.child_id, row.activity_id), []).append(_used(row))
    found = Owed(payer, facts[-1].value if facts else None, resident, [])
    for (child, activity), days in sorted(by_service.items(), key=lambda one: (ranks.get(one[0][0], 99), one[0])):
        priced = charge(
            days,
            tariffs=tariffs.get(activity, ()),
            payer=seen,
            sibling_rank=ranks.get(child, 1),
            first_day=asked.first_day,
            last_day=asked.last_day,
            custody=_custody(payer, child, together),
            split=together.get((payer.household_id, child, activity), {}),
        )
        found.lines.extend(_line(line, child, names.get(child, "")) for line in priced.lines)
        if priced.missing:
            found.missing[activity] = found.missing.get(activity, 0) + len(priced.missing)
    return found


def _custody(payer: PayerRow, child: int, together: Splits) -> list[tuple[date, date | None]]:
    """The days of a child in a household; of one that others share, only who used a service says who pays it."""
    if any(shared == child for _household, shared, _activity in together):
        return []
    return [(one.since, one.until) for one in payer.children if one.pk == child]


def _ranks(payer: PayerRow, asked: Asked) -> dict[int, int]:
    """The rank of each child by birth among those whom the household has on one of these days at least."""
    ranks: dict[int, int] = {}
    for child in payer.children:
        if child.since <= asked.last_day and (child.until is None or child.until > asked.first_day):
            ranks.setdefault(child.pk, len(ranks) + 1)
    return ranks


def _used(row: Usage) -> Used:
    return Used(
        activity_id=row.activity_id,
        use=Use(row.use),
        days=row.days,
        late=row.late,
        hours=row.hours,
        ranks=row.ranks,
        proved=row.proved,
    )


def _line(charged: Charged, child: int, name: str) -> Line:
    words = WORDS.get(charged.kind)
    return Line(
        charged.kind,
        str(words) % {"name": charged.name} if words else charged.name,
        charged.quantity,
        charged.unit_price,
        charged.amount,
        child,
        name,
        charged.activity_id,
        charged.tariff_id,
        charged.days,
    )


def line_of(adjustment: Adjustment) -> Line:
    """The line that an adjustment adds."""
    return Line(
        Kind.ADJUSTMENT, adjustment.label, Decimal(1), adjustment.amount, adjustment.amount, adjustment.child_id
    )


def facts_of(row: Tariff) -> TariffFacts:
    """A version as pricing reads it, with its grid."""
    return TariffFacts(
        pk=row.pk,
        activity_id=row.activity_id,
        since=row.valid_during.lower or date.min,
        until=row.valid_during.upper,
        prices=tuple(
            Price(
                qf_from=cell.qf.lower or Decimal(0),
                resident=cell.resident,
                from_rank=cell.from_rank,
                amount=cell.amount,
            )
            for cell in row.prices.all()
        ),
        **{name: getattr(row, name) for name in SAME},
    )
