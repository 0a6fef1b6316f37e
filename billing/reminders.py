"""What reminders read: the invoices to remind today by family, what was sent, what is still unpaid at the end."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery

from billing import desk
from billing.models import BillingSettings, Invoice, Reminder, ReminderLevel, ReminderSending
from billing.rights import REMIND
from billing.rules.money import ZERO
from billing.rules.reminders import Level, Reminded, filled, next_level
from lps.accounts.rights import allowed
from lps.families import queries as families
from lps.families.models import Household
from lps.journal.actors import Actor
from lps.kernel import clock
from lps.ui.templatetags.ui import money
from tenants import context

Way = ReminderLevel.Way


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One message to one family at one level: its invoices, oldest first, and where it goes."""

    level: ReminderLevel
    household_id: int
    payer_name: str
    address: tuple[str, str, str]
    invoices: Sequence[Any]
    emails: Sequence[str] = ()

    @property
    def total(self) -> Decimal:
        """What these invoices leave to pay."""
        return sum((row.left for row in self.invoices), ZERO)

    @property
    def way(self) -> str:
        """By letter when the level says so, or when no address is known."""
        return Way.EMAIL if self.level.way == Way.EMAIL and self.emails else Way.LETTER

    @property
    def words(self) -> str:
        """The level's words with the family's facts."""
        office = self.invoices[0].run.cash_office
        return filled(
            self.level.words,
            {
                "famille": self.invoices[0].household.name,
                "payeur": self.payer_name,
                "montant": money(self.total),
                "factures": ", ".join(row.number for row in self.invoices),
                "commune": context.current().header_name,
                "tresorerie": office.treasury_name or office.name,
            },
        )

    @property
    def paragraphs(self) -> list[str]:
        """The same, paragraph by paragraph."""
        return [line.strip() for line in self.words.splitlines() if line.strip()]


def levels() -> list[ReminderLevel]:
    """The town's steps, in order."""
    return list(ReminderLevel.objects.order_by("rank"))


def minimum() -> Decimal:
    """Below it nobody is reminded."""
    found = BillingSettings.objects.filter(pk=1).values_list("reminder_minimum", flat=True).first()
    default: Decimal = BillingSettings._meta.get_field("reminder_minimum").get_default()
    return default if found is None else found


def notices(*, today: date, invoices: Iterable[int] | None = None) -> list[Notice]:
    """Who is to be reminded today, by level then by family; of these invoices alone when some are given.

    Left out: what a payment online waits on, and what is below the minimum. A constant number of statements.
    """
    by_rank = {step.rank: step for step in levels()}
    groups = _groups(by_rank.values(), today=today, invoices=invoices)
    emails = families.emails_of_many({household for _rank, household in groups})
    ordered = sorted(groups.items(), key=lambda group: (group[0][0], group[1][0].household.name_sort, group[0][1]))
    return [_notice(by_rank[rank], rows, emails.get(household, [])) for (rank, household), rows in ordered]


def waiting(actor: Actor) -> int:
    """How many families wait for a reminder today, for who sends them."""
    if not allowed(actor, REMIND):
        return 0
    today = clock.today(context.current().zone)
    return len({household for _rank, household in _groups(levels(), today=today, invoices=None)})


def of_household(household: Household) -> QuerySet[Reminder]:
    """The reminders that a family had, the latest first."""
    return Reminder.objects.filter(invoice__household=household).select_related("invoice").order_by("-pk")


def of_sending(sending: ReminderSending) -> list[Notice]:
    """The letters of a sending, as `notices` gives them, with what was left then."""
    rows = Reminder.objects.filter(sending=sending, way=Way.LETTER).select_related(
        "invoice__household", "invoice__run__cash_office"
    )
    steps = {step.rank: step for step in levels()}
    groups: dict[tuple[str, int, int], list[Any]] = {}
    for row in rows.order_by("invoice__due_date", "invoice"):
        row.invoice.left = row.left  # type: ignore[attr-defined]
        household = row.invoice.household
        groups.setdefault((household.name_sort, household.pk, row.rank), []).append(row.invoice)
    found = sorted(groups.items())
    return [_notice(steps[rank], invoices, ()) for (_name, _pk, rank), invoices in found if rank in steps]


def sendings() -> QuerySet[ReminderSending]:
    """What was sent, the latest first."""
    return ReminderSending.objects.order_by("-pk")


def unpaid_at_the_end() -> list[Any]:
    """The invoices still unpaid after the last step: what the régie hands over to the Treasury."""
    steps = levels()
    if not steps:
        return []
    rows = _with_last(_unpaid()).filter(last_rank__gte=steps[-1].rank)
    return list(rows.order_by("household__name_sort", "household", "due_date", "pk"))


def day_of(at: Any) -> date:
    """The commune's day of an instant."""
    day: date = at.astimezone(context.current().zone).date()
    return day


def _groups(
    steps: Iterable[ReminderLevel], *, today: date, invoices: Iterable[int] | None
) -> dict[tuple[int, int], list[Any]]:
    """The invoices to remind today, by the level that is due and the family; nothing in a town without levels."""
    rules = [Level(rank=step.rank, days_after=step.days_after) for step in steps]
    groups: dict[tuple[int, int], list[Any]] = {}
    for row in _overdue(rules, today=today, invoices=invoices) if rules else ():
        last = Reminded(rank=row.last_rank, day=day_of(row.last_sent_at)) if row.last_rank is not None else None
        rank = next_level(rules, due_date=row.due_date, last=last, today=today)
        if rank is not None:
            groups.setdefault((rank, row.household_id), []).append(row)
    return groups


def _overdue(rules: Sequence[Level], *, today: date, invoices: Iterable[int] | None) -> Any:
    first = today - timedelta(days=min(rule.days_after for rule in rules))
    rows = _unpaid().filter(due_date__lte=first, left__gte=minimum(), is_being_paid=False)
    if invoices is not None:
        rows = rows.filter(pk__in=list(invoices))
    return _with_last(rows).order_by("due_date", "pk")


def _unpaid() -> Any:
    rows = desk.with_attempts(desk.published().filter(left__gt=0).exclude(kind=Invoice.Kind.CREDIT_NOTE))
    return rows.select_related("household", "run__cash_office")


def _with_last(rows: Any) -> Any:
    last = Reminder.objects.filter(invoice=OuterRef("pk")).order_by("-rank")
    return rows.annotate(last_rank=Subquery(last.values("rank")[:1]), last_sent_at=Subquery(last.values("sent_at")[:1]))


def _notice(level: ReminderLevel, rows: Sequence[Any], emails: Sequence[str]) -> Notice:
    latest = rows[-1]
    return Notice(
        level=level,
        household_id=latest.household_id,
        payer_name=latest.payer_name,
        address=(latest.street, latest.postal_code, latest.city),
        invoices=rows,
        emails=emails,
    )
