"""Opening a commune from the console: its catalogue, and its first agent invited, all or nothing."""

from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction

from booking.catalogue_templates import TEMPLATES, VERSIONS
from lps.accounts import agents
from lps.accounts.agents import Invited, Profile
from lps.accounts.roles import Role
from lps.console.furnishing import furnish
from lps.console.services import CannotOpen, Identity, create_commune
from lps.families.phones import region_of, shown
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.town import change_settings
from tenants import context
from tenants.lines import NumberTaken
from tenants.models import Commune
from tenants.town.queries import settings as town_settings
from voice.services.settings import set_numbers


@dataclass(frozen=True, slots=True)
class FirstAgent:
    """Who prepares the commune: an administrator, who invites the others."""

    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Opened:
    """A commune just opened, and the link of its first agent if one was named, read nowhere else."""

    commune: Commune
    invited: Invited | None


def open_commune(
    *,
    identity: Identity,
    template: str,
    school_zone: str,
    agent: FirstAgent | None,
    number: str = "",
    by: Actor,
    channel: Channel,
) -> Opened:
    """Open it with a catalogue template ("" for none) and mail the first agent a link; nothing stands if one fails.

    `number` (E.164) is where its voice server answers. Raises `CannotOpen`, `AccountRefused`.
    """

    def from_template(commune: Commune, by: Actor, now: datetime) -> None:
        groups = TEMPLATES.get(template)
        if groups is None:
            change_settings(school_zone=school_zone, by=by, channel=channel)
            return
        furnish(groups=groups, today=now.astimezone(commune.zone).date(), school_zone=school_zone, by=by)

    with transaction.atomic():
        told = replace(identity, catalogue=f"{template} {VERSIONS[template]}" if template in TEMPLATES else "")
        commune = create_commune(identity=told, by=by, channel=channel, furnish=from_template)
        if number:
            _answer_at(commune, number, by=by, channel=channel)
        invited = _invited(commune, agent, by=by, channel=channel) if agent else None
    return Opened(commune, invited)


def _answer_at(commune: Commune, number: str, *, by: Actor, channel: Channel) -> None:
    with context.use(commune):
        read_as, words = shown(number, region=region_of(commune.zone)), town_settings().voice_words
        try:
            set_numbers(numbers=[number], shown=read_as, words=words, by=by, channel=channel)
        except NumberTaken as taken:
            raise CannotOpen(f"Le numéro {read_as} mène déjà à une autre commune.") from taken


def _invited(commune: Commune, agent: FirstAgent, *, by: Actor, channel: Channel) -> Invited:
    profile = Profile(name=agent.name, roles=(Role.ADMINISTRATOR,))
    with context.use(commune):
        return agents.invite(email=agent.email, profile=profile, by=by, channel=channel)
