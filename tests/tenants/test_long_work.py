"""A long work, whatever it is: done once, told when it fails, begun again, given up."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from tenants import context
from tenants.long_work import MISTAKE, STOPPED, TRIES, LongWork, Made
from tenants.models import Commune, Export

State = Export.State
Do = Callable[[Export], Made]


@pytest.fixture
def export(demo: Commune) -> Export:
    """Any row that says how far something is: `content` is where these tests write."""
    with context.public():
        return asked_for(demo)


def asked_for(commune: Commune) -> Export:
    return Export.objects.create(commune=commune, asked_kind="system", asked_key="", asked_by="essai", sealed_key="x")


def making(do: Do, **rest: Any) -> LongWork[Export]:
    states = {"working": State.MAKING, "done": State.READY}
    return LongWork(
        name="essai", rows=Export.objects.all(), do=do, fail=lambda row, code: {"content": code}, **states, **rest
    )


def well(_row: Export) -> Made:
    return Made({"content": "fait"})


def broken(_row: Export) -> Made:
    raise ZeroDivisionError


def told(export: Export) -> tuple[str, str, int]:
    export.refresh_from_db()
    return export.state, export.content, export.tries


@pytest.fixture(autouse=True)
def in_registry(db: None) -> Any:
    with context.public():
        yield


def test_it_is_done_once_and_says_when(export: Export) -> None:
    work = making(well, begin=lambda row: {"rows": 7})

    assert (work.work_asked(), work.work_asked(), work.work(export.pk)) == (1, 0, False)

    assert told(export) == (State.READY, "fait", 1)
    assert export.rows == 7 and export.finished_at is not None


def test_one_that_is_under_way_is_begun_again(export: Export) -> None:
    Export.objects.update(state=State.MAKING, tries=TRIES - 1)

    assert making(well).work_asked() == 1

    assert told(export) == (State.READY, "fait", TRIES)


def test_a_mistake_of_ours_is_told_and_goes_on_to_the_logs(export: Export) -> None:
    with pytest.raises(ZeroDivisionError):
        making(broken).work_asked()

    assert told(export) == (State.FAILED, MISTAKE, 1)
    assert making(well).work_asked() == 0


def test_an_error_that_is_an_answer_is_told_and_stops_nobody(export: Export) -> None:
    refusal = {ZeroDivisionError: "zero"}

    assert making(broken, refusal=lambda error: refusal[type(error)]).work_asked() == 0

    assert told(export) == (State.FAILED, "zero", 1)


def test_an_error_of_the_machine_is_tried_again_then_given_up(export: Export) -> None:
    work = making(broken, again=True)
    for tries in range(1, TRIES + 1):
        with pytest.raises(ZeroDivisionError):
            work.work_asked()
        assert told(export) == (State.MAKING, "", tries)

    assert work.work_asked() == 0

    assert told(export) == (State.FAILED, STOPPED, TRIES)


def test_the_tries_of_a_turn_are_its_own(export: Export) -> None:
    turns: list[int] = []

    def turn(row: Export) -> Made:
        turns.append(row.tries)
        return Made({"files": len(turns)}, more=len(turns) < TRIES + 1)

    work = making(turn)
    for _turn in range(TRIES):
        assert work.work_asked() == 1
        assert told(export) == (State.MAKING, "", 0)
    assert (work.work_asked(), work.work_asked()) == (1, 0)

    assert told(export) == (State.READY, "", 1)
    assert (turns, export.files) == ([1] * (TRIES + 1), TRIES + 1)


def test_a_failure_overwrites_nothing_that_another_worker_ended(export: Export) -> None:
    """Begun again between the failure and its telling."""

    def fail(row: Export, code: str) -> dict[str, Any]:
        assert making(well).work_asked() == 1
        return {"content": code}

    with pytest.raises(ZeroDivisionError):
        replace(making(broken), fail=fail).work_asked()

    assert told(export) == (State.READY, "fait", 2)


def test_how_far_it_is_starts_anew_with_each_try(export: Export) -> None:
    seen: list[tuple[int, int]] = []

    def look(work: LongWork[Export], row: Export) -> Made:
        seen.append(work.told(row.pk))
        work.note(row.pk, 3, 4)
        seen.append(work.told(row.pk))
        raise ZeroDivisionError

    work = making(partial(look, making(well)), again=True)
    for _try in range(2):
        with pytest.raises(ZeroDivisionError):
            work.work_asked()

    assert seen == [(0, 0), (3, 4)] * 2
