"""What Prometheus reads: a port of its own, no name of anybody, counts of all processes, what waits in the towns."""

import http.client
import re
import socket
import uuid
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from booking.rules.planning import Cell, Change
from booking.services.bookings import change_bookings
from deploy.processes import LOOPBACK, free_port
from lps.accounts import attempts
from lps.config import fleet_metrics
from lps.config.fleet_metrics import Fleet
from lps.config.tick import tick
from lps.families.models import Household
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.kernel import clock
from lps.kernel.metrics import counted, exposing
from notifications.services import post
from tenants import context
from tenants.models import Commune
from tenants.tasks import registry_task
from tests.families.factories import child_of
from tests.live import Pages, Site
from tests.test_tree import ROOT, tracked
from tests.zone import PARIS

PAGE = ROOT / "docs" / "metrics.md"
Figures = dict[tuple[str, frozenset[tuple[str, str]]], float]


def exposed_names() -> set[str]:
    """The families as a reader of `/metrics` names them."""
    families = [family for metric in counted.ALL for family in metric.describe()]
    families += [*Fleet().describe(), *exposing.Started("web").collect()]
    return {f"{family.name}_total" if family.type == "counter" else family.name for family in families}


def test_the_page_lists_every_metric_and_no_other() -> None:
    told = re.findall(r"^\| `(lps_\w+)` \|", PAGE.read_text(), re.M)

    assert sorted(told) == sorted(exposed_names())


def test_every_metric_declared_is_exposed_and_names_no_commune() -> None:
    declared = {name for name, value in vars(counted).items() if name.isupper() and hasattr(value, "describe")}
    labels = {label for metric in counted.ALL for label in metric._labelnames}

    assert len(declared) == len(counted.ALL)
    assert labels.isdisjoint({"commune", "town", "host", "path", "address", "household"})
    assert labels | {"part", "kind", "process", "queue"} == set(re.findall(r"`(\w+)`", labels_column()))


def labels_column() -> str:
    """The third column of the page's tables."""
    return " ".join(row.split("|")[3] for row in PAGE.read_text().splitlines() if row.startswith("| `lps_"))


def test_the_library_is_loaded_by_the_room_that_chooses_its_folder_alone() -> None:
    loads = re.compile(r"^(?:from|import) prometheus_client", re.M)
    rooms = {
        path.parent.name for path in tracked("*.py") if "tests" not in path.parts and loads.search(path.read_text())
    }

    assert rooms == {"metrics"}


@pytest.fixture(scope="module")
def watched(site: Site) -> Iterator[tuple[Pages, int]]:
    """Pages of two processes, and the port of their figures."""
    port = free_port()
    with site.pages_with(LPS_METRICS_PORT=str(port), WEB_CONCURRENCY="2") as pages:
        yield pages, port


def figures_of(port: int) -> Figures:
    server = http.client.HTTPConnection(LOOPBACK, port, timeout=10)
    server.request("GET", "/metrics")
    text = server.getresponse().read().decode()
    server.close()
    families = text_string_to_metric_families(text)
    return {(one.name, frozenset(one.labels.items())): one.value for family in families for one in family.samples}


def test_all_processes_of_the_pages_are_counted_together(watched: tuple[Pages, int]) -> None:
    pages, port = watched
    route = ("lps_web_route_seconds_count", frozenset({("route", "families:help"), ("status", "2xx")}))
    before = figures_of(port).get(route, 0)
    for _ in range(12):
        pages.get("demo", "/aide/")
        pages.get("buchelay", "/enfants/48291573/rien/")

    figures = figures_of(port)

    assert figures[route] - before == 12
    assert figures["lps_web_seconds_count", frozenset({("door", "none"), ("status", "4xx")})] >= 12
    assert figures["lps_database_connections", frozenset({("state", "open")})] >= 1
    assert figures["lps_started_timestamp_seconds", frozenset({("process", "web")})] > 0
    assert not [name for name in figures if re.search(r"demo|buchelay|\d{6}|@", str(name[1]))]


def test_the_public_door_knows_no_such_address(watched: tuple[Pages, int], client: Client) -> None:
    pages, port = watched
    answers = [pages.get(host, "/metrics") for host in ("demo", "console", "nulle-part")]

    assert [answer.status for answer in answers] == [404, 404, 404]
    assert "lps_web" not in "".join(answer.body for answer in answers)
    with pytest.raises(ConnectionRefusedError):  # another address of the same machine
        socket.create_connection(("127.0.0.2", port), timeout=30).close()


def test_without_a_port_nothing_is_exposed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LPS_METRICS_PORT", raising=False)

    assert exposing.expose("web") is None


def value(metric: object, **labels: str) -> float:
    """What a counter of this process shows."""
    samples = [sample for family in metric.collect() for sample in family.samples]  # type: ignore[attr-defined]
    return sum(one.value for one in samples if one.labels == labels and one.name.endswith(("_total", "_count")))


