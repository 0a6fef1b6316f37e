"""Saving the planning: the recap, what is refused beside it, forms sent again, too old, or that are none of ours."""

import re
import uuid
from collections.abc import Callable
from datetime import date, datetime

import pytest
from django.http import HttpResponse
from django.test import Client

from booking.models import ActivityTie, Receipt, ServiceDay
from booking.rules.entitlements import Access
from booking.services.catalogue import entitle, tie
from lps.families.models import Child, Household
from tests.booking.october import (
    BUS_8H30,
    BUS_11H30,
    BUS_16H30,
    CANTEEN,
    JEUDI_16,
    LUNDI_13,
    MARDI_14,
    MORNING,
    VENDREDI_17,
    Autumn,
    ask,
    paris,
    signed_in,
    standing,
    written,
)
from tests.booking.pages import PLANNING, Fields, filled, opened, read, told
from tests.isolation.pages import form_with
from tests.screens.reading import row, words

BERTRAND = "/enfants/123457/planning/"
NOTHING_SAVED = "Rien n'a été enregistré"
StopClock = Callable[[datetime], None]


def sent(client: Client, fields: Fields, path: str = PLANNING) -> str:
    """The page on which a save ends."""
    response = client.post(path, fields, follow=True)
    assert response.status_code == 200
    return str(response.content.decode())


@pytest.fixture
def bus(autumn: Autumn) -> int:
    return autumn.activities[BUS_8H30]


class TestRecap:
    def test_one_line_per_change_by_day_with_the_receipt_that_proves_it(
        self, parent: Client, autumn: Autumn, marsone: Household, angeline: Child
    ) -> None:
        ask(angeline, marsone, autumn.book(BUS_16H30, LUNDI_13, VENDREDI_17))
        page = parent.get(PLANNING)
        asked = filled(
            page,
            tick=[autumn.cell(BUS_8H30, JEUDI_16), autumn.cell(CANTEEN, LUNDI_13)],
            untick=[autumn.cell(BUS_16H30, LUNDI_13), autumn.cell(BUS_16H30, VENDREDI_17)],
        )

        html = sent(parent, asked)

        assert "Modifications enregistrées" in words(html)
        assert sorted(told(html, "ok")) == [
            "Annulation : Transport scolaire 16h30, lundi 13/10/2014",
            "Annulation : Transport scolaire 16h30, vendredi 17/10/2014",
            "Réservation : Cantine ADULTE, lundi 13/10/2014",
            "Réservation : Transport scolaire 8h30, jeudi 16/10/2014",
        ]
        assert [line[-10:] for line in told(html, "ok")] == ["13/10/2014", "13/10/2014", "16/10/2014", "17/10/2014"]
        number = Receipt.objects.latest("pk").number
        assert re.fullmatch(r"R-2014-\d{6}", number)
        assert f'<a href="/recus/{number}/">{number}</a>' in html
        assert told(html, "bad") == []

    def test_one_comes_back_to_the_same_weeks_and_group_and_reloading_sends_nothing(
        self, parent: Client, autumn: Autumn
    ) -> None:
        path = f"{PLANNING}?semaine=2014-W46&groupe=transport"
        asked = filled(parent.get(path), tick=[autumn.cell(BUS_8H30, date(2014, 11, 13))])

        response = parent.post(path, asked)

        number = Receipt.objects.latest("pk").number
        assert response.headers["Location"] == f"{path}&recu={number}"
        before = written()
        assert told(opened(parent, response.headers["Location"]), "ok") == [
            "Réservation : Transport scolaire 8h30, jeudi 13/11/2014"
        ]
        assert written() == before

    def test_weeks_and_groups_that_were_not_shown_stay_as_they_are(
        self, parent: Client, autumn: Autumn, marsone: Household, angeline: Child, bus: int
    ) -> None:
        ask(angeline, marsone, [*autumn.book(BUS_8H30, date(2014, 11, 13)), *autumn.book(CANTEEN, LUNDI_13)])
        path = f"{PLANNING}?semaine=2014-W42&groupe=transport"

        sent(parent, filled(parent.get(path), tick=[autumn.cell(BUS_8H30, LUNDI_13)]), path)

        assert standing(angeline, bus) == [LUNDI_13, date(2014, 11, 13)]
        assert standing(angeline, autumn.activities[CANTEEN]) == [LUNDI_13]

    def test_nothing_changed_says_so_and_makes_no_receipt(self, parent: Client) -> None:
        before = written()

        html = sent(parent, filled(parent.get(PLANNING)))

        assert "Aucune modification à enregistrer : le planning est déjà ainsi." in words(html)
        assert written() == before

    @pytest.mark.parametrize("whose", ["another child's", "another family's", "nobody's", "none"])
    def test_a_receipt_in_the_address_that_is_not_this_childs_tells_nothing(
        self,
        parent: Client,
        autumn: Autumn,
        marsone: Household,
        bertrand: Child,
        stranger: Household,
        zoe: Child,
        whose: str,
    ) -> None:
        asked = {"another child's": (bertrand, marsone), "another family's": (zoe, stranger)}
        number = {"nobody's": "R-2014-999999", "none": "x'); --"}.get(whose, "")
        if whose in asked:
            saved = ask(*asked[whose], autumn.book(BUS_8H30, LUNDI_13))
            number = saved.receipt.number if saved.receipt else ""

        html = opened(parent, recu=number)

        assert told(html, "ok") == []
        assert "Modifications enregistrées" not in words(html)


