"""Whatever is sent to the pages of what the town decides, the answer is a sentence or a refusal."""

import pytest
from django.test import Client

from lps.accounts.models import Account
from tenants.models import Commune
from tests.office.pages import signed_in

FAR = "9" * 30
FORMS = (
    *(f"/mairie/messages/{FAR}/{door}/" for door in ("publier", "retirer", "copier", "supprimer", "modifier")),
    *(f"/mairie/reglements/{FAR}/{door}/" for door in ("publier", "retirer", "copier", "supprimer", "modifier")),
    "/mairie/messages/nouveau/",
    "/mairie/reglements/nouveau/",
    "/mairie/reglages/contacts/",
    "/mairie/reglages/portail/",
    "/mairie/reglages/connexion/",
    "/mairie/reglages/apparence/",
    "/mairie/reglages/apparence/logo/",
    "/mairie/mise-en-route/annee/",
    "/mairie/mise-en-route/activites/",
)
FIELDS = [
    "title",
    "body",
    "starts_day",
    "starts_hour",
    "ends_day",
    "ends_hour",
    "etape",
    "in_force_from",
    "contact_name",
    "contact_phone",
    "contact_email",
    "contact_hours",
    "voice_number",
    "voice_words",
    "treasury_name",
    "tagline",
    "deadline_words",
    "help_words",
    "tabs",
    "weeks_shown",
    "offer_hours",
    "child_code_length",
    "family_code_length",
    "session_minutes",
    "second_step",
    "couleur",
    "logo",
    "school_zone",
    "year",
    "modele",
    "initial-tabs",
    "initial-weeks_shown",
    "initial-second_step",
    "initial-session_minutes",
]


@pytest.fixture
def client(in_demo: Commune) -> Client:
    found = signed_in(in_demo)
    found.raise_request_exception = False
    return found


@pytest.mark.parametrize("junk", ["\x00", "9" * 400, "é" * 9000, "-1", "[]", "²", "<script>"])
def test_forms_full_of_junk(client: Client, junk: str) -> None:
    answers = {path: client.post(path, dict.fromkeys(FIELDS, junk)).status_code for path in FORMS}

    assert {path: status for path, status in answers.items() if status >= 500} == {}


@pytest.mark.parametrize(
    "path",
    [
        f"/mairie/messages/{FAR}/",
        f"/mairie/reglements/{FAR}/familles/",
        f"/mairie/reglements/{FAR}/familles.csv",
        f"/mairie/messages/?page={FAR}",
        "/mairie/reglements/?page=%00",
        "/mairie/reglages/apparence/?couleur=%00",
        "/mairie/reglages/apparence/essai.css?couleur=%00%ff",
        "/mairie/reglages/?fait=%00",
        "/reglement/?suivant=%00",
    ],
)
def test_addresses_full_of_junk(client: Client, path: str) -> None:
    assert client.get(path).status_code in (200, 400, 404)


def test_ten_million_signs_are_refused(client: Client) -> None:
    answer = client.post("/mairie/messages/nouveau/", {"title": "x", "body": "x" * 10_000_000})

    assert answer.status_code == 400


def test_an_administrator_kept_to_a_school_does_not_decide_for_the_town(client: Client) -> None:
    Account.objects.filter(email="claire@mairie.example").update(sites=[1])

    for path in ("/mairie/reglages/", "/mairie/reglages/apparence/", "/mairie/mise-en-route/"):
        assert client.get(path).status_code == 403
