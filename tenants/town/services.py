"""Changing what a town decides. The journal stands above this app: `lps.journal.town` adds the entry."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction

from lps.kernel import clock
from tenants import context
from tenants.models import Commune
from tenants.town.models import TownSettings
from tenants.town.pictures import redrawn

Changed = tuple[dict[str, Any], dict[str, Any]]
_TRIAL = "essai-"


def open_town() -> TownSettings:
    """Write the settings row of a commune just made, with the values by default."""
    return TownSettings.objects.create(pk=1)


def renew_catalogue_stamp() -> None:
    """Say that the catalogue or the school calendar changed: every process reads it again."""
    TownSettings.objects.filter(pk=1).update(catalogue_stamp=uuid.uuid4())
    context.entry().pop("town", None)


def change_settings(**wanted: Any) -> Changed:
    """Set the given fields, raise the version, and return (before, after) of what changed, version included.

    Raises `ValidationError` for a value out of its bounds; nothing is saved then.
    """
    with transaction.atomic():
        row = TownSettings.objects.select_for_update().get(pk=1)
        after = {name: value for name, value in wanted.items() if getattr(row, name) != value}
        if after:
            after["version"] = row.version + 1
        before = {name: getattr(row, name) for name in after}
        for name, value in after.items():
            setattr(row, name, value)
        if after:
            row.changed_at = clock.now()
            row.full_clean()
            row.save()
    context.entry().pop("town", None)
    return before, after


def lock_settings() -> TownSettings:
    """The settings row, held until we commit: what an empty town starts with is started once."""
    return TownSettings.objects.select_for_update().get(pk=1)


def finish_set_up(*, now: datetime) -> bool:
    """The town is ready for its families; False when it was already."""
    done = TownSettings.objects.filter(pk=1, set_up_at__isnull=True).update(set_up_at=now)
    context.entry().pop("town", None)
    return bool(done)


def save_logo(*, content: bytes) -> Changed:
    """Keep a new logo (PNG, JPEG or WebP) and return (before, after); raises `PictureRefused`.

    It gets a name of its own, so that the old one is shown until the commit and kept by a rollback.
    """
    picture = redrawn(content)
    name = default_storage.save(f"town/logo-{uuid.uuid4().hex[:16]}.{picture.extension}", ContentFile(picture.content))
    return _set_logo(name)


def try_logo(*, content: bytes) -> str:
    """Keep a picture to be looked at before it is the logo, in place of any other; returns its name.

    Raises `PictureRefused`.
    """
    picture = redrawn(content)
    for name in _trials():
        default_storage.delete(f"town/{name}")
    return default_storage.save(
        f"town/{_TRIAL}{uuid.uuid4().hex[:16]}.{picture.extension}", ContentFile(picture.content)
    )


def forget_trial(*, name: str) -> None:
    """Delete a picture that was looked at."""
    default_storage.delete(name)


def _trials() -> list[str]:
    try:
        return [name for name in default_storage.listdir("town")[1] if name.startswith(_TRIAL)]
    except FileNotFoundError:  # on a disk, where no file of the town was ever kept
        return []


def remove_logo() -> Changed:
    """Go back to the commune's initial; returns (before, after)."""
    return _set_logo("")


def _set_logo(name: str) -> Changed:
    with transaction.atomic():
        before, after = change_settings(logo=name)
        if before.get("logo"):
            transaction.on_commit(_Forget(context.current(), before["logo"]), robust=True)
    return before, after


@dataclass(frozen=True, slots=True)
class _Forget:
    """Delete a file of a commune once nothing names it; a file left behind by a failure is read by nobody."""

    commune: Commune
    name: str

    def __call__(self) -> None:
        with context.use(self.commune):
            default_storage.delete(self.name)