class TestRefusals:
    def test_a_refused_change_is_listed_beside_the_accepted_ones_with_its_reason(
        self, parent: Client, autumn: Autumn, angeline: Child, bus: int
    ) -> None:
        asked = filled(parent.get(PLANNING), tick=[autumn.cell(BUS_8H30, day) for day in (LUNDI_13, MARDI_14)])
        autumn.places(BUS_8H30, LUNDI_13, 0)

        html = sent(parent, asked)

        assert told(html, "ok") == ["Réservation : Transport scolaire 8h30, mardi 14/10/2014"]
        assert "Ce qui n'a pas pu être enregistré" in words(html)
        assert told(html, "bad") == [
            "Réservation : Transport scolaire 8h30, lundi 13/10/2014 : complet, il n'y a plus de place ce jour-là"
        ]
        assert standing(angeline, bus) == [MARDI_14]

    def test_at_the_deadline_to_the_second_a_change_is_too_late(
        self, parent: Client, autumn: Autumn, angeline: Child, stop_clock: StopClock, bus: int
    ) -> None:
        tomorrow = date(2014, 10, 9)
        asked = filled(parent.get(PLANNING), tick=[autumn.cell(BUS_8H30, day) for day in (tomorrow, LUNDI_13)])
        stop_clock(paris(date(2014, 10, 8), 17))

        html = sent(parent, asked)

        assert told(html, "bad") == [
            "Réservation : Transport scolaire 8h30, jeudi 09/10/2014 : "
            "trop tard, la date limite était mercredi 08/10 à 17h00"
        ]
        assert standing(angeline, bus) == [LUNDI_13]

    def test_what_changed_meanwhile_has_each_its_words(
        self, parent: Client, autumn: Autumn, marsone: Household, durand: Household, angeline: Child
    ) -> None:
        tie(one=autumn.activities[BUS_11H30], other=autumn.activities[CANTEEN], kind=ActivityTie.Kind.INCOMPATIBLE)
        tie(one=autumn.activities[BUS_8H30], other=autumn.activities[MORNING], kind=ActivityTie.Kind.TOGETHER)
        ask(angeline, marsone, autumn.book(BUS_16H30, MARDI_14))
        asked = filled(
            parent.get(PLANNING),
            tick=[
                *(autumn.cell(BUS_16H30, day) for day in (LUNDI_13, JEUDI_16, VENDREDI_17)),
                autumn.cell(BUS_11H30, LUNDI_13),
                autumn.cell(CANTEEN, LUNDI_13),
                autumn.cell(BUS_8H30, MARDI_14),
            ],
            untick=[autumn.cell(BUS_16H30, MARDI_14)],
        )
        ServiceDay.objects.filter(activity=autumn.activities[BUS_16H30], day=LUNDI_13).update(open=False)
        ask(angeline, durand, autumn.book(BUS_16H30, JEUDI_16))
        ask(angeline, marsone, autumn.cancel(BUS_16H30, MARDI_14))
        ask(angeline, durand, autumn.book(BUS_16H30, MARDI_14))

        html = sent(parent, asked)

        assert told(html, "bad") == [
            "Réservation : Transport scolaire 11h30, lundi 13/10/2014 : incompatible avec Cantine ADULTE le même jour",
            "Réservation : Transport scolaire 16h30, lundi 13/10/2014 : l'activité n'est pas ouverte ce jour-là",
            "Réservation : Cantine ADULTE, lundi 13/10/2014 : incompatible avec Transport scolaire 11h30 le même jour",
            "Réservation : Transport scolaire 8h30, mardi 14/10/2014 : va avec Accueil Matin le même jour",
            "Annulation : Transport scolaire 16h30, mardi 14/10/2014 : "
            "ce jour a changé entre-temps, vérifiez-le ci-dessous",
            "Réservation : Transport scolaire 16h30, jeudi 16/10/2014 : réservé par l'autre foyer",
        ]
        assert told(html, "ok") == ["Réservation : Transport scolaire 16h30, vendredi 17/10/2014"]

    def test_when_all_is_refused_there_is_no_receipt_and_the_page_says_why(
        self, parent: Client, autumn: Autumn
    ) -> None:
        asked = filled(parent.get(PLANNING), tick=[autumn.cell(BUS_8H30, LUNDI_13)])
        entitle(activity_id=autumn.activities[BUS_8H30], ways=[Access(level="CE2")])
        before = written()

        response = parent.post(PLANNING, asked)

        assert response.status_code == 200
        html = response.content.decode()
        assert told(html, "bad") == [
            "Réservation : Transport scolaire 8h30, lundi 13/10/2014 : cette activité n'est pas ouverte à cet enfant"
        ]
        assert ("Modifications enregistrées" in words(html), written()) == (False, before)


