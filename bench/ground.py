"""A durable database, a broker and two communes for one run; everything goes with it."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.services import Ground, Postgres, Valkey
from deploy.test import environment

FAMILIES = 120


@contextmanager
def durable_ground() -> Iterator[Path]:
    """Start PostgreSQL as it runs in earnest (fsync, synchronous commit) and Valkey; give the folder of the run."""
    directory = Path(tempfile.mkdtemp(prefix="lps-bench-"))
    postgres, valkey = Postgres(directory), Valkey(directory, ephemeral=True)
    try:
        pids = frozenset({postgres.start().pid, valkey.start().pid})
        postgres.create_database("lps")
        ground = Ground(postgres.url("lps"), valkey.url(), directory, pids)
        os.environ.update(environment(ground=ground))
        os.environ["DJANGO_SETTINGS_MODULE"] = "lps.config.settings"
        (directory / "data" / "static").mkdir(parents=True)
        yield directory
    finally:
        valkey.stop()
        postgres.stop()
        postgres.erase()
        shutil.rmtree(directory, ignore_errors=True)


def load() -> None:
    """Make both communes, as the run command does."""
    import django

    django.setup()
    from lps.console import demonstration
    from tenants import schemas

    schemas.prepare_public()
    schemas.refresh_template()
    demonstration.load(families_number=FAMILIES)
