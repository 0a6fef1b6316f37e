"""What the town decided, read once per entry into the commune."""

import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath

from django.core.files.storage import default_storage
from django.db.models import Exists, Q

from lps.kernel.prepared import Prepared
from tenants import context
from tenants.town.models import Message, TownSettings

_MEDIA_TYPES = {".png": "image/png", ".jpg": "image/jpeg", ".webp": "image/webp"}
_SETTINGS = Prepared(lambda: TownSettings.objects.filter(pk=1))
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Logo:
    """The logo's bytes, its media type, and a version that changes with it."""

    content: bytes
    media_type: str
    version: str


def settings() -> TownSettings:
    """The commune's settings row: one statement per request or task, then from memory."""
    entry = context.entry()
    if "town" not in entry:
        [entry["town"]] = _SETTINGS.instances()
    row = entry["town"]
    assert isinstance(row, TownSettings)
    return row


def read_again() -> None:
    """Forget the settings row read since the commune was entered: somebody changed it meanwhile."""
    context.entry().pop("town", None)


def stamp_stands(stamp: uuid.UUID) -> Exists:
    """A condition: the catalogue is still the one of that stamp."""
    return Exists(TownSettings.objects.filter(catalogue_stamp=stamp))


def logo_version() -> str:
    """What tells one logo from the next in its address; empty when the town has none."""
    return PurePosixPath(settings().logo).stem.removeprefix("logo-")


def logo() -> Logo | None:
    """The town's logo, read from its files; None when it has none, or when the file is lost."""
    name = settings().logo
    found = picture(name) if name else None
    if name and found is None:
        log.error("the logo's file %s is lost", name)
    return found


def picture(name: str) -> Logo | None:
    """A picture of the town's files, by the name under which a service kept it; None when it is gone."""
    try:
        with default_storage.open(name) as file:
            content = file.read()
    except FileNotFoundError:
        return None
    path = PurePosixPath(name)
    return Logo(content, _MEDIA_TYPES[path.suffix], path.stem.removeprefix("logo-"))


def messages_shown(*, now: datetime) -> Sequence[Message]:
    """The messages published at that instant, newest first."""
    in_time = Message.objects.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=now), starts_at__lte=now)
    return list(in_time.filter(is_draft=False))
