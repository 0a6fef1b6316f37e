"""The families' own pages: home, choosing a child, help, the accessibility statement, and their frame."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db.backends.postgresql.psycopg_any import DateRange
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from lps.families import devices, services
from lps.families.models import Household
from lps.families.services import NewChild
from lps.journal.channels import Channel
from lps.kernel import clock
from tenants.models import Commune
from tenants.town.models import Message
from tenants.town.services import change_settings
from tests.families.doors import browser, cost, link_sent, sign_in
from tests.families.factories import ALWAYS, BY, child_of, household

FOOTER = (
    "Les Parents Services est une solution Mezcaltto - logiciel de gestion et réservation cantine, garderie, "
    "centre de loisirs, internet et serveur vocal - "
)


@pytest.fixture
def client(martin: Household) -> Client:
    """The MARTIN family's browser, signed in."""
    signed_in = browser()
    sign_in(signed_in, martin)
    return signed_in


def text(response: HttpResponse) -> str:
    """The page as it reads: apostrophes and spaces are plain."""
    return response.content.decode().replace("&#x27;", "'").replace("\u00a0", " ")


# Home


def test_home_bids_welcome_in_the_towns_name(in_buchelay: Commune) -> None:
    page = text(browser("buchelay").get("/"))

    labels = (
        "Bienvenue sur les Parents Services de Buchelay",
        ">Code enfant<",
        ">Code famille<",
        ">connexion<",
        ">Je rencontre des difficultés à me connecter<",
        ">Message d'information<",
        "Choix modifiables avant chaque jeudi, 17 heures",
        "04 76 54 93 40 (appel gratuit depuis une 'box')",
        "Se munir du Code Enfant",
        FOOTER,
        ">Contactez-nous<",
    )
    assert [label for label in labels if label not in page] == []


def test_messages_show_from_their_start_to_their_end(in_demo: Commune) -> None:
    now = clock.now()
    for title, starts_at, ends_at in (
        ("À venir", now + timedelta(minutes=5), None),
        ("Ancien", now - timedelta(days=2), now - timedelta(days=1)),
        ("Sans fin", now - timedelta(days=9), None),
        ("Du jour", now - timedelta(hours=1), now + timedelta(hours=1)),
    ):
        Message.objects.create(title=title, body="…", starts_at=starts_at, ends_at=ends_at)

    page = text(browser().get("/"))

    assert "À venir" not in page and "Ancien" not in page
    assert page.index("Du jour") < page.index("Sans fin"), "the newest first"


def test_a_message_bears_its_day_and_is_never_markup(in_demo: Commune) -> None:
    starts_at = datetime(2014, 10, 13, 22, 30, tzinfo=UTC)
    Message.objects.create(title="<b>Grève</b>", body="Un\n\nDeux", starts_at=starts_at)

    page = text(browser().get("/"))

    assert "mardi 14 octobre 2014" in page and "<b>Grève" not in page and "<p>Un</p>" in page


def test_a_family_already_in_is_led_on(client: Client) -> None:
    page = text(client.get("/"))

    assert "Vous êtes connecté : famille MARTIN" in page and 'href="/enfants/"' in page


def test_home_says_why_one_is_there(in_demo: Commune) -> None:
    asked = browser().get("/recus/", follow=True)
    plain = browser().get("/")

    assert "Une session prend fin après 30 minutes sans visite." in text(asked)
    assert 'name="suivant" value="/recus/"' in text(asked)
    assert "Une session prend fin" not in text(plain)


def test_a_form_sent_too_late_says_that_nothing_was_kept(later: Callable[..., None], client: Client) -> None:
    later(minutes=31)

    answer = client.post("/donnees-personnelles/demandes/", {"kind": "other", "words": "?"}, follow=True)

    assert answer.redirect_chain == [("/?perdu=1", 302)]
    assert "n'a pas été enregistré" in text(answer)


@pytest.mark.parametrize(
    ("page", "next_page"),
    [
        (
            "http://demo.localhost/enfants/123456/planning/?semaine=2014-W42",
            "/enfants/123456/planning/?semaine=2014-W42",
        ),
        ("http://demo.localhost/donnees-personnelles/", "/donnees-personnelles/"),
        ("http://buchelay.localhost/recus/", ""),
        ("http://demo.localhost.example/recus/", ""),
        ("https://[", ""),
    ],
)
def test_a_form_sent_too_late_leads_back_to_its_page(
    later: Callable[..., None], client: Client, page: str, next_page: str
) -> None:
    later(minutes=31)

    answer = client.post("/donnees-personnelles/demandes/", {"kind": "other"}, headers={"referer": page}, follow=True)

    assert ('name="suivant"' in text(answer)) == bool(next_page)
    assert not next_page or f'name="suivant" value="{next_page}"' in text(answer)


# Choosing a child


def test_each_child_is_shown_with_its_code_and_leads_to_its_planning(client: Client) -> None:
    page = text(client.get("/enfants/"))

    assert "Cliquez sur l'enfant pour afficher son planning :" in page
    assert "<b>Léa MARTIN</b> <span>71000001</span>" in page and 'href="/enfants/71000001/planning/"' in page
    assert page.index("Hugo MARTIN") < page.index("Léa MARTIN"), "in the order of the names"


