"""Files in one private bucket: `<schema>/…`."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from http.client import NOT_FOUND
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from storages.backends.s3 import S3Storage

from lps.kernel.causes import cause
from tenants.storage.names import SHARED, CommuneFiles, StorageAway, commune_folder

# Other makers' S3 know neither host-style buckets nor the newer checksums. Each step has its time limit, and is tried
# twice: a bucket that hangs holds a thread of the pages for twenty seconds, not for minutes.
_CLIENT = Config(
    connect_timeout=5,
    read_timeout=10,
    retries={"total_max_attempts": 2, "mode": "standard"},
    s3={"addressing_style": "path"},
    signature_version="s3v4",
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
)

# Bytes of a file read that memory holds; the disk holds the rest (an archive of a commune may be gigabytes).
_HELD = 4_000_000


class CommuneS3Storage(CommuneFiles, S3Storage):
    """One prefix per commune, chosen at each access; a file saved under a taken name replaces it."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(
            client_config=_CLIENT,
            querystring_auth=False,
            default_acl=None,
            file_overwrite=True,
            max_memory_size=_HELD,
            **settings,
        )

    def check_ready(self) -> None:
        with _asking():
            self.connection.meta.client.head_bucket(Bucket=self.bucket_name)

    def open(self, name: str, mode: str = "rb") -> Any:
        with _asking():
            return super().open(name, mode)

    def read(self, name: str) -> bytes | None:
        with _asking():
            return super().read(name)

    def save(self, name: str | None, content: Any, max_length: int | None = None) -> str:
        with _asking():
            return super().save(name, content, max_length)

    def delete(self, name: str) -> None:
        with _asking():
            super().delete(name)

    def exists(self, name: str) -> bool:
        with _asking():
            return super().exists(name)

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        with _asking():
            return super().listdir(path)

    def size(self, name: str) -> int:
        with _asking():
            return super().size(name)

    def get_modified_time(self, name: str) -> datetime:
        with _asking():
            return super().get_modified_time(name)

    def remove_all(self) -> None:
        with _asking():
            # One by one: the request for many wants a sum, and the one that boto sends is unknown to other makers' S3.
            for one in self.bucket.objects.filter(Prefix=f"{commune_folder()}/"):
                one.delete()

    def _normalize_name(self, name: str) -> str:
        """The object's key. The parent joins its `location`, one for all, in this same place."""
        return f"{commune_folder()}/{name}"


@contextmanager
def _asking() -> Iterator[None]:
    """A bucket that refuses us (a key that ended, a right taken away) is as far away as one that does not answer."""
    try:
        yield
    except ClientError as error:
        told = error.response
        if told["ResponseMetadata"]["HTTPStatusCode"] == NOT_FOUND and told["Error"]["Code"] != "NoSuchBucket":
            raise FileNotFoundError(cause(error)) from error
        raise StorageAway(cause(error)) from error
    except BotoCoreError as error:
        raise StorageAway(cause(error)) from error


class SharedS3Storage(CommuneS3Storage):
    """One prefix for all communes: what says nothing of any of them."""

    def _normalize_name(self, name: str) -> str:
        return f"{SHARED}/{name}"
