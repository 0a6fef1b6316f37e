"""The two demonstration communes: never in production, loaded if absent, made again on request."""

import base64
import hashlib
import random
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.conf import settings
from django.db.backends.postgresql.psycopg_any import DateRange

from booking import catalogue
from booking.catalogue_templates import DAY_BEFORE, THURSDAY_BEFORE, standard
from booking.queries import days_held
from booking.rules.planning import Cell, Change
from booking.services.bookings import change_bookings
from booking.services.entry import Entered, enter_bookings
from lps.accounts.models import Account
from lps.accounts.roles import AGENT_ROLES, Role
from lps.accounts.services import create_account
from lps.console.demonstration_people import classes_of_buchelay, households_of_buchelay
from lps.console.furnishing import furnish, open_days
from lps.console.services import Identity, create_commune, drop_commune
from lps.families import queries as families
from lps.families.models import Household, SchoolClass
from lps.families.services import NewChild, NewClass, NewGuardian, NewHousehold, add_classes, bulk_add_households
from lps.journal.actors import Actor, ActorKind
from lps.journal.channels import Channel
from lps.journal.town import change_settings, publish_message
from tenants import context, queries
from tenants.models import Commune

BY = Actor.system("démonstration")
PASSWORD = "Buchelay-Demo-78200"
DEMO = Identity(
    slug="demo", header_name="Mairie de démonstration", place_name="Démonstration", place_of="de démonstration"
)
BUCHELAY = Identity(slug="buchelay", header_name="Ville de Buchelay", place_name="Buchelay", insee="78118")
FAMILIES = 300
SCHOOL = "École de démonstration"
_PAST, _AHEAD = 6, 8  # weeks of bookings around today
# The share of Buchelay's children who come to each activity.
_HABITS = {
    "Cantine": 0.75,
    "Accueil Matin": 0.3,
    "Accueil Soir": 0.4,
    "Transport scolaire 8h30": 0.15,
    "Mercredi": 0.3,
}


class NotInProduction(RuntimeError):
    """Demonstration communes have known codes and passwords."""


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """What the run command prints of an account: enough to sign in with an authenticator."""

    where: str
    role: str
    email: str
    totp_secret: str


def load(*, again: bool = False, families_number: int = FAMILIES) -> list[Commune]:
    """Make the communes that are absent, or both anew, and the operator; returns the communes made."""
    if settings.PRODUCTION:
        raise NotInProduction("Les communes de démonstration ne se chargent pas en production.")
    furnished: tuple[tuple[Identity, Callable[[Commune, Actor, datetime], None]], ...] = (
        (DEMO, _furnish_demo),
        (BUCHELAY, lambda commune, by, now: _furnish_buchelay(commune, now, families_number)),
    )
    made = []
    for identity, furnish_it in furnished:
        if again and _stands(identity.slug):
            drop_commune(slug=identity.slug)
        if not _stands(identity.slug):
            made.append(create_commune(identity=identity, by=BY, channel=Channel.AUTOMATIC, furnish=furnish_it))
    _make_operator()
    return made


def accounts() -> Iterator[DemoAccount]:
    """The operator, then the agents of both communes, one a role."""
    yield _operator()
    for identity in (DEMO, BUCHELAY):
        yield from _agents(identity.slug)


def _furnish_demo(commune: Commune, by: Actor, now: datetime) -> None:
    today = now.astimezone(commune.zone).date()
    change_settings(
        child_code_length=6,
        family_code_length=6,
        contact_name="Le service scolaire",
        contact_phone="01 23 45 67 89",
        contact_email="scolaire@demo.example",
        deadline_words="Choix modifiables jusqu'à la veille, 17 heures",
        by=by,
        channel=Channel.AUTOMATIC,
    )
    groups = standard(DAY_BEFORE, with_canteen=False, midday_weekdays=())
    year = furnish(groups=groups, today=today, school_zone="C", by=by)
    ce1, ce2 = add_classes(
        [
            NewClass(
                name="CE1", level="CE1", school="École de démonstration", teacher_title="Mme", teacher_name="Formatrice"
            ),
            NewClass(
                name="CE2", level="CE2", school="École de démonstration", teacher_title="Mr", teacher_name="Formateur"
            ),
        ],
        school_year=year,
    )
    open_days(today=today)
    since = DateRange(year.during.lower, None)
    (household,) = bulk_add_households([_marsone(since, ce1, ce2)], by=by)
    publish_message(
        title="Bienvenue",
        body="Madame, Monsieur,\n\nCe portail est une démonstration : vos essais n'engagent personne.",
        starts_at=now - timedelta(days=2),
        by=by,
        channel=Channel.AUTOMATIC,
    )
    _book_marsone(household, now=now, today=today)
    _make_agents(commune.slug, by)


