"""What a request carries once it has passed the doors; for annotations, the class is Django's."""

from typing import TYPE_CHECKING

from lps.journal.actors import Actor
from tenants.requests import CommuneRequest

if TYPE_CHECKING:
    from lps.accounts.models import Account
    from lps.accounts.sessions import Session


class DoorRequest(CommuneRequest):
    """A request with its door's session and whoever opened it."""

    session: "Session"
    actor: Actor | None
    account: "Account | None"