def test_the_frame_bears_the_exact_labels(client: Client) -> None:
    page = text(client.get("/enfants/"))

    labels = ("Mairie de démonstration", "Les Parents Services", ">Déconnexion<", ">Planning<", ">aide<", FOOTER)
    assert [label for label in labels if label not in page] == []
    assert '<a href="/enfants/" aria-current="page">Planning</a>' in page


def test_a_child_of_yesterday_or_of_tomorrow_is_not_shown(client: Client, martin: Household, in_demo: Commune) -> None:
    today = clock.today(in_demo.zone)
    for name, custody in (
        ("Hier", DateRange(date(2000, 1, 1), today)),
        ("Demain", DateRange(today + timedelta(days=1), None)),
        ("Aujourdhui", DateRange(today, today + timedelta(days=1))),
    ):
        new = NewChild(first_name=name, last_name="MARTIN")
        services.add_child(household=martin, new=new, custody=custody, enrollment=ALWAYS, by=BY, channel=Channel.OFFICE)

    page = text(client.get("/enfants/"))

    assert "Aujourdhui MARTIN" in page and "Hier MARTIN" not in page and "Demain MARTIN" not in page


def test_a_family_without_a_child_today_is_told_whom_to_call(client: Client, martin: Household) -> None:
    martin.custodies.all().delete()

    page = text(client.get("/enfants/"))

    assert "Aucun enfant n'est rattaché à votre famille aujourd'hui" in page and "01 23 45 67 89" in page


def test_six_children_cost_no_more_than_one(in_demo: Commune) -> None:
    costs = []
    for number in (1, 6):
        children = [NewChild(first_name=f"Enfant {n}", last_name=f"N{number}") for n in range(number)]
        home, signed_in = household(name=f"N{number}", children=children), browser()
        sign_in(signed_in, home)
        costs.append(cost(signed_in, "/enfants/"))

    assert costs[0] == costs[1] <= 6


# Help, accessibility


def test_help_tells_how_to_book_until_when_and_whom_to_call(in_buchelay: Commune) -> None:
    page = text(browser("buchelay").get("/aide/"))

    labels = (
        "« Validez vos modifications »",
        "Choix modifiables avant chaque jeudi, 17 heures",
        "04 76 54 93 40 (appel gratuit depuis une 'box')",
        "Se munir du Code Enfant",
        "01 30 98 10 78",
        'id="contact"',
    )
    assert [label for label in labels if label not in page] == []


def test_a_town_without_voice_says_nothing_of_a_telephone(in_demo: Commune) -> None:
    change_settings(voice_number="")

    assert "Par téléphone" not in text(browser().get("/aide/")) + text(browser().get("/"))


def test_the_statement_says_what_the_law_asks_for(in_demo: Commune) -> None:
    page = text(browser().get("/accessibilite/"))

    asked = (
        "article 47 de la loi n° 2005-102 du 11 février 2005",
        "non conforme au référentiel général d'amélioration de l'accessibilité (RGAA)",
        "a été établie le",
        "Défenseur des droits",
        "scolaire@demo.example",
    )
    assert [words for words in asked if words not in page] == []


@pytest.mark.parametrize("path", ["/aide/", "/accessibilite/", "/donnees-personnelles/"])
def test_everybodys_pages_wear_the_tabs_of_the_family_that_is_in(client: Client, path: str) -> None:
    assert ">Déconnexion<" in text(client.get(path))
    assert ">Déconnexion<" not in text(browser().get(path))


@pytest.mark.parametrize(
    ("path", "back"),
    [
        ("/recus/", '<a href="/enfants/">Retour au planning</a>'),
        ("/messages/", '<a href="/enfants/">Retour au planning</a>'),
        ("/reglements/", '<a href="/factures/">Retour à mes factures</a>'),
    ],
)
def test_a_familys_lists_lead_back(client: Client, path: str, back: str) -> None:
    assert back in text(client.get(path))


# Cookies


def test_production_gives_no_cookie_that_travels_in_clear(martin: Household, settings: Settings) -> None:
    settings.PRODUCTION = settings.CSRF_COOKIE_SECURE = True
    change_settings(second_step=True)
    client = browser()
    sign_in(client, martin)

    client.post(link_sent(), secure=True)
    client.get("/", secure=True)

    given = {name: bool(cookie["secure"]) for name, cookie in client.cookies.items()}
    assert given == {"lps_famille": True, devices.COOKIE: True, "lps_csrf": True}


def test_a_childs_page_of_another_family_is_the_page_of_a_code_that_nobody_has(
    client: Client, stranger: Household
) -> None:
    theirs = client.get(f"/enfants/{child_of(stranger).child_code}/planning/")
    nobodys = client.get("/enfants/99999999/planning/")

    assert (theirs.status_code, text(theirs)) == (nobodys.status_code, text(nobodys))
    assert theirs.status_code == 404
