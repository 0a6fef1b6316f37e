"""A worker killed while it makes a commune's archive: the next one makes it, and it is told once."""

import pytest
from django.core.files.storage import default_storage
from django.db import connection

from lps.console import exporting
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.models import AuditEntry
from tenants import context
from tenants.models import Commune, Export
from tests.live import Copy
from tests.races.killing import BEGIN, FINISH, killed_after, next_worker

BY = Actor.system("essai")
WORK = "from lps.console import exporting; exporting.make_asked()"
State = Export.State


def asked(commune: Commune) -> Export:
    return exporting.ask(commune=commune, passphrase="une phrase assez longue", by=BY, channel=Channel.WEB)


def told() -> int:
    """How often the commune's own journal says that it was exported."""
    return AuditEntry.objects.filter(action=exporting.MADE).count()


@pytest.mark.parametrize("step", [BEGIN, "tenants.archive.writing.write", "lps.console.exporting._sums", FINISH])
def test_an_export_whose_worker_is_killed_is_made_by_the_next_one_once(copy: Copy, step: str) -> None:
    with copy.inside("buchelay") as commune:
        export = asked(commune)
        connection.close()

        killed_after(copy, step, act=WORK)

        with context.public():
            export.refresh_from_db()
        assert (export.state, export.tries, export.path, told()) == (State.MAKING, 1, "", 0)
        assert (next_worker(exporting.make_asked), exporting.make_asked()) == (1, 0)
        [made] = exporting.of_commune(commune)
        assert (made.state, told()) == (State.READY, 1)
        assert default_storage.size(made.path) == made.size > 0
