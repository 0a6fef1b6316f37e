"""`allowed(actor, action, obj)`: the one question for rights.

Each app declares its actions as data, in a list given to `register` by its AppConfig. Nobody may do
what no action declares for them. An administrator may do whatever some agent may, and an operator by that
name whatever some operator may.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from lps.accounts.actors import Agent, Integration, Operator, Visitor
from lps.accounts.roles import AGENT_ROLES, OPERATOR_ROLES, Role
from lps.journal.actors import Actor, ActorKind
from tenants import context

Owns = Callable[[Actor, object], bool]


class UnknownAction(LookupError):
    """No app declared that action: a slip of the pen, never a refusal."""


@dataclass(frozen=True, slots=True)
class Right:
    """Who may do one action: agents by role, a household by ownership, software by scope.

    `owns(actor, obj)` says whether a household (or a caller for it) acts on its own; without it no
    household may. `operator` opens the action on the console, in the registry alone, to operators by that name;
    `operators` are other roles of the console that may too. `of_families`: it reaches whole families, so that an agent
    kept to some activities, and to no school, stays out.
    """

    action: str
    roles: frozenset[str] = frozenset()
    owns: Owns | None = None
    scope: str = ""
    operator: bool = False
    operators: frozenset[str] = frozenset()
    of_families: bool = False


_rights: dict[str, Right] = {}
_open_to_visitors: set[str] = set()


def register(rights: Iterable[Right]) -> None:
    """Add the actions of an app; an action is declared once."""
    for right in rights:
        if _rights.setdefault(right.action, right) != right:
            raise ValueError(f"declared twice: {right.action}")


def open_to_visitors(actions: Iterable[str]) -> None:
    """Say which of the agents' actions an operator on a visit may do too; any other is refused to it."""
    _open_to_visitors.update(actions)


def allowed(actor: Actor | None, action: str, obj: object | None = None) -> bool:
    """Whether this actor may do this action, on this object where it matters.

    An agent kept to some schools or activities may do nothing to an object of another (its `site_id`, its
    `activity_id`, where it has them). Raises `UnknownAction`. The product itself (tasks, commands) may do everything.
    """
    right = _right(action)
    match actor:
        case Visitor():
            return bool(right.roles) and action in _open_to_visitors and _is_here(actor.schema_name)
        case Agent():
            if right.of_families and actor.activities and not actor.sites:
                return False
            return _is_here(actor.schema_name) and _has_role(right, actor.roles) and _works_there(actor, obj)
        case Integration():
            return _is_here(actor.schema_name) and right.scope in actor.scopes
        case Operator():
            return context.current_or_none() is None and bool(operators_of(action) & actor.roles)
        case Actor(kind=ActorKind.HOUSEHOLD | ActorKind.CALLER):
            return right.owns is not None and obj is not None and right.owns(actor, obj)
        case Actor(kind=ActorKind.SYSTEM):
            return True
    return False


def may_for_all(actor: Actor | None, action: str) -> bool:
    """Whether an agent may do what reaches every family: one kept to some schools or activities may not."""
    everywhere = not isinstance(actor, Agent) or not (actor.sites or actor.activities)
    return everywhere and allowed(actor, action)


def actions() -> list[str]:
    """Every declared action, in order: for the page of rights and for tests."""
    return sorted(_rights)


def roles_of(action: str) -> frozenset[str]:
    """The agents' roles to whom an action is open, the administrator's among them. Raises `UnknownAction`."""
    roles = _right(action).roles
    return roles | {Role.ADMINISTRATOR} if roles else roles


def operators_of(action: str) -> frozenset[str]:
    """The operators' roles to whom an action is open on the console. Raises `UnknownAction`."""
    right = _right(action)
    return right.operators | {Role.OPERATOR} if right.operator or right.operators else frozenset()


def scopes() -> list[str]:
    """Every scope that a token may be given."""
    return sorted({right.scope for right in _rights.values() if right.scope})


def scope_of(action: str) -> str:
    """The scope that opens an action to software, "" for none. Raises `UnknownAction`."""
    return _right(action).scope


def _right(action: str) -> Right:
    try:
        return _rights[action]
    except KeyError as error:
        raise UnknownAction(action) from error


def _has_role(right: Right, roles: frozenset[str]) -> bool:
    return bool(right.roles and (right.roles & roles or Role.ADMINISTRATOR in roles))


def _works_there(actor: Agent, obj: object | None) -> bool:
    site, activity = getattr(obj, "site_id", None), getattr(obj, "activity_id", None)
    return (site is None or not actor.sites or site in actor.sites) and (
        activity is None or not actor.activities or activity in actor.activities
    )


def _is_here(schema_name: str) -> bool:
    """An actor carried into another commune has no right there."""
    commune = context.current_or_none()
    return commune is not None and commune.schema_name == schema_name


OWN = (
    Right("office.enter", roles=frozenset(AGENT_ROLES)),
    Right("accounts.manage", roles=frozenset({Role.ADMINISTRATOR})),
    Right("console.enter", operators=frozenset(OPERATOR_ROLES)),
)
