"""Logs: each line carries the commune and the request, and nothing that opens a door or names somebody.

A child's code stands in the path of a page, a link's secret too, and a database names the row that it
refuses: so codes, secrets and e-mail addresses are masked in every line, whoever wrote it, and in the
traces of errors.
"""

import json
import logging
import re
import uuid
from contextvars import ContextVar
from datetime import UTC, datetime

commune_slug: ContextVar[str] = ContextVar("commune_slug", default="-")
# What asked for the work that a line tells: a request of the pages, also in the tasks that it wakes, or a call.
request_id: ContextVar[str] = ContextVar("request_id", default="-")
task_name: ContextVar[str] = ContextVar("task_name", default="-")

MASK = "••••••"
# No more before the @ than an address may have: a line of eight thousand letters is read once, not from each of them.
_ADDRESS = re.compile(r"[\w.+%-]{1,64}@[\w-]+(?:\.[\w-]+)+")
_USERINFO = re.compile(r"://[^/@\s]+@")
# What we draw at random has 32 characters or more (tokens, cookies, keys, sealed texts); a long name in a
# trace is left as it is when it is written in lower case without digits.
_SECRET = re.compile(r"(?<![A-Za-z0-9_-])(?=[a-z_-]*[A-Z0-9])[A-Za-z0-9_-]{32,}")
# A code has 6 to 10 digits, whatever stands beside it. Dates without dashes and telephone numbers go with them.
_CODE = re.compile(r"\d{6,}")
_PLAIN_WORD = re.compile(r"(?!(?:\D*\d){4})[a-z0-9_.-]{0,40}")  # at most three digits in all: "72.00.00.01" is a code


def new_id() -> str:
    """A name for a request, a call or a task that nothing asked for."""
    return uuid.uuid4().hex[:12]


def mask(text: str) -> str:
    """Hide e-mail addresses, passwords in addresses of services, random secrets, and every run of 6 digits or more."""
    text = _USERINFO.sub(f"://{MASK}@", text)
    for pattern in (_ADDRESS, _SECRET, _CODE):
        text = pattern.sub(MASK, text)
    return text


def mask_path(path: str) -> str:
    """Leave of an address that no route knows what cannot name anybody: its plain, short words."""
    return "/".join(word if _PLAIN_WORD.fullmatch(word) else MASK for word in path.split("/"))


class MaskedFormatter(logging.Formatter):
    """Readable lines: time, level, commune, request, logger, message."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).strftime("%H:%M:%S")
        head = f"{at} {record.levelname} [{commune_slug.get()} {request_id.get()}] {record.name}: "
        return head + mask(self._body(record))

    def _body(self, record: logging.LogRecord) -> str:
        try:
            body = record.getMessage()
        except (TypeError, ValueError):  # a slip in somebody's call, which logging would print with its values
            body = f"{record.msg} {record.args}"
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
                "task": task_name.get(),
                "message": mask(self._body(record)),
            },
            ensure_ascii=False,
        )
