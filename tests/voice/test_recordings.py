"""A town's own recordings: received, heard, used, taken away, and never heard in another town."""

import array
import io
import wave
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from lps.accounts.roles import Role
from lps.journal.models import AuditEntry
from lps.kernel import clock
from tenants import context
from tenants.models import Commune
from tests.families.factories import BY
from tests.office.pages import signed_in, text
from tests.sql import counted
from tests.voice.sounds import riff, tone
from voice import phrases, queries
from voice.dialogue.facts import phrase
from voice.gateway import speech, wav
from voice.gateway.prompts import Store
from voice.models import Recording
from voice.sentences import lines
from voice.services import recordings, speaking
from voice.services.recordings import RecordingRefused

LIST = "/mairie/telephone/phrases/"
CODE = "Tapez le code de l'enfant, puis dièse."


@pytest.fixture
def client(in_demo: Commune, settings, tmp_path: Path) -> Client:  # type: ignore[no-untyped-def]
    settings.LPS_VOICE_PROMPTS = str(tmp_path / "prompts")
    return signed_in(in_demo)


def page_of(words: str) -> str:
    (line,) = [line for line in lines().values() if line.words == words]
    return f"{LIST}{line.key}/"


def sent(content: bytes, name: str = "voix.wav") -> dict[str, object]:
    return {"recording": SimpleUploadedFile(name, content)}


def samples(content: bytes) -> array.array:  # type: ignore[type-arg]
    with wave.open(io.BytesIO(content)) as read:
        assert (read.getframerate(), read.getnchannels(), read.getsampwidth()) == (8000, 1, 2)
        return array.array("h", read.readframes(read.getnframes()))


def test_a_recording_is_heard_first_then_used_then_taken_away(client: Client, in_demo: Commune) -> None:
    page = page_of(CODE)
    by_voice = client.get(f"{page}son.wav").content

    draft = client.post(page, sent(tone()), follow=True)
    assert "Les familles ne l'entendent pas encore" in text(draft) and not Recording.objects.exists()
    digest = draft.context["draft"]
    heard = client.get(f"{LIST}essais/{digest}.wav").content
    assert client.get(f"{page}son.wav").content == by_voice != heard

    used = client.post(page, {"geste": "utiliser", "essai": digest}, follow=True)

    assert "Le prochain appel dira cette phrase par votre enregistrement." in text(used)
    assert client.get(f"{page}son.wav").content == heard
    assert "1 phrase est dite par votre enregistrement" in text(client.get(LIST))
    assert [row["line"].words for row in client.get(LIST, {"nos_voix": "on"}).context["rows"]] == [CODE]

    assert "n'est plus dit par votre enregistrement" in text(client.get(f"{page}retirer/"))
    client.post(f"{page}retirer/")

    assert client.get(f"{page}son.wav").content == by_voice and client.get(f"{page}retirer/").status_code == 404
    assert not default_storage.exists(f"voice/{digest}.wav")
    told = AuditEntry.objects.filter(action__startswith="voice_recording").order_by("pk").values_list("action", "after")
    assert [action for action, _ in told] == ["voice_recording_used", "voice_recording_removed"]
    assert told[0][1] == {"words": CODE, "digest": digest[:12]}


def test_a_recording_is_replaced_and_the_old_one_erased(client: Client) -> None:
    page = page_of(CODE)
    digests = []
    for hertz in (440, 660):
        digests.append(client.post(page, sent(tone(hertz=hertz)), follow=True).context["draft"])
        client.post(page, {"geste": "utiliser", "essai": digests[-1]})

    assert Recording.objects.get().digest == digests[1]
    assert [default_storage.exists(f"voice/{digest}.wav") for digest in digests] == [False, True]
    client.post(page, {"geste": "utiliser", "essai": digests[1]})
    assert AuditEntry.objects.filter(action="voice_recording_used").count() == 2