class TestFormsSentAgain:
    def test_the_same_form_shows_the_first_receipt_even_after_the_deadline_and_changes_nothing(
        self, parent: Client, autumn: Autumn, marsone: Household, angeline: Child, stop_clock: StopClock, bus: int
    ) -> None:
        asked = filled(parent.get(PLANNING), tick=[autumn.cell(BUS_8H30, LUNDI_13)])
        first = parent.post(PLANNING, asked)
        ask(angeline, marsone, autumn.cancel(BUS_8H30, LUNDI_13))
        before = written()
        stop_clock(paris(date(2014, 12, 1), 9))

        again = parent.post(PLANNING, asked)

        assert again.headers["Location"] == first.headers["Location"]
        assert told(opened(parent, again.headers["Location"]), "ok") == [
            "Réservation : Transport scolaire 8h30, lundi 13/10/2014"
        ]
        assert (written(), standing(angeline, bus)) == (before, [])

    def test_a_page_brought_back_by_the_browser_keeps_what_is_ticked_on_it_since(
        self, parent: Client, autumn: Autumn, angeline: Child, bus: int
    ) -> None:
        page = parent.get(PLANNING)
        monday, tuesday = autumn.cell(BUS_8H30, LUNDI_13), autumn.cell(BUS_8H30, MARDI_14)
        parent.post(PLANNING, filled(page, tick=[monday]))
        before = written()

        again = parent.post(PLANNING, filled(page, tick=[tuesday]))

        assert (again.status_code, written(), standing(angeline, bus)) == (200, before, [LUNDI_13])
        assert told(again.content.decode(), "ok") == ["Réservation : Transport scolaire 8h30, lundi 13/10/2014"]
        assert "2 modifications du planning ne sont pas encore validées." in read(again)
        html = sent(parent, form_with(again, "vu").fields)
        assert sorted(told(html, "ok")) == [
            "Annulation : Transport scolaire 8h30, lundi 13/10/2014",
            "Réservation : Transport scolaire 8h30, mardi 14/10/2014",
        ]

    def test_what_was_refused_the_first_time_is_not_asked_again(
        self, parent: Client, autumn: Autumn, angeline: Child
    ) -> None:
        asked = filled(parent.get(PLANNING), tick=[autumn.cell(BUS_8H30, LUNDI_13), autumn.cell(BUS_8H30, MARDI_14)])
        autumn.places(BUS_8H30, LUNDI_13, 0)
        first = parent.post(PLANNING, asked)

        again = parent.post(PLANNING, asked)

        assert (again.status_code, again.headers["Location"]) == (302, first.headers["Location"])

    def test_a_form_opened_before_another_change_undoes_nothing(
        self, parent: Client, autumn: Autumn, marsone: Household, angeline: Child, bus: int
    ) -> None:
        ask(angeline, marsone, autumn.book(BUS_8H30, LUNDI_13))
        old = parent.get(PLANNING)
        ask(angeline, marsone, [*autumn.cancel(BUS_8H30, LUNDI_13), *autumn.book(BUS_8H30, MARDI_14)])

        html = sent(parent, filled(old, tick=[autumn.cell(BUS_8H30, JEUDI_16)]))

        assert told(html, "ok") == ["Réservation : Transport scolaire 8h30, jeudi 16/10/2014"]
        assert standing(angeline, bus) == [MARDI_14, JEUDI_16]

    def test_an_old_form_that_asks_for_what_stands_by_now_is_done(
        self, parent: Client, autumn: Autumn, marsone: Household, angeline: Child
    ) -> None:
        old = parent.get(PLANNING)
        ask(angeline, marsone, autumn.book(BUS_8H30, LUNDI_13))
        before = written()

        html = sent(parent, filled(old, tick=[autumn.cell(BUS_8H30, LUNDI_13)]))

        assert "Aucune modification à enregistrer : le planning est déjà ainsi." in words(html)
        assert written() == before


