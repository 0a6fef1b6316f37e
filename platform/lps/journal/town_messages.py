"""The messages of the home page, each change with its entry in the journal, in one transaction."""

from datetime import datetime

from django.db import transaction

from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.services import record_change
from tenants.town import messages
from tenants.town.messages import Words
from tenants.town.models import Message
from tenants.town.services import Changed


def write(*, words: Words, publish: bool, now: datetime, by: Actor) -> Message:
    """Write a new message, as a draft or shown at once; raises `MessageOver`."""
    with transaction.atomic():
        message, changed = messages.write(words, publish=publish, now=now)
        _tell("message_published" if publish else "message_written", message.pk, changed, by=by)
    return message


def change(*, pk: int, words: Words, publish: bool, now: datetime, by: Actor) -> Message:
    """Write a message again; raises `Message.DoesNotExist` and `MessageOver`."""
    with transaction.atomic():
        message, changed = messages.change(pk, words, publish=publish, now=now)
        published = changed[1].get("is_draft") is False
        _tell("message_published" if published else "message_changed", message.pk, changed, by=by)
    return message


def publish(*, pk: int, now: datetime, by: Actor) -> Message:
    """Show a draft; raises `Message.DoesNotExist` and `MessageOver`."""
    with transaction.atomic():
        message, changed = messages.publish(pk, now=now)
        _tell("message_published", message.pk, changed, by=by)
    return message


def withdraw(*, pk: int, by: Actor) -> Message:
    """Take a message off the home page; raises `Message.DoesNotExist`."""
    with transaction.atomic():
        message, changed = messages.withdraw(pk)
        _tell("message_withdrawn", message.pk, changed, by=by)
    return message


def copy(*, pk: int, now: datetime, by: Actor) -> Message:
    """A new draft of the same words; raises `Message.DoesNotExist`."""
    with transaction.atomic():
        message, changed = messages.copy(pk, now=now)
        _tell("message_written", message.pk, changed, by=by)
    return message


def remove(*, pk: int, by: Actor) -> bool:
    """Forget a draft; False when there is none."""
    with transaction.atomic():
        changed = messages.remove(pk)
        if changed is None:
            return False
        _tell("message_removed", pk, changed, by=by)
    return True


def _tell(action: str, pk: int, changed: Changed, *, by: Actor) -> None:
    record_change(changed, by=by, channel=Channel.OFFICE, action=action, subject=f"message:{pk}")
