"""The planning as it opens: weeks, groups, cells and why they are locked, deadlines, notes."""

import re
from collections.abc import Callable
from datetime import date, datetime

import pytest
from django.db.backends.postgresql.psycopg_any import DateRange
from django.test import Client

from booking.models import ActivityGroup, ServiceDay
from booking.rules.entitlements import Access
from booking.services import closures
from booking.services.catalogue import entitle
from booking.services.closures import Scope
from lps.families.models import Child, Custody, Enrollment, Household
from tenants import context, queries
from tenants.models import Commune
from tenants.town.services import change_settings, renew_catalogue_stamp
from tests.booking.october import (
    BUS_8H30,
    BUS_11H30,
    BUS_13H30,
    BUS_16H30,
    CANTEEN,
    EVENING,
    JEUDI_16,
    LUNDI_13,
    MARDI_14,
    MORNING,
    SATURDAY,
    THURSDAY,
    TOUSSAINT,
    VENDREDI_17,
    Autumn,
    ask,
    closed,
    make_days,
    paris,
    signed_in,
)
from tests.booking.pages import PLANNING, deadlines, links, notes, opened, week
from tests.families.factories import BY
from tests.screens.reading import row, weeks, words

StopClock = Callable[[datetime], None]
FREE = {"Lu": "☐", "Ma": "☐", "Me": ".", "Je": "☐", "Ve": "☐"}
BUSES = [BUS_8H30, BUS_11H30, BUS_13H30, BUS_16H30]
GROUPS = [
    "◆ TOUTES LES ACTIVITÉS ◆",
    "PERISCOLAIRE",
    "TRANSPORT",
    "Cantine ADULTE",
    "MERCREDI",
    "PETITES VACANCES",
    "GRANDES VACANCES",
]


def rules(autumn: Autumn, group: str, **parts: dict[str, object]) -> None:
    """Give a group its deadlines."""
    ActivityGroup.objects.filter(slug=group).update(deadline=parts)
    renew_catalogue_stamp()


def both(closing: dict[str, object]) -> dict[str, dict[str, object]]:
    """One deadline for booking and canceling."""
    return {"book": closing, "cancel": closing}


EVE = {"type": "days_before", "days": 1, "at": "17:00"}
THURSDAY_17H = both({"type": "weekly", "weekday": THURSDAY, "at": "17:00"})


def close(autumn: Autumn, name: str, day: date, *, reason: str = "Grève") -> None:
    """Close an activity for a day, as an agent does."""
    scope = Scope(first_day=day, last_day=day, activity_id=autumn.activities[name])
    closures.close(scope=scope, reason=reason, by=BY, at=paris(date(2014, 10, 8), 9))


