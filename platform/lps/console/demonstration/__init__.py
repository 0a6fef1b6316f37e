"""The two demonstration communes: never in production, loaded if absent, made again on request."""

import base64
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db.backends.postgresql.psycopg_any import DateRange

from booking.catalogue_templates import DAY_BEFORE, THURSDAY_BEFORE, standard
from lps.accounts.models import Account
from lps.accounts.roles import AGENT_ROLES, Role
from lps.accounts.services import create_account
from lps.console.demonstration import billing, bookings, campaigns, invoices
from lps.console.demonstration.people import classes_of_buchelay, households_of_buchelay
from lps.console.furnishing import furnish
from lps.console.services import Identity, create_commune, drop_commune
from lps.families.models import SchoolClass
from lps.families.services import NewChild, NewClass, NewGuardian, NewHousehold, add_classes, bulk_add_households
from lps.journal import town_messages
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.town import change_settings, finish_set_up
from lps.kernel.text import sort_key
from notifications.services import sms_service
from notifications.services.sending import change_sending
from tenants import context, queries
from tenants.lines import set_lines
from tenants.models import Commune
from tenants.town.messages import Words

BY = Actor.system("démonstration")
PASSWORD = "Buchelay-Demo-78200"
DEMO = Identity(
    slug="demo", header_name="Mairie de démonstration", place_name="Démonstration", place_of="de démonstration"
)
BUCHELAY = Identity(slug="buchelay", header_name="Ville de Buchelay", place_name="Buchelay", insee="78118")
FAMILIES = 300


class NotInProduction(RuntimeError):
    """Demonstration communes have known codes and passwords."""


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """What the run command prints of an account: enough to sign in with an authenticator."""

    where: str
    role: str
    email: str
    totp_secret: str


SLUGS = frozenset({DEMO.slug, BUCHELAY.slug})


def load(*, again: bool = False, slugs: frozenset[str] = SLUGS, families_number: int = FAMILIES) -> list[Commune]:
    """Make the communes that are absent, or these anew, and the operator; returns the communes made."""
    if settings.PRODUCTION:
        raise NotInProduction("Les communes de démonstration ne se chargent pas en production.")
    furnished: tuple[tuple[Identity, Callable[[Commune, Actor, datetime], None]], ...] = (
        (DEMO, _furnish_demo),
        (BUCHELAY, lambda commune, by, now: _furnish_buchelay(commune, now, families_number)),
    )
    made = []
    for identity, furnish_it in furnished:
        if again and identity.slug in slugs and _stands(identity.slug):
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
    bookings.open_days_ahead(today=today)
    since = DateRange(year.during.lower, None)
    (household,) = bulk_add_households([_marsone(since, ce1, ce2)], by=by)
    words = Words(
        title="Bienvenue",
        body="Madame, Monsieur,\n\nCe portail est une démonstration : vos essais n'engagent personne.",
        starts_at=now - timedelta(days=2),
    )
    town_messages.write(words=words, publish=True, now=now, by=by)
    bookings.offer_periods([household], now=now, today=today)
    bookings.book_marsone(household, now=now, today=today)
    campaigns.offer_campaign(now=now, today=today)
    office = billing.open_office("Mairie de démonstration")
    billing.set_tariffs(office, since=year.during.lower, now=now)
    invoices.invoice_marsone(household, office, now=now, today=today)
    change_sending(provider="console", sender="MAIRIE", by=BY, channel=Channel.AUTOMATIC)
    _open_sms_service(postal_code="", city="Démonstration")
    finish_set_up(now=now, by=by, channel=Channel.AUTOMATIC)
    _make_agents(commune.slug, by)


def _open_sms_service(*, postal_code: str, city: str) -> None:
    """The five topics, and the form filled in with the town's own address."""
    sms_service.offer_usual_topics(by=BY)
    fields = {"filled_postal_code": postal_code, "filled_city": city, "filled_country": "France"}
    sms_service.set_form(fields=fields, by=BY, channel=Channel.AUTOMATIC)


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
        voice_words="appel gratuit depuis une 'box'",
        deadline_words="Choix modifiables avant chaque jeudi, 17 heures",
        by=BY,
        channel=Channel.AUTOMATIC,
    )
    set_lines(commune=commune, numbers=["+33476549340"])
    year = furnish(groups=standard(THURSDAY_BEFORE, with_canteen=True), today=today, school_zone="C", by=BY)
    classes = add_classes(classes_of_buchelay(), school_year=year)
    bookings.open_days_ahead(today=today)
    households = bulk_add_households(
        households_of_buchelay(number=number, classes=classes, first_day=year.during.lower), by=BY
    )
    words = Words(
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
    )
    town_messages.write(words=words, publish=True, now=now, by=BY)
    bookings.offer_periods(households[:1], now=now, today=today)
    bookings.book_families(households, now=now, today=today)
    bookings.call_rolls(now=now.astimezone(commune.zone), today=today)
    campaign = campaigns.offer_campaign(now=now, today=today)
    campaigns.answer_for_some(campaign, households, now=now, today=today)
    billing.set_tariffs(billing.open_office("Ville de Buchelay"), since=year.during.lower, now=now)
    billing.prove_quotients(households, since=year.during.lower, now=now)
    billing.propose_reminders()
    change_sending(provider="console", sender="BUCHELAY", by=BY, channel=Channel.AUTOMATIC)
    _open_sms_service(postal_code="78200", city="Buchelay")
    finish_set_up(now=now, by=BY, channel=Channel.AUTOMATIC)
    _make_agents(commune.slug, BY)


def _agents(slug: str) -> list[DemoAccount]:
    emails = {role: f"{sort_key(role.value)}@{slug}.example" for role in sorted(AGENT_ROLES)}
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
