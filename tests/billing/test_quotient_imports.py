"""Quotients from a file: found by any way, previewed, written once, undone; each wrong line has its reason."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, TestCase

from billing import quotient_files
from billing.models import BillingRun, Quotient, QuotientImport
from billing.services import erasing
from billing.services.retention import apply_terms
from lps.accounts.roles import Role
from lps.families.erasers import Erased
from lps.families.models import Child, Household
from lps.journal.actors import Actor
from lps.journal.models import AuditEntry
from lps.kernel import clock, spreadsheet
from tenants.models import Commune
from tests.billing.factories import invoice, quotient, run
from tests.booking.test_statements import more_families
from tests.families.agents import signed_in as kept
from tests.office.pages import signed_in, text
from tests.sql import counted
from tests.zone import PARIS

PAGE = "/mairie/regie/quotients/imports/"
HEAD = "Code famille;Famille;Quotient familial;À partir du;Jusqu'au"


@pytest.fixture
def client(demo: Commune, in_demo: Commune) -> Client:
    return signed_in(demo, Role.CASH_OFFICE)


def send(client: Client, content: bytes | str, **changed: str) -> Any:
    sent = content.encode() if isinstance(content, str) else content
    return client.post(PAGE, {"file": SimpleUploadedFile("caf.csv", sent), "since": "2026-09-01", **changed})


def received(client: Client, *lines: str, head: str = HEAD) -> QuotientImport:
    answer = send(client, "\r\n".join((head, *lines)))
    assert answer.status_code == 302, text(answer)
    return QuotientImport.objects.latest("pk")


def page(client: Client, batch: QuotientImport) -> str:
    return text(client.get(f"{PAGE}{batch.pk}/"))


def accepted(client: Client, batch: QuotientImport) -> None:
    assert client.post(f"{PAGE}{batch.pk}/accepter/").status_code == 302
    batch.refresh_from_db()


def undone(client: Client, batch: QuotientImport) -> Any:
    return client.post(f"{PAGE}{batch.pk}/annuler/", follow=True)


def standing(household: Household) -> list[tuple[Any, ...]]:
    rows = Quotient.objects.filter(household=household).order_by("valid_during")
    return [(str(row.value), row.valid_during.lower, row.valid_during.upper) for row in rows]


def test_a_file_is_seen_before_it_is_written_and_written_once(client: Client, marsone: Household) -> None:
    quotient(marsone, since=date(2025, 9, 1), value="600")
    batch = received(client, "654321;Marsone;512,50;01/09/2026;31/08/2027")

    seen = page(client, batch)
    assert "Enregistrer 1 quotient" in seen and "600,00" in seen and "512,50" in seen
    assert standing(marsone) == [("600.00", date(2025, 9, 1), None)]

    with TestCase.captureOnCommitCallbacks(execute=True):
        accepted(client, batch)
    assert standing(marsone) == [
        ("600.00", date(2025, 9, 1), date(2026, 9, 1)),
        ("512.50", date(2026, 9, 1), date(2027, 9, 1)),
    ]
    assert client.post(f"{PAGE}{batch.pk}/accepter/").status_code == 400
    assert Quotient.objects.filter(household=marsone).latest("pk").proof == "caf.csv"
    entry = AuditEntry.objects.get(action="quotient_noted", subject=marsone.holder)
    assert (entry.before["quotient"], entry.after["quotient"]) == ("600.00", "512.50")
    assert not default_storage.exists(batch.path)


def test_undoing_puts_back_what_was(client: Client, marsone: Household, stranger: Household) -> None:
    cut = quotient(marsone, since=date(2025, 9, 1), value="600")
    replaced = quotient(stranger, since=date(2026, 9, 1), value="700")
    Quotient.objects.filter(pk=replaced.pk).update(document="quotients/un.pdf")
    before = standing(marsone), standing(stranger)
    batch = received(client, "654321;;500;;", f"{stranger.family_code};;800;;")
    accepted(client, batch)
    assert Quotient.objects.get(household=stranger).document == "quotients/un.pdf"

    assert "L'import est annulé" in text(undone(client, batch))

    assert (standing(marsone), standing(stranger)) == before
    assert Quotient.objects.get(household=marsone).pk == cut.pk
    assert Quotient.objects.get(household=stranger).document == "quotients/un.pdf"
    assert AuditEntry.objects.filter(action="quotient_put_back").count() == 2


def test_a_family_changed_since_is_left_and_named(client: Client, marsone: Household, stranger: Household) -> None:
    batch = received(client, "654321;;500;;", f"{stranger.family_code};;800;;")
    accepted(client, batch)
    Quotient.objects.filter(household=marsone).update(value=Decimal(555))

    told = text(undone(client, batch))

    assert "Laissées telles quelles" in told and "MARSONE" in told
    assert (standing(marsone)[0][0], standing(stranger)) == ("555.00", [])


def test_what_was_before_is_not_put_back_over_a_later_quotient(client: Client, marsone: Household) -> None:
    quotient(marsone, since=date(2025, 9, 1), value="600")
    batch = received(client, "654321;;500;01/09/2026;31/12/2026")
    accepted(client, batch)
    quotient(marsone, since=date(2027, 1, 1), value="650")

    undone(client, batch)

    assert [row[0] for row in standing(marsone)] == ["600.00", "500.00", "650.00"]


def test_it_is_not_undone_once_invoices_were_validated(client: Client, marsone: Household) -> None:
    batch = received(client, "654321;;500;;")
    accepted(client, batch)
    run(state=BillingRun.State.VALIDATED, year=2026, number=1, validated_at=clock.now())

    answer = undone(client, batch)

    assert (answer.status_code, "Des factures ont été validées" in text(answer)) == (400, True)
    assert standing(marsone)


@pytest.mark.parametrize(
    ("head", "line"),
    [
        ("Code payeur;QF", "654321;500"),
        ("Code enfant;QF", "123456;500"),
        ("Nom enfant;Prénom enfant;Né le;QF", "Marsone;Angeline;14 mars 2018;500"),
        ("N° de famille;Famille;QF", "{pk};MARSONE;500"),
        ("Liste au 1er septembre;;\r\nCode famille;Montant QF;Commentaire", "654321;500;vu"),
    ],
)
def test_a_family_is_found_by_any_of_its_names(client: Client, marsone: Household, head: str, line: str) -> None:
    Child.objects.filter(first_name="Angéline").update(birth_date=date(2018, 3, 14))

    accepted(client, received(client, line.format(pk=marsone.pk), head=head))

    assert standing(marsone) == [("500.00", date(2026, 9, 1), None)]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("654321;;beaucoup;;", "ce quotient n'est pas lisible"),
        ("654321;;-5;;", "ce quotient n'est pas lisible"),
        ("999999;;500;;", "aucune famille de la commune ne correspond"),
        ("12;;500;;", "un code compte 6 à 10 chiffres"),
        (";;500;;", "rien ne dit de quelle famille"),
        ("654321;DUPONT;500;;", "porte un autre nom"),
        ("654321;=1+1;500;;", "comme une formule"),
        ("654321;;500;demain;", "ce n'est pas une date"),
        ("654321;;500;01/09/1900;", "en quatre chiffres"),
        ("654321;;500;01/09/2099;", "en quatre chiffres"),
        ("654321;;500;01/09/2026;31/08/2026", "avant le premier"),
        ("654321;;500;01/09/2024;", "commence pendant ces dates"),
        ("654321;;400;;\r\n654321;;500;;", "déjà plus haut"),
    ],
)
def test_a_wrong_line_is_named_and_left_out(client: Client, marsone: Household, line: str, why: str) -> None:
    quotient(marsone, since=date(2025, 9, 1), value="600")
    batch = received(client, line)

    assert why in page(client, batch)
    accepted(client, batch)
    assert ("500.00" in str(standing(marsone))) is False


def test_two_homes_are_told_apart_by_the_name(client: Client, marsone: Household, stranger: Household) -> None:
    child = Child.objects.get(first_name="Angéline")
    child.custodies.create(household=stranger, valid_during=("2020-01-01", None))
    head = "Code enfant;Famille;QF"

    assert "deux foyers" in page(client, received(client, "123456;;500", head=head))

    accepted(client, received(client, "123456;Lointain;500", head=head))
    assert (standing(marsone), len(standing(stranger))) == ([], 1)


def test_lines_alike_of_two_children_are_one(client: Client, marsone: Household) -> None:
    batch = received(client, "123456;500", "123457;500", head="Code enfant;QF")

    assert (batch.report["total"], batch.report["wrong"]) == (1, [])


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_the_list_that_we_give_sent_back_changes_nothing(client: Client, marsone: Household, form: str) -> None:
    quotient(marsone, since=date(2025, 9, 1), value="600.50")
    taken = client.get(f"/mairie/regie/quotients.{form}")
    assert taken.status_code == 200 and "attachment" in taken.headers["Content-Disposition"]

    assert send(client, taken.content).status_code == 302

    report = QuotientImport.objects.get().report
    families = Household.objects.filter(custodies__valid_during__contains=clock.today(PARIS)).distinct().count()
    assert (report["total"], report["same"], report["empty"], report["wrong"]) == (0, 1, families - 1, [])
    assert AuditEntry.objects.get(action="quotients_exported").after == {"form": form, "lines": families}


def test_columns_of_another_software_are_said_by_the_agent(client: Client, marsone: Household) -> None:
    batch = received(client, "654321;500", head="Réf;Montant mensuel")
    assert "n'ont pas été reconnues" in page(client, batch)
    assert client.post(f"{PAGE}{batch.pk}/accepter/").status_code == 400

    client.post(f"{PAGE}{batch.pk}/", {"family_code": "0", "value": "1", "household": "99", "proof": "²"})

    assert "Enregistrer 1 quotient" in page(client, batch)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "vide"),
        (b"a\0b", "pas un tableau"),
        (b"PK\x03\x04", "ne peut pas"),
        ("\r\n".join([HEAD, *["654321;;5;;"] * 5001]).encode(), "plus de 5000 lignes"),
    ],
)
def test_what_is_no_table_is_refused_with_a_sentence(client: Client, content: bytes, sentence: str) -> None:
    answer = send(client, content)

    assert (answer.status_code, sentence in text(answer)) == (400, True)
    assert not QuotientImport.objects.exists()


@pytest.mark.parametrize("changed", [{"since": ""}, {"since": "0001-01-01"}, {"last_day": "2026-01-01"}])
def test_days_that_cannot_be_are_said(client: Client, changed: dict[str, str]) -> None:
    assert send(client, f"{HEAD}\r\n654321;;5;;", **changed).status_code == 400


def test_issued_invoices_are_told_and_left(client: Client, marsone: Household) -> None:
    one = invoice(marsone)

    batch = received(client, "654321;;500;01/01/2012;")

    assert "1 famille a des factures déjà émises" in page(client, batch)
    accepted(client, batch)
    one.refresh_from_db()
    assert one.qf is None


def test_an_agent_kept_to_a_school_neither_sends_nor_takes(demo: Commune, marsone: Household) -> None:
    site = Child.objects.get(first_name="Angéline").enrollments.earliest("pk").school_class.site
    own = kept(demo, Role.CASH_OFFICE, sites=[site.pk])

    assert own.get(PAGE).status_code == 403
    assert own.get("/mairie/regie/quotients.csv").status_code == 403


def test_a_hundred_lines_cost_the_statements_of_one(client: Client, marsone: Household) -> None:
    def cost(rows: Sequence[str]) -> int:
        batch = received(client, *rows)
        with counted() as found:
            accepted(client, batch)
        with counted() as back:
            undone(client, batch)
        return len(found) + len(back)

    cost(["654321;;1;;"])
    one = cost(["654321;;500;;"])
    more_families(30)
    homes = Household.objects.filter(name__startswith="VOISIN")

    assert cost([f"{home.family_code};;{rank};;" for rank, home in enumerate(homes)]) == one


def test_files_go_after_sixty_days_and_with_an_erased_family(client: Client, marsone: Household) -> None:
    written, waiting = received(client, "654321;;500;;"), received(client, "654321;;600;;")
    accepted(client, written)

    erased = Erased(households=(marsone.pk,), children=(), day=clock.today(PARIS))
    erasing.erase(erased, by=Actor.system("essai"), at=clock.now())

    left = QuotientImport.objects.get()
    assert (left.pk, left.effect, left.report["changes"]) == (written.pk, [], [])
    assert not QuotientImport.objects.filter(pk=waiting.pk).exists()
    QuotientImport.objects.update(received_at=clock.now() - timedelta(days=61))
    apply_terms(today=clock.today(PARIS), now=clock.now())
    assert not QuotientImport.objects.exists()


def test_the_list_costs_three_statements(marsone: Household) -> None:
    with counted() as found:
        rows = list(quotient_files.table(clock.today(PARIS)))
    assert len(found) == 3
    assert spreadsheet.workbook(rows, title="Quotients").startswith(b"PK")
