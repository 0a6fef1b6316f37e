"""Messages of the home page: what an agent writes, families read, from its day to its end."""

from datetime import UTC, datetime, time, timedelta

import pytest
from django.test import Client

from lps.accounts.models import Account
from lps.journal.models import AuditEntry
from lps.kernel import clock
from tenants import context
from tenants.models import Commune
from tenants.town import messages
from tenants.town.models import Message
from tests.accounts.factories import browser
from tests.office.pages import signed_in, text
from tests.sql import counted
from tests.zone import next_day_of

LIST, NEW = "/mairie/messages/", "/mairie/messages/nouveau/"
WORDS = {"title": "Grève mardi", "body": "Pas de **cantine**.\n\n- garderie ouverte"}


@pytest.fixture
def client(in_demo: Commune) -> Client:
    """An administrator's browser."""
    return signed_in(in_demo)


def home(commune: Commune) -> str:
    return text(browser(commune).get("/"))


def the_message() -> Message:
    return Message.objects.get(title=WORDS["title"])


def told() -> list[str]:
    return list(
        AuditEntry.objects.filter(subject__startswith="message:", actor_kind="agent")
        .order_by("pk")
        .values_list("action", flat=True)
    )


def test_a_message_is_seen_before_it_is_published(client: Client, in_demo: Commune) -> None:
    preview = text(client.post(NEW, {**WORDS, "etape": "apercu"}))

    assert "<strong>cantine</strong>" in preview and "<li>garderie ouverte</li>" in preview
    assert not Message.objects.filter(title=WORDS["title"]).exists()
    assert "Grève mardi" not in home(in_demo)

    answer = client.post(NEW, {**WORDS, "etape": "publier"}, follow=True)

    assert "Le message est publié sur la page d'accueil" in text(answer)
    assert "<strong>cantine</strong>" in home(in_demo)
    assert told() == ["message_published"]


def test_the_preview_is_what_the_home_page_shows(client: Client, in_demo: Commune) -> None:
    preview = text(client.post(NEW, {**WORDS, "etape": "apercu"}))
    client.post(NEW, {**WORDS, "etape": "publier"})

    shown = article(home(in_demo)).replace(f"message-{the_message().pk}", "message-None")
    assert article(preview) == shown != ""


def article(page: str) -> str:
    return next((part for part in page.split("<article")[1:] if WORDS["title"] in part), "").partition("</article>")[0]


def test_what_was_written_comes_back_to_be_corrected(client: Client) -> None:
    page = text(client.post(NEW, {**WORDS, "ends_day": "2199-01-01", "etape": "corriger"}))

    assert 'value="Grève mardi"' in page and 'value="2199-01-01"' in page and "Pas de **cantine**." in page


def test_a_draft_is_seen_by_agents_alone(client: Client, in_demo: Commune) -> None:
    client.post(NEW, {**WORDS, "etape": "garder"})

    assert "Grève mardi" not in home(in_demo)
    assert "brouillon" in text(client.get(LIST))
    client.post(f"{LIST}{the_message().pk}/publier/")
    assert "Grève mardi" in home(in_demo)
    assert told() == ["message_written", "message_published"]


def test_a_message_is_withdrawn_and_published_again(client: Client, in_demo: Commune) -> None:
    client.post(NEW, {**WORDS, "etape": "publier"})
    path = f"{LIST}{the_message().pk}/"

    page = text(client.post(f"{path}retirer/", follow=True))
    assert "n'est plus affiché" in page and "Grève mardi" not in home(in_demo)
    client.post(f"{path}publier/")

    assert "Grève mardi" in home(in_demo)
    assert told() == ["message_published", "message_withdrawn", "message_published"]


def test_a_copy_is_a_draft_without_days(client: Client) -> None:
    client.post(NEW, {**WORDS, "ends_day": "2199-01-01", "etape": "publier"})

    page = text(client.post(f"{LIST}{the_message().pk}/copier/", follow=True))

    assert "Voici une copie" in page and "2199" not in page
    assert Message.objects.filter(title=WORDS["title"], is_draft=True, ends_at=None).count() == 1


def test_only_a_draft_is_removed(client: Client) -> None:
    client.post(NEW, {**WORDS, "etape": "publier"})
    path = f"{LIST}{the_message().pk}/"

    assert client.post(f"{path}supprimer/").status_code == 404
    client.post(f"{path}retirer/")
    assert client.post(f"{path}supprimer/").status_code == 302
    assert not Message.objects.filter(title=WORDS["title"]).exists()
    assert told()[-1] == "message_removed"


def test_a_message_to_come_waits_for_its_day(client: Client, in_demo: Commune) -> None:
    day = clock.today(in_demo.zone) + timedelta(days=3)

    page = text(
        client.post(
            NEW, {**WORDS, "starts_day": day.isoformat(), "starts_hour": "08:00", "etape": "publier"}, follow=True
        )
    )

    assert "s'affichera au jour choisi" in page and "à venir" in page
    assert the_message().starts_at == datetime(day.year, day.month, day.day, 8, tzinfo=in_demo.zone)
    assert "Grève mardi" not in home(in_demo)


