"""The fleet's communes brought to another version: as the migrations do, one by one, or not at all."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from itertools import count

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import override_settings
from pytest_django import DjangoDbBlocker, Settings

from deploy.processes import wait_until
from lps.console.services import Identity, create_commune
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from tenants import context, queries, schemas
from tenants.fleet import plans, running, versions
from tenants.models import Commune, CommuneState, SchemaTemplate
from tests.live import ROOT, Copy
from tests.sql import counted
from tests.tenants.catalog import catalog

LATER = {"voice": "tests.tenants.later_migrations"}
LATE = ("9001_several_kinds", "9002_rows", "9003_the_same_table_again", "9004_while_others_write")
_number = count()


@pytest.fixture(scope="module")
def ground(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Copy]:
    """A database for the tests of this file: what they do to a fleet commits."""
    made = Copy.made("fleet", django_db_blocker)
    yield made
    made.drop()


@pytest.fixture
def copy(ground: Copy) -> Iterator[Copy]:
    """The fleet is what the test makes; afterwards nobody looks at it any more."""
    with ground.standing_in():
        with context.public():
            Commune.objects.update(state=CommuneState.ERASED)
            template = SchemaTemplate.objects.get()
        yield ground
        with context.public():
            SchemaTemplate.objects.exclude(pk=template.pk).delete()
            template.save()


@pytest.fixture
def later(settings: Settings) -> None:
    settings.MIGRATION_MODULES = LATER


def towns(number: int) -> list[Commune]:
    """So many communes, at the code's version whatever a test says of later ones, in the order of their slugs."""
    with override_settings(MIGRATION_MODULES={}):
        return [
            create_commune(
                identity=Identity(slug=f"ville{next(_number):03}", header_name="Ville", place_name="Ville"),
                by=Actor.system("essai"),
                channel=Channel.AUTOMATIC,
            )
            for _ in range(number)
        ]


def bare(number: int) -> list[Commune]:
    """Communes whose schema is there and empty: every migration is before them."""
    slugs = [f"nue{next(_number):03}" for _ in range(number)]
    with context.public(), connection.cursor() as cursor:
        for slug in slugs:
            cursor.execute(f"CREATE SCHEMA c_{slug}")
        named = {"header_name": "Ville", "place_name": "Ville"}
        return [Commune.objects.create(slug=slug, schema_name=f"c_{slug}", **named) for slug in slugs]


def say_what_breaks(commune: Commune) -> None:
    """The data step of the later version fails in this commune."""
    with context.use(commune), connection.cursor() as cursor:
        cursor.execute("INSERT INTO voice_pronunciation (written, spoken) VALUES ('casse', 'kas')")


def migrate(**options: object) -> running.Report:
    with running.alone():
        return running.migrate(communes=queries.communes(), **options)


def test_all_the_migrations_leave_the_catalog_that_migrate_schemas_leaves(copy: Copy) -> None:
    reference, *others = bare(3)
    schemas.migrate(reference.schema_name)

    report = migrate()

    expected = catalog(reference.schema_name)
    assert report.is_whole and sorted(report.done) == [one.slug for one in others]
    assert expected["triggers"] and expected["functions"] and expected["constraints"]
    for commune in others:
        assert catalog(commune.schema_name) == expected


def test_every_kind_of_migration_leaves_what_migrate_schemas_leaves(copy: Copy, later: None) -> None:
    reference, *others = towns(3)
    schemas.migrate(reference.schema_name)

    report = migrate()

    expected = catalog(reference.schema_name)
    assert report.is_whole and report.current == [reference.slug]
    assert "pronunciation_heard" in str(expected["indexes"]) and "voice_shout" in str(expected["triggers"])
    for commune in others:
        assert catalog(commune.schema_name) == expected
        with context.use(commune), connection.cursor() as cursor:
            cursor.execute("SELECT written, spoken, heard FROM voice_pronunciation")
            assert cursor.fetchall() == [("mairie", "MÈRI", 3)]
            cursor.execute("SELECT name, word_id IS NOT NULL, late FROM voice_hearing")
            assert cursor.fetchall() == [("un", True, False)]


