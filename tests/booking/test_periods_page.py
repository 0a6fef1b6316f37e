"""The Périscotidien block above the planning: periods to choose, chosen, over; forms that are none of ours."""

import uuid
from collections.abc import Callable, Iterable
from datetime import date, datetime

import pytest
from django.http import HttpResponse
from django.test import Client

from booking.models import Period, PeriodChoice, Receipt, ServiceDay
from booking.rules.entitlements import Access
from booking.services.catalogue import entitle
from booking.services.periods import add_period
from lps.families.models import Child, Household
from tests.booking.october import (
    BUS_8H30,
    BUS_16H30,
    CANTEEN,
    EVENING,
    JEUDI_16,
    MORNING,
    Autumn,
    ask,
    closed,
    make_days,
    paris,
    signed_in,
    standing,
    written,
)
from tests.booking.pages import PLANNING, filled, opened, read, told
from tests.isolation.pages import form_to, form_with
from tests.screens.reading import words

FIRST, LAST = date(2014, 11, 11), date(2014, 12, 31)
TITLE = "Période du 11/11/2014 au 31/12/2014"
VALIDATED = "Période déjà validée (non modifiable)"
MONDAYS = [date(2014, 11, 17), date(2014, 11, 24), date(2014, 12, 1), date(2014, 12, 8), date(2014, 12, 15)]
StopClock = Callable[[datetime], None]


@pytest.fixture
def period(autumn: Autumn) -> Period:
    """Of the mornings, as in the town's presentation."""
    return add_period(first_day=FIRST, last_day=LAST, activities=[autumn.activities[MORNING]])


def path(period: Period, code: str = "123456") -> str:
    return f"/enfants/{code}/periodes/{period.pk}/"


def block(html: str) -> str:
    """What the block says of the period of the presentation; empty when it does not name it."""
    section = html.partition('id="periscotidien"')[2].partition("</section>")[0]
    part = section.partition(TITLE)[2]
    return words(f"<p>{part.partition('<h3')[0]}</p>") if part else ""


def fields(autumn: Autumn, period: Period, *weekdays: int, name: str = MORNING) -> dict[str, object]:
    """What the period's form sends with these boxes ticked."""
    jeton = {"jeton_periode": str(uuid.uuid4())}
    return {**jeton, **box(autumn, period, *weekdays, name=name)} if weekdays else jeton


def chosen(period: Period) -> int:
    return PeriodChoice.objects.filter(period=period).count()


def sent(client: Client, period: Period, asked: dict[str, object]) -> str:
    response = client.post(path(period), asked, follow=True)
    assert response.status_code == 200
    return str(response.content.decode())


