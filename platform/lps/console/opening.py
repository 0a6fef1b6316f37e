"""Opening a commune from the console: its catalogue, and its first agent invited, all or nothing."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from booking.catalogue_templates import TEMPLATES
from lps.accounts import agents
from lps.accounts.agents import Invited, Profile
from lps.accounts.roles import Role
from lps.console.furnishing import furnish
from lps.console.services import Identity, create_commune
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.town import change_settings
from tenants import context
from tenants.models import Commune


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
    *, identity: Identity, template: str, school_zone: str, agent: FirstAgent | None, by: Actor, channel: Channel
) -> Opened:
    """Open it with a catalogue template ("" for none) and mail the first agent a link; nothing stands if one fails.

    Raises `CannotOpen`, `AccountRefused`.
    """

    def from_template(commune: Commune, by: Actor, now: datetime) -> None:
        groups = TEMPLATES.get(template)
        if groups is None:
            change_settings(school_zone=school_zone, by=by, channel=channel)
            return
        furnish(groups=groups, today=now.astimezone(commune.zone).date(), school_zone=school_zone, by=by)

    with transaction.atomic():
        commune = create_commune(identity=identity, by=by, channel=channel, furnish=from_template)
        invited = _invited(commune, agent, by=by, channel=channel) if agent else None
    return Opened(commune, invited)


def _invited(commune: Commune, agent: FirstAgent, *, by: Actor, channel: Channel) -> Invited:
    profile = Profile(name=agent.name, roles=(Role.ADMINISTRATOR,))
    with context.use(commune):
        return agents.invite(email=agent.email, profile=profile, by=by, channel=channel)
