"""The facts of a message, kept as text: JSON, with days, instants and amounts coming back as they were."""

import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

_MARK = "$type"
# Among the facts of an e-mail: it goes to an address that bounced or complained all the same.
DESPITE_BLOCK = "despite_block"


def dumps(facts: Mapping[str, Any]) -> str:
    """The facts as text; raises `TypeError` for a value that a template could not show tomorrow."""
    return json.dumps(dict(facts), default=_as_marked, ensure_ascii=False)


def loads(text: str) -> dict[str, Any]:
    """The facts again."""
    facts = json.loads(text, object_hook=_from_marked)
    assert isinstance(facts, dict)
    return facts


def _as_marked(value: object) -> dict[str, str]:
    if isinstance(value, datetime):
        return {_MARK: "instant", "value": value.isoformat()}
    if isinstance(value, date):
        return {_MARK: "day", "value": value.isoformat()}
    if isinstance(value, Decimal):
        return {_MARK: "amount", "value": str(value)}
    raise TypeError(f"a message holds plain facts, not {type(value).__name__}")


def _from_marked(found: dict[str, Any]) -> Any:
    match found.get(_MARK):
        case "instant":
            return datetime.fromisoformat(found["value"])
        case "day":
            return date.fromisoformat(found["value"])
        case "amount":
            return Decimal(found["value"])
    return found
