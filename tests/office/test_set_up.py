"""The guided set-up: from a town that has nothing to a parent who books, each step read from facts."""

from datetime import date
from io import StringIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client

from booking.models import Activity, ActivityGroup, SchoolVacation, ServiceDay
from booking.services.days import extend_days
from booking.wakeup import EXTEND
from lps.console import states
from lps.families import wakeup
from lps.families.models import Child, Enrollment, Household, ImportBatch, SchoolClass, SchoolYear
from lps.families.services import imports, letters
from lps.journal.models import AuditEntry
from lps.kernel import clock
from lps.office import set_up
from lps.office.set_up import State, Step
from tenants import context, queries
from tenants.models import Commune
from tenants.town.models import TownSettings
from tests.accounts.factories import agent, browser, enter
from tests.billing.factories import tariff
from tests.families.factories import BY
from tests.isolation.pages import form_with
from tests.office.pages import text
from tests.sql import counted

PAGE = "/mairie/mise-en-route/"
FILE = (
    "École;Classe;Niveau;Nom de l'enfant;Prénom de l'enfant;Famille;Nom du représentant 1;Prénom du représentant 1\r\n"
    "École Pasteur;CE1;CE1;DUPONT;Léa;DUPONT;DUPONT;Alice\r\n"
    "École Pasteur;CP;CP;MARTIN;Hugo;MARTIN;MARTIN;Paul\r\n"
)


@pytest.fixture
def empty(db: None) -> Commune:
    """A town just opened, without anything."""
    words = ("--header", "Mairie d'Orgeval", "--place", "Orgeval", "--insee", "78466", "--template", "aucun")
    call_command("commune", "create", "orgeval", *words, stdout=StringIO())
    return queries.commune_by_slug(slug="orgeval")


@pytest.fixture
def client(empty: Commune) -> Client:
    client = browser(empty)
    assert enter(client, agent(empty)).status_code == 302
    return client


def standing(commune: Commune) -> dict[Step, State]:
    with context.use(commune):
        return {one.step: one.state for one in set_up.steps(today=clock.today(commune.zone))}


def test_a_town_that_has_nothing_is_told_where_to_begin(client: Client, empty: Commune) -> None:
    first = text(client.get("/mairie/"))
    page = text(client.get(PAGE))

    assert "pas encore prête" in first and f'href="{PAGE}"' in first
    assert "0 étape sur 9" in page and "Dire qui les familles appellent" in page
    assert list(standing(empty).values()) == [State.NEXT, *[State.TO_DO] * 8]


def test_from_nothing_to_a_parent_who_books(client: Client, empty: Commune) -> None:
    """An agent does each step by its page; then a parent of the file comes in with the codes of its letter."""
    client.post("/mairie/reglages/contacts/", {"contact_name": "Le guichet", "contact_phone": "01 30 98 10 78"})
    client.post("/mairie/reglages/apparence/", {"couleur": "#7a0b3b"})
    year = form_with(client.get(f"{PAGE}annee/"), "year")
    proposed = set_up.proposed_year(clock.today(empty.zone))[0].year
    client.post(f"{PAGE}annee/", {**year.fields, "year": proposed, "school_zone": "C"})
    client.post(f"{PAGE}activites/", {"modele": "veille-17h"})
    with context.use(empty):
        shown = TownSettings.objects.get()
    portal = {"tabs": ["planning"], "weeks_shown": shown.weeks_shown, "offer_hours": shown.offer_hours}
    client.post("/mairie/reglages/portail/", {**portal, "deadline_words": "Jusqu'à la veille, 17 heures"})
    with context.use(empty):
        tariff(Activity.objects.earliest("pk"))
    sent = client.post("/mairie/familles/imports/", {"fichier": SimpleUploadedFile("ecole.csv", FILE.encode())})
    client.post(f"{sent.headers['Location']}accepter/")
    with context.use(empty):
        assert imports.write_accepted() == 1, ImportBatch.objects.get().report
        extend_days(today=clock.today(empty.zone))
        classes = list(SchoolClass.objects.values_list("pk", flat=True))
    client.post("/mairie/familles/lettres/", {"classe": classes})
    with context.use(empty):
        while letters.draw_asked():
            pass
    client.post("/mairie/messages/nouveau/", {"title": "Bienvenue", "body": "Bonjour", "etape": "publier"})

    assert set(standing(empty).values()) == {State.DONE}
    assert "Tout est prêt" in text(client.get(PAGE))
    done = text(client.post(f"{PAGE}terminer/", follow=True))
    assert "La mise en route est terminée" in done and "pas encore prête" not in text(client.get("/mairie/"))

    with context.use(empty):
        child = Child.objects.get(first_name="Léa")
        household = Household.objects.get(name="DUPONT")
        codes = {"child_code": child.child_code, "family_code": household.family_code}
    parent = browser(empty)
    planning = parent.post("/", codes).headers["Location"]
    form = form_with(parent.get(planning), "vu").with_last_ticked()
    assert "recu=R-" in parent.post(planning, form).headers["Location"]


