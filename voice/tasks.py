"""What the telephone does by itself."""

import logging

from lps.kernel import clock
from tenants.tasks import commune_task
from voice.gateway.errors import WrongWeights
from voice.gateway.speech import store
from voice.services import pieces, recordings
from voice.services.retention import purge
from voice.wakeup import ASK, PURGE, RENDER

log = logging.getLogger(__name__)


@commune_task(name=PURGE, ignore_result=True)
def purge_calls() -> int:
    """Forget the calls whose term has passed, and the sounds that nobody hears any more; returns how many calls."""
    pieces.purge(store(), at=clock.now())
    recordings.forget_drafts(at=clock.now())
    return purge(now=clock.now())


@commune_task(name=ASK, ignore_result=True)
def ask_for_pieces() -> int:
    """Ask for all that this town's calls may say: after a name was saved, and every night."""
    return pieces.ask_for_town(at=clock.now())


@commune_task(name=RENDER, ignore_result=True)
def render_pieces() -> bool:
    """Render a few pieces by the natural voice; True when more waits."""
    try:
        return pieces.render_some(store(), at=clock.now())
    except WrongWeights as error:
        log.error("the natural voice does not speak: %s", error)
        return False
