"""Logs: each line carries the commune and the request, and no code of a child or a family.

A child's code stands in the path of a page, so runs of digits as long as a code are masked in
every line, whoever wrote it, and in the traces of errors too.
"""

import json
import logging
import re
from contextvars import ContextVar
from datetime import UTC, datetime

commune_slug: ContextVar[str] = ContextVar("commune_slug", default="-")
request_id: ContextVar[str] = ContextVar("request_id", default="-")

_CODE = re.compile(r"(?<![\d.:T-])\d{6,10}(?![\d.:])")
MASK = "••••••"


def mask(text: str) -> str:
    """Hide every run of 6 to 10 digits: the length of a child's or a family's code."""
    return _CODE.sub(MASK, text)


class MaskedFormatter(logging.Formatter):
    """Readable lines: time, level, commune, request, logger, message."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).strftime("%H:%M:%S")
        head = f"{at} {record.levelname} [{commune_slug.get()} {request_id.get()}] {record.name}: "
        return head + mask(self._body(record))

    def _body(self, record: logging.LogRecord) -> str:
        body = record.getMessage()
        if record.exc_info:
            body += "\n" + self.formatException(record.exc_info)
        return body


class JsonFormatter(MaskedFormatter):
    """One JSON object a line, for a log collector."""

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(
            {
                "at": datetime.fromtimestamp(record.created, UTC).isoformat(),
                "level": record.levelname,
                "logger": record.name,
                "commune": commune_slug.get(),
                "request": request_id.get(),
                "message": mask(self._body(record)),
            },
            ensure_ascii=False,
        )