def test_a_step_that_is_passed_leaves_the_next_one(client: Client, empty: Commune) -> None:
    client.post(f"{PAGE}contacts/passer/")
    assert (standing(empty)[Step.CONTACTS], standing(empty)[Step.LOOK]) == (State.SKIPPED, State.NEXT)

    client.post(f"{PAGE}contacts/reprendre/")
    assert standing(empty)[Step.CONTACTS] is State.NEXT
    assert client.post(f"{PAGE}rien/passer/").status_code == 404


def test_a_town_whose_billing_is_closed_sets_no_prices(client: Client, empty: Commune) -> None:
    assert "Fixer les tarifs" in text(client.get(PAGE))
    states.close_offers(slug=empty.slug, closed=["facturation"], by=BY)

    page = text(client.get(PAGE))
    assert "Fixer les tarifs" not in page and "0 étape sur 8" in page
    assert Step.PRICES not in standing(queries.commune_by_slug(slug=empty.slug))


def test_it_may_be_ended_before_all_is_done(client: Client, empty: Commune) -> None:
    client.post(f"{PAGE}terminer/")
    client.post(f"{PAGE}terminer/")

    page = text(client.get(PAGE))
    assert "Terminée le" in page and "Terminer la mise en route" not in page
    with context.use(empty):
        assert AuditEntry.objects.filter(action="set_up_finished").count() == 1


def test_the_year_opens_once_with_its_holidays(client: Client, empty: Commune) -> None:
    year = set_up.years_to_open(clock.today(empty.zone))[0][0].year
    for zone in ("A", "C"):
        answer = client.post(f"{PAGE}annee/", {"school_zone": zone, "year": year}, follow=True)
        assert ("L'année scolaire est ouverte" if zone == "A" else "La zone est enregistrée") in text(answer)

    with context.use(empty):
        assert SchoolYear.objects.count() == 1
        assert TownSettings.objects.get().school_zone == "C"
        winters = SchoolVacation.objects.filter(name="Vacances d'hiver").values_list("first_day__year", flat=True)
        assert len(winters) == len(set(winters)) > 1, "those of zone A are gone"


def test_overseas_no_holidays_are_written(client: Client, empty: Commune) -> None:
    year = set_up.years_to_open(clock.today(empty.zone))[0][0].year
    answer = client.post(f"{PAGE}annee/", {"school_zone": "", "year": year}, follow=True)

    assert "L'année scolaire est ouverte" in text(answer)
    with context.use(empty):
        assert TownSettings.objects.get().school_zone == ""
        assert SchoolYear.objects.count() == 1 and not SchoolVacation.objects.exists()


def test_what_is_no_year_is_refused(client: Client, empty: Commune) -> None:
    for wrong in ({}, {"year": "1900"}, {"year": "demain"}, {"year": "2026", "school_zone": "Z"}):
        assert 'id="erreurs"' in text(client.post(f"{PAGE}annee/", wrong))

    with context.use(empty):
        assert not SchoolYear.objects.exists()


@pytest.mark.parametrize(
    ("today", "year"),
    [(date(2026, 9, 1), 2026), (date(2027, 4, 30), 2026), (date(2027, 5, 1), 2027), (date(2027, 8, 31), 2027)],
)
def test_the_year_proposed_is_the_one_to_come_from_may_on(today: date, year: int) -> None:
    assert set_up.proposed_year(today)[0] == date(year, 9, 1)


def test_a_catalogue_is_started_once(client: Client, empty: Commune) -> None:
    assert client.post(f"{PAGE}activites/", {"modele": "rien"}).status_code == 400
    assert client.post(f"{PAGE}activites/", {"modele": "jeudi-17h"}).status_code == 302
    assert client.post(f"{PAGE}activites/", {"modele": "veille-17h"}).status_code == 400

    with context.use(empty):
        assert ActivityGroup.objects.filter(slug="cantine").count() == 1
        assert Activity.objects.filter(name="Accueil Matin").count() == 1


def test_days_are_made_as_soon_as_an_import_made_schools(empty: Commune) -> None:
    assert EXTEND in wakeup.after_schools()
    with context.use(empty):
        assert not ServiceDay.objects.exists() and not Enrollment.objects.exists()


def test_only_an_administrator_sets_the_town_up(empty: Commune) -> None:
    client = browser(empty)
    enter(client, agent(empty, "scolaire", "régie", "lecture"))

    assert "pas encore prête" not in text(client.get("/mairie/"))
    doors = ("", "annee/", "activites/")
    posts = ("annee/", "activites/", "terminer/", "contacts/passer/", "contacts/reprendre/")
    answers = [client.get(PAGE + door) for door in doors] + [client.post(PAGE + door) for door in posts]
    assert {answer.status_code for answer in answers} == {403}


def test_the_steps_cost_a_constant_number_of_statements(client: Client, empty: Commune) -> None:
    client.get(PAGE)
    with counted() as statements:
        client.get(PAGE)

    assert len(statements) <= 12, str(statements)
