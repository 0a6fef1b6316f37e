"""Paying online at one moment: two tabs, two answers of the Treasury, two polls."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from billing.models import Payment, PaymentAttempt
from billing.services import asking, attempts, reconciliation
from billing.services.attempts import AttemptRefused
from lps.config.database import connect
from lps.families.models import Household
from lps.journal.actors import Actor
from lps.kernel import clock
from simulators.payfip.server import Server, serving
from tenants.models import Commune
from tests.billing.online import again, opened_office, payable, pays, treasury_text, tried
from tests.races.crowd import at_once, meeting


@pytest.fixture
def home(town: Commune) -> Household:
    return Household.objects.order_by("pk")[0]


@pytest.fixture
def treasury(settings: Any) -> Iterator[Server]:
    with serving() as server:
        settings.LPS_PAYFIP_URL = server.url
        yield server


def test_two_tabs_open_one_attempt(town: Commune, home: Household, treasury: Server) -> None:
    invoice = payable(home)

    done = at_once(town, [lambda: tried(home, invoice)] * 3)

    assert sorted(one.refusal.code for one in done if isinstance(one, AttemptRefused)) == ["barred"] * 2
    assert PaymentAttempt.objects.filter(invoice=invoice).count() == len(treasury.treasury.operations) == 1


def test_without_the_invoice_held_they_would_open_two(
    town: Commune, home: Household, treasury: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoice = payable(home)

    def unheld(household: Household, key: int) -> Any:
        return type(invoice).objects.select_related("run__cash_office", "household").get(pk=key)

    monkeypatch.setattr(attempts, "_held", unheld)
    monkeypatch.setattr(attempts.rules, "refusal", meeting(2, attempts.rules.refusal))

    at_once(town, [lambda: tried(home, invoice)] * 2)

    assert PaymentAttempt.objects.filter(invoice=invoice).count() == 2


def test_answers_at_one_moment_are_one_payment(town: Commune, home: Household, treasury: Server) -> None:
    attempt = tried(home, payable(home))
    pays(treasury, attempt)

    done = at_once(town, [lambda: asking.ask(attempt, asked_by="return")] * 4)

    assert [one for one in done if isinstance(one, Exception)] == []
    assert Payment.objects.filter(attempt=attempt).count() == 1


def test_two_polls_ask_each_attempt_once(town: Commune, home: Household, treasury: Server) -> None:
    for _ in range(4):
        tried(home, payable(home))
    at = PaymentAttempt.objects.latest("opened_at").opened_at + timedelta(minutes=6)

    done = at_once(town, [lambda: asking.claim_due(at=at)] * 2)

    taken = [one.pk for claimed in done for one in claimed]  # type: ignore[union-attr]
    assert len(taken) == len(set(taken)) == 4
    assert again(PaymentAttempt.objects.get(pk=taken[0])).next_ask_at == at + timedelta(minutes=5)


def test_no_connection_is_held_while_the_treasury_is_waited_for(
    town: Commune, home: Household, treasury: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoice, held = payable(home), []
    asked = {name: getattr(treasury.treasury, name) for name in ("create", "detail")}
    for name, answer in asked.items():
        monkeypatch.setattr(
            treasury.treasury, name, lambda said, answer=answer: held.append(open_now()) or answer(said)
        )
    before = open_now()

    (attempt,) = at_once(town, [lambda: tried(home, invoice)])
    pays(treasury, attempt)
    at_once(town, [lambda: asking.ask(attempt, asked_by="return")])

    assert held == [before, before]
    assert again(attempt).state == PaymentAttempt.State.PAID


def test_agents_who_record_what_a_file_proves_record_it_once(town: Commune, home: Household, treasury: Server) -> None:
    invoices = [payable(home) for _ in range(2)]
    opened_office(protocol="url_regie")
    for invoice in invoices:
        tried(home, invoice)
    content, today = treasury_text(*[(one.refdet, "5070") for one in invoices]), clock.today(town.zone)
    by, now = Actor.system("essai"), clock.now()
    file, _ = reconciliation.receive(content=content, name="payfip.txt", by=by, at=now, today=today)

    done = at_once(town, [lambda: reconciliation.record_confirmed(file=file, by=by, at=now)] * 3)

    assert sorted(done) == [0, 0, 2]
    assert Payment.objects.filter(household=home).count() == 2


def open_now() -> int:
    """The connections to this database, but the one that counts them."""
    with connect(seconds=5) as beside:
        row = beside.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ).fetchone()
    return int(row[0]) if row else 0