def _marsone(since: DateRange, ce1: SchoolClass, ce2: SchoolClass) -> NewHousehold:
    """The family of the 2014 screens."""
    name, year = "MARSONE", since.lower.year
    mother = NewGuardian(
        title="Mme", first_name="Claire", last_name=name, email="marsone@familles.example", is_payer=True
    )
    angeline, bertrand = (
        NewChild(first_name=first_name, last_name=name, birth_date=born, code=code, school_class=school_class)
        for first_name, born, code, school_class in (
            ("Angéline", date(year - 7, 3, 9), "123456", ce1),
            ("Bertrand", date(year - 8, 6, 21), "123457", ce2),
        )
    )
    return NewHousehold(
        name=name,
        code="654321",
        street="1 place de la Mairie",
        postal_code="78200",
        city="Démonstration",
        custody=since,
        enrollment=since,
        guardians=[mother],
        children=[angeline, bertrand],
    )


def _furnish_buchelay(commune: Commune, now: datetime, number: int) -> None:
    today = now.astimezone(commune.zone).date()
    change_settings(
        color="#0b5a7a",
        contact_name="Le service scolaire",
        contact_phone="01 30 98 10 78",
        contact_email="scolaire@buchelay.example",
        contact_hours="du lundi au vendredi, de 8h30 à 12h et de 13h30 à 17h",
        voice_number="04 76 54 93 40",
        voice_words="appel gratuit depuis une « box »",
        deadline_words="Choix modifiables avant chaque jeudi, 17 heures",
        by=BY,
        channel=Channel.AUTOMATIC,
    )
    year = furnish(groups=standard(THURSDAY_BEFORE, with_canteen=True), today=today, school_zone="C", by=BY)
    classes = add_classes(classes_of_buchelay(), school_year=year)
    open_days(today=today)
    households = bulk_add_households(
        households_of_buchelay(number=number, classes=classes, first_day=year.during.lower), by=BY
    )
    publish_message(
        title="Bienvenue sur le portail familles de Buchelay",
        body=(
            "Madame, Monsieur,\nChers Buchelois,\n\n"
            'Bienvenue sur le portail familles de Buchelay, "Les Parents Services" !\n\n'
            "Le site est actuellement en phase de test. Il sera opérationnel dans la seconde quinzaine d'octobre 2014, "
            "de même que le serveur vocal.\n\n"
            "Pour accéder au dossier de votre(vos) enfant(s), une note d'information vous sera remise par le biais de "
            "votre(vos) enfant(s) avant les congés d'octobre. Ce document comportera vos codes identifiants pour "
            "utiliser ce service."
        ),
        starts_at=now - timedelta(days=1),
        by=BY,
        channel=Channel.AUTOMATIC,
    )
    _book_families(households, now=now, today=today)
    _make_agents(commune.slug, BY)


def _book_families(households: list[Household], *, now: datetime, today: date) -> None:
    """The bookings of the weeks around today, each child with habits of its own."""
    source = random.Random(1013)
    by_name = {activity.name: activity.pk for activity in catalogue.read().activities.values()}
    habits = {
        "Cantine": 0.75,
        "Accueil Matin": 0.3,
        "Accueil Soir": 0.4,
        "Transport scolaire 8h30": 0.15,
        "Mercredi": 0.3,
    }
    monday = today - timedelta(days=today.weekday(), weeks=_PAST)
    days = [monday + timedelta(days=number) for number in range(7 * (_PAST + _AHEAD))]
    entered = []
    for pupil in families.pupils_of(households, day=today):
        chosen = {
            by_name[name]: source.sample(range(5), k=source.randrange(2, 5))
            for name in habits
            if source.random() < habits[name]
        }
        entered += [
            Entered(pupil.child_id, pupil.household_id, pupil.site_id, activity, day)
            for activity, weekdays in chosen.items()
            for day in days
            if day.weekday() in weekdays
        ]
    enter_bookings(entered, by=BY, channel=Channel.AUTOMATIC, at=now)


