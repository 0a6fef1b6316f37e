"""What happens on each event. A function a stage; what is said is a code, the words are in `voice.phrases`."""

import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import NamedTuple

from voice.dialogue.dates import FarDay, NoSuchDay, meant
from voice.dialogue.facts import (
    MENU,
    TRIES,
    Action,
    Ask,
    ChildFound,
    DaysJudged,
    Event,
    Failed,
    FindChild,
    HangUp,
    HungUp,
    Judged,
    JudgeDays,
    NeedsSecret,
    NoChild,
    NotYetOpen,
    Phrase,
    ReadWeek,
    Save,
    Saved,
    Service,
    Stage,
    State,
    Town,
    Typed,
    WeekRead,
    ended,
    phrase,
)

TURNS = 120  # more answers than any parent gives: somebody plays with the keys
NEAR = 10  # minutes before a deadline from which they are said
MOST_DAYS = 20
CODE_LENGTHS = range(6, 11)
SECRET_LENGTHS = range(4, 11)
AGAIN, BACK, OTHERS, WEEK, END = "0", "*", str(MENU), "8", "9"


class Step(NamedTuple):
    """Where the call stands now, and what its door has to do."""

    state: State
    actions: tuple[Action, ...]


def start(*, call: uuid.UUID, town: Town) -> Step:
    """The call was answered: greet, then ask for the child's code."""
    notice = (phrase("notice", words=town.notice),) if town.notice else ()
    return _ask_code(State(call=call, town=town), *notice, phrase("welcome", town=town.name))


def step(state: State, event: Event) -> Step:
    """The next state and what to do. Once the call has ended nothing follows."""
    if state.stage is Stage.ENDED:
        return Step(state, ())
    if isinstance(event, HungUp):
        return Step(ended(state), ())
    if isinstance(event, Failed):
        return _ends(state, phrase("failed"))
    if isinstance(event, NotYetOpen):
        return _good_bye(state, phrase("not_yet_open", site=state.town.site))
    if isinstance(event, Typed):
        return _typed(replace(state, turns=state.turns + 1), event)
    return _ANSWERS[type(event)](state, event)


def cut_short(state: State) -> Step:
    """The call has lasted for too long, in answers or in minutes."""
    return _good_bye(state, phrase("too_long"))


def _typed(state: State, typed: Typed) -> Step:
    if state.turns > TURNS:
        return cut_short(state)
    if not typed.keys:
        return _finished(state) if typed.ended else _silent(state)
    state = replace(state, silences=0)
    if typed.keys == AGAIN:
        return _said_again(state)
    if typed.keys == END:
        return _good_bye(state)
    if typed.keys == BACK:
        return _back(state)
    return _KEYS[state.stage](state, typed.keys)


def _finished(state: State) -> Step:
    """`#` alone ends a list of days; elsewhere it is a habit, and a door that lets it cut says all again."""
    if state.lists_days:
        return _ask_confirmation(state)
    return _said_again(state)


def _said_again(state: State) -> Step:
    """All of it, with what was said before the question."""
    asked = state.last
    return Step(state, (replace(asked, say=(*asked.unheard, *asked.say), unheard=()),) if asked else ())


def _silent(state: State) -> Step:
    """Once, all is asked again; whoever chose days and does not know the `#` is then asked to confirm them."""
    if state.silences and state.lists_days:
        return _ask_confirmation(replace(state, silences=0), phrase("silence"))
    if state.silences + 1 >= TRIES:
        return _gives_up(state)
    asked, state = state.last, replace(state, silences=state.silences + 1)
    return Step(state, (replace(asked, say=(phrase("silence"), *asked.say), unheard=()),) if asked else ())


def _missed(state: State, why: Phrase) -> Step:
    """Something else was typed: help grows, then the call ends with the address of the site."""
    if state.misses + 1 >= TRIES:
        return _gives_up(state, why)
    help_words = (phrase(f"help_{state.stage}"),) if state.misses else ()
    asked, state = state.last, replace(state, misses=state.misses + 1)
    if asked is None:
        return Step(state, ())
    # "Cette date n'existe pas." is not said before the day that was chosen last.
    question = asked.say[-1:] if state.stage in (Stage.CODE, Stage.DATES) else asked.say
    return Step(state, (replace(asked, say=question, unheard=(why, *help_words), forgets=True),))


