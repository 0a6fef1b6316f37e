"""Two communes with everything that a door can be tried with: a family, its codes and papers, agents, software.

What belongs to the other commune bears names and numbers that nothing else bears: one glance at an answer says
whether it comes from there.
"""

import itertools
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any
from uuid import UUID, uuid4

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateRange
from django.test import Client

from billing.models import (
    Adjustment,
    Allocation,
    BillingRun,
    CashOffice,
    DraftInvoice,
    Invoice,
    Payment,
    PaymentAttempt,
    Quotient,
    QuotientImport,
    QuotientProof,
    ReminderLevel,
    ReminderSending,
    Remittance,
    RunWork,
    Tariff,
    TreasuryLine,
)
from billing.online import mark_of, seal
from billing.services import bundles, desk, quotient_imports, quotient_proofs, reminders, till
from billing.services.quotients import QuotientSpec, set_quotient
from billing.services.reminders import LevelSpec
from booking import catalogue, documents, offer_links
from booking.catalogue_templates import DAY_BEFORE
from booking.models import (
    Absence,
    Activity,
    ActivityGroup,
    ActivityTie,
    Booking,
    Campaign,
    Closure,
    ClosureWork,
    Period,
    PeriodChoice,
    PreRegistration,
    PublicHoliday,
    SchoolVacation,
    ServiceDay,
    WaitingEntry,
)
from booking.rules.campaigns import Wish
from booking.rules.deadlines import DeadlineRule
from booking.rules.planning import Cell
from booking.services import access, activities, campaigns, closure_work, closures, groups, waiting
from booking.services.campaigns import CampaignSpec
from booking.services.catalogue import NewActivity
from booking.services.closures import Scope
from booking.services.days import school_year_of
from booking.services.periods import add_period
from booking.services.pre_registrations import answer
from lps.accounts import agents
from lps.accounts import services as accounts
from lps.accounts.actors import Operator, actor_of
from lps.accounts.agents import Invited, Profile
from lps.accounts.doors import CONSOLE, OFFICE
from lps.accounts.models import Account, ApiToken
from lps.accounts.roles import Role
from lps.accounts.sessions import Session
from lps.console import notices, visits
from lps.console.lines import Wanted, add_line
from lps.console.models import Erasure, Visit
from lps.families import passage
from lps.families import services as families
from lps.families.models import (
    Child,
    Contact,
    DataRequest,
    Enrollment,
    FamilyLink,
    Guardian,
    HealthNote,
    Household,
    ImportBatch,
    LettersBatch,
    SchoolClass,
    SchoolYear,
)
from lps.families.passage import Passage
from lps.families.services import NewChild, NewGuardian, children, guardians, imports, letters, links, rollover
from lps.journal import house_rules, town_messages
from lps.journal.channels import Channel
from lps.kernel import clock
from lps.office.forms.sms import sign_question
from notifications import sms_form
from notifications.audiences import Choice
from notifications.models import (
    SUBSCRIBER_PURPOSE,
    Address,
    Class,
    OutboxMessage,
    SendingSettings,
    State,
    Subscriber,
    Topic,
)
from notifications.models import Campaign as Mailing
from notifications.services import campaigns as campaigns_of_messages
from notifications.services import preferences, prove_address
from notifications.services.sending import change_sending
from notifications.services.sms import number_lookup, post_sms
from tenants import context, keys
from tenants.lines import set_lines
from tenants.models import Commune, Export, Notice, OperatorLine
from tenants.town.house_rules import Text
from tenants.town.messages import Words
from tenants.town.models import HouseRules, Message
from tenants.town.services import renew_catalogue_stamp
from tests.accounts import factories as people
from tests.billing import factories as billing
from tests.billing import online
from tests.families.factories import BY, child_of, household
from tests.isolation.pages import form_to, form_with
from tests.voice.sounds import tone
from voice.gateway import speech
from voice.gateway.signatures import signature
from voice.models import Call, Pronunciation
from voice.sentences import lines
from voice.services import paused, recordings
from voice.services.pronunciations import save_word
from voice.services.settings import set_provider_secret

# Numbers of the other commune start here: none of them names a row of this one.
FAR = 900_001
_NUMBERS = itertools.count(1)


