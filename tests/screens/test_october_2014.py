"""The screens shown to the parents of Buchelay, on 8 October 2014 at 13:20: the demonstration loaded that day."""

import re
from collections.abc import Iterator

import pytest
from django.test import Client

from lps.console import demonstration
from tenants import queries
from tests.screens.reading import row, words

THAT_DAY = "2014-10-08T13:20+02:00"
ANGELINE, BERTRAND = "/enfants/123456/planning/", "/enfants/123457/planning/"
FREE = {"Lu": "☐", "Ma": "☐", "Me": ".", "Je": "☐", "Ve": "☐"}
PASSED = {"Lu": "locked", "Ma": "locked", "Me": "."}


@pytest.fixture
def parent(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    """The MARSONE family, signed in that day."""
    monkeypatch.setenv("LPS_CLOCK", THAT_DAY)
    demonstration.load(again=True, slugs=frozenset({"demo"}))
    queries.forget_hosts()
    client = Client(headers={"host": "demo.localhost"})
    client.post("/", {"child_code": "123456", "family_code": "654321"})
    yield client
    queries.forget_hosts()


def page(client: Client, path: str, **query: str) -> str:
    response = client.get(path, query)
    assert response.status_code == 200
    return response.content.decode()


def test_the_two_children_with_their_codes_and_classes(parent: Client) -> None:
    choice = words(page(parent, "/enfants/"))
    assert "Cliquez sur l'enfant pour afficher son planning :" in choice
    assert re.search(r"Angéline MARSONE 123456.*Bertrand MARSONE 123457", choice)

    assert "CE1 - Mme Formatrice" in words(page(parent, ANGELINE))
    assert "CE2 - Mr Formateur" in words(page(parent, BERTRAND))


def test_the_frame_of_the_planning(parent: Client) -> None:
    read = words(page(parent, ANGELINE, groupe="transport"))

    for label in (
        "Mairie de démonstration",
        "Déconnexion",
        "Choisir un autre enfant",
        "Voir les dernières modifications",
        "◆ TOUTES LES ACTIVITÉS ◆",
        "PERISCOLAIRE",
        "TRANSPORT",
        "Cantine ADULTE",
        "MERCREDI",
        "PETITES VACANCES",
        "GRANDES VACANCES",
        "Précédent",
        "Aujourd'hui",
        "Suivant",
        "Semaine N° 41 06/10 → 12/10",
        "Semaine N° 42 13/10 → 19/10",
        "Modifiable jusqu'à la veille, 17h00",
        "Validez vos modifications",
    ):
        assert label in read


def test_week_41_of_the_transport(parent: Client) -> None:
    shown = page(parent, ANGELINE, groupe="transport")

    assert row(shown, 41, "Transport scolaire 8h30") == PASSED | {"Je": "☐", "Ve": "☑ Ve 10"}
    assert row(shown, 41, "Transport scolaire 11h30") == PASSED | {"Je": "☑ Je 09", "Ve": "☑ Ve 10"}
    assert row(shown, 41, "Transport scolaire 13h30") == PASSED | {"Je": "☐", "Ve": "☐"}
    assert row(shown, 41, "Transport scolaire 16h30") == PASSED | {"Je": "☐", "Ve": "☐"}


def test_week_41_of_the_adults_canteen(parent: Client) -> None:
    shown = page(parent, ANGELINE, groupe="cantine-adulte")
    assert row(shown, 41, "Cantine ADULTE") == PASSED | {"Je": "☑ Je 09", "Ve": "☐"}


def test_week_42_then_the_afternoon_bus_is_canceled(parent: Client) -> None:
    shown = page(parent, ANGELINE, groupe="transport")
    booked = {"Lu": "☑ Lu 13", "Ma": "☑ Ma 14", "Me": ".", "Je": "☑ Je 16", "Ve": "☑ Ve 17"}
    assert row(shown, 42, "Transport scolaire 8h30") == booked
    assert row(shown, 42, "Transport scolaire 11h30") == FREE
    assert row(shown, 42, "Transport scolaire 16h30") == booked

    saved = parent.post(
        f"{ANGELINE}?groupe=transport", _untick(shown, "Transport scolaire 16h30", week=42), follow=True
    )

    read = words(saved.content.decode())
    assert "Modifications enregistrées" in read
    for day in ("lundi 13/10/2014", "mardi 14/10/2014", "jeudi 16/10/2014", "vendredi 17/10/2014"):
        assert f"Annulation : Transport scolaire 16h30, {day}" in read
    assert read.count("Annulation :") == 4
    assert row(saved.content.decode(), 42, "Transport scolaire 16h30") == FREE


def test_week_47_of_bertrand(parent: Client) -> None:
    shown = page(parent, BERTRAND, groupe="periscolaire", semaine="2014-W47")

    assert "Semaine N° 47 17/11 → 23/11" in words(shown)
    assert row(shown, 47, "Accueil Matin") == FREE | {"Lu": "☑ Lu 17", "Je": "☑ Je 20"}
    assert row(shown, 47, "Accueil 12h15") == dict.fromkeys(FREE, ".")
    assert row(shown, 47, "Accueil Soir") == FREE | {"Je": "☑ Je 20"}


@pytest.mark.parametrize("path", [ANGELINE, BERTRAND])
def test_the_period_of_each_child(parent: Client, path: str) -> None:
    read = words(page(parent, path))

    assert "Périscotidien Choisissez les jours de semaine où vous souhaitez vous inscrire" in read
    assert "Vous devez enregistrer chacune des périodes séparément." in read
    assert "Une période déjà validée n'est plus modifiable." in read
    assert re.search(
        r"Période du 11/11/2014 au 31/12/2014 Accueil Matin : lundi.* Période déjà validée \(non modifiable\)", read
    )


def _untick(shown: str, activity: str, *, week: int) -> dict[str, object]:
    """The form of the page with one row's boxes unticked."""
    inside = shown.split("data-planning", 1)[1]
    fields = dict(re.findall(r'<input type="hidden" name="(jeton|vu)" value="([^"]*)">', inside))
    body = inside.split(f'id="semaine-{week}"', 1)[1].split("</table>", 1)[0]
    unticked = set(re.findall(r'value="([^"]+)"', body.split(activity, 1)[1].split("</tr>", 1)[0]))
    ticked = re.findall(r'type="checkbox" name="jour" value="([^"]+)" checked', inside)
    return {**fields, "jour": [value for value in ticked if value not in unticked]}
