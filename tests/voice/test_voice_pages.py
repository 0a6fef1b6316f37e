"""The agents' pages of the telephone: what is decided, the numbers, the journal of calls and its figures."""

from datetime import timedelta

import pytest
from django.test import Client

from lps.accounts.roles import Role
from lps.console.lines import Wanted, add_line
from lps.journal.actors import Actor
from lps.journal.models import AuditEntry
from lps.kernel import clock
from tenants.lines import set_lines
from tenants.models import Commune
from tenants.queries import commune_of_number, lines_of
from tenants.town.queries import read_again
from tenants.town.queries import settings as town_settings
from tests.accounts.factories import browser
from tests.office.pages import signed_in, text
from tests.sql import counted
from tests.zone import PARIS
from voice import queries
from voice.dialogue.facts import HangUp
from voice.models import Call, VoiceSettings
from voice.services import conversation

HOME = "/mairie/telephone/"
SETTINGS, NUMBERS, CALLS = f"{HOME}reglages/", f"{HOME}numeros/", f"{HOME}appels/"
DECIDED = {"is_open": "on", "secret": "never", "takes_hidden": "on", "months_kept": "6"}
DECIDED |= {f"initial-{name}": value for name, value in DECIDED.items()}
Outcome = Call.Outcome


@pytest.fixture
def client(in_demo: Commune) -> Client:
    return signed_in(in_demo)


def called(commune: Commune, *, number: str = "+33612345678") -> str:
    """What a caller hears first, in codes."""
    _, action = conversation.begin(commune=commune, door=Call.Door.TELEPHONE, caller=number, at=clock.now())
    assert not isinstance(action, HangUp) or len(action.say) == 1
    return action.say[0].code  # type: ignore[union-attr]


def calls(outcome: Outcome, number: int = 1, *, stage: str = "dates", ago: timedelta = timedelta()) -> list[Call]:
    steps = [[0, "code"], [12, stage]]
    rows = [
        Call(door=Call.Door.TELEPHONE, caller="…56 78", outcome=outcome, seconds=72, steps=steps, last_stage=stage)
        for _ in range(number)
    ]
    for row in rows:
        row.called_at = clock.now() - ago
    return Call.objects.bulk_create(rows)


def test_a_decision_counts_from_the_next_call_and_is_written(client: Client, in_demo: Commune) -> None:
    assert called(in_demo) == "welcome"

    answer = client.post(SETTINGS, {**DECIDED, "notice": "Jeudi, pas de cantine."}, follow=True)

    assert "Le prochain appel en tient compte." in text(answer) and "Jeudi, pas de cantine." in text(answer)
    assert called(in_demo) == "notice"
    (entry,) = AuditEntry.objects.filter(action="voice_settings_changed")
    assert entry.before == {"notice": ""} and entry.after == {"notice": "Jeudi, pas de cantine."}


def test_a_message_is_no_more_read_after_its_day(client: Client, in_demo: Commune) -> None:
    client.post(SETTINGS, {**DECIDED, "notice": "Grève.", "notice_until": str(clock.today(PARIS) - timedelta(days=2))})

    assert called(in_demo) == "welcome"
    assert "n'est plus lu" in text(client.get(HOME))


def test_a_closed_telephone_says_so(client: Client, in_demo: Commune) -> None:
    shut = {name: value for name, value in DECIDED.items() if name != "is_open"}

    client.post(SETTINGS, shut)

    assert called(in_demo) == "shut"
    assert "Fermé : celui qui appelle" in text(client.get(HOME))


def test_a_hidden_number_may_be_turned_away(client: Client, in_demo: Commune) -> None:
    assert called(in_demo, number="") == "welcome"

    client.post(SETTINGS, {name: value for name, value in DECIDED.items() if name != "takes_hidden"})

    assert called(in_demo, number="") == "hidden"
    assert queries.calls()[0].outcome == Outcome.HIDDEN
    assert called(in_demo) == "welcome"


def test_somebody_elses_change_is_not_undone(client: Client) -> None:
    client.post(SETTINGS, {**DECIDED, "welcome": "la cantine de Buchelay"})

    client.post(SETTINGS, {**DECIDED, "months_kept": "3"})

    assert queries.settings().welcome == "la cantine de Buchelay" and queries.settings().months_kept == 3


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"opens_at": "07:00"}, "Donnez les deux heures"),
        ({"opens_at": "20:00", "closes_at": "07:00"}, "avant l'ouverture"),
        ({"opens_at": "26:00", "closes_at": "27:00"}, "Cette heure n'existe pas"),
        ({"notice": "x" * 301}, "300"),
        ({"notice": "a\x00"}, "caractère"),
        ({"notice_until": "31/02/2026"}, "Ce jour n'existe pas"),
        ({"secret": "peut-être"}, "peut-être"),
        ({"months_kept": "13"}, "12"),
        ({"months_kept": "9" * 400}, ""),
    ],
)
def test_what_cannot_be_decided_says_why(client: Client, wrong: dict[str, str], sentence: str) -> None:
    answer = client.post(SETTINGS, {**DECIDED, **wrong})

    assert answer.status_code == 200 and sentence in text(answer)
    assert not VoiceSettings.objects.exists()