def test_what_a_recording_becomes_is_a_telephones_sound() -> None:
    for rate, width, channels in ((8000, 1, 1), (11_025, 2, 1), (44_100, 2, 2), (48_000, 3, 2), (96_000, 4, 1)):
        made = wav.finished(wav.read(tone(rate=rate, width=width, channels=channels), longest=30))

        told = samples(made)
        assert 1.0 < wav.seconds_of(made) < 1.3, rate
        assert max(map(abs, told)) == pytest.approx(32767 * 10 ** (-4 / 20), rel=0.02)
        crossings = sum(before < 0 <= after for before, after in zip(told, told[1:], strict=False))
        assert crossings == pytest.approx(440, abs=25), (rate, width)


def test_what_no_telephone_carries_is_left_out() -> None:
    loud = tone(hertz=1000)
    hiss = [round(9000 * ((-1) ** (rank // 3))) for rank in range(44_100)]  # 7,350 Hz
    both = [value + noise for value, noise in zip(_values(loud), hiss, strict=False)]

    told = samples(wav.finished(wav.read(riff(both), longest=30)))

    crossings = sum(before < 0 <= after for before, after in zip(told, told[1:], strict=False))
    assert crossings / (len(told) / 8000) < 1100


def _values(content: bytes) -> list[int]:
    return list(array.array("h", content[44:]))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "n'est pas un son WAV"),
        (b"ID3\x03" + b"\x00" * 500, "n'est pas un son WAV"),
        (b"RIFF\x00\x00\x00\x00WAVE", "n'est pas un son WAV"),
        (riff([0] * 44_100), "On n'entend rien"),
        (tone(seconds=31, rate=8000), "trente secondes"),
        (tone(seconds=0.1), "trop court"),
        (tone(rate=8000)[:44], "On n'entend rien"),
        (riff([1000, -1000] * 9000, kind=3), "n'est pas un son WAV"),
        (riff([100] * 90, rate=4000), "n'est pas un son WAV"),
        (b"RIFF" + b"\x00" * 6_000_001, "trop lourd"),
    ],
)
def test_what_cannot_be_used_says_what_to_do(client: Client, content: bytes, sentence: str) -> None:
    answer = client.post(page_of(CODE), sent(content))

    assert answer.status_code == 200 and sentence in text(answer)
    assert not Recording.objects.exists()


def test_a_file_that_is_missing_is_asked_for(client: Client) -> None:
    assert "Choisissez le fichier WAV." in text(client.post(page_of(CODE), {}))
    assert client.post(page_of(CODE), {"geste": "utiliser", "essai": "\x00"}).status_code == 302
    assert client.post(page_of(CODE), {"geste": "utiliser", "essai": "0" * 64}).status_code == 302
    assert client.get(f"{LIST}essais/{'../' * 3}x.wav").status_code == 404
    assert client.get(f"{LIST}essais/{'0' * 64}.wav").status_code == client.get(f"{LIST}abc/").status_code == 404
    assert client.get(page_of(CODE), {"essai": "é" * 9000}).status_code == 200
    for junk in ({"moment": "\x00"}, {"moment": "x" * 9000}, {"page": "9" * 400}):
        assert client.get(LIST, junk).status_code == 200


@given(st.binary(max_size=400), st.booleans(), st.integers(0, 44))
def test_any_bytes_are_refused_or_become_a_sound(noise: bytes, is_wave: bool, at: int) -> None:
    content = tone(rate=8000, seconds=0.4)[:at] + noise + tone(rate=8000, seconds=0.4)[at:] if is_wave else noise

    try:
        made = wav.finished(wav.read(content, longest=30))
    except (wav.NotSound, wav.TooLong, wav.Unheard):
        return
    assert len(samples(made)) > 0


def test_a_recording_within_a_sentence_plays_with_the_rest(in_demo: Commune, tmp_path: Path) -> None:
    store = Store(tmp_path)
    draft = recordings.receive(content=tone())
    welcome = phrase("welcome", town="Buchelay")
    recordings.use(
        store, words="Bonjour, vous êtes au service de réservation de", digest=draft.digest, by=BY, at=clock.now()
    )

    files = store.heard(welcome, queries.town_voice()).files

    assert [path.parent.name for path in files] == [str(in_demo.schema_name), tmp_path.name]
    assert files[1] == store.file("Buchelay")
    assert len(store.heard(phrase("code"), queries.town_voice()).files) == 1


def test_another_machine_brings_the_recording(in_demo: Commune, tmp_path: Path) -> None:
    draft = recordings.receive(content=tone())
    recordings.use(Store(tmp_path / "web"), words=CODE, digest=draft.digest, by=BY, at=clock.now())
    elsewhere = Store(tmp_path / "telephone")
    assert elsewhere.heard(phrase("code"), queries.town_voice()).wanted

    (path,) = speaking.sounds(elsewhere, [phrase("code")], at=clock.now()).files

    assert path.read_bytes() == default_storage.read(f"voice/{draft.digest}.wav")  # type: ignore[attr-defined]


def test_another_towns_recording_is_never_heard(
    client: Client, in_demo: Commune, buchelay: Commune, tmp_path: Path
) -> None:
    store = speech.store()
    with context.use(buchelay):
        theirs = recordings.receive(content=tone(hertz=700))
        recordings.use(store, words=CODE, digest=theirs.digest, by=BY, at=clock.now())
        (path,) = store.heard(phrase("code"), queries.town_voice()).files

    assert path.parent.name == str(buchelay.schema_name)
    assert store.heard(phrase("code"), queries.town_voice()).files == (store.file(CODE),)
    assert client.get(f"{LIST}essais/{theirs.digest}.wav").status_code == 404
    client.post(page_of(CODE), {"geste": "utiliser", "essai": theirs.digest})
    assert not Recording.objects.exists()


def test_drafts_are_forgotten_after_a_day(in_demo: Commune) -> None:
    digest = recordings.receive(content=tone()).digest

    recordings.forget_drafts(at=clock.now() + timedelta(hours=23))  # and what other tests left, if they took long
    assert recordings.draft(digest=digest)
    assert recordings.forget_drafts(at=clock.now() + timedelta(hours=25)) >= 1
    with pytest.raises(recordings.NoDraft):
        recordings.draft(digest=digest)
    assert recordings.forget_drafts(at=clock.now() + timedelta(hours=25)) == 0


def test_every_fixed_piece_may_be_recorded_and_says_where_it_stands(in_demo: Commune) -> None:
    found = lines()

    assert {line.words for line in found.values()} >= {*phrases.fixed(), in_demo.header_name}
    told = {line.words: line.whole for line in found.values()}
    assert told["Bonjour, vous êtes au service de réservation de"].endswith("de [le nom de la commune].")
    assert told["faites le 1."] == "Pour [le service], faites le 1." and told[CODE] == ""
    assert all("%" not in whole for whole in told.values())


def test_a_reader_records_nothing(in_demo: Commune) -> None:
    reader = signed_in(in_demo, Role.READ_ONLY)

    assert reader.get(LIST).status_code == reader.post(page_of(CODE), sent(tone())).status_code == 403
    assert "Phrases" not in text(reader.get("/mairie/telephone/"))


def test_the_list_costs_the_same_for_many_recordings(client: Client) -> None:
    client.get(LIST)
    with counted() as few:
        client.get(LIST)
    Recording.objects.bulk_create(
        Recording(words=words, digest=f"{rank:064}", seconds=1.0, recorded_at=clock.now())
        for rank, words in enumerate(phrases.fixed()[:60])
    )

    with counted() as many:
        client.get(LIST)

    assert len(many) == len(few), str(many)


def test_a_refusal_bears_its_code() -> None:
    with pytest.raises(RecordingRefused) as refused:
        recordings._made(b"x" * 20)

    assert str(refused.value.refusal.code) == "not_wav"
