"""What people do on the pages, in the words that they read there."""

from datetime import UTC, date, datetime, timedelta

from playwright.sync_api import Locator, Page, expect

from deploy.processes import wait_until
from lps.accounts.doors import FAMILY
from lps.accounts.sessions import Session
from lps.accounts.totp import code_at
from lps.console.demonstration import PASSWORD, accounts
from lps.kernel import clock
from tests.journeys.families import Family
from tests.live import Pages, Site

DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin",
    "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)  # fmt: skip


def sign_in(page: Page, *, child: str, family: str) -> None:
    """From the home page, by the two codes of the town's letter."""
    page.goto("/")
    page.get_by_label("Code enfant").fill(child)
    page.get_by_label("Code famille").fill(family)
    page.get_by_role("button", name="connexion").click()


def is_signed_in(page: Page, site: Site, family: Family, *, pages: Pages | None = None) -> None:
    """Come as a family that signed in before: its session's cookie is in the browser."""
    with site.inside(family.slug):
        household = family.custody().household
        session = Session(FAMILY)
        session.begin(holder=household.holder, generation=household.generation)
        session.save()
        value = str(session.session_key)
    page.context.add_cookies(
        [{"name": FAMILY.cookie, "value": value, "url": (pages or site.pages).origin(family.slug)}]
    )


def open_planning(page: Page, family: Family, day: date, *, group: str = "transport") -> None:
    """The weeks from a day's on, in one group of activities."""
    year, week, _ = day.isocalendar()
    page.goto(f"/enfants/{family.child}/planning/?semaine={year}-W{week:02}&groupe={group}")


STEP = timedelta(seconds=30)
_used: dict[str, datetime] = {}


def next_code(email: str, secret: str) -> str:
    """A code that serves: the door takes each step once, and one step ahead of its clock."""
    now, again = clock.real_now(), _used.get(email, datetime.min.replace(tzinfo=UTC)) + STEP
    wait_until(lambda: clock.real_now() + STEP >= again, seconds=60)
    at = _used[email] = max(now, again)
    return code_at(secret=secret, at=at)


def sign_in_with_account(page: Page, *, where: str, role: str, path: str, code: str = "") -> None:
    """By e-mail, password and the six digits of an authenticator, or others."""
    account = next(one for one in accounts() if (one.where, one.role) == (where, role))
    page.goto(path)
    page.get_by_label("Adresse e-mail").fill(account.email)
    page.get_by_label("Mot de passe").fill(PASSWORD)
    page.get_by_label("Code à usage unique").fill(code or next_code(account.email, account.totp_secret))
    page.get_by_role("button", name="Se connecter").click()


def show(page: Page, *, group: str) -> None:
    """Choose a group of activities."""
    page.get_by_label("Activités", exact=True).select_option(label=group)
    page.get_by_role("button", name="Afficher").click()


def turn_to(page: Page, day: date) -> None:
    """Press Suivant until the week of a day to come is shown."""
    week = page.get_by_role("heading", name=f"Semaine N° {day.isocalendar().week} ")
    expect(page.get_by_role("heading", name="Semaine N°").first).to_be_visible()
    while not week.count():
        follow(page, "Suivant")


def follow(page: Page, name: str) -> None:
    """Follow a link, and wait for its page."""
    with page.expect_navigation():
        page.get_by_role("link", name=name).click()


def tile(page: Page, activity: str, day: date) -> Locator:
    """The box of an activity on a day, by the name that a screen reader says."""
    return page.get_by_role("checkbox", name=f"{activity}, {said(day)}")


def press(page: Page, activity: str, day: date) -> None:
    """Tick or untick as a finger does, on the tile."""
    page.locator("label.day").filter(has=tile(page, activity, day)).click()


def tab_to(page: Page, wanted: Locator) -> None:
    """Press Tab until the wanted thing has the focus; it is met within a page's length."""
    for _ in range(400):
        page.keyboard.press("Tab")
        if wanted.count() and wanted.evaluate("thing => thing === document.activeElement"):
            return
    raise AssertionError(f"never met by keyboard: {wanted}")


def validate(page: Page) -> None:
    """Save the planning."""
    page.get_by_role("button", name="Validez vos modifications").click()


def recap(page: Page) -> list[str]:
    """The lines under "Modifications enregistrées"."""
    heading = page.get_by_role("heading", name="Modifications enregistrées")
    expect(heading).to_be_visible()
    return lines(page.locator(".note.ok, article").filter(has=heading))


def lines(place: Locator) -> list[str]:
    """The list entries of a place, as they read."""
    return [text.replace("\u00a0", " ").strip() for text in texts_of(place.get_by_role("listitem"))]


def all_of(place: Locator) -> list[Locator]:
    """What is there once the page is there whole: a click that leads to another one does not wait for its end."""
    place.page.wait_for_load_state()
    return place.all()


def texts_of(place: Locator) -> list[str]:
    """What each of them reads."""
    return [one.inner_text() for one in all_of(place)]


def said(day: date) -> str:
    """A day as a screen reader says it: "vendredi 10 octobre", "lundi 1er décembre"."""
    number = "1er" if day.day == 1 else str(day.day)
    return f"{DAYS[day.weekday()]} {number} {MONTHS[day.month - 1]}"


def written(day: date) -> str:
    """A day as a recap writes it: "lundi 13/10/2014"."""
    return f"{DAYS[day.weekday()]} {day:%d/%m/%Y}"
