"""Reads about messages and addresses."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Min, Q

from notifications import render
from notifications.addresses import BadAddress, clean_email, same_address_key
from notifications.models import (
    ADDRESS_PURPOSE,
    Address,
    AddressQuerySet,
    Blocked,
    Kind,
    OutboxMessage,
    OutboxQuerySet,
    SendingSettings,
    State,
)
from notifications.render import Letterhead
from notifications.rules.numbers import masked
from tenants import keys


def sending() -> SendingSettings:
    """How the commune sends; its defaults (nothing by SMS) until somebody sets it."""
    kept = SendingSettings.objects.filter(pk=1).first()
    # A row that was never written has its database's defaults as expressions: a mail cannot bear them.
    return kept or SendingSettings(pk=1, email_name="", email_local="")


def letterhead(kept: SendingSettings) -> Letterhead:
    """Who the commune's mails come from, and who reads the answers."""
    return Letterhead(name=kept.email_name, local=kept.email_local, reply_to=kept.reply_to)


def dead_letters() -> OutboxQuerySet:
    """The messages given up, the latest first."""
    return OutboxMessage.objects.filter(state=State.DEAD).order_by("-created_at", "-pk")


@dataclass(frozen=True, slots=True)
class Stuck:
    """A message that did not arrive, or may not have: to whom (a number is masked), and about what."""

    message: OutboxMessage
    to: str
    about: str


def stuck() -> OutboxQuerySet:
    """The messages given up and the SMS of unknown fate, the latest first."""
    return OutboxMessage.objects.filter(state__in=(State.DEAD, State.UNKNOWN)).order_by("-created_at", "-pk")


@dataclass(frozen=True, slots=True)
class Reason:
    """How many messages of one kind were given up for one reason."""

    kind: str
    code: str
    number: int


def reasons() -> list[Reason]:
    """Why messages were given up, the most frequent first, without a word of whom they were for."""
    counted = OutboxMessage.objects.filter(state=State.DEAD).order_by().values_list("kind", "last_error")
    return [Reason(*row) for row in counted.annotate(number=Count("pk")).order_by("-number", "kind", "last_error")]


def told(message: OutboxMessage) -> Stuck:
    """A message as an agent recognizes it: its subject for an e-mail; of an SMS, which may hold a code, nothing."""
    if message.kind == Kind.SMS:
        return Stuck(message, masked(message.address), "")
    return Stuck(message, message.address, render.subject_of(message))


@dataclass(frozen=True, slots=True)
class Sums:
    """How many messages are where, for the page of sendings and the operators."""

    dead: int
    unknown: int
    sms_waiting: int


def sums() -> Sums:
    """One statement."""
    counted = OutboxMessage.objects.exclude(state=State.SENT).aggregate(
        dead=Count("pk", filter=Q(state=State.DEAD)),
        unknown=Count("pk", filter=Q(state=State.UNKNOWN)),
        sms_waiting=Count("pk", filter=Q(state=State.WAITING, kind=Kind.SMS)),
    )
    return Sums(**counted)


@dataclass(frozen=True, slots=True)
class Depth:
    """How many messages of a kind wait, by why, and for how many seconds the oldest has been due (0 for none)."""

    numbers: dict[str, int]
    oldest_seconds: float


def depths(*, now: datetime) -> dict[str, Depth]:
    """What waits in the outbox, by kind, from its partial index: one statement."""
    waiting, due = Q(state=State.WAITING), Q(due_at__lte=now)
    rows = OutboxMessage.objects.filter(state__in=(State.WAITING, State.SENDING)).order_by().values("kind")
    counted = rows.annotate(
        due=Count("pk", filter=waiting & due),
        later=Count("pk", filter=waiting & ~due & Q(attempts=0)),
        tried=Count("pk", filter=waiting & ~due & Q(attempts__gt=0)),
        sending=Count("pk", filter=Q(state=State.SENDING)),
        oldest=Min("due_at", filter=due),
    )
    found = {row["kind"]: _depth(row, now=now) for row in counted}
    return {kind.value: found.get(kind.value, _NOTHING) for kind in Kind}


_STANDING = ("due", "later", "tried", "sending")
_NOTHING = Depth(numbers=dict.fromkeys(_STANDING, 0), oldest_seconds=0.0)


def _depth(row: Mapping[str, Any], *, now: datetime) -> Depth:
    oldest = row["oldest"]
    seconds = (now - oldest).total_seconds() if oldest else 0.0
    return Depth(numbers={name: row[name] for name in _STANDING}, oldest_seconds=seconds)


def addresses_of(holder: str, *, kind: Kind = Kind.EMAIL) -> AddressQuerySet:
    """The addresses in force of a holder (`household:<id>`), in the order of their proofs."""
    return Address.objects.in_force().filter(holder=holder, kind=kind)


def blocks_of(emails: Collection[str]) -> dict[str, Blocked]:
    """Which of these addresses, in clear, bounced or complained, and since when: one statement, none for no address."""
    lookups = {email: keys.lookup_hash(same_address_key(email.strip()), purpose=ADDRESS_PURPOSE) for email in emails}
    rows = Blocked.objects.filter(kind=Kind.EMAIL, lifted_at__isnull=True, lookup__in=set(lookups.values())).order_by()
    found = {row.lookup: row for row in rows}
    return {email: found[lookup] for email, lookup in lookups.items() if lookup in found}


def household_addresses() -> list[Address]:
    """Every e-mail address in force of every family: one statement."""
    rows = Address.objects.in_force().filter(kind=Kind.EMAIL, holder__startswith="household:")
    return list(rows.order_by("holder", "proved_at", "pk"))


def consents_of(holder: str) -> AddressQuerySet:
    """Every proof and every withdrawal of a holder, for the record and for the family's own data."""
    return Address.objects.filter(holder=holder)


def holders_of(value: str) -> list[str]:
    """Whose address this is, while in force; nobody's when it is no address."""
    try:
        address = clean_email(value)
    except BadAddress:
        return []
    lookup = keys.lookup_hash(same_address_key(address), purpose=ADDRESS_PURPOSE)
    return list(Address.objects.in_force().filter(lookup=lookup).values_list("holder", flat=True))


def proved_by(holders: Collection[str]) -> dict[str, list[Address]]:
    """The e-mail addresses in force of these holders, in the order of their proofs: one statement."""
    found: dict[str, list[Address]] = {}
    rows = Address.objects.in_force().filter(holder__in=list(holders), kind=Kind.EMAIL)
    for row in rows.order_by("proved_at", "pk"):
        found.setdefault(row.holder, []).append(row)
    return found
