"""The ground of every test: one template database a run, two communes in it, a copy for each worker."""

import fcntl
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import hypothesis
import psycopg
import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.test import override_settings

from lps.accounts import attempts
from lps.families.models import Child, Household
from tenants import context, queries, schemas
from tenants.models import Commune
from tests.live import site

__all__ = ["site"]

TEMPLATE = "lps_template"
QUICK = "django.contrib.auth.hashers.MD5PasswordHasher"
FAMILIES = 60  # of Buchelay's three hundred: enough for every kind of family
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "gw0")


# Files that take minutes begin, one after another: what ends last has no other file beside it.
LONG = (
    "journeys/test_a_towns_year.py",
    "deploy/test_run.py",
    "journeys/test_every_page.py",
    "console/test_visits.py",
    "voice/test_real_faults.py",
    "voice/test_real_operator.py",
    "voice/test_real_calls.py",
)


def pytest_configure(config: pytest.Config) -> None:
    """Each worker has its own database of the Valkey server and its own files, before anything connects."""
    _choose_examples(searching="hypothesis" in config.option.markexpr)
    number = int(WORKER.removeprefix("gw")) % 15 + 1
    own = urlunsplit(urlsplit(os.environ["REDIS_URL"])._replace(path=f"/{number}"))
    os.environ["REDIS_URL"] = own
    settings.CACHES["default"]["LOCATION"] = own
    settings.CELERY_BROKER_URL = own
    attempts.TIMEOUT = 30.0  # a second is much for a server, and little for a machine that is busy
    settings.LPS_DATA_DIR = Path(os.environ["LPS_DATA_DIR"]) / WORKER
    settings.STORAGES["default"]["OPTIONS"]["root"] = f"{settings.LPS_DATA_DIR}/files"


def _choose_examples(*, searching: bool) -> None:
    """The same examples at each run, so that a change is judged by what it changes; `make soak` searches others.

    No test asserts a time: a machine that is busy may take long to draw an example.
    """
    slow = [hypothesis.HealthCheck.too_slow]
    hypothesis.settings.register_profile("lps", deadline=None, derandomize=not searching, suppress_health_check=slow)
    hypothesis.settings.load_profile("lps")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long files first, in their order; the others as they were shuffled.

    Workers share the tests by their names: of two that bear one, they would run one.
    """
    twice = [name for name, number in Counter(item.nodeid for item in items).items() if number > 1]
    if twice:
        raise pytest.UsageError(f"tests that bear one name: {twice[:5]}")
    ranks = {Path(__file__).parent / name: rank for rank, name in enumerate(LONG)}
    items.sort(key=lambda item: ranks.get(item.path, len(LONG)))


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: pytest.FixtureRequest) -> Iterator[None]:
    """A copy of the template database under this worker's name; the whole server goes with the run."""
    admin = os.environ["DATABASE_URL"]
    with django_db_blocker.unblock(), (Path(os.environ["LPS_DATA_DIR"]) / "template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with psycopg.connect(admin, autocommit=True) as server:
            if not server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [TEMPLATE]).fetchone():
                server.execute(f"DROP DATABASE IF EXISTS {TEMPLATE}_draft WITH (FORCE)")
                server.execute(f"CREATE DATABASE {TEMPLATE}_draft")
                _stand_in(f"{TEMPLATE}_draft")
                _make_communes()
                connection.close()
                server.execute(f"ALTER DATABASE {TEMPLATE}_draft RENAME TO {TEMPLATE}")
            server.execute(f"CREATE DATABASE lps_{WORKER} TEMPLATE {TEMPLATE}")
        _stand_in(f"lps_{WORKER}")
    yield
    with django_db_blocker.unblock():
        connection.close()


def _stand_in(database: str) -> None:
    connection.close()
    connection.settings_dict["NAME"] = database
    os.environ["DATABASE_URL"] = urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{database}"))


def _make_communes() -> None:
    from lps.console import demonstration

    schemas.prepare_public()
    schemas.refresh_template()
    for commune in demonstration.load(families_number=FAMILIES):
        with context.use(commune):
            _forget_prices()


def _forget_prices() -> None:
    """Tests name their own prices and invoices: the demonstration's are read by none of them."""
    from django.apps import apps

    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # what is written once is not meant for tests to keep
        for model in apps.get_app_config("billing").get_models():
            cursor.execute(f"DELETE FROM {model._meta.db_table}")
        cursor.execute("SET session_replication_role = DEFAULT")


@pytest.fixture(autouse=True)
def nothing_remembered(request: pytest.FixtureRequest) -> None:
    """Counters and caches start empty, and no host is known: what works is called by numbers that others had."""
    if {"db", "copy"} & set(request.fixturenames):
        cache.clear()
    queries.forget_hosts()


@pytest.fixture(autouse=True)
def no_file_left(request: pytest.FixtureRequest) -> Iterator[None]:
    """No transaction takes files back: what a test saved goes with its rows. Those of a database that stays, stay."""
    root = Path(settings.STORAGES["default"]["OPTIONS"]["root"])
    before = _files(root)
    yield
    if not {"site", "copy"} & set(request.fixturenames):
        for path in _files(root) - before:
            path.unlink(missing_ok=True)


def _files(root: Path) -> set[Path]:
    return {Path(folder, name) for folder, _, names in os.walk(root) for name in names}


@pytest.fixture(autouse=True)
def quick_hashes(request: pytest.FixtureRequest) -> Iterator[None]:
    """Argon2 is slow on purpose; its own test sets it back. Pages of another process know nothing else."""
    if "site" in request.fixturenames:
        yield
        return
    with override_settings(PASSWORD_HASHERS=[QUICK, *settings.PASSWORD_HASHERS]):  # the demonstration's are read too
        yield


@pytest.fixture
def demo(db: None) -> Commune:
    """Mairie de démonstration: the MARSONE family, "la veille, 17h00"."""
    return queries.commune_by_slug(slug="demo")


@pytest.fixture
def buchelay(db: None) -> Commune:
    """Ville de Buchelay: three hundred families, Thursday 17:00."""
    return queries.commune_by_slug(slug="buchelay")


@pytest.fixture
def in_demo(demo: Commune) -> Iterator[Commune]:
    """The test's body runs inside demo."""
    with ExitStack() as stack:
        yield stack.enter_context(context.use(demo))


@pytest.fixture
def in_buchelay(buchelay: Commune) -> Iterator[Commune]:
    """The test's body runs inside Buchelay."""
    with ExitStack() as stack:
        yield stack.enter_context(context.use(buchelay))


@pytest.fixture
def marsone(in_demo: Commune) -> Household:
    return Household.objects.get(name="MARSONE")


@pytest.fixture
def angeline(marsone: Household) -> Child:
    return Child.objects.get(first_name="Angéline")


@pytest.fixture
def bertrand(marsone: Household) -> Child:
    return Child.objects.get(first_name="Bertrand")
