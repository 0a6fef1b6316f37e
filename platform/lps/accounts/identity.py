"""Who is at the door: the actor that a session's holder (`account:3`, `household:12`) stands for.

Each kind of holder is resolved by the app that owns it: `register` in its AppConfig. A resolver
gets the request, to leave there what it read, and gives None for a holder gone or renewed since.
"""

from collections.abc import Callable

from lps.accounts import actors, queries
from lps.accounts.requests import DoorRequest
from lps.journal.actors import Actor

ACCOUNT = "account"

Resolver = Callable[[DoorRequest, str, int], Actor | None]

_resolvers: dict[str, Resolver] = {}


def register(*, kind: str, resolve: Resolver) -> None:
    """Declare who turns holders of this kind into actors: `resolve(request, key, generation)`."""
    _resolvers[kind] = resolve


def identify(request: DoorRequest) -> None:
    """Set `request.actor` from the session; a session whose holder is no longer in force ends."""
    kind, _, key = request.session.holder.partition(":")
    if not kind:
        return
    request.actor = _resolvers[kind](request, key, request.session.generation)
    if request.actor is None:
        request.session.flush()


def resolve_account(request: DoorRequest, key: str, generation: int) -> Actor | None:
    """An agent or an operator, left in `request.account`."""
    account = queries.account_in_force(key=key, generation=generation)
    if account is None:
        return None
    request.account = account
    return actors.actor_of(account)
