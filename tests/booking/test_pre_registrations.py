"""Préinscription: a family answers child by child until the end; the town decides; access and bookings follow."""

from datetime import date, datetime, timedelta

import pytest
from django.test import Client

from booking import campaigns as reads
from booking.models import Admission, Booking, Campaign, PreRegistration, Receipt, ServiceDay
from booking.rules.campaigns import Wish
from booking.rules.planning import Cell, Change
from booking.services import campaigns
from booking.services.campaigns import CampaignSpec
from booking.services.pre_registrations import answer
from lps.accounts.models import Account
from lps.families.identity import actor_of
from lps.families.models import Child, Enrollment, Household
from lps.journal.actors import Actor, ActorKind
from lps.journal.channels import Channel
from lps.journal.models import AuditEntry
from notifications.models import OutboxMessage
from tenants.models import Commune
from tests.booking import october
from tests.booking.agents import signed_in
from tests.booking.october import MORNING, NOW, Autumn, codes
from tests.screens.reading import words
from tests.sql import counted

AGENT = Actor(ActorKind.AGENT, "1", "Nadia")
FIRST, LAST = date(2014, 11, 3), date(2014, 12, 19)
MONDAYS = [FIRST + timedelta(weeks=week) for week in range(7)]
PATH = "/preinscription/"


def spec(autumn: Autumn, **changes: object) -> CampaignSpec:
    facts = {
        "title": "Rentrée",
        "words": "Répondez.",
        "first_day": FIRST,
        "last_day": LAST,
        "opens_at": NOW - timedelta(days=1),
        "closes_at": NOW + timedelta(days=10),
        "activities": [autumn.activities[MORNING]],
        "weekdays": [0, 1, 3, 4],
        "books": True,
    }
    return CampaignSpec(**{**facts, **changes})  # type: ignore[arg-type]


@pytest.fixture
def campaign(autumn: Autumn) -> Campaign:
    return campaigns.create(spec=spec(autumn), by=AGENT, at=NOW)


@pytest.fixture
def morning(autumn: Autumn) -> int:
    return autumn.activities[MORNING]


def yes(morning: int, *weekdays: int) -> Wish:
    return Wish(returns=True, chosen={morning: frozenset(weekdays)})


def answers(campaign: Campaign, household: Household, wishes: dict[Child, Wish], at: datetime = NOW):
    return answer(
        campaign=campaign,
        household=household,
        wishes=wishes,
        by=actor_of(household),
        channel=Channel.WEB,
        received_at=at,
    )


def one(campaign: Campaign, household: Household, child: Child, wish: Wish, at: datetime = NOW) -> PreRegistration:
    [found] = answers(campaign, household, {child: wish}, at).written
    return found


def decide(campaign: Campaign, row: PreRegistration, state: str = "validated", why: str = "", version: int = 0):
    return campaigns.decide(
        campaign=campaign,
        seen={row.pk: version or row.version},
        state=PreRegistration.State(state),
        words=why,
        by=AGENT,
        at=NOW,
    )


def booked(child: Child, morning: int) -> list[date]:
    rows = Booking.objects.standing().filter(child=child, activity=morning, day__range=(FIRST, LAST))
    return sorted(rows.values_list("day", flat=True))


# --- Answering -------------------------------------------------------------------------------------------------------


def test_each_version_of_an_answer_is_kept_with_its_receipt(
    campaign: Campaign, marsone: Household, angeline: Child, morning: int
) -> None:
    first = one(campaign, marsone, angeline, yes(morning, 0))
    second = one(campaign, marsone, angeline, yes(morning, 0, 3))

    assert first.number == second.number == f"P-2014-{first.pk:06}"
    assert (first.version, second.version) == (1, 2)
    told = AuditEntry.objects.filter(subject=reads.subject_of(first)).order_by("pk")
    assert [entry.after["chosen"][0]["weekdays"] for entry in told] == [[0], [0, 3]]
    assert told[1].before["version"] == 1


def test_the_same_answer_again_changes_nothing(
    campaign: Campaign, marsone: Household, angeline: Child, morning: int
) -> None:
    one(campaign, marsone, angeline, yes(morning, 0))

    assert answers(campaign, marsone, {angeline: yes(morning, 0)}).written == ()
    assert PreRegistration.objects.get(child=angeline).version == 1