class TestWhatIsShown:
    def test_without_parameters_four_weeks_from_the_current_one_with_all_groups(self, parent: Client) -> None:
        shown = weeks(opened(parent))

        assert list(shown) == [41, 42, 43, 44]
        rows = [MORNING, "Accueil 12h15", EVENING, *BUSES, CANTEEN, "Mercredi", "Petites vacances", "Grandes vacances"]
        assert [list(lines) for lines in shown.values()] == [rows] * 4

    def test_the_frame_in_the_exact_words(self, parent: Client) -> None:
        html = opened(parent)
        text = words(html)

        options = html.partition('<select class="pick"')[2].partition("</select>")[0].split("<option")[1:]
        assert [words(f"<option{option}") for option in options] == GROUPS
        for label in (
            "Angéline MARSONE",
            "CE1 - Mme Formatrice",
            "Choisir un autre enfant",
            "Voir les dernières modifications",
            "Semaine N° 42 13/10 → 19/10",
            "Validez vos modifications",
        ):
            assert label in text

    @pytest.mark.parametrize("number", [2, 10])
    def test_the_town_says_how_many_weeks(self, parent: Client, number: int) -> None:
        change_settings(weeks_shown=number)

        html = opened(parent, semaine="2014-W42")

        assert list(weeks(html)) == list(range(42, 42 + number))
        assert links(html)["Suivant ›"] == f"{PLANNING}?semaine=2014-W{42 + number}"

    def test_a_week_and_a_group_are_asked_by_the_address(self, parent: Client) -> None:
        shown = weeks(opened(parent, semaine="2014-W46", groupe="transport"))

        assert list(shown) == [46, 47, 48, 49]
        assert [list(lines) for lines in shown.values()] == [BUSES] * 4

    @pytest.mark.parametrize(
        "asked",
        [
            "2014-W54",
            "2014-W00",
            "2014-42",
            "42",
            "abc",
            "9999-W01",
            "1999-W10",
            "²⁰14-W42",
            "2014-W42'--",
            "\x00",
            "é",
        ],
    )
    def test_a_week_that_does_not_exist_is_told_and_the_current_one_shown(self, parent: Client, asked: str) -> None:
        html = opened(parent, semaine=asked)

        assert "Cette semaine n'existe pas : voici la semaine en cours." in words(html)
        assert next(iter(weeks(html))) == 41

    @pytest.mark.parametrize("asked", ["inconnu", "TRANSPORT", "<script>", "\x00", "1' OR 1=1"])
    def test_a_group_that_does_not_exist_is_told_and_all_are_shown(self, parent: Client, asked: str) -> None:
        html = opened(parent, groupe=asked)

        assert "Ce groupe d'activités n'existe pas : voici toutes les activités." in words(html)
        assert MORNING in weeks(html)[41] and BUS_8H30 in weeks(html)[41]
        assert "<script>" not in html

    @pytest.mark.parametrize(
        ("asked", "before", "after"),
        [
            ("2014-W42", "2014-W38", "2014-W46"),
            ("2014-W50", "2014-W46", "2015-W02"),
            ("2015-W53", "2015-W49", "2016-W04"),
            ("2016-W01", "2015-W50", "2016-W05"),
        ],
    )
    def test_previous_today_and_next_move_by_the_weeks_shown_in_the_same_group(
        self, parent: Client, asked: str, before: str, after: str
    ) -> None:
        found = links(opened(parent, semaine=asked, groupe="transport"))

        assert found["‹ Précédent"] == f"{PLANNING}?semaine={before}&groupe=transport"
        assert found["Aujourd'hui"] == f"{PLANNING}?groupe=transport"
        assert found["Suivant ›"] == f"{PLANNING}?semaine={after}&groupe=transport"

    @pytest.mark.parametrize("asked", ["2000-W01", "2199-W52"])
    def test_the_first_and_the_last_weeks_that_may_be_asked_open(self, parent: Client, asked: str) -> None:
        assert "Cette semaine n'existe pas" not in words(opened(parent, semaine=asked))

    def test_a_brother_is_one_link_away_at_the_same_place(self, parent: Client) -> None:
        html = opened(parent, semaine="2014-W46", groupe="transport")

        assert 'href="/enfants/123457/planning/?semaine=2014-W46&amp;groupe=transport"' in html

    def test_the_current_week_is_that_of_the_commune_at_midnight_on_sunday(
        self, parent: Client, stop_clock: StopClock
    ) -> None:
        for at, number in ((paris(date(2014, 10, 12), 23, 59), 41), (paris(date(2014, 10, 13), 0), 42)):
            stop_clock(at)
            assert next(iter(weeks(opened(parent)))) == number


