"""The door of a provider of numbers: the same calls as by Asterisk, signed, and each answer counted once."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from xml.etree import ElementTree as xml

import pytest
from django.core.cache import cache
from django.test import Client

from lps.journal.actors import Actor
from lps.journal.models import AuditEntry
from lps.kernel import clock
from tenants import context
from tenants.lines import set_lines
from tenants.models import Commune, CommuneState
from tests.office.pages import signed_in, text
from tests.voice.asterisk import HANG_UP, LINE, SILENCE, Caller, played
from tests.voice.provider import SECRET, Provider, texts_of
from tests.voice.pupils import Pupil
from voice.gateway.signatures import is_signed, signature
from voice.models import Call, VoiceSettings
from voice.services.settings import set_provider_secret
from voice.views import webhook

BY = Actor.system("test")
FORM = {"CallSid": ["CA1234567890ABCDE"], "Caller": ["+14158675309"], "Digits": ["1234"]} | {
    "From": ["+14158675309"],
    "To": ["+18005551212"],
}


@pytest.fixture
def believed(town: Commune) -> Iterator[Commune]:
    """Buchelay believes its provider."""
    set_provider_secret(secret=SECRET, by=BY)
    yield town


def test_the_signature_is_that_of_the_providers_own_example() -> None:
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"

    assert signature(secret="12345", url=url, fields=FORM) == "RSOYDt4T1cUTdK1PDd93/VVr8B8="
    assert is_signed(secret="12345", url=url, fields=FORM, given="RSOYDt4T1cUTdK1PDd93/VVr8B8=")
    for other in ({"secret": "12346"}, {"url": f"{url}3"}, {"fields": {**FORM, "Digits": ["1235"]}}):
        given = "RSOYDt4T1cUTdK1PDd93/VVr8B8="
        assert not is_signed(**{"secret": "12345", "url": url, "fields": FORM, "given": given, **other})
    assert not is_signed(secret="12345", url=url, fields=FORM, given="é\x00")


SCRIPTS = {
    "a silence": [SILENCE, SILENCE, SILENCE],
    "the days, then good-bye": ["{code}#", "{key}", "{day}", "9#"],
    "again and back": ["{code}#", "0", "{key}", "*", "{key}", "{day}", "*", "9#"],
    "a day that is none": ["{code}#", "{key}", "3104", "1013", "0000"],
    "a whole week, kept for later": ["{code}#", "{key}", "1#", "#", "2", "9#"],
    "next week is read": ["{code}#", "8", "9#"],
    "no such choice": ["{code}#", "7", "7", "7"],
    "a wrong code, then a short one": ["99999999#", "12#", "9#"],
    "silence before the confirmation": ["{code}#", "{key}", "{day}", "#", SILENCE, "3", "9#"],
}


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS)
def test_both_doors_say_the_same(believed: Commune, pupil: Pupil, prompts: Path, script: list[str]) -> None:
    words = [word.format(code=pupil.code, key=pupil.key, day=pupil.keys) for word in script]

    [by_asterisk] = played(prompts, Caller([*words, HANG_UP]))
    cache.clear()
    by_provider = Provider(believed, [*words, HANG_UP]).call()

    assert by_provider.heard == by_asterisk.heard
    first, second = Call.objects.order_by("called_at")
    assert [stage for _, stage in first.steps] == [stage for _, stage in second.steps]
    assert first.outcome == second.outcome and not pupil.stands()


def test_a_hash_out_of_habit_answers_nothing(believed: Commune, pupil: Pupil, prompts: Path) -> None:
    """A provider lets it cut the question, which is asked again; our Asterisk does not."""
    words = ["#", f"{pupil.code}#", "#", pupil.key, "3104#", "9#"]

    [by_asterisk] = played(prompts, Caller([*words, HANG_UP]))
    by_provider = Provider(believed, [*words, HANG_UP]).call()

    assert len(by_asterisk.heard) < len(by_provider.heard)
    assert list(dict.fromkeys(by_provider.heard)) == list(dict.fromkeys(by_asterisk.heard))
    assert "Je n'ai rien entendu" not in by_provider.words


def test_keys_typed_ahead_lead_to_the_same_question(believed: Commune, pupil: Pupil, prompts: Path) -> None:
    burst = f"{pupil.code}#{pupil.key}{pupil.keys}#"

    [by_asterisk] = played(prompts, Caller([burst, HANG_UP]))
    by_provider = Provider(believed, [burst, HANG_UP]).call()

    assert by_provider.heard[-2:] == by_asterisk.heard[-2:] and "Pour confirmer" in by_provider.heard[-1]


def test_a_day_is_booked_and_canceled_through_either_door(believed: Commune, pupil: Pupil, prompts: Path) -> None:
    words = [f"{pupil.code}#", pupil.key, pupil.keys, "#", "1", "9"]

    booked = Provider(believed, words).call()
    assert booked.over and "C'est enregistré" in booked.words and pupil.stands()

    [canceled] = played(prompts, Caller(words))
    assert "déjà réservé : à annuler" in canceled.words and not pupil.stands()
    assert set(Call.objects.values_list("outcome", "door")) == {("saved", "webhook"), ("saved", "telephone")}


def test_a_provider_that_does_not_tell_the_key_still_ends_a_list(believed: Commune, pupil: Pupil) -> None:
    words = [f"{pupil.code}#", pupil.key, pupil.keys, "#", "1", "9"]

    Provider(believed, words, told_key=False).call()

    assert pupil.stands()


def test_a_step_sent_again_gets_the_same_answer_and_counts_once(believed: Commune, pupil: Pupil) -> None:
    caller = Provider(believed, [])
    first = caller.post(caller.first)
    assert asked(caller.post(caller.first)) == asked(first)

    at = caller.first + "?etape={}"
    keys = [f"{pupil.code}", pupil.key, pupil.keys, "", "1"]
    for rank, digits in enumerate(keys):
        answers = [asked(caller.post(at.format(rank), Digits=digits, FinishedOnKey="#")) for _ in range(3)]
        assert answers[0] == answers[1] == answers[2]
    assert "C'est enregistré" in " ".join(answers[0])

    assert pupil.stands()
    assert asked(caller.post(at.format(0), Digits="99999999")) == answers[0], "an old step moves nothing"
    assert Call.objects.get().outcome == Call.Outcome.SAVED


def test_a_hang_up_before_the_confirmation_changes_nothing(believed: Commune, pupil: Pupil) -> None:
    Provider(believed, [f"{pupil.code}#", pupil.key, pupil.keys, "#", HANG_UP]).call()

    call = Call.objects.get()
    assert (call.outcome, call.state, call.caller) == (Call.Outcome.HUNG_UP, "", "…56 78")
    assert not pupil.stands()


def test_what_is_played_is_a_sound(believed: Commune) -> None:
    caller = Provider(believed, [])
    [play] = xml.fromstring(caller.post(caller.first).content).iter("Play")

    assert "Buchelay" in " ".join(texts_of(play.text or ""))
    sound = Client(HTTP_HOST="buchelay.localhost").get((play.text or "").partition("localhost")[2])
    assert sound["Content-Type"] == "audio/wav" and len(sound.content) > 16_000
    assert Client(HTTP_HOST="demo.localhost").get((play.text or "").partition("localhost")[2]).status_code == 404


def test_without_a_voice_the_provider_speaks(believed: Commune, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")

    heard = Provider(believed, [HANG_UP]).call()

    assert "Tapez le code de l'enfant" in heard.words


@pytest.mark.parametrize("signed", ["", "RSOYDt4T1cUTdK1PDd93/VVr8B8=", "\x7f", "x" * 5000])
def test_a_forged_signature_is_refused(believed: Commune, signed: str) -> None:
    caller = Provider(believed, [])

    assert caller.post(caller.first, signed=signed).status_code == 403
    assert not Call.objects.exists()


def test_a_signature_of_another_secret_line_or_form_is_refused(believed: Commune) -> None:
    caller = Provider(believed, [])
    other = signature(secret=SECRET, url=caller.first.replace("549340", "549341"), fields={})

    assert caller.post(caller.first, signed=other).status_code == 403
    set_provider_secret(secret="un-autre-secret-long", by=BY)
    assert caller.post(caller.first).status_code == 403
    set_provider_secret(secret="", by=BY)
    assert caller.post(caller.first).status_code == 404


def test_a_number_of_nobody_or_of_another_commune_is_told_so(believed: Commune) -> None:
    for line in ("33100000000", "appelez", "0"):
        heard = Provider(believed, [], line=line).call()
        assert "attribué à aucune mairie" in heard.words and heard.over
    set_lines(commune=believed, numbers=["+33476549399"])
    assert "attribué à aucune mairie" in Provider(believed, []).call().words
    assert not Call.objects.exists()
    set_lines(commune=believed, numbers=[LINE])


def test_a_suspended_commune_is_a_sentence_and_no_error(believed: Commune) -> None:
    def become(state: CommuneState) -> None:
        with context.public():
            Commune.objects.filter(pk=believed.pk).update(state=state)

    become(CommuneState.SUSPENDED)
    try:
        heard = Provider(believed, []).call()
    finally:
        become(CommuneState.ACTIVE)

    assert "attribué à aucune mairie" in heard.words


@pytest.mark.parametrize(
    "wrong",
    [
        {"CallSid": ""},
        {"CallSid": "x" * 65},
        {"CallSid": "é" * 9},
        {"Digits": "A"},
        {"Digits": "1" * 33},
        {"Digits": "\x00"},
    ],
)
def test_a_body_that_no_provider_sends_is_refused(believed: Commune, wrong: dict[str, str]) -> None:
    caller = Provider(believed, [])

    assert caller.post(caller.first, **wrong).status_code == 400
    assert caller.post(f"{caller.first}?etape={'9' * 9}").status_code == 400
    assert caller.post(f"{caller.first}?etape=-1").status_code == 400
    assert caller.post(caller.first, padding="x" * webhook.MOST_BYTES).status_code == 413
    assert caller.post(caller.first.replace("twilio", "autre")).status_code == 404


def test_a_json_body_is_refused(believed: Commune) -> None:
    client = Client(HTTP_HOST="buchelay.localhost")
    assert client.post(f"/voix/twilio/{LINE.lstrip('+')}/", {}, content_type="application/json").status_code == 415


def test_a_step_of_a_call_that_nobody_began_ends_politely(believed: Commune) -> None:
    caller = Provider(believed, [])

    caller.plays(caller.post(f"{caller.first}?etape=3", Digits="1"))

    assert "Le service ne répond pas" in caller.words
    assert caller.post(caller.first, CallStatus="completed").status_code == 200


def test_too_many_wrong_codes_then_a_busy_line(believed: Commune, pupil: Pupil) -> None:
    wrong = ["10293847#", "10293848#", "10293849#"]
    Provider(believed, wrong).call()
    Provider(believed, wrong).call()

    third = Provider(believed, [])
    assert b"<Reject" in third.post(third.first).content
    assert Call.objects.first().outcome == Call.Outcome.REFUSED  # type: ignore[union-attr]
    other = Provider(believed, [f"{pupil.code}#"], number="+33687654321")
    assert pupil.child.first_name in other.call().words


def test_a_third_call_at_once_of_one_caller_hears_a_busy_line(believed: Commune) -> None:
    for _ in range(2):
        caller = Provider(believed, [])
        assert b"<Gather" in caller.post(caller.first).content

    third = Provider(believed, [])
    assert b"<Reject" in third.post(third.first).content
    hidden = Provider(believed, [], number="+266696687")
    assert b"<Gather" in hidden.post(hidden.first).content
    assert Call.objects.first().caller == ""  # type: ignore[union-attr]
    assert Call.objects.filter(outcome=Call.Outcome.RUNNING).update(called_at=clock.now() - timedelta(hours=1)) == 3
    assert b"<Gather" in third.post(third.first).content


def test_a_line_takes_so_many_calls_a_minute(believed: Commune, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "CALLS_A_MINUTE", 2)
    callers = [Provider(believed, [], number=f"+3361234560{rank}") for rank in range(3)]

    answers = [caller.post(caller.first).content for caller in callers]

    assert [b"<Gather" in one for one in answers] == [True, True, False]
    monkeypatch.setattr(webhook, "REQUESTS_A_MINUTE", 1)
    assert callers[0].post(callers[0].first).status_code == 429


def test_agents_give_the_secret_and_never_read_it_again(town: Commune) -> None:
    page, client = "/mairie/telephone/prestataire/", signed_in(town)

    assert "/voix/twilio/33476549340/" in text(client.get(page))
    assert "Recopiez le secret" in text(client.post(page, {"secret": ""}))
    assert "16" in text(client.post(page, {"secret": "court"}))
    client.post(page, {"secret": SECRET})
    assert SECRET not in text(client.get(page)) and SECRET not in VoiceSettings.objects.get().provider_secret
    assert b"<Gather" in (caller := Provider(town, [])).post(caller.first).content
    assert client.post(page, {"secret": ""}).status_code == 302 and VoiceSettings.objects.get().provider_secret
    client.post(page, {"stop": "on"})
    assert not VoiceSettings.objects.get().provider_secret
    told = AuditEntry.objects.filter(action="voice_provider_changed", actor_kind="agent")
    assert told.count() == 2 and SECRET not in str([(one.before, one.after) for one in told])


def asked(response) -> list[str]:  # type: ignore[no-untyped-def]
    """What is said, and where the answer goes."""
    document = xml.fromstring(response.content)
    texts = [text for one in document.iter("Play") for text in texts_of(one.text or "")]
    return [*texts, *(gather.attrib["action"] for gather in document.iter("Gather"))]
