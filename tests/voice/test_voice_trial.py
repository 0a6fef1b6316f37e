"""Trying the telephone from a browser: the same rules as on a call, a keypad without script, and nothing that stays."""

import io
import re
import uuid
import wave
from datetime import timedelta

import pytest
from django.test import Client

from booking.models import Booking, JournalEntry, Receipt, WaitingEntry
from lps.accounts.roles import Role
from lps.families.models import Child
from lps.journal.models import AuditEntry
from lps.kernel import clock
from notifications.models import OutboxMessage
from tenants.models import Commune
from tests.office.pages import signed_in, text
from tests.sql import counted
from voice import queries
from voice.models import Call, Pronunciation, VoiceSettings
from voice.services.retention import purge

BEGIN, WORDS = "/mairie/telephone/essai/", "/mairie/telephone/prononciations/"


@pytest.fixture
def client(in_demo: Commune) -> Client:
    return signed_in(in_demo, Role.SCHOOL)


def begun(client: Client) -> str:
    return client.post(BEGIN)["Location"]


def typed(client: Client, call: str, keys: str) -> str:
    """Type keys, and read what is said next."""
    rank = client.get(call).context["turn"].rank
    return text(client.post(call, {"tour": rank, "touches": keys}, follow=True))


def code_of(name: str = "Angéline") -> str:
    return Child.objects.get(first_name=name).child_code


def test_a_whole_booking_is_said_and_nothing_stays(client: Client, in_demo: Commune) -> None:
    before = [model.objects.count() for model in (Booking, Receipt, JournalEntry, WaitingEntry, OutboxMessage)]
    call = begun(client)

    assert "Tapez le code de l'enfant" in text(client.get(call))
    assert "Angéline." in typed(client, call, f"{code_of()}#")
    assert "Tapez la date" in typed(client, call, "1")
    week = typed(client, call, "1#")
    assert "à réserver" in week or "à annuler" in week, week
    assert "Pour confirmer, tapez le 1." in typed(client, call, "#")
    saved = typed(client, call, "1")

    assert ("C'est enregistré" in saved or "C'est annulé" in saved) and "Rien n'est enregistré ni envoyé." in saved
    after = [model.objects.count() for model in (Booking, Receipt, JournalEntry, WaitingEntry, OutboxMessage)]
    assert after == before
    assert not AuditEntry.objects.filter(action="receipt_sent").exists()
    assert not queries.calls().exists(), "the journal of calls tells those of families alone"


def test_keys_are_pressed_one_by_one_without_script(client: Client, in_demo: Commune) -> None:
    call, keys = begun(client), ""
    for key in code_of():
        answer = client.post(call, {"tour": 0, "touches": keys, "touche": key})
        keys += key
        assert answer.status_code == 200 and answer.context["typed"] == keys
    assert client.post(call, {"tour": 0, "touches": keys, "touche": "*"}).context["typed"] == ""

    assert client.post(call, {"tour": 0, "touches": keys, "touche": "#"}).status_code == 302
    assert "Angéline." in text(client.get(call))


def test_a_refusal_forgets_the_keys_that_are_left(client: Client, in_demo: Commune) -> None:
    call = begun(client)

    said = typed(client, call, f"{code_of()}#13104#1")

    assert "Cette date n'existe pas." in said and "Tapez la date" in said
    assert "à réserver" not in said and "à annuler" not in said
    assert client.get(call).context["turn"].rank == 1


def test_keys_sent_twice_count_once(client: Client, in_demo: Commune) -> None:
    call = begun(client)
    for _ in range(3):
        client.post(call, {"tour": 0, "touches": "999999#"})

    assert client.get(call).context["turn"].rank == 1


def test_silence_is_answered_then_the_call_ends(client: Client, in_demo: Commune) -> None:
    call = begun(client)

    assert "Je n'ai rien entendu" in typed(client, call, "")
    typed(client, call, "")
    assert "L'appel est terminé." in typed(client, call, "")


def test_hanging_up_ends_it(client: Client, in_demo: Commune) -> None:
    call = begun(client)

    assert client.post(call, {"geste": "raccrocher"})["Location"] == BEGIN
    assert client.get(call).status_code == 404
    assert Call.objects.get().outcome == Call.Outcome.HUNG_UP


def test_it_may_be_tried_before_families_may_call(client: Client, in_demo: Commune) -> None:
    VoiceSettings.objects.create(pk=1, is_open=False)

    assert "votre essai répond quand même" in text(client.get(BEGIN))
    assert "Tapez le code de l'enfant" in text(client.get(begun(client)))


def test_what_is_said_is_heard(client: Client, in_demo: Commune) -> None:
    call = begun(client)

    sound = client.get(f"{call}son.wav")

    assert sound["Content-Type"] == "audio/wav"
    with wave.open(io.BytesIO(sound.content)) as read:
        assert read.getframerate() == 8000 and read.getnframes() > 2 * 8000