class TestTheBlock:
    def test_offers_the_opening_weekdays_of_its_activities_in_the_exact_words(
        self, parent: Client, autumn: Autumn, period: Period
    ) -> None:
        response = parent.get(PLANNING)

        text = read(response)
        assert "Choisissez les jours de semaine où vous souhaitez vous inscrire pour les périodes ci-dessous :" in text
        assert (
            "Vous devez enregistrer chacune des périodes séparément. Une période déjà validée n'est plus modifiable."
            in text
        )
        said = "Accueil Matin Lundi Mardi Jeudi Vendredi Enregistrer cette période"
        assert block(response.content.decode()) == said
        boxes = [box for box in form_to(response, path(period)).unticked if box[0] == f"periode-{period.pk}"]
        assert boxes == [
            (f"periode-{period.pk}", f"{autumn.activities[MORNING]}-{weekday}") for weekday in (0, 1, 3, 4)
        ]

    def test_each_period_has_boxes_and_a_button_of_its_own(
        self, parent: Client, autumn: Autumn, period: Period
    ) -> None:
        other = add_period(first_day=FIRST, last_day=LAST, activities=[autumn.activities[EVENING]])

        page = parent.get(PLANNING)

        for one in (period, other):
            assert any(name == f"periode-{one.pk}" for name, _ in form_to(page, path(one)).unticked)

    @pytest.mark.parametrize(
        ("at", "said"),
        [
            (paris(date(2014, 10, 13), 7, 59), "À choisir à partir du lundi 13/10 à 8h00"),
            (
                paris(date(2014, 10, 13), 8),
                "À choisir jusqu'au jeudi 06/11 à 17h00 Accueil Matin Lundi Mardi Jeudi Vendredi "
                "Enregistrer cette période",
            ),
            (paris(date(2014, 11, 6), 17), "Trop tard pour choisir, depuis le jeudi 06/11 à 17h00"),
            (paris(date(2014, 12, 31), 23, 59), "Trop tard pour choisir, depuis le jeudi 06/11 à 17h00"),
            (paris(date(2015, 1, 1), 0), ""),
        ],
    )
    def test_says_from_when_and_until_when_and_goes_when_it_is_over(
        self, parent: Client, autumn: Autumn, stop_clock: StopClock, at: datetime, said: str
    ) -> None:
        add_period(
            first_day=FIRST,
            last_day=LAST,
            activities=[autumn.activities[MORNING]],
            opens_at=paris(date(2014, 10, 13), 8),
            closes_at=paris(date(2014, 11, 6), 17),
        )
        stop_clock(at)

        assert block(opened(parent)) == said

    def test_leaves_out_activities_that_are_not_open_to_the_child_and_periods_of_nothing_else(
        self, parent: Client, autumn: Autumn, period: Period
    ) -> None:
        entitle(activity_id=autumn.activities[MORNING], ways=[Access(level="CE2")])

        assert block(opened(parent)) == ""
        assert "Accueil Matin" in block(opened(parent, "/enfants/123457/planning/"))


