"""Reconciliation by an agent: a file kept once, each difference shown, a forgotten payment recorded once."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, transaction
from django.test import Client

from billing.balances import left_of
from billing.models import AttemptAnswer, Payment, PaymentAttempt, TreasuryFile, TreasuryLine
from billing.services import desk
from billing.services.retention import apply_terms
from lps.accounts.roles import Role
from lps.families.models import Household
from lps.journal.actors import Actor
from lps.journal.models import AuditEntry
from lps.kernel import clock
from simulators.payfip.server import Server
from tenants.models import Commune
from tests.billing.online import again, ended, payable, pays, settled, treasury_text, tried
from tests.families.agents import signed_in as kept
from tests.office.pages import signed_in, text
from tests.sql import counted

PAGE = "/mairie/regie/rapprochement/"
State = PaymentAttempt.State


@pytest.fixture
def clerk(demo: Commune, in_demo: Commune) -> Client:
    return signed_in(demo, Role.CASH_OFFICE)


def send(clerk: Client, content: bytes, name: str = "payfip.txt") -> Any:
    return clerk.post(f"{PAGE}envoyer/", {"fichier": SimpleUploadedFile(name, content)})


def received(clerk: Client, *lines: tuple[str, str]) -> str:
    answer = send(clerk, treasury_text(*lines))
    assert answer.status_code == 302, text(answer)
    return answer.headers["Location"].partition("?")[0]


def test_a_file_is_kept_once_with_its_result_and_cannot_be_rewritten(clerk: Client, marsone: Household) -> None:
    attempt = settled(marsone)
    content = treasury_text((attempt.refdet, "5070"), ("AUTRE123", "100"))

    first, second = send(clerk, content), send(clerk, content, "copie.txt")

    assert first.headers["Location"].endswith("fait=new") and second.headers["Location"].endswith("fait=known")
    file = TreasuryFile.objects.get()
    assert (file.name, file.found, file.total) == ("payfip.txt", {"agreed": 1, "unknown": 1}, Decimal("51.70"))
    with default_storage.open(file.path) as opened:
        assert opened.read() == content
    with pytest.raises(DatabaseError), transaction.atomic():
        TreasuryLine.objects.update(amount=1)
    page = text(clerk.get(first.headers["Location"]))
    for words in ("1 écart à regarder", "AUTRE123", "n'est pas une de vos factures", "51,70 €", "reçu et comparé"):
        assert words in page
    assert attempt.invoice.number not in page
    every = text(clerk.get(f"{PAGE}{file.pk}/?lignes=toutes"))
    assert attempt.invoice.number in every and attempt.payment.number in every
    assert AuditEntry.objects.get(action="treasury_file_received").after["lines"] == 2
    assert "payfip.txt" in text(clerk.get(PAGE))


def test_what_is_no_file_of_payfip_is_refused_in_french_and_nothing_is_kept(clerk: Client) -> None:
    assert "Choisissez un fichier" in text(clerk.post(f"{PAGE}envoyer/", {}))
    for content in (b"a;b", b"EN-TETE\0", b"x" * (3 * 1024 * 1024), treasury_text(("2012001000056", "1")) + b"LIGNE"):
        answer = send(clerk, content)
        assert answer.status_code == 400 and 'role="alert"' in text(answer)

    assert not TreasuryFile.objects.exists()


def test_a_payment_that_the_treasury_knows_is_settled_by_asking_it_again(
    clerk: Client, marsone: Household, treasury: Server
) -> None:
    attempt = tried(marsone, payable(marsone))
    pays(treasury, attempt)
    path = received(clerk, (attempt.refdet, "5070"))
    page = text(clerk.get(path))
    assert "Payé à la Trésorerie, pas ici" in page and "Redemander" in page and "Enregistrer le paiement" not in page
    assert clerk.post(f"{path}1/", {"reason": "Vu"}).status_code == 400
    assert not Payment.objects.exists()

    answer = clerk.post(f"{path}1/demander/")

    assert answer.headers["Location"].endswith("fait=paid") and again(attempt).state == State.PAID
    assert "Aucun écart" in text(clerk.get(path))
    assert TreasuryFile.objects.get().found == {"missing": 1}
    assert AuditEntry.objects.get(action="treasury_asked_again").subject == marsone.holder


def test_a_silent_treasury_changes_nothing(clerk: Client, marsone: Household, treasury: Server) -> None:
    attempt = tried(marsone, payable(marsone))
    path = received(clerk, (attempt.refdet, "5070"))
    treasury.treasury.switches = replace(treasury.treasury.switches, down="503")

    assert clerk.post(f"{path}1/demander/").headers["Location"].endswith("fait=silent")
    assert again(attempt).state == State.WAITING and not Payment.objects.exists()


def test_a_payment_that_the_treasury_has_forgotten_is_recorded_once_with_a_reason(
    clerk: Client, demo: Commune, marsone: Household
) -> None:
    attempt = ended(marsone, state=State.EXPIRED)
    AttemptAnswer.objects.create(
        attempt=attempt, at=clock.now(), asked_by="poll", verdict="expired", answer={"fault": "P1"}
    )
    path, other = (
        received(clerk, (attempt.refdet, "5070")),
        received(clerk, (attempt.refdet, "5070"), ("AUTRE123", "1")),
    )
    assert "Reste à payer" in text(clerk.get(f"{path}1/"))
    for wrong in ("", "x" * 201, "a\x00b"):
        assert clerk.post(f"{path}1/", {"reason": wrong}).status_code == 400
    assert not Payment.objects.exists()

    assert clerk.post(f"{path}1/", {"reason": "Vu sur le relevé."}).status_code == 302

    payment = Payment.objects.get()
    assert (payment.amount, payment.attempt, payment.reason) == (Decimal("50.70"), attempt, "Vu sur le relevé.")
    assert left_of([attempt.invoice_id]) == {attempt.invoice_id: 0} and again(attempt).state == State.PAID
    entry = AuditEntry.objects.get(action="treasury_line_recorded")
    assert entry.after["receipt"] == payment.number and entry.before == {"outcome": "missing"}
    for twice in (path, other):
        assert clerk.post(f"{twice}1/", {"reason": "Encore."}).status_code == 400
    assert Payment.objects.count() == 1

    today = clock.today(demo.zone)
    desk.reverse(payment=payment, reason="Erreur.", by=Actor.system("essai"), at=clock.now(), day=today)

    assert "annulé ici" in text(clerk.get(path))


def test_what_was_never_tried_here_is_recorded_under_its_reference(clerk: Client, marsone: Household) -> None:
    invoice = payable(marsone, amounts=("30.00",))
    path = received(clerk, (invoice.refdet, "5070"))

    assert "le surplus devient un avoir" in text(clerk.get(f"{path}1/"))
    assert clerk.post(f"{path}1/", {"reason": "Payé par adresse."}).status_code == 302

    payment = Payment.objects.get()
    assert (payment.reference, payment.attempt) == (invoice.refdet, None)
    assert payment.allocations.get().amount == Decimal("30.00")
    assert "Aucun écart" in text(clerk.get(path))


def test_an_attempt_that_the_treasury_refused_is_not_recorded(clerk: Client, marsone: Household) -> None:
    attempt = ended(marsone, state=State.REFUSED)
    AttemptAnswer.objects.create(
        attempt=attempt, at=clock.now(), asked_by="poll", verdict="refused", answer={"result": "R"}
    )
    path = received(clerk, (attempt.refdet, "5070"))

    assert clerk.get(f"{path}1/").status_code == 400
    assert "Redemander" in text(clerk.get(path))


def test_what_was_paid_here_and_is_not_in_the_file_is_told(clerk: Client, marsone: Household) -> None:
    attempt = settled(marsone)
    path = received(clerk, ("AUTRE123", "100"))

    page = text(clerk.get(path))

    assert "absent du fichier" in page and attempt.payment.number in page and "MARSONE" in page


def test_who_reads_only_does_nothing_and_an_agent_of_some_schools_opens_none(
    demo: Commune, clerk: Client, marsone: Household
) -> None:
    path = received(clerk, (payable(marsone).refdet, "5070"))
    reader = kept(demo, Role.READ_ONLY)

    assert "Enregistrer le paiement" not in text(reader.get(path))
    assert "Envoyer un fichier" not in text(reader.get(PAGE))
    assert send(reader, b"x").status_code == 403
    assert reader.post(f"{path}1/", {"reason": "x"}).status_code == 403
    assert reader.post(f"{path}1/demander/").status_code == 403
    some = kept(demo, Role.CASH_OFFICE, sites=[1])
    assert some.get(PAGE).status_code == some.get(path).status_code == send(some, b"x").status_code == 403
    for absent in (f"{PAGE}{2**62}/", f"{PAGE}{2**70}/", f"{path}{2**40}/"):
        assert clerk.get(absent).status_code == 404
    assert not Payment.objects.exists()


def test_few_lines_and_many_cost_the_same(clerk: Client, marsone: Household) -> None:
    few_lines = [(ended(marsone, state=State.EXPIRED).refdet, "5070"), (settled(marsone).refdet, "5070")]
    with counted() as sent_few:
        few = received(clerk, *few_lines)
    many_lines = [(ended(marsone, state=State.EXPIRED).refdet, "5070") for _ in range(5)]
    many_lines += [(settled(marsone).refdet, "5070") for _ in range(5)]
    with counted() as sent_many:
        many = received(clerk, *many_lines)
    clerk.get(few)

    with counted() as shown_few:
        clerk.get(few)
    with counted() as shown_many:
        clerk.get(many)

    assert len(sent_many) == len(sent_few), f"{sent_few}\n\n{sent_many}"
    assert len(shown_many) == len(shown_few), f"{shown_few}\n\n{shown_many}"


def test_a_file_goes_after_ten_whole_years(clerk: Client) -> None:
    received(clerk, ("AUTRE123", "100"))
    file = TreasuryFile.objects.get()

    for years, is_kept in ((10, True), (11, False)):
        apply_terms(today=file.last_day.replace(day=1, year=file.last_day.year + years), now=clock.now())
        assert TreasuryFile.objects.exists() is TreasuryLine.objects.exists() is is_kept
        assert default_storage.exists(file.path) is is_kept
