"""The command that gives a token, to whoever runs the product."""

import io
import re

import pytest
from django.core.management import CommandError, call_command

from lps.accounts.models import ApiToken
from lps.journal.models import AuditEntry
from lps.kernel import clock
from tenants import context
from tenants.models import Commune
from tests.api.factories import Software


def say(*words: str) -> str:
    out = io.StringIO()
    call_command("api_token", *words, stdout=out)
    return out.getvalue()


def test_gives_a_token_that_works_and_shows_it_once(demo: Commune) -> None:
    said = say("demo", "Cuisine centrale", "--scope", "catalogue:lire", "--scope", "reservations:lire")

    (value,) = re.findall(r"^lps_\S+$", said, re.MULTILINE)
    told = Software(demo, value).get("moi/").json()
    assert told == {"nom": "Cuisine centrale", "portees": ["catalogue:lire", "reservations:lire"], "expire_le": None}
    assert "/api/docs/" in said
    assert "Cuisine centrale" in say("demo") and value not in say("demo")
    with context.use(demo):
        assert AuditEntry.objects.filter(action="api_token_issued").count() == 1


def test_the_token_of_one_commune_is_not_the_others(demo: Commune, buchelay: Commune) -> None:
    value = re.findall(r"lps_\S+", say("buchelay", "Cuisine", "--scope", "catalogue:lire"))[0]

    assert Software(buchelay, value).get("groupes/").status_code == 200
    assert Software(demo, value).get("groupes/").status_code == 401


def test_a_token_may_end(demo: Commune) -> None:
    say("demo", "Essai", "--scope", "catalogue:lire", "--days", "30")

    with context.use(demo):
        left = ApiToken.objects.get().expires_at - clock.real_now()
    assert left.days == 29


def test_revokes(demo: Commune) -> None:
    value = re.findall(r"lps_\S+", say("demo", "Essai", "--scope", "catalogue:lire"))[0]
    with context.use(demo):
        pk = ApiToken.objects.get().pk

    assert f"n° {pk}" in say("demo", "--revoke", str(pk))

    assert Software(demo, value).get("groupes/").status_code == 401
    assert "révoqué" in say("demo")


@pytest.mark.parametrize(
    "words",
    [
        ("nulle-part", "Essai", "--scope", "catalogue:lire"),
        ("demo", "Essai"),
        ("demo", "Essai", "--scope", "tout"),
        ("demo", "Essai", "--scope", "catalogue:lire", "--days", "0"),
        ("demo", "--revoke", "999999"),
    ],
)
def test_what_cannot_be_is_told(demo: Commune, words: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        say(*words)

    with context.use(demo):
        assert not ApiToken.objects.exists()
