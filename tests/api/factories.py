"""The cast of the API: a piece of software of the town, its token, and what it asks."""

import uuid
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django.http import HttpResponse
from django.test import Client

from booking.models import ServiceDay
from lps.accounts import services
from lps.accounts.services import NewToken
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.kernel import clock
from tenants import context
from tenants.models import Commune
from tests.zone import PARIS

BY = Actor.system("essai")
CATALOGUE, FAMILIES, READ, CHANGE = "catalogue:lire", "familles:lire", "reservations:lire", "reservations:modifier"
WRITE = "familles:modifier"
ROLL, NOTE, ABSENCES, MEALS = "pointage:lire", "pointage:noter", "absences:lire", "repas:lire"
ACCOUNTS = "facturation:lire"
ALL = (CATALOGUE, FAMILIES, WRITE, READ, CHANGE, ROLL, NOTE, ABSENCES, MEALS, ACCOUNTS)
CHANGES = "/api/v1/reservations/modifications/"
PROBLEM = "application/problem+json"


def issue(commune: Commune, *scopes: str, name: str = "Cuisine centrale") -> NewToken:
    """A token of these scopes, all of them unless told otherwise."""
    with context.use(commune):
        return services.issue_api_token(name=name, scopes=scopes or ALL, by=BY, channel=Channel.OFFICE)


class Software:
    """The town's other software: calls the API of one commune with one token."""

    def __init__(self, commune: Commune, token: str) -> None:
        self.client = Client(headers={"host": f"{commune.slug}.localhost"})
        self.token = token

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token}"}

    def get(self, path: str, **parameters: Any) -> HttpResponse:
        return self.client.get(f"/api/v1/{path}", parameters, headers=self.headers)

    def results(self, path: str, **parameters: Any) -> list[dict[str, Any]]:
        """The first page of a list."""
        answer = self.get(path, **parameters)
        assert answer.status_code == 200, answer.content
        found: list[dict[str, Any]] = answer.json()["resultats"]
        return found

    def change(self, body: Any, *, key: str | None = None, **headers: str) -> HttpResponse:
        """Ask for changes under a key, a new one unless it is given."""
        named = {**self.headers, "idempotency-key": key or str(uuid.uuid4()), **headers}
        return self.client.post(CHANGES, body, content_type="application/json", headers=named)


def asked(family: int, child: int, *changes: Mapping[str, Any]) -> dict[str, Any]:
    """A body that asks for these changes."""
    return {"famille": family, "enfant": child, "modifications": list(changes)}


def wish(activity: int, day: date | str, *, seen: bool = False, wanted: bool = True) -> dict[str, Any]:
    """A day to book, unless told otherwise."""
    return {"activite": activity, "jour": str(day), "avant": seen, "apres": wanted}


def free_days(activity: int, number: int = 3) -> list[date]:
    """Days to come of an activity, before their deadline."""
    after = clock.today(PARIS) + timedelta(days=7)
    held = ServiceDay.objects.filter(activity=activity, day__gte=after, open=True).order_by("day")
    return list(held.values_list("day", flat=True)[:number])
