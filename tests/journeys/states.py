"""The states that pages take once they were used: refused, saved, empty, broken. Each is reached as a person does."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

from django.db import connection
from playwright.sync_api import Page

from booking.models import Period, PeriodChoice, PeriodReopening, ServiceDay
from lps.families.models import FamilyLink
from lps.families.services import links
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.kernel import clock
from notifications.services import prove_address
from tenants.town.services import change_settings
from tests.journeys.conftest import Browse
from tests.journeys.families import ANGELINE, BERTRAND, OF_BUCHELAY, Family, let_stand, two_days_of_a_week
from tests.journeys.steps import is_signed_in, open_planning, press, sign_in, sign_in_with_account, validate
from tests.live import Site

BUS = "Transport scolaire 13h30"
BY = Actor.system("essai")


@dataclass(frozen=True, slots=True)
class Ground:
    """What a state is reached from."""

    site: Site
    browse: Browse

    def visitor(self, path: str = "/", slug: str = "demo") -> Page:
        """A browser that was never here, on a page."""
        page = self.browse(slug)
        page.goto(path)
        return page

    def parent(self, path: str, family: Family = ANGELINE) -> Page:
        """A browser in which a family signed in, on a page."""
        page = self.browse(family.slug)
        is_signed_in(page, self.site, family)
        page.goto(path)
        return page

    def planning(self, day: date) -> Page:
        """The parent on the planning of a day's week."""
        page = self.parent("/aide/")
        open_planning(page, ANGELINE, day)
        return page

    def free_days(self) -> list[date]:
        """Two days of a bus, of one week, booked by nobody of the family."""
        days = two_days_of_a_week(self.site, ANGELINE, BUS)
        for family in (ANGELINE, BERTRAND):
            let_stand(self.site, family, {(BUS, day): False for day in days})
        return days

    @contextmanager
    def full(self, day: date) -> Iterator[None]:
        """The bus of that day has not one place, for the time of a block."""
        with self.site.inside("demo"):
            ServiceDay.objects.filter(activity__name=BUS, day=day).update(places=0)
        try:
            yield
        finally:
            with self.site.inside("demo"):
                ServiceDay.objects.filter(activity__name=BUS, day=day).update(places=None)

    def link(self, purpose: FamilyLink.Purpose) -> str:
        """The secret of a link just mailed to the family."""
        with self.site.inside("demo"):
            return links.new_link(household=ANGELINE.custody().household, purpose=purpose)


Reach = Callable[[Ground], Page]


@dataclass(frozen=True, slots=True)
class State:
    """How a state is reached, its page's heading; `told`: whether the words about what was sent take the focus."""

    reach: Reach
    heading: str
    told: bool


STATES: dict[str, State] = {}


def state(heading: str, *, told: bool = False) -> Callable[[Reach], Reach]:
    """A state, named by its function."""

    def keep(reach: Reach) -> Reach:
        STATES[reach.__name__] = State(reach, heading, told)
        return reach

    return keep


# --- At the families' door -------------------------------------------------------------------------------------------


@state("Bienvenue sur les Parents Services de démonstration", told=True)
def wrong_codes(ground: Ground) -> Page:
    page = ground.visitor()
    sign_in(page, child="999999", family="999999")
    return page


@state("Bienvenue sur les Parents Services de démonstration")
def home_of_a_family_that_is_in(ground: Ground) -> Page:
    return ground.parent("/")


@state("Je rencontre des difficultés à me connecter", told=True)
def no_address_to_send_the_codes_to(ground: Ground) -> Page:
    page = ground.visitor("/difficultes/")
    page.get_by_role("button", name="Recevoir le lien").click()
    return page


@state("Je rencontre des difficultés à me connecter", told=True)
def codes_asked_for(ground: Ground) -> Page:
    page = ground.visitor("/difficultes/")
    page.get_by_label("Adresse e-mail").fill("personne@familles.example")
    page.get_by_role("button", name="Recevoir le lien").click()
    return page


@state("Mes codes")
def codes_shown(ground: Ground) -> Page:
    page = ground.visitor(f"/difficultes/{ground.link(FamilyLink.Purpose.CODES)}/")
    page.get_by_role("button", name="Afficher mes codes").click()
    return page


