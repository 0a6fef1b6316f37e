"""The first set-up of a town, step by step: what is done is read from facts, never ticked by hand."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from django.db import IntegrityError, transaction
from django.urls import reverse

from billing import tariffs
from booking import queries as booking
from booking.services.catalogue import change_zone
from booking.services.days import horizon, school_year_of
from booking.wakeup import EXTEND
from lps.families.queries.children import has_children
from lps.families.queries.letters import has_letters
from lps.families.queries.school import school_year_for
from lps.families.services import open_school_year
from lps.journal import town as journal
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.services import record
from tenants import context, offers
from tenants.town import messages
from tenants.town import queries as town
from tenants.town.models import TownSettings
from tenants.town.services import lock_settings
from tenants.wakeup import wake_after_commit


class Step(StrEnum):
    """The steps, in the order in which each finds what it needs."""

    CONTACTS = "contacts"
    LOOK = "apparence"
    YEAR = "annee"
    CATALOGUE = "activites"
    DEADLINES = "dates-limites"
    PRICES = "tarifs"
    FAMILIES = "familles"
    LETTERS = "lettres"
    MESSAGE = "message"


class State(StrEnum):
    """Where a step stands; the first of those to do is next."""

    DONE = "done"
    SKIPPED = "skipped"
    NEXT = "next"
    TO_DO = "to_do"


_PAGES: Mapping[Step, str] = {
    Step.CONTACTS: "office:town_contacts",
    Step.LOOK: "office:town_appearance",
    Step.YEAR: "office:set_up_year",
    Step.CATALOGUE: "office:set_up_catalogue",
    Step.DEADLINES: "office:town_portal",
    Step.PRICES: "billing_office:tariffs",
    Step.FAMILIES: "families_office:imports",
    Step.LETTERS: "families_office:letters",
    Step.MESSAGE: "office:message_new",
}
# Where one changes afterwards what a step began.
_PAGES_ONCE_DONE: Mapping[Step, str] = {
    Step.CATALOGUE: "booking_office:catalogue",
    Step.MESSAGE: "office:messages",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A step with its state and the page that does it."""

    step: Step
    state: State
    url: str


def steps(*, today: date) -> list[Shown]:
    """Each step in order: six statements, whatever the size of the town.

    A step whose page belongs to an offer that is closed to the town is none.
    """
    row, facts = town.settings(), _facts(today)
    found: list[Shown] = []
    for step in Step:
        if offers.closed(context.current(), _PAGES[step]):
            continue
        state = State.DONE if facts[step] else State.SKIPPED if step in row.set_up_skipped else State.TO_DO
        if state is State.TO_DO and not any(one.state is State.NEXT for one in found):
            state = State.NEXT
        page = _PAGES_ONCE_DONE.get(step, _PAGES[step]) if state is State.DONE else _PAGES[step]
        found.append(Shown(step, state, reverse(page)))
    return found


def _facts(today: date) -> Mapping[Step, bool]:
    row = town.settings()
    return {
        Step.CONTACTS: bool(row.contact_name and (row.contact_phone or row.contact_email)),
        Step.LOOK: bool(row.logo) or row.color != TownSettings._meta.get_field("color").default,
        Step.YEAR: school_year_for(today) is not None,
        Step.CATALOGUE: booking.has_catalogue(),
        Step.DEADLINES: bool(row.deadline_words),
        Step.PRICES: tariffs.has_prices(),
        Step.FAMILIES: has_children(),
        Step.LETTERS: has_letters(),
        Step.MESSAGE: messages.has_published(),
    }


def skip(step: Step, *, by: Actor) -> None:
    """Leave a step for later."""
    skipped = sorted({*town.settings().set_up_skipped, step.value})
    journal.change_settings(set_up_skipped=skipped, by=by, channel=Channel.OFFICE)


def take_up(step: Step, *, by: Actor) -> None:
    """Come back to a step that was left."""
    skipped = [one for one in town.settings().set_up_skipped if one != step.value]
    journal.change_settings(set_up_skipped=skipped, by=by, channel=Channel.OFFICE)


def years_to_open(today: date) -> list[tuple[date, date]]:
    """The school year that a day is in, and the next one."""
    first, last = school_year_of(today)
    return [(first, last), school_year_of(date(last.year, 9, 1))]


def proposed_year(today: date) -> tuple[date, date]:
    """The present year, or from May on the next one: nobody sets a town up for its last weeks."""
    present, following = years_to_open(today)
    return following if 5 <= today.month <= 8 else present


def open_year(*, zone: str, year: tuple[date, date] | None, today: date, now: datetime, by: Actor) -> None:
    """Write the holidays of a zone (A, B, C, or none overseas), and open a year unless one stands there already."""
    last_day = max(year[1], horizon(today)) if year else horizon(today)
    span = {"first_year": today.year - 1, "last_year": last_day.year}
    with transaction.atomic():
        former = lock_settings().school_zone
        journal.change_settings(school_zone=zone, by=by, channel=Channel.OFFICE)
        change_zone(before=former, after=zone, insee=context.current().insee, **span)
        if year:
            _open(year, now=now, by=by)
        wake_after_commit(EXTEND)


def _open(year: tuple[date, date], *, now: datetime, by: Actor) -> None:
    """Two agents who open it at once open one: the years of a town never overlap."""
    if school_year_for(year[0]) is not None:
        return
    try:
        with transaction.atomic():
            made = open_school_year(first_day=year[0], last_day=year[1])
    except IntegrityError:
        return
    subject, after = f"school_year:{made.pk}", {"name": made.name}
    record(by=by, channel=Channel.OFFICE, action="school_year_opened", subject=subject, after=after, at=now)
