"""Agents of the tests at the town hall's door."""

from django.test import Client

from lps.accounts.models import Account
from lps.accounts.roles import Role
from tenants import context
from tenants.models import Commune
from tests.accounts import factories as people

_emails = iter(f"agent{number}@mairie.example" for number in range(10_000))


def signed_in(
    commune: Commune, *roles: str, sites: list[int] | None = None, activities: list[int] | None = None
) -> Client:
    """An agent's browser; kept to these schools, to these activities, when some are given."""
    person = people.agent(commune, *(roles or (Role.SCHOOL,)), email=next(_emails))
    if sites or activities:
        with context.use(commune):
            Account.objects.filter(pk=person.account.pk).update(sites=sites or [], activities=activities or [])
    client = people.browser(commune)
    assert people.enter(client, person).status_code == 302
    return client
