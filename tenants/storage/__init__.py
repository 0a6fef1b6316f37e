"""Files belong to a commune: on the local disk by default, on S3 when an endpoint is set.

The settings import this module, so it touches neither models nor boto3; the storages themselves
are in `disk` and `s3`, and what both refuse is in `names`. Nothing here has a public address: our
own views serve the files, after asking who reads.
"""

import sys
from collections.abc import Mapping

DISK = "tenants.storage.disk.CommuneFileSystemStorage"
S3 = "tenants.storage.s3.CommuneS3Storage"
SHARED_DISK = "tenants.storage.disk.SharedFileSystemStorage"
SHARED_S3 = "tenants.storage.s3.SharedS3Storage"


class BadStorageSettings(ValueError):
    """The environment says neither where the disk is nor how to reach the bucket."""


def storages_setting(env: Mapping[str, str]) -> dict[str, object]:
    """The entries of Django's `STORAGES`, from the environment: `default`, and `shared` for what names no commune.

    `LPS_DATA_DIR` (disk), or `S3_ENDPOINT_URL` with `S3_BUCKET`, `AWS_ACCESS_KEY_ID`,
    `AWS_SECRET_ACCESS_KEY` and, where the provider wants one, `S3_REGION`.
    """
    if env.get("S3_ENDPOINT_URL"):
        options = _s3_options(env)
        return {"default": {"BACKEND": S3, "OPTIONS": options}, "shared": {"BACKEND": SHARED_S3, "OPTIONS": options}}
    disk = {"root": f"{_required(env, 'LPS_DATA_DIR')}/files"}
    return {"default": {"BACKEND": DISK, "OPTIONS": disk}, "shared": {"BACKEND": SHARED_DISK, "OPTIONS": disk}}


def is_away(error: BaseException) -> bool:
    """Whether an error says that the files do not answer. boto3 is there only when the files are on S3."""
    from tenants.storage.names import StorageAway  # it knows the models

    boto = sys.modules.get("botocore.exceptions")
    return isinstance(error, StorageAway) or (
        boto is not None and isinstance(error, boto.BotoCoreError | boto.ClientError)  # while a file is read
    )


def _s3_options(env: Mapping[str, str]) -> dict[str, object]:
    return {
        "endpoint_url": env["S3_ENDPOINT_URL"],
        "bucket_name": _required(env, "S3_BUCKET"),
        "access_key": _required(env, "AWS_ACCESS_KEY_ID"),
        "secret_key": _required(env, "AWS_SECRET_ACCESS_KEY"),
        "region_name": env.get("S3_REGION") or None,
    }


def _required(env: Mapping[str, str], name: str) -> str:
    if not env.get(name):
        raise BadStorageSettings(f"{name} is missing")
    return env[name]