class TestChoosing:
    def test_tells_the_weekdays_the_number_of_days_and_what_is_left_out(
        self, parent: Client, autumn: Autumn, marsone: Household, angeline: Child, period: Period
    ) -> None:
        closed(MONDAYS[0], MONDAYS[0], "Travaux")
        make_days()
        autumn.places(MORNING, MONDAYS[1], 0)

        html = sent(parent, period, fields(autumn, period, 0, 1))

        text = words(html)
        assert "Période enregistrée Période du 11/11/2014 au 31/12/2014 Accueil Matin : lundi, mardi" in text
        assert "Jours sans service, non réservés :" in text
        assert told(html, "ok") == [
            "Accueil Matin : lundi, mardi",
            "mardi 11/11/2014 (11 novembre)",
            "lundi 17/11/2014 (Travaux)",
        ]
        assert "8 jours réservés" in text
        assert told(html, "bad") == [
            "Réservation : Accueil Matin, lundi 24/11/2014 : complet, il n'y a plus de place ce jour-là"
        ]
        assert len(standing(angeline, autumn.activities[MORNING])) == 8
        number = Receipt.objects.latest("pk").number
        assert block(html) == f"Accueil Matin : lundi, mardi {VALIDATED} Reçu {number}"

    @pytest.mark.parametrize(("number", "said"), [(1, "1 jour réservé"), (2, "2 jours réservés")])
    def test_counts_in_good_french(self, parent: Client, autumn: Autumn, number: int, said: str) -> None:
        short = add_period(first_day=MONDAYS[0], last_day=MONDAYS[number - 1], activities=[autumn.activities[MORNING]])

        assert f"{said} Reçu" in words(sent(parent, short, fields(autumn, short, 0)))

    def test_comes_back_to_the_same_weeks_and_group(self, parent: Client, autumn: Autumn, period: Period) -> None:
        place = "?semaine=2014-W46&groupe=transport"
        assert f'action="{path(period)}?semaine=2014-W46&amp;groupe=transport"' in opened(parent, f"{PLANNING}{place}")

        response = parent.post(f"{path(period)}{place}", fields(autumn, period, 0))

        assert response.headers["Location"] == f"{PLANNING}{place}&recu={Receipt.objects.latest('pk').number}"

    def test_the_receipt_and_the_journal_keep_it(self, parent: Client, autumn: Autumn, period: Period) -> None:
        sent(parent, period, fields(autumn, period, 0, 1))
        number = Receipt.objects.latest("pk").number

        receipt = words(opened(parent, f"/recus/{number}/"))
        assert "Période enregistrée Période du 11/11/2014 au 31/12/2014 Accueil Matin : lundi, mardi" in receipt
        assert "mardi 11/11/2014 (11 novembre)" in receipt
        assert "Modifications enregistrées Réservation : Accueil Matin, lundi 17/11/2014" in receipt
        journal = words(opened(parent, "/enfants/123456/modifications/"))
        assert journal.count(number) == 10
        assert "Réservation : Accueil Matin, mardi 16/12/2014 web" in journal

    def test_the_same_form_again_shows_the_same_receipt(self, parent: Client, autumn: Autumn, period: Period) -> None:
        asked = fields(autumn, period, 0)
        first = parent.post(path(period), asked)
        before = written()

        again = parent.post(path(period), asked)

        assert again.headers["Location"] == first.headers["Location"]
        assert (written(), chosen(period)) == (before, 1)

    def test_another_form_after_it_finds_the_period_validated_and_changes_nothing(
        self, parent: Client, autumn: Autumn, period: Period
    ) -> None:
        sent(parent, period, fields(autumn, period, 0))
        before = written()

        html = sent(parent, period, fields(autumn, period, 1))

        assert block(html).startswith(f"Accueil Matin : lundi {VALIDATED}")
        assert "Période enregistrée" not in words(html)
        assert (written(), chosen(period)) == (before, 1)

    def test_the_other_household_has_its_own_form_and_its_own_choice(
        self, parent: Client, autumn: Autumn, durand: Household, angeline: Child, period: Period
    ) -> None:
        sent(parent, period, fields(autumn, period, 0))
        theirs = signed_in(durand, angeline)
        assert "Enregistrer cette période" in block(opened(theirs))

        html = sent(theirs, period, fields(autumn, period, 0, 3))

        assert told(html, "bad") == [
            f"Réservation : Accueil Matin, lundi {day:%d/%m/%Y} : réservé par l'autre foyer" for day in MONDAYS
        ]
        assert block(html).startswith(f"Accueil Matin : lundi, jeudi {VALIDATED}")
        assert block(opened(parent)).startswith(f"Accueil Matin : lundi {VALIDATED}")


