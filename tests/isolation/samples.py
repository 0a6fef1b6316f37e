"""One sample per route: how to fill its address, with which methods it answers, and who may open it.

A route without a sample fails `test_isolation_routes.py`. To add one, find it by its name (`booking:receipt`) below:

    "booking:receipt": Sample(FAMILY, where=lambda town: {"number": town.receipt}),

`where`, `query` and `fields` are called inside the commune with its `Town` (see `cast.py`), once for the commune
whose door is tried and once for the other one: they return what the address, its question mark and the form (or the
JSON document) hold. They may make what they name, or take it from a new property of `Town`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any
from uuid import uuid4

from lps.console import visits
from lps.families.models import FamilyLink
from lps.kernel import clock
from tests.isolation.cast import Town, access_of_vendor, colleague_of_vendor, colleague_session_of_vendor, notice

Fill = Callable[[Town], Mapping[str, Any]]
READ = {"GET": 200}


class Kind(Enum):
    """Who may open a route."""

    EVERYBODY = "everybody"
    LINK = "whoever holds the secret of its address"
    FAMILY = "a family"
    AGENT = "an agent"
    SOFTWARE = "the town's software"
    OPERATOR = "an operator"


@dataclass(frozen=True)
class Opens:
    """A kind of person and, for agents and software, the action (`rights`) that they must be allowed."""

    kind: Kind
    action: str = ""


EVERYBODY, LINK, FAMILY = Opens(Kind.EVERYBODY), Opens(Kind.LINK), Opens(Kind.FAMILY)
OPERATOR = Opens(Kind.OPERATOR)


def agent(action: str) -> Opens:
    """An agent with a role to whom this action is open."""
    return Opens(Kind.AGENT, action)


def vendor(action: str) -> Opens:
    """An operator with a role to whom this action is open on the console."""
    return Opens(Kind.OPERATOR, action)


def software(action: str = "") -> Opens:
    """A token with the scope of this action; any token without one."""
    return Opens(Kind.SOFTWARE, action)


def nothing(town: Town) -> Mapping[str, Any]:
    """No parameter."""
    return {}


@dataclass(frozen=True)
class Sample:
    """How a route is tried.

    `methods`: the status that whoever may open it gets for each method; the others are answered 405.
    `foreign`: the status of the same person with what belongs to the other commune; `foreign_fields`: with its own
    address and the fields of the other commune, None when they name nothing that only that commune has.
    `of_town`: parameters that name something of the town's, open to every family of it; `anywhere`: that name
    nothing of a commune, such as a day.
    `writes`: tables that even a refused try may write in its own commune.
    `headers`: that its calls must bear, besides the token.
    `is_form`: its forms bear the CSRF secret; no for an API and for calls of other services.
    """

    opens: Opens
    methods: Mapping[str, int] = field(default_factory=lambda: READ)
    where: Fill = nothing
    query: Fill = nothing
    fields: Fill = nothing
    foreign: int = 404
    foreign_fields: int | None = 400
    of_town: frozenset[str] = frozenset()
    anywhere: frozenset[str] = frozenset()
    writes: frozenset[str] = frozenset()
    headers: Fill = nothing
    is_form: bool = True

    @property
    def forms(self) -> list[str]:
        """The methods that may change something."""
        return [method for method in self.methods if method != "GET"]


FORM = {"GET": 200, "POST": 302}
REFUSED = {"GET": 200, "POST": 400}
DONE = {"POST": 302}
PASSPHRASE = {"passphrase": "quatre mots que personne ne sait", "again": "quatre mots que personne ne sait"}
# A code is sent to whatever number is given.
SMS_CODE = frozenset({"notifications_numbercode", "notifications_outboxmessage"})

SENDING = {
    "provider": "console",
    "sender": "MAIRIE",
    "part_price": "0.07",
    "monthly_cap": "100",
    "opens": "08:00",
    "closes": "20:00",
}

COMMUNE: Mapping[str, Sample] = {
    # Everybody's
    "logo": Sample(EVERYBODY, {"GET": 404}),
    "theme": Sample(EVERYBODY),
    "families:home": Sample(EVERYBODY, FORM, fields=lambda town: town.codes, foreign=200),
    "families:difficulties": Sample(
        EVERYBODY,
        {"GET": 200, "POST": 200},
        fields=lambda town: {"email": town.email},
        foreign=200,
        writes=frozenset({"families_recoveryrequest"}),
    ),
    "sms:subscribe": Sample(EVERYBODY, FORM, fields=lambda town: town.sms_form, foreign=400, writes=SMS_CODE),
    "sms:known": Sample(EVERYBODY, FORM, fields=lambda town: town.sms_number, foreign=400, writes=SMS_CODE),
    "sms:code": Sample(EVERYBODY, {"GET": 302, "POST": 302}),
    "sms:choices": Sample(EVERYBODY, {"GET": 302, "POST": 302}),
    "families:help": Sample(EVERYBODY),
    "families:house_rules": Sample(EVERYBODY, FORM, fields=lambda town: {"reglement": town.rules.pk}, foreign=302),
    "families:accessibility": Sample(EVERYBODY),
    "families:personal_data": Sample(EVERYBODY),
    "families:sign_out": Sample(EVERYBODY, FORM),
    "families:codes": Sample(
        LINK,
        {"GET": 200, "POST": 200},
        where=lambda town: {"token": town.link(FamilyLink.Purpose.CODES)},
        foreign=410,
    ),
    "families:device": Sample(
        LINK, FORM, where=lambda town: {"token": town.link(FamilyLink.Purpose.DEVICE)}, foreign=410
    ),
    "families:validate_address": Sample(
        LINK, {"GET": 200, "POST": 200}, where=lambda town: {"token": town.address_link()}, foreign=410
    ),
    "families:stop_messages": Sample(
        LINK, {"GET": 200, "POST": 200}, where=lambda town: {"token": town.stop_token()}, foreign=410, is_form=False
    ),
    "booking:offer": Sample(LINK, FORM, where=lambda town: {"token": town.offer_token()}, foreign=410),
    # Families'
    "families:messages": Sample(FAMILY, FORM),
    "families:children": Sample(FAMILY),
    "families:ask_about_data": Sample(FAMILY, {"POST": 302}, fields=lambda town: {"kind": "other", "words": "?"}),
    "families:withdraw": Sample(FAMILY, {"POST": 302}, where=lambda town: {"address_id": town.address.pk}),
    "families:export_json": Sample(FAMILY),
    "families:export_csv": Sample(FAMILY),
    "booking:planning": Sample(
        FAMILY, FORM, where=lambda town: {"code": town.child_code}, fields=lambda town: town.planning
    ),
    "booking:period": Sample(
        FAMILY,
        {"GET": 302, "POST": 302},
        where=lambda town: {"code": town.child_code, "period_id": town.period.pk},
        fields=lambda town: town.period_choice,
        foreign_fields=None,
        of_town=frozenset({"period_id"}),
    ),
    "booking:waiting": Sample(
        FAMILY,
        {"GET": 200, "POST": 200},
        where=lambda town: {"code": town.child_code, "box": town.planning["jour"][-1]},
        anywhere=frozenset({"box"}),
    ),
    "booking:calendar": Sample(FAMILY, FORM),
    "booking:calendar_feed": Sample(LINK, where=lambda town: {"token": town.calendar_token()}),
    "booking:week": Sample(FAMILY, {"GET": 302}, where=lambda town: {"week": "2026-W48"}, anywhere=frozenset({"week"})),
    "booking:pre_registration": Sample(
        FAMILY,
        FORM,
        fields=lambda town: {"campagne": town.campaign.pk, f"reponse-{town.child_code}": "non"},
        foreign=400,
    ),
    "booking:modifications": Sample(FAMILY, where=lambda town: {"code": town.child_code}),
    "booking:receipts": Sample(FAMILY),
    "booking:receipt": Sample(FAMILY, where=lambda town: {"number": town.receipt}),
    "booking:absences": Sample(FAMILY),
    "booking:absence_new": Sample(FAMILY, FORM, fields=lambda town: town.absence_asked, foreign=400),
    "booking:absence": Sample(FAMILY, where=lambda town: {"absence_id": town.absence.pk}),
    "booking:absence_document": Sample(
        FAMILY, {"GET": 200, "POST": 400}, where=lambda town: {"absence_id": town.absence.pk}
    ),
    "booking:absence_withdraw": Sample(FAMILY, {"POST": 302}, where=lambda town: {"absence_id": town.absence.pk}),
    "billing:quotient": Sample(FAMILY, {"GET": 200, "POST": 400}),
    "billing:quotient_withdraw": Sample(FAMILY, {"POST": 302}),
    "billing:quotient_document": Sample(FAMILY, where=lambda town: {"proof_id": town.quotient_proof.pk}),
    "billing:payments": Sample(FAMILY),
    "billing:invoices": Sample(FAMILY),
    "billing:invoice": Sample(FAMILY, where=lambda town: {"number": town.billed.number}),
    "billing:invoice_pdf": Sample(FAMILY, where=lambda town: {"number": town.billed.number}),
    "billing:online": Sample(FAMILY, FORM, fields=lambda town: town.payable, foreign=400),
    "billing:online_summary": Sample(
        FAMILY,
        FORM,
        where=lambda town: {"number": town.payable["facture"]},
        query=lambda town: {"adresse": town.sealed_email},
        fields=lambda town: {"adresse": town.sealed_email},
        foreign_fields=302,
        anywhere=frozenset({"adresse"}),
    ),
    "billing:online_attempt": Sample(FAMILY, where=lambda town: {"ticket": town.paid_online.ticket}),
    "billing:online_ticket": Sample(FAMILY, where=lambda town: {"ticket": town.paid_online.ticket}),
    "billing:online_return": Sample(
        LINK,
        {"GET": 302, "POST": 302},
        query=lambda town: {"idop": town.paid_online.id_op},
        is_form=False,
    ),
    "billing:online_announced": Sample(
        LINK, {"GET": 302, "POST": 200}, where=lambda town: town.sent_by_address, is_form=False
    ),
    "billing:online_notification": Sample(
        LINK,
        {"GET": 200, "POST": 200},
        query=lambda town: {"idop": town.paid_online.id_op},
        is_form=False,
    ),
    "voice:webhook": Sample(
        LINK,
        {"POST": 200},
        where=lambda town: {"provider": "twilio", "line": town.provider_line},
        fields=lambda town: {"CallSid": "CA1234567890"},
        headers=lambda town: town.provider_headers,
        anywhere=frozenset({"provider"}),
        foreign=403,
        foreign_fields=None,
    ),
    "voice:sound": Sample(LINK, where=lambda town: {"token": town.sound}),
    "billing:receipt_pdf": Sample(FAMILY, where=lambda town: {"number": town.payment.number}),
    # Agents'
    "office:today": Sample(agent("office.enter")),
    "office:notice_read": Sample(agent("office.enter"), {"POST": 302}, where=lambda town: {"notice_id": 1}),
    "office:watch": Sample(
        agent("office.enter"), where=lambda town: {"slug": "places-proposees"}, anywhere=frozenset({"slug"})
    ),
    "office:sign_in": Sample(
        EVERYBODY, {"GET": 200, "POST": 200}, fields=lambda town: {"email": town.email}, foreign=200
    ),
    "office:sign_out": Sample(agent("office.enter"), {"POST": 302}),
    "accounts_office:access": Sample(
        LINK, {"GET": 200, "POST": 200}, where=lambda town: {"token": town.access}, foreign=410
    ),
    "accounts_office:account": Sample(agent("office.enter")),
    "accounts_office:password": Sample(agent("office.enter"), {"GET": 200, "POST": 200}),
    "accounts_office:recovery_codes": Sample(agent("office.enter"), {"GET": 200, "POST": 200}),
    "accounts_office:telephone": Sample(agent("office.enter"), {"GET": 200, "POST": 200}),
    "accounts_office:end_other_sessions": Sample(agent("office.enter"), {"POST": 302}),
    "accounts_office:end_session": Sample(
        agent("office.enter"), {"POST": 404}, where=lambda town: {"key": town.colleague_session}
    ),
    "console_office:visits": Sample(agent("console.read_visits")),
    "console_office:visit_end": Sample(
        agent("console.read_visits"), {"POST": 302}, where=lambda town: {"visit_id": town.visit.pk}
    ),
    "console_office:visit_leave": Sample(EVERYBODY, {"POST": 302}),
    "console_office:visit_enter": Sample(
        LINK, FORM, where=lambda town: {"token": visits.link_of(town.visit).rstrip("/").rpartition("/")[2]}, foreign=410
    ),
    "office:agents": Sample(agent("accounts.manage")),
    "office:rights": Sample(agent("accounts.manage")),
    "office:agent_invite": Sample(
        agent("accounts.manage"),
        {"GET": 200, "POST": 200},
        fields=lambda town: town.invitation,
        foreign_fields=None,
    ),
    "office:agent": Sample(agent("accounts.manage"), where=lambda town: {"account_id": town.colleague.pk}),
    "office:agent_edit": Sample(
        agent("accounts.manage"),
        FORM,
        where=lambda town: {"account_id": town.colleague.pk},
        fields=lambda town: {"name": "Un AUTRE", "roles": ["cantine"]},
    ),
    "office:agent_invite_again": Sample(
        agent("accounts.manage"), {"POST": 302}, where=lambda town: {"account_id": town.invited.pk}
    ),
    "office:agent_new_access": Sample(
        agent("accounts.manage"), FORM, where=lambda town: {"account_id": town.colleague.pk}
    ),
    "office:agent_off": Sample(agent("accounts.manage"), FORM, where=lambda town: {"account_id": town.colleague.pk}),
    "office:agent_on": Sample(
        agent("accounts.manage"), {"POST": 302}, where=lambda town: {"account_id": town.gone_colleague.pk}
    ),
    "office:agent_end_sessions": Sample(
        agent("accounts.manage"), {"POST": 302}, where=lambda town: {"account_id": town.colleague.pk}
    ),
    "office:agent_end_session": Sample(
        agent("accounts.manage"),
        {"POST": 302},
        where=lambda town: {"account_id": town.colleague.pk, "key": town.colleague_session},
    ),
    "office:deliveries": Sample(agent("office.read_deliveries")),
    "office:delivery_resend": Sample(
        agent("office.resend_messages"), FORM, where=lambda town: {"message_id": town.stuck_message}
    ),
    "voice_office:home": Sample(agent("voice.read")),
    "voice_office:settings": Sample(
        agent("voice.set"), FORM, fields=lambda town: {"secret": "never", "months_kept": 6}, foreign_fields=None
    ),
    "voice_office:numbers": Sample(
        agent("voice.set"), FORM, fields=lambda town: {"number": town.telephone}, foreign=200, foreign_fields=200
    ),
    "voice_office:provider": Sample(
        agent("voice.set"), FORM, fields=lambda town: {"secret": "un-secret-de-prestataire"}, foreign_fields=None
    ),
    "voice_office:calls": Sample(agent("voice.read")),
    "voice_office:trial": Sample(agent("voice.try"), FORM),
    "voice_office:trial_turn": Sample(
        agent("voice.try"),
        FORM,
        where=lambda town: {"call": town.trial_call},
        fields=lambda town: {"tour": 0, "touches": f"{town.child_code}#"},
        foreign_fields=None,
    ),
    "voice_office:trial_sound": Sample(agent("voice.try"), where=lambda town: {"call": town.trial_call}),
    "voice_office:sentences": Sample(agent("voice.teach")),
    "voice_office:sentence": Sample(
        agent("voice.teach"),
        FORM,
        where=lambda town: {"key": town.recorded},
        fields=lambda town: {"geste": "utiliser", "essai": town.voice_draft},
        foreign_fields=302,
    ),
    "voice_office:sentence_sound": Sample(agent("voice.teach"), where=lambda town: {"key": town.recorded}),
    "voice_office:sentence_remove": Sample(agent("voice.teach"), FORM, where=lambda town: {"key": town.recorded}),
    "voice_office:draft_sound": Sample(agent("voice.teach"), where=lambda town: {"digest": town.voice_draft}),
    "voice_office:words": Sample(
        agent("voice.teach"),
        FORM,
        fields=lambda town: {"written": "Marsone", "spoken": "Marsonne"},
        foreign_fields=None,
    ),
    "voice_office:word_sound": Sample(agent("voice.teach"), query=lambda town: {"mot": "Bonjour"}),
    "voice_office:word": Sample(
        agent("voice.teach"),
        FORM,
        where=lambda town: {"word_id": town.word.pk},
        fields=lambda town: {"written": town.name, "spoken": "autrement"},
        foreign_fields=None,
    ),
    "voice_office:word_remove": Sample(agent("voice.teach"), FORM, where=lambda town: {"word_id": town.word.pk}),
    "office:deliveries_resend": Sample(
        agent("office.resend_messages"),
        FORM,
        fields=lambda town: {"message": town.stuck_message},
        foreign=302,
    ),
    "office:sending": Sample(
        agent("office.set_sending"),
        FORM,
        fields=lambda town: {
            "provider": "console",
            "sender": "MAIRIE",
            "part_price": "0.07",
            "monthly_cap": "100",
            "opens": "08:00",
            "closes": "20:00",
        },
        foreign_fields=None,
    ),
    "office:sending_credit": Sample(agent("office.set_sending")),
    "office:sending_trial": Sample(
        agent("office.set_sending"),
        {"POST": 302},
        fields=lambda town: {"number": "06 12 34 56 78"},
        foreign_fields=None,
    ),
    "office:sms_stop": Sample(agent("office.set_sending"), FORM),
    "office:sms_resume": Sample(
        agent("office.set_sending"), {"POST": 302}, fields=lambda town: {"attente": "envoyer"}, foreign_fields=None
    ),
    "office:tokens": Sample(agent("office.manage_tokens")),
    "office:token_new": Sample(
        agent("office.manage_tokens"),
        {"GET": 200, "POST": 200},
        fields=lambda town: {"name": "Cuisine centrale", "scopes": ["catalogue:lire"]},
    ),
    "office:token_revoke": Sample(
        agent("office.manage_tokens"), FORM, where=lambda town: {"token_id": town.api_token.pk}
    ),
    "office:journal": Sample(
        agent("office.read_journal"), query=lambda town: {"objet": town.household.holder}, foreign=200
    ),
    "office:journal_csv": Sample(
        agent("office.read_journal"),
        query=lambda town: {"objet": town.household.holder},
        foreign=200,
        writes=frozenset({"journal_auditentry"}),
    ),
    "office:mailings": Sample(agent("office.read_sendings")),
    "office:mailing_new": Sample(
        agent("office.write_to_families"), FORM, fields=lambda town: town.mailing_words, foreign=200
    ),
    "office:mailing_flash": Sample(
        agent("office.write_to_families"), FORM, fields=lambda town: town.mailing_words, foreign=200
    ),
    "office:mailing_count": Sample(
        agent("office.write_to_families"), {"POST": 200}, fields=lambda town: town.mailing_words, foreign=200
    ),
    "office:mailing": Sample(agent("office.read_sendings"), where=lambda town: {"mailing_id": town.mailing.pk}),
    "office:mailing_edit": Sample(
        agent("office.write_to_families"),
        FORM,
        where=lambda town: {"mailing_id": town.mailing.pk},
        fields=lambda town: town.mailing_words,
        foreign_fields=200,
    ),
    "office:mailing_try": Sample(
        agent("office.write_to_families"),
        {"POST": 302},
        where=lambda town: {"mailing_id": town.mailing.pk},
        fields=lambda town: {"number": "06 12 34 56 78"},
    ),
    "office:mailing_send": Sample(
        agent("office.write_to_families"), {"POST": 302}, where=lambda town: {"mailing_id": town.mailing.pk}
    ),
    "office:mailing_cancel": Sample(
        agent("office.write_to_families"), {"POST": 302}, where=lambda town: {"mailing_id": town.mailing.pk}
    ),
    "office:mailing_resend": Sample(
        agent("office.write_to_families"), FORM, where=lambda town: {"mailing_id": town.mailing.pk}
    ),
    "office:mailing_remove": Sample(
        agent("office.write_to_families"), {"POST": 302}, where=lambda town: {"mailing_id": town.mailing.pk}
    ),
    "office:sms_service": Sample(agent("office.read_sms_service")),
    "office:sms_form": Sample(
        agent("office.manage_sms_service"), FORM, fields=lambda town: town.sms_settings, foreign=200
    ),
    "office:topic_new": Sample(
        agent("office.manage_sms_service"), FORM, fields=lambda town: {"name": "Travaux", "order": 9}
    ),
    "office:topic": Sample(
        agent("office.manage_sms_service"),
        FORM,
        where=lambda town: {"topic_id": town.topic.pk},
        fields=lambda town: {"name": "Autre nom", "order": 9},
    ),
    "office:topic_retire": Sample(
        agent("office.manage_sms_service"), FORM, where=lambda town: {"topic_id": town.topic.pk}
    ),
    "office:subscribers": Sample(agent("office.read_sms_service")),
    "office:subscriber_end": Sample(
        agent("office.manage_sms_service"), {"POST": 302}, where=lambda town: {"subscriber_id": town.subscriber.pk}
    ),
    "office:consents_csv": Sample(agent("office.manage_sms_service")),
    "office:consents_xlsx": Sample(agent("office.manage_sms_service")),
    "office:messages": Sample(agent("office.read_messages")),
    "office:message_new": Sample(
        agent("office.write_messages"), FORM, fields=lambda town: town.message_words, foreign_fields=None
    ),
    "office:message": Sample(agent("office.read_messages"), where=lambda town: {"message_id": town.message.pk}),
    "office:message_edit": Sample(
        agent("office.write_messages"),
        FORM,
        where=lambda town: {"message_id": town.message.pk},
        fields=lambda town: town.message_words,
        foreign_fields=None,
    ),
    "office:message_publish": Sample(
        agent("office.write_messages"), {"POST": 302}, where=lambda town: {"message_id": town.message.pk}
    ),
    "office:message_withdraw": Sample(
        agent("office.write_messages"), {"POST": 302}, where=lambda town: {"message_id": town.message.pk}
    ),
    "office:message_copy": Sample(
        agent("office.write_messages"), {"POST": 302}, where=lambda town: {"message_id": town.message.pk}
    ),
    "office:message_remove": Sample(
        agent("office.write_messages"), {"POST": 302}, where=lambda town: {"message_id": town.message.pk}
    ),
    "families_office:families": Sample(agent("families.find"), query=lambda town: {"q": town.name}, foreign=200),
    "families_office:class": Sample(agent("families.find"), where=lambda town: {"class_id": town.school_class.pk}),
    "families_office:family": Sample(agent("families.open"), where=lambda town: {"household_id": town.household.pk}),
    "office:rules": Sample(agent("office.read_rules")),
    "office:rules_new": Sample(agent("office.write_rules"), FORM, fields=lambda town: town.rules_words),
    "office:rules_version": Sample(agent("office.read_rules"), where=lambda town: {"rules_id": town.rules.pk}),
    "office:rules_edit": Sample(
        agent("office.write_rules"),
        FORM,
        where=lambda town: {"rules_id": town.rules.pk},
        fields=lambda town: town.rules_words,
    ),
    "office:rules_publish": Sample(
        agent("office.write_rules"), {"POST": 302}, where=lambda town: {"rules_id": town.rules.pk}
    ),
    "office:rules_withdraw": Sample(
        agent("office.write_rules"), {"POST": 400}, where=lambda town: {"rules_id": town.rules.pk}
    ),
    "office:rules_copy": Sample(
        agent("office.write_rules"), {"POST": 302}, where=lambda town: {"rules_id": town.rules.pk}
    ),
    "office:rules_remove": Sample(
        agent("office.write_rules"), {"POST": 302}, where=lambda town: {"rules_id": town.rules.pk}
    ),
    "office:rules_families": Sample(agent("office.read_rules"), where=lambda town: {"rules_id": town.rules.pk}),
    "office:rules_families_csv": Sample(agent("office.read_rules"), where=lambda town: {"rules_id": town.rules.pk}),
    "office:set_up": Sample(agent("office.set_up")),
    "office:set_up_year": Sample(
        agent("office.set_up"), FORM, fields=lambda town: {"school_zone": "C", "year": town.school_year}
    ),
    "office:set_up_catalogue": Sample(agent("office.set_up"), {"GET": 200, "POST": 400}),
    "office:set_up_finish": Sample(agent("office.set_up"), {"POST": 302}),
    "office:set_up_skip": Sample(
        agent("office.set_up"), {"POST": 302}, where=lambda town: {"step": "apparence"}, foreign=302
    ),
    "office:set_up_take_up": Sample(
        agent("office.set_up"), {"POST": 302}, where=lambda town: {"step": "apparence"}, foreign=302
    ),
    "office:town": Sample(agent("office.change_town")),
    "office:town_contacts": Sample(agent("office.change_town"), FORM, fields=lambda town: {"contact_name": "Accueil"}),
    "office:town_portal": Sample(agent("office.change_town"), FORM, fields=lambda town: town.portal_settings),
    "office:town_access": Sample(agent("office.change_town"), FORM, fields=lambda town: town.access_settings),
    "office:town_appearance": Sample(agent("office.change_town"), FORM, fields=lambda town: {"couleur": "#123456"}),
    "office:town_sample": Sample(agent("office.change_town"), query=lambda town: {"couleur": "#123456"}),
    "office:town_logo": Sample(agent("office.change_town"), {"POST": 400}),
    "office:town_logo_trial": Sample(agent("office.change_town"), {"GET": 404}),
    "office:town_logo_keep": Sample(agent("office.change_town"), {"POST": 400}),
    "office:town_logo_remove": Sample(agent("office.change_town"), {"POST": 302}),
    "families_office:new_family": Sample(
        agent("families.edit"), FORM, fields=lambda town: town.family_words, foreign=400
    ),
    "families_office:export": Sample(agent("families.export")),
    "families_office:export_csv": Sample(agent("families.export")),
    "families_office:export_xlsx": Sample(agent("families.export")),
    "families_office:household": Sample(
        agent("families.edit"),
        FORM,
        where=lambda town: {"household_id": town.household.pk},
        fields=lambda town: {"name": "DURAND"},
        foreign_fields=None,
    ),
    "families_office:new_guardian": Sample(
        agent("families.edit"),
        FORM,
        where=lambda town: {"household_id": town.household.pk},
        fields=lambda town: town.guardian_words,
        foreign_fields=None,
    ),
    "families_office:guardian": Sample(
        agent("families.edit"),
        FORM,
        where=lambda town: {"household_id": town.household.pk, "guardian_id": town.guardian.pk},
        fields=lambda town: town.guardian_words,
        foreign_fields=None,
    ),
    "families_office:remove_guardian": Sample(
        agent("families.edit"),
        {"POST": 302},
        where=lambda town: {"household_id": town.household.pk, "guardian_id": town.guardian.pk},
    ),
    "families_office:codes": Sample(
        agent("families.print_codes"), where=lambda town: {"household_id": town.household.pk}
    ),
    "families_office:renew_codes": Sample(
        agent("families.renew_codes"),
        FORM,
        where=lambda town: {"household_id": town.household.pk},
        fields=lambda town: {"reason": "lettre perdue"},
        foreign_fields=None,
    ),
    "families_office:letter": Sample(
        agent("families.print_codes"), {"POST": 302}, where=lambda town: {"household_id": town.household.pk}
    ),
    "families_office:trial": Sample(
        agent("families.edit"), {"POST": 302}, where=lambda town: {"household_id": town.household.pk}
    ),
    "families_office:new_child": Sample(
        agent("families.edit"),
        FORM,
        where=lambda town: {"household_id": town.household.pk},
        fields=lambda town: town.family_words,
    ),
    "families_office:child": Sample(
        agent("families.open"), where=lambda town: {"household_id": town.household.pk, "child_id": town.child.pk}
    ),
    "families_office:edit_child": Sample(
        agent("families.edit"),
        FORM,
        where=lambda town: {"household_id": town.household.pk, "child_id": town.child.pk},
        fields=lambda town: {"last_name": "DURAND", "first_name": "Nino"},
        foreign_fields=None,
    ),
    "families_office:move_child": Sample(
        agent("families.edit"),
        {"GET": 200, "POST": 200},
        where=lambda town: {"household_id": town.household.pk, "child_id": town.child.pk},
        fields=lambda town: town.family_words,
    ),
    "families_office:share_child": Sample(
        agent("families.edit"),
        FORM,
        where=lambda town: {"household_id": town.household.pk, "child_id": town.child.pk},
        fields=lambda town: {"foyer": town.second_home.pk, "since": "2150-09-05"},
    ),
    "families_office:second_home": Sample(
        agent("families.edit"),
        FORM,
        where=lambda town: {"household_id": town.household.pk, "child_id": town.child.pk},
        fields=lambda town: town.family_words,
        foreign_fields=None,
    ),
    "families_office:end_custody": Sample(
        agent("families.edit"),
        {"GET": 200, "POST": 400},
        where=lambda town: {"household_id": town.household.pk, "child_id": town.child.pk},
        fields=lambda town: {"last_day": "2150-09-05"},
        foreign_fields=None,
    ),
    "families_office:new_contact": Sample(
        agent("families.edit"),
        FORM,
        where=lambda town: {"household_id": town.household.pk, "child_id": town.child.pk},
        fields=lambda town: {"kind": "emergency", "name": "Mamie"},
        foreign_fields=None,
    ),
    "families_office:contact": Sample(
        agent("families.edit"),
        FORM,
        where=lambda town: {
            "household_id": town.household.pk,
            "child_id": town.child.pk,
            "contact_id": town.contact.pk,
        },
        fields=lambda town: {"kind": "emergency", "name": "Mamie"},
        foreign_fields=None,
    ),
    "families_office:remove_child": Sample(
        agent("families.edit"),
        {"POST": 302},
        where=lambda town: {"household_id": town.household.pk, "child_id": town.child.pk},
    ),
    "families_office:remove_contact": Sample(
        agent("families.edit"),
        {"POST": 302},
        where=lambda town: {
            "household_id": town.household.pk,
            "child_id": town.child.pk,
            "contact_id": town.contact.pk,
        },
    ),
    "families_office:health": Sample(
        agent("families.read_health"),
        {"GET": 200, "POST": 200},
        where=lambda town: {"household_id": town.household.pk, "child_id": town.child.pk},
    ),
    "families_office:health_note": Sample(
        agent("families.write_health"),
        FORM,
        where=lambda town: {
            "household_id": town.household.pk,
            "child_id": town.child.pk,
            "note_id": town.health_note.pk,
        },
        fields=lambda town: {"kind": "pai", "words": "Ventoline"},
        foreign_fields=None,
    ),
    "families_office:remove_health_note": Sample(
        agent("families.write_health"),
        {"POST": 302},
        where=lambda town: {
            "household_id": town.household.pk,
            "child_id": town.child.pk,
            "note_id": town.health_note.pk,
        },
    ),
    "families_office:requests": Sample(agent("families.answer_requests")),
    "families_office:answer": Sample(
        agent("families.answer_requests"),
        FORM,
        where=lambda town: {"request_id": town.data_request.pk},
        fields=lambda town: {"answer": "C'est fait."},
    ),
    "families_office:imports": Sample(agent("families.import"), {"GET": 200, "POST": 400}),
    "families_office:import_template": Sample(agent("families.import")),
    "families_office:import_example": Sample(agent("families.import")),
    "families_office:import": Sample(
        agent("families.import"),
        FORM,
        where=lambda town: {"batch_id": town.imported.pk},
        fields=lambda town: {"school": "0"},
    ),
    "families_office:import_accept": Sample(
        agent("families.import"), {"POST": 302}, where=lambda town: {"batch_id": town.imported.pk}
    ),
    "families_office:letters": Sample(
        agent("families.print_codes"),
        FORM,
        fields=lambda town: {"classe": town.school_class.pk},
        foreign=200,
    ),
    "families_office:erase": Sample(
        agent("families.erase"),
        FORM,
        where=lambda town: {"household_id": town.household.pk},
        fields=lambda town: {"sure": "on"},
    ),
    "families_office:rollover": Sample(agent("families.roll_over"), FORM, fields=lambda town: town.next_year),
    "families_office:rollover_day": Sample(
        agent("families.roll_over"), {"POST": 302}, fields=lambda town: {"day": town.passage.row.day}
    ),
    "families_office:rollover_levels": Sample(
        agent("families.roll_over"), FORM, where=lambda town: town.all_placed, fields=lambda town: town.next_levels
    ),
    "families_office:rollover_classes": Sample(
        agent("families.roll_over"),
        {"POST": 302},
        fields=lambda town: {f"target_{pk}": town.next_class.pk for pk in town.passage.old},
        foreign=400,
    ),
    "families_office:rollover_children": Sample(
        agent("families.roll_over"),
        FORM,
        where=lambda town: {"class_id": town.passage.seats[0].class_id},
        fields=lambda town: {f"target_{town.passage.seats[0].child_id}": 0},
        foreign_fields=302,
    ),
    "families_office:rollover_add_class": Sample(
        agent("families.roll_over"),
        FORM,
        where=lambda town: town.all_placed,
        fields=lambda town: {"site": town.next_class.site_id, "name": "CP Z", "level": "CP"},
        foreign=400,
    ),
    "families_office:rollover_class": Sample(
        agent("families.roll_over"),
        FORM,
        where=lambda town: {"class_id": town.next_class.pk},
        fields=lambda town: {"site": town.next_class.site_id, "name": "CP Y", "level": "CP"},
    ),
    "families_office:rollover_apply": Sample(agent("families.roll_over"), FORM, where=lambda town: town.all_placed),
    "families_office:rollover_undo": Sample(agent("families.roll_over"), {"GET": 200, "POST": 400}),
    "families_office:letters_file": Sample(
        agent("families.print_codes"), where=lambda town: {"batch_id": town.letters.pk, "rank": 0}
    ),
    "booking_office:days": Sample(agent("booking.read_day")),
    "booking_office:lists": Sample(agent("booking.read_day")),
    "booking_office:lists_pdf": Sample(
        agent("booking.read_day"),
        query=lambda town: {"jour": f"{town.booked_day.day:%Y-%m-%d}", "quoi": f"a-{town.booked_day.activity_id}"},
        anywhere=frozenset({"jour", "quoi"}),
    ),
    "booking_office:call": Sample(
        agent("booking.read_day"), where=lambda town: {"service_day_id": town.service_day.pk}
    ),
    "booking_office:emergency": Sample(
        agent("booking.read_day"), where=lambda town: {"service_day_id": town.service_day.pk}
    ),
    "booking_office:note": Sample(
        agent("booking.call_roll"),
        {"POST": 302},
        where=lambda town: {"service_day_id": town.service_day.pk},
        fields=lambda town: {"enfant": town.child.pk, "etat": "present"},
        foreign_fields=404,
    ),
    "booking_office:family_bookings": Sample(
        agent("booking.read_counter"),
        {"GET": 200, "POST": 302},
        where=lambda town: {"household_id": town.household.pk},
        fields=lambda town: town.counter,
    ),
    "booking_office:family_answers": Sample(
        agent("booking.read_counter"),
        FORM,
        where=lambda town: {"household_id": town.household.pk},
        fields=lambda town: {"campagne": town.campaign.pk, f"reponse-{town.child_code}": "non"},
    ),
    "booking_office:family_journal": Sample(
        agent("booking.read_counter"), where=lambda town: {"household_id": town.household.pk}
    ),
    "booking_office:family_absences": Sample(
        agent("booking.read_absences"), where=lambda town: {"household_id": town.household.pk}
    ),
    "booking_office:absences": Sample(agent("booking.read_absences")),
    "booking_office:absence": Sample(
        agent("booking.read_absences"), where=lambda town: {"absence_id": town.absence.pk}
    ),
    "booking_office:absence_document": Sample(
        agent("booking.read_absences"), where=lambda town: {"absence_id": town.absence.pk}
    ),
    "booking_office:absence_answer": Sample(
        agent("booking.answer_absences"),
        {"POST": 302},
        where=lambda town: {"absence_id": town.absence.pk},
        fields=lambda town: {"state": "accepted", "seen": "declared"},
    ),
    "booking_office:absence_note": Sample(
        agent("booking.answer_absences"),
        {"POST": 302},
        where=lambda town: {"household_id": town.household.pk},
        fields=lambda town: town.absence_asked,
    ),
    "booking_office:family_receipt": Sample(
        agent("booking.read_counter"),
        FORM,
        where=lambda town: {"household_id": town.household.pk, "number": town.receipt},
    ),
    "booking_office:kitchen": Sample(agent("booking.count_meals")),
    "booking_office:kitchen_csv": Sample(agent("booking.count_meals")),
    "booking_office:kitchen_pdf": Sample(agent("booking.count_meals")),
    "billing_office:runs": Sample(agent("billing.read_runs")),
    "billing_office:run_new": Sample(
        agent("billing.run_billing"), FORM, fields=lambda town: town.run_asked, foreign=400
    ),
    "billing_office:run": Sample(agent("billing.read_runs"), where=lambda town: {"run_id": town.draft.run_id}),
    "billing_office:draft": Sample(
        agent("billing.read_runs"), where=lambda town: {"run_id": (draft := town.draft).run_id, "draft_id": draft.pk}
    ),
    "billing_office:run_compute": Sample(
        agent("billing.run_billing"), {"POST": 302}, where=lambda town: {"run_id": town.draft.run_id}
    ),
    "billing_office:run_check": Sample(
        agent("billing.run_billing"),
        {"POST": 302},
        where=lambda town: {"run_id": town.draft.run_id},
        fields=lambda town: {"version": 1},
        foreign_fields=None,
    ),
    "billing_office:run_validate": Sample(
        agent("billing.run_billing"),
        FORM,
        where=lambda town: {"run_id": town.draft.run_id},
        fields=lambda town: {"version": 1},
        foreign_fields=None,
    ),
    "billing_office:run_publish": Sample(
        agent("billing.run_billing"), FORM, where=lambda town: {"run_id": town.issued_run.pk}
    ),
    "billing_office:run_close": Sample(
        agent("billing.run_billing"), {"POST": 302}, where=lambda town: {"run_id": town.billed.run_id}
    ),
    "billing_office:run_discard": Sample(
        agent("billing.run_billing"), {"POST": 302}, where=lambda town: {"run_id": town.draft.run_id}
    ),
    "billing_office:run_correct": Sample(
        agent("billing.run_billing"),
        FORM,
        where=lambda town: {"run_id": town.billed.run_id},
        fields=lambda town: town.correction_asked,
        foreign_fields=None,
    ),
    "billing_office:invoice": Sample(agent("billing.read_invoices"), where=lambda town: {"number": town.billed.number}),
    "billing_office:invoice_pdf": Sample(
        agent("billing.read_invoices"), where=lambda town: {"number": town.billed.number}
    ),
    "billing_office:run_papers": Sample(agent("billing.run_billing"), where=lambda town: {"run_id": town.bundled.pk}),
    "billing_office:run_papers_make": Sample(
        agent("billing.run_billing"),
        {"POST": 302},
        where=lambda town: {"run_id": town.bundled.pk, "kind": "a-poster"},
    ),
    "billing_office:run_papers_file": Sample(
        agent("billing.run_billing"), where=lambda town: {"run_id": town.bundled.pk, "kind": "archive", "rank": 0}
    ),
    "console_office:purges": Sample(agent("console.read_purges")),
    "console_office:exports": Sample(agent("console.export_town"), FORM, fields=lambda town: PASSPHRASE),
    "console_office:archive": Sample(agent("console.export_town"), where=lambda town: {"export_id": town.exported.pk}),
    "billing_office:run_debts_csv": Sample(
        agent("billing.read_runs"), where=lambda town: {"run_id": town.billed.run_id}
    ),
    "billing_office:run_debts_xlsx": Sample(
        agent("billing.read_runs"), where=lambda town: {"run_id": town.billed.run_id}
    ),
    "billing_office:invoice_cancel": Sample(
        agent("billing.run_billing"),
        {"POST": 302},
        where=lambda town: {"number": town.billed.number},
        fields=lambda town: {"reason": "Erreur"},
        foreign_fields=None,
    ),
    "billing_office:family_invoices": Sample(
        agent("billing.read_invoices"), where=lambda town: {"household_id": town.household.pk}
    ),
    "billing_office:adjust": Sample(
        agent("billing.run_billing"),
        {"POST": 302},
        where=lambda town: {"household_id": town.household.pk},
        fields=lambda town: town.adjusted,
        foreign_fields=None,
    ),
    "billing_office:unadjust": Sample(
        agent("billing.run_billing"),
        {"POST": 302},
        where=lambda town: {"household_id": town.household.pk, "adjustment_id": town.adjustment.pk},
    ),
    "billing_office:tariffs": Sample(agent("billing.read_tariffs")),
    "billing_office:tariff": Sample(
        agent("billing.set_tariffs"),
        FORM,
        where=lambda town: {"activity_id": town.tariff_to_come.activity_id},
        fields=lambda town: town.tariff_form,
        foreign_fields=None,
    ),
    "billing_office:tariffs_renew": Sample(
        agent("billing.set_tariffs"),
        {"GET": 200, "POST": 200},
        where=lambda town: town.has_office,
        fields=lambda town: town.renewal,
        foreign=400,
        foreign_fields=None,
    ),
    "billing_office:tariffs_withdraw": Sample(
        agent("billing.set_tariffs"),
        {"POST": 302},
        fields=lambda town: {"jour": town.tariff_to_come.valid_during.lower},
        foreign_fields=None,
    ),
    "billing_office:tariff_remove": Sample(
        agent("billing.set_tariffs"),
        {"POST": 302},
        where=lambda town: {"activity_id": town.tariff_to_come.activity_id, "tariff_id": town.tariff_to_come.pk},
    ),
    "billing_office:offices": Sample(agent("billing.read_tariffs")),
    "billing_office:office_new": Sample(
        agent("billing.set_tariffs"),
        FORM,
        fields=lambda town: {"name": "Régie de la crèche", "revenue_code": "05"},
        foreign_fields=None,
    ),
    "billing_office:online_offices": Sample(agent("billing.read_online_settings")),
    "billing_office:online_office": Sample(
        agent("billing.set_online_settings"),
        FORM,
        where=lambda town: {"office_id": town.own_office.pk},
        fields=lambda town: town.online_settings,
        foreign_fields=None,
    ),
    "billing_office:online_trial": Sample(
        agent("billing.set_online_settings"), {"POST": 200}, where=lambda town: {"office_id": town.own_office.pk}
    ),
    "billing_office:reconciliation": Sample(agent("billing.read_payments")),
    "billing_office:reconciliation_send": Sample(agent("billing.reconcile"), {"POST": 400}),
    "billing_office:treasury_file": Sample(
        agent("billing.read_payments"), where=lambda town: {"file_id": town.treasury_line.file_id}
    ),
    "billing_office:treasury_confirm": Sample(
        agent("billing.reconcile"), {"POST": 302}, where=lambda town: {"file_id": town.treasury_line.file_id}
    ),
    "billing_office:treasury_line": Sample(
        agent("billing.reconcile"),
        FORM,
        where=lambda town: {"file_id": town.treasury_line.file_id, "rank": 1},
        fields=lambda town: {"reason": "Vu sur le relevé."},
        anywhere=frozenset({"rank"}),
        foreign_fields=None,
    ),
    "billing_office:treasury_ask": Sample(
        agent("billing.reconcile"),
        {"POST": 302},
        where=lambda town: {"file_id": town.treasury_line.file_id, "rank": 1},
        anywhere=frozenset({"rank"}),
    ),
    "billing_office:incidents": Sample(agent("billing.read_payments")),
    "billing_office:incident_note": Sample(
        agent("billing.reconcile"),
        {"POST": 302},
        where=lambda town: {"attempt_id": town.mismatched.pk, "kind": "mismatch"},
        fields=lambda town: {"note": "Vu avec la Trésorerie."},
        anywhere=frozenset({"kind"}),
        foreign_fields=None,
    ),
    "billing_office:office": Sample(
        agent("billing.set_tariffs"),
        FORM,
        where=lambda town: {"office_id": town.own_office.pk},
        fields=lambda town: {"name": town.name, "revenue_code": "04"},
        foreign_fields=None,
    ),
    "billing_office:settings": Sample(
        agent("billing.set_tariffs"),
        FORM,
        fields=lambda town: {"unusual_amount": "500", "quotient_warning_days": "30"},
        foreign_fields=None,
    ),
    "billing_office:quotients": Sample(agent("billing.read_quotients")),
    "billing_office:quotient_warnings": Sample(
        agent("billing.set_tariffs"),
        {"GET": 200, "POST": 400},
        fields=lambda town: {"etape": "commencer", "nombre": "999999"},
        foreign=400,
        foreign_fields=None,
    ),
    "billing_office:quotient_proofs": Sample(agent("billing.read_quotients")),
    "billing_office:quotient_proof": Sample(
        agent("billing.read_quotients"), where=lambda town: {"proof_id": town.quotient_proof.pk}
    ),
    "billing_office:quotient_proof_document": Sample(
        agent("billing.read_quotients"), where=lambda town: {"proof_id": town.quotient_proof.pk}
    ),
    "billing_office:quotient_proof_answer": Sample(
        agent("billing.set_quotients"),
        {"POST": 302},
        where=lambda town: {"proof_id": town.quotient_proof.pk},
        fields=lambda town: {"decision": "refuse", "words": "Illisible."},
        foreign_fields=None,
    ),
    "billing_office:quotients_csv": Sample(agent("billing.read_quotients")),
    "billing_office:quotients_xlsx": Sample(agent("billing.read_quotients")),
    "billing_office:quotient_imports": Sample(agent("billing.set_quotients"), {"GET": 200, "POST": 400}),
    "billing_office:quotient_import": Sample(
        agent("billing.set_quotients"),
        FORM,
        where=lambda town: {"batch_id": town.quotient_import.pk},
        fields=lambda town: {"value": "0"},
        foreign_fields=None,
    ),
    "billing_office:quotient_import_accept": Sample(
        agent("billing.set_quotients"), {"POST": 302}, where=lambda town: {"batch_id": town.quotient_import.pk}
    ),
    "billing_office:quotient_import_undo": Sample(
        agent("billing.set_quotients"), {"POST": 302}, where=lambda town: {"batch_id": town.quotients_imported.pk}
    ),
    "billing_office:family_quotient": Sample(
        agent("billing.read_quotients"),
        FORM,
        where=lambda town: {"household_id": town.household.pk},
        fields=lambda town: {"value": "650,50", "since": "2026-09-01", "proof": "CAF"},
        foreign_fields=None,
    ),
    "billing_office:quotient_document": Sample(
        agent("billing.read_quotients"),
        where=lambda town: {"household_id": town.household.pk, "quotient_id": town.quotient.pk},
    ),
    "billing_office:residence": Sample(
        agent("billing.set_quotients"),
        {"POST": 302},
        where=lambda town: {"household_id": town.household.pk},
        fields=lambda town: {"resident": "oui"},
        foreign_fields=None,
    ),
    "billing_office:desk": Sample(agent("billing.read_payments")),
    "billing_office:reminders": Sample(agent("billing.read_payments")),
    "billing_office:reminders_send": Sample(
        agent("billing.remind"),
        {"POST": 302},
        fields=lambda town: {"facture": [town.overdue.pk]},
        foreign=400,
    ),
    "billing_office:reminder_letters": Sample(
        agent("billing.read_payments"), where=lambda town: {"sending_id": town.reminded.pk}
    ),
    "billing_office:reminders_again": Sample(
        agent("billing.remind"), {"POST": 302}, where=lambda town: {"sending_id": town.reminded.pk}
    ),
    "billing_office:reminder_levels": Sample(agent("billing.read_payments")),
    "billing_office:reminder_minimum": Sample(
        agent("billing.remind"), {"POST": 302}, fields=lambda town: {"minimum": "10"}, foreign_fields=None
    ),
    "billing_office:reminder_start": Sample(agent("billing.remind"), {"POST": 302}),
    "billing_office:reminder_level_new": Sample(
        agent("billing.remind"), FORM, fields=lambda town: town.level_words, foreign_fields=None
    ),
    "billing_office:reminder_level": Sample(
        agent("billing.remind"),
        FORM,
        where=lambda town: {"level_id": town.reminder_level.pk},
        fields=lambda town: town.level_words,
        foreign_fields=None,
    ),
    "billing_office:reminder_level_remove": Sample(
        agent("billing.remind"), {"POST": 302}, where=lambda town: {"level_id": town.reminder_level.pk}
    ),
    "billing_office:unpaid": Sample(agent("billing.read_payments")),
    "billing_office:unpaid_csv": Sample(agent("billing.read_payments")),
    "billing_office:unpaid_xlsx": Sample(agent("billing.read_payments")),
    "billing_office:credits": Sample(agent("billing.read_payments")),
    "billing_office:credits_use": Sample(
        agent("billing.take_payments"),
        {"POST": 302},
        fields=lambda town: {"regie": town.own_office.pk},  # a town without régie has no such page
        foreign=302,  # the address names the régie, our principal one when it is none of ours
    ),
    "billing_office:till": Sample(agent("billing.read_payments")),
    "billing_office:till_close": Sample(
        agent("billing.close_till"), {"POST": 302}, fields=lambda town: town.closing_till, foreign_fields=None
    ),
    "billing_office:till_pdf": Sample(agent("billing.read_payments"), query=lambda town: town.journal_days),
    "billing_office:till_xlsx": Sample(agent("billing.read_payments"), query=lambda town: town.journal_days),
    "billing_office:remittances": Sample(agent("billing.read_payments")),
    "billing_office:remit": Sample(
        agent("billing.take_payments"),
        {"POST": 302},
        fields=lambda town: {"cheque": [town.cheque.pk]},
        foreign=400,
    ),
    "billing_office:remittance": Sample(
        agent("billing.read_payments"), where=lambda town: {"remittance_id": town.remittance.pk}
    ),
    "billing_office:remittance_pdf": Sample(
        agent("billing.read_payments"), where=lambda town: {"remittance_id": town.remittance.pk}
    ),
    "billing_office:family_payments": Sample(
        agent("billing.read_payments"), where=lambda town: {"household_id": town.household.pk}
    ),
    "billing_office:take": Sample(
        agent("billing.take_payments"),
        {"POST": 302},
        where=lambda town: {"household_id": town.household.pk},
        fields=lambda town: town.taking,
        foreign_fields=None,
    ),
    "billing_office:use_credit": Sample(
        agent("billing.take_payments"),
        {"POST": 302},
        where=lambda town: {"household_id": town.household.pk},
        fields=lambda town: town.credit_use,
    ),
    "billing_office:take_back": Sample(
        agent("billing.take_payments"),
        FORM,
        where=lambda town: {"household_id": town.household.pk, "allocation_id": town.used_credit.pk},
        fields=lambda town: {"reason": "Mauvaise facture"},
        foreign_fields=None,
    ),
    "billing_office:receipt": Sample(
        agent("billing.read_payments"),
        where=lambda town: {"household_id": town.household.pk, "number": town.payment.number},
    ),
    "billing_office:receipt_pdf": Sample(
        agent("billing.read_payments"),
        where=lambda town: {"household_id": town.household.pk, "number": town.payment.number},
    ),
    "billing_office:receipt_reverse": Sample(
        agent("billing.take_payments"),
        {"POST": 302},
        where=lambda town: {"household_id": town.household.pk, "number": town.payment.number},
        fields=lambda town: {"reason": "Erreur de famille"},
        foreign_fields=None,
    ),
    "booking_office:campaigns": Sample(agent("booking.read_pre_registrations")),
    "booking_office:campaign_new": Sample(
        agent("booking.run_campaigns"), FORM, fields=lambda town: town.campaign_words, foreign=400
    ),
    "booking_office:campaign": Sample(
        agent("booking.read_pre_registrations"), where=lambda town: {"campaign_id": town.campaign.pk}
    ),
    "booking_office:campaign_edit": Sample(
        agent("booking.run_campaigns"),
        FORM,
        where=lambda town: {"campaign_id": town.closed_campaign.pk},
        fields=lambda town: town.campaign_words,
    ),
    "booking_office:campaign_open": Sample(
        agent("booking.run_campaigns"),
        FORM,
        where=lambda town: {"campaign_id": town.closed_campaign.pk},
        fields=lambda town: {"closes_day": "2190-01-01", "closes_hour": "17:00"},
        foreign_fields=None,
    ),
    "booking_office:campaign_close": Sample(
        agent("booking.run_campaigns"),
        {"POST": 302},
        where=lambda town: {"campaign_id": town.campaign.pk},
        foreign_fields=None,
    ),
    "booking_office:campaign_validate": Sample(
        agent("booking.decide_pre_registrations"),
        FORM,
        where=lambda town: {"campaign_id": town.campaign.pk},
        fields=lambda town: {"vu": "2026-01-01T00:00:00+00:00"},
        foreign_fields=None,
    ),
    "booking_office:campaign_book": Sample(
        agent("booking.decide_pre_registrations"),
        {"POST": 302},
        where=lambda town: {"campaign_id": town.campaign.pk},
        foreign_fields=None,
    ),
    "booking_office:campaign_csv": Sample(
        agent("booking.read_pre_registrations"), where=lambda town: {"campaign_id": town.campaign.pk}
    ),
    "booking_office:campaign_xlsx": Sample(
        agent("booking.read_pre_registrations"), where=lambda town: {"campaign_id": town.campaign.pk}
    ),
    "booking_office:answer": Sample(
        agent("booking.read_pre_registrations"),
        FORM,
        where=lambda town: {"campaign_id": town.campaign.pk, "answer_id": town.pre_registration.pk},
        fields=lambda town: {"version": 1, "state": "validated"},
        foreign_fields=None,
    ),
    "booking_office:closures": Sample(agent("booking.read_closures")),
    "booking_office:closure_new": Sample(agent("booking.close_days")),
    "booking_office:closure_preview": Sample(agent("booking.close_days"), query=lambda town: town.closing, foreign=400),
    "booking_office:closure_close": Sample(
        agent("booking.close_days"), {"POST": 302}, fields=lambda town: town.confirmed_closing, foreign=400
    ),
    "booking_office:closure": Sample(
        agent("booking.read_closures"), where=lambda town: {"closure_id": town.closure.pk}
    ),
    "booking_office:closure_work": Sample(
        agent("booking.read_closures"), where=lambda town: {"work_id": town.closure_work.pk}
    ),
    "booking_office:closure_undo": Sample(
        agent("booking.close_days"), FORM, where=lambda town: {"closure_id": town.closure.pk}
    ),
    "booking_office:calendar": Sample(agent("booking.read_calendar")),
    "booking_office:vacation_new": Sample(
        agent("booking.set_calendar"), FORM, fields=lambda town: town.vacation_form, foreign_fields=None
    ),
    "booking_office:vacation": Sample(
        agent("booking.set_calendar"),
        FORM,
        where=lambda town: {"vacation_id": town.vacation.pk},
        fields=lambda town: town.vacation_form,
        foreign_fields=None,
    ),
    "booking_office:vacation_remove": Sample(
        agent("booking.set_calendar"), FORM, where=lambda town: {"vacation_id": town.vacation.pk}
    ),
    "booking_office:holiday_new": Sample(
        agent("booking.set_calendar"), FORM, fields=lambda town: town.holiday_form, foreign_fields=None
    ),
    "booking_office:holiday_remove": Sample(
        agent("booking.set_calendar"), FORM, where=lambda town: {"holiday_id": town.holiday.pk}
    ),
    "booking_office:periods": Sample(agent("booking.read_periods")),
    "booking_office:period_new": Sample(
        agent("booking.set_periods"), FORM, fields=lambda town: town.period_form, foreign=400
    ),
    "booking_office:period": Sample(agent("booking.read_periods"), where=lambda town: {"period_id": town.period.pk}),
    "booking_office:period_edit": Sample(
        agent("booking.set_periods"),
        FORM,
        where=lambda town: {"period_id": town.period.pk},
        fields=lambda town: town.period_form,
    ),
    "booking_office:period_remove": Sample(
        agent("booking.set_periods"), {"POST": 302}, where=lambda town: {"period_id": town.period.pk}
    ),
    "booking_office:period_csv": Sample(
        agent("booking.read_periods"), where=lambda town: {"period_id": town.period.pk}
    ),
    "booking_office:period_reopen": Sample(
        agent("booking.set_periods"),
        FORM,
        where=lambda town: {"choice_id": town.chosen_period.pk},
        fields=lambda town: {"reason": "Erreur de jour"},
    ),
    "booking_office:waiting_lists": Sample(agent("booking.read_waiting_lists")),
    "booking_office:waiting_list": Sample(
        agent("booking.read_waiting_lists"), where=lambda town: {"service_day_id": town.full_day.pk}
    ),
    "booking_office:waiting_join": Sample(
        agent("booking.move_waiting_lists"),
        FORM,
        where=lambda town: {
            "service_day_id": town.full_day.pk,
            "child_id": town.child.pk,
            "household_id": town.household.pk,
        },
        fields=lambda town: {"reason": "Au guichet"},
    ),
    "booking_office:waiting_entry": Sample(
        agent("booking.move_waiting_lists"), where=lambda town: {"entry_id": town.waiting.pk}
    ),
    "booking_office:waiting_rank": Sample(
        agent("booking.move_waiting_lists"),
        {"POST": 302},
        where=lambda town: {"entry_id": town.waiting.pk},
        fields=lambda town: {"criterion": "100", "reason": "Au guichet"},
    ),
    "booking_office:waiting_leave": Sample(
        agent("booking.move_waiting_lists"),
        {"POST": 302},
        where=lambda town: {"entry_id": town.waiting.pk},
        fields=lambda town: {"reason": "Au guichet"},
    ),
    "booking_office:catalogue": Sample(agent("booking.read_catalogue")),
    "booking_office:catalogue_start": Sample(
        agent("booking.change_catalogue"),
        {"POST": 302},
        fields=lambda town: {"modele": "veille-17h"},
        foreign_fields=None,
    ),
    "booking_office:group_new": Sample(
        agent("booking.change_catalogue"), FORM, fields=lambda town: {"name": "SPORT"}, foreign_fields=None
    ),
    "booking_office:group": Sample(
        agent("booking.change_catalogue"),
        FORM,
        where=lambda town: {"group_id": town.group.pk},
        fields=lambda town: {"name": "SPORT"},
        foreign_fields=None,
    ),
    "booking_office:group_move": Sample(
        agent("booking.change_catalogue"), {"POST": 302}, where=lambda town: {"group_id": town.group.pk}
    ),
    "booking_office:group_remove": Sample(
        agent("booking.change_catalogue"), {"POST": 302}, where=lambda town: {"group_id": town.empty_group.pk}
    ),
    "booking_office:group_deadline": Sample(
        agent("booking.change_catalogue"),
        FORM,
        where=lambda town: {"group_id": town.group.pk},
        fields=lambda town: town.deadline_words,
        foreign_fields=None,
    ),
    "booking_office:activity_new": Sample(
        agent("booking.change_catalogue"),
        FORM,
        where=lambda town: {"group_id": town.group.pk},
        fields=lambda town: {**town.activity_words, "name": "Escalade"},
        foreign_fields=None,
    ),
    "booking_office:activity": Sample(
        agent("booking.change_catalogue"),
        FORM,
        where=lambda town: {"activity_id": town.own_activity.pk},
        fields=lambda town: town.activity_words,
        foreign_fields=None,
    ),
    "booking_office:activity_move": Sample(
        agent("booking.change_catalogue"), {"POST": 302}, where=lambda town: {"activity_id": town.own_activity.pk}
    ),
    "booking_office:activity_retire": Sample(
        agent("booking.change_catalogue"), FORM, where=lambda town: {"activity_id": town.own_activity.pk}
    ),
    "booking_office:activity_restore": Sample(
        agent("booking.change_catalogue"), {"POST": 302}, where=lambda town: {"activity_id": town.own_activity.pk}
    ),
    "booking_office:activity_deadline": Sample(
        agent("booking.change_catalogue"),
        FORM,
        where=lambda town: {"activity_id": town.own_activity.pk},
        fields=lambda town: town.deadline_words,
        foreign_fields=None,
    ),
    "booking_office:places": Sample(
        agent("booking.read_catalogue"), READ, where=lambda town: {"activity_id": town.own_activity.pk}
    ),
    "booking_office:places_set": Sample(
        agent("booking.change_catalogue"),
        {"POST": 302},
        where=lambda town: {"activity_id": town.own_activity.pk},
        fields=lambda town: town.places_words,
    ),
    "booking_office:access": Sample(
        agent("booking.change_catalogue"),
        FORM,
        where=lambda town: {"activity_id": town.own_activity.pk},
        fields=lambda town: town.access_words,
    ),
    "booking_office:ties": Sample(
        agent("booking.change_catalogue"),
        FORM,
        where=lambda town: {"activity_id": town.own_activity.pk},
        fields=lambda town: {"other": town.other_activity.pk, "kind": "incompatible", "etape": "accepter"},
    ),
    "booking_office:untie": Sample(
        agent("booking.change_catalogue"),
        {"POST": 302},
        where=lambda town: {"activity_id": town.own_activity.pk, "tie_id": town.tie.pk},
    ),
    # The town's software's
    "notifications:provider": Sample(
        LINK,
        {"GET": 400, "POST": 204},
        where=lambda town: {"token": town.sending.webhook_token},
        fields=lambda town: {"own_id": "00" * 10, "status": "delivered"},
        foreign_fields=None,
        is_form=False,
    ),
    "notifications:mail_provider": Sample(
        LINK,
        {"POST": 204},
        where=lambda town: {"token": town.sending.webhook_token},
        fields=lambda town: {"event": "opened", "email": "marsone@example.org"},
        foreign_fields=None,
        is_form=False,
    ),
    "api_schema": Sample(EVERYBODY, is_form=False),
    "api_docs": Sample(EVERYBODY, is_form=False),
    "accounts:api_me": Sample(software(), is_form=False),
    "families_api:sites": Sample(software("families.read_sites"), is_form=False),
    "families_api:households": Sample(software("families.read_families"), is_form=False),
    "families_api:household": Sample(
        software("families.read_families"), where=lambda town: {"famille": town.household.pk}, is_form=False
    ),
    "families_api:children": Sample(
        software("families.read_families"), where=lambda town: {"famille": town.household.pk}, is_form=False
    ),
    "families_api:classes": Sample(software("families.read_sites"), is_form=False),
    "families_api:class_children": Sample(
        software("families.read_families"), where=lambda town: {"classe": town.school_class.pk}, is_form=False
    ),
    "families_api:site_children": Sample(
        software("families.read_families"), where=lambda town: {"lieu": town.school_class.site_id}, is_form=False
    ),
    "families_api:add_household": Sample(
        software("families.write_families"),
        {"POST": 201},
        fields=lambda town: town.family_written,
        headers=lambda town: {"idempotency-key": f"{town.name}-f"},
        foreign=400,
        is_form=False,
    ),
    "families_api:change_household": Sample(
        software("families.write_families"),
        {"POST": 200},
        where=lambda town: {"famille": town.household.pk},
        fields=lambda town: {"nom": "NOUVELLE"},
        headers=lambda town: {"idempotency-key": f"{town.name}-m"},
        is_form=False,
    ),
    "families_api:add_guardian": Sample(
        software("families.write_families"),
        {"POST": 201},
        where=lambda town: {"famille": town.household.pk},
        fields=lambda town: town.family_written["representant"],
        headers=lambda town: {"idempotency-key": f"{town.name}-r"},
        is_form=False,
    ),
    "families_api:add_child": Sample(
        software("families.write_families"),
        {"POST": 201},
        where=lambda town: {"famille": town.household.pk},
        fields=lambda town: {"prenom": "Léo", "nom": "ESSAI"},
        headers=lambda town: {"idempotency-key": f"{town.name}-e"},
        is_form=False,
    ),
    "families_api:move_child": Sample(
        software("families.write_families"),
        {"POST": 200},
        where=lambda town: {"enfant": town.child.pk},
        fields=lambda town: {"classe": None, "depuis": str(clock.today(town.commune.zone))},
        headers=lambda town: {"idempotency-key": f"{town.name}-c"},
        is_form=False,
    ),
    "booking_api:groups": Sample(software("booking.read_catalogue"), is_form=False),
    "booking_api:activities": Sample(software("booking.read_catalogue"), is_form=False),
    "booking_api:days": Sample(software("booking.read_catalogue"), is_form=False),
    "booking_api:bookings": Sample(
        software("booking.read_bookings"),
        query=lambda town: {"famille": town.household.pk},
        foreign=200,
        is_form=False,
    ),
    "booking_api:attendances": Sample(
        software("booking.read_attendance"), query=lambda town: {"enfant": town.child.pk}, foreign=200, is_form=False
    ),
    "booking_api:note": Sample(
        software("booking.note_attendance"),
        {"POST": 200},
        fields=lambda town: town.roll_noted,
        headers=lambda town: {"idempotency-key": town.name},
        foreign=400,
        is_form=False,
    ),
    "booking_api:absences": Sample(
        software("booking.read_declared_absences"),
        query=lambda town: {"enfant": town.child.pk},
        foreign=200,
        is_form=False,
    ),
    "billing_api:invoices": Sample(
        software("billing.read_accounts"),
        query=lambda town: {"famille": town.household.pk},
        foreign=200,
        is_form=False,
    ),
    "billing_api:payments": Sample(
        software("billing.read_accounts"),
        query=lambda town: {"famille": town.household.pk},
        foreign=200,
        is_form=False,
    ),
    "booking_api:meals": Sample(
        software("booking.count_meals"),
        query=lambda town: {"du": "2026-11-02", "au": "2026-11-06"},
        is_form=False,
    ),
    "booking_api:closures": Sample(software("booking.read_catalogue"), is_form=False),
    "booking_api:journal": Sample(
        software("booking.read_bookings"),
        query=lambda town: {"famille": town.household.pk},
        foreign=200,
        is_form=False,
    ),
    "booking_api:receipts": Sample(
        software("booking.read_bookings"),
        query=lambda town: {"famille": town.household.pk},
        foreign=200,
        is_form=False,
    ),
    "booking_api:receipt": Sample(
        software("booking.read_bookings"), where=lambda town: {"numero": town.receipt}, is_form=False
    ),
    "booking_api:changes": Sample(
        software("booking.change_bookings"),
        {"POST": 201},
        fields=lambda town: town.changes,
        headers=lambda town: {"idempotency-key": town.name},
        foreign=400,
        is_form=False,
    ),
}


def of_town(town: Town) -> Mapping[str, Any]:
    """The commune that an address of the console names."""
    return {"slug": town.commune.slug}


def of_erasure(town: Town) -> Mapping[str, Any]:
    """An erasure that waits."""
    return {"erasure_id": town.erasure.pk}


def of_colleague(town: Town) -> Mapping[str, Any]:
    """The operator that an address of the console names."""
    return {"account_id": colleague_of_vendor().pk}


def of_line(town: Town) -> Mapping[str, Any]:
    """The operator's line that an address of the console names."""
    return {"line_id": town.operator_line.pk}


