"""Reading a body: JSON, in UTF-8, no larger than what a call needs, and nothing that only Python would accept."""

import json
from collections.abc import Mapping
from typing import IO, Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from lps.accounts.api.problems import TooLarge

LARGEST_BODY = 256 * 1024


class BoundedJSONParser(BaseParser):
    """Raises `TooLarge` before more than `LARGEST_BODY` bytes are read, `ParseError` for what is no JSON."""

    media_type = "application/json"

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        raw = stream.read(LARGEST_BODY + 1)
        if len(raw) > LARGEST_BODY:
            raise TooLarge
        try:
            parsed = json.loads(raw.decode(), object_pairs_hook=_without_twins)
            # Refuses what JSON cannot say back: infinite numbers, halves of characters.
            json.dumps(parsed, ensure_ascii=False, allow_nan=False).encode()
        except (ValueError, RecursionError) as error:
            raise ParseError from error
        return parsed


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object that says a name twice says nothing sure."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice in an object")
    return found
