"""The three doors with a session: the families', the town hall's, the vendor's console.

Each has its own cookie, host-only, ignored at the other doors.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.http import HttpRequest

from lps.journal.channels import Channel
from tenants import context
from tenants.town import queries as town

OFFICE_IDLE = timedelta(minutes=60)
LONGEST = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Door:
    """Where a session is opened, where its cookie goes, and what the journal says of what was done there."""

    name: str
    cookie: str
    path: str
    sign_in_path: str
    channel: Channel

    def idle(self) -> timedelta:
        """How long a session outlives the last sign of life; the town decides it for its families."""
        if self is FAMILY:
            return timedelta(minutes=town.settings().session_minutes)
        return OFFICE_IDLE


FAMILY = Door(name="famille", cookie="lps_famille", path="/", sign_in_path="/", channel=Channel.WEB)
OFFICE = Door(
    name="mairie", cookie="lps_mairie", path="/mairie/", sign_in_path="/mairie/connexion/", channel=Channel.OFFICE
)
CONSOLE = Door(name="console", cookie="lps_console", path="/", sign_in_path="/connexion/", channel=Channel.WEB)


def door_of(request: HttpRequest) -> Door:
    """The door at which a request knocks: by host, then by path."""
    if context.current_or_none() is None:
        return CONSOLE
    return OFFICE if request.path_info.startswith(OFFICE.path) else FAMILY
