"""What one does with messages and addresses. Sending itself is in `delivery`."""

import logging
import secrets
import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q, Value
from django.db.models.functions import Greatest

from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.services import record
from lps.kernel import clock
from notifications import facts as fact_text
from notifications import render
from notifications.addresses import BadAddress, clean_email, same_address_key
from notifications.carriers import carrier_of
from notifications.models import (
    ADDRESS_PURPOSE,
    FACTS_PURPOSE,
    Address,
    Blocked,
    Campaign,
    Kind,
    OutboxMessage,
    State,
)
from notifications.services.writing import OWN_ID_DIGITS, Email, write_emails
from notifications.wakeup import DRAIN
from tenants import context, keys, queries
from tenants.wakeup import wake_after_commit

log = logging.getLogger(__name__)

SENT_KEPT = timedelta(days=60)
PROOF_KEPT = timedelta(days=3 * 365)
PURGER = Actor.system("conservation des messages")


class NotDead(ValueError):
    """Only a message that was given up, or an SMS of unknown fate, can be sent again by hand."""


def post(
    *,
    to: str,
    template: str,
    facts: Mapping[str, Any],
    by: Actor,
    dedup_key: str | None = None,
    due_at: datetime | None = None,
    despite_block: bool = False,
) -> OutboxMessage:
    """Write an e-mail in the caller's transaction; it leaves after the commit, or never.

    `template` is the common part of three files, `families/emails/recovery` for instance (see
    `render`); `facts` holds texts, numbers, days, instants and amounts. A `dedup_key` already used
    gives back the message that bears it. `despite_block` is for the link by which an address that
    bounced is proved again: nothing else is sent there. Raises `BadAddress`, or `TemplateDoesNotExist`.
    """
    render.check_templates(template)
    due_at = due_at or clock.now()
    facts = {**facts, fact_text.DESPITE_BLOCK: True} if despite_block else facts
    written = {
        "to": keys.encrypt(clean_email(to), purpose=ADDRESS_PURPOSE),
        "template": template,
        "facts": keys.encrypt(fact_text.dumps(facts), purpose=FACTS_PURPOSE),
        "requested_by": by.reference,
        "message_id": _new_message_id(),
        "due_at": due_at,
    }
    message = _write(dedup_key, written)
    if due_at <= clock.now():
        wake_after_commit(DRAIN)
    return message


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One of many messages: an address and the facts of its template; one whose `dedup_key` was used is not written."""

    to: str
    facts: Mapping[str, Any]
    dedup_key: str | None = None


def post_many(posts: Iterable[Post], *, template: str, by: Actor, campaign: Campaign | None = None) -> int:
    """Write many e-mails of one template in the caller's transaction, in one statement; returns how many.

    An address that is none is left out and logged: the others are written. One statement more when some bear a
    `dedup_key`.
    """
    render.check_templates(template)
    emails = [email for post in _new(posts) if (email := _email(post, template=template))]
    if not emails:
        return 0
    wake_after_commit(DRAIN)
    return write_emails(
        emails,
        template=template,
        requested_by=by.reference,
        now=clock.now(),
        campaign=campaign,
        host=queries.host_of(context.current()),
    )


def _new(posts: Iterable[Post]) -> list[Post]:
    """Those whose key was not used yet."""
    asked = list(posts)
    keyed = [post.dedup_key for post in asked if post.dedup_key]
    used = OutboxMessage.objects.filter(dedup_key__in=keyed).order_by() if keyed else OutboxMessage.objects.none()
    known = set(used.values_list("dedup_key", flat=True))
    return [post for post in asked if post.dedup_key not in known]


def _email(post: Post, *, template: str) -> Email | None:
    try:
        address = clean_email(post.to)
    except BadAddress:
        log.warning("an address on file is none: no %s was written to it", template)
        return None
    return Email(address, fact_text.dumps(post.facts), post.dedup_key)


def resend(*, message: OutboxMessage, by: Actor, channel: Channel = Channel.OFFICE) -> OutboxMessage:
    """Put a dead letter back in the queue, with its first Message-ID, an SMS with another mark; raises `NotDead`."""
    carrier = carrier_of(message)
    again = {"state": State.WAITING, "attempts": 0, "due_at": clock.now(), "claim": None, "claimed_at": None}
    if carrier.at_most_once:
        again |= {"message_id": new_own_id(), "provider_ref": "", "cost": None, "outcome": "", "outcome_reason": ""}
    with transaction.atomic():
        ended = OutboxMessage.objects.filter(pk=message.pk, state__in=(State.DEAD, State.UNKNOWN))
        if not ended.update(**again):
            raise NotDead(message.pk)
        record(by=by, channel=channel, action="message_sent_again", subject=f"message:{message.pk}")
        wake_after_commit(carrier.task)
    message.refresh_from_db()
    return message


def purge(*, now: datetime) -> int:
    """Erase the messages sent, or given up, sixty days ago or more; returns how many.

    Their rows hold an address and facts (names, links): sealed, yet personal data without a use once
    nobody asks whether the message left. Sixty days answer "did you write to me?" and leave time to
    send a dead letter again. A `dedup_key` erased with its message may be used again.
    """
    limit = now - SENT_KEPT
    old = Q(state=State.SENT, sent_at__lte=limit) | Q(state=State.DEAD, due_at__lte=limit)
    with transaction.atomic():
        count, _ = OutboxMessage.objects.filter(old).delete()
        _purge_proofs(now - PROOF_KEPT)
        if count:
            after = {"messages": count, "until": limit.isoformat()}
            record(by=PURGER, channel=Channel.AUTOMATIC, action="messages_purged", subject="messages", after=after)
    return count


def _purge_proofs(limit: datetime) -> None:
    """Erase the consents withdrawn before that instant: three years prove them long enough."""
    count, _ = Address.objects.filter(withdrawn_at__lte=limit).delete()
    if count:
        after = {"consents": count, "until": limit.isoformat()}
        record(by=PURGER, channel=Channel.AUTOMATIC, action="consents_purged", subject="addresses", after=after)


def forget_holders(holders: Collection[str], *, by: Actor, channel: Channel, at: datetime) -> int:
    """Withdraw every consent of these holders and take the addresses away; how many were in force.

    The hash, the wording and the dates stay for their term: they prove what was sent, and read as no address.
    """
    rows = Address.objects.filter(holder__in=holders)
    with transaction.atomic():
        ended = rows.in_force().update(withdrawn_at=Greatest(F("proved_at"), Value(at)))
        rows.update(value=keys.encrypt("", purpose=ADDRESS_PURPOSE))
        if ended:
            record(by=by, channel=channel, action="addresses_forgotten", subject="addresses", after={"number": ended})
    return ended


def prove_address(
    *,
    holder: str,
    value: str,
    consent: str,
    by: Actor,
    channel: Channel,
    kind: Kind = Kind.EMAIL,
    at: datetime | None = None,
) -> Address:
    """Keep an address whose link was followed, and the version of the wording accepted then.

    Proving twice keeps the first proof; an address that bounced is written to again.
    `holder` reads `household:<id>`. Raises `BadAddress`.
    """
    address = clean_email(value)
    lookup = _lookup(address)
    with transaction.atomic():
        proved, is_new = Address.objects.in_force().get_or_create(
            holder=holder,
            kind=kind,
            lookup=lookup,
            defaults={
                "value": keys.encrypt(address, purpose=ADDRESS_PURPOSE),
                "consent": consent,
                "proved_at": at or clock.now(),
            },
        )
        Blocked.objects.filter(kind=kind, lookup=lookup, lifted_at=None).update(lifted_at=at or clock.now())
        if is_new:
            after = {"kind": str(kind), "consent": consent}
            record(by=by, channel=channel, action="address_proved", subject=holder, after=after, at=at)
    return proved


def withdraw(*, address: Address, by: Actor, channel: Channel, at: datetime | None = None) -> Address:
    """End the use of an address and its consent; withdrawing twice keeps the first date."""
    at = max(at or clock.now(), address.proved_at)
    with transaction.atomic():
        if Address.objects.in_force().filter(pk=address.pk).update(withdrawn_at=at):
            before = {"kind": address.kind, "consent": address.consent}
            record(by=by, channel=channel, action="address_withdrawn", subject=address.holder, before=before, at=at)
    address.refresh_from_db()
    return address


def _write(dedup_key: str | None, written: dict[str, Any]) -> OutboxMessage:
    if dedup_key is None:
        return OutboxMessage.objects.create(**written)
    return OutboxMessage.objects.get_or_create(dedup_key=dedup_key, defaults=written)[0]


def new_own_id() -> str:
    """The mark of an SMS."""
    return secrets.token_hex(OWN_ID_DIGITS // 2)


def _new_message_id() -> str:
    """Drawn once, when the message is written: a repeat after a killed worker is seen as one."""
    return f"<{uuid.uuid4().hex}@{queries.host_of(context.current())}>"


def _lookup(address: str) -> str:
    return keys.lookup_hash(same_address_key(address), purpose=ADDRESS_PURPOSE)
