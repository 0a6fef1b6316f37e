"""A call told line by line: what is typed, what is heard."""

import json
import uuid
from datetime import date, timedelta

import pytest

from tests.voice.town import CANTEEN, ONLY_MORNING, Played, town
from voice.dialogue import facts


def test_a_day_is_booked_by_code_service_date_and_confirmation() -> None:
    call = Played(town())

    call.type("48291573#", "1", "1310", "#", "1")

    assert call.saved == [((date(2026, 10, 13),), (), ())]
    assert "mardi 13 octobre" in call.heard
    assert "C'est enregistré" in call.heard
    assert "2026. 0 0 0. 1 2 3" in call.heard


def test_all_may_be_typed_ahead_in_one_burst() -> None:
    call = Played(town())

    call.type("48291573#11310#1")

    assert call.saved == [((date(2026, 10, 13),), (), ())]


def test_nothing_is_saved_before_the_confirmation() -> None:
    call = Played(town())

    call.type("48291573#", "1", "1310", "#")
    call.hang_up()

    assert call.saved == []
    assert call.over


def test_what_stands_is_canceled_and_said_before() -> None:
    call = Played(town(booked={date(2026, 10, 13)}))

    call.type("48291573#", "1", "1310")
    assert "déjà réservé : à annuler" in call.heard
    call.type("#", "1")

    assert call.saved == [((), (date(2026, 10, 13),), ())]


def test_a_whole_week_is_one_key() -> None:
    call = Played(town(refused={date(2026, 10, 14): "no_service"}))

    call.type("48291573#", "1", "1#", "#", "1")

    books, _, _ = call.saved[0]
    assert books == tuple(date(2026, 10, day) for day in (12, 13, 15, 16))
    assert "le service est fermé ce jour-là" in call.heard


def test_after_the_deadline_the_next_open_week_is_offered() -> None:
    late = date(2026, 10, 13)
    call = Played(town(refused={late: "too_late"}, next_open=date(2026, 10, 19)))

    call.type("48291573#", "1", "1310")
    assert "trop tard" in call.heard
    assert "Pour réserver la semaine du" in call.heard
    call.type("1", "#", "1")

    books, _, _ = call.saved[0]
    assert books[0] == date(2026, 10, 19)


def test_a_full_day_offers_its_waiting_list() -> None:
    full = date(2026, 10, 13)
    call = Played(town(refused={full: "full"}))

    call.type("48291573#", "1", "1310", "1", "#", "1")

    assert call.saved == [((), (), (full,))]


def test_a_near_deadline_is_said() -> None:
    call = Played(town(minutes=4))

    call.type("48291573#", "1", "1310")

    assert "Il vous reste 4 minutes" in call.heard


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ("3104", "Cette date n'existe pas"),
        ("0000", "Cette date n'existe pas"),
        ("1013", "Cette date n'existe pas"),  # never swapped in silence
        ("2902", "passée, ou trop lointaine"),
        ("0110", "passée, ou trop lointaine"),
        ("13#", "quatre chiffres"),
    ],
)
def test_a_wrong_date_has_its_own_sentence(keys: str, words: str) -> None:
    call = Played(town())

    call.type("48291573#", "1", keys)

    assert words in call.heard
    assert call.saved == []


def test_three_wrong_codes_end_the_call_with_the_site() -> None:
    call = Played(town())

    call.type("11111111#", "22222222#", "33333333#")

    assert call.over
    assert call.heard.count("Ce code n'est pas reconnu") == 3
    assert "buchelay.les-parents-services.com" in call.heard


def test_three_silences_end_the_call() -> None:
    call = Played(town())

    for _ in range(3):
        call.silence()

    assert call.over


def test_help_grows_with_each_miss() -> None:
    call = Played(town())

    call.type("12#")
    assert "figure sur la lettre" not in call.heard
    call.type("12#")

    assert "figure sur la lettre" in call.heard


def test_a_habit_of_typing_the_hash_key_answers_nothing() -> None:
    call = Played(town())

    call.type("#", "48291573#", "#", "1", "#", "1310", "#", "1")

    assert call.saved == [((date(2026, 10, 13),), (), ())]


def test_the_star_erases_then_goes_back() -> None:
    call = Played(town())

    call.type("482*48291573#", "1", "1310", "*", "1410", "#", "1")

    assert call.saved == [((date(2026, 10, 14),), (), ())]
    assert "mardi 13 octobre : effacé de votre liste" in call.heard