def _back(state: State) -> Step:
    match state.stage:
        case Stage.DATES if _chosen(state):
            return _ask_date(_without_last(state), phrase("erased", day=state.order[-1]))
        case Stage.CONFIRM | Stage.NEXT_WEEK | Stage.WAITING:
            return _ask_date(state)
        case Stage.DATES if len(state.services) > 1:
            return _ask_service(state)
        case _:
            return _ask_code(state)


# The child


def _ask_code(state: State, *first: Phrase, news: tuple[Phrase, ...] = ()) -> Step:
    state = replace(_nothing_chosen(state), stage=Stage.CODE, code="", child=0, first_name="", services=(), misses=0)
    return _ask(state, *first, phrase("code"), most=CODE_LENGTHS[-1], first_key=8, news=news)


def _code(state: State, keys: str) -> Step:
    if len(keys) not in CODE_LENGTHS:
        return _missed(state, phrase("bad_code"))
    state = replace(state, code=keys, misses=0)
    if state.town.asks_secret:
        return _ask_secret(state)
    return Step(state, (FindChild(code=keys),))


def _ask_secret(state: State) -> Step:
    return _ask(replace(state, stage=Stage.SECRET), phrase("secret"), most=SECRET_LENGTHS[-1], first_key=8)


def _needs_secret(state: State, event: NeedsSecret) -> Step:
    return _ask_secret(state)


def _secret(state: State, keys: str) -> Step:
    """A secret of a wrong length is asked about all the same: what is wrong is never said."""
    return Step(state, (FindChild(code=state.code, secret=keys),))


def _no_child(state: State, event: NoChild) -> Step:
    if state.wrong + 1 >= TRIES:
        return _gives_up(state, phrase("no_child"))
    return _ask_code(replace(state, wrong=state.wrong + 1), news=(phrase("no_child"),))


def _child_found(state: State, event: ChildFound) -> Step:
    state = replace(
        state, code="", child=event.child, first_name=event.first_name, services=event.services, page=0, misses=0
    )
    name = phrase("child", first_name=event.first_name)
    if not event.services:
        return _ask_code(state, news=(name, phrase("no_service")))
    if len(event.services) == 1:
        return _ask_date(replace(state, service=event.services[0].key), name)
    return _ask_service(state, name)


# The service


def _ask_service(state: State, *first: Phrase) -> Step:
    state = replace(_nothing_chosen(state), stage=Stage.SERVICE, service=0, misses=0)
    shown = _page(state)
    choices = [phrase("choice", name=one.name, key=rank) for rank, one in enumerate(shown, 1)]
    others = [phrase("others", key=MENU)] if len(state.services) > MENU else []
    return _ask(state, *first, phrase("service"), *choices, *others, phrase("week_choice", key=int(WEEK)), most=1)


def _page(state: State) -> tuple[Service, ...]:
    if len(state.services) <= MENU:
        return state.services
    begin = state.page * (MENU - 1)
    return state.services[begin : begin + MENU - 1]


