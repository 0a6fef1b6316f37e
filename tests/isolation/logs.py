"""What the product writes in its logs, read as it is written: both formatters, at the levels of the settings."""

import io
import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from lps.kernel.log_context import JsonFormatter, MaskedFormatter


@dataclass(frozen=True)
class Written:
    """The lines of a block, as a developer reads them and as a collector gets them."""

    text: io.StringIO
    json: io.StringIO

    def __str__(self) -> str:
        return self.text.getvalue() + self.json.getvalue()

    def found(self, secrets: Iterable[str]) -> list[str]:
        """Those of these secrets that stand in a line."""
        return [secret for secret in secrets if secret in str(self)]


@contextmanager
def written_logs() -> Iterator[Written]:
    """Keep what is logged inside the block, formatted as in production and as under `make run`."""
    written = Written(io.StringIO(), io.StringIO())
    handlers = [logging.StreamHandler(written.text), logging.StreamHandler(written.json)]
    handlers[0].setFormatter(MaskedFormatter())
    handlers[1].setFormatter(JsonFormatter())
    for handler in handlers:
        logging.root.addHandler(handler)
    try:
        yield written
    finally:
        for handler in handlers:
            logging.root.removeHandler(handler)
