"""Browsers of the tests: at one commune's host, with cookies of their own."""

import re
from urllib.parse import urlsplit

from django.http import HttpResponse
from django.test import Client

from lps.families.models import Household
from notifications.facts import loads
from notifications.models import FACTS_PURPOSE, OutboxMessage
from notifications.render import render
from tenants import keys
from tests.families.factories import child_of
from tests.sql import counted

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


def cost(client: Client, path: str) -> int:
    """How many statements a page makes, once warm."""
    client.get(path)
    with counted() as made:
        assert client.get(path).status_code == 200
    return len(made)


def link_sent() -> str:
    """The path of the last link that was mailed."""
    [message] = OutboxMessage.objects.order_by("-pk")[:1]
    facts = loads(keys.decrypt(message.facts, purpose=FACTS_PURPOSE))
    assert facts["url"] in render(message.template, facts).text
    return urlsplit(facts["url"]).path
