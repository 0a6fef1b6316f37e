"""Whatever a caller types, both doors of the telephone go the same way and do the same, on a real town."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from django.core.cache import cache
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as some

from booking.models import Booking
from lps.journal.actors import Actor
from tenants.models import Commune
from tests.voice.asterisk import HANG_UP, SILENCE, Caller, played
from tests.voice.provider import SECRET, Provider
from tests.voice.pupils import Pupil
from voice.models import Call
from voice.services.settings import set_provider_secret

# Each is finished by itself, or by a hash which the next question hears.
WORDS = ("99999999#", "12#", "{code}#", "{key}#", "{day}#", "3104#", "#", "*", *(f"{key}#" for key in "012789"))
BEGUN = ((), ("{code}#",), ("{code}#", "{key}#"), ("{code}#", "{key}#", "{day}#"))
SCRIPTS = some.builds(
    lambda begun, rest: [*begun, *rest],
    some.sampled_from(BEGUN),
    some.lists(some.sampled_from([*WORDS, SILENCE, HANG_UP]), max_size=7),
)


@pytest.fixture
def believed(town: Commune) -> Iterator[Commune]:
    """Buchelay believes its provider."""
    set_provider_secret(secret=SECRET, by=Actor.system("test"))
    yield town


def rows(pupil: Pupil) -> list[Booking]:
    return list(Booking.objects.filter(child=pupil.child).order_by("pk"))


def standing(pupil: Pupil) -> set[tuple[int, date]]:
    found = Booking.objects.standing().filter(child=pupil.child)
    return set(found.values_list("activity", "day"))


def restored(pupil: Pupil, before: list[Booking]) -> None:
    """As if nobody had called."""
    cache.clear()
    Booking.objects.filter(child=pupil.child).delete()
    Booking.objects.bulk_create(before)


@settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[Phase.explicit, Phase.generate],  # a call takes a second: one that fails is short enough to be read
)
@given(script=SCRIPTS)
def test_both_doors_agree_whatever_is_typed(believed: Commune, pupil: Pupil, prompts: Path, script: list[str]) -> None:
    words = [word.format(code=pupil.code, key=pupil.key, day=pupil.keys) for word in script]
    Call.objects.all().delete()
    booked, kept = standing(pupil), rows(pupil)

    [by_asterisk] = played(prompts, Caller([*words, HANG_UP]))
    one = standing(pupil)
    restored(pupil, kept)
    by_provider = Provider(believed, [*words, HANG_UP]).call()
    other = standing(pupil)
    restored(pupil, kept)

    assert one == other
    first, second = Call.objects.order_by("called_at")
    assert [stage for _, stage in first.steps] == [stage for _, stage in second.steps]
    assert first.outcome == second.outcome != Call.Outcome.RUNNING
    for heard in (by_asterisk.words, by_provider.words):
        assert pupil.child.last_name not in heard
        assert one == booked or ("Pour confirmer, tapez le 1" in heard and first.outcome == Call.Outcome.SAVED)
