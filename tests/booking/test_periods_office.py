"""Périscotidien periods at the town hall: offered, changed while nobody has chosen, reopened for one child."""

import uuid
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client

from booking.models import Period, PeriodChoice, PeriodReopening
from booking.services.periods import add_period
from lps.accounts.models import Account
from lps.accounts.roles import Role
from lps.families.models import Child, Enrollment, Household, Site
from lps.journal.models import AuditEntry
from notifications.models import OutboxMessage
from tenants.models import Commune
from tests.booking.agents import signed_in
from tests.booking.october import EVENING, MONDAY, MORNING, NOW, THURSDAY, Autumn, ask, paris, standing
from tests.screens.reading import words
from tests.sql import counted

FIRST, LAST = date(2014, 11, 11), date(2014, 12, 31)
MONDAYS = [date(2014, 11, 17), date(2014, 11, 24), date(2014, 12, 1), date(2014, 12, 8), date(2014, 12, 15)]
THURSDAYS = [date(2014, 11, day) for day in (13, 20, 27)] + [date(2014, 12, day) for day in (4, 11, 18)]
PERIODS = "/mairie/periodes/"


@pytest.fixture
def period(autumn: Autumn) -> Period:
    return add_period(first_day=FIRST, last_day=LAST, activities=[autumn.activities[MORNING]])


@pytest.fixture
def clerk(demo: Commune, autumn: Autumn) -> Client:
    return signed_in(demo, Role.SCHOOL)


@pytest.fixture
def choice(parent: Client, autumn: Autumn, period: Period) -> PeriodChoice:
    """Angéline's family chose Mondays."""
    choose(parent, autumn, period, MONDAY)
    return PeriodChoice.objects.get(period=period)


def choose(parent: Client, autumn: Autumn, period: Period, *weekdays: int) -> str:
    boxes = [f"{autumn.activities[MORNING]}-{day}" for day in weekdays]
    path = f"/enfants/123456/periodes/{period.pk}/"
    answer = parent.post(path, {"jeton_periode": str(uuid.uuid4()), f"periode-{period.pk}": boxes}, follow=True)
    return words(answer.content.decode())


def asked(autumn: Autumn, **rest: Any) -> dict[str, Any]:
    given = {"first_day": "2014-11-11", "last_day": "2014-12-31", "activities": [autumn.activities[MORNING]]}
    return {**given, "opens_day": "", "opens_hour": "", "closes_day": "", "closes_hour": "", **rest}


class TestOffering:
    def test_a_period_is_offered_and_the_parent_reads_it(
        self, clerk: Client, parent: Client, autumn: Autumn, angeline: Child
    ) -> None:
        page = clerk.post(f"{PERIODS}nouvelle/", asked(autumn, closes_day="2014-11-06"), follow=True)

        assert "La période est prête." in words(page.content.decode())
        planning = words(parent.get("/enfants/123456/planning/").content.decode())
        assert "Période du 11/11/2014 au 31/12/2014" in planning and "vendredi 07/11 à 0h00" in planning
        assert AuditEntry.objects.get(action="period_offered").actor_label == "Nadia"

    def test_all_of_it_is_changed_while_nobody_has_chosen(self, clerk: Client, autumn: Autumn, period: Period) -> None:
        changed = asked(autumn, last_day="2014-12-19", activities=[autumn.activities[EVENING]])

        assert clerk.post(f"{PERIODS}{period.pk}/modifier/", changed).status_code == 302

        period.refresh_from_db()
        assert period.last_day == date(2014, 12, 19)
        assert list(period.activities.values_list("name", flat=True)) == [EVENING]

    def test_once_chosen_only_when_it_is_chosen_changes(
        self, clerk: Client, autumn: Autumn, period: Period, choice: PeriodChoice
    ) -> None:
        changed = asked(autumn, last_day="2014-12-01", closes_day="2014-11-20")

        assert clerk.post(f"{PERIODS}{period.pk}/modifier/", changed).status_code == 302

        period.refresh_from_db()
        assert period.last_day == LAST
        assert period.closes_at == paris(date(2014, 11, 21), 0)

    def test_one_that_nobody_chose_is_removed_and_no_other(
        self, clerk: Client, autumn: Autumn, period: Period, parent: Client
    ) -> None:
        other = add_period(first_day=FIRST, last_day=LAST, activities=[autumn.activities[EVENING]])
        choose(parent, autumn, period, MONDAY)

        for one in (period, other):
            clerk.post(f"{PERIODS}{one.pk}/supprimer/")

        assert list(Period.objects.filter(pk__in=(period.pk, other.pk))) == [period]

    @pytest.mark.parametrize(
        "wrong",
        [
            {"first_day": ""},
            {"first_day": "\x00"},
            {"last_day": "2014-11-01"},
            {"last_day": "2199-01-01"},
            {"activities": []},
            {"activities": ["999999"]},
            {"activities": ["\x00"]},
            {"opens_hour": "08:00"},
            {"closes_day": "2015-02-01"},
            {"opens_day": "2014-11-20", "closes_day": "2014-11-10"},
            {"opens_day": "2014-11-20", "opens_hour": "25:00"},
        ],
        ids=repr,
    )
    def test_bad_input_is_told_and_offers_nothing(self, clerk: Client, autumn: Autumn, wrong: dict[str, Any]) -> None:
        before = Period.objects.count()

        answer = clerk.post(f"{PERIODS}nouvelle/", asked(autumn, **wrong))

        assert answer.status_code == 400 and 'id="erreurs"' in answer.content.decode()
        assert Period.objects.count() == before


