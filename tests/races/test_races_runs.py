"""Runs validated at one moment, and a process killed at each step of it: numbers without gap, all or nothing."""

import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection

from billing.models import BillingRun, DraftInvoice, DraftLine, Invoice, InvoiceCounter
from billing.services import runs
from lps.families.models import Household
from lps.journal.actors import Actor
from tenants.models import Commune
from tests.billing import factories
from tests.live import Copy
from tests.races.crowd import at_once
from tests.races.killing import killed_after

BY = Actor.system("essai")
AT = datetime(2012, 2, 3, 9, 0, tzinfo=UTC)
CROWD, FAMILIES = 20, 3
HERE = "billing.services.runs"
ACT = """
from datetime import UTC, datetime
from billing.models import BillingRun
from billing.services import runs
from lps.journal.actors import Actor
at, run = datetime(2012, 2, 3, 9, 0, tzinfo=UTC), BillingRun.objects.get(pk={key})
given = dict(run=run, by=Actor.system("essai"), at=at, today=at.date())
runs.publish(**given) if {act!r} == "publish" else runs.validate(version=run.version, **given)
"""


def checked(number: int) -> BillingRun:
    """A run that was checked, with some families' drafts of one line."""
    day = date(2011, 1, 1) + timedelta(days=number)
    run = factories.run(
        label=f"LOT {number}", first_day=day, last_day=day, version=1, state=BillingRun.State.CHECKED, computed_at=AT
    )
    for home in Household.objects.order_by("pk")[:FAMILIES]:
        draft = DraftInvoice.objects.create(
            run=run, household=home, payer_name=home.name, total=Decimal("3.50"), line_count=1
        )
        DraftLine.objects.create(
            draft=draft,
            position=1,
            kind="use",
            label="Cantine",
            quantity=Decimal(1),
            unit_price=Decimal("3.50"),
            amount=Decimal("3.50"),
        )
    return factories.priced(run)


def validating(run: BillingRun) -> Callable[[], BillingRun]:
    return lambda: runs.validate(run=run, version=1, by=BY, at=AT, today=AT.date())


def ranks() -> list[int]:
    return list(Invoice.objects.filter(year=2012).order_by("rank").values_list("rank", flat=True))


def test_twenty_runs_validated_at_once_take_their_numbers_without_gap(town: Commune) -> None:
    made = [checked(number) for number in range(CROWD)]

    done = at_once(town, [validating(run) for run in made])

    assert all(isinstance(one, BillingRun) for one in done), done
    assert ranks() == list(range(1, CROWD * FAMILIES + 1))
    numbers = BillingRun.objects.filter(year=2012).values_list("number", flat=True)
    assert sorted(numbers) == list(range(1, CROWD + 1))


def test_twenty_agents_who_validate_one_run_validate_it_once(town: Commune) -> None:
    run = checked(0)

    done = at_once(town, [validating(run)] * CROWD)

    assert sum(isinstance(one, BillingRun) for one in done) == 1
    assert ranks() == list(range(1, FAMILIES + 1))


def test_without_the_counters_lock_numbers_collide(town: Commune, monkeypatch: pytest.MonkeyPatch) -> None:
    InvoiceCounter.objects.create(year=2012)

    def unlocked(year: int) -> InvoiceCounter:
        found = InvoiceCounter.objects.get(year=year)
        time.sleep(0.3)  # everybody reads before anybody writes
        return found

    monkeypatch.setattr(runs, "lock_counter", unlocked)

    done = at_once(town, [validating(checked(number)) for number in range(4)])

    assert [type(one).__name__ for one in done].count("IntegrityError") == 3


@pytest.mark.parametrize(
    ("act", "step"),
    [
        ("validate", "hold"),
        ("validate", "lock_counter"),
        ("validate", "_settle_credits"),
        ("validate", "_told"),
        ("publish", "hold"),
        ("publish", "_tell"),
        ("publish", "_told"),
    ],
)
def test_a_process_killed_at_a_step_leaves_nothing_and_the_next_one_does_all(copy: Copy, act: str, step: str) -> None:
    with copy.inside("buchelay") as commune:
        run = checked(0)
        if act == "publish":
            validating(run)()
        before = BillingRun.objects.get(pk=run.pk).state
        connection.close()

        killed_after(copy, f"{HERE}.{step}", act=ACT.format(act=act, key=run.pk))

        assert BillingRun.objects.get(pk=run.pk).state == before
        assert ranks() == (list(range(1, FAMILIES + 1)) if act == "publish" else [])
        again = validating(run) if act == "validate" else lambda: runs.publish(run=run, by=BY, at=AT, today=AT.date())
        [done] = at_once(commune, [again])
        assert isinstance(done, BillingRun), done
        assert ranks() == list(range(1, FAMILIES + 1))