def test_the_star_erases_the_day_that_was_typed_last() -> None:
    call = Played(town())

    call.type("48291573#", "1", "1510", "1310", "*")
    assert "mardi 13 octobre : effacé" in call.heard
    call.type("#", "1")

    assert call.saved == [((date(2026, 10, 15),), (), ())]


def test_a_call_that_an_older_version_wrote_down_goes_on() -> None:
    call = Played(town())
    call.type("48291573#", "1", "1310")
    written = json.loads(call.state.to_json())
    del written["order"]

    read = facts.from_json(json.dumps(written))

    assert read == call.state and read.order == (date(2026, 10, 13),)


def test_a_star_at_the_confirmation_goes_back_and_keeps_the_days() -> None:
    call = Played(town())

    call.type("48291573#", "1", "1310", "#", "*", "#", "1")

    assert call.saved == [((date(2026, 10, 13),), (), ())]


def test_zero_says_it_again_and_nine_ends() -> None:
    call = Played(town())

    call.type("48291573#", "0")
    assert call.heard.count("Choisissez un service") == 2
    call.type("9")

    assert call.over


def test_zero_after_saving_says_the_receipt_again() -> None:
    call = Played(town())

    call.type("48291573#", "1", "1310", "#", "1", "0")

    assert call.heard.count("2026. 0 0 0. 1 2 3") == 2


def test_one_service_alone_needs_no_menu() -> None:
    call = Played(town(services=ONLY_MORNING))

    call.type("48291573#", "1310", "#", "1")

    assert call.saved == [((date(2026, 10, 13),), (), ())]


def test_many_services_are_read_by_five_at_most() -> None:
    names = tuple((key, f"Service {key}") for key in range(1, 8))
    call = Played(town(services=names))

    call.type("48291573#")
    assert "Service 4" in call.heard and "Service 5" not in call.heard
    call.type("5", "1")

    assert "Service 5" in call.heard
    assert call.state.service == 5


def test_next_week_is_read_on_demand() -> None:
    call = Played(town(booked={date(2026, 10, 13)}))

    call.type("48291573#", "8")

    assert "mardi 13 octobre" in call.heard
    assert CANTEEN[1] in call.heard


def test_another_child_may_follow() -> None:
    call = Played(town())

    call.type("48291573#", "1", "1310", "#", "1", "2", "48291573#", "1", "1410", "#", "1")

    assert [books for books, _, _ in call.saved] == [(date(2026, 10, 13),), (date(2026, 10, 14),)]
    assert len(set(call.jetons)) == 2


def test_a_second_secret_is_asked_where_the_town_wants_one() -> None:
    call = Played(town(secret="73026418"))

    call.type("48291573#", "11111111#")
    assert "pas reconnu" in call.heard
    call.type("48291573#", "73026418#", "1", "1310", "#", "1")

    assert len(call.saved) == 1


def test_a_strike_is_told_first() -> None:
    call = Played(town(notice="Jeudi, pas de cantine."))

    assert call.heard.startswith("Jeudi, pas de cantine.")


def test_a_side_that_fails_is_told_and_ends_the_call() -> None:
    call = Played(town(fails=True))

    call.type("48291573#")

    assert call.over
    assert "Le service ne répond pas" in call.heard


def test_the_same_call_has_the_same_token_until_it_saved() -> None:
    call = Played(town(), call=uuid.UUID(int=1))
    other = Played(town(), call=uuid.UUID(int=1))

    for played in (call, other):
        played.type("48291573#", "1", "1310", "#", "1")

    assert call.jetons == other.jetons


def test_the_window_is_the_town_s() -> None:
    call = Played(town(last_day=date(2026, 10, 12) + timedelta(days=2)))

    call.type("48291573#", "1", "1510")

    assert "trop lointaine" in call.heard


REFUSED = "le service est fermé ce jour-là"


def test_a_refusal_forgets_what_was_typed_ahead() -> None:
    call = Played(town(refused={date(2026, 10, 13): "no_service"}))

    call.type("48291573#11310#1")
    assert REFUSED in call.heard and "lundi 12 octobre" not in call.heard
    call.type("1410", "#", "1")

    assert call.saved == [((date(2026, 10, 14),), (), ())]