def _service(state: State, key: str) -> Step:
    if key == WEEK:
        return Step(state, (ReadWeek(child=state.child),))
    if key == OTHERS and len(state.services) > MENU:
        pages = -(-len(state.services) // (MENU - 1))
        return _ask_service(replace(state, page=(state.page + 1) % pages))
    shown = _page(state)
    if not "1" <= key <= str(len(shown)):
        return _missed(state, phrase("no_such_choice"))
    chosen = shown[int(key) - 1]
    return _ask_date(replace(state, service=chosen.key), phrase("chosen", name=chosen.name))


def _week_read(state: State, event: WeekRead) -> Step:
    said = [phrase("week_day", day=day, services=services) for day, services in event.days]
    return _ask_service(state, *(said or [phrase("week_empty", first_name=state.first_name)]))


# The days


def _ask_date(state: State, *first: Phrase, news: tuple[Phrase, ...] = ()) -> Step:
    state = replace(state, stage=Stage.DATES, asked=None, misses=0)
    asked = phrase("next_date") if _chosen(state) else phrase("date")
    return _ask(state, *first, asked, most=4, first_key=10, news=news)


def _date(state: State, keys: str) -> Step:
    if keys == "1":
        return Step(state, (JudgeDays(child=state.child, service=state.service),))
    if len(keys) != 4:
        return _missed(state, phrase("bad_date"))
    try:
        day = meant(keys, today=state.town.today, last_day=state.town.last_day)
    except NoSuchDay:
        return _missed(state, phrase("no_such_day"))
    except FarDay:
        return _missed(state, phrase("far_day"))
    if day in (*state.books, *state.cancels, *state.waits):
        return _ask_date(state, news=(phrase("already_chosen", day=day),))
    return Step(state, (JudgeDays(child=state.child, service=state.service, days=(day,)),))


def _days_judged(state: State, event: DaysJudged) -> Step:
    if len(_chosen(state)) + len(event.days) > MOST_DAYS:
        return _ask_confirmation(state, phrase("many_days", number=len(_chosen(state))))
    if not event.days:
        return _ask_date(state, news=(phrase("week_closed"),))
    if len(event.days) == 1:
        return _one_day(state, event.days[0])
    return _whole_week(state, event.days)


def _one_day(state: State, judged: Judged) -> Step:
    if judged.day in _chosen(state):  # the one day of a week that was asked twice
        return _ask_date(state, news=(phrase("already_chosen", day=judged.day),))
    if judged.refusal == "too_late" and judged.next_open and not judged.booked:
        state = replace(state, stage=Stage.NEXT_WEEK, asked=judged.next_open, misses=0)
        return _ask(state, phrase("next_week", day=judged.next_open), most=1, news=(_refused(judged),))
    if judged.refusal == "full":
        state = replace(state, stage=Stage.WAITING, asked=judged.day, misses=0)
        return _ask(state, phrase("wait", day=judged.day), most=1, news=(_refused(judged),))
    if judged.refusal:
        return _ask_date(state, news=(_refused(judged),))
    return _ask_date(_with(state, [judged]), _taken(judged), *_hurry([judged]))


def _whole_week(state: State, week: Sequence[Judged]) -> Step:
    """The days of a week that can be booked, or, when all of them stand, that can be canceled.

    A week asked twice is the same wish: what stands on its other days is left.
    """
    days = [one for one in week if one.day not in _chosen(state)]
    free = [one for one in days if not one.refusal]
    new = [one for one in free if not one.booked]
    if not days or (not new and any(one.day in state.books for one in week)):
        return _ask_date(state, news=(phrase("week_chosen"),))
    taken = new or free
    said = [_taken(one) for one in taken] + [_refused(one) for one in days if one.refusal]
    return _ask_date(_with(state, taken), *(said or [phrase("week_closed")]), *_hurry(taken))


def _next_week(state: State, key: str) -> Step:
    if key == "1":
        asks = JudgeDays(child=state.child, service=state.service, since=state.asked)
        return Step(replace(state, stage=Stage.DATES, asked=None), (asks,))
    return _ask_date(state) if key == "2" else _missed(state, phrase("no_such_choice"))


def _waiting(state: State, key: str) -> Step:
    if key == "1" and state.asked:
        day = state.asked
        state = replace(state, waits=(*state.waits, day), order=(*state.order, day))
        return _ask_date(state, phrase("will_wait", day=day))
    return _ask_date(state) if key == "2" else _missed(state, phrase("no_such_choice"))


def _taken(judged: Judged) -> Phrase:
    return phrase("day_to_cancel" if judged.booked else "day_to_book", day=judged.day)


def _refused(judged: Judged) -> Phrase:
    return phrase("refused", day=judged.day, why=judged.refusal, reason=judged.reason)


def _hurry(days: Iterable[Judged]) -> tuple[Phrase, ...]:
    left = [one.minutes for one in days if one.minutes is not None and one.minutes <= NEAR]
    return (phrase("minutes_left", number=min(left)),) if left else ()


def _with(state: State, days: Iterable[Judged]) -> State:
    days = list(days)
    return replace(
        state,
        books=(*state.books, *(one.day for one in days if not one.booked)),
        cancels=(*state.cancels, *(one.day for one in days if one.booked)),
        order=(*state.order, *(one.day for one in days)),
    )


def _chosen(state: State) -> tuple[date, ...]:
    return (*state.books, *state.cancels, *state.waits)


def _nothing_chosen(state: State) -> State:
    return replace(state, books=(), cancels=(), waits=(), order=(), asked=None)


def _without_last(state: State) -> State:
    """Without the day that was chosen last."""
    *order, last = state.order

    def kept(days: tuple[date, ...]) -> tuple[date, ...]:
        return tuple(day for day in days if day != last)

    return replace(
        state, books=kept(state.books), cancels=kept(state.cancels), waits=kept(state.waits), order=tuple(order)
    )


# The confirmation


def _ask_confirmation(state: State, *news: Phrase) -> Step:
    """What will be done, and the question. A cancellation is heard first: keys typed ahead meant to book that day."""
    state = replace(state, stage=Stage.CONFIRM, misses=0)
    what = phrase(
        "confirm",
        service=state.service_name,
        first_name=state.first_name,
        books=state.books,
        cancels=state.cancels,
        waits=state.waits,
    )
    asked = _ask(state, what, phrase("confirm_keys"), most=1)
    if not news and not state.cancels:
        return asked
    heard = Ask(say=(phrase("confirm_keys"),), most=1, unheard=(*news, what), forgets=True)
    return Step(asked.state, (heard,))


def _confirm(state: State, key: str) -> Step:
    if key == "2":
        return _ask_date(_nothing_chosen(state))
    if key != "1":
        return _missed(state, phrase("no_such_choice"))
    save = Save(
        child=state.child,
        service=state.service,
        books=state.books,
        cancels=state.cancels,
        waits=state.waits,
        jeton=state.jeton,
    )
    return Step(state, (save,))


def _saved(state: State, event: Saved) -> Step:
    what = "saved" if state.books else "canceled"
    done = [phrase(what, service=state.service_name, number=event.number)] if event.number else []
    done += [phrase("waits", number=event.waits)] if event.waits else []
    receipt = [phrase("receipt", number=event.receipt)] if event.receipt else []
    sent = [phrase("sent")] if event.sent else []
    refused = [_refused(one) for one in event.refused]
    said = [*done, *receipt, *sent, *refused] or [phrase("nothing_saved")]
    state = replace(_nothing_chosen(state), stage=Stage.AFTER, saves=state.saves + 1, misses=0)
    asked = _ask(state, phrase("after"), most=1, news=tuple(said))
    return Step(asked.state, tuple(replace(one, forgets=False) for one in asked.actions if isinstance(one, Ask)))


def _after(state: State, key: str) -> Step:
    if key == "1":
        return _ask_service(state) if len(state.services) > 1 else _ask_date(state)
    return _ask_code(state) if key == "2" else _missed(state, phrase("no_such_choice"))


def _ask(state: State, *say: Phrase, most: int, first_key: int = 6, news: tuple[Phrase, ...] = ()) -> Step:
    """Ask, and remember it for `0` and for silences; `news` is what the caller could not foresee."""
    asked = Ask(say=say, most=most, first=first_key, unheard=news, is_list=state.lists_days)
    return Step(replace(state, last=asked), (replace(asked, forgets=bool(news)),))


def _gives_up(state: State, *why: Phrase) -> Step:
    """Nobody answers, or nothing that helps: where else one may book."""
    return _ends(state, *why, *_not_kept(state), phrase("no_answer", site=state.town.site))


def _good_bye(state: State, *why: Phrase) -> Step:
    return _ends(state, *why, *_not_kept(state))


def _not_kept(state: State) -> tuple[Phrase, ...]:
    """Days were chosen, and not confirmed: nobody may leave in the belief that they stand."""
    return (phrase("not_kept"),) if _chosen(state) else ()


def _ends(state: State, *said: Phrase) -> Step:
    return Step(ended(state), (HangUp(say=(*said, phrase("good_bye"))),))


_KEYS: dict[Stage, Callable[[State, str], Step]] = {
    Stage.CODE: _code,
    Stage.SECRET: _secret,
    Stage.SERVICE: _service,
    Stage.DATES: _date,
    Stage.NEXT_WEEK: _next_week,
    Stage.WAITING: _waiting,
    Stage.CONFIRM: _confirm,
    Stage.AFTER: _after,
}
_ANSWERS: dict[type, Callable[..., Step]] = {
    NoChild: _no_child,
    NeedsSecret: _needs_secret,
    ChildFound: _child_found,
    DaysJudged: _days_judged,
    WeekRead: _week_read,
    Saved: _saved,
}
