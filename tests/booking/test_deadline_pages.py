"""Agents set until when one may book: only what the kind needs, a preview, then every door follows."""

import uuid
from datetime import date, time, timedelta

import pytest
from django.test import Client
from hypothesis import given

from booking import catalogue, sentences
from booking.forms.deadlines import DeadlineForm, Kinds
from booking.models import Activity, ActivityGroup, ServiceDay
from booking.rules import deadlines
from booking.rules.deadlines import DaysBefore, DeadlineRule, FixedDate, SameDay, Weekly
from booking.rules.planning import Cell, Change
from booking.services.bookings import change_bookings
from lps.families.identity import actor_of
from lps.families.models import Child, Household
from lps.journal.channels import Channel
from lps.journal.models import AuditEntry
from lps.kernel import clock
from tenants import context
from tenants.models import Commune
from tenants.town import queries as town
from tests.booking.agents import signed_in
from tests.booking.test_rules_stored import RULES
from tests.screens.reading import words
from tests.sql import counted
from tests.zone import PARIS

BUS = "Transport scolaire 13h30"
WEEKLY = {"reserver": "weekly", "annuler": "same", "ouverture": "rolling"}
THURSDAY = {
    **WEEKLY, "book_weekday": 3, "book_at": "17:00", "book_weeks_before": 1, "book_on_holiday": "working_day_before",
    "book_without_school": "kept", "opening_weeks": 13,
}  # fmt: skip
THAT_MORNING = {
    "reserver": "same_day", "annuler": "same", "ouverture": "rolling", "book_at": "08:30", "opening_weeks": 13,
}  # fmt: skip
ACCEPT = {"etape": "accepter"}


@pytest.fixture
def sophie(in_demo: Commune) -> Client:
    return signed_in(in_demo, "scolaire", name="Sophie")


@pytest.fixture
def group(in_demo: Commune) -> ActivityGroup:
    return ActivityGroup.objects.get(slug="transport")


@pytest.fixture
def of_group(group: ActivityGroup) -> str:
    return f"/mairie/activites/groupes/{group.pk}/date-limite/"


@pytest.fixture
def of_bus(activity: dict[str, int]) -> str:
    return f"/mairie/activites/{activity[BUS]}/date-limite/"


def read(response) -> str:
    return words(response.content.decode())


def rule_of(activity: int) -> DeadlineRule:
    town.read_again()
    return catalogue.read().activities[activity].rule


def test_the_form_asks_only_what_the_kind_needs(sophie: Client, of_group: str) -> None:
    days_before = sophie.get(of_group).content.decode()
    weekly = sophie.get(of_group, WEEKLY).content.decode()

    assert 'name="book_days"' in days_before and 'name="book_weekday"' not in days_before
    assert 'name="book_weekday"' in weekly and 'name="book_days"' not in weekly
    assert 'name="cancel_at"' not in weekly
    assert 'name="cancel_day"' in sophie.get(of_group, {**WEEKLY, "annuler": "fixed_date"}).content.decode()


def test_the_preview_tells_the_next_days_and_saves_nothing(
    sophie: Client, of_group: str, activity: dict[str, int]
) -> None:
    before = rule_of(activity[BUS])
    page = read(sophie.post(of_group, THURSDAY))

    after = clock.now().astimezone(context.current().zone).date()
    day = ServiceDay.objects.filter(activity=activity[BUS], open=True, day__gte=after).order_by("day")[0].day
    facts = catalogue.read()
    closes_at = deadlines.deadline(
        Weekly(weekday=3, at=time(17)), day=day, calendar=facts.calendar, zone=context.current().zone
    )
    assert f"Pour le {sentences.named_day(day)}/{day.year}" in page
    assert f"jusqu'au {sentences.at(closes_at, context.current().zone)}" in page
    assert "La règle d'aujourd'hui dit : jusqu'au" in page
    assert rule_of(activity[BUS]) == before


def test_what_was_accepted_is_the_rule_of_every_activity_of_the_group(
    sophie: Client, of_group: str, group: ActivityGroup, activity: dict[str, int]
) -> None:
    assert sophie.post(of_group, {**THURSDAY, **ACCEPT}).status_code == 302

    closing = Weekly(weekday=3, at=time(17))
    assert rule_of(activity[BUS]) == DeadlineRule(book=closing, cancel=closing)
    entry = AuditEntry.objects.get(action="deadline_changed", actor_label="Sophie")
    assert (entry.subject, entry.before["book"]["type"], entry.after["book"]["type"]) == (
        f"activity_group:{group.pk}", "days_before", "weekly",
    )  # fmt: skip


def test_a_parent_is_bound_by_it_at_once(
    sophie: Client, of_group: str, activity: dict[str, int], angeline: Child, marsone: Household
) -> None:
    day = _tomorrow_or_later(activity[BUS])
    parent = Client(headers={"host": "demo.localhost"})
    parent.post("/", {"child_code": angeline.child_code, "family_code": marsone.family_code})
    week = f"/enfants/{angeline.child_code}/planning/?semaine={day:%G-W%V}&groupe=transport"
    assert "Modifiable jusqu'au jour même, 8h30" not in read(parent.get(week))

    sophie.post(of_group, {**THAT_MORNING, **ACCEPT})
    assert "Modifiable jusqu'au jour même, 8h30" in read(parent.get(week))

    past = {"reserver": "fixed_date", "annuler": "same", "ouverture": "rolling", "book_day": "2020-01-01"}
    sophie.post(of_group, {**past, "book_at": "12:00", "opening_weeks": 13, **ACCEPT})
    town.read_again()
    refused = change_bookings(
        child=angeline, household=marsone, changes=[Change(Cell(activity[BUS], day), True)], by=actor_of(marsone),
        channel=Channel.WEB, received_at=clock.now(), jeton=uuid.uuid4(),
    ).refused  # fmt: skip
    assert [refusal.code for _, refusal in refused] == ["too_late"]


