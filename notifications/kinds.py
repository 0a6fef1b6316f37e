"""The kinds of message that one may choose to receive: each app declares its own in its AppConfig."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageKind:
    """A kind of message: `code` is what `Preference.topic` keeps, `default` whether it is sent to who said nothing."""

    code: str
    label: str | Promise
    words: str | Promise
    default: bool = True


NEWS = MessageKind(
    code="news",
    label=_("Informations de la mairie"),
    words=_("ce que la mairie écrit aux familles d'une école, d'une classe ou d'une activité"),
)
_kinds: dict[str, MessageKind] = {}


def register(kind: MessageKind) -> None:
    """Add a kind; raise ValueError for a code that another one bears."""
    if _kinds.setdefault(kind.code, kind) is not kind:
        raise ValueError(f"registered twice: {kind.code}")


def registered() -> Mapping[str, MessageKind]:
    """Every kind by its code, in the order of registration."""
    return _kinds
