"""Actors that carry what `rights.allowed` needs to know: their commune, their roles or scopes."""

from dataclasses import dataclass
from datetime import datetime

from lps.accounts.models import Account, ApiToken
from lps.journal.actors import Actor, ActorKind
from tenants import context


@dataclass(frozen=True, slots=True)
class Agent(Actor):
    """An agent of the commune of this schema name, with the roles held at this request.

    `sites` and `activities` are where the agent works; empty means everywhere.
    """

    schema_name: str
    roles: frozenset[str]
    sites: frozenset[int] = frozenset()
    activities: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Visitor(Agent):
    """An operator inside a commune for a while, with a reason: sees what agents see, as far as `rights` opens it.

    It holds no role. Nothing is changed unless `writes`; `until` is true time.
    """

    visit: int = 0
    writes: bool = False
    until: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Operator(Actor):
    """An operator of the vendor, with the roles held at this request: rights on the console, none inside a commune."""

    roles: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Integration(Actor):
    """The town's other software, known by its token."""

    schema_name: str
    scopes: frozenset[str]


def actor_of(account: Account) -> Agent | Operator:
    """The actor that an account is here: an agent in a commune, an operator in the registry."""
    commune = context.current_or_none()
    if commune is None:
        return Operator(ActorKind.OPERATOR, str(account.pk), account.name, frozenset(account.roles))
    return Agent(
        ActorKind.AGENT,
        str(account.pk),
        account.name,
        commune.schema_name,
        frozenset(account.roles),
        frozenset(account.sites),
        frozenset(account.activities),
    )


def integration_of(token: ApiToken) -> Integration:
    """The actor that a token of the current commune stands for."""
    schema_name = context.current().schema_name
    return Integration(ActorKind.INTEGRATION, str(token.pk), token.name, schema_name, frozenset(token.scopes))
