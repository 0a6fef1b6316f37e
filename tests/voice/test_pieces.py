"""Pieces rendered ahead: asked for once, rendered in turns, brought beside a call, played when all are there.

The natural voice is espeak-ng here, under another name: what is tried is all around it.
"""

import wave
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from django.core.files.storage import default_storage, storages
from django.db import transaction

from booking.rules.planning import PlanningRefusal
from lps.families.models import Child
from lps.families.services.households import NewChild
from lps.kernel import clock
from tenants import context
from tenants.models import Commune
from tests.families.factories import BY, household
from tests.sql import counted
from voice import phrases, queries
from voice.dialogue.facts import phrase
from voice.gateway import engines, kokoro, speech, wav
from voice.gateway.errors import NoVoice, WrongWeights
from voice.gateway.prompts import Store, TownVoice
from voice.models import Piece
from voice.services import pieces, speaking
from voice.services.conversation import WINDOW
from voice.services.pronunciations import save_word

CODE = phrase("code")
CHILD = phrase("child", first_name="Yanis")
CHOICE = phrase("choice", name="Cantine", key=1)


class Slow:
    """A voice that counts what it renders; some texts are too much for it."""

    version = "slow 1"

    def __init__(self, folder: Path) -> None:
        self.rendered: list[str] = []
        self.refuses: set[str] = set()
        self._store = Store(folder)

    def render(self, text: str) -> bytes:
        self.rendered.append(text)
        if text in self.refuses:
            raise NoVoice(text)
        return self._store.file(text).read_bytes()


@pytest.fixture
def voice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Slow:
    made = Slow(tmp_path / "slow")
    monkeypatch.setattr(engines, "natural", lambda: made)
    return made


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "prompts")


@pytest.fixture
def here(in_demo: Commune) -> Iterator[Commune]:
    forget_files()  # other tests speak too, and what all towns share outlives them
    yield in_demo
    forget_files()


def forget_files() -> None:
    for files in (default_storage, storages["shared"]):
        for name in files.listdir("voice")[1]:
            files.delete(f"voice/{name}")


def of_the_voice(store: Store, said=CODE, town=None) -> bool:  # type: ignore[no-untyped-def]
    heard = store.heard(said, town or queries.town_voice())
    return not heard.wanted


def all_rendered(store: Store) -> int:
    turns = 1
    while pieces.render_some(store, at=clock.now()):
        turns += 1
    return turns


def test_what_is_missing_is_said_at_once_and_asked_for(here: Commune, voice: Slow, store: Store) -> None:
    first = store.heard(CODE, queries.town_voice())
    assert [path.name for path in first.files] == [store.file("Tapez le code de l'enfant, puis dièse.").name]
    assert voice.rendered == []

    pieces.supply(store, first.wanted, at=clock.now())
    pieces.supply(store, first.wanted, at=clock.now())
    assert Piece.objects.count() == 1 and not of_the_voice(store)
    assert all_rendered(store) == 1

    assert voice.rendered == ["Tapez le code de l'enfant, puis dièse."]
    assert of_the_voice(store)
    (piece,) = Piece.objects.all()
    assert piece.words == "" and piece.made_at is not None
    with wave.open(str(store.heard(CODE, queries.town_voice()).files[0])) as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (8000, 1, 2)


def test_a_sentence_is_played_in_pieces_only_when_all_are_there(here: Commune, voice: Slow, store: Store) -> None:
    wanted = store.heard(CHOICE, queries.town_voice()).wanted
    assert [one.words for one in wanted] == ["Pour Cantine", "faites le 1."]
    assert [one.is_shared for one in wanted] == [False, True]

    pieces.supply(store, wanted[:1], at=clock.now())
    all_rendered(store)
    assert len(store.heard(CHOICE, queries.town_voice()).files) == 1
    pieces.supply(store, wanted, at=clock.now())
    all_rendered(store)

    files = store.heard(CHOICE, queries.town_voice()).files
    assert [path.parent.name for path in files] == [str(here.schema_name), "prompts"]
    assert store.playable(files[0]) == f"{store.folder}/{here.schema_name}/{files[0].stem}"


