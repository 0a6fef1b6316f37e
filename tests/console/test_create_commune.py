"""`lps commune create`: a town that serves at once, or nothing at all."""

import hashlib
from collections.abc import Callable
from datetime import datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from booking.catalogue_templates import TEMPLATES, VERSIONS
from booking.models import Activity
from lps.console.opening import open_commune
from lps.console.services import CannotOpen, Identity, create_commune
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from tenants import context, queries
from tenants.lines import set_lines
from tenants.models import Commune
from tenants.queries import lines_of
from tenants.town import queries as town

BY = Actor.system("test")
ORGEVAL = Identity(slug="orgeval", header_name="Mairie d'Orgeval", place_name="Orgeval", insee="78466")


def make(identity: Identity, furnish: Callable[[Commune, Actor, datetime], None] | None = None) -> Commune:
    return create_commune(identity=identity, by=BY, channel=Channel.AUTOMATIC, furnish=furnish)


def test_the_command_opens_a_town_with_its_catalogue(db: None, client: Client) -> None:
    said = StringIO()

    call_command("commune", "create", "orgeval", "--header", "Mairie d'Orgeval", "--place", "Orgeval", stdout=said)

    assert "Mairie d'Orgeval est ouverte" in said.getvalue()
    commune = queries.commune_by_slug(slug="orgeval")
    assert commune.place_of == "d'Orgeval"
    with context.use(commune):
        assert Activity.objects.filter(name="Cantine").exists()
        assert town.settings().tabs == ["planning", "factures", "tipi", "preinscription"]
    page = client.get("/", headers={"host": "orgeval.localhost"})
    assert "Bienvenue sur les Parents Services d&#x27;Orgeval" in page.content.decode()


def test_the_command_says_why_it_cannot(db: None) -> None:
    with pytest.raises(CommandError, match="existe déjà"):
        call_command("commune", "create", "demo", "--header", "Mairie", "--place", "Démo")


@pytest.mark.parametrize(
    "wrong",
    [
        {"slug": "Écueil"},
        {"slug": "console"},
        {"slug": "a;drop"},
        {"header_name": " "},
        {"time_zone": "Europe/Atlantis"},
        {"insee": "7846"},
    ],
)
def test_refuses_what_makes_no_town(db: None, wrong: dict[str, str]) -> None:
    good = {"slug": "orgeval", "header_name": "Mairie d'Orgeval", "place_name": "Orgeval", **wrong}

    with pytest.raises(CannotOpen):
        make(Identity(**good))


def test_nothing_is_left_of_a_failed_opening(db: None) -> None:
    def fails(commune: Commune, by: Actor, now: datetime) -> None:
        raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError):
        make(ORGEVAL, fails)

    with context.public(), connection.cursor() as cursor:
        assert not Commune.objects.filter(slug="orgeval").exists()
        cursor.execute("SELECT count(*) FROM pg_namespace WHERE nspname = 'c_orgeval'")
        assert cursor.fetchone() == (0,)


def test_two_towns_have_two_keys(db: None) -> None:
    assert make(ORGEVAL).wrapped_key != queries.commune_by_slug(slug="demo").wrapped_key


def test_remembers_which_version_of_its_catalogue_it_was_opened_with(db: None) -> None:
    opened = opened_with("+33976549340")

    assert opened.catalogue == f"jeudi-17h {VERSIONS['jeudi-17h']}"
    assert lines_of(opened) == ["+33976549340"]
    with context.use(opened):
        assert town.settings().voice_number == "09 76 54 93 40"


def test_a_number_that_leads_elsewhere_opens_nothing(buchelay: Commune) -> None:
    set_lines(commune=buchelay, numbers=["+33976549340"])

    with pytest.raises(CannotOpen, match="09 76 54 93 40 mène déjà"):
        opened_with("+33976549340")

    with context.public():
        assert not Commune.objects.filter(slug="orgeval").exists()


def opened_with(number: str) -> Commune:
    opened = open_commune(
        identity=ORGEVAL, template="jeudi-17h", school_zone="C", agent=None, number=number, by=BY, channel=Channel.WEB
    )
    return opened.commune


# A template that changes is another version: raise it in `booking.catalogue_templates`, and write its digest here.
DIGESTS = {("jeudi-17h", 1): "45299289ffcd2155", ("veille-17h", 1): "c50e6e2f5e761cbd"}


@pytest.mark.parametrize("name", sorted(TEMPLATES))
def test_a_template_that_changed_has_another_version(name: str) -> None:
    digest = hashlib.sha256(repr(TEMPLATES[name]).encode()).hexdigest()[:16]

    assert DIGESTS[name, VERSIONS[name]] == digest
