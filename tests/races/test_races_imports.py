"""Two workers and one file, and a worker killed while it writes: in the end all is there, once."""

import signal
import subprocess
import sys

import pytest
from django.db import connection

from deploy.processes import wait_until
from lps.families.importing.columns import COLUMNS
from lps.families.models import Child, ImportBatch
from lps.families.services import imports
from lps.journal.actors import Actor
from tests.live import ROOT, Copy
from tests.races.crowd import PROCESS_SECONDS, SECONDS, at_once
from tests.races.killing import let_nobody_hold, next_worker

NADIA = Actor.system("Nadia")
CHILDREN = 1500
WRITE = """
import django; django.setup()
from tenants import context, queries
from lps.families.services import imports
with context.use(queries.commune_by_slug(slug="buchelay")):
    imports.write_accepted()
"""


def accepted() -> ImportBatch:
    """A file of many families of one child each, accepted."""
    known = {"school": "École du banc", "school_class": "CP", "city": "Buchelay"}
    rows = []
    for rank in range(CHILDREN):
        name = f"TEMOIN {rank}"
        own = {"child_last_name": name, "household": name, "last_name_1": name}
        own |= {"child_first_name": "Zoé", "first_name_1": "Anne", "email_1": f"anne{rank}@example.org"}
        rows.append([(known | own).get(column.key, "") for column in COLUMNS])
    table = [[column.name for column in COLUMNS], *rows]
    content = "\r\n".join(";".join(row) for row in table).encode()
    batch = imports.receive(content=content, file_name="temoins.csv", by=NADIA)
    assert imports.accept(batch=batch, by=NADIA)
    return batch


def written() -> int:
    return Child.objects.filter(name_sort__startswith="temoin").count()


def test_a_file_whose_worker_is_killed_is_written_by_the_next_one_whole_and_once(copy: Copy) -> None:
    with copy.inside("buchelay"):
        batch = accepted()
        connection.close()
        worker = subprocess.Popen(
            [sys.executable, "-c", WRITE], cwd=ROOT, env=copy.environment, stderr=subprocess.DEVNULL
        )

        assert wait_until(lambda: imports.progress(batch) > 2 or worker.poll() is not None, seconds=PROCESS_SECONDS)
        worker.send_signal(signal.SIGKILL)

        assert worker.wait(timeout=SECONDS) == -signal.SIGKILL
        batch.refresh_from_db()
        assert (batch.state, written()) == (ImportBatch.State.WRITING, 0)
        assert next_worker(imports.write_accepted) == 1
        batch.refresh_from_db()
        assert (batch.state, written()) == (ImportBatch.State.DONE, CHILDREN)
        assert (imports.write_accepted(), written()) == (0, CHILDREN)


@pytest.mark.parametrize("held", [True, False], ids=["file held", "file not held"])
def test_two_workers_who_take_one_file_write_it_once(copy: Copy, monkeypatch: pytest.MonkeyPatch, held: bool) -> None:
    if not held:
        let_nobody_hold(monkeypatch)
    with copy.inside("buchelay") as commune:
        accepted()

        done = at_once(commune, [imports.write_accepted, imports.write_accepted])

        assert (sorted(map(str, done)) == ["0", "1"]) == held
        assert written() >= CHILDREN
        assert (written() == CHILDREN) or not held