def test_an_answer_is_taken_from_the_opening_to_the_end_which_is_too_late(
    campaign: Campaign, marsone: Household, angeline: Child, morning: int
) -> None:
    tick = timedelta(milliseconds=1)
    tried = [campaign.opens_at - tick, campaign.opens_at, campaign.closes_at - tick, campaign.closes_at]

    refusals = [answers(campaign, marsone, {angeline: yes(morning, 0)}, at).refusal for at in tried]

    assert [refusal and refusal.code for refusal in refusals] == ["not_yet_open", None, None, "closed"]


def test_a_yes_without_any_day_is_refused_and_nothing_is_written(
    campaign: Campaign, marsone: Household, angeline: Child, bertrand: Child, morning: int
) -> None:
    done = answers(campaign, marsone, {angeline: Wish(returns=True), bertrand: yes(morning, 0)})

    assert done.refused and list(done.refused) == [angeline.pk]
    assert not PreRegistration.objects.exists()


def test_each_household_answers_for_its_own(
    campaign: Campaign, marsone: Household, durand: Household, angeline: Child, morning: int
) -> None:
    one(campaign, marsone, angeline, yes(morning, 0))
    one(campaign, durand, angeline, Wish(returns=False))

    kept = PreRegistration.objects.filter(child=angeline).order_by("pk")
    assert [(row.household_id, row.returns) for row in kept] == [(marsone.pk, True), (durand.pk, False)]


def test_answering_costs_the_same_for_one_child_or_two(
    campaign: Campaign, marsone: Household, angeline: Child, bertrand: Child, morning: int
) -> None:
    with counted() as two:
        answers(campaign, marsone, {angeline: yes(morning, 0), bertrand: yes(morning, 1)})
    PreRegistration.objects.all().delete()
    with counted() as alone:
        answers(campaign, marsone, {angeline: yes(morning, 0)})

    assert len(two) == len(alone), str(two)


# --- The parents' page -----------------------------------------------------------------------------------------------


def test_the_page_asks_in_the_towns_words(campaign: Campaign, parent: Client) -> None:
    read = words(parent.get(PATH).content.decode())

    for said in (
        "Préinscriptions",
        "MARSONE",
        "Oui, je réinscris Angéline MARSONE",
        "Non, je ne réinscris pas Angéline MARSONE",
        "Oui, je réinscris Bertrand MARSONE",
        "Activité lu lundi ma mardi me mercredi je jeudi ve vendredi sa samedi di dimanche",
    ):
        assert said in read


def test_a_parent_answers_and_reads_the_state(
    campaign: Campaign, parent: Client, angeline: Child, bertrand: Child, morning: int
) -> None:
    sent = {
        "campagne": campaign.pk,
        "reponse-123456": "oui",
        "jour-123456": [f"{morning}-0", f"{morning}-3"],
        "reponse-123457": "non",
        "jour-123457": [f"{morning}-0"],
    }
    done = parent.post(PATH, sent)

    read = words(parent.get(done.headers["Location"]).content.decode())
    assert "Votre réponse est enregistrée" in read
    assert "demandée Reçu P-2014-" in read
    assert "Accueil Matin : lundi, jeudi" in read
    row = PreRegistration.objects.get(child=bertrand)
    assert (row.returns, row.chosen) == (False, [])

    decide(campaign, PreRegistration.objects.get(child=angeline), "refused", "Plus de place.")
    assert "refusée : Plus de place." in words(parent.get(PATH).content.decode())
    assert "inchange" in parent.post(PATH, sent | {"reponse-123456": ""}).headers["Location"]


def test_a_household_reads_that_the_other_one_answered_and_not_what_it_asked(
    campaign: Campaign, parent: Client, durand: Household, angeline: Child, morning: int
) -> None:
    one(campaign, durand, angeline, yes(morning, 4))

    read = words(parent.get(PATH).content.decode())

    assert "L'autre foyer a répondu Oui de son côté. Répondez pour le vôtre." in read
    assert "Accueil Matin : vendredi" not in read
    assert "pas de réponse" in read