class TestWhoHasChosen:
    def test_the_list_names_both_and_filters_them(
        self, clerk: Client, autumn: Autumn, period: Period, choice: PeriodChoice
    ) -> None:
        def shown(query: str) -> tuple[bool, bool]:
            page = words(clerk.get(f"{PERIODS}{period.pk}/{query}").content.decode())
            return "Angéline MARSONE" in page, "Bertrand MARSONE" in page

        assert shown("") == (True, True)
        assert shown("?qui=chosen") == (True, False)
        assert shown("?qui=silent") == (False, True)
        assert shown(f"?classe={autumn.ce2.pk}") == (False, True)
        assert shown("?qui=\x00&classe=x") == (True, True)

    def test_the_table_says_the_same(self, clerk: Client, period: Period, choice: PeriodChoice) -> None:
        table = clerk.get(f"{PERIODS}{period.pk}/choix.csv?qui=chosen").content.decode("utf-8-sig")

        lines = table.splitlines()
        assert len(lines) == 2 and "Angéline MARSONE" in lines[1] and choice.receipt.number in lines[1]

    def test_it_costs_the_same_for_one_and_for_two(
        self, clerk: Client, parent: Client, autumn: Autumn, period: Period
    ) -> None:
        shapes = []
        for _round in range(2):
            clerk.get(f"{PERIODS}{period.pk}/")
            with counted() as statements:
                clerk.get(f"{PERIODS}{period.pk}/")
            shapes.append(len(statements))
            choose(parent, autumn, period, MONDAY)

        assert shapes[0] == shapes[1]