class TestNothing:
    def refused(self, client: Client, period: Period, asked: dict[str, object]) -> str:
        """The page on which a choice that changes nothing ends."""
        before = written()
        response = client.post(path(period), asked)
        assert response.status_code == 200
        assert (written(), chosen(period)) == (before, 0)
        return str(response.content.decode())

    def test_ticked_asks_for_a_day(self, parent: Client, autumn: Autumn, period: Period) -> None:
        html = self.refused(parent, period, fields(autumn, period))

        assert "Cochez au moins un jour de la semaine, puis enregistrez." in block(html)
        assert "Enregistrer cette période" in block(html)

    def test_left_says_so_and_why_and_the_period_may_be_chosen_again(
        self, parent: Client, autumn: Autumn, period: Period
    ) -> None:
        ServiceDay.objects.filter(activity=autumn.activities[MORNING]).update(places=0)

        html = self.refused(parent, period, fields(autumn, period, 0))

        said = "Aucun de ces jours ne peut plus être réservé : la période n'est pas validée."
        assert said in block(html)
        assert told(html, "bad") == [
            f"Réservation : Accueil Matin, lundi {day:%d/%m/%Y} : complet, il n'y a plus de place ce jour-là"
            for day in MONDAYS
        ]
        assert "Enregistrer cette période" in block(html)

    @pytest.mark.parametrize(
        ("at", "said"),
        [
            (paris(date(2014, 10, 13), 7, 59), "À choisir à partir du lundi 13/10 à 8h00"),
            (paris(date(2014, 11, 6), 17), "Trop tard pour choisir, depuis le jeudi 06/11 à 17h00"),
            (paris(date(2015, 1, 5), 9), "Trop tard pour choisir, depuis le jeudi 06/11 à 17h00"),
        ],
    )
    def test_chosen_too_early_or_too_late_is_told_even_when_the_period_is_over(
        self, parent: Client, autumn: Autumn, stop_clock: StopClock, at: datetime, said: str
    ) -> None:
        short = add_period(
            first_day=FIRST,
            last_day=LAST,
            activities=[autumn.activities[MORNING]],
            opens_at=paris(date(2014, 10, 13), 8),
            closes_at=paris(date(2014, 11, 6), 17),
        )
        stop_clock(at)

        assert block(self.refused(parent, short, fields(autumn, short, 0))) == said

    @pytest.mark.parametrize(
        "box",
        ["", "abc", "-", "{matin}", "{matin}-", "{matin}-2", "{matin}-5", "{matin}-7", "{matin}--1", "{matin}-00"]
        + ["{matin}-lundi", "{canteen}-0", "0-0", "999999999-0", f"{'9' * 30}-0", "\x00-0", "１-0", "-1-0"],
    )
    def test_is_saved_of_a_weekday_or_an_activity_that_is_not_offered(
        self, parent: Client, autumn: Autumn, period: Period, box: str
    ) -> None:
        before = written()
        value = box.format(matin=autumn.activities[MORNING], canteen=autumn.activities[CANTEEN])
        asked, box_name = fields(autumn, period, 0), f"periode-{period.pk}"

        response = parent.post(path(period), {**asked, box_name: [*_list(asked[box_name]), value]})

        assert response.status_code == 400
        assert "Rien n'a été enregistré" in read(response)
        assert (written(), chosen(period)) == (before, 0)

    @pytest.mark.parametrize("jeton", [None, "", "abc", "\x00"])
    def test_is_saved_without_a_good_jeton(
        self, parent: Client, autumn: Autumn, period: Period, jeton: str | None
    ) -> None:
        before = written()
        asked = {
            name: value
            for name, value in {**fields(autumn, period, 0), "jeton_periode": jeton}.items()
            if value is not None
        }

        response = parent.post(path(period), asked)

        assert response.status_code == 400
        assert (written(), chosen(period)) == (before, 0)

    def test_is_saved_under_the_jeton_of_a_brother(
        self, parent: Client, autumn: Autumn, marsone: Household, bertrand: Child, period: Period
    ) -> None:
        asked = fields(autumn, period, 0)
        ask(bertrand, marsone, autumn.book(EVENING, MONDAYS[0]), jeton=uuid.UUID(str(asked["jeton_periode"])))
        before = written()

        response = parent.post(path(period), asked)

        assert (response.status_code, written(), chosen(period)) == (400, before, 0)

    def test_is_saved_for_another_familys_child(
        self, parent: Client, autumn: Autumn, zoe: Child, period: Period
    ) -> None:
        before = written()

        response = parent.post(path(period, zoe.child_code), fields(autumn, period, 0))

        assert (response.status_code, written(), chosen(period)) == (404, before, 0)

    @pytest.mark.parametrize("number", ["0", "999999999", "9" * 40, "abc", "-1"])
    def test_is_saved_of_a_period_that_does_not_exist(
        self, parent: Client, autumn: Autumn, period: Period, number: str
    ) -> None:
        before = written()

        response = parent.post(f"/enfants/123456/periodes/{number}/", fields(autumn, period, 0))

        assert (response.status_code, written()) == (404, before)
        assert "Cette page n'existe pas" in read(response)


