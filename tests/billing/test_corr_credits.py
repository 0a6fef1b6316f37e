"""The use of a credit is taken back by a contrary entry: once, with its reason, and every balance stays exact."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as some

from billing import desk
from billing.balances import left_of
from billing.models import Allocation, Invoice, Payment
from billing.services import corrections
from billing.services.desk import reverse, take_back, use_credit
from billing.services.payments import PaymentRefused
from lps.accounts.roles import Role
from lps.families.models import Household
from lps.journal.actors import Actor
from lps.journal.models import AuditEntry
from tenants.models import Commune
from tests.billing.factories import ISSUED, invoice, pay
from tests.booking.agents import signed_in
from tests.screens import reading
from tests.sql import counted

BY = Actor.system("essai")
LATER = ISSUED + timedelta(days=1)
DAY = date(2012, 2, 15)


def uses(home: Household, source: Invoice | Payment, due: Invoice, amount: str) -> Allocation:
    kind = "credit_note" if isinstance(source, Invoice) else "payment"
    return use_credit(
        household=home, source=f"{kind}-{source.pk}", invoice=due.pk, amount=Decimal(amount), by=BY, at=LATER
    )


def undo(use: Allocation) -> Allocation:
    return take_back(use=use, reason="Mauvaise facture", by=BY, at=LATER)


def left(row: Invoice) -> Decimal:
    return left_of([row.pk])[row.pk]


def in_credit(home: Household) -> list[Decimal]:
    return [one.amount for one in desk.credits_of(home)]


def test_a_credit_note_taken_back_serves_again(marsone: Household) -> None:
    note, first, second = invoice(marsone, amounts=("-12.30",)), invoice(marsone), invoice(marsone)
    use = uses(marsone, note, first, "12.30")

    back = undo(use)

    assert (back.amount, back.reverses, back.reason) == (Decimal("-12.30"), use, "Mauvaise facture")
    assert (left(first), left(note), in_credit(marsone)) == (Decimal("50.70"), Decimal("-12.30"), [Decimal("12.30")])
    uses(marsone, note, second, "12.30")
    assert (left(second), in_credit(marsone)) == (Decimal("38.40"), [])
    entry = AuditEntry.objects.get(action="credit_taken_back")
    assert (entry.before["receipt"], entry.after["reason"]) == (note.number, "Mauvaise facture")


def test_what_was_paid_too_much_is_taken_back_then_the_payment_reversed(marsone: Household) -> None:
    payment, due = pay(marsone, "30"), invoice(marsone)
    undo(uses(marsone, payment, due, "20"))

    back = reverse(payment=payment, reason="Chèque impayé", by=BY, at=LATER, day=DAY)

    assert (left(due), in_credit(marsone), back.allocations.count()) == (Decimal("50.70"), [], 0)


def test_it_is_taken_back_once_and_taking_back_never(marsone: Household) -> None:
    use = uses(marsone, invoice(marsone, amounts=("-5.00",)), invoice(marsone), "5")
    back = undo(use)

    for again in (use, back):
        with pytest.raises(PaymentRefused, match="taken_back"):
            undo(again)
    assert Allocation.objects.filter(invoice=use.invoice).count() == 2


def test_a_payment_that_came_for_an_invoice_is_reversed_not_taken_back(marsone: Household) -> None:
    due = invoice(marsone)
    came = pay(marsone, "50.70", {due: "50.70"}).allocations.get()

    with pytest.raises(PaymentRefused, match="of_payment"):
        undo(came)


def test_the_credit_of_a_reversed_payment_was_taken_back_with_it(marsone: Household) -> None:
    payment, due = pay(marsone, "30"), invoice(marsone)
    use = uses(marsone, payment, due, "20")
    reverse(payment=payment, reason="Erreur", by=BY, at=LATER, day=DAY)

    with pytest.raises(PaymentRefused, match="reversed"):
        undo(use)
    assert left(due) == Decimal("50.70")


def test_a_credit_note_never_leaves_the_invoice_it_cancels(marsone: Household) -> None:
    due = invoice(marsone)
    note = corrections.cancel(invoice=due, reason="Erreur", by=BY, at=LATER, today=DAY)

    with pytest.raises(PaymentRefused, match="cancels"):
        undo(note.given.get())
    assert left(due) == 0


MOVES = some.lists(
    some.tuples(
        some.sampled_from(["use", "use", "back", "back", "reverse"]),
        some.integers(0, 3),
        some.integers(0, 1),
        some.integers(1, 6000),
    ),
    max_size=14,
)


@hypothesis_settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=MOVES)
def test_whatever_the_order_no_euro_is_made_or_lost(marsone: Household, moves: list[tuple[str, int, int, int]]) -> None:
    """What is left less what is in credit is always what was asked less what was received and kept."""
    with transaction.atomic():
        sources = [invoice(marsone, amounts=("-30.00",)), pay(marsone, "25"), invoice(marsone, amounts=("-7.77",))]
        dues = [invoice(marsone), invoice(marsone, amounts=("12.00",))]
        for move, which, due, cents in moves:
            with suppress(PaymentRefused):
                play(marsone, move, sources[which % 3], dues[due], which, Decimal(cents) / 100)
            balanced(marsone, dues)
        transaction.set_rollback(True)


def play(home: Household, move: str, source: Invoice | Payment, due: Invoice, which: int, amount: Decimal) -> None:
    if move == "use":
        uses(home, source, due, str(amount))
    elif move == "back":
        found = list(desk.uses_of(home))
        if found:
            undo(found[which % len(found)])
    elif isinstance(source, Payment):
        reverse(payment=source, reason="Erreur", by=BY, at=LATER, day=DAY)


def balanced(home: Household, dues: list[Invoice]) -> None:
    asked = sum(row.total for row in Invoice.objects.filter(household=home))
    kept = sum(row.amount for row in Payment.objects.filter(household=home))
    lefts = left_of([row.pk for row in dues])
    assert sum(lefts.values()) - sum(in_credit(home)) == asked - kept
    assert all(0 <= lefts[row.pk] <= row.total for row in dues)


@pytest.fixture
def client(demo: Commune, marsone: Household) -> Iterator[Client]:
    yield signed_in(demo, Role.CASH_OFFICE)


def words(content: bytes) -> str:
    return reading.words(content.decode())


def test_an_agent_takes_it_back_from_the_familys_page(client: Client, marsone: Household) -> None:
    note, due = invoice(marsone, amounts=("-12.30",)), invoice(marsone)
    use = uses(marsone, note, due, "12.30")
    page, path = f"/mairie/familles/{marsone.pk}/reglements/", f"reglements/avoir/{use.pk}/reprendre/"
    assert path in client.get(page).content.decode()
    assert path in client.get(f"/mairie/regie/factures/{note.number}/").content.decode()
    path = f"/mairie/familles/{marsone.pk}/{path}"

    asked = words(client.get(path).content)
    refused = client.post(path, {"reason": ""})
    done = words(client.post(path, {"reason": "Mauvaise facture"}, follow=True).content)
    again = client.post(path, {"reason": "encore"})

    assert f"L'avoir {note.number} a réglé 12,30 € de la facture {due.number}" in asked
    assert refused.status_code == 400 and "Écrivez pourquoi cet avoir est repris." in words(refused.content)
    assert "L'avoir est repris" in done and ": Mauvaise facture" in done and "À payer : 50,70 €" in done
    assert again.status_code == 400 and "déjà repris" in words(again.content)
    assert "Mauvaise facture" in words(client.get(f"/mairie/regie/factures/{due.number}/").content)


def test_it_is_taken_back_by_who_takes_payments_of_that_family_alone(
    demo: Commune, client: Client, marsone: Household, stranger: Household
) -> None:
    use = uses(marsone, invoice(marsone, amounts=("-5.00",)), invoice(marsone), "5")
    reader = signed_in(demo, Role.READ_ONLY, name="Luc")

    path = f"reglements/avoir/{use.pk}/reprendre/"
    assert reader.post(f"/mairie/familles/{marsone.pk}/{path}", {"reason": "x"}).status_code == 403
    assert client.post(f"/mairie/familles/{stranger.pk}/{path}", {"reason": "x"}).status_code == 404
    assert Allocation.objects.filter(reverses=use).count() == 0


def test_uses_cost_the_page_nothing_more_for_many(client: Client, marsone: Household) -> None:
    page = f"/mairie/familles/{marsone.pk}/reglements/"
    undo(uses(marsone, invoice(marsone, amounts=("-5.00",)), invoice(marsone), "1"))
    client.get(page)
    with counted() as few:
        client.get(page)
    for _ in range(6):
        uses(marsone, invoice(marsone, amounts=("-5.00",)), invoice(marsone), "1")

    with counted() as many:
        client.get(page)

    assert len(many) == len(few)