@state("Ce lien n'est plus valable")
def a_link_that_is_gone(ground: Ground) -> Page:
    return ground.visitor("/difficultes/passe/")


@state("Regardez votre messagerie")
def a_new_device_in_a_town_that_asks_for_a_second_step(ground: Ground) -> Page:
    with ground.site.inside("buchelay"):
        change_settings(second_step=True)
    try:
        page = ground.visitor(slug="buchelay")
        sign_in(page, **OF_BUCHELAY.codes)
        page.get_by_role("link", name="Retour à l'accueil").wait_for()
    finally:
        with ground.site.inside("buchelay"):
            change_settings(second_step=False)
    return page


@state("Déconnexion")
def about_to_leave(ground: Ground) -> Page:
    return ground.parent("/deconnexion/")


# --- The planning ----------------------------------------------------------------------------------------------------


@state("Yanis LEMAIRE")
def the_planning_of_a_town_with_a_colour(ground: Ground) -> Page:
    return ground.parent(f"/enfants/{OF_BUCHELAY.child}/planning/?groupe=cantine", OF_BUCHELAY)


@state("Angéline MARSONE")
def boxes_ticked_and_not_saved(ground: Ground) -> Page:
    days = ground.free_days()
    page = ground.planning(days[0])
    press(page, BUS, days[0])
    return page


@state("Angéline MARSONE", told=True)
def a_save(ground: Ground) -> Page:
    days = ground.free_days()
    page = ground.planning(days[0])
    press(page, BUS, days[0])
    validate(page)
    return page


@state("Angéline MARSONE", told=True)
def a_save_of_which_a_part_is_refused(ground: Ground) -> Page:
    first, second = ground.free_days()
    page = ground.planning(first)
    press(page, BUS, first)
    press(page, BUS, second)
    with ground.full(second):
        validate(page)
        page.get_by_role("heading", name="Ce qui n'a pas pu être enregistré").wait_for()
    return page


@state("Angéline MARSONE", told=True)
def a_save_that_changes_nothing(ground: Ground) -> Page:
    page = ground.planning(ground.free_days()[0])
    validate(page)
    return page


@state("Angéline MARSONE", told=True)
def a_form_that_was_tampered_with(ground: Ground) -> Page:
    page = ground.planning(ground.free_days()[0])
    page.locator("[name=vu]").evaluate("field => field.value = 'autre'")
    validate(page)
    return page


@state("Angéline MARSONE")
def a_day_without_a_place_left(ground: Ground) -> Page:
    day = ground.free_days()[0]
    with ground.full(day):
        return ground.planning(day)


@state("Angéline MARSONE")
def weeks_that_are_over(ground: Ground) -> Page:
    page = ground.parent(f"/enfants/{ANGELINE.child}/planning/?groupe=transport")
    page.get_by_role("link", name="Précédent").click()
    return page


@state("Angéline MARSONE")
def a_week_and_a_group_that_do_not_exist(ground: Ground) -> Page:
    return ground.parent(f"/enfants/{ANGELINE.child}/planning/?semaine=2014-W99&groupe=rien")


@state("Yanis LEMAIRE", told=True)
def a_period_sent_without_a_day(ground: Ground) -> Page:
    with ground.site.inside(OF_BUCHELAY.slug):  # others may have chosen it already
        newest = Period.objects.order_by("-first_day")[0]
        chosen = PeriodChoice.objects.filter(child=OF_BUCHELAY.custody().child, period=newest)
        for one in chosen.filter(reopening__isnull=True):
            PeriodReopening.objects.create(choice=one, at=clock.now(), by=BY.label, reason="essai")
    page = ground.parent(f"/enfants/{OF_BUCHELAY.child}/planning/?groupe=cantine", OF_BUCHELAY)
    page.get_by_role("button", name="Enregistrer cette période").first.click()
    return page


@state("Liste d'attente")
def in_a_waiting_list(ground: Ground) -> Page:
    day = ground.free_days()[0]
    with ground.full(day):
        page = ground.planning(day)
        page.get_by_role("link", name="complet").first.click()
        page.get_by_role("button", name="M'inscrire sur la liste d'attente").click()
        page.get_by_role("button", name="Quitter la liste").wait_for()
    return page


