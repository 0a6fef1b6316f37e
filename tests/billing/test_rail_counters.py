"""What the rail counts on every page of the régie: one statement each, and the very number that the page shows."""

from datetime import date, timedelta

import pytest

from billing import incidents, reminders
from billing.forms.reminders import PROPOSED
from billing.models import BillingSettings, Reminder, ReminderLevel
from billing.services import reminders as services
from lps.accounts.actors import Agent
from lps.accounts.roles import Role
from lps.families.models import Household
from lps.journal.actors import Actor, ActorKind
from lps.kernel import clock
from tenants.models import Commune
from tests.billing.factories import invoice, pay
from tests.sql import counted
from tests.zone import PARIS

BY = Actor.system("essai")


@pytest.fixture
def nadia(in_demo: Commune) -> Agent:
    return Agent(ActorKind.AGENT, "3", "Nadia", in_demo.schema_name, frozenset({Role.CASH_OFFICE}))


def due(home: Household, days: int, *, amount: str = "50.70", reminded: tuple[int, int] | None = None) -> None:
    """An invoice due so many days ago, whose last reminder (its level, days ago) was sent."""
    today = clock.today(PARIS)
    made = invoice(home, amounts=(amount,), due_date=today - timedelta(days=days))
    if reminded:
        rank, ago = reminded
        at = clock.now() - timedelta(days=ago)
        Reminder.objects.create(invoice=made, rank=rank, way="email", left=made.total, sent_at=at, sent_by="essai")


def families(today: date) -> int:
    return len({notice.household_id for notice in reminders.notices(today=today)})


@pytest.mark.parametrize(
    ("days", "amount", "reminded", "expected"),
    [
        (8, "50.70", None, 1),
        (7, "50.70", None, 0),
        (60, "4.99", None, 0),
        (60, "50.70", (1, 15), 1),
        (60, "50.70", (1, 14), 0),
        (60, "50.70", (3, 40), 0),
    ],
)
def test_the_families_to_remind_are_those_of_the_page(
    nadia: Agent,
    marsone: Household,
    stranger: Household,
    days: int,
    amount: str,
    reminded: tuple[int, int] | None,
    expected: int,
) -> None:
    services.start_levels(specs=PROPOSED, by=BY)
    for _twice in range(2):  # a family is one, however many invoices it has
        due(marsone, days, amount=amount, reminded=reminded)
    due(stranger, 1)

    with counted() as statements:
        number = reminders.waiting(nadia)

    assert number == families(clock.today(PARIS)) == expected
    assert len(statements) == 1, str(statements)


def test_the_towns_own_minimum_and_levels_count(nadia: Agent, marsone: Household) -> None:
    due(marsone, 60, amount="20.00")
    assert (reminders.waiting(nadia), families(clock.today(PARIS))) == (0, 0)  # no level yet

    services.start_levels(specs=PROPOSED, by=BY)
    BillingSettings.objects.update_or_create(pk=1, defaults={"reminder_minimum": 25})
    assert (reminders.waiting(nadia), families(clock.today(PARIS))) == (0, 0)
    BillingSettings.objects.update(reminder_minimum=20)
    assert (reminders.waiting(nadia), families(clock.today(PARIS))) == (1, 1)
    ReminderLevel.objects.update(days_after=61)
    assert (reminders.waiting(nadia), families(clock.today(PARIS))) == (0, 0)


def test_who_sends_no_reminder_reads_nothing(nadia: Agent) -> None:
    reader = Agent(ActorKind.AGENT, "4", "Luc", nadia.schema_name, frozenset({Role.READ_ONLY}))

    with counted() as statements:
        assert reminders.waiting(reader) == 0

    assert len(statements) == 0


def test_incidents_are_counted_by_one_statement_that_sums_payments_at_once(nadia: Agent, marsone: Household) -> None:
    pay(marsone, "20.00")  # a credit of the desk is no incident

    with counted() as statements:
        assert incidents.waiting(nadia) == 0

    assert len(statements) == 1
    assert "HAVING" in statements.statements[0]  # payments are summed together, not one a settled attempt