def test_what_is_wrong_is_said_beside_the_child_and_what_was_ticked_stays(
    campaign: Campaign, parent: Client, morning: int
) -> None:
    sent = {"campagne": campaign.pk, "reponse-123456": "oui", "reponse-123457": "oui", "jour-123457": f"{morning}-4"}
    page = parent.post(PATH, sent)

    assert page.status_code == 400
    assert "Angéline MARSONE : Cochez au moins un jour, ou répondez Non." in words(page.content.decode())
    assert f'name="jour-123457" value="{morning}-4" checked' in page.content.decode()
    assert not PreRegistration.objects.exists()


@pytest.mark.parametrize(
    "sent",
    [
        {"campagne": "9" * 30, "reponse-123456": "non"},
        {"campagne": "1\x00", "reponse-123456": "non"},
        {"reponse-123456": "peut-être"},
        {"reponse-123456": "oui", "jour-123456": "999999-0"},
        {"reponse-123456": "oui", "jour-123456": "0-9"},
        {"reponse-999999": "non"},
        {},
    ],
)
def test_what_no_page_of_ours_sends_is_refused_in_words(
    campaign: Campaign, parent: Client, sent: dict[str, str]
) -> None:
    page = parent.post(PATH, {"campagne": campaign.pk, **sent})

    assert page.status_code == 400
    assert "note bad" in page.content.decode()
    assert not PreRegistration.objects.exists()


def test_outside_of_a_campaign_the_page_says_which_comes_and_which_is_closed(
    autumn: Autumn, parent: Client, campaign: Campaign
) -> None:
    campaigns.close_now(campaign=campaign, by=AGENT, at=NOW)
    later = spec(autumn, title="Été", opens_at=NOW + timedelta(days=3))
    campaigns.create(spec=later, by=AGENT, at=NOW)

    read = words(parent.get(PATH).content.decode())

    assert "Les réponses sont closes depuis le mercredi 08/10 à 13h20." in read
    assert "Été Du 03/11/2014 au 19/12/2014 Répondez. Vous pourrez répondre à partir du samedi 11/10 à 13h20." in read
    assert "Oui, je réinscris" not in read
    assert parent.post(PATH, {"campagne": campaign.pk, "reponse-123456": "non"}).status_code == 400


def test_the_page_costs_the_same_for_many_answers(
    campaign: Campaign, parent: Client, marsone: Household, angeline: Child, bertrand: Child, morning: int
) -> None:
    parent.get(PATH)
    with counted() as none:
        parent.get(PATH)
    answers(campaign, marsone, {angeline: yes(morning, 0), bertrand: yes(morning, 0)})
    with counted() as two:
        parent.get(PATH)

    assert len(two) == len(none) <= 10, str(two)


# --- Deciding --------------------------------------------------------------------------------------------------------


def test_validating_books_the_days_and_tells_the_family(
    campaign: Campaign, marsone: Household, angeline: Child, morning: int
) -> None:
    row = one(campaign, marsone, angeline, yes(morning, 0))
    assert decide(campaign, row).number == 1
    assert booked(angeline, morning) == []

    assert campaigns.book_asked(at=NOW) == 1

    row.refresh_from_db()
    assert booked(angeline, morning) == MONDAYS
    assert row.outcome["booked"] == 7 and row.booking == "done"
    assert OutboxMessage.objects.filter(template="booking/emails/decided").count() == 1
    assert campaigns.book_asked(at=NOW) == 0


def test_days_that_families_may_not_book_yet_are_booked_too(
    autumn: Autumn, marsone: Household, angeline: Child, morning: int
) -> None:
    far = ServiceDay.objects.filter(activity=morning, open=True, day__gte=NOW.date() + timedelta(weeks=20)).order_by(
        "day"
    )
    day = far[0].day
    assert codes(october.ask(angeline, marsone, [Change(Cell(morning, day), wanted=True)]).refused) == ["not_yet_open"]
    campaign = campaigns.create(spec=spec(autumn, first_day=day, last_day=day), by=AGENT, at=NOW)
    row = one(campaign, marsone, angeline, yes(morning, day.weekday()))

    decide(campaign, row)
    campaigns.book_asked(at=NOW)

    found = Booking.objects.standing().filter(child=angeline, activity=morning, day=day)
    assert found.count() == 1
    row.refresh_from_db()
    [receipt] = Receipt.objects.filter(pk__in=row.outcome["receipts"])
    assert receipt.reason == f"Préinscription {row.number}, Rentrée"