def test_changing_a_message_that_is_read_keeps_its_first_day(client: Client, in_demo: Commune) -> None:
    client.post(NEW, {**WORDS, "etape": "publier"})
    began = the_message().starts_at

    form = text(client.get(f"{LIST}{the_message().pk}/modifier/"))
    assert 'name="starts_day"' not in form and "Affiché depuis le" in form
    client.post(
        f"{LIST}{the_message().pk}/modifier/",
        {**WORDS, "body": "Corrigé", "starts_day": "2030-01-01", "etape": "publier"},
    )

    assert (the_message().starts_at, the_message().body) == (began, "Corrigé")
    assert "Corrigé" in home(in_demo)
    entry = AuditEntry.objects.filter(action="message_changed").get()
    assert (entry.before, entry.after) == ({"body": WORDS["body"]}, {"body": "Corrigé"})


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"title": ""}, "Donnez un titre."),
        ({"body": "   "}, "Écrivez le message."),
        ({"body": "x" * 5001}, "5000"),
        ({"title": "a\x00b"}, "caractère"),
        ({"starts_day": "32/13/2026"}, "Ce jour n'existe pas"),
        ({"starts_day": "9999-01-01"}, "entre 2000 et 2199"),
        ({"ends_hour": "25:00", "ends_day": "2030-01-01"}, "Cette heure n'existe pas"),
        ({"ends_hour": "10:00"}, "Choisissez aussi le jour."),
        ({"starts_day": "2030-01-02", "ends_day": "2030-01-01"}, "La fin vient avant le début"),
        ({"ends_day": "2020-01-01"}, "déjà passée"),
    ],
)
def test_a_mistake_is_told_and_nothing_is_written(client: Client, wrong: dict[str, str], sentence: str) -> None:
    before = Message.objects.count()

    page = text(client.post(NEW, {**WORDS, **wrong, "etape": "publier"}))

    assert sentence in page
    assert Message.objects.count() == before and told() == []


def test_a_draft_whose_end_is_past_says_what_to_change(client: Client, in_demo: Commune) -> None:
    now = clock.now()
    made = Message.objects.create(
        title="Vieux", body="x", is_draft=True, starts_at=now - timedelta(9), ends_at=now - timedelta(1)
    )

    answer = client.post(f"{LIST}{made.pk}/publier/")

    assert answer.status_code == 400 and "déjà passée" in text(answer)
    assert Message.objects.get(pk=made.pk).is_draft


def test_whole_days_end_at_midnight_of_the_commune_through_the_clock_change(client: Client, in_demo: Commune) -> None:
    for hours, ends in ((25, time(23)), (23, time(22))):
        day = next_day_of(hours)
        client.post(NEW, {**WORDS, "ends_day": str(day), "etape": "garder"})
        made = Message.objects.filter(title=WORDS["title"]).latest("pk")

        assert made.ends_at == datetime.combine(day, ends, UTC)
        assert f'value="{day}"' in text(client.get(f"{LIST}{made.pk}/modifier/"))


def test_the_hour_that_comes_twice_still_has_an_order(client: Client) -> None:
    """2h30 then 2h15 by the hands on the wall: the end is before the start, whichever 2h it is."""
    autumn, spring = next_day_of(25), next_day_of(23)
    refused = text(
        client.post(
            NEW,
            {
                **WORDS,
                "starts_day": str(autumn),
                "starts_hour": "02:30",
                "ends_day": str(autumn),
                "ends_hour": "02:15",
                "etape": "publier",
            },
        )
    )
    assert "La fin vient avant le début" in refused

    client.post(
        NEW,
        {
            **WORDS,
            "starts_day": str(spring),
            "starts_hour": "02:30",
            "ends_day": str(spring),
            "ends_hour": "03:45",
            "etape": "publier",
        },
    )
    assert the_message().starts_at == datetime.combine(spring, time(1, 30), UTC), "2h30 did not exist: 3h30 is meant"


def test_who_reads_may_not_write(in_demo: Commune) -> None:
    reader = signed_in(in_demo, "lecture")

    page = text(reader.get(LIST))

    assert "Écrire un message" not in page and "Bienvenue" in page
    pk = Message.objects.first().pk
    answers = [
        reader.get(NEW),
        reader.post(NEW, WORDS),
        *(reader.post(f"{LIST}{pk}/{door}/") for door in ("modifier", "publier", "retirer", "copier", "supprimer")),
    ]
    assert {answer.status_code for answer in answers} == {403}
    assert told() == []


def test_an_agent_kept_to_one_school_does_not_write_to_all(in_demo: Commune) -> None:
    client = signed_in(in_demo, "scolaire")
    Account.objects.filter(email="claire@mairie.example").update(sites=[1])

    assert "Écrire un message" not in text(client.get(LIST))
    assert client.post(NEW, {**WORDS, "etape": "publier"}).status_code == 403


def test_the_list_costs_the_same_for_many_messages(client: Client) -> None:
    client.get(LIST)
    with counted() as few:
        client.get(LIST)
    now = clock.now()
    Message.objects.bulk_create(Message(title=f"M{n}", body="x", starts_at=now) for n in range(120))
    with counted() as many:
        page = text(client.get(LIST))

    assert len(few) == len(many) and "page=2" in page


def test_messages_are_in_the_order_of_what_is_to_be_done(in_demo: Commune) -> None:
    now = clock.now()
    Message.objects.all().delete()
    for title, shift, is_draft in (
        ("passé", -9, False),
        ("affiché", -1, False),
        ("à venir", 2, False),
        ("brouillon", -3, True),
    ):
        ends = now - timedelta(days=5) if title == "passé" else None
        Message.objects.create(
            title=title, body="x", is_draft=is_draft, starts_at=now + timedelta(days=shift), ends_at=ends
        )

    found = list(messages.in_order(now=now))

    assert [one.title for one in found] == ["brouillon", "à venir", "affiché", "passé"]
    assert [messages.state(one, now=now) for one in found] == ["draft", "planned", "shown", "past"]


def test_another_towns_message_does_not_exist(client: Client, buchelay: Commune) -> None:
    with context.use(buchelay):
        far = Message.objects.create(pk=900_001, title="Ailleurs", body="x", starts_at=clock.now())

    assert client.get(f"{LIST}{far.pk}/").status_code == 404
