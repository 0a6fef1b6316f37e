"""Agents of the tests, each in its own browser at the town hall's door."""

from django.test import Client

from tenants.models import Commune
from tests.accounts.factories import agent, browser, enter


def signed_in(commune: Commune, *roles: str, name: str = "Nadia") -> Client:
    """A browser in which an agent with these roles is signed in (administrator without any)."""
    person = agent(commune, *roles, email=f"{name.lower()}@mairie.example", name=name)
    client = browser(commune)
    enter(client, person)
    return client
