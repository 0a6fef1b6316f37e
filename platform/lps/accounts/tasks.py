"""The worker's door: ended sessions, old links and old answers of the API are forgotten at night."""

from lps.accounts import links, sessions
from lps.accounts.api import idempotency
from tenants.tasks import commune_task

PURGE = "accounts.purge"


@commune_task(name=PURGE, ignore_result=True)
def purge() -> None:
    """Delete the commune's ended sessions and links, and the answers kept long enough. Twice deletes nothing more."""
    sessions.purge_expired()
    links.purge_links()
    idempotency.forget_old_answers()
