"""The household at the door: the actor it is, and how a session finds it again."""

from lps.accounts.requests import DoorRequest
from lps.families.models import Household
from lps.families.queries.doors import household_in_force
from lps.journal.actors import Actor, ActorKind

KIND = "household"


class FamilyRequest(DoorRequest):
    """A request of a family: its household, read once by the door; for annotations, the class is Django's."""

    household: Household
    actor: Actor


def actor_of(household: Household) -> Actor:
    """The household as the author of what it does."""
    return Actor(ActorKind.HOUSEHOLD, str(household.pk), f"famille {household.name}"[:120])


def resolve(request: DoorRequest, key: str, generation: int) -> Actor | None:
    """The household of a session, left in `request.household`; None once its code was renewed."""
    household = household_in_force(key=key, generation=generation)
    if household is None:
        return None
    request.household = household  # type: ignore[attr-defined]
    return actor_of(household)


def household_at(request: object) -> Household | None:
    """The household signed in, or None."""
    found = getattr(request, "household", None)
    return found if isinstance(found, Household) else None


def owns(actor: Actor, obj: object) -> bool:
    """Whether a household acts on itself or on a row of its own."""
    household = obj if isinstance(obj, Household) else getattr(obj, "household", None)
    return isinstance(household, Household) and actor.key == str(household.pk)