def test_full_days_are_told_and_the_others_booked(
    campaign: Campaign, marsone: Household, angeline: Child, morning: int
) -> None:
    ServiceDay.objects.filter(activity=morning, day=MONDAYS[2]).update(places=0)
    row = one(campaign, marsone, angeline, yes(morning, 0))
    decide(campaign, row)

    campaigns.book_asked(at=NOW)

    row.refresh_from_db()
    assert booked(angeline, morning) == [day for day in MONDAYS if day != MONDAYS[2]]
    assert [(one["code"], one["day"]) for one in row.outcome["refused"]] == [("full", str(MONDAYS[2]))]


def test_booking_again_books_what_could_not_be_and_nothing_twice(
    campaign: Campaign, marsone: Household, angeline: Child, morning: int
) -> None:
    ServiceDay.objects.filter(activity=morning, day=MONDAYS[2]).update(places=0)
    decide(campaign, one(campaign, marsone, angeline, yes(morning, 0)))
    campaigns.book_asked(at=NOW)
    ServiceDay.objects.filter(activity=morning, day=MONDAYS[2]).update(places=5)

    campaigns.book_again(campaign=campaign, by=AGENT, at=NOW)
    campaigns.book_asked(at=NOW)

    assert booked(angeline, morning) == MONDAYS
    assert PreRegistration.objects.get().outcome["booked"] == 7
    assert OutboxMessage.objects.filter(template="booking/emails/decided").count() == 1


def test_a_decision_taken_back_cancels_what_it_booked_and_nothing_else(
    campaign: Campaign, autumn: Autumn, marsone: Household, angeline: Child, morning: int
) -> None:
    own = MONDAYS[0] + timedelta(days=1)
    october.ask(angeline, marsone, [Change(Cell(morning, own), wanted=True)])
    row = one(campaign, marsone, angeline, yes(morning, 0))
    decide(campaign, row)
    campaigns.book_asked(at=NOW)

    decide(campaign, row, "refused", "Plus de place.")
    campaigns.book_asked(at=NOW)

    assert booked(angeline, morning) == [own]
    outcome = PreRegistration.objects.get().outcome
    assert (outcome["booked"], outcome["canceled"]) == (0, 7)
    assert not Admission.objects.exists()


def test_a_changed_answer_waits_again_and_its_new_days_replace_the_old(
    campaign: Campaign, marsone: Household, angeline: Child, morning: int
) -> None:
    row = one(campaign, marsone, angeline, yes(morning, 0))
    decide(campaign, row)
    campaigns.book_asked(at=NOW)

    row = one(campaign, marsone, angeline, yes(morning, 3))
    assert row.state == "answered"
    assert booked(angeline, morning) == MONDAYS
    decide(campaign, row)
    campaigns.book_asked(at=NOW)

    assert {day.weekday() for day in booked(angeline, morning)} == {3}


def test_what_a_family_changed_since_it_was_read_is_not_decided(
    campaign: Campaign, marsone: Household, angeline: Child, morning: int
) -> None:
    row = one(campaign, marsone, angeline, yes(morning, 0))
    one(campaign, marsone, angeline, Wish(returns=False))

    done = decide(campaign, row, version=1)

    assert (done.number, len(done.changed)) == (0, 1)
    assert PreRegistration.objects.get().state == "answered"


def test_validating_all_leaves_what_was_answered_after_the_preview(
    campaign: Campaign, marsone: Household, angeline: Child, bertrand: Child, morning: int
) -> None:
    early = one(campaign, marsone, angeline, yes(morning, 0), NOW - timedelta(hours=1))
    late = one(campaign, marsone, bertrand, yes(morning, 0), NOW + timedelta(seconds=1))

    number = campaigns.validate_all(campaign=campaign, answers=[early.pk, late.pk], until=NOW, by=AGENT, at=NOW)

    assert number == 1
    assert list(PreRegistration.objects.filter(state="answered")) == [late]


def test_an_activity_may_be_kept_for_the_children_validated(
    autumn: Autumn, marsone: Household, angeline: Child, bertrand: Child, morning: int
) -> None:
    campaign = campaigns.create(spec=spec(autumn, books=False, reserves=True), by=AGENT, at=NOW)
    wanted = [Change(Cell(morning, MONDAYS[0]), wanted=True)]
    before = [Change(Cell(morning, date(2014, 10, 13)), wanted=True)]
    decide(campaign, one(campaign, marsone, angeline, yes(morning, 0)))

    assert codes(october.ask(bertrand, marsone, wanted).refused) == ["not_entitled"]
    assert october.ask(angeline, marsone, wanted).refused == ()
    assert codes(october.ask(bertrand, marsone, before).refused) == []


