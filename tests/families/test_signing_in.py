"""Code enfant and code famille: one way in, one refusal."""

import re
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils.formats import date_format

from lps.accounts.models import DoorSession
from lps.families import services
from lps.families.models import Custody, Household
from lps.families.services import NewChild
from lps.journal.channels import Channel
from lps.journal.models import AuditEntry
from lps.kernel import clock
from tenants import context
from tenants.models import Commune
from tests.families.doors import browser, sign_in, text_of
from tests.families.factories import ALWAYS, BY, child_of, household
from tests.sql import counted

PAST = DateRange(date(2000, 1, 1), date(2001, 1, 1))
WRONG = {
    "unknown child": ("79999999", "72000001"),
    "unknown family": ("71000001", "79999999"),
    "both exist, not together": ("81000001", "72000001"),
    "malformed": ("abc", "72000001"),
    "too long": ("71000001123", "72000001"),
    "empty": ("", ""),
    "null character": ("71000001\x00", "72000001"),
}


def post(child_code: str, family_code: str, **more: str):
    return browser().post("/", {"child_code": child_code, "family_code": family_code, **more})


def test_the_pair_opens_the_planning_of_that_child(martin: Household) -> None:
    client = browser()

    answer = client.post("/", {"child_code": "71000005", "family_code": "72000001"})

    assert (answer.status_code, answer.headers["Location"]) == (302, "/enfants/71000005/planning/")
    assert "MARTIN" in client.get("/enfants/").content.decode()


def test_codes_may_be_typed_as_they_are_printed(martin: Household) -> None:
    assert post(" 7100 0001", "72.00.00.01").status_code == 302


def test_every_failing_path_makes_the_same_statements_and_the_same_answer(
    martin: Household, stranger: Household
) -> None:
    services.renew_family_code(household=stranger, by=BY, channel=Channel.OFFICE)
    for _ in range(6):
        post("71000005", "79999998")
    tried = WRONG | {
        "locked, codes right": ("71000005", "72000001"),
        "a code renewed since": ("81000001", "82000001"),
    }
    seen = {}

    for name, (child_code, family_code) in tried.items():
        with counted() as made:
            answer = post(child_code, family_code)
        seen[name] = (answer.status_code, text_of(answer), tuple(made.shapes))

    assert len(set(seen.values())) == 1


def test_a_refusal_never_sends_the_family_code_back(martin: Household) -> None:
    assert "72000001" not in post("79999999", "72000001").content.decode()


def test_five_wrong_tries_close_a_code_and_no_other_family(martin: Household, stranger: Household) -> None:
    for _ in range(5):
        post("71000001", "79999999")

    assert post("71000001", "72000001").status_code == 200
    assert post("81000001", "82000001").status_code == 302


def test_a_closed_code_opens_again_by_itself(martin: Household, later: Callable[..., None]) -> None:
    for _ in range(5):
        post("71000001", "79999999")

    later(seconds=31)

    assert post("71000001", "72000001").status_code == 302


def test_one_address_cannot_try_codes_for_ever(martin: Household) -> None:
    for number in range(30):
        post(f"7300{number:04}", f"7400{number:04}")

    assert post("71000001", "72000001").status_code == 200


def test_a_success_is_written_without_any_code(martin: Household) -> None:
    sign_in(browser(), martin)

    entry = AuditEntry.objects.get(action="sign_in", subject=martin.holder)
    assert (entry.actor_label, entry.channel) == ("famille MARTIN", Channel.WEB)
    assert "7" + "1000001" not in f"{entry.before}{entry.after}{entry.actor_key}"


def test_a_refusal_opens_no_session_and_writes_nothing(martin: Household) -> None:
    client = browser()
    before = AuditEntry.objects.count()

    client.post("/", {"child_code": "71000001", "family_code": "79999999"})

    assert client.get("/enfants/").headers["Location"] == "/?suivant=%2Fenfants%2F"
    assert (AuditEntry.objects.count(), DoorSession.objects.count()) == (before, 0)


def test_a_family_keeps_its_door_when_its_child_has_left(in_demo: Commune) -> None:
    home = household(children=[NewChild(first_name="Ancien", last_name="ESSAI")], custody=PAST)
    client = browser()

    answer = sign_in(client, home)

    assert (answer.status_code, answer.headers["Location"]) == (302, "/enfants/")
    page = client.get("/enfants/").content.decode()
    assert "Vos factures et vos reçus restent ici." in page and "Ancien" not in page and "Cliquez" not in page
    assert client.get(f"/enfants/{child_of(home).child_code}/planning/").status_code == 404
    told = AuditEntry.objects.get(action="sign_in", subject=home.holder).after
    assert told is None, "nobody's planning was opened"


def test_a_child_to_come_opens_its_family_which_reads_when(in_demo: Commune) -> None:
    first = clock.today(in_demo.zone) + timedelta(days=40)
    home = household(children=[NewChild(first_name="Futur", last_name="ESSAI")], custody=DateRange(first, None))
    client = browser()

    answer = sign_in(client, home, follow=f"/enfants/{child_of(home).child_code}/planning/")

    assert answer.status_code == 302
    assert f"Futur ESSAI y arrive le {date_format(first, 'j F Y')}." in client.get("/enfants/").content.decode()


