"""Sessions of the doors, in the schema entered: Django's session interface over `DoorSession`.

Nothing is read without a cookie and nothing is written until something is put. The row bears a
keyed hash of the cookie's value, under the commune's key and the door's name: a cookie of another
commune or another door names no row. Every instant here is true time.
"""

import re
import secrets
import uuid
from datetime import timedelta
from typing import Any

from django.contrib.sessions.backends.base import SessionBase

from lps.accounts import queries
from lps.accounts.doors import LONGEST, Door
from lps.accounts.models import DoorSession
from lps.kernel import clock
from tenants import keys

SEEN_EVERY = timedelta(minutes=1)
_VALUE = re.compile(r"^[A-Za-z0-9_-]{43}$")


class Session(SessionBase):
    """`request.session`: a mapping kept in one row, with its holder (`household:12`, `account:3`)."""

    def __init__(self, door: Door, session_key: str | None = None) -> None:
        self.door = door
        self._row: DoorSession | None = None
        self._holder, self._generation, self._device = "", 0, ""
        super().__init__(session_key)

    @property
    def holder(self) -> str:
        """Who signed in, or nothing."""
        self._loaded()
        return self._row.holder if self._row else self._holder

    @property
    def generation(self) -> int:
        """The generation of the holder's codes or password at sign-in."""
        self._loaded()
        return self._row.generation if self._row else self._generation

    @property
    def row_key(self) -> uuid.UUID | None:
        """The key of the row, by which its owner's page tells this session from the others."""
        self._loaded()
        return self._row.key if self._row else None

    def load(self) -> dict[str, Any]:
        """Read the row, in one statement; an unknown or expired value leaves an empty session."""
        self._row = queries.session_in_force(key=self._hashed(), door=self.door.name, now=clock.real_now())
        if self._row is None:
            self._session_key = None
            return {}
        return dict(self._row.data)

    def begin(self, *, holder: str, generation: int, device: str = "") -> None:
        """Forget whatever this browser had at the door and start anew for a holder."""
        self.flush()
        self._holder, self._generation, self._device = holder, generation, device
        self.modified = True

    def save(self, must_create: bool = False) -> None:
        """Write the row; a session ended elsewhere meanwhile stays ended."""
        now = clock.real_now()
        data = self._loaded()
        if self._row is None:
            self._insert(data)
            return
        ends = min(self._row.created_at + LONGEST, now + self.door.idle())
        values = {"data": data, "seen_at": now, "expires_at": ends}
        if not DoorSession.objects.filter(pk=self._row.pk).update(**values):
            self._forget()

    def delete(self, session_key: str | None = None) -> None:
        """End the session in the database: one statement, by its key, read or not."""
        if self.session_key:
            DoorSession.objects.filter(pk=self._hashed()).delete()

    def flush(self) -> None:
        """End the session: its row, its data, its key."""
        self.delete()
        self._forget()

    def cycle_key(self) -> None:
        """Give the same data a new key."""
        data, holder, generation = self._loaded(), self.holder, self.generation
        device = self._row.device if self._row else self._device
        self.begin(holder=holder, generation=generation, device=device)
        self._session_cache = data

    def exists(self, session_key: str) -> bool:
        """Drawn values are never looked for first: 256 random bits do not meet."""
        return False

    def is_empty(self) -> bool:
        """Nothing to keep: no row, no holder, no data."""
        return not self.session_key and not self._holder and not getattr(self, "_session_cache", None)

    def is_stale(self) -> bool:
        """Whether the last sign of life written is a minute old."""
        return self._row is not None and clock.real_now() - self._row.seen_at >= SEEN_EVERY

    def _loaded(self) -> dict[str, Any]:
        data: dict[str, Any] = self._session  # type: ignore[attr-defined]
        return data

    def _insert(self, data: dict[str, Any]) -> None:
        now = clock.real_now()
        self._session_key = secrets.token_urlsafe(32)
        self._row = DoorSession.objects.create(
            key=self._hashed(),
            door=self.door.name,
            holder=self._holder,
            generation=self._generation,
            device=self._device,
            data=data,
            created_at=now,
            seen_at=now,
            expires_at=now + min(LONGEST, self.door.idle()),
        )

    def _forget(self) -> None:
        self._row, self._session_key = None, None
        self._holder, self._generation, self._device = "", 0, ""
        self.clear()

    def _hashed(self) -> uuid.UUID:
        return uuid.UUID(keys.lookup_hash(self.session_key or "", purpose=f"session:{self.door.name}"))

    def _validate_session_key(self, key: str | None) -> bool:
        """A cookie that we cannot have written costs no statement."""
        return bool(key and _VALUE.match(key))


def end_sessions(*, holder: str) -> int:
    """End every session of a holder, wherever it is open; returns how many there were."""
    return DoorSession.objects.filter(holder=holder).delete()[0]


def end_others(*, holder: str, but: uuid.UUID | None) -> int:
    """End the sessions of a holder except one; returns how many there were."""
    ended = DoorSession.objects.filter(holder=holder)
    return (ended.exclude(key=but) if but else ended).delete()[0]


def end_one(*, holder: str, key: uuid.UUID) -> bool:
    """End one session of a holder; False when it is none of theirs, or ended already."""
    return bool(DoorSession.objects.filter(holder=holder, key=key).delete()[0])


def purge_expired() -> int:
    """Delete the sessions that have ended by themselves; returns how many there were."""
    return DoorSession.objects.filter(expires_at__lte=clock.real_now()).delete()[0]