def test_a_save_is_counted_once_it_is_committed_and_a_trial_never(
    in_demo: Commune, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    home = Household.objects.get(name="MARSONE")
    names = {"channel": "voice", "reason": "unknown"}
    refused, nothing = value(counted.CHANGES_REFUSED, **names), value(counted.SAVES, channel="voice", outcome="nothing")

    def save() -> None:
        change_bookings(
            child=child_of(home),
            household=home,
            changes=[Change(Cell(2**31, clock.today(PARIS)), True), Change(Cell(2**31 + 1, clock.today(PARIS)), True)],
            by=Actor.system("essai"),
            channel=Channel.VOICE,
            received_at=clock.now(),
            jeton=uuid.uuid4(),
        )

    with pytest.raises(InterruptedError), transaction.atomic():
        save()
        raise InterruptedError
    with django_capture_on_commit_callbacks(execute=True):
        save()

    assert value(counted.CHANGES_REFUSED, **names) == refused + 2
    assert value(counted.SAVES, channel="voice", outcome="nothing") == nothing + 1


def test_attempts_are_counted_by_kind_of_secret(in_demo: Commune, settings: Settings) -> None:
    counters = [attempts.secret("child_code", "123456")]
    before = {outcome: value(counted.ATTEMPTS, secret="child_code", outcome=outcome) for outcome in OUTCOMES}
    attempts.check(counters)
    attempts.fail(counters)
    attempts.succeed(counters)
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": f"redis://{LOOPBACK}:{free_port()}/0"}}
    with pytest.raises(attempts.Unavailable):
        attempts.check(counters)

    after = {outcome: value(counted.ATTEMPTS, secret="child_code", outcome=outcome) for outcome in OUTCOMES}

    assert {outcome: after[outcome] - before[outcome] for outcome in OUTCOMES} == OUTCOMES


OUTCOMES = {"right": 1, "wrong": 1, "held": 0, "uncounted": 1}


def test_a_task_that_fails_is_counted_as_such(db: None) -> None:
    def broken() -> None:
        raise RuntimeError("essai")

    task = registry_task(name="essai.panne")(broken)
    with pytest.raises(RuntimeError):
        task()

    assert value(counted.TASKS, task="essai.panne", outcome="failed") == 1


# --- What waits in the towns ------------------------------------------------------------------------------------------


def fleet() -> Figures:
    """A fresh reading, without the pause between two."""
    families = fleet_metrics.read().values()
    return {(one.name, frozenset(one.labels.items())): one.value for family in families for one in family.samples}


def depth(figures: Figures, kind: str, state: str) -> float:
    return figures["lps_outbox_messages", frozenset({("kind", kind), ("state", state)})]


@pytest.fixture
def reading(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reader closes its connection at the end, which here is the test's own transaction."""
    monkeypatch.setattr(connection, "close", lambda: None)


def test_what_waits_is_summed_over_the_towns(reading: None, demo: Commune, buchelay: Commune) -> None:
    before, facts = fleet(), {"link": "https://x.example/"}
    for commune, hours in ((demo, 2), (buchelay, 1)):
        with context.use(commune):
            message = post(
                to="a@example.org", template="families/emails/answered", facts=facts, by=Actor.system("essai")
            )
            type(message).objects.filter(pk=message.pk).update(due_at=clock.now() - timedelta(hours=hours))

    figures = fleet()

    assert depth(figures, "email", "due") == depth(before, "email", "due") + 2
    assert figures["lps_outbox_oldest_seconds", frozenset({("kind", "email")})] == pytest.approx(7200, abs=60)
    assert depth(figures, "sms", "tried") == 0
    assert figures["lps_communes", frozenset({("state", "active")})] == 2
    assert figures["lps_communes_unread", frozenset()] == 0
    assert figures["lps_payments_oldest_seconds", frozenset()] == 0


def test_a_town_that_cannot_be_read_hides_no_other(reading: None, demo: Commune) -> None:
    with context.use(demo), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE notifications_outboxmessage RENAME TO moved_away")

    figures = fleet()

    assert figures["lps_communes_unread", frozenset()] == 1
    assert depth(figures, "email", "due") >= 0
    assert figures["lps_fleet_readable", frozenset({("part", "database")})] == 1


def test_a_town_that_misses_a_migration_is_told_and_named(
    reading: None, demo: Commune, caplog: pytest.LogCaptureFixture
) -> None:
    before = fleet()["lps_communes_behind", frozenset()]
    with context.use(demo), connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'town' AND name = '0003_steps_skipped'")

    figures = fleet()

    assert (before, figures["lps_communes_behind", frozenset()]) == (0, 1)
    assert "1 communes are behind the code: demo (town.0003_steps_skipped)" in caplog.text


def test_a_broker_that_is_away_is_told_and_the_rest_is_read(reading: None, demo: Commune, settings: Settings) -> None:
    settings.CELERY_BROKER_URL = f"redis://{LOOPBACK}:{free_port()}/0"

    figures = fleet()

    assert figures["lps_fleet_readable", frozenset({("part", "broker")})] == 0
    assert figures["lps_communes", frozenset({("state", "active")})] == 2
    assert "lps_queue_tasks" not in {name for name, _ in figures}


def test_every_queue_is_told_and_a_tick_that_nobody_knows_of_is_old(reading: None, demo: Commune) -> None:
    cache.clear()

    figures = fleet()

    assert {labels for name, labels in figures if name == "lps_queue_tasks"} == {
        frozenset({("queue", "lps")}),
        frozenset({("queue", "lps.voice")}),
    }
    assert figures["lps_tick_timestamp_seconds", frozenset()] == 0


def test_a_port_of_figures_that_is_taken_stops_nobody(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.create_server((LOOPBACK, 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setenv("LPS_METRICS_PORT", str(port))
        monkeypatch.setattr(exposing, "MultiProcessCollector", lambda registry: None)

        assert exposing.expose("web") is None

    assert f"no metrics of web: {LOOPBACK}:{port} (LPS_METRICS_PORT) cannot be had" in caplog.text


def test_the_last_tick_is_told_by_the_true_time(reading: None, demo: Commune, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LPS_CLOCK", "-3d")
    tick()

    assert abs(fleet()["lps_tick_timestamp_seconds", frozenset()] - clock.real_now().timestamp()) < 60


def test_reading_often_asks_once(reading: None, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    monkeypatch.setattr(fleet_metrics, "read", lambda: made.append(1) or fleet_metrics._empty())
    asked = Fleet()

    for _ in range(5):
        assert len(list(asked.collect())) == len(asked.describe())

    assert made == [1]
