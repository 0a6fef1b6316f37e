"""Pieces of sentences rendered ahead: asked for, rendered by a worker in small batches, brought to where they play.

A piece that says something of the town lies in the town's own files; one that says nothing of it, with those of all.
Nothing here runs during a call: what a call lacks is brought or asked for beside it.
"""

import logging
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from itertools import islice
from pathlib import Path

from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.files.storage import Storage, default_storage, storages

from booking import catalogue
from lps.families.queries.children import first_names
from tenants import context
from tenants.queries import host_of
from tenants.storage.names import CommuneFiles
from tenants.wakeup import wake_after_commit
from voice import phrases, queries
from voice.gateway import engines
from voice.gateway.engines import Engine
from voice.gateway.errors import NoVoice, WrongWeights
from voice.gateway.prompts import Store, Wanted, wanted
from voice.models import Piece
from voice.services.conversation import WINDOW
from voice.wakeup import RENDER

FOLDER = "voice"
MOST_NAMES = 20_000  # first names of one town
SOON = 60  # days that most calls are about
BATCH = 8  # pieces rendered in one turn: the next town's comes after some twenty seconds
MOST_FOUND = 400  # pieces of one turn
TRIES = 3
KEPT = timedelta(days=60)
_LOCK_SECONDS = 600
_WORKS = "voice-render"  # of the town entered: the keys of the cache know it
log = logging.getLogger(__name__)


def ask_for_town(*, at: datetime) -> int:
    """Ask for all that this town's calls can say and that is known before: its names, and the days of its window.

    Returns how many pieces it is. What is there already is kept, and marked as still wanted.
    """
    engine = engines.natural()
    if engine is None:
        return 0
    said, days, number = queries.pronunciations(), _window(at), 0
    # In the order in which they are rendered: what is heard first, then often.
    first = (*phrases.fixed(), *phrases.of_hours())
    for texts in (first, _of_town(), phrases.of_days(days[:SOON]), phrases.of_days(days[SOON:])):
        number += _ask([wanted(text, said=said, engine=engine) for text in texts], at=at, again=False)
    return number


def supply(store: Store, pieces: Iterable[Wanted], *, at: datetime) -> None:
    """Bring into the folder what the storages have, and ask for the rest: three statements at most.

    Raises OSError when a storage does not answer.
    """
    place, missing = str(context.current().schema_name), []
    for one in {piece.name: piece for piece in pieces}.values():
        content = _files(is_shared=one.is_shared).read(_file(one.name))
        if content is not None:
            store.keep(store.path(one, place=place), content)
        elif not one.is_recording:
            missing.append(one)
    _ask(missing, at=at, again=True)


def render_some(store: Store, *, at: datetime) -> bool:
    """Render a batch of what was asked for first; True when more waits. One worker a town at a time.

    Raises `WrongWeights`, and OSError when a storage does not answer; what was rendered is kept.
    """
    engine = engines.natural()
    if engine is None or not cache.add(_WORKS, 1, timeout=_LOCK_SECONDS):
        return False
    try:
        is_all = _turn(store, engine, at)
    finally:
        cache.delete(_WORKS)
    if not is_all:
        wake_after_commit(RENDER)  # between two turns, other towns have theirs
    return not is_all


def purge(store: Store, *, at: datetime) -> int:
    """Forget what nothing asked for since sixty days, with its files; returns how many. Idempotent.

    What is shared is asked for every night by every open town: what one no longer asks for, no other does.
    """
    old = Piece.objects.filter(asked_at__lt=at - KEPT)
    for name, is_shared in old.values_list("name", "is_shared"):
        _storage(is_shared=is_shared).delete(_file(name))
    forgotten, _ = old.delete()
    return forgotten + store.forget_unused()


def _of_town() -> list[str]:
    """The pieces that hold the town's own words."""
    commune, decided = context.current(), queries.settings()
    pieces = phrases.of_town(name=decided.welcome or commune.header_name, site=host_of(commune), notice=decided.notice)
    for group in catalogue.read().offered:
        for activity in group.activities:
            pieces += phrases.of_service(activity.name)
    for name in islice(first_names(), MOST_NAMES):
        pieces += phrases.of_child(name)
    return pieces


def _window(at: datetime) -> list[date]:
    first = at.astimezone(context.current().zone).date()
    return [first + timedelta(days=rank) for rank in range(WINDOW.days + 1)]


def _ask(pieces: Iterable[Wanted], *, at: datetime, again: bool) -> int:
    """One statement, which tells how many: a piece once. `again`: what was rendered is no longer found, and is anew."""
    rows = [
        Piece(name=one.name, words=one.words, is_shared=one.is_shared, asked_at=at)
        for one in {piece.name: piece for piece in pieces}.values()
    ]
    if not rows:
        return 0
    Piece.objects.bulk_create(
        sorted(rows, key=lambda row: row.name),  # two calls at once wait for one another, in one order
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["asked_at", "words", "made_at"] if again else ["asked_at"],
    )
    wake_after_commit(RENDER)
    return len(rows)


def _turn(store: Store, engine: Engine, at: datetime) -> bool:
    """Make pieces until a batch was rendered; False when more waits. What only had to be found takes no time."""
    waiting = list(Piece.objects.filter(made_at=None, tries__lt=TRIES)[:MOST_FOUND])
    rendered = 0
    for piece in waiting:
        if rendered == BATCH:
            return False
        rendered += _make(store, piece, engine, at)
    return len(waiting) < MOST_FOUND


def _make(store: Store, piece: Piece, engine: Engine, at: datetime) -> bool:
    """Make one; whether it had to be rendered: another town or an earlier turn may have."""
    files, here = _files(is_shared=piece.is_shared), _path(store, piece)
    content = files.read(_file(piece.name)) or (here.read_bytes() if here.exists() else None)
    is_found = content is not None
    if content is None:
        try:
            content = engine.render(piece.words)
        except WrongWeights:
            raise
        except NoVoice as error:
            log.warning("a piece was not rendered (%s)", error)
            Piece.objects.filter(pk=piece.pk).update(tries=piece.tries + 1)
            return True
    _storage(is_shared=piece.is_shared).save(_file(piece.name), ContentFile(content))
    if not here.exists():
        store.keep(here, content)
    Piece.objects.filter(pk=piece.pk).update(made_at=at, words="", tries=0)
    return not is_found


def _path(store: Store, piece: Piece) -> Path:
    one = Wanted(piece.words, piece.name, piece.is_shared)
    return store.path(one, place=str(context.current().schema_name))


def _file(name: str) -> str:
    return f"{FOLDER}/{name}.wav"


def _storage(*, is_shared: bool) -> Storage:
    return storages["shared"] if is_shared else default_storage


def _files(*, is_shared: bool) -> CommuneFiles:
    files = _storage(is_shared=is_shared)
    return files  # type: ignore[return-value]
