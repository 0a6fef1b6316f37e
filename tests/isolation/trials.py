"""How a route is tried: with whose cookies, and filled with what."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from lps.accounts import rights
from lps.accounts.doors import OFFICE
from lps.accounts.roles import AGENT_ROLES, Role
from tests.isolation.cast import Town, operator
from tests.isolation.pages import form_with
from tests.isolation.samples import Kind, Sample

EVERY_COOKIE = ("lps_famille", "lps_mairie", "lps_console")
_TYPED = re.compile(r' value="[^"]*"')


@dataclass(frozen=True)
class Things:
    """What a sample is filled with, of one commune."""

    where: Mapping[str, Any]
    query: Mapping[str, Any]
    fields: Mapping[str, Any]

    @classmethod
    def of(cls, town: Town, sample: Sample, *, sent: bool = True) -> "Things":
        """`sent`: with the fields of its form, some of which are read from a page."""
        with town.inside():
            return cls(dict(sample.where(town)), dict(sample.query(town)), dict(sample.fields(town)) if sent else {})


NOTHING = Things({}, {}, {})


@dataclass
class Trial:
    """One route, tried on this commune's host with this commune's things and with the other's."""

    name: str
    sample: Sample
    here: Town
    there: Town

    @cached_property
    def own(self) -> Things:
        return Things.of(self.here, self.sample)

    @cached_property
    def foreign(self) -> Things:
        return Things.of(self.there, self.sample)

    @property
    def in_office(self) -> bool:
        return self.path(self.own).startswith(OFFICE.path)

    def path(self, things: Things) -> str:
        return reverse(self.name, urlconf=settings.ROOT_URLCONF, kwargs=dict(things.where))

    def send(self, client: Client, method: str, things: Things, **headers: str) -> HttpResponse:
        headers = {**self.sample.headers(self.here), **headers}
        return send(client, method, self.path(things), things, is_form=self.sample.is_form, **headers)

    def whoever_may(self) -> Client:
        """A browser, or the town's software, to which the route is open."""
        client, opens = self.here.browser(), self.sample.opens
        if opens.kind is Kind.FAMILY:
            client.cookies["lps_famille"] = self.here.family
        elif opens.kind is Kind.AGENT:
            client.cookies["lps_mairie"] = self.here.agent(min(roles_of(opens.action)))
        elif opens.kind is Kind.SOFTWARE:
            client.defaults["HTTP_AUTHORIZATION"] = self.here.software(*scopes_of(opens.action))
        return client

    def strangers(self) -> dict[str, Client]:
        """Whoever it is not for. Each is to be answered like somebody who is not signed in."""
        here, there, kind = self.here, self.there, self.sample.opens.kind
        found = {
            "the other commune's family": here.browser(lps_famille=there.family),
            "the other commune's agent": here.browser(lps_mairie=there.agent()),
            "the other commune's software": with_token(here, there.software(*rights.scopes())),
            "an operator": with_cookies(here.browser(), operator()),
        }
        if kind is not Kind.SOFTWARE:
            found["software of this commune"] = with_token(here, here.software(*rights.scopes()))
        if kind is Kind.SOFTWARE or self.in_office:
            found["a family of this commune"] = with_cookies(here.browser(), here.family)
        if kind is Kind.SOFTWARE or not self.in_office:
            found["an agent of this commune"] = with_cookies(here.browser(), here.agent())
        return found

    @property
    def gated_methods(self) -> list[str]:
        """The methods that ask who is there; a form that everybody may send does not."""
        is_open = self.sample.opens.kind in (Kind.EVERYBODY, Kind.LINK)
        return [method for method in self.sample.methods if method == "GET" or not is_open]

    def carried(self, things: Things, *, shared: Collection[str] = ()) -> list[tuple[str, Things, int]]:
        """Somebody else's things, whole and one by one, where they differ from ours: the request, what it should get.

        `shared` names those that are the town's rather than somebody's.
        """
        own, sample = self.own, self.sample
        shared = {*shared, *sample.anywhere}
        alone = [replace(own, where={**own.where, name: value}) for name, value in without(things.where, shared)]
        alone += [replace(own, query={**own.query, name: value}) for name, value in without(things.query, shared)]
        tried = [one for one in (replace(things, fields=own.fields), *alone) if one != own]
        cases = [(method, one, sample.foreign) for method in sample.methods for one in tried]
        expected = sample.foreign_fields if tried else sample.foreign
        if things.fields != own.fields and expected:
            cases += [(method, replace(own, fields=things.fields), expected) for method in sample.forms]
        return cases


def without(values: Mapping[str, Any], left_out: Collection[str]) -> list[tuple[str, Any]]:
    """Pairs of a mapping, some names left out."""
    return [(name, value) for name, value in values.items() if name not in left_out]


def send(
    client: Client, method: str, path: str, things: Things = NOTHING, *, is_form: bool = True, **headers: str
) -> HttpResponse:
    """One request: a form, or a JSON document where there is no form."""
    if method == "GET":
        return client.get(path, query_params=things.query, headers=headers)
    kind = {} if is_form and method == "POST" else {"content_type": "application/json"}
    return getattr(client, method.lower())(path, things.fields, query_params=things.query, headers=headers, **kind)


def shown(response: HttpResponse) -> tuple[int, str, str]:
    """Status, where it leads, and the page without what was typed."""
    text = response.getvalue().decode("utf-8", "replace")
    return response.status_code, response.headers.get("Location", ""), _TYPED.sub("", text)


def status_of(response: HttpResponse) -> int:
    return response.status_code


def with_cookies(client: Client, value: str) -> Client:
    """The browser with this value in the cookie of every door."""
    for name in EVERY_COOKIE:
        client.cookies[name] = value
    return client


def with_token(town: Town, header: str) -> Client:
    """Software that calls this commune."""
    client = town.browser()
    client.defaults["HTTP_AUTHORIZATION"] = header
    return client


def roles_of(action: str) -> frozenset[str]:
    return rights._right(action).roles


def scopes_of(action: str) -> list[str]:
    return [rights._right(action).scope] if action else []


def without_the_right(trial: Trial) -> list[Client]:
    """Agents by role, or software by scope, to whom the route is not open."""
    here, opens = trial.here, trial.sample.opens
    if opens.kind is Kind.SOFTWARE:
        others = [scope for scope in rights.scopes() if scope not in scopes_of(opens.action)]
        return [with_token(here, here.software(*others))]
    roles = AGENT_ROLES - roles_of(opens.action) - {Role.ADMINISTRATOR}
    return [here.browser(lps_mairie=here.agent(role)) for role in sorted(roles)]


@dataclass(frozen=True)
class Secret:
    """What a page gives to protect its forms."""

    cookie: str
    field: str


def csrf_of(town: Town) -> Secret:
    """The secret of a page of this commune."""
    client = town.browser()
    page = form_with(client.get("/"), "csrfmiddlewaretoken")
    return Secret(client.cookies["lps_csrf"].value, page.fields["csrfmiddlewaretoken"][0])
