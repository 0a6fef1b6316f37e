"""Real calls that go wrong: keys however they come, hang-ups, silence, wrong codes, and parts that fail on the way.

What a scripted socket proves as well is in `test_gateway.py`; here are the faults of a line, of Asterisk and of a
database met in a real call. Asterisk is one for all of them.
"""

import asyncio
from datetime import datetime

import pytest
from baresip import CallBusy
from django.core.cache import cache
from django.db import connection

from booking.models import Receipt
from deploy.processes import free_port, wait_until
from deploy.voice.configuration import PROMPTS
from lps.accounts import attempts
from lps.kernel import clock
from tenants.models import Commune
from tenants.queries import host_of
from tests.voice.phone import (
    ALIKE,
    CALLS,
    TONES,
    Real,
    beside,
    call_and_hear,
    calling,
    real_calls,
    to_the_confirmation,
    to_the_end,
    unavailable,
    words_of,
)
from tests.voice.pupils import Pupil
from voice.gateway import server as gateway
from voice.gateway.prompts import Store
from voice.gateway.server import Server
from voice.models import Call
from voice.services import limits

pytestmark = real_calls
END_SECONDS = 60.0
Outcome = Call.Outcome


def has_ended(outcome: Outcome) -> bool:
    """Whether the last call comes to its end so; the other end is told a little later than the caller."""
    return wait_until(
        lambda: (last := Call.objects.first()) is not None and last.outcome == outcome, seconds=END_SECONDS
    )


@pytest.mark.parametrize("keys", ["info", TONES])
def test_keys_sent_beside_the_sound_or_in_it_are_heard_too(real: Real, pupil: Pupil, keys: str) -> None:
    likenesses = call_and_hear(real, to_the_end(pupil), keys=keys)

    assert min(likenesses) > ALIKE, likenesses
    assert has_ended(Outcome.SAVED) and pupil.stands()


@pytest.mark.parametrize("steps", [0, 3])
def test_a_hang_up_before_the_confirmation_changes_nothing(real: Real, pupil: Pupil, steps: int) -> None:
    script = [*to_the_confirmation(pupil)[:steps], (to_the_confirmation(pupil)[steps][0], "")]

    assert min(call_and_hear(real, script)) > ALIKE

    assert has_ended(Outcome.HUNG_UP) and not pupil.stands()
    assert wait_until(lambda: not real.console.calls().total(), seconds=END_SECONDS)


def test_whoever_says_nothing_is_let_go(real: Real, town: Commune, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway.Collector, "seconds", 0.3)

    likenesses = call_and_hear(real, [(words_of("silence"), ""), (words_of("no_answer", site=host_of(town)), "")])

    assert likenesses[0] > ALIKE, likenesses
    assert has_ended(Outcome.NOTHING)


def test_wrong_codes_end_the_call_then_the_line_is_busy(real: Real, town: Commune) -> None:
    wrong = [(words_of("code"), "10293847#"), (words_of("no_child"), "10293848#"), (words_of("no_child"), "10293849#")]
    likenesses = call_and_hear(real, [*wrong, (words_of("no_answer", site=host_of(town)), "")], anew=cache.clear)

    assert min(likenesses) > ALIKE, likenesses
    assert has_ended(Outcome.NOTHING)
    own = limits.of_caller(limits.lookup_of("+33612345678"))[:1]
    assert attempts.must_wait(own) == 0  # three, of five
    for _ in range(2):
        attempts.check(own)
    assert attempts.must_wait(own) > 0
    with pytest.raises(CallBusy):
        call_and_hear(real, wrong)


def test_a_deadline_that_passes_between_two_keys_refuses_in_words(
    real: Real, pupil: Pupil, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, receipts = clock.now, Receipt.objects.filter(child=pupil.child).count()
    late = datetime.combine(pupil.day, datetime.min.time(), now().tzinfo) - now()

    def before_it() -> None:
        monkeypatch.setattr(clock, "now", now)

    def pass_the_deadline() -> None:
        monkeypatch.setattr(clock, "now", lambda: now() + late)
        monkeypatch.setattr("voice.services.conversation.LONGEST_CALL", late * 2)

    likenesses = call_and_hear(real, to_the_end(pupil), before={3: pass_the_deadline}, anew=before_it)

    assert min(likenesses) > ALIKE, likenesses
    assert not pupil.stands() and Receipt.objects.filter(child=pupil.child).count() == receipts


def test_a_database_that_goes_away_is_told_and_the_next_call_books(real: Real, pupil: Pupil) -> None:
    port = connection.settings_dict["PORT"]

    def find() -> None:
        connection.settings_dict["PORT"] = port

    def lose() -> None:
        connection.settings_dict["PORT"] = str(free_port())  # nobody answers there: as when PostgreSQL is down

    steps = [*to_the_confirmation(pupil), (words_of("failed"), "")]
    try:
        likenesses = call_and_hear(real, steps, before={3: lose}, anew=find)
    finally:
        find()

    assert min(likenesses) > ALIKE, likenesses
    assert not pupil.stands() and not Receipt.objects.filter(child=pupil.child, channel="voice").exists()
    call_and_hear(real, to_the_end(pupil))
    assert has_ended(Outcome.SAVED) and pupil.stands()


def test_an_asterisk_that_dies_during_a_call_ends_it_and_takes_the_next_one(real: Real, pupil: Pupil) -> None:
    code, store = pupil.code, Store(real.prompts, PROMPTS)

    async def call() -> float:
        server = Server(store=store, leaving_seconds=5)
        await server.open("127.0.0.1", real.agi)
        try:
            async with calling(real.address) as phone:
                heard = await phone.hears(store.file(words_of("code")))
                await phone.type(f"{code}#")
                real.kill()
                async with asyncio.timeout(END_SECONDS):
                    while server.standing:
                        await asyncio.sleep(0.05)
        finally:
            await server.close()
        return heard

    assert beside(call()) > ALIKE
    assert has_ended(Outcome.HUNG_UP) and not pupil.stands()
    real.start()
    assert min(call_and_hear(real, [(words_of("code"), "")])) > ALIKE


def test_a_voice_server_that_dies_during_a_call_leaves_a_sentence(real: Real, pupil: Pupil) -> None:
    async def call() -> float:
        server = Server(store=Store(real.prompts, PROMPTS), leaving_seconds=0)
        await server.open("127.0.0.1", real.agi)
        async with calling(real.address) as phone:
            await phone.hears(Store(real.prompts, PROMPTS).file(words_of("code")))
            await server.close()
            return await phone.hears(unavailable(real.prompts))

    found = [beside(call()) for _ in range(CALLS - 1)]

    assert max(found) > ALIKE, found