class TestCells:
    def test_open_days_have_a_box_with_its_day_and_its_name_for_a_reader(
        self, parent: Client, autumn: Autumn, marsone: Household, angeline: Child
    ) -> None:
        ask(angeline, marsone, autumn.book(BUS_8H30, VENDREDI_17))

        html = opened(parent)

        assert row(html, 42, BUS_8H30) == FREE | {"Ve": "☑ Ve 17"}
        assert "Transport scolaire 8h30, vendredi 17 octobre Ve 17" in words(week(html, 42))

    def test_past_days_are_locked_as_they_stand_with_the_reason(
        self, parent: Client, autumn: Autumn, marsone: Household, angeline: Child
    ) -> None:
        ask(angeline, marsone, autumn.book(BUS_8H30, date(2014, 10, 7)), at=paris(date(2014, 10, 1), 9))

        html = opened(parent)

        locked = {"Lu": "locked", "Ma": "locked booked", "Me": ".", "Je": "☐", "Ve": "☐"}
        assert row(html, 41, BUS_8H30) == locked
        cells = weeks(html)[41][BUS_8H30]
        assert [cell.text for cell in cells[:2]] == ["non réservé, date limite passée", "réservé, date limite passée"]

    def test_past_weeks_are_read_only(
        self, parent: Client, autumn: Autumn, marsone: Household, angeline: Child, stop_clock: StopClock
    ) -> None:
        ask(angeline, marsone, autumn.book(BUS_8H30, LUNDI_13))
        stop_clock(paris(date(2014, 12, 1), 9))

        html = opened(parent, semaine="2014-W42", groupe="transport")

        planning = html.split("data-planning", 1)[1]
        assert row(html, 42, BUS_8H30)["Lu"] == "locked booked"
        assert 'type="checkbox" name="jour"' not in planning and 'name="vu"' not in planning
        assert "Rien ne peut être modifié sur ces semaines." in words(html)
        assert "Validez vos modifications" not in words(html)
        assert deadlines(html, 42) == [("shut", "Semaine non modifiable")]

    def test_the_eve_at_17h00_a_day_is_locked_and_a_second_before_it_is_not(
        self, parent: Client, autumn: Autumn, stop_clock: StopClock
    ) -> None:
        for at, symbol in ((paris(date(2014, 10, 8), 16, 59), "☐"), (paris(date(2014, 10, 8), 17), "locked")):
            stop_clock(at)
            assert row(opened(parent), 41, BUS_8H30)["Je"] == symbol

    def test_holidays_and_closures_explain_their_empty_cells_and_stand_in_the_notes(
        self, parent: Client, autumn: Autumn
    ) -> None:
        close(autumn, BUS_8H30, JEUDI_16, reason="Grève des chauffeurs")
        closed(LUNDI_13, LUNDI_13, "Classe de mer", school_class_id=autumn.ce1.pk)

        html = opened(parent, semaine="2014-W42", groupe="transport")

        assert row(html, 42, BUS_8H30) == {"Lu": ".", "Ma": "☐", "Me": ".", "Je": ".", "Ve": "☐"}
        texts = [cell.text for cell in weeks(html)[42][BUS_8H30]]
        assert (texts[0], texts[2], texts[3]) == ("Classe de mer.", "pas de service.", "Grève des chauffeurs.")
        assert notes(html, 42) == ["lundi 13/10 : Classe de mer", "jeudi 16/10 : Grève des chauffeurs"]
        assert notes(opened(parent, semaine="2014-W46"), 46) == ["mardi 11/11 : 11 novembre"]
        assert row(html, 42, BUS_11H30)["Je"] == "☐"

    def test_the_closure_of_a_class_is_told_to_its_children_alone(
        self, autumn: Autumn, marsone: Household, parent: Client
    ) -> None:
        closed(LUNDI_13, LUNDI_13, "Classe de mer", school_class_id=autumn.ce2.pk)

        assert notes(opened(parent), 42) == []
        assert notes(opened(parent, "/enfants/123457/planning/"), 42) == ["lundi 13/10 : Classe de mer"]

    def test_a_full_day_says_so_and_leads_to_its_list_and_is_free_to_whom_has_it(
        self, parent: Client, autumn: Autumn, marsone: Household, angeline: Child
    ) -> None:
        ask(angeline, marsone, autumn.book(BUS_8H30, MARDI_14))
        for day in (LUNDI_13, MARDI_14):
            autumn.places(BUS_8H30, day, 0)

        html = opened(parent)

        full, booked = weeks(html)[42][BUS_8H30][:2]
        assert (full.box, "complet" in full.text) == (None, True)
        assert f'/enfants/123456/attente/{autumn.activities[BUS_8H30]}-20141013/"' in html
        assert booked.box is True

    def test_before_the_opening_a_cell_says_from_when(
        self, parent: Client, autumn: Autumn, stop_clock: StopClock
    ) -> None:
        stop_clock(paris(date(2014, 7, 8), 9))

        html = opened(parent, semaine="2014-W41", groupe="transport")

        assert deadlines(html, 41) == [("calm", "Modifiable jusqu'à la veille, 17h00")]
        assert deadlines(html, 42) == [("calm", "Réservable à partir du lundi 14/07 à 0h00")]
        assert weeks(html)[41][BUS_8H30][3].text == (
            "non réservé, pas encore ouvert, réservable à partir du jeudi 10/07 à 0h00"
        )
        assert row(html, 41, BUS_8H30) == {"Lu": "☐", "Ma": "☐", "Me": ".", "Je": "locked", "Ve": "locked"}

    def test_the_days_of_the_other_household_are_shown_and_locked(
        self, parent: Client, autumn: Autumn, marsone: Household, durand: Household, angeline: Child
    ) -> None:
        Custody.objects.filter(child=angeline, household=marsone).update(
            valid_during=DateRange(date(2000, 1, 1), VENDREDI_17)
        )
        ask(angeline, durand, autumn.book(BUS_8H30, LUNDI_13))

        html = opened(parent)

        texts = [cell.text for cell in weeks(html)[42][BUS_8H30]]
        assert texts[0].startswith("réservé par l'autre foyer")
        assert texts[4] == "non réservé, ce jour revient à l'autre foyer"
        assert row(html, 42, BUS_8H30)["Ma"] == "☐"
        theirs = opened(signed_in(durand, angeline))
        assert row(theirs, 42, BUS_8H30)["Lu"] == "☑ Lu 13"

    def test_saturday_and_sunday_have_a_column_only_where_something_is_held_or_booked(
        self, parent: Client, autumn: Autumn, marsone: Household, angeline: Child
    ) -> None:
        assert list(row(opened(parent), 42, BUS_8H30)) == ["Lu", "Ma", "Me", "Je", "Ve"]
        autumn.pattern(MORNING, weekdays=[0, SATURDAY])
        make_days()
        saturday = date(2014, 10, 11)
        ask(angeline, marsone, autumn.book(MORNING, saturday))

        html = opened(parent)
        only = dict.fromkeys(("Ma", "Me", "Je", "Ve"), ".")
        assert row(html, 41, MORNING) == only | {"Lu": "locked", "Sa": "☑ Sa 11"}
        assert list(row(opened(parent, groupe="transport"), 42, BUS_8H30)) == ["Lu", "Ma", "Me", "Je", "Ve"]

        autumn.pattern(MORNING, weekdays=[0])
        make_days()
        html = opened(parent)
        assert row(html, 41, MORNING)["Sa"] == "☑ Sa 11"
        ask(angeline, marsone, autumn.cancel(MORNING, saturday))
        make_days()
        assert list(row(opened(parent), 41, MORNING)) == ["Lu", "Ma", "Me", "Je", "Ve"]

    def test_a_saturday_closed_for_a_reason_keeps_its_column_and_tells_it(self, parent: Client, autumn: Autumn) -> None:
        autumn.pattern(MORNING, weekdays=[0, SATURDAY])
        make_days()
        close(autumn, MORNING, date(2014, 10, 11), reason="Élections")

        html = opened(parent)

        assert row(html, 41, MORNING)["Sa"] == "."
        assert "samedi 11/10 : Élections" in notes(html, 41)


