"""The town's SMS service: a number is proved by a code, each topic has its consent, and STOP ends them all.

A consent is written once and ended once: agreeing again is a new row. Who knows a code sent to a number holds it;
nothing of a number is told before.
"""

import hmac
import json
import secrets
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from django.db import transaction
from django.db.models import F, QuerySet, Value
from django.db.models.functions import Greatest

from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.services import record
from lps.kernel import clock
from notifications.models import SUBSCRIBER_PURPOSE, Blocked, Consent, Kind, NumberCode, Subscriber, Topic
from notifications.services.sms import number_lookup, post_sms
from tenants import keys

CODE_LIFE = timedelta(minutes=10)
TRIES = 5
# After a code was proved, one's subscriptions stay open that long.
OPEN = timedelta(minutes=15)
CODE_TEMPLATE = "notifications/sms/code"
RESIDENT = Actor.system("formulaire SMS")
WEB, STOP, OFFICE = "web", "sms", "office"
_CODE_PURPOSE = "sms-code"
_CHANNELS = {WEB: Channel.WEB, OFFICE: Channel.OFFICE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a form asks of a number: to subscribe to topics, in these words, or to open its subscriptions."""

    do: Literal["subscribe", "open"]
    number: str
    identity: Mapping[str, str] = field(default_factory=dict)
    topics: tuple[int, ...] = ()
    wording: str = ""


@dataclass(frozen=True, slots=True)
class Proved:
    """A code came back right: what had been asked is done."""

    asked: Asked
    code: NumberCode


def send_code(*, asked: Asked) -> NumberCode:
    """Send a code to the number, known or not: the same statements, the same message."""
    now, lookup = clock.real_now(), number_lookup(asked.number)
    code = f"{secrets.randbelow(1_000_000):06d}"
    with transaction.atomic():
        made = NumberCode.objects.create(
            lookup=lookup,
            code_hash=_code_hash(lookup, code),
            asked=keys.encrypt(json.dumps(asdict(asked)), purpose=SUBSCRIBER_PURPOSE),
            made_at=now,
            expires_at=now + CODE_LIFE,
        )
        post_sms(to=asked.number, template=CODE_TEMPLATE, facts={"code": code}, by=RESIDENT, despite_stop=True)
    return made


def prove(*, pk: int, code: str, at: datetime) -> Proved | None:
    """Try a code; when it is right, do what had been asked. None for a wrong, spent, late or unknown one.

    The try is counted, and committed, before the code is looked at: guesses sent at once meet the same five tries.
    """
    now = clock.real_now()
    waiting = NumberCode.objects.filter(pk=pk, used_at=None, expires_at__gt=now, tries__lt=TRIES)
    if not waiting.update(tries=F("tries") + 1):
        return None
    with transaction.atomic():
        found = NumberCode.objects.select_for_update(of=("self",), no_key=True).get(pk=pk)
        if found.used_at or not hmac.compare_digest(found.code_hash, _code_hash(found.lookup, code)):
            return None
        found.used_at = now
        found.save(update_fields=["used_at"])
        asked = _opened(found)
        _lift_block(found.lookup, at=at)
        if asked.do == "subscribe":
            _subscribe(asked, code=found, at=at)
    return Proved(asked, found)


def proved_number(pk: int) -> NumberCode | None:
    """The code that was proved in the last quarter of an hour: it opens its number's subscriptions."""
    since = clock.real_now() - OPEN
    return NumberCode.objects.filter(pk=pk, used_at__gte=since).first()


def subscriber_of(code: NumberCode) -> Subscriber | None:
    """Who holds the number of a proved code, if anybody subscribed with it."""
    return Subscriber.objects.filter(lookup=code.lookup).first()


def in_force(subscriber: Subscriber) -> set[int]:
    """The topics that a subscriber is told about."""
    rows = Consent.objects.filter(subscriber=subscriber, ended_at=None, topic__retired_at=None)
    return set(rows.values_list("topic", flat=True))


def numbers_of(topic: int) -> dict[str, str]:
    """The numbers told about a topic, by their hashes: agreed to it, and not stopped since."""
    stopped = Blocked.objects.filter(kind=Kind.SMS, lifted_at=None).values("lookup")
    told = Subscriber.objects.filter(consents__topic=topic, consents__ended_at=None).exclude(lookup__in=stopped)
    rows = list(told.values_list("lookup", "number"))
    numbers = keys.decrypt_many((number for _lookup, number in rows), purpose=SUBSCRIBER_PURPOSE)
    return {lookup: number for (lookup, _sealed), number in zip(rows, numbers, strict=True)}


def change(*, code: NumberCode, topics: Collection[int], wording: str, at: datetime) -> None:
    """Keep these topics, agree to the new ones in these words, and end the others; none at all is a stop."""
    with transaction.atomic():
        held = Subscriber.objects.select_for_update(of=("self",), no_key=True).filter(lookup=code.lookup).first()
        if held is None:
            return
        before = _standing(held)
        dropped = before.exclude(topic__in=list(topics))
        ended = _end(dropped, by=WEB, at=at)
        given = _agree(held, topics, wording=wording, proof=f"code {code.pk}", at=at)
        _tell(held, "sms_subscription_changed", after={"given": given, "ended": ended}, channel=Channel.WEB, at=at)


def stop(*, lookup: str, channel: str, at: datetime | None = None, by: Actor = RESIDENT) -> int:
    """End every consent of a number at once, and send it nothing more; how many ended. Twice changes nothing more.

    `channel`: "sms" for an answer STOP, "web" for the form, "office" for an agent's hand.
    """
    at = at or clock.now()
    with transaction.atomic():
        held = Subscriber.objects.select_for_update(of=("self",), no_key=True).filter(lookup=lookup).first()
        if channel == STOP:
            _block(lookup, at=at, by=by)
        if held is None:
            return 0
        ended = _end(_standing(held), by=channel, at=at)
        if ended:
            told = _CHANNELS.get(channel, Channel.AUTOMATIC)
            _tell(held, "sms_subscription_stopped", after={"ended": ended}, channel=told, at=at, by=by)
    return ended


def retire(topic: Topic, *, at: datetime) -> int:
    """Offer a topic no more: its subscriptions end with it; how many did."""
    with transaction.atomic():
        Topic.objects.filter(pk=topic.pk, retired_at=None).update(retired_at=at)
        return _end(Consent.objects.filter(topic=topic, ended_at=None), by="topic", at=at)


def identity_of(subscriber: Subscriber) -> dict[str, str]:
    """What the subscriber wrote of themselves."""
    written: dict[str, str] = json.loads(keys.decrypt(subscriber.identity, purpose=SUBSCRIBER_PURPOSE) or "{}")
    return written


def purge(*, now: datetime) -> int:
    """Erase spent codes after a day, and consents three years after their end with subscribers who have none left."""
    NumberCode.objects.filter(expires_at__lt=clock.real_now() - timedelta(days=1)).delete()
    count, _ = Consent.objects.filter(ended_at__lt=now - timedelta(days=3 * 365)).delete()
    Subscriber.objects.filter(consents=None).delete()
    return count


def _subscribe(asked: Asked, *, code: NumberCode, at: datetime) -> None:
    """Consents add up: a second form ends none of the first."""
    held, _ = Subscriber.objects.select_for_update(of=("self",), no_key=True).get_or_create(
        lookup=code.lookup,
        defaults={"number": keys.encrypt(asked.number, purpose=SUBSCRIBER_PURPOSE), "proved_at": at},
    )
    held.identity = keys.encrypt(json.dumps(dict(asked.identity)), purpose=SUBSCRIBER_PURPOSE)
    held.proved_at = at
    held.save(update_fields=["identity", "proved_at"])
    given = _agree(held, asked.topics, wording=asked.wording, proof=f"code {code.pk}", at=at)
    _tell(held, "sms_subscribed", after={"given": given}, channel=Channel.WEB, at=at)


def _agree(held: Subscriber, topics: Iterable[int], *, wording: str, proof: str, at: datetime) -> int:
    standing = set(_standing(held).values_list("topic", flat=True))
    offered = Topic.objects.filter(pk__in=list(topics), retired_at=None).exclude(pk__in=standing)
    given = [
        Consent(subscriber=held, topic=topic, wording=f"{wording} {topic.name}", given_at=at, channel=WEB, proof=proof)
        for topic in offered
    ]
    return len(Consent.objects.bulk_create(given))


def _standing(held: Subscriber) -> QuerySet[Consent]:
    return Consent.objects.filter(subscriber=held, ended_at=None)


def _end(consents: QuerySet[Consent], *, by: str, at: datetime) -> int:
    return consents.update(ended_at=Greatest(F("given_at"), Value(at)), ended_by=by)


def _block(lookup: str, *, at: datetime, by: Actor) -> None:
    told = {"why": Blocked.Why.STOP, "at": at}
    block, is_new = Blocked.objects.get_or_create(kind=Kind.SMS, lookup=lookup, lifted_at=None, defaults=told)
    if is_new:
        subject, after = f"blocked:{block.pk}", {"kind": str(Kind.SMS), "why": str(Blocked.Why.STOP)}
        record(by=by, channel=Channel.AUTOMATIC, action="address_blocked", subject=subject, after=after, at=at)


def _lift_block(lookup: str, *, at: datetime) -> None:
    """Its holder proved the number again after STOP."""
    Blocked.objects.filter(kind=Kind.SMS, lookup=lookup, lifted_at=None, why=Blocked.Why.STOP).update(lifted_at=at)


def _tell(held: Subscriber, action: str, *, after: Any, channel: Channel, at: datetime, by: Actor = RESIDENT) -> None:
    record(by=by, channel=channel, action=action, subject=f"subscriber:{held.pk}", after=after, at=at)


def _code_hash(lookup: str, code: str) -> str:
    return keys.lookup_hash(f"{lookup}:{code}", purpose=_CODE_PURPOSE)


def _opened(code: NumberCode) -> Asked:
    written = json.loads(keys.decrypt(code.asked, purpose=SUBSCRIBER_PURPOSE))
    return Asked(**{**written, "topics": tuple(written["topics"])})
