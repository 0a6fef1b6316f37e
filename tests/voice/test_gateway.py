"""Whole calls through the voice server's own socket, on rows that commit: the same rules as on the web."""

import asyncio
import uuid
from datetime import datetime, timedelta
from pathlib import Path
from time import sleep

import pytest
from django.db import connection

from booking.message_kinds import SAVE
from booking.models import Booking, JournalEntry, Receipt, ServiceDay, WaitingEntry
from lps.accounts import attempts
from lps.families.models import Custody, Household
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.kernel import clock
from notifications.models import Address, OutboxMessage
from notifications.services import preferences, prove_address
from tenants import context
from tenants.lines import NumberTaken, set_lines
from tenants.models import Commune, CommuneState
from tests.live import Copy
from tests.voice.asterisk import HANG_UP, LINE, NATURAL, SILENCE, Caller, Remembering, Typist, played
from tests.voice.pupils import Pupil
from voice.dialogue.facts import phrase
from voice.gateway import engines, server
from voice.gateway.prompts import Store
from voice.gateway.server import Server
from voice.models import Call, Piece, Pronunciation, VoiceSettings
from voice.phrases import sentence
from voice.services import conversation, limits, pieces
from voice.services.retention import purge

BY = Actor.system("test")
CONFIRM_KEYS = sentence(phrase("confirm_keys"))


def only_call() -> Call:
    return Call.objects.get()


def test_a_day_is_booked_by_telephone(pupil: Pupil, prompts: Path) -> None:
    [caller] = played(prompts, Caller([f"{pupil.code}#", pupil.key, pupil.keys, "#", "1", "9"]))

    assert pupil.stands()
    entry = JournalEntry.objects.get(child=pupil.child, day=pupil.day, activity_id=pupil.service)
    assert entry.channel == Channel.VOICE and entry.receipt.get_channel_display() == "serveur vocal"
    assert pupil.child.first_name in caller.words and "C'est enregistré" in caller.words
    assert pupil.child.last_name not in caller.words
    assert caller.over
    call = only_call()
    assert (call.outcome, call.caller, call.door) == (Call.Outcome.SAVED, "…56 78", Call.Door.TELEPHONE)
    assert [stage for _, stage in call.steps] == ["code", "service", "dates", "confirm", "after"]


@pytest.mark.parametrize("proves", ["proved", "asked", "stopped", ""])
def test_the_receipt_is_mailed_once_to_proved_addresses_alone(pupil: Pupil, prompts: Path, proves: str) -> None:
    household = Custody.objects.select_related("household").get(child=pupil.child).household
    household.guardians.update(email="never.proved@familles.example")
    Address.objects.filter(holder=household.holder).delete()
    if proves:
        address = prove_address(
            holder=household.holder, value="proved@familles.example", consent="v1", by=BY, channel=Channel.WEB
        )
        for wanted in {"asked": [[SAVE]], "stopped": [[SAVE], []]}.get(proves, []):
            preferences.choose(wishes={address: wanted}, by=BY, channel=Channel.WEB, at=clock.now())
    before = list(OutboxMessage.objects.values_list("pk", flat=True))

    [caller] = played(prompts, Caller([f"{pupil.code}#", pupil.key, pupil.keys, "#", "1", "9"]))

    assert [mail.address for mail in OutboxMessage.objects.exclude(pk__in=before)] == ["proved@familles.example"] * (
        proves in ("proved", "asked")
    )
    assert ("Le reçu vous est envoyé" in caller.words) is (proves in ("proved", "asked"))


def test_all_may_be_typed_in_one_burst(pupil: Pupil, prompts: Path) -> None:
    played(prompts, Caller([f"{pupil.code}#{pupil.key}{pupil.keys}#1"]))

    assert pupil.stands()


def test_what_was_begun_may_be_erased(pupil: Pupil, prompts: Path) -> None:
    script = [f"98*{pupil.code}#", pupil.key, f"31*{pupil.keys}", "#", "1", "9"]

    [caller] = played(prompts, Caller(script))

    assert pupil.stands() and caller.over


def test_who_erased_has_as_long_as_at_first(town: Commune, prompts: Path) -> None:
    [caller] = played(prompts, Caller(["12*", SILENCE, HANG_UP]))

    assert caller.waits[:3] == ["8000 1", "5000 9", "3000 1"]
    assert caller.words.count("Je n'ai rien entendu") == 1


