"""A commune whose opening is killed half-way: nothing of it stands, and opened again it is whole."""

import signal
import subprocess
import sys

import psycopg
from django.db import connection

from deploy.processes import wait_until
from lps.console.services import Identity, create_commune
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from tenants import context
from tenants.models import Commune
from tests.live import ROOT, Copy
from tests.races.crowd import PROCESS_SECONDS, SECONDS

OPEN = """
import django; django.setup()
from django.core.management import call_command
names = ("--header", "Mairie d'Orgeval", "--place", "Orgeval")
call_command("commune", "create", "orgeval", *names, "--template", "aucun")
"""


def test_killed_half_way_an_opening_leaves_nothing_and_is_done_again(copy: Copy) -> None:
    with copy.standing_in():
        with psycopg.connect(copy.url) as holder:  # the registry's journal is the last that it writes
            holder.execute("LOCK TABLE public.journal_auditentry IN EXCLUSIVE MODE")
            opening = subprocess.Popen(
                [sys.executable, "-c", OPEN], cwd=ROOT, env=copy.environment, stderr=subprocess.DEVNULL
            )
            assert wait_until(
                lambda: waits_for_the_journal(copy) or opening.poll() is not None, seconds=PROCESS_SECONDS
            )
            opening.send_signal(signal.SIGKILL)
            assert opening.wait(timeout=SECONDS) == -signal.SIGKILL
        assert wait_until(lambda: not waits_for_the_journal(copy), seconds=SECONDS)

        assert standing() == (0, 0)
        orgeval = Identity(slug="orgeval", header_name="Mairie d'Orgeval", place_name="Orgeval")
        create_commune(identity=orgeval, by=Actor.system("essai"), channel=Channel.AUTOMATIC)
        assert standing() == (1, 1)


def waits_for_the_journal(copy: Copy) -> bool:
    with psycopg.connect(copy.url) as looking:
        found = looking.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%journal_auditentry%'"
            " AND pid <> pg_backend_pid()"
        ).fetchone()
    return bool(found and found[0])


def standing() -> tuple[int, int]:
    """How many rows of the registry and schemas bear its name."""
    with context.public(), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_namespace WHERE nspname = 'c_orgeval'")
        return Commune.objects.filter(slug="orgeval").count(), int(cursor.fetchone()[0])
