"""Which voice renders sentences ahead: `LPS_VOICE_ENGINE`, or what is installed."""

from functools import cache
from typing import Protocol

from django.conf import settings

from voice.gateway.kokoro import Kokoro, is_installed

KOKORO, AUTO = "kokoro", "auto"


class Engine(Protocol):
    """Renders texts slowly and well. `version` is part of the name of each file."""

    version: str

    def render(self, text: str) -> bytes:
        """A text as a file of the telephone. Raises `NoVoice`."""
        ...


def natural() -> Engine | None:
    """The voice whose pieces are rendered ahead and looked for on a call; None where espeak-ng alone speaks.

    `kokoro` says so even where it is not installed: then this process plays what another one renders.
    """
    chosen = settings.LPS_VOICE_ENGINE
    if chosen == KOKORO or (chosen == AUTO and _is_there()):
        return Kokoro()
    return None


@cache
def _is_there() -> bool:
    return is_installed()