def test_another_machine_brings_what_was_rendered(here: Commune, voice: Slow, store: Store, tmp_path: Path) -> None:
    pieces.supply(store, store.heard(CHOICE, queries.town_voice()).wanted, at=clock.now())
    all_rendered(store)
    elsewhere, number = Store(tmp_path / "elsewhere"), len(voice.rendered)

    heard = speaking.sounds(elsewhere, [CHOICE], at=clock.now())

    assert len(heard.files) == 2 and len(voice.rendered) == number
    assert {path.stat().st_mode & 0o777 for path in heard.files} == {0o644}


def test_what_a_storage_lost_is_rendered_again(here: Commune, voice: Slow, store: Store, tmp_path: Path) -> None:
    wanted = store.heard(CODE, queries.town_voice()).wanted
    pieces.supply(store, wanted, at=clock.now())
    all_rendered(store)
    storages["shared"].delete(f"voice/{wanted[0].name}.wav")
    store.path(wanted[0], place="").unlink()

    pieces.supply(Store(tmp_path / "elsewhere"), wanted, at=clock.now())
    all_rendered(store)

    assert len(voice.rendered) == 2 and storages["shared"].exists(f"voice/{wanted[0].name}.wav")


def test_a_word_that_is_taught_is_another_piece_of_the_town_alone(here: Commune, voice: Slow, store: Store) -> None:
    told = [one.name for one in store.heard(CHOICE, queries.town_voice()).wanted]
    save_word(word=None, written="faites", spoken="pressez", by=BY)

    wanted = store.heard(CHOICE, queries.town_voice()).wanted

    assert [one.words for one in wanted] == ["Pour Cantine", "pressez le 1."]
    assert wanted[1].name != told[1] and wanted[0].name == told[0]
    assert not wanted[1].is_shared


def test_what_every_town_says_is_rendered_once_for_all(
    here: Commune, buchelay: Commune, voice: Slow, store: Store
) -> None:
    for commune in (here, buchelay):
        with context.use(commune):
            for said in (CODE, CHILD):
                pieces.supply(store, store.heard(said, queries.town_voice()).wanted, at=clock.now())
            all_rendered(store)

    assert voice.rendered == ["Tapez le code de l'enfant, puis dièse.", "Yanis", "Yanis"]
    with context.use(buchelay):
        default_storage.delete(f"voice/{store.heard(CHILD, TownVoice(place='elsewhere')).wanted[0].name}.wav")


def test_a_turn_is_short_and_the_next_town_comes_after_it(here: Commune, voice: Slow, store: Store) -> None:
    said = [phrase("chosen", name=f"Activité {rank}") for rank in range(20)]
    for one in said:
        pieces.supply(store, store.heard(one, queries.town_voice()).wanted, at=clock.now())

    assert pieces.render_some(store, at=clock.now())
    assert len(voice.rendered) == pieces.BATCH
    assert all_rendered(store) == 2 and len(voice.rendered) == 20


def test_what_cannot_be_rendered_is_given_up_and_holds_up_nothing(here: Commune, voice: Slow, store: Store) -> None:
    voice.refuses = {"Yanis"}
    for said in (CHILD, CODE):
        pieces.supply(store, store.heard(said, queries.town_voice()).wanted, at=clock.now())

    for _ in range(5):
        pieces.render_some(store, at=clock.now())

    assert voice.rendered.count("Yanis") == pieces.TRIES and of_the_voice(store)
    assert len(store.heard(CHILD, queries.town_voice()).files) == 1


