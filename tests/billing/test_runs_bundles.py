"""The papers of a run put together: a ZIP of all, and the files to print for those that nobody can write to."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from io import BytesIO
from zipfile import ZipFile

import pytest
from django.core.files.storage import default_storage
from django.http import HttpResponse
from django.test import Client
from pypdf import PdfReader

from billing import papers
from billing.message_kinds import INVOICE
from billing.models import BillingRun, DraftInvoice, DraftLine, InvoiceDocument, RunWork
from billing.services import bundles, documents, runs
from billing.services.held import RunRefused
from billing.services.retention import BUNDLES_KEPT, FAILED_BUNDLES_KEPT, apply_terms
from lps.families.models import Household
from lps.journal.actors import Actor, ActorKind
from lps.journal.channels import Channel
from lps.journal.models import AuditEntry
from lps.kernel import clock
from notifications.models import Address, Preference
from notifications.services import prove_address
from tenants.long_work import TRIES
from tenants.models import Commune
from tests.billing import factories
from tests.booking.agents import signed_in
from tests.families.factories import household
from tests.screens import reading
from tests.sql import counted
from tests.zone import PARIS

NADIA = Actor(ActorKind.AGENT, "12", "Nadia")
Kind = RunWork.Kind


@pytest.fixture
def nadia(demo: Commune, marsone: Household) -> Client:
    return signed_in(demo, "régie")


@pytest.fixture
def run(marsone: Household, stranger: Household) -> BillingRun:
    """Two families' invoices, published; one of them proved its address."""
    Address.objects.all().delete()
    proved_by(marsone)
    return published([marsone, stranger])


def proved_by(home: Household) -> None:
    prove_address(
        holder=home.holder, value=f"parent{home.pk}@example.org", consent="essai", by=NADIA, channel=Channel.WEB
    )


def published(homes: list[Household]) -> BillingRun:
    now = clock.now()
    run = factories.run(state=BillingRun.State.CHECKED, version=1, computed_at=now)
    for home in homes:
        draft = DraftInvoice.objects.create(
            run=run, household=home, payer_name=f"Mme {home.name}", total=Decimal("3.50"), line_count=1
        )
        amounts = {"quantity": Decimal(1), "unit_price": Decimal("3.50"), "amount": Decimal("3.50")}
        DraftLine.objects.create(draft=draft, position=1, kind="use", label="Cantine", **amounts)
    issued = runs.validate(run=factories.priced(run), version=1, by=NADIA, at=now, today=clock.today(PARIS))
    return runs.publish(run=issued, by=NADIA, at=now, today=clock.today(PARIS), tell=False)


def page(client: Client, run: BillingRun) -> str:
    return reading.words(client.get(f"/mairie/regie/lots/{run.pk}/papiers/?fait=prepare").content.decode())


def made(kind: Kind) -> RunWork:
    while bundles.make_asked():
        pass
    return RunWork.objects.get(kind=kind)


def content(response: HttpResponse) -> bytes:
    return bytes(response.getvalue())


def test_only_families_without_a_proved_address_go_by_post(nadia: Client, run: BillingRun, stranger: Household) -> None:
    path = f"/mairie/regie/lots/{run.pk}/"
    assert "À poster : 1 famille" in reading.words(nadia.get(path).content.decode())
    assert "À poster : 1 famille" in page(nadia, run)

    nadia.post(path + "papiers/a-poster/")
    assert "La préparation va commencer" in page(nadia, run)
    made(Kind.LETTERS)

    assert "Les fichiers sont prêts" in page(nadia, run)
    pdf = content(nadia.get(path + "papiers/a-poster/0/"))
    [sheet] = PdfReader(BytesIO(pdf)).pages
    assert "Mme LOINTAIN" in sheet.extract_text() and "1 / 1" in sheet.extract_text()
    assert [entry.after["form"] for entry in AuditEntry.objects.filter(action="run_exported")] == ["a-poster.pdf"]


def test_who_wants_no_mail_about_invoices_has_them_by_post(run: BillingRun, marsone: Household) -> None:
    Preference.objects.create(address=Address.objects.get(), topic=INVOICE, wanted=False, changed_at=clock.now())

    assert bundles.to_post(run).count() == 2


def test_the_archive_holds_every_pdf_as_it_is_kept(nadia: Client, run: BillingRun) -> None:
    documents.draw_missing(limit=1)  # the other one is drawn by who makes the archive
    nadia.post(f"/mairie/regie/lots/{run.pk}/papiers/archive/")
    made(Kind.ARCHIVE)

    archive = ZipFile(BytesIO(content(nadia.get(f"/mairie/regie/lots/{run.pk}/papiers/archive/0/"))))

    kept = {f"{invoice.number}.pdf": documents.content_of(invoice) for invoice in run.invoices.all()}
    assert {name: archive.read(name) for name in archive.namelist()} == kept
    assert InvoiceDocument.objects.filter(invoice__run=run).count() == 2


def test_a_pdf_that_the_storage_lost_is_in_the_archive_all_the_same(run: BillingRun) -> None:
    documents.draw_missing()
    default_storage.delete(InvoiceDocument.objects.filter(invoice__run=run)[0].path)
    bundles.ask(run=run, kind=Kind.ARCHIVE, by=NADIA)

    work = made(Kind.ARCHIVE)

    with default_storage.open(work.files[0]["path"]) as kept:
        assert len(ZipFile(kept).namelist()) == 2


