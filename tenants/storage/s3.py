"""Files in one private bucket: `<schema>/…`."""

from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from storages.backends.s3 import S3Storage

from lps.kernel.causes import cause
from tenants.storage.names import SHARED, CommuneFiles, StorageAway, commune_folder

# Other makers' S3 know neither host-style buckets nor the newer checksums; each step has its time limit.
_CLIENT = Config(
    connect_timeout=5,
    read_timeout=30,
    retries={"max_attempts": 3, "mode": "standard"},
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
        try:
            self.connection.meta.client.head_bucket(Bucket=self.bucket_name)
        except (BotoCoreError, ClientError) as error:
            raise StorageAway(cause(error)) from error

    def read(self, name: str) -> bytes | None:
        try:
            return super().read(name)
        except (BotoCoreError, ClientError) as error:
            raise StorageAway(cause(error)) from error

    def remove_all(self) -> None:
        try:
            # One by one: the request for many wants a sum, and the one that boto sends is unknown to other makers' S3.
            for one in self.bucket.objects.filter(Prefix=f"{commune_folder()}/"):
                one.delete()
        except (BotoCoreError, ClientError) as error:
            raise StorageAway(cause(error)) from error

    def _normalize_name(self, name: str) -> str:
        """The object's key. The parent joins its `location`, one for all, in this same place."""
        return f"{commune_folder()}/{name}"


class SharedS3Storage(CommuneS3Storage):
    """One prefix for all communes: what says nothing of any of them."""

    def _normalize_name(self, name: str) -> str:
        return f"{SHARED}/{name}"