@pytest.mark.parametrize("tries", [True, False])
def test_before_its_opening_a_town_serves_the_families_that_try_it(
    town: Commune, pupil: Pupil, prompts: Path, tries: bool
) -> None:
    household = Custody.objects.select_related("household").get(child=pupil.child).household
    Household.objects.filter(pk=household.pk).update(tries_portal=tries)
    with context.public():
        Commune.objects.filter(pk=town.pk).update(state=CommuneState.TO_OPEN)
    try:
        [caller] = played(prompts, Caller([f"{pupil.code}#", pupil.key, pupil.keys, "#", "1", "9"]))
    finally:
        with context.public():
            Commune.objects.filter(pk=town.pk).update(state=CommuneState.ACTIVE)

    assert pupil.stands() is tries
    assert ("pas encore ouvert" in caller.words) is not tries
    assert caller.over


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """The town takes its time, as on a busy morning."""
    hear = conversation.hear

    def slowly(*args, **kwargs):  # type: ignore[no-untyped-def]
        sleep(0.4)
        return hear(*args, **kwargs)

    monkeypatch.setattr(conversation, "hear", slowly)


@pytest.mark.parametrize("listens", [True, False])
def test_keys_typed_while_the_town_is_asked_are_heard(
    pupil: Pupil, prompts: Path, slow: None, monkeypatch: pytest.MonkeyPatch, listens: bool
) -> None:
    if not listens:
        monkeypatch.setattr(server, "QUICK_SECONDS", 60.0)

    played(prompts, Typist(f"{pupil.code}#{pupil.key}{pupil.keys}##1", every=0.07))

    assert pupil.stands() is listens


@pytest.mark.parametrize("takes_its_time", [True, False])
def test_a_hash_out_of_habit_hides_no_answer(
    pupil: Pupil, prompts: Path, request: pytest.FixtureRequest, takes_its_time: bool
) -> None:
    """A date is whole without it: it comes while the town is asked, or while its answer is said."""
    if takes_its_time:
        request.getfixturevalue("slow")

    script = [f"{pupil.code}#", f"{pupil.key}#", "3104#", f"{pupil.keys}", "#", "1#", "9"]
    [caller] = played(prompts, Caller(script))

    assert caller.heard.count("Cette date n'existe pas.") == 1 and caller.cut == []
    assert "Je n'ai rien entendu" not in caller.words
    assert pupil.stands() and caller.over


@pytest.mark.parametrize("pause", [1.5, 0.0])
def test_keys_typed_ahead_of_a_refusal_are_forgotten_and_those_after_a_pause_answer(
    pupil: Pupil, prompts: Path, monkeypatch: pytest.MonkeyPatch, pause: float
) -> None:
    """All of them come at once: with no pause at all between an answer and the next one, they answer."""
    monkeypatch.setattr(server, "BURST_SECONDS", pause)
    monkeypatch.setattr(server, "QUICK_SECONDS", 60.0)  # a busy machine would hear keys before the refusal is said

    [caller] = played(prompts, Caller([f"{pupil.code}#", pupil.key, f"3104{pupil.keys}#1", HANG_UP]))

    assert pupil.stands() is (pause == 0)
    assert caller.heard.count("Cette date n'existe pas.") == 1


@pytest.mark.parametrize("ago", [1, 29])
def test_a_day_of_last_month_is_past_and_not_next_year_s(town: Commune, pupil: Pupil, prompts: Path, ago: int) -> None:
    past = clock.now().astimezone(town.zone).date() - timedelta(days=ago)

    [caller] = played(prompts, Caller([f"{pupil.code}#", pupil.key, f"{past:%d%m}", HANG_UP]))

    assert caller.heard.count("Cette date est passée, ou trop lointaine.") == 1


def test_a_list_is_not_ended_before_a_refusal_was_heard(pupil: Pupil, prompts: Path) -> None:
    had = Booking.objects.standing().filter(child=pupil.child).count()

    script = [f"{pupil.code}#", pupil.key, pupil.keys, "3104#1", "#", "1", "9"]
    [caller] = played(prompts, Caller(script))

    refusal, confirmation = (caller.heard.index(words) for words in ("Cette date n'existe pas.", CONFIRM_KEYS))
    assert caller.heard[refusal + 1] == "Date suivante, ou dièse pour finir." and refusal < confirmation
    assert pupil.stands() and caller.over
    assert Booking.objects.standing().filter(child=pupil.child).count() == had + 1