def test_many_invoices_make_several_files_and_a_dead_worker_keeps_those_made(
    run: BillingRun, marsone: Household, monkeypatch: pytest.MonkeyPatch
) -> None:
    Address.objects.all().delete()
    monkeypatch.setitem(bundles.OF_ONE, Kind.LETTERS, 1)
    bundles.ask(run=run, kind=Kind.LETTERS, by=NADIA)
    assert bundles.make_asked() == 1
    [first, second] = RunWork.objects.get().files
    proved_by(marsone)  # chosen once: who proves an address meanwhile changes nothing

    work = made(Kind.LETTERS)

    assert (first["count"], second["path"]) == (1, "")
    assert work.files[0] == first
    assert work.files[1]["path"]
    assert (work.state, work.total) == (RunWork.State.DONE, 2)


def test_two_clicks_are_one_and_asking_again_takes_the_old_file_away(
    run: BillingRun, django_capture_on_commit_callbacks: Callable[..., object]
) -> None:
    assert bundles.ask(run=run, kind=Kind.LETTERS, by=NADIA)
    assert not bundles.ask(run=run, kind=Kind.LETTERS, by=NADIA)
    old = made(Kind.LETTERS).files[0]["path"]

    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        assert bundles.ask(run=run, kind=Kind.LETTERS, by=NADIA)

    assert not default_storage.exists(old)
    assert default_storage.exists(made(Kind.LETTERS).files[0]["path"])
    assert AuditEntry.objects.filter(action="run_papers_asked").count() == 2


def test_what_fails_is_told_and_asked_again(nadia: Client, run: BillingRun, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_found: object) -> bytes:
        raise ZeroDivisionError

    bundles.ask(run=run, kind=Kind.LETTERS, by=NADIA)
    with monkeypatch.context() as patched:
        patched.setattr(papers, "invoices", broken)
        with pytest.raises(ZeroDivisionError):
            bundles.make_asked()

    assert "La préparation n'a pas pu se faire. Une erreur est survenue" in page(nadia, run)
    assert bundles.ask(run=run, kind=Kind.LETTERS, by=NADIA)
    assert made(Kind.LETTERS).state == RunWork.State.DONE


def test_a_file_that_stops_its_workers_is_given_up(nadia: Client, run: BillingRun) -> None:
    bundles.ask(run=run, kind=Kind.LETTERS, by=NADIA)
    RunWork.objects.update(state=RunWork.State.WORKING, tries=TRIES, files=[{"path": "", "invoices": [], "count": 0}])

    assert bundles.make_asked() == 0

    assert "arrêté trois fois" in page(nadia, run)


def test_nobody_to_post_to_makes_no_file(nadia: Client, run: BillingRun, stranger: Household) -> None:
    proved_by(stranger)
    bundles.ask(run=run, kind=Kind.LETTERS, by=NADIA)

    assert made(Kind.LETTERS).files == []
    assert "rien n'est à poster" in page(nadia, run)


def test_before_publication_and_for_others_there_is_nothing(nadia: Client, demo: Commune, run: BillingRun) -> None:
    draft = factories.run(first_day=run.last_day, last_day=run.last_day)

    with pytest.raises(RunRefused, match="state"):
        bundles.ask(run=draft, kind=Kind.LETTERS, by=NADIA)
    said = nadia.post(f"/mairie/regie/lots/{draft.pk}/papiers/archive/", follow=True)
    assert "Publiez d'abord ce lot" in reading.words(said.content.decode())
    for door in ("autre/0/", "a-poster/0/", f"archive/{'9' * 30}/"):
        assert nadia.get(f"/mairie/regie/lots/{run.pk}/papiers/{door}").status_code == 404
    reader = signed_in(demo, "lecture", name="Luc")
    assert reader.get(f"/mairie/regie/lots/{run.pk}/papiers/").status_code == 403


def test_files_go_ninety_days_later(run: BillingRun) -> None:
    bundles.ask(run=run, kind=Kind.LETTERS, by=NADIA)
    path = made(Kind.LETTERS).files[0]["path"]
    late = clock.now() + BUNDLES_KEPT

    apply_terms(today=clock.today(PARIS), now=late - timedelta(days=1))
    assert default_storage.exists(path)
    apply_terms(today=clock.today(PARIS), now=late + timedelta(days=1))

    assert not default_storage.exists(path)
    assert not RunWork.objects.exists()


def test_files_of_what_was_given_up_go_within_days(run: BillingRun) -> None:
    bundles.ask(run=run, kind=Kind.LETTERS, by=NADIA)
    work = made(Kind.LETTERS)
    RunWork.objects.filter(pk=work.pk).update(state=RunWork.State.FAILED)
    late = clock.now() + FAILED_BUNDLES_KEPT

    apply_terms(today=clock.today(PARIS), now=late - timedelta(days=1))
    assert default_storage.exists(work.files[0]["path"])
    apply_terms(today=clock.today(PARIS), now=late + timedelta(days=1))

    assert not default_storage.exists(work.files[0]["path"])


def test_a_file_of_six_costs_the_statements_of_one(marsone: Household, stranger: Household) -> None:
    Address.objects.all().delete()
    homes = [marsone, stranger, *(household(name=f"NOMBRE {rank}") for rank in range(4))]
    found = []
    for number in (1, 6):
        run = published(homes[:number])
        documents.draw_missing()
        for kind in (Kind.LETTERS, Kind.ARCHIVE):
            bundles.ask(run=run, kind=kind, by=NADIA)
        with counted() as statements:
            assert bundles.make_asked() == 2
        found.append(len(statements))
        BillingRun.objects.filter(pk=run.pk).update(first_day="2001-01-01", last_day="2001-01-02")

    assert found[0] == found[1]
