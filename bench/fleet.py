"""Opening communes and bringing all of them to a version of the code, against django-tenants' own commands.

Of more communes than `ALL_BY_DJANGO_TENANTS` it migrates some, and its time is multiplied: the figure says so.
"""

import time
from collections.abc import Callable, Sequence

from django.core.management import call_command
from django.db import connection
from django.test import override_settings

from bench.figures import Figure, milliseconds
from lps.console.services import Identity, create_commune
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from tenants import context, schemas
from tenants.fleet import running
from tenants.models import Commune
from tenants.queries import communes

FEW = 25
ALL_BY_DJANGO_TENANTS = 200  # of more, so many are tried and multiplied:
TRIED = 50
LATEST = 20
ROUNDS = 3
NOTHING_TO_DO, ONE_CHANGE = 1 / 100, 1 / 50  # promised at 100 communes
BY = Actor.system("banc")


def measure(number: int = FEW) -> list[Figure]:
    """Open so many communes, then bring them up with nothing to do and with one change, both ways."""
    opened = [_timed(lambda rank=rank: _open(rank)) for rank in range(number)]  # type: ignore[misc]
    migrated = [_timed(lambda rank=rank: _by_migrations(rank)) for rank in range(ROUNDS)]  # type: ignore[misc]
    fleet = communes()
    tried = len(fleet) if len(fleet) <= ALL_BY_DJANGO_TENANTS else TRIED
    noted = "" if tried == len(fleet) else f"django-tenants: {tried} communes, multiplied"
    promised = number >= 100
    return [
        Figure(
            name=f"a commune opened, {number} being there / its migrations",
            unit="ms",
            ours=milliseconds(opened[-LATEST:]),
            floor=milliseconds(migrated),
            at_most=0.5,
            note=_size(),
        ),
        Figure(
            name=f"{len(fleet)} communes, nothing to do / migrate_schemas",
            unit="s",
            ours=milliseconds([_timed(_run) for _ in range(ROUNDS)]) / 1000,
            floor=_timed(lambda: _migrate_schemas(fleet[:tried])) * len(fleet) / tried,
            at_most=NOTHING_TO_DO if promised else None,
            note=noted,
        ),
        _of_a_change(fleet, tried, noted, promised=promised),
    ]


def _of_a_change(fleet: list[Commune], tried: int, noted: str, *, promised: bool) -> Figure:
    """A column and its index in each commune by ours, then another by django-tenants."""
    with override_settings(MIGRATION_MODULES={"voice": "bench.later.one"}):
        ours = _timed(_run)
    with override_settings(MIGRATION_MODULES={"voice": "bench.later.two"}):
        floor = _timed(lambda: _migrate_schemas(fleet[:tried])) * len(fleet) / tried
    return Figure(
        name=f"{len(fleet)} communes, a column and an index / migrate_schemas",
        unit="s",
        ours=ours,
        floor=floor,
        at_most=ONE_CHANGE if promised else None,
        note=noted,
    )


def _open(rank: int) -> None:
    identity = Identity(slug=f"banc-{rank:04}", header_name="Banc", place_name="Banc")
    create_commune(identity=identity, by=BY, channel=Channel.AUTOMATIC)


def _by_migrations(rank: int) -> None:
    schemas.create_by_migrations(f"c_banc_m{rank}")


def _run() -> None:
    report = running.migrate(communes=communes())
    assert report.is_whole, report


def _migrate_schemas(fleet: Sequence[Commune]) -> None:
    """The command for all, or one after the other for some of them."""
    quiet = {"tenant": True, "interactive": False, "verbosity": 0}
    if len(fleet) == len(communes()):
        call_command("migrate_schemas", **quiet)
        return
    for commune in fleet:
        call_command("migrate_schemas", schema_name=commune.schema_name, **quiet)


def _size() -> str:
    with context.public(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        return f"{cursor.fetchone()[0] / 1e9:.1f} GB"


def _timed(action: Callable[[], None]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started
