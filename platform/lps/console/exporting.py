"""Exporting a whole commune: asked for by an operator or its own administrator, made by a worker, kept for a while."""

import hashlib
import logging
import tempfile
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any

from django.core.files import File
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction

from lps.console.wakeup import wake_after_commit
from lps.journal.actors import Actor, ActorKind
from lps.journal.channels import Channel
from lps.journal.services import record
from lps.kernel import clock
from lps.kernel.refusals import Refusal
from tenants import context, keys
from tenants.archive import writing
from tenants.archive.manifest import Manifest
from tenants.long_work import LongWork, Made
from tenants.models import Commune, CommuneState, Export

log = logging.getLogger(__name__)
State = Export.State
UNFINISHED = (State.ASKED, State.MAKING)
KEPT = timedelta(days=14)
SHORTEST, LONGEST = 16, 200  # characters of a passphrase
SHOWN = 20
ASKED, MADE, TAKEN = "town_export_asked", "town_exported", "town_export_taken"


class ExportRefused(Exception):
    """Why no export is begun: `under_way`, `short_passphrase`, `erased`."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal


def ask(*, commune: Commune, passphrase: str, by: Actor, channel: Channel) -> Export:
    """Ask for everything of a commune. The passphrase opens what is sealed in it, and is kept nowhere.

    Raises `ExportRefused`.
    """
    sealed = _sealed(commune, passphrase)
    try:
        with context.public(), transaction.atomic():
            asked = Export.objects.create(
                commune=commune, sealed_key=sealed, asked_kind=by.kind, asked_key=by.key, asked_by=by.label
            )
            record(by=by, channel=channel, action=ASKED, subject=f"commune:{commune.slug}")
            wake_after_commit()
    except IntegrityError as error:
        raise ExportRefused(Refusal("under_way")) from error
    return asked


def export_to(*, path: Path, commune: Commune, passphrase: str, by: Actor, channel: Channel) -> Manifest:
    """Write everything of a commune into a file of this machine, which must not stand yet. Raises `ExportRefused`,
    `OSError`.
    """
    sealed = _sealed(commune, passphrase)
    with path.open("xb") as made, context.use(commune):
        path.chmod(0o600)
        told = writing.write(made, sealed_key=sealed, made_at=clock.now(), note=lambda *_: None)
        record(by=by, channel=channel, action=MADE, subject="town", after=_told(told))
    with context.public(), path.open("rb") as made:
        Export.objects.create(
            commune=commune,
            asked_kind=by.kind,
            asked_key=by.key,
            asked_by=by.label,
            state=State.REMOVED,  # the file is whoever's asked for it
            finished_at=clock.now(),
            **_sums(told, made),
        )
        record(by=by, channel=channel, action=MADE, subject=f"commune:{commune.slug}", after=_told(told))
    return told


def of_commune(commune: Commune) -> Sequence[Export]:
    """The last exports of a commune, newest first."""
    with context.public():
        return list(Export.objects.filter(commune=commune)[:SHOWN])


def progress(export: Export) -> tuple[int, int]:
    """How many tables of an export under way are done, and of how many; zeros when nobody knows."""
    with context.public():
        return WORK.told(export.pk)


def make_asked() -> int:
    """Make the archives that wait, one after the other; returns how many.

    One whose worker was killed is begun again, from nothing.
    """
    with context.public():
        return WORK.work_asked()


def taken(export: Export, *, commune: Commune, by: Actor, channel: Channel) -> IO[bytes]:
    """An archive to be sent to whoever asked; both journals say who took it. Raises `Export.DoesNotExist`."""
    if export.state != State.READY:
        raise Export.DoesNotExist
    with context.use(commune):
        try:
            kept: IO[bytes] = default_storage.open(export.path)
        except FileNotFoundError as error:
            raise Export.DoesNotExist from error
        kept.read(0)
        record(by=by, channel=channel, action=TAKEN, subject="town", after={"export": export.pk})
    with context.public():
        record(by=by, channel=channel, action=TAKEN, subject=f"commune:{commune.slug}", after={"export": export.pk})
    return kept


def forget_old(*, now: datetime) -> int:
    """Remove the archives kept long enough; their sums stay on the list. Twice removes nothing more."""
    with context.public():
        old = list(Export.objects.filter(state=State.READY, finished_at__lt=now - KEPT).select_related("commune"))
    for export in old:
        with context.use(export.commune):
            default_storage.delete(export.path)
        with context.public():
            Export.objects.filter(pk=export.pk).update(state=State.REMOVED, path="")
    return len(old)


def _sealed(commune: Commune, passphrase: str) -> str:
    if not SHORTEST <= len(passphrase) <= LONGEST:
        raise ExportRefused(Refusal("short_passphrase"))
    if commune.state == CommuneState.ERASED:
        raise ExportRefused(Refusal("erased"))
    return keys.seal_under(passphrase, commune)


def _make(export: Export) -> Made:
    """The archive is as the commune stood before; its own journal says, with it, who has the whole of it."""
    with tempfile.TemporaryFile() as made, context.use(export.commune):
        told = writing.write(
            made, sealed_key=export.sealed_key, made_at=clock.now(), note=lambda *place: _note(export.pk, place)
        )
        made.seek(0)
        path = default_storage.save(f"{writing.FOLDER}/{uuid.uuid4().hex}.zip", File(made))
        by = Actor(ActorKind(export.asked_kind), export.asked_key, export.asked_by)
        record(by=by, channel=Channel.AUTOMATIC, action=MADE, subject="town", after=_told(told))
        sums = _sums(told, made)
    log.info("commune %s exported: %s rows, %s files", export.commune.slug, told.rows, told.files.number)
    return Made({"path": path, **sums})


# An error (a full disk, a storage that is away) leaves it under way: the next minute tries again.
WORK = LongWork(
    name="export",
    rows=Export.objects.select_related("commune"),
    do=_make,
    fail=lambda row, code: {},
    within=writing.snapshot,
    again=True,
    working=State.MAKING,
    done=State.READY,
)


def _told(told: Manifest) -> dict[str, Any]:
    return {"rows": told.rows, "files": told.files.number, "content": told.content}


def _sums(told: Manifest, made: IO[bytes]) -> dict[str, Any]:
    size = made.seek(0, 2)
    made.seek(0)
    digest = hashlib.file_digest(made, "sha256").hexdigest()  # type: ignore[arg-type]
    return {"size": size, "digest": digest, **_told(told)}


def _note(pk: int, place: tuple[int, int]) -> None:
    with context.public():
        WORK.note(pk, *place)