def test_numbers_answer_and_are_what_families_read(client: Client, in_demo: Commune) -> None:
    sent = {"number": "04.76.54.93.41", "words": "appel gratuit", "others": "04 76 54 93 43, +33 4 76 54 93 44"}

    client.post(NUMBERS, sent)

    assert lines_of(in_demo) == ["+33476549341", "+33476549343", "+33476549344"]
    assert commune_of_number(number="+33476549343") == in_demo
    read_again()
    assert town_settings().voice_number == "04 76 54 93 41"
    assert "04 76 54 93 41" in text(browser(in_demo).get("/"))
    (entry,) = AuditEntry.objects.filter(action="voice_numbers_changed")
    assert entry.after["numbers"] == lines_of(in_demo)
    shown = client.get(NUMBERS).context["form"].initial
    assert shown["others"] == "04 76 54 93 43, 04 76 54 93 44"

    client.post(NUMBERS, {"number": "", "words": "", "others": ""})

    read_again()
    assert lines_of(in_demo) == [] and town_settings().voice_number == ""


def test_a_number_of_another_commune_is_refused(client: Client, in_demo: Commune, buchelay: Commune) -> None:
    set_lines(commune=buchelay, numbers=["+33476549349"])
    set_lines(commune=in_demo, numbers=["+33476549341"])

    answer = client.post(NUMBERS, {"number": "04 76 54 93 49", "others": "", "words": ""})

    assert "Le 04 76 54 93 49 répond déjà pour une autre commune." in text(answer)
    assert lines_of(in_demo) == ["+33476549341"] and lines_of(buchelay) == ["+33476549349"]
    assert not AuditEntry.objects.filter(action="voice_numbers_changed").exists()


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"number": "appelez-nous"}, "n'est pas un numéro de téléphone"),
        ({"number": "04\x00"}, "caractère"),
        ({"number": "", "others": "04 76 54 93 41"}, "Donnez d'abord le numéro"),
        ({"number": "0476549341", "others": ",".join(f"04765493{rank}" for rank in range(50, 56))}, "Cinq numéros"),
        ({"number": "0476549341", "others": "04 76 54 93 42 04"}, "n'est pas un numéro"),
        ({"number": "9" * 10_000}, "30"),
    ],
)
def test_a_number_that_is_none_says_so(client: Client, wrong: dict[str, str], sentence: str) -> None:
    answer = client.post(NUMBERS, wrong)

    assert answer.status_code == 200 and sentence in text(answer)


def test_reading_is_for_more_than_deciding(in_demo: Commune) -> None:
    reader = signed_in(in_demo, Role.READ_ONLY)

    assert reader.get(HOME).status_code == reader.get(CALLS).status_code == 200
    assert "Régler" not in text(reader.get(HOME))
    assert reader.get(SETTINGS).status_code == reader.post(NUMBERS, {"number": ""}).status_code == 403


def test_the_figures_say_where_callers_give_up(client: Client) -> None:
    calls(Outcome.SAVED, 3, stage="after")
    calls(Outcome.HUNG_UP, 2, stage="confirm")
    calls(Outcome.NOTHING, stage="code", ago=timedelta(days=3))
    calls(Outcome.SAVED, ago=timedelta(days=40))

    told = client.get(HOME).context["told"]
    page = text(client.get(HOME))

    assert (told.calls, told.saved, told.mean) == (6, 3, 72)
    assert told.left == {"confirm": 2, "code": 1}
    assert sum(day.calls for day in told.days) == 6 and told.days[-4].calls == 1
    assert "6 appels" in page and "1 min 12 s en moyenne" in page and "confirmation" in page


def test_the_journal_is_searched_by_day_and_outcome(client: Client) -> None:
    calls(Outcome.SAVED, 2)
    calls(Outcome.HUNG_UP, ago=timedelta(days=3))
    Call.objects.create(door=Call.Door.TRIAL, outcome=Outcome.SAVED)
    day = clock.today(PARIS) - timedelta(days=3)

    page = text(client.get(CALLS))
    assert page.count("…56 78") == 3 and "12 s : choix des jours" in page and "gardé 6 mois" in page
    assert text(client.get(CALLS, {"issue": "hung_up"})).count("…56 78") == 1
    assert text(client.get(CALLS, {"jour": str(day), "issue": "saved"})).count("…56 78") == 0
    assert "Ce jour n'existe pas" in text(client.get(CALLS, {"jour": "31/02/2026"}))
    for junk in ({"jour": "\x00"}, {"issue": "x" * 9000}, {"page": "9" * 400}, {"page": "\x00"}):
        assert client.get(CALLS, junk).status_code == 200


@pytest.mark.parametrize("path", [HOME, CALLS])
def test_a_page_costs_the_same_for_fifty_calls(client: Client, path: str) -> None:
    calls(Outcome.SAVED)
    client.get(path)
    with counted() as few:
        client.get(path)
    calls(Outcome.HUNG_UP, 30)
    calls(Outcome.SAVED, 19, ago=timedelta(days=1))

    with counted() as many:
        client.get(path)

    assert len(many) == len(few), str(many)


def test_agents_see_their_own_lines_and_cannot_change_them(client: Client, in_demo: Commune, buchelay: Commune) -> None:
    by = Actor.system("essai")
    add_line(wanted=Wanted(name="OVH", kind="address", networks="192.0.2.0/24", commune=in_demo), by=by)
    add_line(wanted=Wanted(name="SFR, Buchelay", kind="address", networks="198.51.100.0/24", commune=buchelay), by=by)

    page = text(client.get(HOME))

    assert "OVH" in page and "192.0.2.0/24" in page and "pas encore essayée" in page
    assert "SFR, Buchelay" not in page and "/telephone/lignes/" not in page
