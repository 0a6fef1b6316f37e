"""Writing SMS in the caller's transaction. Sending them is in `sms_delivery`."""

from collections.abc import Mapping, Sequence
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
from notifications.rules.numbers import mobile
from notifications.services import new_own_id
from notifications.services.writing import write_alike
from notifications.wakeup import SEND_SMS
from tenants import keys
from tenants.wakeup import wake_after_commit

PLAIN = "notifications/sms/text"  # a template for a text that somebody typed: `{"text": …}`


class TooLong(ValueError):
    """An SMS without a word, or of more than `sms_text.MAX_PARTS` parts; says how many parts, not the text."""


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


def post_sms_alike(
    numbers: Sequence[str], *, text: str, by: Actor, message_class: Class, campaign: Campaign | None = None
) -> int:
    """Write one text to many numbers (E.164) in one statement of the caller's transaction, letters as written; how
    many. Raises `TooLong`.
    """
    rendered = render.render_sms(PLAIN, {"text": text})
    written = write_alike(
        numbers,
        template=PLAIN,
        facts=fact_text.dumps({"text": rendered}),
        requested_by=by.reference,
        now=clock.now(),
        message_class=message_class,
        campaign=campaign,
        parts=_parts(rendered, message_class),
    )
    if written:
        wake_after_commit(SEND_SMS)
    return written


def number_lookup(number: str) -> str:
    """What finds a number (E.164) among subscribers and among those that answered STOP."""
    return keys.lookup_hash(number, purpose=SUBSCRIBER_PURPOSE)


def added_to(message_class: Class | str) -> int:
    """How many characters the provider adds to a text of this class."""
    return sms_text.STOP_CLAUSE if message_class == Class.NEWS else 0


def _message(
    *,
    number: str,
    text: str,
    template: str,
    by: Actor,
    message_class: Class,
    due_at: datetime,
    despite_stop: bool = False,
) -> OutboxMessage:
    """A row not yet written. Its facts are the text itself: what was counted is what leaves."""
    parts = _parts(text, message_class)
    sealed = fact_text.dumps({"text": text, **({"despite_stop": True} if despite_stop else {})})
    return OutboxMessage(
        kind=Kind.SMS,
        to=keys.encrypt(number, purpose=ADDRESS_PURPOSE),
        template=template,
        facts=keys.encrypt(sealed, purpose=FACTS_PURPOSE),
        requested_by=by.reference,
        message_id=new_own_id(),
        message_class=message_class,
        parts=parts,
        due_at=due_at,
    )


def _parts(text: str, message_class: Class) -> int:
    counted = sms_text.count(text, added=added_to(message_class))
    if not counted.fits:
        raise TooLong(f"{counted.parts} parts")
    return counted.parts