def _book_marsone(household: Household, *, now: datetime, today: date) -> None:
    """Bookings of the weeks around today, then three saves, one by each door, for the journal."""
    by_name = {activity.name: activity.pk for activity in catalogue.read().activities.values()}
    angeline, bertrand = (found.child for found in families.children_of(household=household, day=today))
    monday = today - timedelta(days=today.weekday())
    habits = (
        (angeline, "Transport scolaire 8h30", (0, 1, 3, 4)),
        (angeline, "Transport scolaire 16h30", (0, 1, 3, 4)),
        (angeline, "Cantine ADULTE", (3,)),
        (bertrand, "Accueil Matin", (0, 3)),
        (bertrand, "Accueil Soir", (3,)),
    )
    sites = {pupil.child_id: pupil.site_id for pupil in families.pupils_of([household], day=today)}
    enter_bookings(
        [
            Entered(
                child.pk,
                household.pk,
                sites[child.pk],
                by_name[name],
                monday + timedelta(weeks=week, days=day),
            )
            for child, name, weekdays in habits
            for week in range(-4, 6)
            for day in weekdays
        ],
        by=BY,
        channel=Channel.AUTOMATIC,
        at=now - timedelta(days=20),
    )
    family = Actor(ActorKind.HOUSEHOLD, str(household.pk), "famille MARSONE")
    caller = Actor(ActorKind.CALLER, str(household.pk), "famille MARSONE")
    office = Actor(ActorKind.AGENT, "0", "Service scolaire")
    saves = (
        (angeline, "Transport scolaire 16h30", False, family, Channel.WEB, 3),
        (angeline, "Transport scolaire 11h30", True, caller, Channel.VOICE, 2),
        (bertrand, "Accueil Soir", True, office, Channel.OFFICE, 1),
    )
    for child, name, wanted, by, channel, ago in saves:
        days = days_held(activity_id=by_name[name], site_id=sites[child.pk], after=monday + timedelta(days=9), number=4)
        change_bookings(
            child=child,
            household=household,
            changes=[Change(Cell(by_name[name], day), wanted) for day in days],
            by=by,
            channel=channel,
            received_at=_at_noon(now, ago),
            jeton=uuid.uuid4(),
        )


def _at_noon(now: datetime, days_ago: int) -> datetime:
    return datetime.combine((now - timedelta(days=days_ago)).date(), time(12, 4), tzinfo=now.tzinfo)


def _agents(slug: str) -> list[DemoAccount]:
    emails = {role: f"{role.label}@{slug}.example".replace("é", "e") for role in sorted(AGENT_ROLES)}
    return [DemoAccount(slug, str(role.label), email, _totp_secret(email)) for role, email in emails.items()]


def _operator() -> DemoAccount:
    email = "exploitant@lps.example"
    return DemoAccount("console", str(Role.OPERATOR.label), email, _totp_secret(email))


def _totp_secret(email: str) -> str:
    """Always the same, so that a developer's authenticator survives `make demo`."""
    return base64.b32encode(hashlib.sha1(f"demonstration {email}".encode(), usedforsecurity=False).digest()).decode()


def _make_agents(slug: str, by: Actor) -> None:
    for role, account in zip(sorted(AGENT_ROLES), _agents(slug), strict=True):
        _make_account(account, name=f"Agent {account.role}", role=role, by=by)


def _make_operator() -> None:
    account = _operator()
    with context.public():
        if not Account.objects.filter(email_key=account.email).exists():
            _make_account(account, name="Exploitant", role=Role.OPERATOR, by=BY)


def _make_account(account: DemoAccount, *, name: str, role: Role, by: Actor) -> None:
    create_account(
        email=account.email,
        name=name,
        password=PASSWORD,
        roles=[role],
        by=by,
        channel=Channel.AUTOMATIC,
        totp_secret=account.totp_secret,
    )


def _stands(slug: str) -> bool:
    try:
        queries.commune_by_slug(slug=slug)
    except queries.UnknownCommune:
        return False
    return True
