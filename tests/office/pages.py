"""Agents' browsers, and pages as they read."""

from django.http import HttpResponse
from django.test import Client

from tenants.models import Commune
from tests.accounts.factories import agent, browser, enter


def signed_in(commune: Commune, *roles: str) -> Client:
    """The browser of an agent who holds these roles, an administrator by default."""
    client = browser(commune)
    assert enter(client, agent(commune, *roles)).status_code == 302
    return client


def text(response: HttpResponse) -> str:
    """The page as it reads: apostrophes and spaces are plain."""
    return response.content.decode().replace("&#x27;", "'").replace("\u00a0", " ")