def test_deciding_costs_the_same_for_one_answer_or_many(
    campaign: Campaign, marsone: Household, angeline: Child, bertrand: Child, morning: int
) -> None:
    rows = answers(campaign, marsone, {angeline: yes(morning, 0), bertrand: yes(morning, 1)}).written
    with counted() as two:
        campaigns.validate_all(campaign=campaign, answers=[row.pk for row in rows], until=NOW, by=AGENT, at=NOW)
    PreRegistration.objects.filter(child=angeline).update(state="answered")
    Admission.objects.all().delete()
    with counted() as alone:
        campaigns.validate_all(campaign=campaign, answers=[row.pk for row in rows], until=NOW, by=AGENT, at=NOW)

    assert len(two) == len(alone), str(two)


# --- The agents' pages -----------------------------------------------------------------------------------------------


@pytest.fixture
def clerk(demo: Commune) -> Client:
    return signed_in(demo, "scolaire")


def office(campaign: Campaign, end: str = "") -> str:
    return f"/mairie/preinscriptions/{campaign.pk}/{end}"


def form(morning: int, **changes: object) -> dict[str, object]:
    return {
        "title": "Rentrée 2015", "words": "Bonjour", "first_day": "2015-09-01", "last_day": "2016-07-05",
        "opens_day": "2015-05-01", "opens_hour": "08:00", "closes_day": "2015-06-01", "closes_hour": "17:00",
        "activities": [morning], "weekdays": ["0"], **changes,
    }  # fmt: skip


def test_an_agent_makes_a_campaign_and_changes_it_while_it_is_closed(
    clerk: Client, campaign: Campaign, morning: int
) -> None:
    made = clerk.post("/mairie/preinscriptions/nouvelle/", form(morning))
    found = Campaign.objects.get(title="Rentrée 2015")
    assert made.headers["Location"] == f"{office(found)}?fait=creee"

    clerk.post(office(found, "modifier/"), form(morning, title="Rentrée de 2015"))
    assert Campaign.objects.filter(title="Rentrée de 2015").exists()

    refused = clerk.post(office(campaign, "modifier/"), form(morning, title="Autre"))
    assert refused.status_code == 400
    assert not Campaign.objects.filter(title="Autre").exists()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"title": ""}, "Donnez un titre."),
        ({"title": "a\x00b"}, "caractère nul"),
        ({"last_day": "2015-08-01"}, "Ce jour vient avant le premier"),
        ({"last_day": "2018-08-01"}, "dix-huit mois au plus"),
        ({"closes_day": "2015-04-01"}, "La clôture vient avant l'ouverture"),
        ({"first_day": "31/02/2015"}, "Ce jour n'existe pas"),
        ({"activities": []}, "Cochez au moins une activité."),
        ({"activities": ["999999999999"]}, "Cette activité n'existe plus"),
        ({"weekdays": []}, "Cochez au moins un jour de la semaine."),
    ],
)
def test_a_campaign_that_cannot_be_is_refused_in_words(
    clerk: Client, morning: int, changes: dict[str, object], said: str
) -> None:
    page = clerk.post("/mairie/preinscriptions/nouvelle/", form(morning, **changes))

    assert page.status_code == 400
    assert said in words(page.content.decode())
    assert not Campaign.objects.filter(first_day=date(2015, 9, 1)).exists()


def test_an_agent_closes_early_and_opens_again(clerk: Client, campaign: Campaign, parent: Client) -> None:
    clerk.post(office(campaign, "clore/"))
    assert parent.post(PATH, {"campagne": campaign.pk, "reponse-123456": "non"}).status_code == 400

    past = clerk.post(office(campaign, "ouvrir/"), {"closes_day": "2014-10-01", "closes_hour": "17:00"})
    assert "Ce moment est déjà passé" in words(past.content.decode())
    clerk.post(office(campaign, "ouvrir/"), {"closes_day": "2014-10-20", "closes_hour": "17:00"})
    assert parent.post(PATH, {"campagne": campaign.pk, "reponse-123456": "non"}).status_code == 302


