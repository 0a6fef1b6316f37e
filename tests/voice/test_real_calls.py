"""Real calls: a SIP phone, Asterisk in its own root, the voice server, rows that commit.

Where Asterisk cannot start these tests say why they were not tried; `make voice-test` fails then.
"""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from baresip import CallBusy

from booking.models import JournalEntry
from deploy.voice.configuration import PROMPTS
from lps.families.models import Custody
from lps.journal.channels import Channel
from lps.kernel import clock
from tests.voice.phone import (
    ALIKE,
    Real,
    beside,
    call_and_hear,
    calling,
    real_calls,
    to_the_days,
    to_the_end,
    unavailable,
    words_of,
)
from tests.voice.pupils import Pupil
from voice.dialogue.facts import FindChild, JudgeDays
from voice.gateway.prompts import Store
from voice.gateway.server import Server
from voice.services import limits
from voice.services.town_side import TownSide

pytestmark = real_calls


def test_a_parent_calls_and_books(real: Real, pupil: Pupil) -> None:
    likenesses = call_and_hear(real, to_the_end(pupil))

    assert min(likenesses) > ALIKE, likenesses
    assert pupil.stands()
    entry = JournalEntry.objects.get(child=pupil.child, day=pupil.day, activity_id=pupil.service)
    assert entry.channel == Channel.VOICE and entry.receipt.get_channel_display() == "serveur vocal"


def test_after_thursday_17_00_next_week_is_refused_in_words(
    real: Real, pupil: Pupil, monkeypatch: pytest.MonkeyPatch
) -> None:
    thursday = pupil.day - timedelta(days=pupil.day.weekday() + 4)
    late, now = datetime.combine(thursday, time(17, 0, 1), ZoneInfo("Europe/Paris")), clock.now
    ahead = late - now()
    monkeypatch.setattr(clock, "now", lambda: now() + ahead)

    custody = Custody.objects.get(child=pupil.child)
    asked = JudgeDays(child=custody.pk, service=pupil.service, days=(pupil.day,))
    [judged] = TownSide("test").answer(asked, at=late).days
    refused = words_of("refused", day=pupil.day, why=judged.refusal, reason=judged.reason)
    assert "trop tard" in refused
    likenesses = call_and_hear(real, [*to_the_days(pupil), (words_of("date"), f"{pupil.keys}#"), (refused, "9")])

    assert min(likenesses) > ALIKE, likenesses
    assert not pupil.stands()


def test_a_caller_who_may_not_try_any_more_hears_a_busy_line(real: Real, pupil: Pupil) -> None:
    side = TownSide(limits.lookup_of("+33612345678"))
    for _ in range(6):
        side.answer(FindChild(code="1029384756"), at=clock.now())

    async def call() -> None:
        server = Server(store=Store(real.prompts, PROMPTS), leaving_seconds=5)
        await server.open("127.0.0.1", real.agi)
        try:
            async with calling(real.address):
                pass
        finally:
            await server.close()

    with pytest.raises(CallBusy):
        beside(call())


def test_without_the_voice_server_a_sentence_says_so(
    real: Real,
) -> None:
    async def call() -> float:
        async with calling(real.address) as phone:
            return await phone.hears(unavailable(real.prompts))

    assert beside(call()) > ALIKE
