"""Writing SMS in the caller's transaction. Sending them is in `sms_delivery`."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lps.journal.actors import Actor
from lps.kernel import clock
from notifications import facts as fact_text
from notifications import render
from notifications.models import (
    ADDRESS_PURPOSE,
    FACTS_PURPOSE,
    SUBSCRIBER_PURPOSE,
    Campaign,
    Class,
    Kind,
    OutboxMessage,
)
from notifications.rules import sms_text
from notifications.rules.numbers import BadNumber, mobile
from notifications.services import new_own_id
from notifications.wakeup import SEND_SMS
from tenants import keys
from tenants.wakeup import wake_after_commit

PLAIN = "notifications/sms/text"  # a template for a text that somebody typed: `{"text": …}`
log = logging.getLogger(__name__)


class TooLong(ValueError):
    """An SMS without a word, or of more than `sms_text.MAX_PARTS` parts; says how many parts, not the text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsPost:
    """One of many SMS: a number, the facts of its template, and a key under which it is written once."""

    to: str
    facts: Mapping[str, Any]
    dedup_key: str | None = None


def post_sms(
    *,
    to: str,
    template: str,
    facts: Mapping[str, Any],
    by: Actor,
    message_class: Class = Class.SERVICE,
    dedup_key: str | None = None,
    due_at: datetime | None = None,
    despite_stop: bool = False,
) -> OutboxMessage:
    """Write an SMS in the caller's transaction; it leaves after the commit, at an hour of its class, or never.

    `template` is one file, `families/sms/code` for `families/sms/code.txt`. Letters that would double the price are
    written otherwise (ê as e). `despite_stop` is for the code by which a number that answered STOP is proved again.
    A `dedup_key` already used gives back its message. Raises `BadNumber`, `TooLong` or `TemplateDoesNotExist`.
    """
    text = sms_text.simplified(render.render_sms(template, facts))
    message = _message(
        number=mobile(to),
        text=text,
        template=template,
        by=by,
        message_class=message_class,
        due_at=due_at or clock.now(),
        despite_stop=despite_stop,
    )
    if dedup_key is None:
        message.save(force_insert=True)
    else:
        message.dedup_key = dedup_key
        OutboxMessage.objects.bulk_create([message], ignore_conflicts=True)
        message = OutboxMessage.objects.get(dedup_key=dedup_key)
    wake_after_commit(SEND_SMS)
    return message


def post_sms_many(
    posts: Iterable[SmsPost],
    *,
    template: str,
    by: Actor,
    message_class: Class,
    campaign: Campaign | None = None,
    due_at: datetime | None = None,
    as_written: bool = False,
) -> int:
    """Write many SMS of one template in the caller's transaction, a thousand a statement; returns how many.

    A number that takes no SMS is left out and logged: the others are written. `as_written` keeps the letters of a
    text whose price its author saw. A `dedup_key` already used writes nothing more. Raises `TooLong`.
    """
    due_at, texts, written = due_at or clock.now(), _Texts(template, as_written=as_written), []
    for post in posts:
        try:
            number = mobile(post.to)
        except BadNumber as bad:
            log.warning("a number on file takes no SMS (%s): no %s was written to it", bad.code, template)
            continue
        message = _message(
            number=number,
            text=texts.of(post.facts),
            template=template,
            by=by,
            message_class=message_class,
            due_at=due_at,
            campaign=campaign,
        )
        message.dedup_key = post.dedup_key
        written.append(message)
    if written:
        once = any(message.dedup_key for message in written)
        OutboxMessage.objects.bulk_create(written, batch_size=1000, ignore_conflicts=once)
        wake_after_commit(SEND_SMS)
    return len(written)


def number_lookup(number: str) -> str:
    """What finds a number (E.164) among subscribers and among those that answered STOP."""
    return keys.lookup_hash(number, purpose=SUBSCRIBER_PURPOSE)


def added_to(message_class: Class | str) -> int:
    """How many characters the provider adds to a text of this class."""
    return sms_text.STOP_CLAUSE if message_class == Class.NEWS else 0


class _Texts:
    """The texts of one template: facts that come back are rendered once."""

    def __init__(self, template: str, *, as_written: bool) -> None:
        self._template, self._as_written = template, as_written
        self._known: dict[str, str] = {}

    def of(self, facts: Mapping[str, Any]) -> str:
        key = fact_text.dumps(facts)
        if key not in self._known:
            text = render.render_sms(self._template, facts)
            self._known[key] = text if self._as_written else sms_text.simplified(text)
        return self._known[key]


def _message(
    *,
    number: str,
    text: str,
    template: str,
    by: Actor,
    message_class: Class,
    due_at: datetime,
    campaign: Campaign | None = None,
    despite_stop: bool = False,
) -> OutboxMessage:
    """A row not yet written. Its facts are the text itself: what was counted is what leaves."""
    counted = sms_text.count(text, added=added_to(message_class))
    if not counted.fits:
        raise TooLong(f"{counted.parts} parts")
    sealed = fact_text.dumps({"text": text, **({"despite_stop": True} if despite_stop else {})})
    return OutboxMessage(
        kind=Kind.SMS,
        to=keys.encrypt(number, purpose=ADDRESS_PURPOSE),
        template=template,
        facts=keys.encrypt(sealed, purpose=FACTS_PURPOSE),
        requested_by=f"{by.kind}:{by.key}"[:80],
        message_id=new_own_id(),
        message_class=message_class,
        campaign=campaign,
        parts=counted.parts,
        due_at=due_at,
    )
