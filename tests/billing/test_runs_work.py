"""What a worker does for a run: the agent sees it go on and end, is told what failed, and two clicks are one."""

from datetime import date

import pytest
from django.http import HttpResponse
from django.test import Client

from billing.models import BillingRun, InvoiceCounter, RunWork
from billing.services import work
from booking.models import Activity
from lps.families.models import Household
from lps.journal.actors import Actor, ActorKind
from lps.journal.channels import Channel
from lps.journal.models import AuditEntry
from lps.kernel import clock
from notifications.models import OutboxMessage
from notifications.services import prove_address
from tenants import progressing
from tenants.long_work import TRIES
from tenants.models import Commune
from tests.billing import factories
from tests.billing.test_runs_services import many
from tests.booking.agents import signed_in
from tests.screens import reading
from tests.sql import counted

RUNS = "/mairie/regie/lots/"
MAIL = "billing/emails/invoice"
NADIA = Actor(ActorKind.AGENT, "12", "Nadia")
REFRESH = '<noscript><meta http-equiv="refresh"'
Kind, State = RunWork.Kind, RunWork.State
Run = BillingRun.State


@pytest.fixture
def nadia(demo: Commune, marsone: Household) -> Client:
    return signed_in(demo, "régie")


@pytest.fixture
def opened(nadia: Client, marsone: Household) -> BillingRun:
    """A month of nothing, that was opened and never computed."""
    return factories.run()


def page(client: Client, run: BillingRun) -> HttpResponse:
    return client.get(f"{RUNS}{run.pk}/?fait=calcule")


def words(response: HttpResponse) -> str:
    return reading.words(response.content.decode())


def test_the_page_waits_with_the_worker_and_says_the_end(nadia: Client, opened: BillingRun) -> None:
    sent = nadia.post(f"{RUNS}{opened.pk}/calculer/")
    before = page(nadia, opened)
    listed = words(nadia.get(RUNS))
    assert work.work_asked() == 1
    after = page(nadia, opened)

    assert sent.headers["Location"].endswith("?fait=calcule")
    assert "Le calcul va commencer" in words(before)
    assert REFRESH in before.content.decode()
    assert "Le lot est calculé" not in words(before) and "Abandonner" not in words(before)
    assert "brouillon en cours" in listed
    assert "Le lot est calculé" in words(after)
    assert REFRESH not in after.content.decode()
    assert "en cours" not in words(nadia.get(RUNS))


