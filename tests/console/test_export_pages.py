"""Asking for the whole of a commune on its page: made by the worker, downloaded, written down, removed in time."""

import io
import zipfile
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.http import HttpResponse
from django.test import Client

from lps.accounts.roles import Role
from lps.console import exporting, states
from lps.console.exporting import ExportRefused
from lps.console.states import Wanted
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.models import AuditEntry
from lps.kernel import clock
from tenants import context
from tenants.long_work import TRIES
from tenants.models import Commune, CommuneState, Export
from tests.accounts.factories import console_browser, enter, operator
from tests.isolation.cast import Town, here
from tests.isolation.trials import with_cookies
from tests.sql import counted

PHRASE = "quatre mots que seule la mairie connaît"
TYPED = {"passphrase": PHRASE, "again": PHRASE}
BY = Actor.system("essai")


@pytest.fixture
def town(demo: Commune) -> Town:
    return here(demo)


@pytest.fixture
def clerk(town: Town) -> Client:
    return with_cookies(town.browser(), town.agent())


@pytest.fixture
def console(demo: Commune) -> Client:
    client = console_browser()
    enter(client, operator(), "/connexion/")
    return client


@pytest.fixture(autouse=True)
def removed(demo: Commune) -> Iterator[None]:
    yield
    with context.use(demo):
        for name in default_storage.listdir("exports")[1]:
            default_storage.delete(f"exports/{name}")


def asked(commune: Commune) -> Export:
    exporting.ask(commune=commune, passphrase=PHRASE, by=BY, channel=Channel.WEB)
    exporting.make_asked()
    return exporting.of_commune(commune)[0]


def downloaded(answer: HttpResponse) -> bytes:
    return b"".join(answer.streaming_content)


def text(answer: HttpResponse) -> str:
    return answer.content.decode().replace("&#x27;", "'")


def journal(commune: Commune | None) -> list[str]:
    with context.use(commune) if commune else context.public():
        entries = AuditEntry.objects.filter(action__startswith="town_export").order_by("pk")
        return list(entries.values_list("action", flat=True))


def test_an_operator_asks_then_downloads_an_archive(demo: Commune, console: Client) -> None:
    page = f"/communes/{demo.slug}/export/"

    assert console.post(page, TYPED).headers["Location"] == f"{page}?fait=demande"
    assert "L'export est demandé" in text(console.get(f"{page}?fait=demande"))
    assert "L'export va commencer" in text(console.get(page))
    assert exporting.make_asked() == 1
    assert "L'export est demandé" not in text(console.get(f"{page}?fait=demande"))

    made = exporting.of_commune(demo)[0]
    assert made.state == Export.State.READY and made.content and made.digest and made.rows > 1000
    assert made.content in console.get(page).content.decode()
    answer = console.get(f"{page}{made.pk}/archive.zip")
    content = downloaded(answer)
    assert len(content) == made.size == int(answer.headers["Content-Length"])
    assert "manifeste.json" in zipfile.ZipFile(io.BytesIO(content)).namelist()
    assert journal(None) == ["town_export_asked", "town_export_taken"]
    assert journal(demo) == ["town_exported", "town_export_taken"]


def test_the_administrator_of_a_suspended_commune_exports_it(demo: Commune, clerk: Client) -> None:
    states.change_state(slug=demo.slug, wanted=Wanted(CommuneState.SUSPENDED, "Fin du contrat."), by=BY)

    assert clerk.post("/mairie/export/", TYPED).headers["Location"] == "/mairie/export/?fait=demande"
    exporting.make_asked()

    made = exporting.of_commune(demo)[0]
    answer = clerk.get(f"/mairie/export/{made.pk}/archive.zip")
    assert len(downloaded(answer)) == made.size


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [({}, "Choisissez une phrase secrète"), ({"passphrase": "courte", "again": "courte"}, "trop courte"),
     ({"passphrase": PHRASE, "again": PHRASE + "x"}, "ne sont pas les mêmes"),
     ({"passphrase": "x" * 300, "again": "x" * 300}, "trop longue"),
     ({"passphrase": "x" * 20 + "\x00", "again": "x" * 20 + "\x00"}, "caractères")],
)  # fmt: skip
def test_a_phrase_that_will_not_do_is_said(clerk: Client, demo: Commune, typed: dict[str, str], sentence: str) -> None:
    answer = clerk.post("/mairie/export/", typed)

    assert (answer.status_code, sentence in answer.content.decode()) == (400, True)
    assert not exporting.of_commune(demo)


def test_one_export_of_a_commune_at_a_time(demo: Commune) -> None:
    exporting.ask(commune=demo, passphrase=PHRASE, by=BY, channel=Channel.WEB)

    with pytest.raises(ExportRefused, match="under_way"):
        exporting.ask(commune=demo, passphrase=PHRASE, by=BY, channel=Channel.WEB)


def test_the_passphrase_is_kept_nowhere(demo: Commune) -> None:
    made = asked(demo)

    with context.public():
        kept = Export.objects.filter(pk=made.pk).values().get()
        entries = list(AuditEntry.objects.filter(subject=f"commune:{demo.slug}").values())
    assert PHRASE not in str(kept) + str(entries)


def test_an_archive_never_holds_another(demo: Commune) -> None:
    first = asked(demo)
    second = asked(demo)

    assert second.files == first.files


def test_archives_go_after_a_fortnight_and_their_sums_stay(demo: Commune, clerk: Client) -> None:
    made = asked(demo)
    with context.use(demo):
        assert default_storage.exists(made.path)

    assert exporting.forget_old(now=clock.now() + timedelta(days=13)) == 0
    assert exporting.forget_old(now=clock.now() + timedelta(days=15)) == 1
    assert exporting.forget_old(now=clock.now() + timedelta(days=15)) == 0

    with context.use(demo):
        assert not default_storage.exists(made.path)
    assert exporting.of_commune(demo)[0].digest == made.digest
    assert clerk.get(f"/mairie/export/{made.pk}/archive.zip").status_code == 404


def test_only_an_administrator_for_everything_exports(town: Town) -> None:
    for role in (Role.SCHOOL, Role.CASH_OFFICE, Role.READ_ONLY):
        client = with_cookies(town.browser(), town.agent(role))
        assert client.get("/mairie/export/").status_code == 403


def test_an_export_that_stops_its_worker_is_given_up(demo: Commune) -> None:
    exporting.ask(commune=demo, passphrase=PHRASE, by=BY, channel=Channel.WEB)
    with context.public():
        Export.objects.update(state=Export.State.MAKING, tries=TRIES)

    assert exporting.make_asked() == 0
    assert exporting.of_commune(demo)[0].state == Export.State.FAILED


def test_the_page_costs_the_same_for_few_and_for_many(demo: Commune, clerk: Client) -> None:
    clerk.get("/mairie/export/")
    with counted() as few:
        clerk.get("/mairie/export/")
    with context.public():
        told = {"asked_kind": "system", "asked_key": "", "asked_by": "x", "state": Export.State.REMOVED}
        Export.objects.bulk_create(Export(commune=demo, sealed_key="", **told) for _ in range(10))
    with counted() as many:
        clerk.get("/mairie/export/")

    assert len(many) == len(few) <= 8