class TestEntitlements:
    def test_an_activity_that_is_not_open_to_the_child_has_no_row(self, parent: Client, autumn: Autumn) -> None:
        entitle(activity_id=autumn.activities[BUS_8H30], ways=[Access(level="CE2")])

        assert BUS_8H30 not in weeks(opened(parent))[41]
        assert BUS_8H30 in weeks(opened(parent, "/enfants/123457/planning/"))[41]

    def test_a_group_of_such_activities_says_so(self, parent: Client, autumn: Autumn) -> None:
        entitle(activity_id=autumn.activities[CANTEEN], ways=[Access(youngest=18)])

        html = opened(parent, groupe="cantine-adulte")

        assert weeks(html) == {}
        assert "Aucune de ces activités n'est ouverte à cet enfant." in words(html)

    def test_a_booking_keeps_its_row_so_that_it_may_be_left(
        self, parent: Client, autumn: Autumn, marsone: Household, angeline: Child
    ) -> None:
        ask(angeline, marsone, autumn.book(BUS_8H30, LUNDI_13))
        entitle(activity_id=autumn.activities[BUS_8H30], ways=[Access(level="CE2")])

        html = opened(parent)

        assert row(html, 42, BUS_8H30) == {"Lu": "☑ Lu 13", "Ma": "locked", "Me": ".", "Je": "locked", "Ve": "locked"}
        assert weeks(html)[42][BUS_8H30][1].text == "non réservé, cette activité n'est pas ouverte à cet enfant"

    def test_a_class_that_changes_within_the_weeks_shown_opens_its_days_alone(
        self, parent: Client, autumn: Autumn, angeline: Child
    ) -> None:
        entitle(activity_id=autumn.activities[BUS_8H30], ways=[Access(level="CE2")])
        Enrollment.objects.filter(child=angeline, school_class=autumn.ce1).update(
            valid_during=DateRange(date(2014, 9, 1), JEUDI_16)
        )
        Enrollment.objects.create(
            child=angeline, school_class=autumn.ce2, valid_during=DateRange(JEUDI_16, date(2015, 9, 1))
        )

        html = opened(parent)

        assert row(html, 42, BUS_8H30) == {"Lu": "locked", "Ma": "locked", "Me": ".", "Je": "☐", "Ve": "☐"}

    def test_a_child_without_a_class_has_rows_and_no_day(self, parent: Client, autumn: Autumn, angeline: Child) -> None:
        Enrollment.objects.filter(child=angeline).delete()

        html = opened(parent)

        assert set(row(html, 42, BUS_8H30).values()) == {"."}
        assert "Rien ne peut être modifié sur ces semaines." in words(html)