def test_all_that_is_known_is_asked_for_once_and_a_new_name_alone_later(here: Commune, voice: Slow) -> None:
    at = clock.now()
    number = pieces.ask_for_town(at=at)
    words = set(Piece.objects.values_list("words", flat=True))

    assert number >= Piece.objects.count() > 500 and set(phrases.fixed()) < words
    assert {Child.objects.first().first_name, here.header_name} <= words  # type: ignore[union-attr]
    assert phrases.spoken_day(at.astimezone(here.zone).date() + WINDOW) in words
    Piece.objects.update(made_at=at, words="")
    Child.objects.filter(pk=Child.objects.all()[:1].get().pk).update(first_name="Maïwenn")

    pieces.ask_for_town(at=at)

    assert sorted(Piece.objects.filter(made_at=None).values_list("words", flat=True)) == ["Maïwenn", "pour Maïwenn"]


def test_asking_costs_the_same_for_many_names(here: Commune, voice: Slow) -> None:
    pieces.ask_for_town(at=clock.now())
    with counted() as few:
        pieces.ask_for_town(at=clock.now())
    Child.objects.bulk_create(
        Child(first_name=f"Prénom{rank}", last_name="X", name_sort="x", code=f"s{rank}", code_lookup=f"l{rank}")
        for rank in range(40)
    )

    with counted() as many:
        pieces.ask_for_town(at=clock.now())

    assert len(many) == len(few), str(many)


def test_what_nobody_asks_for_any_more_is_forgotten(here: Commune, voice: Slow, store: Store) -> None:
    at = clock.now()
    for said in (CHILD, CODE):
        pieces.supply(store, store.heard(said, queries.town_voice()).wanted, at=at)
    all_rendered(store)
    child = Piece.objects.get(is_shared=False)
    assert pieces.purge(store, at=at + timedelta(days=59)) == 0

    Piece.objects.filter(is_shared=True).update(asked_at=at + timedelta(days=30))

    assert pieces.purge(store, at=at + timedelta(days=61)) == 1
    assert not default_storage.exists(f"voice/{child.name}.wav")
    assert storages["shared"].exists(f"voice/{Piece.objects.get().name}.wav")
    assert pieces.purge(store, at=at + timedelta(days=61)) == 0