CONSOLE: Mapping[str, Sample] = {
    "console:sign_in": Sample(EVERYBODY, {"GET": 200, "POST": 200}),
    "console:sign_out": Sample(OPERATOR, DONE),
    "console:communes": Sample(vendor("console.enter")),
    "console:new": Sample(vendor("console.open_communes"), REFUSED),
    "console:commune": Sample(vendor("console.enter"), where=of_town),
    "console:messages": Sample(vendor("console.resend_messages"), FORM, where=of_town),
    "console:purges": Sample(vendor("console.enter"), where=of_town),
    "console:erase": Sample(vendor("console.erase_communes"), REFUSED, where=of_town),
    "console:erasures": Sample(vendor("console.enter")),
    "console:erasure": Sample(vendor("console.enter"), where=of_erasure),
    "console:certificate": Sample(vendor("console.enter"), where=lambda town: {"erasure_id": town.erased.pk}),
    "console:erasure_cancel": Sample(vendor("console.erase_communes"), DONE, where=of_erasure),
    "console:exports": Sample(vendor("console.export_communes"), REFUSED, where=of_town),
    "console:archive": Sample(
        vendor("console.export_communes"), where=lambda town: {**of_town(town), "export_id": town.exported.pk}
    ),
    "console:state": Sample(vendor("console.change_states"), REFUSED, where=of_town),
    "console:opening_day": Sample(vendor("console.change_states"), DONE, where=of_town),
    "console:enter": Sample(vendor("console.enter_towns"), REFUSED, where=of_town),
    "console:visit": Sample(vendor("console.enter_towns"), where=lambda town: {"visit_id": town.visit.pk}),
    "console:visit_end": Sample(vendor("console.enter_towns"), DONE, where=lambda town: {"visit_id": town.visit.pk}),
    "console:notices": Sample(vendor("console.enter")),
    "console:notice_new": Sample(OPERATOR, REFUSED, where=lambda town: {"word": "maintenance"}),
    "console:notice_cancel": Sample(OPERATOR, DONE, where=lambda town: {"notice_id": notice().pk}),
    "console:telephone": Sample(vendor("console.read_telephone")),
    "console:new_line": Sample(vendor("console.set_telephone"), REFUSED),
    "console:line": Sample(vendor("console.set_telephone"), REFUSED, where=of_line),
    "console:remove_line": Sample(vendor("console.set_telephone"), FORM, where=of_line),
    "console:numbers": Sample(vendor("console.set_telephone"), REFUSED),
    "console:remove_number": Sample(
        vendor("console.set_telephone"), FORM, where=lambda town: {"number": town.telephone.lstrip("+")}
    ),
    "console:offers": Sample(vendor("console.set_offers"), FORM, where=of_town),
    "console:usage": Sample(vendor("console.read_usage")),
    "console:usage_csv": Sample(vendor("console.read_usage"), where=lambda town: {"year": 2026, "month": 11}),
    "console:operators": Sample(vendor("console.manage_operators")),
    "console:operator_invite": Sample(vendor("console.manage_operators"), REFUSED),
    "console:operator": Sample(vendor("console.manage_operators"), where=of_colleague),
    "console:operator_edit": Sample(vendor("console.manage_operators"), REFUSED, where=of_colleague),
    "console:operator_invite_again": Sample(vendor("console.manage_operators"), {"POST": 400}, where=of_colleague),
    "console:operator_new_access": Sample(vendor("console.manage_operators"), DONE, where=of_colleague),
    "console:operator_off": Sample(vendor("console.manage_operators"), DONE, where=of_colleague),
    "console:operator_on": Sample(vendor("console.manage_operators"), DONE, where=of_colleague),
    "console:operator_end_sessions": Sample(vendor("console.manage_operators"), DONE, where=of_colleague),
    "console:operator_end_session": Sample(
        vendor("console.manage_operators"), DONE, where=lambda town: colleague_session_of_vendor()
    ),
    "console:journal": Sample(vendor("console.read_journal")),
    "console:journal_csv": Sample(vendor("console.read_journal")),
    "accounts_office:access": Sample(LINK, {"GET": 200, "POST": 200}, where=lambda town: {"token": access_of_vendor()}),
    "accounts_office:account": Sample(OPERATOR),
    "accounts_office:password": Sample(OPERATOR, {"GET": 200, "POST": 200}),
    "accounts_office:recovery_codes": Sample(OPERATOR, {"GET": 200, "POST": 200}),
    "accounts_office:telephone": Sample(OPERATOR, {"GET": 200, "POST": 200}),
    "accounts_office:end_session": Sample(OPERATOR, {"POST": 404}, where=lambda town: {"key": uuid4()}),
    "accounts_office:end_other_sessions": Sample(OPERATOR, DONE),
}
