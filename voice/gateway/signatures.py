"""Whether a request comes from the town's provider: HMAC-SHA1 of the public address and of the form, under a secret."""

import base64
import hmac
from collections.abc import Iterable, Mapping


def signature(*, secret: str, url: str, fields: Mapping[str, Iterable[str]]) -> str:
    """What the provider writes in its header: the address, then each name and value in the order of the names."""
    told = url + "".join(name + value for name in sorted(fields) for value in sorted(set(fields[name])))
    return base64.b64encode(hmac.digest(secret.encode(), told.encode(), "sha1")).decode()


def is_signed(*, secret: str, url: str, fields: Mapping[str, Iterable[str]], given: str) -> bool:
    """Compared in constant time."""
    wanted = signature(secret=secret, url=url, fields=fields)
    return hmac.compare_digest(wanted.encode(), given.encode("utf-8", "replace"))