class TestFormsThatAreNotOurs:
    """Each gets a clear page and a 400, and changes nothing."""

    def is_refused(self, response: HttpResponse, before: tuple[int, int, int]) -> bool:
        assert response.status_code == 400
        assert NOTHING_SAVED in read(response)
        assert "refaites vos choix, puis validez" in read(response)
        return written() == before

    @pytest.fixture
    def asked(self, parent: Client, autumn: Autumn) -> Fields:
        """A good form, with one more box ticked."""
        return filled(parent.get(PLANNING), tick=[autumn.cell(BUS_8H30, LUNDI_13)])

    @pytest.mark.parametrize("missing", [("vu",), ("jeton",), ("vu", "jeton"), ("vu", "jeton", "jour")])
    def test_fields_are_missing(self, parent: Client, asked: Fields, missing: tuple[str, ...]) -> None:
        before = written()

        response = parent.post(PLANNING, {name: value for name, value in asked.items() if name not in missing})

        assert self.is_refused(response, before)

    @pytest.mark.parametrize(
        "box",
        [
            "",
            "abc",
            "4",
            "4-",
            "-20141013",
            "4-20141340",
            "4-2014101",
            "4-20141013 ",
            "４-20141013",
            "4-00000101",
            "9" * 19 + "-20141013",
            "4-20141013-4",
            "4.0-20141013",
            "\x00-20141013",
            "x" * 5000,
        ],
    )
    def test_a_box_is_no_box(self, parent: Client, asked: Fields, box: str) -> None:
        before = written()

        assert self.is_refused(parent.post(PLANNING, {**asked, "jour": [*asked["jour"], box]}), before)

    @pytest.mark.parametrize("name", [BUS_8H30, "nothing"])
    def test_a_box_was_not_shown(self, parent: Client, autumn: Autumn, asked: Fields, name: str) -> None:
        """A day of another week or past its deadline, an activity that does not exist."""
        before = written()
        activity = autumn.activities.get(name, 10**9)

        for day in ("20141113", "20141007"):
            response = parent.post(PLANNING, {**asked, "jour": [*asked["jour"], f"{activity}-{day}"]})
            assert self.is_refused(response, before)

    @pytest.mark.parametrize("jeton", ["", "1", "abc", "\x00", "0" * 33])
    def test_the_jeton_is_none(self, parent: Client, asked: Fields, jeton: str) -> None:
        before = written()

        assert self.is_refused(parent.post(PLANNING, {**asked, "jeton": [jeton]}), before)

    @pytest.mark.parametrize("forged", ["", "abc", "e30:1:x", "\x00", ".eJw:1xWCg6:f7Re", "é" * 4000])
    def test_the_signed_field_is_forged(self, parent: Client, asked: Fields, forged: str) -> None:
        before = written()

        assert self.is_refused(parent.post(PLANNING, {**asked, "vu": [forged]}), before)

    @pytest.mark.parametrize("place", [0, 5, -1])
    def test_one_letter_of_the_signed_field_is_changed(self, parent: Client, asked: Fields, place: int) -> None:
        before = written()
        [seen] = asked["vu"]
        letters = list(seen)
        letters[place] = "A" if letters[place] != "A" else "B"

        assert self.is_refused(parent.post(PLANNING, {**asked, "vu": ["".join(letters)]}), before)

    def test_the_signed_field_is_that_of_a_brother(self, parent: Client, asked: Fields) -> None:
        before = written()

        assert self.is_refused(parent.post(BERTRAND, asked), before)

    def test_the_signed_field_is_that_of_the_other_household(
        self, parent: Client, durand: Household, angeline: Child, asked: Fields
    ) -> None:
        theirs = signed_in(durand, angeline)
        before = written()

        assert self.is_refused(theirs.post(PLANNING, asked), before)

    def test_the_jeton_served_for_another_child(
        self, parent: Client, autumn: Autumn, marsone: Household, bertrand: Child, asked: Fields
    ) -> None:
        [jeton] = asked["jeton"]
        ask(bertrand, marsone, autumn.book(BUS_8H30, LUNDI_13), jeton=uuid.UUID(jeton))
        before = written()

        assert self.is_refused(parent.post(PLANNING, asked), before)

    def test_the_form_is_shown_again_at_its_weeks_as_the_planning_stands(
        self, parent: Client, autumn: Autumn, marsone: Household, angeline: Child
    ) -> None:
        ask(angeline, marsone, autumn.book(BUS_8H30, date(2014, 11, 13)))

        response = parent.post(f"{PLANNING}?semaine=2014-W46&groupe=transport", {"jeton": ["1"]})

        assert row(response.content.decode(), 46, BUS_8H30)["Je"] == "☑ Je 13"

    @pytest.mark.parametrize("fields", [{"vu": "x" * 600_000}, {"jour": ["4-20141013"] * 4300}])
    def test_it_is_larger_than_any_of_ours(self, parent: Client, fields: dict[str, object]) -> None:
        before = written()

        response = parent.post(PLANNING, fields)

        assert response.status_code == 400
        assert "Cette demande n'a pas été comprise" in read(response)
        assert written() == before