def test_a_file_that_is_heard_is_kept(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    heard, unheard = store.file("Bonjour."), store.file("Au revoir.")
    later = clock.now() + timedelta(days=59)
    monkeypatch.setattr(clock, "now", lambda: later)
    store.file("Bonjour.")
    monkeypatch.setattr(clock, "now", lambda: later + timedelta(days=2))

    assert store.forget_unused() == 1
    assert heard.exists() and not unheard.exists()


def test_names_that_are_saved_are_asked_for_after_the_commit(
    here: Commune,
    voice: Slow,
    django_capture_on_commit_callbacks,
    monkeypatch: pytest.MonkeyPatch,  # type: ignore[no-untyped-def]
) -> None:
    sent: list[str] = []
    monkeypatch.setattr("tenants.wakeup.send_to_commune", lambda *, task, **_: sent.append(task))

    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        household(name="MARSONE", children=[NewChild(first_name="Ysé", last_name="MARSONE")])
        save_word(word=None, written="Yanis", spoken="Ianisse", by=BY)
        save_word(word=None, written="Léa", spoken="Lé-a", by=BY)

    assert sent == ["voice.ask"]


@pytest.mark.parametrize(
    ("day", "said"),
    [(date(2026, 10, 13), "mardi 13 octobre"), (date(2026, 10, 1), "jeudi 1er octobre")],
)
def test_a_day_is_said_in_french_and_belongs_to_all(day: date, said: str) -> None:
    assert phrases.of_days([day]) == [said, "2026."]
    assert phrases.is_neutral(said) and phrases.is_neutral("2026.")
    assert not phrases.is_neutral("Yanis") and not phrases.is_neutral("pour Yanis")


def test_a_receipt_is_said_digit_by_digit_with_pieces_that_are_there() -> None:
    said = phrases.pieces([phrase("receipt", number="R-2026-000123")])

    assert said == ["Votre numéro de reçu", "2026.", "0", "0", "0.", "1", "2", "3."]
    assert set(said) - {"2026."} <= set(phrases.fixed())


@pytest.mark.parametrize("code", [*PlanningRefusal, "not_full", "other_waits"])
def test_why_a_day_is_refused_is_said_by_pieces_that_are_there(code: str) -> None:
    day = date(2026, 10, 13)
    why = phrases.reason(code, at=datetime(2026, 10, 8, 17, 30, tzinfo=UTC), activity="Garderie")
    ahead = {*phrases.fixed(), *phrases.of_hours(), *phrases.of_days([day, date(2026, 10, 8)])}

    said = phrase("refused", day=day, why=code, reason=why)

    assert set(phrases.pieces([said])) <= {*ahead, *phrases.of_service("Garderie")}
    assert "planning" not in phrases.sentence(said) and "ci-dessous" not in phrases.sentence(said)


def test_a_deadline_is_said_in_words_for_the_ear() -> None:
    why = phrases.reason("too_late", at=datetime(2026, 10, 8, 17, 0, tzinfo=UTC))

    assert why == "La date limite était le jeudi 8 octobre, 17 heures"
    assert phrases.spoken_hour(time(0, 0)) == "minuit" and phrases.spoken_hour(time(8, 30)) == "8 heures 30"
    assert all(map(phrases.is_neutral, phrases.of_hours()))


def test_espeak_alone_asks_for_nothing(here: Commune, store: Store) -> None:
    heard = speaking.sounds(store, [CHOICE], at=clock.now())

    assert len(heard.files) == 1 and not heard.wanted
    assert pieces.ask_for_town(at=clock.now()) == 0 and not Piece.objects.exists()


@pytest.mark.parametrize("which", ["WEIGHTS", "VOCABULARY", "STYLE"])
def test_what_has_another_checksum_is_never_run(which: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(kokoro, "_checked_file", lambda package, name: b"not what we know")
    known = {"WEIGHTS", "VOCABULARY", "STYLE"} - {which}
    for name in known:
        monkeypatch.setattr(kokoro, name, "7f2b0e")
    monkeypatch.setattr(kokoro, "_check", _checks_but(kokoro._check, {"7f2b0e"}))

    with pytest.raises(WrongWeights, match="checksum"):
        kokoro._Loaded()


def _checks_but(check, passed):  # type: ignore[no-untyped-def]
    return lambda what, content, wanted: None if wanted in passed else check(what, content, wanted)


def test_weights_that_are_not_there_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kokoro, "PARTS", ("no_such_package_of_ours",))
    kokoro._loaded.cache_clear()

    with pytest.raises(WrongWeights, match="no_such_package_of_ours"):
        kokoro.Kokoro().render("Bonjour.")
    assert not kokoro.is_installed()


def test_the_task_tells_of_wrong_weights(
    here: Commune, voice: Slow, store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from voice import tasks

    def refuses(text: str) -> bytes:
        raise WrongWeights("the weights have another checksum")

    monkeypatch.setattr(voice, "render", refuses)
    pieces.supply(store, store.heard(CODE, queries.town_voice()).wanted, at=clock.now())

    assert tasks.render_pieces.run() is False
    assert "another checksum" in caplog.text and Piece.objects.get().tries == 0


def test_the_catalogue_of_an_image_is_taken_over(store: Store, tmp_path: Path, voice: Slow) -> None:
    catalogue = tmp_path / "catalogue"
    rendered = Store(catalogue)
    one = store.heard(CODE, TownVoice()).wanted[0]
    rendered.keep(rendered.path(one, place=""), voice.render(one.words))

    store.prepare(unavailable="Le service ne répond pas.", catalogue=catalogue)

    assert of_the_voice(store, CODE, TownVoice())


def test_a_page_plays_what_is_heard_on_a_call(here: Commune, voice: Slow, store: Store, settings, tmp_path) -> None:  # type: ignore[no-untyped-def]
    settings.LPS_VOICE_PROMPTS = str(tmp_path / "web")
    first = speech.spoken([CODE], at=clock.now())
    all_rendered(store)

    second = speech.spoken([CODE], at=clock.now())

    assert first.status_code == second.status_code == 200
    assert wav.seconds_of(second.content) > 1 and voice.rendered == ["Tapez le code de l'enfant, puis dièse."]
