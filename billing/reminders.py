"""What reminders read: the invoices to remind today by family, what was sent, what is still unpaid at the end."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import DecimalField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce, JSONObject

from billing import desk
from billing.message_kinds import INVOICE
from billing.models import BillingSettings, Invoice, Reminder, ReminderLevel, ReminderSending
from billing.rights import REMIND
from billing.rules.money import ZERO
from billing.rules.reminders import Level, Reminded, filled, next_level
from lps.accounts.rights import allowed
from lps.families.models import Household
from lps.families.recipients import Recipient, proved_of_many
from lps.journal.actors import Actor
from lps.kernel import clock
from lps.kernel.text import sort_key
from lps.ui.templatetags.ui import money
from tenants import context

Way = ReminderLevel.Way
_EUROS: "DecimalField[Decimal, Decimal]" = DecimalField(max_digits=8, decimal_places=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One message to one family at one level: its invoices, oldest first, and where it goes."""

    level: ReminderLevel
    household_id: int
    payer_name: str
    address: tuple[str, str, str]
    invoices: Sequence[Any]
    recipients: Sequence[Recipient] = ()

    @property
    def total(self) -> Decimal:
        """What these invoices leave to pay."""
        return sum((row.left for row in self.invoices), ZERO)

    @property
    def way(self) -> str:
        """By letter when the level says so, or when no address that the family proved wants it."""
        return Way.EMAIL if self.level.way == Way.EMAIL and self.recipients else Way.LETTER

    def is_of(self, asked: str) -> bool:
        """Whether each word that was typed is in the family's name, its payer's or the number of an invoice."""
        told = sort_key(
            " ".join((self.invoices[0].household.name, self.payer_name, *(row.number for row in self.invoices)))
        )
        return all(word in told for word in sort_key(asked).split())

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
    return minimum_by_default() if found is None else found


def minimum_by_default() -> Decimal:
    """The same in a town that set none."""
    default: Decimal = BillingSettings._meta.get_field("reminder_minimum").get_default()
    return default


def notices(*, today: date, invoices: Iterable[int] | None = None) -> list[Notice]:
    """Who is to be reminded today, by level then by family; of these invoices alone when some are given.

    Left out: what a payment online waits on, and what is below the minimum. A constant number of statements.
    """
    by_rank = {step.rank: step for step in levels()}
    groups = _groups(by_rank.values(), today=today, invoices=invoices)
    recipients = proved_of_many({household for _rank, household in groups}, INVOICE)
    ordered = sorted(groups.items(), key=lambda group: (group[0][0], group[1][0].household.name_sort, group[0][1]))
    return [_notice(by_rank[rank], rows, recipients.get(household, [])) for (rank, household), rows in ordered]


def waiting(actor: Actor) -> int:
    """How many families wait for a reminder today, for who sends them: one statement, on every page of theirs."""
    if not allowed(actor, REMIND):
        return 0
    zone = context.current().zone
    today = clock.today(zone)
    steps = ReminderLevel.objects.order_by("rank").values(step=JSONObject(rank="rank", days_after="days_after"))
    least = BillingSettings.objects.filter(pk=1).values("reminder_minimum")
    rows = _with_last(_remindable(today, Coalesce(Subquery(least), minimum_by_default(), output_field=_EUROS)))
    told = rows.annotate(steps=ArraySubquery(steps)).order_by()
    fields = ("household", "due_date", "last_rank", "last_sent_at", "steps")
    return len({home for home, *facts in told.values_list(*fields) if _is_due(*facts, today=today)})


def _is_due(
    due_date: date, last_rank: int | None, last_sent_at: Any, steps: list[dict[str, int]], *, today: date
) -> bool:
    return _next([Level(**step) for step in steps], due_date, last_rank, last_sent_at, today=today) is not None


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
    rows = _with_last(_unpaid()).filter(last_rank__gte=steps[-1].rank).select_related("household", "run__cash_office")
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
        rank = _next(rules, row.due_date, row.last_rank, row.last_sent_at, today=today)
        if rank is not None:
            groups.setdefault((rank, row.household_id), []).append(row)
    return groups


def _next(
    rules: Sequence[Level], due_date: date, last_rank: int | None, last_sent_at: Any, *, today: date
) -> int | None:
    last = Reminded(rank=last_rank, day=day_of(last_sent_at)) if last_rank is not None else None
    return next_level(rules, due_date=due_date, last=last, today=today)


def _overdue(rules: Sequence[Level], *, today: date, invoices: Iterable[int] | None) -> Any:
    first = today - timedelta(days=min(rule.days_after for rule in rules))
    rows = _remindable(first, minimum()).select_related("household", "run__cash_office")
    if invoices is not None:
        rows = rows.filter(pk__in=list(invoices))
    return _with_last(rows).order_by("due_date", "pk")


def _remindable(due_until: date, least: Any) -> Any:
    """What is unpaid since that day, not too small a sum, and waits for no payment online."""
    return _unpaid().filter(due_date__lte=due_until, left__gte=least, is_being_paid=False)


def _unpaid() -> Any:
    return desk.with_attempts(desk.published().filter(left__gt=0).exclude(kind=Invoice.Kind.CREDIT_NOTE))


def _with_last(rows: Any) -> Any:
    last = Reminder.objects.filter(invoice=OuterRef("pk")).order_by("-rank")
    return rows.annotate(last_rank=Subquery(last.values("rank")[:1]), last_sent_at=Subquery(last.values("sent_at")[:1]))


def _notice(level: ReminderLevel, rows: Sequence[Any], recipients: Sequence[Recipient]) -> Notice:
    latest = rows[-1]
    return Notice(
        level=level,
        household_id=latest.household_id,
        payer_name=latest.payer_name,
        address=(latest.street, latest.postal_code, latest.city),
        invoices=rows,
        recipients=recipients,
    )