class TestDoors:
    @pytest.mark.parametrize("page", ["planning/", "modifications/", "periodes/1/"])
    def test_another_familys_child_does_not_exist(self, parent: Client, zoe: Child, page: str, autumn: Autumn) -> None:
        before = written()
        path = f"/enfants/{zoe.child_code}/{page}"
        asked = filled(parent.get(PLANNING), tick=[autumn.cell(BUS_8H30, LUNDI_13)])

        answers = [parent.get(path), parent.post(path, asked), parent.post(path)]

        assert {answer.status_code for answer in answers} <= {404, 405}
        assert 404 in {answer.status_code for answer in answers}
        assert all("Zoé" not in read(answer) for answer in answers)
        assert written() == before

    @pytest.mark.parametrize("code", ["000000", "abc", "12345", "1234567", "123456'", "%00", "…"])
    def test_a_code_that_is_no_childs_does_not_exist(self, parent: Client, code: str) -> None:
        for page in ("planning/", "modifications/"):
            response = parent.get(f"/enfants/{code}/{page}")
            assert response.status_code == 404
            assert "Cette page n'existe pas" in read(response)

    @pytest.mark.parametrize("method", ["put", "delete", "patch"])
    def test_no_other_method_is_answered(self, parent: Client, method: str) -> None:
        assert getattr(parent, method)(PLANNING).status_code == 405

    def test_signed_out_nothing_is_shown_or_saved(
        self, parent: Client, autumn: Autumn, angeline: Child, bus: int
    ) -> None:
        asked = filled(parent.get(PLANNING), tick=[autumn.cell(BUS_8H30, LUNDI_13)])
        parent.post("/deconnexion/")

        answers = [parent.get(PLANNING), parent.post(PLANNING, asked)]

        assert all(answer.status_code == 302 for answer in answers)
        assert standing(angeline, bus) == []