class TestReopening:
    def reopen(self, clerk: Client, choice: PeriodChoice, reason: str = "Erreur de jour") -> str:
        path = f"{PERIODS}choix/{choice.pk}/rouvrir/"
        return words(clerk.post(path, {"reason": reason}, follow=True).content.decode())

    def test_the_family_reads_who_reopened_it_and_why_and_chooses_again(
        self,
        clerk: Client,
        parent: Client,
        autumn: Autumn,
        angeline: Child,
        period: Period,
        choice: PeriodChoice,
    ) -> None:
        assert "La période est rouverte pour cet enfant." in self.reopen(clerk, choice)

        planning = words(parent.get("/enfants/123456/planning/").content.decode())
        assert "La mairie (Nadia) a rouvert cette période" in planning and "Erreur de jour" in planning
        assert OutboxMessage.objects.filter(template="booking/emails/period_reopened").count() == 1

        told = choose(parent, autumn, period, THURSDAY)

        assert "Période déjà validée (non modifiable)" in told
        assert standing(angeline, autumn.activities[MORNING]) == sorted(MONDAYS + THURSDAYS)
        assert [one.round for one in PeriodChoice.objects.filter(period=period).order_by("round")] == [1, 2]

    def test_the_bookings_of_the_first_choice_stay_ordinary_bookings(
        self, clerk: Client, autumn: Autumn, marsone: Household, angeline: Child, choice: PeriodChoice
    ) -> None:
        self.reopen(clerk, choice)

        assert standing(angeline, autumn.activities[MORNING]) == MONDAYS
        assert ask(angeline, marsone, autumn.cancel(MORNING, MONDAYS[0])).receipt

    def test_it_is_chosen_once_again_and_no_more(
        self, clerk: Client, parent: Client, autumn: Autumn, period: Period, choice: PeriodChoice
    ) -> None:
        self.reopen(clerk, choice)
        choose(parent, autumn, period, THURSDAY)

        choose(parent, autumn, period, MONDAY)

        assert PeriodChoice.objects.filter(period=period).count() == 2

    def test_it_may_be_reopened_once_more_after_the_next_choice(
        self, clerk: Client, parent: Client, autumn: Autumn, period: Period, choice: PeriodChoice
    ) -> None:
        self.reopen(clerk, choice)
        assert "était déjà rouverte" in self.reopen(clerk, choice)
        choose(parent, autumn, period, THURSDAY)

        self.reopen(clerk, PeriodChoice.objects.get(period=period, round=2))
        choose(parent, autumn, period, MONDAY)

        assert PeriodChoice.objects.filter(period=period).count() == 3
        assert PeriodReopening.objects.count() == 2

    def test_the_child_may_choose_though_the_town_closed_the_period(
        self,
        clerk: Client,
        parent: Client,
        autumn: Autumn,
        angeline: Child,
        period: Period,
        choice: PeriodChoice,
        stop_clock: Callable[[datetime], None],
    ) -> None:
        self.reopen(clerk, choice)
        clerk.post(f"{PERIODS}{period.pk}/modifier/", asked(autumn, closes_day="2014-10-09"))
        stop_clock(NOW + timedelta(days=5))

        choose(parent, autumn, period, THURSDAY)

        assert standing(angeline, autumn.activities[MORNING]) == sorted(MONDAYS + THURSDAYS)

    def test_without_a_reason_it_stays_closed(self, clerk: Client, choice: PeriodChoice) -> None:
        answer = clerk.post(f"{PERIODS}choix/{choice.pk}/rouvrir/", {"reason": ""})

        assert answer.status_code == 400
        assert not PeriodReopening.objects.exists()

    def test_neither_the_choice_nor_its_reopening_is_ever_rewritten(self, clerk: Client, choice: PeriodChoice) -> None:
        self.reopen(clerk, choice)

        for rows in (PeriodChoice.objects.filter(pk=choice.pk), PeriodReopening.objects.all()):
            with pytest.raises(DatabaseError, match="refuse_change"), transaction.atomic():
                rows.delete() if rows.model is PeriodReopening else rows.update(round=9)

    def test_the_list_counts_the_choices_of_an_agents_schools(
        self, demo: Commune, autumn: Autumn, angeline: Child, choice: PeriodChoice
    ) -> None:
        client = signed_in(demo, Role.SCHOOL, name="Karim")
        site = Enrollment.objects.filter(child=angeline).latest("pk").school_class.site_id
        dates = "11/11/2014 → 31/12/2014"

        def told(**kept: list[int]) -> str:
            rows = Account.objects.filter(email="karim@mairie.example")
            rows.update(**{"sites": [], "activities": [], **kept})
            return client.get(PERIODS).content.decode()

        for kept, number in ((None, 1), (site, 1), (999, 0)):
            assert f'<td class="n">{number}</td>' in told(sites=[kept] if kept else [])
        assert dates in told(activities=[autumn.activities[MORNING]])
        assert dates not in told(activities=[autumn.activities[EVENING]])

    def test_an_agent_of_another_school_reopens_nothing(
        self, demo: Commune, autumn: Autumn, choice: PeriodChoice
    ) -> None:
        other = Site.objects.create(name="École des Tilleuls")
        client = signed_in(demo, Role.SCHOOL, name="Karim")
        Account.objects.filter(email="karim@mairie.example").update(sites=[other.pk])

        assert client.post(f"{PERIODS}choix/{choice.pk}/rouvrir/", {"reason": "x"}).status_code == 404
        assert client.get(f"{PERIODS}nouvelle/").status_code == 403
        assert "Angéline" not in client.get(f"{PERIODS}{choice.period_id}/").content.decode()
        assert not PeriodReopening.objects.exists()
