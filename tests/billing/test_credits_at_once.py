"""The credits of all families used at once: what is settled, what stays, who may, and what it costs."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing import credits as reads
from billing.balances import left_of
from billing.models import Allocation, CashOffice, PaymentAttempt
from billing.rules.crediting import Credit, Due, settle
from billing.services.credits import UsedUp, use_all
from billing.services.desk import reverse
from lps.accounts.models import Account
from lps.accounts.roles import Role
from lps.families.models import Household, Site
from lps.journal.actors import Actor
from lps.journal.models import AuditEntry
from tenants.models import Commune
from tests.billing.factories import ISSUED, cash_office, invoice, pay
from tests.billing.online import ended
from tests.office.pages import signed_in, text
from tests.sql import counted

PAGE, USE = "/mairie/regie/encaissements/avoirs/", "/mairie/regie/encaissements/avoirs/utiliser/"
BY = Actor.system("essai")
EUROS = st.integers(1, 20_000).map(lambda cents: Decimal(cents) / 100)


def use() -> UsedUp:
    return use_all(cash_office=cash_office(), by=BY, at=ISSUED)


@given(st.lists(EUROS, max_size=6), st.lists(EUROS, max_size=6))
def test_credits_and_invoices_are_used_up_in_order_until_one_side_is(
    credits: list[Decimal], dues: list[Decimal]
) -> None:
    uses = settle(
        [Credit(str(rank), amount) for rank, amount in enumerate(credits)],
        [Due(rank, amount) for rank, amount in enumerate(dues)],
    )

    assert sum((one.amount for one in uses), Decimal(0)) == min(sum(credits), sum(dues))
    assert all(one.amount > 0 for one in uses)
    assert uses == sorted(uses, key=lambda one: (int(one.credit), one.invoice))
    for rank, amount in enumerate(credits):
        assert sum(one.amount for one in uses if one.credit == str(rank)) <= amount
    settled = [sum(one.amount for one in uses if one.invoice == rank) for rank in range(len(dues))]
    assert all(part <= due for part, due in zip(settled, dues, strict=True))
    assert all(settled[rank] == dues[rank] for rank in range(len(dues)) if any(settled[rank + 1 :]))


def test_payments_and_credit_notes_settle_the_oldest_invoices_of_their_family(
    marsone: Household, stranger: Household
) -> None:
    first, second = invoice(marsone), invoice(marsone)
    note, payment = invoice(marsone, amounts=("-12.30",)), pay(marsone, "60")
    theirs, alone = invoice(stranger), pay(stranger, "5")

    done = use()

    assert done == UsedUp(families=2, amount=Decimal("77.30"))
    left = left_of([first.pk, second.pk, note.pk, theirs.pk])
    assert left == {
        first.pk: 0,
        second.pk: Decimal("29.10"),
        note.pk: 0,
        theirs.pk: Decimal("45.70"),
    }
    own = Allocation.objects.filter(invoice__household=marsone).order_by("pk")
    assert [(one.payment, one.credit_note, one.invoice, one.amount) for one in own] == [
        (payment, None, first, Decimal("50.70")),
        (payment, None, second, Decimal("9.30")),
        (None, note, second, Decimal("12.30")),
    ]
    assert Allocation.objects.get(invoice=theirs).payment == alone


def test_each_family_and_the_regie_have_it_in_the_journal(marsone: Household) -> None:
    due, payment = invoice(marsone), pay(marsone, "60")

    use()

    told = AuditEntry.objects.get(action="credit_used")
    assert told.subject == marsone.holder
    assert told.after == {"receipt": payment.number, "invoice": due.number, "amount": "50.70"}
    summary = AuditEntry.objects.get(action="credits_used")
    assert summary.subject == f"cash_office:{cash_office().pk}"
    assert summary.after == {"families": 1, "amount": "50.70"}


def test_twice_uses_nothing_more(marsone: Household) -> None:
    due = invoice(marsone)
    pay(marsone, "60")
    use()

    assert use() == UsedUp(families=0, amount=Decimal(0))

    assert left_of([due.pk])[due.pk] == 0
    assert AuditEntry.objects.filter(action="credits_used").count() == 1
    assert reads.usable(cash_office()) == []


def test_what_is_not_to_be_used_is_left(marsone: Household, stranger: Household) -> None:
    other = CashOffice.objects.create(name="Régie des séjours")
    draft, elsewhere = invoice(marsone), invoice(marsone)
    draft.run.state = "validated"
    draft.run.save()
    elsewhere.run.cash_office = other
    elsewhere.run.save()
    pay(marsone, "60")
    ended(stranger, state=PaymentAttempt.State.WAITING)
    pay(stranger, "60")

    assert use().families == use_all(cash_office=other, by=BY, at=ISSUED).families == 0
    assert not Allocation.objects.exists()


def test_a_reversed_payment_gives_nothing(marsone: Household) -> None:
    invoice(marsone)
    payment = pay(marsone, "60")
    reverse(payment=payment, reason="essai", by=BY, at=ISSUED, day=payment.day)

    assert use().families == 0


def test_the_page_tells_the_total_and_one_button_uses_them(
    demo: Commune, in_demo: Commune, marsone: Household, stranger: Household
) -> None:
    client = signed_in(demo, Role.CASH_OFFICE)
    due = invoice(marsone)
    pay(marsone, "60")
    invoice(stranger)

    before = text(client.get(PAGE))
    after = text(client.post(USE, follow=True))
    again = text(client.post(USE, follow=True))

    assert "1 famille, 50,70 € de facture à régler par son avoir" in before
    assert due.number in before and "9,30 €" in before and stranger.name not in before
    assert "Les avoirs sont utilisés" in after and "Aucune famille n'a à la fois" in after
    assert "Il n'y avait plus d'avoir à utiliser : rien n'a changé." in again
    assert left_of([due.pk])[due.pk] == 0
    assert PAGE in client.get("/mairie/regie/encaissements/").content.decode()


def test_who_may_not_take_payments_reads_and_uses_nothing(demo: Commune, in_demo: Commune, marsone: Household) -> None:
    invoice(marsone)
    pay(marsone, "60")
    reader = signed_in(demo, Role.READ_ONLY)

    page = reader.get(PAGE)

    assert page.status_code == 200 and "<button" not in page.content.decode().split("<main")[1]
    assert reader.post(USE).status_code == 403
    assert not Allocation.objects.exists()


def test_an_agent_kept_to_a_school_does_not_open_it(demo: Commune, in_demo: Commune) -> None:
    client = signed_in(demo, Role.CASH_OFFICE)
    Account.objects.filter(email__endswith="@mairie.example").update(sites=[Site.objects.order_by("pk")[0].pk])

    assert client.get(PAGE).status_code == 403
    assert client.post(USE).status_code == 403


@pytest.mark.parametrize("is_page", [True, False], ids=["page", "use"])
def test_the_same_statements_for_one_family_and_for_two(
    demo: Commune, in_demo: Commune, marsone: Household, stranger: Household, is_page: bool
) -> None:
    client = signed_in(demo, Role.CASH_OFFICE)
    client.get(PAGE)
    numbers = []
    for homes in ([marsone], [marsone, stranger]):
        for home in homes:
            invoice(home, amounts=("10.00",))
            invoice(home, amounts=("-5.00",))
            pay(home, "2")
        with counted() as statements:
            client.get(PAGE) if is_page else use()
        numbers.append(len(statements))
        use()

    assert numbers[0] == numbers[1]
