"""Trying the telephone from a browser: the same dialogue, a keypad of buttons, and nothing that stays."""

import uuid
from collections.abc import Sequence
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.views.decorators.http import require_http_methods, require_safe

from lps.accounts.actors import Agent
from lps.accounts.gates import whole_town_required
from lps.accounts.requests import DoorRequest
from voice import queries
from voice.dialogue.collect import KEYS, Collector
from voice.dialogue.facts import Ask, HangUp, Phrase
from voice.gateway import speech
from voice.models import Call
from voice.rights import TRY_VOICE
from voice.services import paused
from voice.services.paused import NoSuchCall, Turn

DOOR = Call.Door.TRIAL
MOST_KEYS = 40
KEYPAD = "123456789*0#"
NAMES = {"*": _l("étoile"), "#": _l("dièse")}


@require_http_methods(["GET", "HEAD", "POST"])
@whole_town_required(TRY_VOICE)
def begin(request: DoorRequest) -> HttpResponse:
    """What a trial is, then its first words."""
    if request.method != "POST":
        return render(request, "voice/office/trial_begin.html", {"is_open": queries.settings().is_open})
    if not isinstance(request.actor, Agent):
        raise PermissionDenied
    # Wrong codes are counted by agent: trying does not use up what callers may try.
    caller = f"agent {request.actor.key}"
    call = paused.answer(door=DOOR, caller=caller, at=request.received_at, call=uuid.uuid4()).call
    return HttpResponseRedirect(reverse("voice_office:trial_turn", args=[call]))


@require_http_methods(["GET", "HEAD", "POST"])
@whole_town_required(TRY_VOICE)
def turn(request: DoorRequest, call: uuid.UUID) -> HttpResponse:
    """What is said now, and the keys that answer it: one by one on the keypad, or several at once."""
    here = reverse("voice_office:trial_turn", args=[call])
    standing = _turn_or_404(call)
    if request.method != "POST":
        return _page(request, standing)
    if request.POST.get("geste") == "raccrocher":
        paused.leave(call=call, door=DOOR, at=request.received_at)
        return HttpResponseRedirect(reverse("voice_office:trial"))
    if request.POST.get("tour") != str(standing.rank) or standing.over:
        return HttpResponseRedirect(here)
    pressed = request.POST.get("touche", "")
    keys = "".join((request.POST.get("touches", "") + pressed).split())
    if not set(keys) <= KEYS or len(keys) > MOST_KEYS:
        sentence = _(
            "Un téléphone n'a que les chiffres, l'étoile et le dièse\u00a0; quarante touches au plus à la fois."
        )
        return _page(request, standing, error=sentence)
    if pressed and not _answers(standing.told, keys):
        return _page(request, standing, typed=_left(standing.told, keys))
    paused.go_on(call=call, door=DOOR, rank=standing.rank, keys=keys, at=request.received_at)
    return HttpResponseRedirect(here)


@require_safe
@whole_town_required(TRY_VOICE)
def sound(request: DoorRequest, call: uuid.UUID) -> HttpResponse:
    """What is said now, as one hears it."""
    return speech.spoken(_phrases(_turn_or_404(call).told), at=request.received_at)


def _page(request: DoorRequest, standing: Turn, *, typed: str = "", error: str = "") -> HttpResponse:
    facts: dict[str, Any] = {
        "turn": standing,
        "words": _said(standing.told),
        "typed": typed,
        "error": error,
        "keypad": [(key, NAMES.get(key, "")) for key in KEYPAD],
        "can_speak": speech.can_speak(),
    }
    return render(request, "voice/office/trial.html", facts)


def _said(told: Ask | HangUp) -> list[str]:
    return speech.sentences(_phrases(told))


def _phrases(told: Ask | HangUp) -> Sequence[Phrase]:
    return (*told.unheard, *told.say) if isinstance(told, Ask) else told.say


def _answers(told: Ask | HangUp, keys: str) -> bool:
    """Whether these keys answer the question, or more is waited for."""
    return isinstance(told, HangUp) or _collected(told, keys) is None


def _left(told: Ask | HangUp, keys: str) -> str:
    """What is typed so far: an `*` erased what came before it."""
    collected = _collected(told, keys) if isinstance(told, Ask) else None
    return collected.typed if collected else ""


def _collected(ask: Ask, keys: str) -> Collector | None:
    """The keys gathered so far; None once they answer."""
    collector = Collector(ask)
    return None if any(collector.key(key) is not None for key in keys) else collector


def _turn_or_404(call: uuid.UUID) -> Turn:
    try:
        return paused.now(call=call, door=DOOR)
    except NoSuchCall as error:
        raise Http404 from error
