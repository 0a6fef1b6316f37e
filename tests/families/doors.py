"""Browsers of the tests: at one commune's host, with cookies of their own."""

import re

from django.http import HttpResponse
from django.test import Client

from lps.families.models import Household
from tests.families.factories import child_of

_CSRF = re.compile(r'name="csrfmiddlewaretoken" value="[^"]+"')


def browser(slug: str = "demo") -> Client:
    """A browser that has never been here, on the host of a commune."""
    return Client(headers={"host": f"{slug}.localhost"})


def sign_in(client: Client, home: Household, *, follow: str = "") -> HttpResponse:
    """Type the codes of a household and of its first child."""
    codes = {"child_code": child_of(home).child_code, "family_code": home.family_code}
    return client.post("/", {**codes, "suivant": follow})


def text_of(response: HttpResponse) -> str:
    """The page as it reads, but for the secret that changes with each form."""
    return _CSRF.sub("", response.content.decode())
