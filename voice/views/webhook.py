"""The door of a provider of telephone numbers: each request is signed, each answer says what to play and to gather.

A number called is a line of this commune or is nobody's. What a call remembers lies sealed in its row; a request sent
twice gets the same answer. The order of the gates: flood, size, secret, signature, then what is asked.
"""

import logging
import re
import uuid

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, InterfaceError
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from lps.accounts.requests import DoorRequest
from tenants import keys
from tenants.queries import commune_of_number
from voice import queries
from voice.dialogue.facts import Ask, Phrase, phrase, said_from_json, said_to_json
from voice.gateway import numbers, speech, verbs
from voice.gateway.signatures import is_signed
from voice.models import Call
from voice.services import conversation as calls
from voice.services import paused
from voice.services.paused import NoSuchCall, Turn
from voice.services.settings import PROVIDER_SECRET

PROVIDERS = {"twilio": "X-Twilio-Signature"}
DOOR = Call.Door.WEBHOOK
MOST_BYTES = 20_000
REQUESTS_A_MINUTE = 600  # of one address, whatever they bear
CALLS_A_MINUTE = 60  # of one line
OVER = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})
FORMS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})
SOUND = "voice_sound"
_CALL = re.compile(r"[A-Za-z0-9_-]{8,64}")
_KEYS = re.compile(r"[0-9*#]{0,32}")
_CALLS = uuid.uuid5(uuid.NAMESPACE_URL, "urn:lps:voice:webhook")
log = logging.getLogger(__name__)


@csrf_exempt
@require_POST
def answer(request: DoorRequest, provider: str, line: str) -> HttpResponse:
    """A call comes in, keys were typed, or the caller has gone."""
    if (refused := _refused(request, provider)) is not None:
        return refused
    sid, typed = request.POST.get("CallSid", ""), request.POST.get("Digits", "")
    rank = request.GET.get("etape", "")
    if not _CALL.fullmatch(sid) or not _KEYS.fullmatch(typed) or not _is_rank(rank):
        return HttpResponse(status=400)
    try:
        return _answered(request, line, uuid.uuid5(_CALLS, f"{provider}:{sid}"), rank, typed)
    except (DatabaseError, InterfaceError) as error:
        log.error("a call met no database (%s)", type(error).__name__)
        return _hang_up(request, [phrase("failed"), phrase("good_bye")], is_sound=False)


@require_safe
def sound(request: DoorRequest, token: str) -> HttpResponse:
    """The sentences that this sealed address holds: nobody else can make one."""
    try:
        said = said_from_json(keys.decrypt(token, purpose=SOUND))
    except ValueError as error:
        raise Http404 from error
    return speech.spoken(said, at=request.received_at)


def _answered(request: DoorRequest, line: str, call: uuid.UUID, rank: str, typed: str) -> HttpResponse:
    at = request.received_at
    number = numbers.called(line)
    if not number or commune_of_number(number=number) != request.commune:
        return _hang_up(request, [phrase("not_assigned"), phrase("good_bye")])
    try:
        if request.POST.get("CallStatus", "") in OVER:
            paused.leave(call=call, door=DOOR, at=at)
            return _xml(verbs.nothing())
        if rank:
            ends = request.POST.get("FinishedOnKey", "") == "#"
            turn = paused.go_on(
                call=call,
                door=DOOR,
                rank=int(rank),
                keys=typed + "#" * ends,
                at=at,
                empty_ends="FinishedOnKey" not in request.POST,
            )
            return _turn(request, turn)
    except NoSuchCall:
        return _hang_up(request, [phrase("failed"), phrase("good_bye")]) if rank else _xml(verbs.nothing())
    caller = numbers.calling(request.POST.get("From", ""))
    is_too_much = _too_many(f"voice-line:{number}", most=CALLS_A_MINUTE)
    if not paused.is_known(call=call) and (is_too_much or not calls.admitted(door=DOOR, caller=caller, at=at)):
        return _xml(verbs.busy())
    return _turn(request, paused.answer(door=DOOR, caller=caller, at=at, call=call))


def _turn(request: DoorRequest, turn: Turn) -> HttpResponse:
    told, is_sound = turn.told, speech.can_speak()
    if not isinstance(told, Ask):
        return _hang_up(request, told.say)
    return _xml(
        verbs.ask(
            unheard=_said(request, told.unheard, is_sound=is_sound),
            question=_said(request, told.say, is_sound=is_sound),
            digits=told.most,
            seconds=told.first,
            action=f"{_public(request, request.path)}?etape={turn.rank}",
            is_sound=is_sound,
        )
    )


def _hang_up(request: DoorRequest, said: tuple[Phrase, ...] | list[Phrase], *, is_sound: bool = True) -> HttpResponse:
    is_sound = is_sound and speech.can_speak()
    return _xml(verbs.hang_up(said=_said(request, said, is_sound=is_sound), is_sound=is_sound))


def _said(request: DoorRequest, said: tuple[Phrase, ...] | list[Phrase], *, is_sound: bool) -> str:
    """The address of the sound of these sentences, or their text; "" for none."""
    texts = speech.sentences(said)
    if not texts or not is_sound:
        return " ".join(texts)
    token = keys.encrypt(said_to_json(said), purpose=SOUND)
    return _public(request, reverse("voice:sound", args=[token]))


def _refused(request: DoorRequest, provider: str) -> HttpResponse | None:
    """The answer to whoever is not the town's provider; None when it is."""
    if provider not in PROVIDERS:
        return HttpResponse(status=404)
    if _too_many(f"voice-from:{request.client_address}", most=REQUESTS_A_MINUTE):
        return HttpResponse(status=429)
    length = request.headers.get("Content-Length") or "0"
    if not length.isdigit() or int(length) > MOST_BYTES:
        return HttpResponse(status=413)
    if request.content_type not in FORMS:
        return HttpResponse(status=415)
    try:
        sealed = queries.settings().provider_secret
    except (DatabaseError, InterfaceError) as error:
        log.error("a call met no database (%s)", type(error).__name__)
        return HttpResponse(status=503)
    if not sealed:
        return HttpResponse(status=404)
    is_ours = is_signed(
        secret=keys.decrypt(sealed, purpose=PROVIDER_SECRET),
        url=_public(request, request.get_full_path()),
        fields=dict(request.POST.lists()),
        given=request.headers.get(PROVIDERS[provider], ""),
    )
    return None if is_ours else HttpResponse(status=403)


def _public(request: DoorRequest, path: str) -> str:
    """An address as the provider knows it: the scheme is ours to say, whatever the proxy speaks to us."""
    return f"{settings.LPS_PUBLIC_SCHEME}://{request.get_host()}{path}"


def _is_rank(rank: str) -> bool:
    return not rank or (rank.isascii() and rank.isdigit() and len(rank) < 5)


def _too_many(name: str, *, most: int) -> bool:
    cache.add(name, 0, timeout=60)
    try:
        return int(cache.incr(name)) > most
    except ValueError:  # it ended between the two lines
        return False


def _xml(content: bytes) -> HttpResponse:
    return HttpResponse(content, content_type=verbs.XML)
