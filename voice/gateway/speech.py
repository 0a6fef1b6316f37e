"""What is said, as sound for a browser or a provider: the same sentences from the same store as on a call."""

import logging
import shutil
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.http import HttpResponse

from voice.dialogue.facts import Phrase
from voice.gateway import wav
from voice.gateway.prompts import Store
from voice.phrases import sentence
from voice.services import speaking

WAV = "audio/wav"
log = logging.getLogger(__name__)


def store() -> Store:
    """Where this process keeps sentences."""
    return Store(Path(settings.LPS_VOICE_PROMPTS), settings.LPS_VOICE_PROMPTS_SEEN_AS)


def can_speak() -> bool:
    """Whether this machine has a voice."""
    return shutil.which("espeak-ng") is not None


def spoken(said: Iterable[Phrase], *, at: datetime, as_written: bool = False) -> HttpResponse:
    """These sentences as one sound, with the town's pronunciations or as they are written.

    503 when nothing can speak, which is told to the logs.
    """
    try:
        content = wav.joined(speaking.sounds(store(), said, at=at, as_written=as_written).files)
    except OSError as error:
        log.error("a sound was not rendered (%s)", type(error).__name__)
        return HttpResponse(status=503)
    return sound(content)


def sound(content: bytes) -> HttpResponse:
    """A sound that no cache keeps."""
    response = HttpResponse(content, content_type=WAV)
    response.headers["Cache-Control"] = "private, no-store"
    return response


def sentences(said: Iterable[Phrase]) -> list[str]:
    """Phrases as one reads them."""
    return [sentence(one) for one in said]