def test_an_activity_takes_its_own_rule_and_goes_back_to_its_groups(
    sophie: Client, of_bus: str, of_group: str, activity: dict[str, int]
) -> None:
    of_the_group = rule_of(activity[BUS])
    sophie.post(of_bus, {**THAT_MORNING, **ACCEPT})
    assert rule_of(activity[BUS]).book == SameDay(at=time(8, 30))
    assert rule_of(activity["Transport scolaire 8h30"]) == of_the_group
    assert "Gardent leur propre règle : Transport scolaire 13h30" in read(sophie.post(of_group, THURSDAY))

    assert "Reprendre celle du groupe" in read(sophie.post(of_bus, {"etape": "voir-groupe"}))
    assert rule_of(activity[BUS]) != of_the_group
    sophie.post(of_bus, {"etape": "groupe"})

    assert rule_of(activity[BUS]) == of_the_group
    assert Activity.objects.get(pk=activity[BUS]).deadline is None


def test_a_rule_that_opens_after_its_deadline_is_told(sophie: Client, of_group: str) -> None:
    never = {
        "reserver": "days_before", "annuler": "same", "ouverture": "rolling", "book_days": 60, "book_at": "17:00",
        "book_kind": "calendar", "book_on_holiday": "kept", "opening_weeks": 1,
    }  # fmt: skip

    assert "aucun de ces jours ne pourrait être réservé" in read(sophie.post(of_group, never))


@pytest.mark.parametrize(
    "wrong",
    [
        {"book_weekday": "7"},
        {"book_weekday": ""},
        {"book_at": "25:00"},
        {"book_at": "a\x00b"},
        {"book_weeks_before": "-1"},
        {"book_weeks_before": "9" * 40},
        {"book_on_holiday": "jamais"},
        {"opening_weeks": "0"},
        {"opening_weeks": ""},
    ],
)
def test_what_cannot_be_is_said_and_changes_nothing(
    sophie: Client, of_group: str, activity: dict[str, int], wrong: dict[str, str]
) -> None:
    before = rule_of(activity[BUS])

    answer = sophie.post(of_group, {**THURSDAY, **wrong, **ACCEPT})

    assert answer.status_code == 400
    assert "à corriger" in read(answer)
    assert rule_of(activity[BUS]) == before


@pytest.mark.parametrize("kinds", [{"reserver": "x"}, {"reserver": "weekly"}, {"ouverture": "weekly"}])
def test_a_kind_that_does_not_exist_shows_the_rule_that_stands(
    sophie: Client, of_group: str, kinds: dict[str, str]
) -> None:
    page = sophie.get(of_group, kinds)

    assert page.status_code == 200
    assert 'name="book_days"' in page.content.decode()


def test_a_preview_costs_the_same_for_few_days_and_for_many(
    sophie: Client, of_group: str, activity: dict[str, int]
) -> None:
    sophie.post(of_group, THURSDAY)
    with counted() as many:
        sophie.post(of_group, THURSDAY)
    ServiceDay.objects.filter(day__gt=clock.today(PARIS) + timedelta(days=14)).update(open=False)
    with counted() as few:
        sophie.post(of_group, THURSDAY)

    assert len(many) == len(few)


@given(rule=RULES)
def test_every_rule_that_stands_can_be_shown_and_sent_back_as_it_is(rule: DeadlineRule) -> None:
    kinds = Kinds.of(rule)
    shown = DeadlineForm(kinds=kinds, standing=rule)
    sent = {name: _typed(shown.get_initial_for_field(field, name)) for name, field in shown.fields.items()}

    again = DeadlineForm(sent, kinds=kinds, standing=rule)

    assert again.is_valid(), again.errors
    assert again.rule == rule


@given(rule=RULES)
def test_every_rule_has_its_sentence(rule: DeadlineRule) -> None:
    said = sentences.rule_words(rule)

    assert "%" not in said and said.endswith(".")
    assert (" Annuler" in said) == (rule.book != rule.cancel)


@pytest.mark.parametrize(
    ("closing", "said"),
    [
        (DaysBefore(days=1, at=time(17)), "la veille à 17h00"),
        (DaysBefore(days=2, at=time(9), kind=deadlines.DayKind.WORKING), "2 jours ouvrés avant, à 9h00"),
        (Weekly(weekday=3, at=time(17)), "le jeudi de la semaine précédente à 17h00"),
        (Weekly(weekday=0, at=time(8), weeks_before=0), "le lundi de la même semaine à 8h00"),
        (Weekly(weekday=0, at=time(8), weeks_before=3), "le lundi, 3 semaines avant, à 8h00"),
        (SameDay(at=time(8, 30)), "le jour même à 8h30"),
        (FixedDate(day=date(2027, 6, 14), at=time(23, 59)), "le lundi 14/06/2027 à 23h59"),
    ],
)
def test_a_deadline_in_words(closing: deadlines.Closing, said: str) -> None:
    assert sentences.closing_words(closing) == said


def _typed(value: object) -> str:
    return value.isoformat() if isinstance(value, (date, time)) else str(value)


def _tomorrow_or_later(activity: int) -> date:
    after = clock.now().astimezone(context.current().zone).date() + timedelta(days=1)
    return ServiceDay.objects.filter(activity=activity, open=True, day__gte=after).order_by("day")[0].day