def test_a_commune_half_way_goes_on_from_where_it_is(copy: Copy, later: None) -> None:
    reference, half_way = towns(2)
    schemas.migrate(reference.schema_name)
    call_command("migrate_schemas", "voice", "9002", schema_name=half_way.schema_name, tenant=True, verbosity=0)

    report = migrate()

    assert (report.current, report.done) == ([reference.slug], [half_way.slug])
    assert catalog(half_way.schema_name) == catalog(reference.schema_name)


def test_a_failing_commune_keeps_what_it_had_and_stops_the_run(copy: Copy, later: None) -> None:
    first, broken, last = towns(3)
    say_what_breaks(broken)
    before = catalog(broken.schema_name)

    report = migrate(workers=1)

    assert (report.done, report.untouched) == ([first.slug], [last.slug])
    assert list(report.failed) == [broken.slug]
    words = report.failed[broken.slug]
    assert "voice.9001_several_kinds: ValueError (9001_several_kinds.py:" in words and "private" not in words
    assert catalog(broken.schema_name) == before


def test_the_others_go_on_when_told_so_and_the_first_need_not_be_whole(copy: Copy, later: None) -> None:
    broken, second, broken_too, last = towns(4)
    for commune in (broken, broken_too):
        say_what_breaks(commune)
    before = catalog(broken.schema_name)

    report = migrate(keep_going=True)

    assert sorted(report.done) == [second.slug, last.slug]
    assert sorted(report.failed) == [broken.slug, broken_too.slug]
    assert catalog(broken.schema_name) == catalog(broken_too.schema_name) == before


def test_no_commune_is_touched_when_a_canary_fails(copy: Copy, later: None) -> None:
    first, canary = towns(2)
    say_what_breaks(canary)
    before = catalog(first.schema_name)

    report = migrate(canaries=[canary.slug], keep_going=True)

    assert (list(report.failed), report.untouched) == ([canary.slug], [first.slug])
    assert catalog(first.schema_name) == before


def test_a_busy_table_is_waited_for_without_holding_up_the_others(
    copy: Copy, later: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plans, "LOCK_MS", 100)
    busy, other = towns(2)
    order: list[str] = []
    with psycopg.connect(copy.url) as reader:
        reader.execute(f"SELECT count(*) FROM {busy.schema_name}.voice_pronunciation")  # locked until the commit

        def tell(progress: running.Progress) -> None:
            order.append(progress.slug)
            reader.commit()

        report = migrate(tell=tell)

    assert report.is_whole and order == [other.slug, busy.slug]


def test_a_commune_busy_to_the_end_is_said_and_unchanged(
    copy: Copy, later: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plans, "LOCK_MS", 50)
    busy, other = towns(2)
    before = catalog(busy.schema_name)
    with psycopg.connect(copy.url) as reader:
        reader.execute(f"SELECT count(*) FROM {busy.schema_name}.voice_pronunciation")
        report = migrate(rounds=2)

    assert report.done == [other.slug] and "lock timeout" in report.failed[busy.slug]
    assert catalog(busy.schema_name) == before


def test_a_schema_that_is_gone_is_never_looked_for_elsewhere(copy: Copy, later: None) -> None:
    first, gone = towns(2)
    schemas.drop(gone.schema_name)

    report = migrate()

    assert report.done == [first.slug] and "no schema" in report.failed[gone.slug]
    with context.public(), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'extensions'")
        assert cursor.fetchone() == (0,)


def test_a_commune_migrated_by_another_program_meanwhile_is_left_alone(copy: Copy, later: None) -> None:
    first, other = towns(2)
    has = versions.applied([first.schema_name])[first.schema_name]
    with context.use(first):
        plan = plans.migrate_first(has)
    schemas.migrate(other.schema_name)
    before = catalog(other.schema_name)

    with context.use(other), pytest.raises(plans.Unexpected, match="another program"):
        plan.apply()

    assert catalog(other.schema_name) == before