@dataclass
class Town:
    """A commune, and what of it one may carry to another door. Made inside the commune, when first asked for."""

    commune: Commune
    name: str
    child_code: str
    family_code: str

    def browser(self, **cookies: str) -> Client:
        """A browser at this commune's host, with these cookies."""
        client = people.browser(self.commune)
        for name, value in cookies.items():
            client.cookies[name] = value
        return client

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Enter the commune."""
        with context.use(self.commune):
            yield

    @cached_property
    def stuck_message(self) -> int:
        """A message that was given up."""
        message = post_sms(to="+33612345678", template="notifications/sms/text", facts={"text": self.name}, by=BY)
        OutboxMessage.objects.filter(pk=message.pk).update(state=State.DEAD, last_error="never_seen")
        return message.pk

    @cached_property
    def telephone(self) -> str:
        """The number at which it answers."""
        number = "+33476549341" if self.commune.slug == "demo" else "+33476549342"
        set_lines(commune=self.commune, numbers=[number])
        return number

    @cached_property
    def operator_line(self) -> OperatorLine:
        """A line of its operator, set on the console."""
        return add_line(wanted=Wanted(name=self.name, kind="address", networks="192.0.2.0/24"), by=BY)

    @cached_property
    def provider_line(self) -> str:
        """Its number in the address that a provider of numbers calls, under a secret."""
        with self.inside():
            set_provider_secret(secret=f"secret-de-{self.name}", by=BY)
        return self.telephone.lstrip("+")

    @property
    def provider_headers(self) -> dict[str, str]:
        """The signature of the first request of a call."""
        url = f"http://{self.commune.slug}.localhost/voix/twilio/{self.provider_line}/"
        signed = signature(secret=f"secret-de-{self.name}", url=url, fields={"CallSid": ["CA1234567890"]})
        return {"X-Twilio-Signature": signed}

    @property
    def sound(self) -> str:
        """The sealed sentences that a provider plays."""
        with self.inside():
            return keys.encrypt('[{"code": "code", "facts": {}}]', purpose="voice_sound")

    @property
    def trial_call(self) -> UUID:
        """A call that an agent makes to try the telephone."""
        with self.inside():
            asked = {"door": Call.Door.TRIAL, "caller": "agent 1", "at": clock.now()}
            return paused.answer(call=uuid4(), **asked).call

    @property
    def voice_draft(self) -> str:
        """A recording of its own that was sent and waits to be used."""
        with self.inside():
            return recordings.receive(content=tone(hertz=300 + sum(self.name.encode()) % 500)).digest

    @property
    def recorded(self) -> str:
        """Its own name as the telephone says it, recorded by somebody there."""
        with self.inside():
            (words,) = [line.words for line in lines().values() if line.words == self.commune.header_name]
            recordings.use(speech.store(), words=words, digest=self.voice_draft, by=BY, at=clock.now())
            return next(line.key for line in lines().values() if line.words == words)

    @cached_property
    def word(self) -> Pronunciation:
        """A word that the voice was taught."""
        with self.inside():
            return save_word(word=None, written=f"Rue {self.name}", spoken=self.name, by=BY)

    @cached_property
    def sending(self) -> SendingSettings:
        """How it sends: by the console, under a token of its own."""
        return change_sending(provider="console", sender="MAIRIE", by=BY)

    @cached_property
    def household(self) -> Household:
        """Two guardians' worth of data: a child in a class of this year, an address on file."""
        with self.inside():
            today = clock.today(self.commune.zone)
            here = SchoolClass.objects.filter(school_year__during__contains=today).first()
            child = NewChild(first_name=self.name, last_name=self.name, code=self.child_code, school_class=here)
            return household(name=self.name, code=self.family_code, email=self.email, children=[child])

    @property
    def email(self) -> str:
        """The address that this family gave."""
        return f"{self.name.lower()}@example.org"

    @property
    def codes(self) -> dict[str, str]:
        """The connexion, filled in."""
        assert self.household
        return {"child_code": self.child_code, "family_code": self.family_code}

    @cached_property
    def family(self) -> str:
        """The cookie of the family, signed in."""
        return self._signed_in("/", self.codes, "lps_famille")

    def agent(self, role: str = Role.ADMINISTRATOR) -> str:
        """The cookie of an agent who holds this role, signed in."""
        email = f"agent{next(_NUMBERS)}.{self.name}@mairie.example"
        person = people.agent(self.commune, role, email=email, name=f"Agent {self.name}")
        return self._signed_in("/mairie/connexion/", person.proofs(), "lps_mairie")

    @cached_property
    def colleague(self) -> Account:
        """An agent of this town, signed in on a device of its own."""
        person = people.agent(self.commune, Role.SCHOOL, email=f"collegue.{self.name}@mairie.example", name=self.name)
        self._signed_in("/mairie/connexion/", person.proofs(), "lps_mairie")
        return person.account

    @property
    def colleague_session(self) -> UUID:
        """The key of a session of that agent."""
        with self.inside():
            session = Session(OFFICE)
            session.begin(holder=accounts.holder_of(self.colleague), generation=1, device="Firefox, Windows")
            session.save()
            assert session.row_key
            return session.row_key

    @cached_property
    def gone_colleague(self) -> Account:
        """An agent whose access is stopped."""
        person = people.agent(self.commune, Role.SCHOOL, email=f"parti.{self.name}@mairie.example", name=self.name)
        with self.inside():
            accounts.deactivate(account=person.account, by=BY, channel=Channel.OFFICE)
        return person.account

    @property
    def visit(self) -> Visit:
        """A visit of the vendor, asked for and not begun."""
        with context.public():
            account = people.operator(email=f"visite{next(_NUMBERS)}@editeur.example").account
            actor = actor_of(account)
        assert isinstance(actor, Operator)
        return visits.ask(commune=self.commune, wish=visits.Wish(reason="Essai des portes", minutes=30), by=actor)

    def visitor(self, *, writes: bool = False, minutes: int = 30) -> str:
        """The cookie of an operator on a visit."""
        with context.public():
            account = people.operator(email=f"visite{next(_NUMBERS)}@editeur.example").account
            actor = actor_of(account)
        assert isinstance(actor, Operator)
        wish = visits.Wish(reason="À la demande de la mairie", minutes=minutes, writes=writes)
        visit = visits.ask(commune=self.commune, wish=wish, by=actor)
        client = self.browser()
        assert client.post("/mairie/visite/" + visits.link_of(visit).rpartition("/visite/")[2]).status_code == 302
        return str(client.cookies["lps_mairie"].value)

    @property
    def invitation(self) -> dict[str, Any]:
        """The form that invites an agent, filled in."""
        return {"email": "nouveau@mairie.example", "name": "Nouvel AGENT", "roles": ["cantine"]}

    @property
    def invited(self) -> Account:
        """An agent whose invitation is on its way."""
        return self._invited().account

    @property
    def access(self) -> str:
        """The secret of the link of an invitation."""
        return self._invited().url.rstrip("/").rpartition("/")[2]

    def _invited(self) -> Invited:
        email = f"invite{next(_NUMBERS)}.{self.name}@mairie.example"
        with self.inside():
            profile = Profile(name=self.name, roles=(Role.CANTEEN,))
            return agents.invite(email=email, profile=profile, by=BY, channel=Channel.OFFICE)

    def software(self, *scopes: str) -> str:
        """The header of a token with these scopes."""
        with self.inside():
            made = accounts.issue_api_token(name=self.name, scopes=scopes, by=BY, channel=Channel.OFFICE)
        return f"Bearer {made.value}"

    @property
    def api_token(self) -> ApiToken:
        """A key given to software of this town."""
        with self.inside():
            scopes = ["catalogue:lire"]
            made = accounts.issue_api_token(name=self.name, scopes=scopes, by=BY, channel=Channel.OFFICE)
            return made.token

    @cached_property
    def address(self) -> Address:
        """An address that the family proved."""
        with self.inside():
            holder = self.household.holder
            return prove_address(holder=holder, value=self.email, consent="v1", by=BY, channel=Channel.WEB)

    @cached_property
    def data_request(self) -> DataRequest:
        """What the family asked about its data."""
        with self.inside():
            return families.ask_about_data(
                household=self.household,
                kind=DataRequest.Kind.RECTIFY,
                words=f"Corrigez {self.name}",
                by=BY,
                channel=Channel.WEB,
                received_at=clock.now(),
            )

    def link(self, purpose: FamilyLink.Purpose) -> str:
        """The secret of a link just mailed to the family."""
        with self.inside():
            return links.new_link(household=self.household, purpose=purpose)

    def address_link(self) -> str:
        """The secret of a link just mailed to an address to prove."""
        with self.inside():
            sealed = keys.encrypt(self.email, purpose="address_link")
            return links.new_link(household=self.household, purpose=FamilyLink.Purpose.ADDRESS, address=sealed)

    def calendar_token(self) -> str:
        """The secret of the family's calendar feed."""
        with self.inside():
            purpose = FamilyLink.Purpose.CALENDAR
            return links.new_link(household=self.household, purpose=purpose, keeps="calendar_link")

    def stop_token(self) -> str:
        """The secret of the link that stops reminders at the family's address."""
        with self.inside():
            return preferences.stop_url(self.address, "reminder").rstrip("/").rpartition("/")[2]

    @property
    def planning_path(self) -> str:
        """Where the child's planning is."""
        return f"/enfants/{self.child_code}/planning/"

    @cached_property
    def planning(self) -> Mapping[str, Any]:
        """The planning's form with its last empty box ticked: what a parent sends to book it."""
        page = self.browser(lps_famille=self.family).get(self.planning_path)
        return form_with(page, "vu").with_last_ticked()

    @property
    def counter(self) -> Mapping[str, Any]:
        """The same form at the counter, its last box ticked by an agent who says why."""
        client = self.browser(lps_mairie=self.agent())
        page = client.get(f"/mairie/familles/{self.household.pk}/reservations/")
        return {**form_with(page, "vu").with_last_ticked(), "motif": "Demande de la famille"}

    @property
    def family_written(self) -> dict[str, Any]:
        """A family, as the town's software enters it, whose child joins a class."""
        guardian = {"civilite": "Mme", "prenom": "Zoé", "nom": "NOUVELLE"}
        pupil = {"prenom": "Nino", "nom": "NOUVEAU", "classe": self.school_class.pk}
        return {"foyer": {"nom": "NOUVELLE"}, "representant": guardian, "enfant": pupil}

    @property
    def roll_noted(self) -> dict[str, Any]:
        """A child seen, as the town's software tells it."""
        held = self.service_day
        place = {"activite": held.activity_id, "lieu": held.site_id, "jour": str(held.day)}
        return {"enfant": self.child.pk, **place, "etat": "present"}

    @property
    def absence_asked(self) -> dict[str, Any]:
        """The form of an absence on the day of that booking, filled in."""
        assert self.receipt
        with self.inside():
            # The day made for the town is too far for an absence.
            near = clock.today(self.commune.zone) + timedelta(days=300)
            booked = Booking.objects.standing().filter(child=self.child, household=self.household, day__lte=near)
            day = booked.latest("day").day
        return {"child": self.child.pk, "first_day": day.isoformat(), "reason": "sick"}

    @cached_property
    def absence(self) -> Absence:
        """An absence that the family declared, with its document."""
        client = self.browser(lps_famille=self.family)
        certificate = SimpleUploadedFile("certificat.pdf", b"%PDF-1.7\n%%EOF")
        answer = client.post("/absences/nouvelle/", {**self.absence_asked, "document": certificate})
        assert answer.status_code == 302, answer.content.decode()
        with self.inside():
            return Absence.objects.filter(household=self.household).latest("pk")

    @cached_property
    def quotient(self) -> Quotient:
        """What the family proved long ago, with its document."""
        spec = QuotientSpec(
            value=Decimal("650.50"),
            since=date(2011, 1, 1),
            last_day=date(2011, 12, 31),
            document=documents.received(b"%PDF-1.7\n%%EOF"),
        )
        with self.inside():
            return set_quotient(household=self.household, spec=spec, by=BY, at=clock.now())

    @property
    def quotient_import(self) -> QuotientImport:
        """A file of the family's quotient, previewed, of a key that only this commune has."""
        with self.inside():
            content = f"Code famille;QF\r\n{self.household.family_code};{next(_NUMBERS)}".encode()
            today = clock.today(self.commune.zone)
            facts = {"since": today, "last_day": today, "by": BY, "at": clock.now(), "today": today}
            made = quotient_imports.receive(content=content, file_name="quotients.csv", **facts)
            made.pk = FAR + next(_NUMBERS)
            made.save(force_insert=True)
            return made

    @cached_property
    def quotient_proof(self) -> QuotientProof:
        """What the family sent to prove its quotient, of a key that only this commune has."""
        with self.inside():
            QuotientProof.objects.filter(household=self.household).delete()
            facts = {"kind": QuotientProof.Kind.TAX, "by": BY, "at": clock.now()}
            document = documents.received(b"%PDF-1.7\n%%EOF")
            made = quotient_proofs.send(household=self.household, document=document, **facts)
            QuotientProof.objects.filter(pk=made.pk).update(id=FAR + next(_NUMBERS))
            return QuotientProof.objects.get(household=self.household)

    @property
    def quotients_imported(self) -> QuotientImport:
        """Such a file, written."""
        made = self.quotient_import
        with self.inside():
            quotient_imports.accept(batch=made, by=BY, at=clock.now(), today=clock.today(self.commune.zone))
            return made

    @cached_property
    def receipt(self) -> str:
        """The number of the receipt of that booking."""
        saved = self.browser(lps_famille=self.family).post(self.planning_path, self.planning)
        return str(saved.headers["Location"].partition("recu=")[2])

    @property
    def changes(self) -> dict[str, Any]:
        """The same booking, as the town's software asks for it."""
        activity, _, day = self.planning["jour"][-1].partition("-")
        wish = {"activite": int(activity), "jour": str(date.fromisoformat(day)), "avant": False, "apres": True}
        return {"famille": self.household.pk, "enfant": self.child.pk, "modifications": [wish]}

    @property
    def child(self) -> Child:
        """The family's child."""
        with self.inside():
            return child_of(self.household)

    @cached_property
    def guardian(self) -> Guardian:
        """A guardian of the family who does not pay."""
        with self.inside():
            new = NewGuardian(last_name=self.name, first_name="Camille")
            return guardians.add_guardian(household=self.household, new=new, by=BY, channel=Channel.OFFICE)

    @property
    def guardian_words(self) -> dict[str, str]:
        """The form of a guardian, filled in."""
        return {"last_name": "DURAND", "first_name": "Camille", "phone": "06 12 34 56 78"}

    @property
    def second_home(self) -> Household:
        """Another family of the town, without a child yet."""
        with self.inside():
            return household(name=f"{self.name} BIS")

    @property
    def contact(self) -> Contact:
        """Somebody to call about the child."""
        with self.inside():
            facts = children.ContactFacts(kind=Contact.Kind.EMERGENCY, name=f"Mamie {self.name}")
            return children.save_contact(child=self.child, contact=None, facts=facts, by=BY)

    @property
    def health_note(self) -> HealthNote:
        """What to know of the child's health."""
        with self.inside():
            facts = children.HealthFacts(kind=HealthNote.Kind.ALLERGY, words=f"Arachide {self.name}")
            return children.save_health_note(child=self.child, note=None, facts=facts, by=BY)

    @property
    def family_words(self) -> dict[str, Any]:
        """The form of a new family, filled in."""
        child = {"last_name": "NOUVEAU", "first_name": "Nino", "school_class": self.school_class.pk}
        return {**child, "guardian_first_name": "Nina", "since": "2150-09-05"}

    @property
    def school_class(self) -> SchoolClass:
        """The child's class, of this town alone when its year is."""
        with self.inside():
            year = SchoolYear.objects.filter(name=self.name).first() or SchoolYear.objects.create(
                name=self.name, during=DateRange(date(2150, 9, 1), date(2151, 8, 31))
            )
            site = Enrollment.objects.get(child=self.child).school_class.site
            return SchoolClass.objects.get_or_create(name=self.name, level="CP", site=site, school_year=year)[0]

    @property
    def topic(self) -> Topic:
        """A topic of the SMS service, that nobody but this town has."""
        with self.inside():
            return Topic.objects.get_or_create(name=f"Thème {self.name}", retired_at=None)[0]

    @property
    def subscriber(self) -> Subscriber:
        """Somebody who subscribed to the SMS of this town alone."""
        with self.inside():
            sealed = {
                name: keys.encrypt(value, purpose=SUBSCRIBER_PURPOSE)
                for name, value in (("number", "+33612345678"), ("identity", "{}"))
            }
            found = {**sealed, "proved_at": clock.now()}
            return Subscriber.objects.get_or_create(lookup=number_lookup("+33612345678"), defaults=found)[0]

    @property
    def mailing(self) -> Mailing:
        """A draft of a message to that topic."""
        with self.inside():
            choice = Choice(kind="topic", key=self.topic.pk, label=self.topic.name)
            words = campaigns_of_messages.Words(
                title=f"Envoi {self.name}", choice=choice, message_class=Class.NEWS, sms_text=f"De {self.name}"
            )
            return campaigns_of_messages.write(words=words, by=BY, at=clock.now())

    @property
    def mailing_words(self) -> dict[str, str]:
        """The form of a message to many, filled in."""
        return {"audience": f"topic:{self.topic.pk}", "title": "Fuite", "sms_text": "Route coupée."}

    @property
    def sms_settings(self) -> dict[str, str]:
        """The form of the public SMS form, filled in."""
        return {"form_is_open": "on", **dict.fromkeys(sms_form.FIELDS, "shown")}

    @property
    def sms_number(self) -> dict[str, Any]:
        """The form that opens a number's subscriptions, filled in by somebody who took a minute."""
        with self.inside():
            question = sign_question(number=0, at=clock.real_now() - timedelta(minutes=1))
        return {"number_typed": f"06 12 34 {next(_NUMBERS) % 100:02d} 78", "question": question, "answer": "2"}

    @property
    def sms_form(self) -> dict[str, Any]:
        """The public form of the SMS service, filled in."""
        number = self.sms_number
        who = {
            "title": "Mme",
            "last_name": "DURAND",
            "first_name": "Zoé",
            "street": "1 rue X",
            "email": "z@example.org",
        }
        place = {"postal_code": "78200", "city": "Ici", "mobile": number.pop("number_typed")}
        return {**who, **place, **number, "topics": [self.topic.pk]}

    @property
    def message(self) -> Message:
        """A draft of a message of the home page, which nobody but this town has."""
        with self.inside():
            words = Words(title=f"Message {self.name}", body=f"De {self.name}")
            return town_messages.write(words=words, publish=False, now=clock.now(), by=BY)

    @property
    def message_words(self) -> dict[str, str]:
        """The form of a message, filled in and kept as a draft."""
        return {"title": "Pas de cantine vendredi", "body": "Un texte.", "etape": "garder"}

    @property
    def rules(self) -> HouseRules:
        """A draft of the rules that families accept, to be in force one day."""
        with self.inside():
            far = clock.today(self.commune.zone) + timedelta(days=next(_NUMBERS))
            text = Text(title=f"Règlement {self.name}", body=f"De {self.name}", in_force_from=far)
            return house_rules.write(text=text, by=BY)

    @property
    def rules_words(self) -> dict[str, str]:
        """The form of the rules, filled in."""
        return {"title": "Règlement du périscolaire", "body": "# Article 1", "in_force_from": "2190-09-01"}

    @property
    def school_year(self) -> int:
        """The present school year, by its first calendar year."""
        return school_year_of(clock.today(self.commune.zone))[0].year

    @property
    def portal_settings(self) -> dict[str, Any]:
        """The form of what families see, filled in."""
        return {"tabs": ["planning"], "weeks_shown": 4, "offer_hours": 24}

    @property
    def access_settings(self) -> dict[str, Any]:
        """The form of how families come in, filled in."""
        return {"child_code_length": 8, "family_code_length": 8, "session_minutes": 30}

    @cached_property
    def imported(self) -> ImportBatch:
        """A file of one family, that nobody else has, received and previewed."""
        head = "École;Classe;Nom de l'enfant;Prénom de l'enfant;Famille;Nom du représentant 1;Prénom du représentant 1"
        content = f"{head}\r\n{';'.join([self.name] * 7)}".encode()
        with self.inside():
            return imports.receive(content=content, file_name=f"{self.name}.csv", by=BY)

    @cached_property
    def letters(self) -> LettersBatch:
        """The family's letter, drawn."""
        with self.inside():
            return letters.print_for_household(household=self.household, by=BY)

    @property
    def next_year(self) -> dict[str, Any]:
        """The form that opens the year after this one."""
        assert self.household
        with self.inside():
            years = passage.years_at(clock.today(self.commune.zone))
        assert years is not None
        first = years.leaving.during.upper
        return {"first_day": first, "last_day": first + timedelta(days=364)}

    @cached_property
    def passage(self) -> Passage:
        """The passage to that year, prepared; whoever has no next class leaves."""
        today = clock.today(self.commune.zone)
        with self.inside():
            row = rollover.prepare(**self.next_year, keep_teachers=True, today=today, by=BY)
            waiting = [line.school_class.pk for line in passage.read(row).lines if line.proposed is None]
            rollover.set_classes(row=row, targets=dict.fromkeys(waiting, 0), by=BY)
            row.refresh_from_db()
            return passage.read(row)

    @property
    def all_placed(self) -> dict[str, Any]:
        """Nothing that an address needs, once the passage is prepared."""
        assert self.passage
        return {}

    @property
    def next_levels(self) -> dict[str, str]:
        """The form of the demonstration's two levels, filled in: they all leave."""
        assert self.passage
        return {"level_0": "-", "level_1": "-"}

    @property
    def next_class(self) -> SchoolClass:
        """A class of that year."""
        return next(iter(self.passage.new.values()))

    @cached_property
    def service_day(self) -> ServiceDay:
        """A day on which the child's school holds something, made for the town."""
        with self.inside():
            site_id = Enrollment.objects.get(child=self.child).school_class.site_id
            activity = catalogue.read().groups[0].activities[0]
            day = clock.today(self.commune.zone) + timedelta(days=400)
            return ServiceDay.objects.create(activity_id=activity.pk, site_id=site_id, day=day)

    @property
    def closing(self) -> dict[str, Any]:
        """The form that closes a day of the town's own class."""
        day = clock.today(self.commune.zone) + timedelta(days=20)
        return {"first_day": day, "place": f"classe-{self.school_class.pk}", "reason": "Sortie scolaire"}

    @property
    def confirmed_closing(self) -> dict[str, Any]:
        """The same once its effect was shown."""
        return {**self.closing, "jeton": uuid.uuid4()}

    @cached_property
    def closure(self) -> Closure:
        """That day closed."""
        with self.inside():
            day = clock.today(self.commune.zone) + timedelta(days=20)
            scope = Scope(first_day=day, last_day=day, school_class_id=self.school_class.pk)
            return closures.close(scope=scope, reason=f"Sortie de {self.name}", by=BY, at=clock.now())

    @cached_property
    def closure_work(self) -> ClosureWork:
        """A closing of that class that waits for a worker."""
        day = clock.today(self.commune.zone) + timedelta(days=21)
        with self.inside():
            return ClosureWork.objects.create(
                kind=ClosureWork.Kind.CLOSE,
                first_day=day,
                last_day=day,
                reason=f"Sortie de {self.name}",
                school_class=self.school_class,
                bookings=closure_work.AT_ONCE + 1,
                asked_at=clock.now(),
                asked_by=BY.label,
                asked_key=f"{BY.kind}:{BY.key}",
            )

    @cached_property
    def vacation(self) -> SchoolVacation:
        """School holidays that the town entered, far ahead."""
        day = clock.today(self.commune.zone) + timedelta(days=700)
        with self.inside():
            return SchoolVacation.objects.create(name="Pont", first_day=day, last_day=day, is_local=True)

    @cached_property
    def holiday(self) -> PublicHoliday:
        """A public holiday that the town entered, far ahead."""
        day = clock.today(self.commune.zone) + timedelta(days=700)
        with self.inside():
            return PublicHoliday.objects.create(name="Fête patronale", day=day, is_local=True)

    @cached_property
    def own_office(self) -> CashOffice:
        """A second régie, of a key that only this commune has."""
        with self.inside():
            return CashOffice.objects.create(pk=FAR + next(_NUMBERS), name=f"Régie de {self.name}")

    @property
    def has_office(self) -> dict[str, Any]:
        """Nothing that an address needs, once there is a régie."""
        assert self.own_office
        return {}

    @property
    def online_settings(self) -> dict[str, str]:
        """A régie that takes no payment online yet."""
        return {
            "collectivity": self.name,
            "protocol": "web_service",
            "mode": "T",
            "subject": "Facture {numero}",
            "revenue_code": "04",
            "minimum": "1,00",
            "maximum": "500,00",
            "online_limit_day": "10",
        }

    @cached_property
    def tariff_to_come(self) -> Tariff:
        """A price that begins in two years."""
        activity = self.activity
        with self.inside():
            return billing.tariff(activity, since=clock.today(self.commune.zone) + timedelta(days=730))

    @property
    def tariff_form(self) -> dict[str, Any]:
        """A tariff of one price for all, from a year ahead."""
        with self.inside():
            office = billing.cash_office()
        since = clock.today(self.commune.zone) + timedelta(days=365)
        numbers = {"default_units": "1", "waiting_days": "0", "free_units": "0", "rows": "1", "ranks": "1"}
        words = {"name": "Matin", "unit": "booking", "counted": "booked", "basis": "prices"}
        return {"since": since, "cash_office": office.pk, "qf_0": "0", "in_0_1": "2,50", **words, **numbers}

    @property
    def renewal(self) -> dict[str, Any]:
        """That tariff's activity and the others, two percent up in three years."""
        since, own = clock.today(self.commune.zone) + timedelta(days=1095), self.tariff_to_come.activity_id
        return {"since": since, "percent": "2", "step": "5", "way": "nearest", "activities": [own]}

    @property
    def payment(self) -> Payment:
        """A sum that the family paid at the desk, in credit."""
        with self.inside():
            return billing.pay(self.household, "20.00", day=clock.today(self.commune.zone))

    @property
    def cheque(self) -> Payment:
        """A cheque that waits for a slip."""
        with self.inside():
            day = clock.today(self.commune.zone) - timedelta(days=1)
            facts = {"cheque_bank": "Banque", "cheque_number": str(FAR + next(_NUMBERS))}
            return billing.pay(self.household, "20.00", day=day, means=Payment.Means.CHEQUE, **facts)

    @property
    def remittance(self) -> Remittance:
        """A slip of one cheque."""
        cheque = self.cheque
        with self.inside():
            return till.remit(cash_office=cheque.cash_office, payments=[cheque.pk], by=BY, at=clock.now())

    @property
    def reminder_level(self) -> ReminderLevel:
        """A level of reminders that nobody had."""
        with self.inside():
            spec = LevelSpec(days_after=8, way=ReminderLevel.Way.LETTER, title=self.name, words=f"De {self.name}")
            return reminders.save_level(level=None, spec=spec, by=BY)

    @property
    def level_words(self) -> dict[str, Any]:
        """The form of a level, filled in."""
        return {"days_after": "8", "way": "email", "title": "Rappel", "words": "Il reste {montant}."}

    @property
    def overdue(self) -> Invoice:
        """An invoice to be reminded."""
        assert self.reminder_level
        with self.inside():
            return billing.invoice(self.household)

    @property
    def reminded(self) -> ReminderSending:
        """Reminders by letter, drawn."""
        overdue = self.overdue
        with self.inside():
            today = clock.today(self.commune.zone)
            sending = reminders.send(invoices=[overdue.pk], today=today, by=BY, at=clock.now())
            reminders.draw_asked()
            sending.refresh_from_db()
            return sending

    @property
    def run_asked(self) -> dict[str, Any]:
        """The form of a run of days far ahead, filled in."""
        with self.inside():
            today, office = clock.today(self.commune.zone), billing.cash_office()
        day = today + timedelta(days=next(_NUMBERS))
        return {
            "cash_office": office.pk,
            "first_day": day,
            "last_day": day,
            "label": f"LOT DE {self.name}"[:60],
            "due_date": today + timedelta(days=30),
        }

    @property
    def correction_asked(self) -> dict[str, Any]:
        """The form of a correction of the family's days of `billed`, filled in."""
        days = {"first_day": "2012-01-01", "last_day": "2012-01-31"}
        words = {"label": "Correction", "reason": "Tarif erroné", "due_date": self.run_asked["due_date"]}
        return {"who": "chosen", "famille": self.household.pk, **days, **words, "etape": "voir"}

    @property
    def draft(self) -> DraftInvoice:
        """A draft of a run that was checked."""
        with self.inside():
            found = billing.run(
                label=f"LOT DE {self.name}"[:60], computed_at=clock.now(), version=1, state=BillingRun.State.CHECKED
            )
            draft = DraftInvoice.objects.create(
                run=found, household=self.household, payer_name=self.name, total=0, line_count=0
            )
            billing.priced(found)
            return draft

    @property
    def issued_run(self) -> BillingRun:
        """A run with an invoice, validated."""
        with self.inside():
            found = billing.invoice(self.household).run
            BillingRun.objects.filter(pk=found.pk).update(state=BillingRun.State.VALIDATED, published_at=None)
            return BillingRun.objects.get(pk=found.pk)

    @property
    def bundled(self) -> BillingRun:
        """A published run whose PDFs are put together, whoever wants e-mails."""
        with self.inside():
            run = billing.invoice(self.household, issued_at=clock.now(), city=f"Ville de {self.name}").run
            bundles.ask(run=run, kind=RunWork.Kind.ARCHIVE, by=BY)
            bundles.make_asked()
            return run

    @cached_property
    def erasure(self) -> Erasure:
        """The erasure of this commune, asked for, that waits."""
        return self._erasure(commune_key=self.commune.pk)

    @property
    def erased(self) -> Erasure:
        """The certificate of a commune that was."""
        told = {"rows": 3, "tables": 2, "households": 1, "invoices": 0, "files": 0, "hosts": ["x.fr"], "numbers": 0}
        return self._erasure(commune_key=uuid4(), state=Erasure.State.DONE, done_at=clock.now(), told=told)

    def _erasure(self, **others: Any) -> Erasure:
        now = clock.real_now()
        told = {"slug": self.commune.slug, "header_name": self.name, "opened_at": now, "reason": "Fin", "asked_by": "X"}
        with context.public():
            return Erasure.objects.create(asked_at=now, due_at=now + timedelta(days=30), **told, **others)

    @property
    def exported(self) -> Export:
        """An archive that may be downloaded; what it holds is of no matter to a door."""
        with self.inside():
            path = default_storage.save(f"exports/{uuid4().hex}.zip", ContentFile(b"une archive"))
        with context.public():
            told = {"asked_kind": BY.kind, "asked_key": BY.key, "asked_by": self.name, "finished_at": clock.now()}
            ready = Export.State.READY
            return Export.objects.create(commune=self.commune, state=ready, path=path, size=11, **told)

    @property
    def billed(self) -> Invoice:
        """An invoice of the family, published."""
        with self.inside():
            return billing.invoice(self.household, city=f"Ville de {self.name}")

    @property
    def payable(self) -> dict[str, Any]:
        """The first step of paying online, filled in."""
        with self.inside():
            issued_at = billing.ISSUED.replace(year=2000 + len(self.name))  # no other town has its number
            invoice = online.payable(self.household, issued_at=issued_at)
            return {"facture": invoice.number, "email": "parent@example.org"}

    @property
    def treasury_line(self) -> TreasuryLine:
        """A payment that the Treasury's file tells and that nobody recorded, in a file that only this commune has."""
        with self.inside():
            key, refdet = FAR + next(_NUMBERS), online.payable(self.household).refdet
            return online.file_line(refdet, pk=key)

    @property
    def mismatched(self) -> PaymentAttempt:
        """A payment that is not what was asked, of a key that only this commune has."""
        with self.inside():
            key = FAR + next(_NUMBERS)
            return online.ended(self.household, state=PaymentAttempt.State.MISMATCH, pk=key)

    @property
    def sent_by_address(self) -> dict[str, Any]:
        """The address to which the Treasury sends back a family that pays by the address protocol."""
        with self.inside():
            waiting = PaymentAttempt.State.WAITING
            attempt = online.ended(self.household, state=waiting, protocol="url_regie", id_op=None)
            return {"ticket": attempt.ticket, "mark": mark_of(attempt.ticket)}

    @property
    def sealed_email(self) -> str:
        """The family's address between the first step and the second."""
        with self.inside():
            return seal("parent@example.org", household=self.household)

    @property
    def paid_online(self) -> PaymentAttempt:
        """An invoice paid online."""
        with self.inside():
            return online.settled(self.household, name=self.name)

    @property
    def adjusted(self) -> dict[str, Any]:
        """The form of such a line, filled in."""
        with self.inside():
            assert billing.cash_office()
        return {"label": "Sortie", "amount": "3,50"}

    @property
    def adjustment(self) -> Adjustment:
        """A line that waits for the family's next invoice."""
        with self.inside():
            return Adjustment.objects.create(
                household=self.household,
                cash_office=billing.cash_office(),
                label=f"Régularisation de {self.name}",
                amount=Decimal(3),
                noted_at=clock.now(),
                noted_by="essai",
            )

    @property
    def closing_till(self) -> dict[str, Any]:
        """The form that closes a day without cash, filled in."""
        with self.inside():
            assert billing.cash_office()
        return {"counted": "0", "seen": "0.00"}

    @property
    def journal_days(self) -> dict[str, Any]:
        """The days of a journal."""
        with self.inside():
            assert billing.cash_office()
        return {"du": "2026-11-01", "au": "2026-11-30"}

    @property
    def taking(self) -> dict[str, Any]:
        """The desk's form, filled in: a sum kept in credit."""
        with self.inside():
            assert billing.cash_office()
        return {"amount": "5,00", "means": "cash", "keep_rest": "1", "jeton": str(uuid4())}

    @property
    def credit_use(self) -> dict[str, Any]:
        """The form that uses that credit on an invoice."""
        payment = self.payment
        with self.inside():
            invoice = billing.invoice(self.household)
        return {"source": f"payment-{payment.pk}", "invoice": invoice.pk, "credit": "2,00"}

    @property
    def used_credit(self) -> Allocation:
        """A credit note of the family that settled an invoice."""
        with self.inside():
            note = billing.invoice(self.household, amounts=("-5.00",))
            due = billing.invoice(self.household)
            facts = {"source": f"credit_note-{note.pk}", "invoice": due.pk, "amount": Decimal(5)}
            return desk.use_credit(household=self.household, by=BY, at=clock.now(), **facts)

    @property
    def vacation_form(self) -> dict[str, Any]:
        """Holidays of a week, two years ahead, accepted."""
        day = clock.today(self.commune.zone) + timedelta(days=720)
        return {"name": "Cyclone", "first_day": day, "last_day": day + timedelta(days=6), "etape": "accepter"}

    @property
    def holiday_form(self) -> dict[str, Any]:
        """A public holiday two years ahead, accepted."""
        day = clock.today(self.commune.zone) + timedelta(days=720)
        return {"name": "Fête du village", "day": day, "etape": "accepter"}

    @cached_property
    def full_day(self) -> ServiceDay:
        """A day without a place left, of an activity of the town's own, at the child's school."""
        with self.inside():
            site_id = Enrollment.objects.get(child=self.child).school_class.site_id
            group, name = ActivityGroup.objects.order_by("pk")[0], f"Atelier {self.name}"
            activity = Activity.objects.get_or_create(group=group, name=name, weekdays=list(range(7)), places=0)[0]
            day = clock.today(self.commune.zone) + timedelta(days=20)
            renew_catalogue_stamp()
            return ServiceDay.objects.create(activity=activity, site_id=site_id, day=day, places=0, by_hand=True)

    @cached_property
    def waiting(self) -> WaitingEntry:
        """The child waits for a place that day."""
        with self.inside():
            joined = waiting.join(
                child=self.child,
                household=self.household,
                cell=Cell(self.full_day.activity_id, self.full_day.day),
                by=BY,
                channel=Channel.OFFICE,
                at=clock.now(),
            )
            assert joined.entry is not None
            return joined.entry

    @cached_property
    def offered(self) -> WaitingEntry:
        """A place offered to the child, the day after."""
        with self.inside():
            full, now = self.full_day, clock.now()
            held = ServiceDay.objects.create(
                activity=full.activity, site=full.site, day=full.day + timedelta(days=1), places=1, by_hand=True
            )
            return WaitingEntry.objects.create(
                service_day=held,
                child=self.child,
                household=self.household,
                joined_at=now,
                state=WaitingEntry.State.OFFERED,
                offered_at=now,
                accept_by=now + timedelta(hours=12),
            )

    def offer_token(self) -> str:
        """The secret of the link that accepts it, sent to the family's address."""
        with self.inside():
            return offer_links.url_for(self.offered, self.address).rstrip("/").rpartition("/")[2]

    @cached_property
    def booked_day(self) -> ServiceDay:
        """The day made for the town, with the family's child booked."""
        with self.inside():
            Booking.of(
                child_id=self.child.pk,
                household_id=self.household.pk,
                service_day=self.service_day,
                booked_at=clock.now(),
            ).save()
        return self.service_day

    @cached_property
    def group(self) -> ActivityGroup:
        """A group of activities that nobody but this town has."""
        with self.inside():
            rule = DeadlineRule(book=DAY_BEFORE, cancel=DAY_BEFORE)
            return groups.add_group(name=f"GROUPE {self.name}", rule=rule, by=BY, at=clock.now())

    @property
    def empty_group(self) -> ActivityGroup:
        """Another one, without activities."""
        with self.inside():
            rule = DeadlineRule(book=DAY_BEFORE, cancel=DAY_BEFORE)
            name = f"VIDE {self.name} {next(_NUMBERS)}"
            return groups.add_group(name=name, rule=rule, by=BY, at=clock.now())

    @cached_property
    def own_activity(self) -> Activity:
        """An activity of that group."""
        return self._activity(f"Activité {self.name}")

    @cached_property
    def other_activity(self) -> Activity:
        """Another one of that group."""
        return self._activity(f"Autre {self.name}")

    def _activity(self, name: str) -> Activity:
        with self.inside():
            wanted = NewActivity(name=name, weekdays=(0, 3))
            return activities.add_activity(group_id=self.group.pk, wanted=wanted, by=BY, at=clock.now())

    @property
    def tie(self) -> ActivityTie:
        """A tie of that activity with yet another."""
        other = self._activity(f"Liée {self.name} {next(_NUMBERS)}")
        with self.inside():
            kind = ActivityTie.Kind.INCOMPATIBLE
            access.add_tie(one=self.own_activity.pk, other=other.pk, kind=kind, by=BY, at=clock.now())
            return ActivityTie.objects.get(second=other.pk)

    @property
    def activity_words(self) -> dict[str, Any]:
        """The form of an activity, its effects accepted."""
        given = {"name": f"Activité {self.name}", "weekdays": [0, 3], "season": "term", "places": 12}
        return {**given, "etape": "accepter"}

    @property
    def deadline_words(self) -> dict[str, Any]:
        """The form of a deadline, its preview accepted."""
        kinds = {"reserver": "same_day", "annuler": "same", "ouverture": "rolling"}
        return {**kinds, "book_at": "08:30", "opening_weeks": 13, "etape": "accepter"}

    @property
    def places_words(self) -> dict[str, Any]:
        """The form that sets places by hand, its effects accepted."""
        day = clock.today(self.commune.zone) + timedelta(days=20)
        given = {"act": "places", "first_day": str(day), "school": self.service_day.site_id, "places": 12}
        return {**given, "etape": "accepter"}

    @property
    def access_words(self) -> dict[str, Any]:
        """The form of who may book, its effects accepted."""
        lines = {"acces-TOTAL_FORMS": 1, "acces-INITIAL_FORMS": 0, "acces-0-site": self.service_day.site_id}
        return {**lines, "etape": "accepter"}

    @cached_property
    def period(self) -> Period:
        """A Périscotidien period that may be chosen."""
        with self.inside():
            today, activities = clock.today(self.commune.zone), catalogue.read().groups[0].activities
            first_day, last_day = today + timedelta(days=14), today + timedelta(days=70)
            return add_period(first_day=first_day, last_day=last_day, activities=[one.pk for one in activities])

    @property
    def period_form(self) -> dict[str, Any]:
        """The form that offers a period of the town's own activity."""
        first = clock.today(self.commune.zone) + timedelta(days=90)
        activity = self.full_day.activity_id
        return {"first_day": first, "last_day": first + timedelta(days=30), "activities": [activity]}

    @cached_property
    def chosen_period(self) -> PeriodChoice:
        """A period that the family chose."""
        path = f"/enfants/{self.child_code}/periodes/{self.period.pk}/"
        self.browser(lps_famille=self.family).post(path, self.period_choice)
        with self.inside():
            return PeriodChoice.objects.get(period=self.period)

    @property
    def period_choice(self) -> Mapping[str, Any]:
        """The period's form with its last box ticked."""
        path = f"/enfants/{self.child_code}/periodes/{self.period.pk}/"
        page = self.browser(lps_famille=self.family).get(self.planning_path)
        return form_to(page, path).with_last_ticked(f"periode-{self.period.pk}")

    @cached_property
    def activity(self) -> Activity:
        """An activity that nobody but this town has."""
        with self.inside():
            group = ActivityGroup.objects.order_by("pk")[0]
            return Activity.objects.create(group=group, name=self.name, weekdays=[0, 3])

    @cached_property
    def campaign(self) -> Campaign:
        """A préinscription campaign that is open, and books."""
        return self._campaign(opens_in=-1, closes_in=20)

    @cached_property
    def closed_campaign(self) -> Campaign:
        """One that is over."""
        return self._campaign(opens_in=-20, closes_in=-1)

    @property
    def campaign_words(self) -> dict[str, Any]:
        """The form of a campaign, filled in, with an activity of this town alone."""
        activities = [self.activity.pk]
        return {
            "title": f"Rentrée {self.name}", "first_day": "2190-09-01", "last_day": "2191-07-04",
            "opens_day": "2190-05-01", "opens_hour": "08:00", "closes_day": "2190-06-01", "closes_hour": "17:00",
            "activities": activities, "weekdays": ["0", "3"],
        }  # fmt: skip

    @cached_property
    def pre_registration(self) -> PreRegistration:
        """What the family answered to the open campaign."""
        with self.inside():
            saved = answer(
                campaign=self.campaign,
                household=self.household,
                wishes={self.child: Wish(returns=False)},
                by=BY,
                channel=Channel.WEB,
                received_at=clock.now(),
            )
            return saved.written[0]

    def _campaign(self, *, opens_in: int, closes_in: int) -> Campaign:
        with self.inside():
            now, today = clock.now(), clock.today(self.commune.zone)
            spec = CampaignSpec(
                title="Rentrée",
                words="",
                first_day=today + timedelta(days=30),
                last_day=today + timedelta(days=60),
                opens_at=now + timedelta(days=opens_in),
                closes_at=now + timedelta(days=closes_in),
                activities=[one.pk for one in catalogue.read().groups[0].activities],
                weekdays=[0, 3],
                books=True,
            )
            return campaigns.create(spec=spec, by=BY, at=now)

    def _signed_in(self, page: str, proofs: Mapping[str, str], cookie: str) -> str:
        client = self.browser()
        assert client.post(page, proofs).status_code == 302
        return str(client.cookies[cookie].value)