def test_a_hang_up_while_it_is_saved_loses_nothing(pupil: Pupil, prompts: Path, slow: None) -> None:
    played(prompts, Caller([f"{pupil.code}#", pupil.key, pupil.keys, "#", "1"], leaves_after=4))

    assert pupil.stands()
    assert only_call().outcome == Call.Outcome.SAVED


@pytest.mark.parametrize("words", range(5))
def test_a_hang_up_before_the_confirmation_changes_nothing(pupil: Pupil, prompts: Path, words: int) -> None:
    script = [f"{pupil.code}#", pupil.key, pupil.keys, "#"][:words]

    played(prompts, Caller([*script, HANG_UP]))

    assert not pupil.stands()
    assert only_call().outcome == Call.Outcome.HUNG_UP


def test_a_hang_up_after_the_confirmation_loses_nothing(pupil: Pupil, prompts: Path) -> None:
    played(prompts, Caller([f"{pupil.code}#", pupil.key, pupil.keys, "#", "1", HANG_UP]))

    assert pupil.stands()
    assert only_call().outcome == Call.Outcome.SAVED


def test_three_silences_end_the_call(town: Commune, prompts: Path) -> None:
    [caller] = played(prompts, Caller([SILENCE, SILENCE, SILENCE]))

    assert caller.over and "Je n'ai rien entendu" in caller.words


def test_wrong_codes_end_the_call_then_refuse_the_caller(pupil: Pupil, prompts: Path) -> None:
    wrong = ["10293847#", "10293848#", "10293849#"]

    first, _, third = played(prompts, Caller(wrong), Caller(wrong), Caller([f"{pupil.code}#"]))

    assert first.over and first.words.count("Ce code n'est pas reconnu") == 3
    assert third.busy and not third.answered and not third.heard
    assert Call.objects.first().outcome == Call.Outcome.REFUSED
    [other] = played(prompts, Caller([f"{pupil.code}#"], number="0687654321"))
    assert pupil.child.first_name in other.words


def test_a_number_of_nobody_is_told_so(town: Commune, prompts: Path) -> None:
    [caller] = played(prompts, Caller([], called="+33100000000"))

    assert "attribué à aucune mairie" in caller.words and caller.over


@pytest.mark.parametrize("called", ["0476549340", "0033476549340", "33476549340", "+33476549340"])
def test_a_number_is_known_however_the_operator_writes_it(town: Commune, prompts: Path, called: str) -> None:
    [caller] = played(prompts, Caller([HANG_UP], called=called))

    assert "Buchelay" in caller.words


def test_a_line_belongs_to_one_commune(town: Commune, copy: Copy) -> None:
    from tenants.queries import commune_by_slug

    with pytest.raises(NumberTaken):
        set_lines(commune=commune_by_slug(slug="demo"), numbers=[LINE])


def test_numbers_changed_during_a_call_cut_nothing_and_answer_at_once(
    pupil: Pupil, town: Commune, prompts: Path
) -> None:
    def change() -> None:
        set_lines(commune=town, numbers=["+33476549399"])
        connection.close()  # that of the callers' loop, which is none of this test's

    script = [f"{pupil.code}#", pupil.key, pupil.keys, "#", "1", "9"]
    standing, new, old = played(
        prompts, Caller(script, before={2: change}), Caller([HANG_UP], called="0476549399"), Caller([HANG_UP])
    )

    assert standing.over and pupil.stands()
    assert "Buchelay" in new.words and "attribué à aucune mairie" in old.words