@state("Dernières modifications")
def no_change_yet(ground: Ground) -> Page:
    return ground.parent(f"/enfants/{OF_BUCHELAY.child}/modifications/", OF_BUCHELAY)


# --- Personal data ---------------------------------------------------------------------------------------------------


@state("Données personnelles", told=True)
def consents_and_requests(ground: Ground) -> Page:
    with ground.site.inside("demo"):
        holder = ANGELINE.custody().household.holder
        prove_address(holder=holder, value="marsone@familles.example", consent="v1", by=BY, channel=Channel.WEB)
    page = ground.parent("/donnees-personnelles/")
    page.get_by_label("Précisions").fill("Un prénom à corriger.")
    page.get_by_role("button", name="Envoyer ma demande").click()
    return page


# --- What goes wrong -------------------------------------------------------------------------------------------------


@state("Préinscriptions", told=True)
def a_yes_without_any_day(ground: Ground) -> Page:
    page = ground.parent("/preinscription/")
    page.get_by_label("Oui, je réinscris Bertrand MARSONE").first.check()
    page.get_by_role("button", name="Enregistrer ma réponse").first.click()
    return page


@state("Préinscriptions", told=True)
def a_pre_registration_saved(ground: Ground) -> Page:
    page = ground.parent("/preinscription/")
    page.get_by_label("Non, je ne réinscris pas Bertrand MARSONE").first.check()
    page.get_by_role("button", name="Enregistrer ma réponse").first.click()
    page.get_by_text("enregistrée").first.wait_for()
    return page


@state("Cette page n'existe pas")
def nothing_at_this_address(ground: Ground) -> Page:
    return ground.visitor("/rien/")


@state("Cette page n'existe pas")
def somebody_elses_child(ground: Ground) -> Page:
    return ground.parent("/enfants/999999/planning/")


@state("Le formulaire n'est plus valable")
def a_form_whose_secret_is_lost(ground: Ground) -> Page:
    page = ground.visitor()
    page.context.clear_cookies()
    page.get_by_role("button", name="connexion").click()
    return page


@state("Le service a rencontré une erreur")
def a_failure_of_ours(ground: Ground) -> Page:
    page = ground.parent("/aide/", OF_BUCHELAY)
    with broken(ground.site, "buchelay", "booking_receipt"):
        page.goto("/recus/")
    return page


@state("Connexion momentanément impossible")
def nobody_can_sign_in_for_a_moment(ground: Ground) -> Page:
    with ground.site.pages_with(REDIS_URL="redis://127.0.0.1:1/0", WEB_CONCURRENCY="1") as pages:
        page = ground.browse("demo", pages=pages)
        sign_in(page, **ANGELINE.codes)
        page.get_by_role("heading", name="Connexion momentanément impossible").wait_for()
    return page


@contextmanager
def broken(site: Site, slug: str, table: str) -> Iterator[None]:
    """A table of a commune is away, for the time of a block."""
    rename(site, slug, table, f"{table}_away")
    try:
        yield
    finally:
        rename(site, slug, f"{table}_away", table)


def rename(site: Site, slug: str, table: str, name: str) -> None:
    with site.inside(slug), connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} RENAME TO {name}")


# --- Agents and the operator -----------------------------------------------------------------------------------------


@state("Connexion des agents", told=True)
def an_agent_refused(ground: Ground) -> Page:
    page = ground.visitor("/mairie/")
    sign_in_with_account(page, where="demo", role="lecture seule", path="/mairie/", code="000000")
    return page


@state("Connexion des exploitants", told=True)
def an_operator_refused(ground: Ground) -> Page:
    page = ground.visitor("/", slug="console")
    sign_in_with_account(page, where="console", role="exploitant", path="/", code="000000")
    return page


@state("Cette page n'existe pas")
def nothing_at_this_address_of_the_console(ground: Ground) -> Page:
    return ground.visitor("/rien/", slug="console")


@state("Cette page ne vous est pas ouverte")
def an_agent_without_the_right(ground: Ground) -> Page:
    page = ground.visitor("/mairie/", slug="buchelay")
    sign_in_with_account(page, where="buchelay", role="cantine", path="/mairie/")
    page.get_by_text("Bonjour Agent").wait_for()
    page.goto("/mairie/familles/demandes/")
    return page
