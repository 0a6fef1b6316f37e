"""The agents' pages of what leaves: what is stuck and sent again, the settings, the stop button, a try."""

import pytest
from django.test import Client
from pytest_django import Settings

from lps.accounts.roles import Role
from lps.journal.actors import Actor
from lps.journal.models import AuditEntry
from notifications import gateways, queries
from notifications.models import OutboxMessage, SendingSettings, State
from notifications.services import post
from notifications.services.sending import change_sending
from notifications.services.sms import PLAIN, post_sms
from simulators.sms.server import API_KEY, serving
from tenants.models import Commune
from tests.office.pages import signed_in
from tests.office.pages import text as shown
from tests.sql import counted

BY = Actor.system("test")
HOURS = {"opens": "09:00", "closes": "19:00"}
FORM = {"provider": "console", "sender": "VILLE", "part_price": "0,08", "monthly_cap": "50", **HOURS}
NUMBER = "+33612345678"


@pytest.fixture
def administrator(in_demo: Commune) -> Client:
    return signed_in(in_demo, Role.ADMINISTRATOR)


def stuck(number: int = 1, *, state: State = State.DEAD, error: str = "monthly_cap") -> OutboxMessage:
    for _ in range(number):
        message = post_sms(to=NUMBER, template=PLAIN, facts={"text": "code 123456"}, by=BY)
        OutboxMessage.objects.filter(pk=message.pk).update(state=state, last_error=error)
    return message


def text(client: Client, path: str) -> str:
    return shown(client.get(path))


def test_what_is_stuck_says_why_and_hides_numbers_and_codes(administrator: Client) -> None:
    stuck()
    mail = post(to="marsone@example.org", template="families/emails/erased", facts={"family": "MARSONE"}, by=BY)
    OutboxMessage.objects.filter(pk=mail.pk).update(state=State.DEAD, last_error="recipient_refused 550")

    page = text(administrator, "/mairie/envois/")

    assert "Le plafond du mois est atteint." in page and "refusée" in page
    assert "marsone@example.org" in page
    assert "612345678" not in page and "123456" not in page


def test_the_page_costs_the_same_for_fifty(administrator: Client) -> None:
    stuck()
    text(administrator, "/mairie/envois/")
    with counted() as few:
        text(administrator, "/mairie/envois/")
    stuck(49)

    with counted() as many:
        text(administrator, "/mairie/envois/")

    assert len(many) == len(few), str(many)


@pytest.mark.parametrize("state", [State.DEAD, State.UNKNOWN])
def test_an_sms_is_sent_again_by_hand_under_another_mark_and_once(administrator: Client, state: State) -> None:
    message = stuck(state=state)
    path = f"/mairie/envois/{message.pk}/renvoyer/"
    assert ("peut-être été reçu" in text(administrator, path)) == (state == State.UNKNOWN)

    answers = [administrator.post(path)["Location"] for _ in range(2)]

    assert answers == ["/mairie/envois/?fait=renvoye", "/mairie/envois/?fait=deja"]
    again = OutboxMessage.objects.get()
    assert again.state == State.WAITING and again.message_id != message.message_id
    assert AuditEntry.objects.filter(action="message_sent_again").count() == 1


def test_settings_are_kept_and_told_in_the_journal(administrator: Client) -> None:
    assert administrator.post("/mairie/envois/reglages/", FORM).status_code == 302

    kept = SendingSettings.objects.get()
    assert (kept.sender, str(kept.part_price), kept.opens.hour) == ("VILLE", "0.0800", 9)
    entry = AuditEntry.objects.filter(action="sending_changed").latest("pk")
    assert (entry.before["sender"], entry.after["sender"]) == ("MAIRIE", "VILLE")


def test_the_page_says_who_the_town_writes_as_and_why_the_domain_stays(administrator: Client) -> None:
    assert "Mairie de démonstration, ne-pas-repondre@demo.localhost." in text(administrator, "/mairie/envois/reglages/")

    asked = {"email_name": "Service scolaire", "email_local": "scolaire", "reply_to": "ecoles@demo.example"}
    administrator.post("/mairie/envois/reglages/", FORM | asked)

    page = text(administrator, "/mairie/envois/reglages/")
    assert (
        "Service scolaire, scolaire@demo.localhost." in page and "Les réponses arrivent à ecoles@demo.example" in page
    )
    assert "Suivi de @demo.localhost" in page and "passerait pour un faux" in page


