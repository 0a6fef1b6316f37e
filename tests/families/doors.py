"""Browsers of the tests: at one commune's host, with cookies of their own."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from lps.families.models import Household
from notifications.facts import loads
from notifications.models import FACTS_PURPOSE, OutboxMessage
from notifications.render import render
from tenants import keys
from tests.families.factories import child_of

_VARYING = re.compile(r"'[0-9a-f]{32}'|'\d{4}-\d\d-\d\d [0-9:.+]+'")
_TYPED = re.compile(r' value="[^"]*"')


def browser(slug: str = "demo") -> Client:
    """A browser that has never been here, on the host of a commune."""
    return Client(headers={"host": f"{slug}.localhost"})


def sign_in(client: Client, home: Household, *, follow: str = "") -> HttpResponse:
    """Type the codes of a household and of its first child."""
    codes = {"child_code": child_of(home).child_code, "family_code": home.family_code}
    return client.post("/", {**codes, "suivant": follow})


def text_of(response: HttpResponse) -> str:
    """The page as it reads, without what was typed and without the secret that changes with each form."""
    return _TYPED.sub("", response.content.decode())


def link_sent() -> str:
    """The path of the last link that was mailed."""
    [message] = OutboxMessage.objects.order_by("-pk")[:1]
    facts = loads(keys.decrypt(message.facts, purpose=FACTS_PURPOSE))
    assert facts["url"] in render(message.template, facts).text
    return urlsplit(facts["url"]).path


@contextmanager
def statements() -> Iterator[list[str]]:
    """The statements made inside, hashes and instants aside; those that enter schemas and transactions are left out."""
    made: list[str] = []
    with CaptureQueriesContext(connection) as captured:
        yield made
    told = (_VARYING.sub("<varying>", query["sql"]) for query in captured.captured_queries)
    made += [sql for sql in told if not sql.startswith(("SET search_path", "SAVEPOINT", "RELEASE", "BEGIN", "COMMIT"))]
