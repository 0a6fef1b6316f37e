"""Incidents of online payment: each is named, counted in one statement, noted once, and frees its invoice."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction
from django.test import Client

from billing import incidents, online
from billing.models import AttemptAnswer, IncidentNote, PaymentAttempt
from billing.services.asking import ask
from lps.accounts.roles import Role
from lps.families.models import Household
from lps.journal.models import AuditEntry
from lps.kernel import clock
from simulators.payfip.server import Server
from tenants.models import Commune
from tests.billing import factories as billing
from tests.billing.online import again, ended, payable, pays, settled, tried
from tests.families.agents import signed_in as kept
from tests.office.pages import signed_in, text
from tests.sql import counted

PAGE = "/mairie/regie/incidents/"
Kind, State = IncidentNote.Kind, PaymentAttempt.State


@pytest.fixture
def clerk(demo: Commune, in_demo: Commune) -> Client:
    return signed_in(demo, Role.CASH_OFFICE)


def note(clerk: Client, attempt: PaymentAttempt, kind: str, words: str = "Vu avec la Trésorerie.") -> int:
    return clerk.post(f"{PAGE}{attempt.pk}/{kind}/", {"note": words}).status_code


def test_another_amount_is_shown_with_what_the_treasury_said_and_frees_the_invoice_once_noted(
    clerk: Client, marsone: Household, treasury: Server
) -> None:
    attempt = tried(marsone, payable(marsone))
    pays(treasury, attempt)
    treasury.treasury.switches = replace(treasury.treasury.switches, wrong_amount=True)
    assert ask(attempt, asked_by="poll").state == State.MISMATCH

    page = text(clerk.get(PAGE))
    for words in ("n'est pas celui qui était demandé", "50,70 €", "51,70 €", attempt.invoice.number, attempt.ticket):
        assert words in page
    due = online.due(marsone, attempt.invoice.number, now=clock.now())
    assert due and due.refusal and due.refusal.code == "held"

    assert note(clerk, attempt, "mismatch") == 302

    due = online.due(marsone, attempt.invoice.number, now=clock.now())
    assert due and due.refusal is None
    assert again(attempt).state == State.MISMATCH
    page = text(clerk.get(PAGE))
    assert "Aucun incident" in page and "Vu avec la Trésorerie." in page
    entry = AuditEntry.objects.get(action="online_incident_examined")
    assert entry.after["note"] == "Vu avec la Trésorerie." and entry.subject == marsone.holder


def test_a_treasury_that_says_nothing_for_long_is_an_incident_and_an_hour_of_it_is_none(
    clerk: Client, marsone: Household
) -> None:
    attempt = ended(marsone, state=State.WAITING, opened_at=clock.now() - timedelta(hours=1))
    assert incidents.kinds_of(attempt, now=clock.now()) == []

    assert incidents.kinds_of(attempt, now=clock.now() + timedelta(hours=3)) == [Kind.SILENT]


def test_a_payment_after_the_end_of_its_attempt_is_told(clerk: Client, marsone: Household) -> None:
    attempt = settled(marsone)
    assert "Aucun incident" in text(clerk.get(PAGE))
    AttemptAnswer.objects.create(attempt=attempt, at=clock.now(), asked_by="poll", verdict="expired")

    page = text(clerk.get(PAGE))

    assert "arrivé après la fin de la tentative" in page and "une seconde fois" in page


def test_what_was_paid_twice_is_told_until_the_credit_is_used(
    clerk: Client, demo: Commune, marsone: Household, treasury: Server
) -> None:
    attempt = tried(marsone, payable(marsone))
    billing.pay(marsone, "20.00", {attempt.invoice: "20.00"}, day=clock.today(demo.zone))
    pays(treasury, attempt)
    ask(attempt, asked_by="return")

    (incident,) = incidents.of(incidents.opened(now=clock.now()))

    assert (incident.kind, incident.credit) == (Kind.OVERPAID, Decimal("20.00"))
    assert "Trop-perçu" in text(clerk.get(PAGE))
    invoice = billing.invoice(marsone, amounts=("20.00",))
    credit = {"source": f"payment-{attempt.payment.pk}", "invoice": invoice.pk, "credit": "20"}
    assert clerk.post(f"/mairie/familles/{marsone.pk}/reglements/avoir/", credit).status_code == 302
    assert "Aucun incident" in text(clerk.get(PAGE))


def test_an_incident_is_noted_once_and_nothing_else_is(clerk: Client, marsone: Household) -> None:
    attempt = ended(marsone, state=State.MISMATCH)

    assert note(clerk, attempt, "mismatch", " ") == 400
    assert note(clerk, attempt, "mismatch", "a\x00b") == 400
    assert note(clerk, attempt, "mismatch", "x" * 301) == 400
    assert note(clerk, attempt, "overpaid") == 400
    assert note(clerk, attempt, "autre") == 404
    assert clerk.post(f"{PAGE}{2**62}/mismatch/", {"note": "x"}).status_code == 404
    assert not IncidentNote.objects.exists()

    assert note(clerk, attempt, "mismatch") == 302
    assert note(clerk, attempt, "mismatch") == 400
    with pytest.raises(DatabaseError), transaction.atomic():
        IncidentNote.objects.update(note="Autre")
    assert IncidentNote.objects.get().note == "Vu avec la Trésorerie."


def test_who_reads_only_notes_nothing_and_an_agent_of_some_schools_sees_none(
    demo: Commune, in_demo: Commune, marsone: Household
) -> None:
    attempt = ended(marsone, state=State.MISMATCH)
    reader = signed_in(demo, Role.READ_ONLY)

    assert "Noter comme examiné" not in text(reader.get(PAGE))
    assert note(reader, attempt, "mismatch") == 403
    some = kept(demo, Role.CASH_OFFICE, sites=[1])
    assert some.get(PAGE).status_code == 403
    assert note(some, attempt, "mismatch") == 403


def test_the_page_and_its_counter_cost_the_same_for_few_and_for_many(clerk: Client, marsone: Household) -> None:
    ended(marsone, state=State.MISMATCH)
    clerk.get(PAGE)
    with counted() as few:
        page = text(clerk.get(PAGE))
    assert "Incidents de paiement <b>1</b>" in page

    for _ in range(10):
        ended(marsone, state=State.MISMATCH)
    with counted() as many:
        page = text(clerk.get(PAGE))

    assert "Incidents de paiement <b>11</b>" in page
    assert len(many) == len(few), f"{few}\n\n{many}"
