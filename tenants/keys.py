"""Each commune's data key, and what is encrypted or looked up under it.

The data key is 32 random bytes wrapped (AES-256-GCM) by an application key and bound to the
commune's id: another commune's row cannot borrow it. Encryption and look-up keys are derived from
it (HKDF-SHA256), one per purpose. A ciphertext reads `<key id>.<base64url(nonce + sealed)>`.
Rotating the application key re-wraps data keys and touches no data; destroying a wrapped key makes
everything sealed under it unreadable (erasure of a commune).
"""

import base64
import hmac
import os
from collections.abc import Iterable, Mapping
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from django.conf import settings

from tenants import context
from tenants.models import Commune

_NONCE = 12
DATA_KEY_ID = "d1"
_PASSPHRASE_ID = "p1"


class KeyLost(ValueError):
    """The key is unknown or destroyed, or the text was not sealed under it."""


def new_wrapped_key(commune: Commune) -> str:
    """A fresh data key for a commune, wrapped by the active application key."""
    return _wrap(os.urandom(32), commune)


def rewrap(commune: Commune) -> str:
    """The same data key under the active application key (rotation, export to another cell)."""
    return _wrap(_unwrap(commune.wrapped_key, str(commune.pk)), commune)


def seal_under(passphrase: str, commune: Commune) -> str:
    """The commune's data key sealed under a passphrase (scrypt, 32 MB and a tenth of a second), for its archive."""
    salt, nonce = os.urandom(16), os.urandom(_NONCE)
    data_key = _unwrap(commune.wrapped_key, str(commune.pk))
    sealed = AESGCM(_stretched(passphrase, salt)).encrypt(nonce, data_key, str(commune.pk).encode())
    return f"{_PASSPHRASE_ID}.{_b64(salt + nonce + sealed)}"


def unseal(sealed: str, passphrase: str, commune: Commune) -> str:
    """The data key that `seal_under` sealed, wrapped for this commune by the active application key.

    Raises `KeyLost` for another passphrase or another commune's key.
    """
    name, _, body = sealed.partition(".")
    try:
        raw = _unb64(body)
    except ValueError as error:
        raise KeyLost("archive") from error
    if name != _PASSPHRASE_ID or len(raw) < 16 + _NONCE:
        raise KeyLost("archive")
    try:
        opener = AESGCM(_stretched(passphrase, raw[:16]))
        data_key = opener.decrypt(raw[16 : 16 + _NONCE], raw[16 + _NONCE :], str(commune.pk).encode())
    except InvalidTag as error:
        raise KeyLost("passphrase") from error
    return _wrap(data_key, commune)


def key_of(sealed: str) -> str:
    """The name of the key under which a text was sealed, or a data key wrapped."""
    return sealed.partition(".")[0]


def is_behind(wrapped: str) -> bool:
    """Whether a data key is wrapped under another application key than the active one; a destroyed one is not."""
    return bool(wrapped) and key_of(wrapped) != _active_id()


def encrypt(text: str, *, purpose: str) -> str:
    """Seal a text under the current commune's key (the application's in the registry)."""
    secret, binding = _secret()
    nonce = os.urandom(_NONCE)
    sealed = AESGCM(_derive(secret, f"encrypt:{purpose}")).encrypt(nonce, text.encode(), binding)
    return f"{_key_id()}.{_b64(nonce + sealed)}"


def decrypt(text: str, *, purpose: str) -> str:
    """Open what `encrypt` sealed; raises `KeyLost` for another key, commune or purpose."""
    key_id, _, body = text.partition(".")
    secret, binding = _secret(key_id)
    raw = _unb64(body)
    try:
        opened = AESGCM(_derive(secret, f"encrypt:{purpose}")).decrypt(raw[:_NONCE], raw[_NONCE:], binding)
    except InvalidTag as error:
        raise KeyLost(purpose) from error
    return opened.decode()


def encrypt_many(texts: Iterable[str], *, purpose: str) -> list[str]:
    """Seal many texts, as `encrypt` seals each: the key is derived once."""
    secret, binding = _secret()
    seal, key_id = AESGCM(_derive(secret, f"encrypt:{purpose}")).encrypt, _key_id()
    drawn = ((os.urandom(_NONCE), text) for text in texts)
    return [f"{key_id}.{_b64(nonce + seal(nonce, text.encode(), binding))}" for nonce, text in drawn]


def decrypt_many(texts: Iterable[str], *, purpose: str) -> list[str]:
    """Open many texts, as `decrypt` opens each; raises `KeyLost` at the first that it cannot open."""
    openers: dict[str, tuple[AESGCM, bytes]] = {}
    opened = []
    for text in texts:
        key_id, _, body = text.partition(".")
        if key_id not in openers:
            secret, binding = _secret(key_id)
            openers[key_id] = AESGCM(_derive(secret, f"encrypt:{purpose}")), binding
        opener, binding = openers[key_id]
        raw = _unb64(body)
        try:
            opened.append(opener.decrypt(raw[:_NONCE], raw[_NONCE:], binding).decode())
        except InvalidTag as error:
            raise KeyLost(purpose) from error
    return opened


def lookup_hash(text: str, *, purpose: str) -> str:
    """A keyed hash by which a secret is found without being stored: HMAC-SHA256, 32 hex digits."""
    secret, _ = _secret()
    return hmac.new(_derive(secret, f"lookup:{purpose}"), text.encode(), "sha256").hexdigest()[:32]


def _secret(key_id: str | None = None) -> tuple[bytes, bytes]:
    commune = context.current_or_none()
    if commune is None:
        return _application_key(key_id), b"registry"
    if key_id not in (None, DATA_KEY_ID):
        raise KeyLost(key_id)
    return _unwrap(commune.wrapped_key, str(commune.pk)), commune.pk.bytes


def _stretched(passphrase: str, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=32, n=2**15, r=8, p=1).derive(passphrase.encode())


def _key_id() -> str:
    return DATA_KEY_ID if context.current_or_none() else _active_id()


def _wrap(data_key: bytes, commune: Commune) -> str:
    nonce = os.urandom(_NONCE)
    sealed = AESGCM(_application_key()).encrypt(nonce, data_key, str(commune.pk).encode())
    return f"{_active_id()}.{_b64(nonce + sealed)}"


@lru_cache(maxsize=512)
def _unwrap(wrapped: str, commune_id: str) -> bytes:
    key_id, _, body = wrapped.partition(".")
    if not body:
        raise KeyLost("the commune's key was destroyed")
    raw = _unb64(body)
    try:
        return AESGCM(_application_key(key_id)).decrypt(raw[:_NONCE], raw[_NONCE:], commune_id.encode())
    except InvalidTag as error:
        raise KeyLost("data key") from error


@lru_cache(maxsize=2048)
def _derive(secret: bytes, purpose: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=b"les-parents-services", info=purpose.encode()).derive(secret)


def _application_keys() -> Mapping[str, bytes]:
    """`LPS_APP_KEYS`: `k2:<base64>,k1:<base64>`; the first one wraps, all of them unwrap."""
    return settings.LPS_APP_KEYS


def _active_id() -> str:
    return next(iter(_application_keys()))


def _application_key(key_id: str | None = None) -> bytes:
    try:
        return _application_keys()[key_id or _active_id()]
    except KeyError as error:
        raise KeyLost(key_id) from error


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