class TestTheOtherButton:
    """One form holds periods and planning: whichever button is pressed, no tick is lost and nothing is silent."""

    UNSAVED = "Cette période n'est pas encore enregistrée. Vos jours restent cochés"
    SAVED_BUT = "Le planning est enregistré, mais pas encore cette période. Vos jours restent cochés"

    def page(self, parent: Client, group: str = "transport") -> HttpResponse:
        return parent.get(f"{PLANNING}?semaine=2014-W42&groupe={group}")

    def test_the_plannings_keeps_the_periods_ticks_and_says_which_button_keeps_them(
        self, parent: Client, autumn: Autumn, angeline: Child, period: Period
    ) -> None:
        day = autumn.cell(BUS_8H30, JEUDI_16)

        answer = parent.post(PLANNING, {**filled(self.page(parent), tick=[day]), **box(autumn, period, 0, 3)})

        html = answer.content.decode()
        assert (answer.status_code, chosen(period)) == (200, 0)
        assert standing(angeline, autumn.activities[BUS_8H30]) == [JEUDI_16]
        assert told(html, "ok") == ["Réservation : Transport scolaire 8h30, jeudi 16/10/2014"]
        assert block(html).startswith(self.SAVED_BUT)
        assert "appuyez sur « Enregistrer cette période »" in block(html)
        assert ticked(answer, period) == list(box(autumn, period, 0, 3)[f"periode-{period.pk}"])
        assert html.count("autofocus") == 1
        assert "autofocus" in html.partition("periode-")[2].partition("<fieldset")[0]

    def test_the_plannings_alone_does_not_say_that_there_was_nothing_to_save(
        self, parent: Client, autumn: Autumn, period: Period
    ) -> None:
        before = written()

        answer = parent.post(PLANNING, {**filled(self.page(parent)), **box(autumn, period, 0)})

        assert (written(), chosen(period)) == (before, 0)
        assert block(answer.content.decode()).startswith(self.UNSAVED)
        assert "Aucune modification à enregistrer" not in read(answer)

    def test_what_the_plannings_kept_is_then_kept_by_the_periods_own(
        self, parent: Client, autumn: Autumn, angeline: Child, period: Period
    ) -> None:
        first = parent.post(PLANNING, {**filled(self.page(parent)), **box(autumn, period, 0)})

        html = sent(parent, period, dict(form_to(first, path(period)).fields))

        assert block(html).startswith(f"Accueil Matin : lundi {VALIDATED}")
        assert standing(angeline, autumn.activities[MORNING]) == MONDAYS

    def test_a_periods_keeps_the_days_changed_in_the_planning_and_says_how_many(
        self, parent: Client, autumn: Autumn, marsone: Household, angeline: Child, period: Period
    ) -> None:
        booked, free = autumn.cell(BUS_8H30, JEUDI_16), autumn.cell(BUS_16H30, JEUDI_16)
        ask(angeline, marsone, autumn.book(BUS_8H30, JEUDI_16))
        shown = filled(self.page(parent), tick=[free], untick=[booked])

        answer = parent.post(path(period), {**shown, **box(autumn, period, 0)})

        html = answer.content.decode()
        assert (answer.status_code, chosen(period)) == (200, 1)
        assert "2 modifications du planning ne sont pas encore validées. Elles restent cochées" in words(html)
        assert "Période enregistrée" in words(html)
        assert standing(angeline, autumn.activities[BUS_8H30]) == [JEUDI_16]
        validated = parent.post(PLANNING, form_with(answer, "vu").fields, follow=True)
        assert sorted(told(validated.content.decode(), "ok")) == [
            "Annulation : Transport scolaire 8h30, jeudi 16/10/2014",
            "Réservation : Transport scolaire 16h30, jeudi 16/10/2014",
        ]

    def test_a_periods_says_what_of_the_planning_is_possible_no_more(
        self, parent: Client, autumn: Autumn, period: Period
    ) -> None:
        cell = autumn.cell(BUS_8H30, JEUDI_16)
        shown = filled(self.page(parent), tick=[cell])
        autumn.places(BUS_8H30, JEUDI_16, 0)

        answer = parent.post(path(period), {**shown, **box(autumn, period, 0)})

        assert chosen(period) == 1
        assert "1 modification n'est plus possible : sa case dit pourquoi." in read(answer)
        assert "encore validée" not in read(answer)

    def test_what_a_period_itself_books_is_no_change_that_waits(
        self, parent: Client, autumn: Autumn, period: Period
    ) -> None:
        page = parent.get(f"{PLANNING}?semaine=2014-W47&groupe=periscolaire")
        shown = filled(page, tick=[autumn.cell(MORNING, MONDAYS[0])])

        answer = parent.post(path(period), {**shown, **box(autumn, period, 0)})

        assert chosen(period) == 1
        assert "Période enregistrée" in read(answer)
        assert "encore validée" not in read(answer)

    def test_a_periods_keeps_the_ticks_of_another(self, parent: Client, autumn: Autumn, period: Period) -> None:
        other = add_period(first_day=MONDAYS[0], last_day=LAST, activities=[autumn.activities[EVENING]])
        theirs = box(autumn, other, 3, name=EVENING)

        answer = parent.post(path(period), {**filled(self.page(parent)), **box(autumn, period, 0), **theirs})

        assert (chosen(period), chosen(other)) == (1, 0)
        assert ticked(answer, other) == list(theirs[f"periode-{other.pk}"])
        assert self.UNSAVED in read(answer)

    def test_a_period_refused_keeps_its_ticks(self, parent: Client, autumn: Autumn, period: Period) -> None:
        ServiceDay.objects.filter(activity=autumn.activities[MORNING]).update(places=0)

        answer = parent.post(path(period), fields(autumn, period, 0))

        assert ticked(answer, period) == list(box(autumn, period, 0)[f"periode-{period.pk}"])
        assert self.UNSAVED not in read(answer)

    @pytest.mark.parametrize("name", ["periode-", "periode-abc", "periode-１", f"periode-{'9' * 30}", "periode--1"])
    def test_neither_saves_anything_of_a_period_that_no_page_names(
        self, parent: Client, autumn: Autumn, period: Period, name: str
    ) -> None:
        shown = {**filled(self.page(parent), tick=[autumn.cell(BUS_8H30, JEUDI_16)]), name: ["1-0"]}
        before = written()

        for where in (PLANNING, path(period)):
            assert parent.post(where, {**shown, **box(autumn, period, 0)}).status_code == 400
        assert (written(), chosen(period)) == (before, 0)

    def test_a_periods_saves_nothing_with_a_planning_that_was_altered(
        self, parent: Client, autumn: Autumn, period: Period
    ) -> None:
        before = written()

        for altered in ({"vu": "abc"}, {"vu": None}, {"jour": ["1-20141399"]}):
            shown = {**filled(self.page(parent), tick=[autumn.cell(BUS_8H30, JEUDI_16)]), **altered}
            asked = {name: value for name, value in shown.items() if value is not None}
            assert parent.post(path(period), {**asked, **box(autumn, period, 0)}).status_code == 400
        assert (written(), chosen(period)) == (before, 0)


def box(autumn: Autumn, period: Period, *weekdays: int, name: str = MORNING) -> dict[str, list[str]]:
    """The boxes of a period, ticked."""
    return {f"periode-{period.pk}": [f"{autumn.activities[name]}-{day}" for day in weekdays]}


def ticked(answer: HttpResponse, period: Period) -> list[str]:
    """The boxes of a period that a page shows ticked."""
    return form_with(answer, "vu").fields.get(f"periode-{period.pk}", [])


def _list(values: object) -> Iterable[object]:
    assert isinstance(values, list)
    return values


def test_its_address_opened_again_without_a_form_is_the_planning(
    parent: Client, autumn: Autumn, period: Period
) -> None:
    before = written()

    response = parent.get(f"{path(period)}?semaine=2014-W46")

    assert (response.status_code, response.headers["Location"]) == (302, f"{PLANNING}?semaine=2014-W46")
    assert (written(), chosen(period)) == (before, 0)


def test_the_answer_of_a_period_is_a_page_of_the_planning(parent: Client, autumn: Autumn, period: Period) -> None:
    response: HttpResponse = parent.post(f"{path(period)}?semaine=2014-W46", fields(autumn, period))

    assert "Semaine N° 46 10/11 → 16/11" in read(response)
