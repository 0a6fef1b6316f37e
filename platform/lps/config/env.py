"""One typed reader per kind of variable. In production a missing one stops the start."""

import base64
import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

_EMAIL = re.compile(r"[^\s@:/]+@[^\s@:/]+")
_CONTACT = re.compile(r"(mailto:[^\s@]+@[^\s@]+|tel:\+[\d-]+|https://\S+)")


class MissingSetting(RuntimeError):
    """A variable that this environment needs is absent or unreadable; the message names it."""


def text(name: str, default: str | None = None) -> str:
    """A variable, or the content of the file that `<name>_FILE` names, or its default; raises `MissingSetting`."""
    value = _given(name)
    if value is None:
        value = default
    if value is None:
        raise MissingSetting(f"La variable {name} manque.")
    return value


def _given(name: str) -> str | None:
    """What was given for a variable. A secret in a file shows in no list of processes nor of containers."""
    path = os.environ.get(f"{name}_FILE")
    if not path:
        return os.environ.get(name)
    if name in os.environ:
        raise MissingSetting(f"{name} et {name}_FILE sont donnés tous les deux : gardez l'un des deux.")
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        raise MissingSetting(f"Le fichier de {name}_FILE ne se lit pas ({type(error).__name__}).") from error


def given(*names: str) -> dict[str, str]:
    """Those of these variables that are given, by themselves or by a file."""
    found = {name: _given(name) for name in names}
    return {name: value for name, value in found.items() if value is not None}


def choice(name: str, known: tuple[str, ...]) -> str:
    """One of the known words, the first by default; raises `MissingSetting`."""
    value = os.environ.get(name) or known[0]
    if value not in known:
        raise MissingSetting(f"La variable {name} attend l'un de ces mots : {', '.join(known)}.")
    return value


def words(name: str, default: str = "") -> tuple[str, ...]:
    """A comma-separated variable."""
    return tuple(word.strip() for word in text(name, default).split(",") if word.strip())


def contacts(name: str) -> tuple[str, ...]:
    """Addresses separated by commas, each as an address of the web: an e-mail becomes `mailto:`."""
    found = []
    for word in words(name):
        address = f"mailto:{word}" if _EMAIL.fullmatch(word) else word
        if not _CONTACT.fullmatch(address):
            raise MissingSetting(
                f"La variable {name} attend des adresses e-mail ou « https://… », séparées par des virgules."
            )
        found.append(address)
    return tuple(found)


def application_keys(name: str) -> dict[str, bytes]:
    """`k2:<base64>,k1:<base64>`: 32-byte keys by id, the first one active."""
    keys = {}
    for item in text(name).split(","):
        key_id, _, body = item.strip().partition(":")
        raw = base64.b64decode(body, validate=True)
        if not key_id or len(raw) != 32:
            raise MissingSetting(f"La variable {name} attend « identifiant:clé de 32 octets en base64 ».")
        keys[key_id] = raw
    return keys


def database(name: str) -> dict[str, Any]:
    """A `postgresql://user:password@host:port/name?sslmode=…` address as Django's settings."""
    parts = urlsplit(text(name))
    if parts.scheme not in ("postgresql", "postgres") or not parts.path.strip("/"):
        raise MissingSetting(f"La variable {name} attend « postgresql://utilisateur:mot-de-passe@hôte:port/base ».")
    return {
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "NAME": parts.path.strip("/"),
        "OPTIONS": dict(parse_qsl(parts.query)),
    }