def test_of_two_custodies_of_a_child_todays_counts(martin: Household) -> None:
    today = clock.today(context.current().zone)
    martin.custodies.filter(child=child_of(martin)).update(
        valid_during=DateRange(PAST.upper, today + timedelta(days=1))
    )
    for during in (PAST, DateRange(today + timedelta(days=30), None)):
        Custody.objects.create(child=child_of(martin), household=martin, valid_during=during)

    assert sign_in(browser(), martin).headers["Location"] == "/enfants/71000001/planning/"


def test_every_page_of_a_family_without_a_child_opens(in_demo: Commune) -> None:
    home = household(children=[NewChild(first_name="Ancien", last_name="ESSAI")], custody=PAST)
    client = browser()
    sign_in(client, home)
    waiting, seen = ["/enfants/"], {}

    while waiting:
        path = waiting.pop()
        answer = seen[path] = client.get(path, follow=True)
        if answer.headers["Content-Type"].startswith("text/html"):
            found = set(re.findall(r'href="(/[^"#]*)"', answer.content.decode()))
            waiting += [one for one in found - set(seen) - set(waiting) if not one.startswith("/static/")]

    assert {"/factures/", "/factures/tipi/", "/preinscription/", "/recus/"} <= set(seen)
    assert {path: answer.status_code for path, answer in seen.items() if answer.status_code != 200} == {}


def test_a_shared_child_opens_the_household_whose_code_is_typed(martin: Household, stranger: Household) -> None:
    services.share_child(child=child_of(martin), household=stranger, custody=ALWAYS, by=BY, channel=Channel.OFFICE)
    client = browser()

    client.post("/", {"child_code": "71000001", "family_code": "82000001"})

    page = client.get("/enfants/").content.decode()
    assert "Zoé AUTRE" in page and "Léa MARTIN" in page and "Hugo" not in page


def test_comes_back_to_the_page_that_was_asked_for(martin: Household) -> None:
    answer = sign_in(browser(), martin, follow="/donnees-personnelles/")

    assert answer.headers["Location"] == "/donnees-personnelles/"


@pytest.mark.parametrize("elsewhere", ["https://example.org/", "//example.org", "javascript:alert(1)", "aide/"])
def test_never_leaves_the_site_after_signing_in(martin: Household, elsewhere: str) -> None:
    assert sign_in(browser(), martin, follow=elsewhere).headers["Location"] == "/enfants/71000001/planning/"


def test_a_new_code_ends_sessions_and_the_old_code(martin: Household) -> None:
    client = browser()
    sign_in(client, martin)

    renewed = services.renew_family_code(household=martin, by=BY, channel=Channel.OFFICE)

    assert client.get("/enfants/").status_code == 302
    assert post("71000001", "72000001").status_code == 200
    assert post("71000001", renewed.family_code).status_code == 302
    assert renewed.code_renewed_at > martin.code_renewed_at


def test_a_session_opened_while_the_code_was_renewed_is_refused(martin: Household) -> None:
    client = browser()
    sign_in(client, martin)

    Household.objects.filter(pk=martin.pk).update(generation=2)  # as if the session had been written just after

    assert client.get("/enfants/").status_code == 302


def test_a_session_ends_after_inactivity(martin: Household, later: Callable[..., None]) -> None:
    client = browser()
    sign_in(client, martin)

    later(minutes=31)

    assert client.get("/enfants/").status_code == 302


def test_leaving_asks_first_then_ends_the_session(martin: Household) -> None:
    client = browser()
    sign_in(client, martin)

    asked = client.get("/deconnexion/")
    left = client.post("/deconnexion/", follow=True)

    assert "Voulez-vous quitter" in asked.content.decode()
    assert "Vous êtes déconnecté." in left.content.decode()
    assert client.get("/enfants/").status_code == 302
    assert AuditEntry.objects.filter(action="sign_out", subject=martin.holder).exists()


def test_only_who_has_left_reads_so(martin: Household) -> None:
    client = browser()
    sign_in(client, martin)

    assert "Vous êtes déconnecté." not in client.get("/?fait=deconnecte").content.decode()


def test_leaving_without_a_session_changes_nothing(in_demo: Commune) -> None:
    assert browser().post("/deconnexion/").headers["Location"] == "/"


def test_a_neighbour_who_guesses_keeps_nobody_out_for_long(martin: Household, later: Callable[..., None]) -> None:
    """A school, or an operator's mobile network, shares an address range: the others wait a minute at most."""
    for number in range(60):
        post(f"7300{number:04}", f"7400{number:04}")
    assert post("71000001", "72000001").status_code == 200

    later(seconds=61)

    assert post("71000001", "72000001").status_code == 302


def test_guesses_at_one_code_while_it_is_closed_do_not_close_it_longer(
    martin: Household, later: Callable[..., None]
) -> None:
    for _ in range(5):
        post("71000001", "79999999")

    for _ in range(29):
        later(seconds=1)
        post("71000001", "79999999")
    later(seconds=2)

    assert post("71000001", "72000001").status_code == 302


def test_a_family_that_comes_in_forgets_its_slips(martin: Household, later: Callable[..., None]) -> None:
    for _ in range(2):
        for _slip in range(4):
            post("71000001", "79999999")
        assert post("71000001", "72000001").status_code == 302