def test_without_a_voice_the_page_says_so(client: Client, in_demo: Commune, monkeypatch: pytest.MonkeyPatch) -> None:
    call = begun(client)
    Pronunciation.objects.create(written="Bonjour", spoken=uuid.uuid4().hex)  # which no file says yet
    monkeypatch.setenv("PATH", "/nowhere")

    assert "n'a pas de voix" in text(client.get(call))
    assert client.get(f"{call}son.wav").status_code == 503


@pytest.mark.parametrize("junk", ["\x00", "A", "²", "1" * 41, "é" * 9000])
def test_what_no_telephone_has_is_told(client: Client, in_demo: Commune, junk: str) -> None:
    call = begun(client)

    assert "Un téléphone n'a que" in text(client.post(call, {"tour": 0, "touches": junk}))
    assert client.post(call, {"tour": junk, "touches": "1"}).status_code == 302
    assert client.get(f"{BEGIN}{uuid.uuid4()}/").status_code == 404


def test_the_state_lies_sealed_and_is_forgotten(client: Client, in_demo: Commune) -> None:
    call = begun(client)
    typed(client, call, f"{code_of()}#")
    row = Call.objects.get()
    assert row.state and "Angéline" not in row.state and code_of() not in row.state
    Call.objects.update(called_at=clock.now() - timedelta(hours=2))

    purge(now=clock.now())

    row.refresh_from_db()
    assert (row.state, row.outcome) == ("", Call.Outcome.HUNG_UP)
    assert client.get(call).status_code == 404


def test_a_word_is_heard_then_kept(client: Client, in_demo: Commune) -> None:
    asked = {"written": "Angéline", "spoken": "An gé line"}

    heard = client.post(WORDS, {**asked, "geste": "ecouter"})
    assert heard.status_code == 200 and not Pronunciation.objects.exists()
    assert client.get(heard.context["heard"])["Content-Type"] == "audio/wav"

    assert "Le prochain appel dira ce mot ainsi." in text(client.post(WORDS, asked, follow=True))
    assert queries.pronunciations() == [("Angéline", "An gé line")]
    again = client.post(WORDS, {"written": " ANGÉLINE ", "spoken": "x"})
    assert "a déjà sa prononciation" in text(again)


def test_a_word_is_changed_then_removed(client: Client, in_demo: Commune) -> None:
    client.post(WORDS, {"written": "ALSH", "spoken": "a èl esse ache"})
    page = f"{WORDS}{Pronunciation.objects.get().pk}/"

    client.post(page, {"written": "ALSH", "spoken": "centre de loisirs"})
    assert queries.pronunciations() == [("ALSH", "centre de loisirs")]
    assert client.get(f"{page}supprimer/").status_code == 200
    assert "est supprimée" in text(client.post(f"{page}supprimer/", follow=True))

    assert not Pronunciation.objects.exists()
    told = AuditEntry.objects.filter(subject="telephone").order_by("pk").values_list("action", flat=True)
    assert list(told) == ["pronunciation_saved", "pronunciation_saved", "pronunciation_removed"]


def test_the_towns_own_words_are_there_to_hear(client: Client, in_demo: Commune) -> None:
    page = text(client.get(WORDS))

    assert "Accueil Matin" in page and "Angéline" in page and "Mairie de démonstration" in page
    sound = re.search(r'src="([^"]*mot=Bertrand)"', page)
    assert sound and client.get(sound[1].replace("&amp;", "&"))["Content-Type"] == "audio/wav"
    assert 'value="Angéline"' in text(client.get(WORDS, {"mot": "Angéline"}))


@pytest.mark.parametrize(
    "wrong", [{"written": "", "spoken": "x"}, {"written": "x", "spoken": "y" * 121}, {"written": "\x00", "spoken": "y"}]
)
def test_a_word_that_cannot_be_taught_says_why(client: Client, in_demo: Commune, wrong: dict[str, str]) -> None:
    answer = client.post(WORDS, wrong)

    assert answer.status_code == 200 and answer.context["form"].errors
    for address in (f"{WORDS}{'9' * 30}/", f"{WORDS}son.wav", f"{WORDS}son.wav?mot=%00"):
        assert client.get(address).status_code == 404
    assert client.get(WORDS, {"mot": "\x00", "page": "9" * 99, "prenoms": "x"}).status_code == 200


def test_the_page_of_words_costs_the_same_for_many(client: Client, in_demo: Commune) -> None:
    Pronunciation.objects.create(written="A", spoken="a")
    client.get(WORDS)
    with counted() as few:
        client.get(WORDS)
    Pronunciation.objects.bulk_create(Pronunciation(written=f"Mot {rank}", spoken="x") for rank in range(40))

    with counted() as many:
        client.get(WORDS)

    assert len(many) == len(few), str(many)


def test_readers_neither_try_nor_teach(in_demo: Commune) -> None:
    reader = signed_in(in_demo, Role.READ_ONLY)

    assert {reader.get(path).status_code for path in (BEGIN, WORDS)} == {403}