def test_the_list_says_who_answered_and_who_has_not(
    clerk: Client, campaign: Campaign, marsone: Household, stranger: Household, angeline: Child, morning: int
) -> None:
    one(campaign, marsone, angeline, yes(morning, 0, 3))

    read = words(clerk.get(office(campaign)).content.decode())
    assert "Angéline MARSONE CE1 École de démonstration MARSONE Oui Accueil Matin : lundi, jeudi à valider" in read
    silent = words(clerk.get(office(campaign), {"reponse": "silent"}).content.decode())
    assert "Bertrand MARSONE" in silent and "Angéline MARSONE" not in silent
    table = clerk.get(office(campaign, "reponses.csv"), {"reponse": "yes"}).content.decode()
    assert "École de démonstration;CE1;MARSONE;Angéline;MARSONE;oui;lundi, jeudi;P-2014-" in table
    assert "Bertrand" not in table
    assert clerk.get(office(campaign, "reponses.xlsx")).content[:2] == b"PK"


def test_a_school_or_a_class_alone_is_shown_and_validated(
    clerk: Client,
    campaign: Campaign,
    autumn: Autumn,
    marsone: Household,
    angeline: Child,
    bertrand: Child,
    morning: int,
) -> None:
    answers(campaign, marsone, {angeline: yes(morning, 0), bertrand: yes(morning, 0)})
    nowhere = words(clerk.get(office(campaign), {"ecole": 999}).content.decode())
    assert "Personne ne correspond à ce choix." in nowhere
    ce1 = words(clerk.get(office(campaign), {"classe": autumn.ce1.pk}).content.decode())
    assert "Angéline MARSONE" in ce1 and "Bertrand MARSONE" not in ce1

    path = f"{office(campaign, 'valider/')}?classe={autumn.ce1.pk}"
    assert "Rentrée, École de démonstration, CE1" in words(clerk.get(path).content.decode())
    clerk.post(path, {"vu": (NOW + timedelta(hours=1)).isoformat()})

    assert [row.child for row in PreRegistration.objects.filter(state="validated")] == [angeline]


def test_an_agent_validates_all_after_a_preview(
    clerk: Client, campaign: Campaign, marsone: Household, angeline: Child, bertrand: Child, morning: int
) -> None:
    answers(campaign, marsone, {angeline: yes(morning, 0), bertrand: Wish(returns=False)})
    page = clerk.get(office(campaign, "valider/")).content.decode()
    read = words(page)
    assert "2 réponses seront validées : 1 enfant réinscrit 1 enfant qui ne revient pas" in read

    seen = page.partition('name="vu" value="')[2].partition('"')[0]
    clerk.post(office(campaign, "valider/"), {"vu": seen})

    assert set(PreRegistration.objects.values_list("state", flat=True)) == {"validated"}
    assert clerk.post(office(campaign, "valider/"), {"vu": "hier"}).status_code == 400


def test_an_agent_refuses_a_line_with_words(
    clerk: Client, campaign: Campaign, marsone: Household, angeline: Child, morning: int
) -> None:
    row = one(campaign, marsone, angeline, yes(morning, 0))
    path = office(campaign, f"reponses/{row.pk}/")
    mute = clerk.post(path, {"version": 1, "state": "refused"})
    assert mute.status_code == 400 and "Écrivez le motif" in words(mute.content.decode())

    clerk.post(path, {"version": 1, "state": "refused", "words": "Trop tard."})

    row.refresh_from_db()
    assert (row.state, row.words, row.decided_by) == ("refused", "Trop tard.", "Nadia")
    one(campaign, marsone, angeline, yes(morning, 1))
    stale = clerk.post(path, {"version": 1, "state": "validated"})
    assert "Cette famille a changé sa réponse entre-temps" in words(stale.content.decode())