def test_two_runs_exclude_each_other(copy: Copy, later: None) -> None:
    towns(2)
    refused = []

    def ask() -> None:
        try:
            migrate()
        except running.AlreadyRunning as refusal:
            refused.append(refusal)
        finally:
            connection.close()

    def tell(progress: running.Progress) -> None:
        other = threading.Thread(target=ask)
        other.start()
        other.join()

    report = migrate(tell=tell)

    assert report.is_whole and len(refused) == len(report.done) == 2


def test_a_run_that_is_killed_is_finished_by_the_next(copy: Copy) -> None:
    names = [commune.schema_name for commune in bare(6)]
    env = {**os.environ, "DATABASE_URL": copy.url}
    command = [sys.executable, "manage.py", "fleet", "migrate"]
    with subprocess.Popen(command, env=env, cwd=ROOT, stdout=subprocess.DEVNULL, start_new_session=True) as process:
        assert wait_until(lambda: len(versions.applied(names)) >= 2, seconds=90)
        process.kill()

    has = versions.applied(names)
    assert 2 <= len(has) < 6 and set(has.values()) == {versions.on_disk()}  # whole or nothing
    done = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, timeout=120, check=True)

    assert f"Mises à niveau : {6 - len(has)}. Déjà à niveau : {len(has)}." in done.stdout
    first, *others = [catalog(name) for name in names]
    assert all(one == first for one in others)


def test_nothing_to_do_costs_the_same_statements_whatever_the_number(copy: Copy) -> None:
    communes = towns(3)
    with counted() as few:
        running.migrate(communes=communes[:1])
    with counted() as many:
        report = running.migrate(communes=communes)

    assert report.is_whole and len(report.current) == 3
    assert len(few) == len(many) == 2


def test_the_command_says_where_each_commune_is(copy: Copy, later: None, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = towns(2)
    with pytest.raises(CommandError, match="fleet migrate"):
        call_command("fleet", "status", "--check")
    late = capsys.readouterr().out
    assert first.slug in late and "en retard de : voice.9001_several_kinds" in late and "+1" in late

    call_command("fleet", "migrate", "--canary", second.slug, "--canaries-only")
    assert f"{second.slug} est à niveau" in capsys.readouterr().out
    call_command("fleet", "migrate")
    assert "Mises à niveau : 1. Déjà à niveau : 1." in capsys.readouterr().out
    call_command("fleet", "status", "--check")

    assert "En retard : 0 sur 2." in capsys.readouterr().out
    assert schemas.create("c_nouvelle") == "template"
    assert catalog("c_nouvelle") == catalog(first.schema_name)


def test_the_command_lists_what_is_where_when_one_fails(copy: Copy, later: None) -> None:
    broken, other = towns(2)
    say_what_breaks(broken)

    with pytest.raises(CommandError) as raised:
        call_command("fleet", "migrate", "--workers", "1")

    _, failed, *untouched = str(raised.value).splitlines()
    assert f"en échec : {broken.slug} : voice.9001_several_kinds: ValueError" in failed
    assert [line.strip() for line in untouched] == [f"pas touchée : {other.slug}"]


def test_a_commune_that_does_not_exist_is_no_canary(copy: Copy) -> None:
    with pytest.raises(CommandError, match="Aucune commune ne s'appelle ainsi : nulle-part"):
        call_command("fleet", "migrate", "--canary", "nulle-part")


def test_a_version_tells_what_is_missing_and_what_is_unknown(copy: Copy, later: None) -> None:
    ahead, behind = towns(2)
    with context.use(ahead), connection.cursor() as cursor:
        cursor.execute("INSERT INTO django_migrations (app, name, applied) VALUES ('voice', '9999_later', now())")
    schemas.migrate(ahead.schema_name)

    first, second = versions.standings([ahead, behind])

    assert list(second.missing) == [("voice", name) for name in LATE]
    assert not second.unknown and not second.is_current
    assert first.is_current and first.unknown == (("voice", "9999_later"),)
    assert len({first.version, second.version, versions.code_version()}) == 3