def test_a_deadline_that_passes_between_two_keys_refuses(
    pupil: Pupil, prompts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, receipts = clock.now, Receipt.objects.filter(child=pupil.child)
    had = receipts.count()
    late = datetime.combine(pupil.day, datetime.min.time(), real().tzinfo) - real()

    def pass_the_deadline() -> None:
        monkeypatch.setattr(clock, "now", lambda: real() + late)
        monkeypatch.setattr("voice.services.conversation.LONGEST_CALL", timedelta(days=400))

    script = [f"{pupil.code}#", pupil.key, pupil.keys, "#", "1", "9"]
    [caller] = played(prompts, Caller(script, before={4: pass_the_deadline}))

    assert not pupil.stands()
    assert "trop tard" in caller.words and "C'est enregistré" not in caller.words
    assert receipts.all().count() == had


def test_a_full_day_offers_its_list(pupil: Pupil, prompts: Path) -> None:
    site = ServiceDay.objects.filter(activity=pupil.service, day=pupil.day)
    site.update(places=0)

    [caller] = played(prompts, Caller([f"{pupil.code}#", pupil.key, pupil.keys, "1", "#", "1", "9"]))

    site.update(places=None)
    assert "complet" in caller.words and "en liste d'attente pour 1 jour" in caller.words
    assert WaitingEntry.objects.filter(child=pupil.child, service_day__day=pupil.day).count() == 1
    assert not pupil.stands()


def test_a_database_that_goes_is_told_and_nothing_is_half_done(pupil: Pupil, prompts: Path) -> None:
    name = connection.settings_dict["NAME"]

    def lose() -> None:
        connection.settings_dict["NAME"] = "gone"

    script = [f"{pupil.code}#", pupil.key, pupil.keys, "#", "1"]
    try:
        [caller] = played(prompts, Caller(script, before={4: lose}))
    finally:
        connection.settings_dict["NAME"] = name

    assert "Le service ne répond pas" in caller.words and caller.over
    assert not pupil.stands()


def test_a_shut_line_says_where_else(town: Commune, prompts: Path) -> None:
    VoiceSettings.objects.create(pk=1, is_open=False)

    [caller] = played(prompts, Caller([]))

    assert "fermé en ce moment" in caller.words and caller.over
    assert only_call().outcome == Call.Outcome.SHUT


def test_a_strike_is_told_first_and_words_are_said_as_the_town_wants(town: Commune, prompts: Path) -> None:
    VoiceSettings.objects.create(pk=1, notice="Jeudi, pas de cantine.")
    Pronunciation.objects.create(written="Buchelay", spoken="Buchelet")

    [caller] = played(prompts, Caller([HANG_UP]))

    assert caller.heard[0] == "Jeudi, pas de cantine."
    assert any("Buchelay" in text for text in Remembering.texts.values())


def test_a_child_of_two_households_needs_the_family_code(pupil: Pupil, prompts: Path) -> None:
    own = Custody.objects.get(child=pupil.child)
    other = Custody.objects.exclude(household=own.household).first()
    Custody.objects.create(child=pupil.child, household=other.household, valid_during=own.valid_during)

    script = [f"{pupil.code}#", f"{own.household.family_code}#", pupil.key, pupil.keys, "#", "1", "9"]
    [caller] = played(prompts, Caller(script))

    assert "le code de la famille" in caller.words
    assert _standing(pupil).household == own.household


def test_a_stop_lets_the_calls_that_stand_end(pupil: Pupil, prompts: Path) -> None:
    caller = Caller([f"{pupil.code}#", pupil.key, pupil.keys, "#", "1", "9"])

    async def stop_meanwhile() -> None:
        server = Server(store=Remembering(prompts), leaving_seconds=30)
        port = await server.open("127.0.0.1", 0)
        call = asyncio.create_task(caller.call(port))
        while not server.standing:
            await asyncio.sleep(0)
        await asyncio.gather(server.close(), call)

    asyncio.run(stop_meanwhile())

    assert pupil.stands() and caller.over


def test_what_is_no_call_is_let_go(town: Commune, prompts: Path) -> None:
    async def knock() -> None:
        server = Server(store=Remembering(prompts), leaving_seconds=5)
        port = await server.open("127.0.0.1", 0)
        for noise in (b"GET / HTTP/1.1\r\n", b"x" * 5000, b"\x00\xff\n\n"):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(noise)
            writer.write_eof()
            assert await reader.read() == b""
            writer.close()
        await server.close()

    asyncio.run(knock())

    assert Call.objects.count() == 0


def test_a_third_call_at_once_of_one_caller_hears_a_busy_line(town: Commune, prompts: Path) -> None:
    async def three() -> list[Caller]:
        server = Server(store=Remembering(prompts), leaving_seconds=5)
        port = await server.open("127.0.0.1", 0)
        held = asyncio.Event()

        async def stay(caller: Caller) -> None:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(f"agi_callerid: {caller.number}\nagi_arg_1: {caller.called}\n\n".encode())
            await reader.readline()
            await held.wait()
            writer.close()

        waiting = [asyncio.create_task(stay(Caller([]))) for _ in range(2)]
        while server.at_once < 2:
            await asyncio.sleep(0.01)
        third = await Caller([]).call(port)
        held.set()
        await asyncio.gather(*waiting)
        await server.close()
        return [third]

    [third] = asyncio.run(three())

    assert third.busy and not third.answered


def test_a_wrong_code_and_a_locked_one_make_the_same_statements(pupil: Pupil) -> None:
    from voice.dialogue.facts import FindChild, NoChild
    from voice.services.town_side import TownSide

    lookup = uuid.uuid4().hex
    for _ in range(6):
        assert isinstance(TownSide(lookup).answer(FindChild(code="1029384756"), at=clock.now()), NoChild)
    assert attempts.must_wait(_counters(lookup)) > 0

    assert isinstance(TownSide(lookup).answer(FindChild(code=pupil.code), at=clock.now()), NoChild)


def test_forty_wrong_codes_slow_the_lines_down_for_an_hour_and_refuse_nobody(
    pupil: Pupil, prompts: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for rank in range(limits.ALARM):
        limits.fail(limits.of_caller(limits.lookup_of(f"+3361200{rank:04}")))
    assert "40 wrong codes within the hour" in caplog.text

    [right, wrong] = played(
        prompts, Caller([f"{pupil.code}#", HANG_UP]), Caller(["10293847#", HANG_UP], number="0698765432")
    )

    wait = sentence(phrase("one_moment"))
    after = right.heard[right.heard.index(wait) + 1 :]
    assert f"{pupil.child.first_name}." in after
    assert wrong.heard.index(wait) < wrong.heard.index(sentence(phrase("no_child")))
    now = clock.real_now
    monkeypatch.setattr(clock, "real_now", lambda: now() + timedelta(minutes=30))
    assert limits.slowness() == 1
    monkeypatch.setattr(clock, "real_now", lambda: now() + timedelta(minutes=61))
    assert limits.slowness() == 0


def _counters(lookup: str):  # type: ignore[no-untyped-def]
    return limits.of_caller(lookup)[:1]


def _standing(pupil: Pupil) -> Booking:
    return Booking.objects.standing().get(child=pupil.child, activity=pupil.service, day=pupil.day)


def test_calls_are_forgotten_after_the_towns_months(town: Commune, prompts: Path) -> None:
    played(prompts, Caller([HANG_UP]), Caller([HANG_UP]))
    old = Call.objects.last()
    assert old is not None
    Call.objects.filter(pk=old.pk).update(called_at=clock.now() - timedelta(days=200))

    assert purge(now=clock.now()) == 1
    assert not Call.objects.filter(pk=old.pk).exists()


class Slow:
    """Another voice, which no call may ever wait for: it is heard once a worker has rendered."""

    version = "slow 1"

    def __init__(self, folder: Path) -> None:
        self.works, self._store = False, Store(folder)

    def render(self, text: str) -> bytes:
        assert self.works, "rendered during a call"
        return self._store.file(text).read_bytes()


def test_a_call_is_by_espeak_then_by_the_natural_voice_once_it_is_rendered(
    pupil: Pupil, prompts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    voice = Slow(tmp_path)
    monkeypatch.setattr(engines, "natural", lambda: voice)

    [first] = played(prompts, Caller([f"{pupil.code}#", HANG_UP]))
    assert pupil.child.first_name in first.words and NATURAL not in first.heard
    voice.works = True
    while pieces.render_some(Store(prompts), at=clock.now()):
        pass
    voice.works = False
    [second] = played(prompts, Caller([f"{pupil.code}#", HANG_UP]))

    assert set(second.heard) == {NATURAL} and len(second.heard) > len(first.heard)
    assert Piece.objects.filter(made_at=None).count() == 0
    Piece.objects.all().delete()