def test_an_agent_writes_a_familys_answer_down_even_after_the_end(
    clerk: Client, campaign: Campaign, marsone: Household, angeline: Child, morning: int
) -> None:
    campaigns.close_now(campaign=campaign, by=AGENT, at=NOW)
    path = f"/mairie/familles/{marsone.pk}/preinscriptions/"
    assert "Oui, je réinscris Angéline MARSONE" in words(clerk.get(path).content.decode())

    empty = clerk.post(path, {"campagne": campaign.pk, "reponse-123456": "oui"})
    assert empty.status_code == 400 and "Cochez au moins un jour" in words(empty.content.decode())
    clerk.post(path, {"campagne": campaign.pk, "reponse-123456": "oui", "jour-123456": f"{morning}-0"})

    row = PreRegistration.objects.get(child=angeline)
    assert (row.channel, row.household) == ("office", marsone)
    told = AuditEntry.objects.get(subject=reads.subject_of(row))
    assert told.actor_label == "Nadia"


def test_a_reader_at_the_counter_writes_nothing(demo: Commune, campaign: Campaign, marsone: Household) -> None:
    reader, path = signed_in(demo, "lecture"), f"/mairie/familles/{marsone.pk}/preinscriptions/"

    assert "Oui, je réinscris" not in words(reader.get(path).content.decode())
    assert reader.post(path, {"campagne": campaign.pk, "reponse-123456": "non"}).status_code == 403
    assert not PreRegistration.objects.exists()


@pytest.mark.parametrize("role", ["lecture", "régie"])
def test_some_roles_read_the_answers_and_decide_nothing(
    demo: Commune, campaign: Campaign, marsone: Household, angeline: Child, morning: int, role: str
) -> None:
    row, reader = one(campaign, marsone, angeline, yes(morning, 0)), signed_in(demo, role)

    page = reader.get(office(campaign))
    assert page.status_code == 200 and "Tout valider" not in page.content.decode()
    assert reader.post(office(campaign, f"reponses/{row.pk}/"), {"version": 1, "state": "validated"}).status_code == 403
    assert reader.post(office(campaign, "valider/"), {"vu": NOW.isoformat()}).status_code == 403
    assert reader.post(office(campaign, "clore/")).status_code == 403
    assert PreRegistration.objects.get().state == "answered"


def test_the_list_counts_the_answers_of_an_agents_schools(
    demo: Commune, campaign: Campaign, marsone: Household, angeline: Child, morning: int
) -> None:
    one(campaign, marsone, angeline, yes(morning, 0))
    clerk = signed_in(demo, "scolaire")
    site = Enrollment.objects.filter(child=angeline).latest("pk").school_class.site_id

    def told(**kept: list[int]) -> str:
        Account.objects.filter(name="Nadia").update(**{"sites": [], "activities": [], **kept})
        return words(clerk.get("/mairie/preinscriptions/").content.decode())

    assert "1 oui 0 non" in told()
    assert "1 oui 0 non" in told(sites=[site])
    assert "0 oui 0 non" in told(sites=[999])
    assert campaign.title in told(activities=[morning])
    assert campaign.title not in told(activities=[999])


def test_an_agent_kept_to_another_school_sees_and_decides_nothing(
    demo: Commune, campaign: Campaign, marsone: Household, angeline: Child, morning: int
) -> None:
    row, clerk = one(campaign, marsone, angeline, yes(morning, 0)), signed_in(demo, "scolaire")
    Account.objects.filter(name="Nadia").update(sites=[999])

    assert "Angéline" not in clerk.get(office(campaign)).content.decode()
    assert "Angéline" not in clerk.get(office(campaign, "reponses.csv")).content.decode()
    path = office(campaign, f"reponses/{row.pk}/")
    assert clerk.get(path).status_code == 404
    assert clerk.post(path, {"version": 1, "state": "validated"}).status_code == 404
    clerk.post(office(campaign, "valider/"), {"vu": (NOW + timedelta(days=1)).isoformat()})
    assert clerk.post(office(campaign, "clore/")).status_code == 403
    assert clerk.post("/mairie/preinscriptions/nouvelle/", form(morning)).status_code == 403
    assert PreRegistration.objects.get().state == "answered"


def test_the_list_costs_the_same_for_many(
    clerk: Client, campaign: Campaign, marsone: Household, angeline: Child, bertrand: Child, morning: int
) -> None:
    one(campaign, marsone, angeline, yes(morning, 0))
    clerk.get(office(campaign))
    with counted() as alone:
        clerk.get(office(campaign))
    one(campaign, marsone, bertrand, yes(morning, 0))
    with counted() as two:
        clerk.get(office(campaign))

    assert len(two) == len(alone) <= 13, str(two)
