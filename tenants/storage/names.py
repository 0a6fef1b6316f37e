"""What both storages refuse, before any of them touches a file."""

from datetime import datetime
from typing import Any

from django.core.exceptions import SuspiciousFileOperation

from tenants import context


class NoPublicAddress(ValueError):
    """A commune's file is read through our views, which know who may see it."""


class StorageAway(OSError):
    """The storage does not answer, or refuses us."""


class CommuneFiles:
    """Mixin of a Django storage: checks each name it is given, and hands out no address."""

    def check_ready(self) -> None:
        """Ask the storage itself, outside of any commune; raises `OSError` when it cannot be used."""
        raise NotImplementedError

    def open(self, name: str, mode: str = "rb") -> Any:
        return super().open(checked(name), mode)  # type: ignore[misc]

    def read(self, name: str) -> bytes | None:
        """The whole file, None where there is none. Raises `StorageAway` when the storage does not answer."""
        try:
            with self.open(name) as kept:
                return bytes(kept.read())
        except FileNotFoundError:
            return None

    def save(self, name: str | None, content: Any, max_length: int | None = None) -> str:
        return super().save(checked(name or content.name or ""), content, max_length)  # type: ignore[misc,no-any-return]

    def delete(self, name: str) -> None:
        super().delete(checked(name))  # type: ignore[misc]

    def exists(self, name: str) -> bool:
        return super().exists(checked(name))  # type: ignore[misc,no-any-return]

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        folders, files = super().listdir(checked(path) if path else "")  # type: ignore[misc]
        return sorted(folders), sorted(files)

    def size(self, name: str) -> int:
        return super().size(checked(name))  # type: ignore[misc,no-any-return]

    def get_modified_time(self, name: str) -> datetime:
        return super().get_modified_time(checked(name))  # type: ignore[misc,no-any-return]

    def remove_all(self) -> None:
        """Remove every file of the commune entered, and its folder; what is gone already stays gone."""
        raise NotImplementedError

    def url(self, name: str | None) -> str:
        raise NoPublicAddress(name)


SHARED = "shared"  # what is the same for every commune and names none; no schema is called so


def commune_folder() -> str:
    """The folder, or prefix, of the commune entered; raises `NoCommune` outside of any."""
    return str(context.current().schema_name)


def checked(name: object) -> str:
    """The name, if it can only mean a file below the commune's folder.

    Refused rather than cleaned: a name with `..` in it was never made by us.
    """
    text = str(name)
    parts = text.split("/")
    if not text.isprintable() or "\\" in text or any(part in {"", ".", ".."} for part in parts):
        raise SuspiciousFileOperation(f"not a file name of a commune: {text!r}")
    return text