def test_families_looked_at_are_counted_on_the_page(
    nadia: Client, stranger: Household, opened: BillingRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    monkeypatch.setattr("billing.services.computing.CHUNK", 1)
    note = progressing.note

    def look(name: str, done: int, total: int) -> None:
        note(name, done, total)
        seen.append(words(page(nadia, opened)))

    monkeypatch.setattr(progressing, "note", look)
    work.ask(run=opened, kind=Kind.COMPUTE, by=NADIA)

    assert work.work_asked() == 1

    number = Household.objects.count()
    assert any(f"Le calcul est en cours : {number - 1} familles sur {number}." in one for one in seen)


def test_two_clicks_are_one(nadia: Client, opened: BillingRun) -> None:
    for _click in range(2):
        nadia.post(f"{RUNS}{opened.pk}/calculer/")

    assert (work.work_asked(), work.work_asked()) == (1, 0)
    opened.refresh_from_db()
    assert opened.version == 1
    own = AuditEntry.objects.filter(subject=f"billing_run:{opened.pk}")
    asked, told = own.get(action="run_compute_asked"), own.get(action="run_computed")
    assert (told.actor_kind, told.actor_label) == ("agent", asked.actor_label)


def test_a_run_on_which_a_worker_is_refuses_the_rest(nadia: Client, opened: BillingRun) -> None:
    work.ask(run=opened, kind=Kind.COMPUTE, by=NADIA)

    for door in ("verifier/", "valider/", "abandonner/"):
        said = nadia.post(f"{RUNS}{opened.pk}/{door}", {"version": 0})
        assert said.headers["Location"].endswith("?fait=busy")

    opened.refresh_from_db()
    assert (opened.state, opened.version) == (Run.DRAFT, 0)


def test_publishing_waits_for_its_worker_and_tells_families_once(
    nadia: Client, marsone: Household, opened: BillingRun
) -> None:
    prove_address(holder=marsone.holder, value="claire@example.org", consent="essai", by=NADIA, channel=Channel.WEB)
    run = factories.invoice(marsone, issued_at=clock.now()).run
    BillingRun.objects.filter(pk=run.pk).update(state=Run.VALIDATED, published_at=None)

    for _click in range(2):
        nadia.post(f"{RUNS}{run.pk}/publier/")
    before, form = words(page(nadia, run)), nadia.get(f"{RUNS}{run.pk}/publier/")
    assert OutboxMessage.objects.filter(template=MAIL).count() == 0
    assert (work.work_asked(), work.work_asked()) == (1, 0)

    assert "La publication est en cours" in before
    assert form.headers["Location"].endswith("?fait=busy")
    run.refresh_from_db()
    assert run.state == Run.PUBLISHED
    assert OutboxMessage.objects.filter(template=MAIL).count() == 1
    after = nadia.get(f"{RUNS}{run.pk}/?fait=publie")
    assert "Les factures sont publiées" in words(after) and "Les PDF se préparent : 0 sur 1" in words(after)
    assert REFRESH in after.content.decode()


def test_the_button_that_publishes_says_whether_families_are_written_to(nadia: Client, marsone: Household) -> None:
    run = factories.invoice(marsone, issued_at=clock.now()).run
    BillingRun.objects.filter(pk=run.pk).update(state=Run.VALIDATED, published_at=None)
    form = f"{RUNS}{run.pk}/publier/"

    nobody = words(nadia.get(form))
    prove_address(holder=marsone.holder, value="claire@example.org", consent="essai", by=NADIA, channel=Channel.WEB)
    somebody = words(nadia.get(form))

    assert "Publier sans e-mail" in nobody and "Publier et prévenir les familles" not in nobody
    assert "Publier et prévenir les familles" in somebody and "Publier sans e-mail" not in somebody


@pytest.mark.parametrize(("kind", "act"), [(Kind.COMPUTE, "compute"), (Kind.PUBLISH, "runs.publish")])
def test_what_fails_is_told_and_asked_again(
    nadia: Client, marsone: Household, monkeypatch: pytest.MonkeyPatch, kind: Kind, act: str
) -> None:
    run = factories.run() if kind == Kind.COMPUTE else factories.invoice(marsone, issued_at=clock.now()).run
    if kind == Kind.PUBLISH:
        BillingRun.objects.filter(pk=run.pk).update(state=Run.VALIDATED, published_at=None)
        run.refresh_from_db()
    work.ask(run=run, kind=kind, by=NADIA)

    def broken(**_given: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr(f"billing.services.work.{act}", broken)
        with pytest.raises(ZeroDivisionError):
            work.work_asked()
    shown = words(page(nadia, run))

    assert "n'a pas pu se faire. Une erreur est survenue et rien n'a changé : réessayez" in shown
    assert "Le lot est calculé" not in shown
    assert work.work_asked() == 0
    assert work.ask(run=run, kind=kind, by=NADIA)
    assert work.work_asked() == 1
    assert "n'a pas pu se faire" not in words(page(nadia, run))


def test_a_run_that_stops_its_workers_is_given_up(nadia: Client, opened: BillingRun) -> None:
    work.ask(run=opened, kind=Kind.COMPUTE, by=NADIA)
    RunWork.objects.update(state=State.WORKING, tries=TRIES)

    assert work.work_asked() == 0

    assert RunWork.objects.get().failure == "stopped"
    assert "arrêté trois fois" in words(page(nadia, opened))


def test_what_the_run_itself_refuses_is_told_in_its_words(nadia: Client, opened: BillingRun) -> None:
    BillingRun.objects.filter(pk=opened.pk).update(
        state=Run.VALIDATED, year=2012, number=1, validated_at=clock.now(), version=1
    )
    work.ask(run=opened, kind=Kind.PUBLISH, by=NADIA)
    BillingRun.objects.filter(pk=opened.pk).update(state=Run.CLOSED)

    assert work.work_asked() == 0

    assert RunWork.objects.get().failure == "state"
    BillingRun.objects.filter(pk=opened.pk).update(state=Run.VALIDATED)
    assert "ce lot n'en est plus là" in words(page(nadia, opened))


def test_a_worker_makes_the_statements_of_ten_families_for_sixty(marsone: Household, morning: Activity) -> None:
    factories.tariff(morning)
    InvoiceCounter.objects.create(year=2012)
    found = []
    for month, families in ((3, 10), (4, 60)):
        many(families, morning, date(2012, month, 5))
        run = factories.run(label=str(month), first_day=date(2012, month, 1), last_day=date(2012, month, 28))
        with counted() as asking:
            work.ask(run=run, kind=Kind.COMPUTE, by=NADIA)
        with counted() as working:
            assert work.work_asked() == 1
        assert run.drafts.count() == families
        found.append((len(asking), len(working)))

    assert found[0] == found[1]
    assert found[0][0] <= 8
