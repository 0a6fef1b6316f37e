"""Which families an agent may open: one kept to some schools, those who have a child there."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from lps.accounts.actors import Agent
from lps.accounts.rights import allowed
from lps.families.models import Household
from lps.families.queries.children import ChildAtSchool
from lps.families.queries.pupils import children_sitting, sites_of
from lps.journal.actors import Actor


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is done, as `allowed` asks for it."""

    site_id: int


def may_at(actor: Actor | None, action: str, sites: Collection[int]) -> bool:
    """Whether an actor may do this at one of these schools at least; no school at all is for those kept to none."""
    if not sites:
        return allowed(actor, action) and not (isinstance(actor, Agent) and actor.sites)
    return any(allowed(actor, action, Place(site)) for site in sites)


def may_open(actor: Actor | None, action: str, household: Household, *, day: date) -> bool:
    """Whether an actor may do this to a household, whose children sit or will sit at some schools: one statement."""
    return may_at(actor, action, sites_of(household, day=day))


def may_at_all(actor: Actor | None, action: str, household: Household, *, day: date) -> bool:
    """Whether an actor may do what reaches all children of a household: none sits where it does not work.

    One statement for an agent kept to some schools, none for the others.
    """
    if not isinstance(actor, Agent) or not actor.sites:
        return allowed(actor, action)
    sites = sites_of(household, day=day)
    return bool(sites) and all(allowed(actor, action, Place(site)) for site in sites)


def children_at(actor: Actor | None, children: Sequence[ChildAtSchool], *, day: date) -> Sequence[ChildAtSchool]:
    """Those of these children who sit, or will, where an actor works: a sibling's school may not be an agent's.

    One statement for an agent kept to some schools, none for the others.
    """
    if not isinstance(actor, Agent) or not actor.sites:
        return children
    theirs = children_sitting([one.child.pk for one in children], sites=actor.sites, day=day)
    return [one for one in children if one.child.pk in theirs]


def sits_there(actor: Actor | None, child_id: int, *, day: date) -> bool:
    """Whether a child sits, or will, where an actor works: one statement for an agent kept to some schools."""
    if not isinstance(actor, Agent) or not actor.sites:
        return True
    return bool(children_sitting([child_id], sites=actor.sites, day=day))
