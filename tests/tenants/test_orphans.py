"""Files that no row names go, and no other one, on a disk and on S3, whatever column names them."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from moto.server import ThreadedMotoServer

from deploy.processes import LOOPBACK, free_port
from lps.console.retention import TERMS
from lps.families.services import letters
from lps.journal import tasks
from lps.journal.models import AuditEntry
from lps.kernel import clock
from lps.office.journal_words import _FACTS
from tenants import context, orphans
from tenants.archive.writing import stored_files
from tenants.models import Commune, Export
from tenants.storage.disk import CommuneFileSystemStorage
from tenants.storage.names import CommuneFiles
from tenants.storage.s3 import CommuneS3Storage
from tenants.town.services import save_logo
from tests.isolation import cast
from tests.tenants.test_logo import picture
from voice.models import Recording

DAY = timedelta(days=1, minutes=1)
SUNDAY, MONDAY = date(2026, 11, 29), date(2026, 11, 30)


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CommuneFileSystemStorage:
    storage = CommuneFileSystemStorage(root=tmp_path / "files")
    monkeypatch.setattr(default_storage, "_wrapped", storage)
    return storage


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[CommuneS3Storage]:
    server = ThreadedMotoServer(ip_address=LOOPBACK, port=free_port(), verbose=False)
    server.start()
    where = {"endpoint_url": "http://{}:{}".format(*server.get_host_and_port()), "region_name": "us-east-1"}
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    with closing(boto3.client("s3", **where, **keys)) as client:
        client.create_bucket(Bucket="oubli")
    storage = CommuneS3Storage(bucket_name="oubli", access_key="test", secret_key="test", **where)
    monkeypatch.setattr(default_storage, "_wrapped", storage)
    yield storage
    server.stop()


def kept(name: str) -> str:
    return default_storage.save(name, ContentFile(b"un fichier"))


def tomorrow() -> datetime:
    """Files bear the true time of their making: a day later they are old."""
    return clock.real_now() + DAY


def test_a_file_that_nobody_names_goes_after_a_day(in_demo: Commune, disk: CommuneFileSystemStorage) -> None:
    name = kept(f"absences/{uuid4().hex}.pdf")

    assert (orphans.sweep(now=clock.real_now()), disk.exists(name)) == (0, True)
    assert (orphans.sweep(now=tomorrow()), disk.exists(name)) == (1, False)
    assert orphans.sweep(now=tomorrow()) == 0


def test_so_it_is_on_s3_and_what_is_named_stays(in_demo: Commune, bucket: CommuneS3Storage) -> None:
    lost, named = (kept(f"imports/{uuid4().hex}") for _ in range(2))
    AuditEntry.objects.create(actor_kind="system", channel="web", action="essai", subject="x", after={"in": [named]})

    assert orphans.sweep(now=tomorrow()) == 1
    assert (bucket.exists(lost), bucket.exists(named)) == (False, True)


def test_a_column_of_tomorrow_counts_without_being_declared(in_demo: Commune, disk: CommuneFileSystemStorage) -> None:
    names = [kept(f"nouveau/{uuid4().hex}.pdf") for _ in range(3)]
    stem = Path(names[1]).stem
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE essai (texte text, sorte jsonb, cle uuid)")
        cursor.execute("INSERT INTO essai VALUES (%s, NULL, %s)", [f"voir {names[0]} et", stem])

    assert orphans.sweep(now=tomorrow()) == 1
    assert [disk.exists(name) for name in names] == [True, True, False]


def test_a_digest_names_its_file(in_demo: Commune, disk: CommuneFileSystemStorage) -> None:
    digests = [hashlib.sha256(word).hexdigest() for word in (b"ici", b"nulle part")]
    names = [kept(f"voice/{digest}.wav") for digest in digests]
    Recording.objects.create(words="Bonjour", digest=digests[0], seconds=1.0, recorded_at=clock.now())

    assert orphans.sweep(now=tomorrow()) == 1
    assert [disk.exists(name) for name in names] == [True, False]


def test_an_archive_is_named_by_the_registry(in_demo: Commune, disk: CommuneFileSystemStorage) -> None:
    names = [kept(f"exports/{uuid4().hex}.zip") for _ in range(2)]
    with context.public():
        Export.objects.create(
            commune=in_demo, path=names[0], sealed_key="x", asked_kind="o", asked_key="1", asked_by="O"
        )

    assert orphans.sweep(now=tomorrow()) == 1
    assert [disk.exists(name) for name in names] == [True, False]


STORED = {"exports", "imports", "invoices", "letters", "quotient_imports", "quotients", "reminders", "runs", "town"}
STORED |= {"voice", "voice-drafts"}


def test_of_a_whole_town_nothing_that_a_row_names_goes(demo: Commune, disk: CommuneFileSystemStorage) -> None:
    """What the product stores, stored by the product."""
    town = cast.here(demo)
    made = (town.exported, town.imported, town.letters, town.quotient, town.quotient_import, town.quotient_proof)
    assert all((*made, town.reminded, town.bundled, town.recorded))
    with town.inside():
        letters.draw_asked()
        save_logo(content=picture())
        before = every_file()
        assert {name.partition("/")[0] for name in before} == STORED
        lost = {kept(f"{folder}/{uuid4().hex}.pdf") for folder in STORED}

        assert orphans.sweep(now=tomorrow()) == len(lost)

        assert every_file() == before


def every_file() -> set[str]:
    return {*stored_files(), *stored_files("exports")}


def test_another_town_keeps_its_own(demo: Commune, buchelay: Commune, disk: CommuneFileSystemStorage) -> None:
    with context.use(buchelay):
        theirs = kept(f"absences/{uuid4().hex}.pdf")
    with context.use(demo):
        kept(f"absences/{uuid4().hex}.pdf")
        assert orphans.sweep(now=tomorrow()) == 1
    with context.use(buchelay):
        assert disk.exists(theirs)


def test_written_again_meanwhile_it_is_young(
    in_demo: Commune, disk: CommuneFileSystemStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = kept(f"voice/{hashlib.sha256(b'bis').hexdigest()}.wav")
    os.utime(disk.path(name), (0, 0))
    named = orphans._named

    def written_again(folders: Any) -> set[str]:
        found = named(folders)
        kept(name)
        return found

    monkeypatch.setattr(orphans, "_named", written_again)

    assert (orphans.sweep(now=clock.real_now()), disk.exists(name)) == (0, True)


def test_a_night_deletes_so_many_and_no_more(
    in_demo: Commune, disk: CommuneFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orphans, "MOST", 2)
    for _file in range(3):
        kept(f"absences/{uuid4().hex}.pdf")

    assert [orphans.sweep(now=tomorrow()) for _night in range(3)] == [2, 1, 0]


@pytest.mark.parametrize(("day", "deleted"), [(SUNDAY, [{"orphan_files": 1}]), (MONDAY, [])])
def test_sundays_do_it_and_the_journal_says_how_many(
    in_demo: Commune,
    disk: CommuneFileSystemStorage,
    monkeypatch: pytest.MonkeyPatch,
    day: date,
    deleted: list[dict[str, int]],
) -> None:
    os.utime(disk.path(kept(f"absences/{uuid4().hex}.pdf")), (0, 0))
    monkeypatch.setattr(clock, "today", lambda _zone: day)

    tasks.sweep_files.run()

    assert list(AuditEntry.objects.filter(action="data_purged").values_list("after", flat=True)) == deleted


def test_every_number_of_a_purge_has_words() -> None:
    assert {name for term in TERMS for name in term.names} <= set(_FACTS)