def test_identifiers_are_asked_for_sealed_kept_and_never_shown(administrator: Client) -> None:
    refused = administrator.post("/mairie/envois/reglages/", FORM | {"provider": "brevo"})
    assert "Ce prestataire demande cet identifiant." in refused.content.decode()

    administrator.post("/mairie/envois/reglages/", FORM | {"provider": "brevo", "api_key": API_KEY})
    administrator.post("/mairie/envois/reglages/", FORM | {"provider": "brevo", "monthly_cap": "60"})

    assert gateways.credentials(queries.sending()) == {"api_key": API_KEY}
    page = text(administrator, "/mairie/envois/reglages/")
    assert API_KEY not in page and "Déjà donné" in page
    assert API_KEY not in str(list(AuditEntry.objects.values_list("before", "after")))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("sender", "Été"),
        ("sender", "12"),
        ("sender", "123456"),
        ("sender", "MAIRIE\r\nX"),
        ("sender", "x" * 10_000),
        ("part_price", "-1"),
        ("part_price", "1e9"),
        ("monthly_cap", "-5"),
        ("monthly_cap", "NaN"),
        ("opens", "20:00"),
        ("reply_to", "a@b.fr\nBcc: c@d.fr"),
        ("email_name", "Mairie\r\nBcc: c@d.fr"),
        ("email_name", "Mairie <mairie@autre.fr>"),
        ("email_name", "x" * 10_000),
        ("email_local", "mairie@autre.fr"),
        ("email_local", "Mairie"),
        ("email_local", "é"),
        ("provider", "inconnu"),
        ("closes", "25:00"),
        ("sender", "A\x00B"),
    ],
)
def test_bad_settings_get_a_sentence(administrator: Client, field: str, value: str) -> None:
    answer = administrator.post("/mairie/envois/reglages/", FORM | {field: value})

    assert answer.status_code == 200 and "error" in answer.content.decode()
    assert SendingSettings.objects.get().monthly_cap == 100


def test_stop_asks_before_and_resumes_with_or_without_those_that_wait(administrator: Client) -> None:
    post_sms(to=NUMBER, template=PLAIN, facts={"text": "x"}, by=BY)
    assert "1 SMS attend." in text(administrator, "/mairie/envois/sms/arreter/")

    administrator.post("/mairie/envois/sms/arreter/")
    assert queries.sending().stopped_at is not None
    assert "Les SMS sont arrêtés depuis" in text(administrator, "/mairie/envois/")
    administrator.post("/mairie/envois/sms/reprendre/", {"attente": "abandonner"})

    assert queries.sending().stopped_at is None
    assert OutboxMessage.objects.get().last_error == "stopped"


def test_a_try_leaves_for_ones_own_phone(administrator: Client) -> None:
    assert administrator.post("/mairie/envois/reglages/essai/", {"number": "06 12 34 56 78"}).status_code == 302
    assert OutboxMessage.objects.get().address == NUMBER
    for bad in ("", "01 30 98 10 78", "x" * 9999, "0899123456", "06\x00"):
        assert administrator.post("/mairie/envois/reglages/essai/", {"number": bad}).status_code == 200
    assert OutboxMessage.objects.count() == 1


def test_credit_left_is_asked_and_a_silence_is_said(administrator: Client, settings: Settings) -> None:
    with serving() as server:
        settings.LPS_BREVO_URL = server.url
        change_sending(provider="brevo", credentials={"api_key": API_KEY}, by=BY)
        assert "Il reste 412" in text(administrator, "/mairie/envois/reglages/credit/")
        server.books.fault = "500"
        assert "ne répond pas" in text(administrator, "/mairie/envois/reglages/credit/")


@pytest.mark.parametrize("role", [Role.READ_ONLY, Role.ACTIVITIES])
def test_who_only_reads_sends_nothing_again(in_demo: Commune, role: Role) -> None:
    message, client = stuck(), signed_in(in_demo, role)

    assert "Renvoyer" not in text(client, "/mairie/envois/")
    assert client.post(f"/mairie/envois/{message.pk}/renvoyer/").status_code == 403
    assert client.get("/mairie/envois/reglages/").status_code == 403
