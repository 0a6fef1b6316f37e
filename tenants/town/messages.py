"""Messages of the home page: written, published, withdrawn. `lps.journal.town_messages` adds the entries."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db import transaction
from django.db.models import Case, IntegerField, Q, QuerySet, Value, When

from tenants.town.models import Message
from tenants.town.services import Changed

_FIELDS = ("title", "body", "starts_at", "ends_at", "is_draft")


class State(StrEnum):
    """Where a message stands at an instant."""

    DRAFT = "draft"
    PLANNED = "planned"
    SHOWN = "shown"
    PAST = "past"


class MessageOver(ValueError):
    """The message would end before anybody could read it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What an agent wrote, and from when to when it is to be shown; `starts_at` None: as soon as it is published."""

    title: str
    body: str
    starts_at: datetime | None = None
    ends_at: datetime | None = None


def state(message: Message, *, now: datetime) -> State:
    """Where a message stands."""
    if message.is_draft:
        return State.DRAFT
    if message.starts_at > now:
        return State.PLANNED
    return State.PAST if message.ends_at and message.ends_at <= now else State.SHOWN


def in_order(*, now: datetime) -> QuerySet[Message]:
    """All messages: those to finish, those to come, those shown, those of the past; the newest first."""
    rank = Case(
        When(is_draft=True, then=Value(0)),
        When(starts_at__gt=now, then=Value(1)),
        When(Q(ends_at__isnull=True) | Q(ends_at__gt=now), then=Value(2)),
        default=Value(3),
        output_field=IntegerField(),
    )
    return Message.objects.order_by(rank, "-starts_at", "-pk")


def has_published() -> bool:
    """Whether a message was ever published and not withdrawn."""
    return Message.objects.filter(is_draft=False).exists()


def find(pk: int) -> Message | None:
    """One message."""
    return Message.objects.filter(pk=pk).first()


def write(words: Words, *, publish: bool, now: datetime) -> tuple[Message, Changed]:
    """Write a new message, as a draft or shown at once. Raises `MessageOver` for one that could never be read."""
    message = Message(is_draft=True)
    _put(message, words, now=now, publish=publish)
    message.save()
    return message, ({}, facts(message))


def change(pk: int, words: Words, *, publish: bool, now: datetime) -> tuple[Message, Changed]:
    """Write a message again; a draft may be published with it. Raises `Message.DoesNotExist`, `MessageOver`."""
    with transaction.atomic():
        message = Message.objects.select_for_update().get(pk=pk)
        before = facts(message)
        _put(message, words, now=now, publish=publish)
        message.save()
    return message, changed(before, facts(message))


def publish(pk: int, *, now: datetime) -> tuple[Message, Changed]:
    """Show a draft, at once or from its day; what is published already stays as it is."""
    with transaction.atomic():
        message = Message.objects.select_for_update().get(pk=pk)
        before = facts(message)
        if message.is_draft:
            words = Words(title=message.title, body=message.body, starts_at=message.starts_at, ends_at=message.ends_at)
            _put(message, words, now=now, publish=True)
            message.save()
    return message, changed(before, facts(message))


def withdraw(pk: int) -> tuple[Message, Changed]:
    """Take a message off the home page: it is a draft again, with all its words."""
    with transaction.atomic():
        message = Message.objects.select_for_update().get(pk=pk)
        before = facts(message)
        message.is_draft = True
        message.save(update_fields=("is_draft",))
    return message, changed(before, facts(message))


def copy(pk: int, *, now: datetime) -> tuple[Message, Changed]:
    """A new draft of the same words, without its days."""
    original = Message.objects.get(pk=pk)
    return write(Words(title=original.title, body=original.body), publish=False, now=now)


def remove(pk: int) -> Changed | None:
    """Forget a draft; None when there is no such draft, for a published message is withdrawn first."""
    with transaction.atomic():
        message = Message.objects.select_for_update().filter(pk=pk, is_draft=True).first()
        if message is None:
            return None
        before = facts(message)
        message.delete()
    return before, {}


def facts(message: Message) -> dict[str, Any]:
    """A message as the journal keeps it."""
    values = {name: getattr(message, name) for name in _FIELDS}
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()}


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> Changed:
    """What differs, on both sides."""
    names = [name for name in after if before[name] != after[name]]
    return {name: before[name] for name in names}, {name: after[name] for name in names}


def _put(message: Message, words: Words, *, now: datetime, publish: bool) -> None:
    """The words and their days; what is published starts at the earliest now, unless it had started already."""
    started = None if message.is_draft else message.starts_at
    message.title, message.body, message.ends_at = words.title, words.body, words.ends_at
    message.is_draft = message.is_draft and not publish
    message.starts_at = words.starts_at or started or now
    if not message.is_draft and message.starts_at != started:
        message.starts_at = max(message.starts_at, now)
    over = now if publish else message.starts_at
    if message.ends_at and message.ends_at <= max(message.starts_at, over):
        raise MessageOver(words.title)