def test_a_hash_out_of_habit_does_not_end_a_list_before_a_refusal_is_heard() -> None:
    call = Played(town(refused={date(2026, 10, 15): "no_service"}))

    call.type("48291573#", "1", "1310", "1510#")
    assert REFUSED in call.heard and "Pour confirmer" not in call.heard
    call.type("#", "1")

    assert call.saved == [((date(2026, 10, 13),), (), ())]


def test_a_waiting_list_is_not_joined_by_a_key_typed_ahead() -> None:
    full = date(2026, 10, 13)
    call = Played(town(refused={full: "full"}))

    call.type("48291573#", "1", "1310#1")

    assert "en liste d'attente, tapez le 1" in call.heard
    assert call.state.waits == ()


def test_a_cancellation_is_not_confirmed_by_a_key_typed_ahead() -> None:
    call = Played(town(booked={date(2026, 10, 13)}))

    call.type("48291573#11310#1")
    assert call.saved == [] and "Vous annulez la cantine pour Angéline : mardi 13 octobre" in call.heard
    call.type("1")

    assert call.saved == [((), (date(2026, 10, 13),), ())]
    assert "C'est annulé : la cantine, 1 jour" in call.heard and "C'est enregistré" not in call.heard


def test_a_week_asked_twice_is_told_and_cancels_nothing() -> None:
    call = Played(town(booked={date(2026, 10, 14)}))

    call.type("48291573#", "1", "1#", "1#")
    assert "Cette semaine est déjà dans votre liste" in call.heard and "à annuler" not in call.heard
    call.type("#", "1")

    assert call.saved == [(tuple(date(2026, 10, day) for day in (12, 13, 15, 16)), (), ())]


def test_a_week_of_one_day_asked_twice_is_one_day() -> None:
    call = Played(town())
    wednesday = facts.DaysJudged(days=(facts.Judged(day=date(2026, 10, 14), booked=False),))

    call.type("48291573#", "1")
    call.event(wednesday)
    call.event(wednesday)
    call.type("#", "1")

    assert "mercredi 14 octobre est déjà dans votre liste" in call.heard
    assert call.saved == [((date(2026, 10, 14),), (), ())]


def test_too_late_to_cancel_offers_no_other_week() -> None:
    late = date(2026, 10, 13)
    call = Played(town(booked={late}, refused={late: "too_late"}, next_open=date(2026, 10, 19)))

    call.type("48291573#", "1", "1310")

    assert "trop tard" in call.heard and "Pour réserver la semaine" not in call.heard


NOT_KEPT = "ne sont pas enregistrés"
LEAVINGS = {"good-bye too early": ["9#"], "good-bye instead of a yes": ["#", "9"], "no choice": ["#", "7", "7", "7"]}


@pytest.mark.parametrize("leaves", LEAVINGS.values(), ids=LEAVINGS)
def test_who_leaves_before_the_confirmation_is_told_that_nothing_stands(leaves: list[str]) -> None:
    call = Played(town())

    call.type("48291573#", "1", "1310", *leaves)

    assert call.over and call.saved == [] and NOT_KEPT in call.heard


def test_who_chose_a_day_and_waits_is_asked_to_confirm_it() -> None:
    call = Played(town())

    call.type("48291573#", "1", "1310")
    for _ in range(2):
        call.silence()
    assert call.state.stage is facts.Stage.CONFIRM and call.saved == []
    call.type("1")

    assert len(call.saved) == 1 and "C'est enregistré" in call.heard


def test_who_falls_silent_at_the_confirmation_is_told_that_nothing_stands() -> None:
    call = Played(town())

    call.type("48291573#", "1", "1310")
    for _ in range(5):
        call.silence()

    assert call.over and call.saved == [] and NOT_KEPT in call.heard


def test_who_leaves_with_nothing_chosen_is_told_nothing_of_it() -> None:
    call = Played(town())

    call.type("48291573#", "1", "1310", "#", "1", "9")

    assert call.over and NOT_KEPT not in call.heard


def test_of_a_save_that_may_have_failed_it_is_not_said_that_nothing_stands() -> None:
    call = Played(town())

    call.type("48291573#", "1", "1310", "#")
    call.event(facts.Failed())

    assert call.over and NOT_KEPT not in call.heard
