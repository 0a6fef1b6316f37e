"""From an empty catalogue to a box that a parent ticks, then another deadline that the parent reads."""

from datetime import date, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from playwright.sync_api import Page, expect

from booking.models import Activity, ServiceDay
from lps.accounts.roles import Role
from lps.families.models import Household
from lps.families.services import NewChild, NewClass, add_classes, open_school_year
from lps.kernel import clock
from tenants import queries
from tests.accounts import factories as people
from tests.accounts.factories import PASSWORD, Person
from tests.families.factories import child_of, household
from tests.journeys.conftest import Browse
from tests.journeys.families import soon
from tests.journeys.seen import faults
from tests.journeys.steps import press, recap, sign_in, tile, turn_to, validate, written
from tests.live import Site
from tests.zone import PARIS

SLUG, ACTIVITY = "saint-catalogue", "Escalade"


@pytest.fixture
def sophie(site: Site) -> Person:
    """She runs the school service of a town without any activity."""
    words = ("--header", "Mairie de Saint-Catalogue", "--place", "Saint-Catalogue", "--template", "aucun")
    with site.copy.standing_in():
        call_command("commune", "create", SLUG, *words, stdout=StringIO())
        return people.agent(queries.commune_by_slug(slug=SLUG), Role.SCHOOL, name="Sophie SCOLAIRE")


@pytest.fixture
def family(site: Site, sophie: Person) -> Household:
    """A child in a class of that town."""
    with site.inside(SLUG):
        today = clock.today(PARIS)
        year = open_school_year(first_day=date(today.year - 1, 9, 1), last_day=date(today.year + 1, 8, 31))
        ce1 = NewClass(name="CE1", level="CE1", school="Pasteur", teacher_title="Mme", teacher_name="Durand")
        (school_class,) = add_classes([ce1], school_year=year)
        return household(
            name="PETIT", children=[NewChild(first_name="Léa", last_name="PETIT", school_class=school_class)]
        )


def test_from_an_empty_catalogue_to_a_booking_under_a_deadline_that_changes(
    site: Site, browse: Browse, sophie: Person, family: Household
) -> None:
    agent, parent = browse(SLUG, script=False), browse(SLUG, width=360)
    come_in(agent, sophie)

    make_an_activity(agent)
    with site.inside(SLUG):
        codes = {"child": child_of(family).child_code, "family": family.family_code}
        day = ServiceDay.objects.filter(open=True, day__gte=soon()).order_by("day")[0].day
    sign_in(parent, **codes)
    expect(parent.get_by_role("heading", level=1)).to_have_text("Léa PETIT")
    turn_to(parent, day)
    press(parent, ACTIVITY, day)
    validate(parent)
    assert recap(parent) == [f"Réservation : {ACTIVITY}, {written(day)}"]

    expect(parent.get_by_text("Modifiable jusqu'au jour même, 8h30")).to_have_count(0)
    set_the_deadline(agent)
    parent.reload()
    expect(parent.get_by_text("Modifiable jusqu'au jour même, 8h30").first).to_be_visible()
    expect(tile(parent, ACTIVITY, day)).to_be_checked()


def come_in(page: Page, person: Person) -> None:
    page.goto("/mairie/")
    page.get_by_label("Adresse e-mail").fill(person.email)
    page.get_by_label("Mot de passe").fill(PASSWORD)
    page.get_by_label("Code à usage unique").fill(person.code())
    page.get_by_role("button", name="Se connecter").click()


def make_an_activity(page: Page) -> None:
    """A group of its own, an activity from Monday to Friday, twelve places."""
    page.goto("/mairie/activites/")
    page.get_by_role("link", name="Partir de rien").click()
    page.get_by_label("Nom du groupe").fill("SPORT")
    page.get_by_role("button", name="Enregistrer").click()
    page.get_by_role("link", name="Ajouter une activité à SPORT").click()
    page.get_by_label("Nom de l'activité").fill(ACTIVITY)
    for name in ("Lundi", "Mardi", "Mercredi", "Jeudi", "Vendredi"):
        page.get_by_label(name, exact=True).check()
    page.get_by_label("Places par jour et par école").fill("12")
    page.get_by_role("button", name="Créer l'activité").click()
    expect(page.get_by_text("L'activité est créée et ses jours sont ouverts")).to_be_visible()


def set_the_deadline(page: Page) -> None:
    """The day itself, 8:30, once its preview was read."""
    page.goto("/mairie/activites/")
    page.get_by_role("link", name="Date limite de SPORT").click()
    page.get_by_label("Date limite pour réserver").select_option(label="le jour même, jusqu'à une heure")
    page.get_by_role("button", name="Changer de genre").click()
    page.get_by_label("Heure").fill("08:30")
    page.get_by_role("button", name="Voir ce que cela donne").click()
    expect(page.get_by_text("à 8h30").first).to_be_visible()
    page.get_by_role("button", name="Enregistrer cette date limite").click()
    expect(page.get_by_text("La date limite est enregistrée")).to_be_visible()


def test_what_a_change_does_is_shown_without_a_fault(site: Site, browse: Browse) -> None:
    """Each preview on a phone and at a desk, by day and by night; nothing is accepted."""
    page = browse("buchelay")
    with site.copy.standing_in():
        buchelay = queries.commune_by_slug(slug="buchelay")
        clerk = people.agent(buchelay, Role.SCHOOL, email="apercus@mairie.example", name="Paul")
    come_in(page, clerk)
    expect(page.get_by_text("Bonjour Paul.")).to_be_visible()
    with site.inside("buchelay"):
        activity = Activity.objects.get(name="Accueil Matin")
        before = list(ServiceDay.objects.filter(activity=activity).order_by("pk").values())
    path = f"/mairie/activites/{activity.pk}/"

    page.goto(path)
    page.get_by_label("Lundi", exact=True).uncheck()
    page.get_by_label("Places par jour et par école").fill("1")
    previewed(page, "Continuer", "Ce que le changement fera")

    page.goto(f"{path}date-limite/?reserver=fixed_date&annuler=same_day&ouverture=fixed_opening")
    for number, day in enumerate(("2020-01-01", "2020-02-01")):
        page.get_by_label("Jour").nth(number).fill(day)
    previewed(page, "Voir ce que cela donne", "Ce que la date limite donnera")

    page.goto(f"{path}places/")
    page.get_by_label("fermer des jours sans réservation").check()
    page.get_by_label("Du").fill(str(clock.today(PARIS) + timedelta(days=1)))
    page.get_by_label("Au", exact=True).fill(str(clock.today(PARIS) + timedelta(days=90)))
    previewed(page, "Voir ce que cela fera", "Ce que le réglage fera")

    page.goto(f"{path}acces/")
    page.get_by_label("Âge, à partir de").first.fill("9")
    previewed(page, "Voir ce que cela change", "Ce que le changement fera")

    page.goto(f"{path}liens/")
    page.get_by_label("Autre activité").select_option(index=1)
    previewed(page, "Continuer", "Ce que le lien fera")

    page.goto(f"{path}places/")
    page.get_by_role("button", name="Voir ce que cela fera").click()
    expect(page.locator("[data-focus]")).to_be_focused()
    assert faults(page, by_day=(360, 1280), by_night=(360,)) == []
    with site.inside("buchelay"):
        assert list(ServiceDay.objects.filter(activity=activity).order_by("pk").values()) == before


def previewed(page: Page, button: str, heading: str) -> None:
    """Press, and look at the preview."""
    page.get_by_role("button", name=button).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)
    assert faults(page, by_day=(360, 1280), by_night=(360,)) == []
