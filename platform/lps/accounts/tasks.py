"""The worker's door: sessions that ended by themselves are forgotten at night."""

from lps.accounts import sessions
from tenants.tasks import commune_task

PURGE = "accounts.purge"


@commune_task(name=PURGE, ignore_result=True)
def purge() -> None:
    """Delete the commune's ended sessions. Running it twice deletes nothing more."""
    sessions.purge_expired()
