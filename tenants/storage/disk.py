"""Files on the local disk: `<root>/<schema>/`, readable by our own user alone."""

import os
import shutil
import tempfile
import uuid
from pathlib import Path
from typing import Any

from django.core.files.storage import FileSystemStorage

from lps.kernel.causes import cause
from tenants.storage.names import SHARED, CommuneFiles, StorageAway, commune_folder


class CommuneFileSystemStorage(CommuneFiles, FileSystemStorage):
    """One folder per commune, chosen at each access; a file saved under a taken name replaces it."""

    def __init__(self, *, root: str | Path) -> None:
        super().__init__(file_permissions_mode=0o600, directory_permissions_mode=0o700, allow_overwrite=True)
        self.root = Path(root)

    def check_ready(self) -> None:
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=self.root) as probe:
            probe.write(b"?")

    @property
    def base_location(self) -> str:
        """Not remembered, unlike the parent's: the storage object outlives the commune."""
        return str(self.root / commune_folder())

    @property
    def location(self) -> str:
        """The same, absolute."""
        return str(Path(self.base_location).absolute())

    def _save(self, name: str, content: Any) -> str:
        """Write aside, then rename: on a full disk what was there stays whole, and nothing is left half-written."""
        draft = f"{name}.{uuid.uuid4().hex[:8]}.part"
        try:
            super()._save(draft, content)  # type: ignore[misc]
            os.replace(self.path(draft), self.path(name))
        except OSError as error:
            Path(self.path(draft)).unlink(missing_ok=True)
            raise StorageAway(cause(error)) from error
        return name

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        """The folders and the files below; none where nothing was saved yet, as on S3."""
        try:
            return super().listdir(path)
        except FileNotFoundError:
            return [], []

    def remove_all(self) -> None:
        folder = self.root / commune_folder()
        if folder.exists():
            shutil.rmtree(folder)


class SharedFileSystemStorage(CommuneFileSystemStorage):
    """One folder for all communes: what says nothing of any of them."""

    @property
    def base_location(self) -> str:
        return str(self.root / SHARED)
