"""A closed commune is erased after its delay, by a worker that may be killed: a certificate is left."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from queue import Empty

import psycopg
import pytest
import redis
from celery import current_app
from django.conf import settings
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.test import Client
from pytest_django import DjangoDbBlocker

from deploy.processes import wait_until
from lps.console import erasing, exporting, states, using
from lps.console.erasing import ErasureRefused
from lps.console.models import Erasure
from lps.console.restoring import restore
from lps.console.states import StateRefused, Wanted
from lps.journal.actors import Actor, ActorKind
from lps.journal.channels import Channel
from lps.journal.models import AuditEntry
from lps.kernel import clock
from notifications import tasks as notifications
from tenants import context
from tenants.keys import KeyLost, encrypt
from tenants.models import Commune, CommuneState, Host, OperatorLine
from tenants.queries import commune_by_slug, commune_of_host
from tenants.tasks import send_to_commune
from tests.accounts.factories import console_browser, enter, operator
from tests.live import ROOT, Copy
from tests.zone import PARIS

OLIVIER = Actor(ActorKind.OPERATOR, "1", "Olivier")
PHRASE = "quatre mots que seule la mairie connaît"
SECONDS = 60.0
ERASE = """
import django; django.setup()
from datetime import timedelta
from lps.console import erasing
from lps.kernel import clock
erasing.erase_due(now=clock.real_now() + timedelta(days=31))
"""


@pytest.fixture
def copy(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Copy]:
    """A database for this test alone: what is erased stays erased."""
    made = Copy.made("erasing", django_db_blocker)
    yield made
    made.drop()


def closed(commune: Commune) -> Commune:
    return states.change_state(slug=commune.slug, wanted=Wanted(CommuneState.CLOSED, "Fin du contrat."), by=OLIVIER)


def exported(commune: Commune, path: Path) -> None:
    exporting.export_to(path=path, commune=commune, passphrase=PHRASE, by=OLIVIER, channel=Channel.WEB)


@pytest.fixture
def leaving(demo: Commune, tmp_path: Path) -> Commune:
    """Closed, and exported since."""
    closed(demo)
    exported(demo, tmp_path / "demo.zip")
    return commune_by_slug(slug="demo")


def planned(commune: Commune) -> Erasure:
    return erasing.plan(commune=commune, reason="Fin du contrat", by=OLIVIER)


def test_only_a_closed_and_exported_commune_is_to_be_erased(demo: Commune, tmp_path: Path) -> None:
    exported(demo, tmp_path / "avant.zip")
    with pytest.raises(ErasureRefused, match="not_closed"):
        planned(demo)

    closed(demo)
    with pytest.raises(ErasureRefused, match="no_export"):
        planned(demo)

    exported(demo, tmp_path / "apres.zip")
    planned(demo)
    with pytest.raises(ErasureRefused, match="under_way"):
        planned(demo)


def test_nothing_is_erased_before_its_day(leaving: Commune) -> None:
    planned(leaving)

    assert erasing.erase_due(now=clock.real_now() + timedelta(days=29)) == 0
    assert commune_by_slug(slug="demo").state == CommuneState.CLOSED


def test_it_is_taken_back_until_then(leaving: Commune) -> None:
    erasure = planned(leaving)
    with pytest.raises(StateRefused, match="erasure_planned"):
        states.change_state(slug="demo", wanted=Wanted(CommuneState.ACTIVE), by=OLIVIER)

    erasing.cancel(erasure=erasure, by=OLIVIER)

    assert erasing.erase_due(now=clock.real_now() + timedelta(days=40)) == 0
    with pytest.raises(ErasureRefused, match="too_late"):
        erasing.cancel(erasure=erasure, by=OLIVIER)
    states.change_state(slug="demo", wanted=Wanted(CommuneState.ACTIVE), by=OLIVIER)
    with context.use(leaving):
        told = list(AuditEntry.objects.filter(action__startswith="commune_erasure").values_list("action", flat=True))
    assert sorted(told) == ["commune_erasure_canceled", "commune_erasure_planned"]


def test_the_form_wants_the_name_typed_and_the_certificate_follows(leaving: Commune) -> None:
    client = console_browser()
    enter(client, operator(), "/connexion/")
    page = "/communes/demo/effacement/"

    assert "dix ans" in client.get(page).content.decode()
    wrong = client.post(page, {"reason": "Fin", "typed": "buchelay"})
    assert (wrong.status_code, "rien n" in wrong.content.decode()) == (400, True)
    done = client.post(page, {"reason": "Fin du contrat", "typed": "demo"})
    assert "Tout sera effacé le" in client.get(done.headers["Location"]).content.decode()
    assert "Tout sera effacé le" in client.get("/communes/demo/").content.decode()
    assert certificate_of(client) == 404


def certificate_of(client: Client) -> int:
    with context.public():
        pk = Erasure.objects.latest("pk").pk
    return client.get(f"/effacements/{pk}/certificat.pdf").status_code


def traces(commune: Commune) -> list[str]:
    """Where the schema, the identifier or the name of a commune still stand: catalog, tables, files, servers."""
    found = []
    words = (commune.schema_name, str(commune.pk), commune.pk.hex)
    with context.public(), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_namespace WHERE nspname = %s", [commune.schema_name])
        found += ["schema"] * int(cursor.fetchone()[0])
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE 'django%'")
        for (table,) in cursor.fetchall():
            cursor.execute(
                f'SELECT count(*) FROM "{table}" AS t WHERE t::text LIKE ANY(%s)', [[f"%{w}%" for w in words]]
            )
            found += [table] if int(cursor.fetchone()[0]) else []
    root = Path(default_storage.root)
    found += [str(path) for path in root.rglob("*") if commune.schema_name in path.relative_to(root).parts]
    for url in {str(settings.CACHES["default"]["LOCATION"]), settings.CELERY_BROKER_URL}:
        with redis.Redis.from_url(url) as server:
            found += [key.decode() for key in server.scan_iter() if commune.pk.hex in key.decode() or b":demo:" in key]
            for key in server.scan_iter(_type="list"):
                found += [f"task of {key!r}" for raw in server.lrange(key, 0, -1) if b'"commune": "demo"' in raw]
    return sorted(found)


def leave_traces(commune: Commune) -> None:
    """A file, a key of the cache, a domain, tasks that wait."""
    with context.use(commune):
        default_storage.save("essai/note.txt", ContentFile(b"une note"))
        cache.set("essai", 1)
    with context.public():
        Host.objects.create(domain="portail.exemple.fr", tenant=commune, is_primary=False)
        OperatorLine.objects.create(name="Ligne de demo", commune=commune, kind=OperatorLine.Kind.REGISTRATION)
    for slug in ("demo", "buchelay", "demo"):
        send_to_commune(task="notifications.drain", slug=slug, app=current_app)


# What stays, and says so: the certificate, and the registry row under another name, so that an archive may come back.
LEFT = ["console_erasure", "tenants_commune"]


def test_killed_half_way_it_is_finished_and_nothing_is_left(copy: Copy, tmp_path: Path) -> None:
    with copy.standing_in():
        demo = commune_by_slug(slug="demo")
        leave_traces(demo)
        closed(demo)
        exported(demo, tmp_path / "demo.zip")
        used = usage_of("demo")
        with context.use(demo):
            sealed = encrypt("un secret", purpose="essai")
        erasure = planned(commune_by_slug(slug="demo"))
        with psycopg.connect(copy.url) as reader:  # who reads a table keeps its schema from being dropped
            reader.execute(f"SELECT count(*) FROM {demo.schema_name}.families_child")
            killed(copy)
            erasure.refresh_from_db()
            assert (erasure.state, commune_by_slug(slug="demo").state) == (Erasure.State.ERASING, CommuneState.ERASED)
            assert not (Path(default_storage.root) / demo.schema_name).exists()
            assert commune_of_host(host="portail.exemple.fr") is None
        assert wait_until(lambda: erasing.erase_due(now=clock.real_now()) == 1, seconds=SECONDS)

        assert erasing.erase_due(now=clock.real_now()) == 0
        assert traces(demo) == LEFT
        erasure.refresh_from_db()
        assert erasure.told["rows"] > 1000 and erasure.told["export"]["digest"] and erasure.done_at
        assert usage_of("demo") == [(CommuneState.ERASED, numbers) for _, numbers in used] != []
        assert "buchelay" in (left := waiting_tasks()) and "demo" not in left
        back(demo, sealed, tmp_path)
        assert usage_of("demo") == [(CommuneState.SUSPENDED, numbers) for _, numbers in used]


def usage_of(slug: str) -> list[tuple[str, using.Used | None]]:
    """The commune's lines of the month in which it has bookings, for the vendor's invoices."""
    month = clock.today(PARIS).replace(day=1)
    return [(commune.state, used) for commune, used in using.usage(first_day=month) if commune.slug == slug]


def killed(copy: Copy) -> None:
    """A worker erases, waits for the reader at the schema, and is killed there."""
    worker = subprocess.Popen([sys.executable, "-c", ERASE], cwd=ROOT, env=copy.environment, stderr=subprocess.DEVNULL)
    assert wait_until(lambda: waits_for_a_lock(copy) or worker.poll() is not None, seconds=SECONDS)
    worker.send_signal(signal.SIGKILL)
    assert worker.wait(timeout=SECONDS) == -signal.SIGKILL


def waits_for_a_lock(copy: Copy) -> bool:
    with psycopg.connect(copy.url) as looking:
        found = looking.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'DROP SCHEMA%'"
        ).fetchone()
    return bool(found and found[0])


def waiting_tasks() -> list[str | None]:
    """The communes whose tasks wait in the broker; taken out."""
    found = []
    with current_app.connection_for_read() as broker:
        queue = broker.SimpleQueue(settings.CELERY_TASK_DEFAULT_QUEUE)
        with suppress(Empty):
            while message := queue.get(block=False):
                found.append(message.headers.get("commune"))
                message.ack()
        queue.close()
    return found


def back(demo: Commune, sealed: str, folder: Path) -> None:
    """It comes back from the archive, under its name, and what was sealed opens."""
    with context.public(), pytest.raises(KeyLost), context.use(Commune.objects.get(pk=demo.pk)):
        encrypt("rien", purpose="essai")
    restored = restore(path=folder / "demo.zip", passphrase=PHRASE, by=OLIVIER, channel=Channel.WEB).commune
    assert (restored.pk, restored.slug, restored.state) == (demo.pk, "demo", CommuneState.SUSPENDED)
    exported(restored, folder / "encore.zip")
    with context.public():
        first, second = restored.exports.order_by("pk").last(), Erasure.objects.get(commune_key=demo.pk)
    assert first and first.content == second.told["export"]["content"]
    assert sealed


def test_a_task_of_an_erased_commune_ends_with_it(demo: Commune) -> None:
    with context.public():
        Commune.objects.filter(pk=demo.pk).update(state=CommuneState.ERASED)

    assert notifications.drain.apply(headers={"commune": "demo"}).get() is None