def here(commune: Commune) -> Town:
    """The commune whose doors are tried."""
    return Town(commune, "ICI", "71000001", "72000001")


def elsewhere(commune: Commune) -> Town:
    """The other commune, whose things are carried here."""
    with context.use(commune), connection.cursor() as cursor:
        cursor.execute("SELECT sequencename FROM pg_sequences WHERE schemaname = current_schema()")
        for (sequence,) in cursor.fetchall():
            cursor.execute(f"ALTER SEQUENCE {connection.ops.quote_name(sequence)} RESTART WITH {FAR}")
    return Town(commune, "XAINTRAILLES", "91000001", "92000001")


def colleague_of_vendor() -> Account:
    """An operator whose access is open, beside the one who looks."""
    with context.public():
        email = f"collegue{next(_NUMBERS)}@editeur.example"
        return people.operator(Role.SUPPORT, email=email, name="Odile ASSISTANCE").account


def colleague_session_of_vendor() -> dict[str, Any]:
    """A session of that operator, as an address names it."""
    account = colleague_of_vendor()
    with context.public():
        session = Session(CONSOLE)
        session.begin(holder=accounts.holder_of(account), generation=1, device="Firefox, Windows")
        session.save()
    return {"account_id": account.pk, "key": session.row_key}


def access_of_vendor() -> str:
    """The secret of the link of an operator invited."""
    with context.public():
        email = f"invite{next(_NUMBERS)}@editeur.example"
        profile = Profile(name="Odile", roles=(Role.SUPPORT,))
        made = agents.invite(email=email, profile=profile, by=BY, channel=Channel.WEB)
    return made.url.rstrip("/").rpartition("/")[2]


def notice() -> Notice:
    """A maintenance of a town that does not exist, to come."""
    now = clock.real_now()
    dates = {"starts_at": now + timedelta(days=1), "ends_at": now + timedelta(days=2)}
    words = notices.Words(kind=Notice.Kind.MAINTENANCE, text="Essai", slugs=("ailleurs",), **dates)
    return notices.publish(words=words, by=BY)


def operator(*roles: str) -> str:
    """The cookie of an operator, signed in at the console."""
    client, email = people.console_browser(), f"exploitant{next(_NUMBERS)}@editeur.example"
    assert people.enter(client, people.operator(*roles, email=email), "/connexion/").status_code == 302
    return str(client.cookies["lps_console"].value)