def closed_meanwhile(html: str) -> list[str]:
    """What takes the place of a deadline that passes while the page stays open."""
    return re.findall(r'data-shut="([^"]*)"', html)


class TestDeadlineLines:
    def test_the_eves_rule_and_the_day_that_closes_next(self, parent: Client, stop_clock: StopClock) -> None:
        html = opened(parent)
        assert deadlines(html, 41) == [("near", "Jeudi 09/10 : modifiable jusqu'à aujourd'hui 17h00, encore 3 h 40")]
        assert deadlines(html, 42) == [("calm", "Modifiable jusqu'à la veille, 17h00")]

        stop_clock(paris(date(2014, 10, 8), 17))
        assert deadlines(opened(parent), 41) == [
            ("near", "Vendredi 10/10 : modifiable jusqu'à demain 17h00, encore 24 h 00")
        ]

        stop_clock(paris(date(2014, 10, 9), 17))
        assert deadlines(opened(parent), 41) == [("shut", "Date limite passée depuis le jeudi 09/10 à 17h00")]

    def test_on_an_open_page_a_day_closes_without_its_week(
        self, parent: Client, autumn: Autumn, stop_clock: StopClock
    ) -> None:
        eve = opened(parent)
        rules(autumn, "transport", **THURSDAY_17H)
        named = opened(parent)
        stop_clock(paris(date(2014, 10, 9), 16))
        whole = opened(parent, groupe="transport")

        assert closed_meanwhile(eve) == ["Jeudi 09/10\u00a0: date limite passée"]
        assert closed_meanwhile(named) == [
            "PERISCOLAIRE · Cantine ADULTE · MERCREDI\u00a0: jeudi 09/10\u00a0: date limite passée"
        ]
        assert closed_meanwhile(whole) == ["Date limite passée"]

    def test_a_day_that_closes_before_a_holiday_says_so(self, parent: Client, stop_clock: StopClock) -> None:
        stop_clock(paris(date(2014, 11, 10), 16))

        assert deadlines(opened(parent), 46) == [
            ("near", "Mercredi 12/11 : modifiable jusqu'à aujourd'hui 17h00, encore 1 h 00")
        ]

    def test_buchelays_thursday_is_calm_then_near_then_past(
        self, parent: Client, autumn: Autumn, stop_clock: StopClock
    ) -> None:
        rules(autumn, "transport", **THURSDAY_17H)
        said = "Modifiable jusqu'au jeudi 09/10 à 17h00"
        past = "Date limite passée depuis le jeudi 09/10 à 17h00"
        for at, line in (
            (paris(date(2014, 10, 8), 16, 59), ("calm", said)),
            (paris(date(2014, 10, 8), 17), ("near", f"{said}, encore 24 h 00")),
            (paris(date(2014, 10, 9), 16, 48), ("near", f"{said}, encore 12 min")),
            (paris(date(2014, 10, 9), 17), ("shut", past)),
            (paris(date(2014, 10, 16), 17), ("shut", past)),
            (paris(date(2014, 10, 16), 17, 1), ("shut", "Semaine non modifiable")),
        ):
            stop_clock(at)
            assert deadlines(opened(parent, semaine="2014-W42", groupe="transport"), 42) == [line]

    def test_several_rules_are_named_by_their_groups(self, parent: Client, autumn: Autumn) -> None:
        rules(autumn, "transport", **THURSDAY_17H)

        assert deadlines(opened(parent), 42) == [
            ("calm", "PERISCOLAIRE · Cantine ADULTE · MERCREDI : modifiable jusqu'à la veille, 17h00"),
            ("calm", "TRANSPORT : modifiable jusqu'au jeudi 09/10 à 17h00"),
        ]

    def test_booking_and_canceling_apart_are_told_apart(self, parent: Client, autumn: Autumn) -> None:
        rules(autumn, "transport", book=THURSDAY_17H["book"], cancel={"type": "same_day", "at": "09:00"})

        assert deadlines(opened(parent, groupe="transport"), 42) == [
            ("calm", "TRANSPORT · réserver : modifiable jusqu'au jeudi 09/10 à 17h00"),
            ("calm", "TRANSPORT · annuler : modifiable jusqu'au jour même, 9h00"),
        ]

    def test_a_group_that_opens_later_says_from_when_whatever_the_others_do(
        self, parent: Client, autumn: Autumn
    ) -> None:
        opening = {"type": "fixed_opening", "day": "2014-10-10", "at": "08:00"}
        rules(autumn, "transport", **both(EVE), opening=opening)
        said = "Réservable à partir du vendredi 10/10 à 8h00"

        assert deadlines(opened(parent, groupe="transport", semaine="2014-W46"), 46) == [("calm", said)]

    def test_canceling_waits_for_no_opening(self, parent: Client, autumn: Autumn, stop_clock: StopClock) -> None:
        rules(autumn, "transport", book=THURSDAY_17H["book"], cancel={"type": "same_day", "at": "09:00"})
        stop_clock(paris(date(2014, 7, 1), 9))

        assert deadlines(opened(parent, groupe="transport", semaine="2014-W42"), 42) == [
            ("calm", "TRANSPORT · réserver : réservable à partir du lundi 14/07 à 0h00"),
            ("calm", "TRANSPORT · annuler : modifiable jusqu'au jour même, 9h00"),
        ]

    @pytest.mark.parametrize(
        ("closing", "said"),
        [
            ({"type": "same_day", "at": "09:00"}, "Modifiable jusqu'au jour même, 9h00"),
            ({"type": "fixed_date", "day": "2014-10-12", "at": "23:59"}, "Modifiable jusqu'au dimanche 12/10 à 23h59"),
            ({"type": "days_before", "days": 1, "at": "12:00"}, "Modifiable jusqu'à la veille, 12h00"),
            ({"type": "days_before", "days": 3, "at": "17:00"}, "Modifiable jusqu'à 3 jours avant, 17h00"),
            (
                {"type": "days_before", "days": 1, "at": "17:00", "kind": "working"},
                "Modifiable jusqu'à 1 jour ouvré avant, 17h00",
            ),
            (
                {"type": "days_before", "days": 2, "at": "10:00", "kind": "school"},
                "Modifiable jusqu'à 2 jours d'école avant, 10h00",
            ),
        ],
    )
    def test_each_rule_has_its_words(
        self, parent: Client, autumn: Autumn, closing: dict[str, object], said: str
    ) -> None:
        rules(autumn, "transport", **both(closing))

        assert deadlines(opened(parent, semaine="2014-W46", groupe="transport"), 46) == [("calm", said)]

    def test_a_week_without_service_has_no_deadline(self, parent: Client, autumn: Autumn) -> None:
        html = opened(parent, groupe="transport")

        assert TOUSSAINT[0] == date(2014, 10, 18)
        assert deadlines(html, 43) == deadlines(html, 44) == []

    def test_a_day_that_is_closed_waits_for_no_deadline(self, parent: Client, autumn: Autumn) -> None:
        for name in (MORNING, EVENING, *BUSES, CANTEEN):
            close(autumn, name, date(2014, 10, 9))

        [(look, line)] = deadlines(opened(parent), 41)

        assert (look, line) == ("calm", "Modifiable jusqu'à la veille, 17h00")

    def test_a_week_closed_as_a_whole_has_no_deadline(self, parent: Client, autumn: Autumn) -> None:
        closed(LUNDI_13, VENDREDI_17, "Classe de mer", school_class_id=autumn.ce1.pk)
        ServiceDay.objects.filter(day=date(2014, 10, 15)).update(open=False)

        assert deadlines(opened(parent), 42) == []


def test_a_commune_overseas_shows_its_own_hours_and_days(parent: Client, autumn: Autumn, stop_clock: StopClock) -> None:
    with context.public():
        Commune.objects.filter(slug="demo").update(time_zone="Pacific/Noumea")
    queries.forget_hosts()

    html = opened(parent)  # 22:20 there
    assert deadlines(html, 41) == [("near", "Vendredi 10/10 : modifiable jusqu'à demain 17h00, encore 18 h 40")]
    assert row(html, 41, BUS_8H30) == {"Lu": "locked", "Ma": "locked", "Me": ".", "Je": "locked", "Ve": "☐"}

    stop_clock(paris(date(2014, 10, 12), 15))  # midnight there
    html = opened(parent)
    assert next(iter(weeks(html))) == 42
    assert row(html, 42, BUS_8H30)["Lu"] == "locked"
