"""Codes lost: the page writes down what was asked, a worker answers, so that the page tells nothing."""

import logging
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction

from lps.accounts import attempts
from lps.families.identity import actor_of
from lps.families.models import FamilyLink, Household, RecoveryRequest, email_key
from lps.families.queries.children import ChildAtSchool, at_school, children_of
from lps.families.queries.custody import custodies_to_come
from lps.families.queries.doors import households_of_email
from lps.families.services import links
from lps.families.wakeup import ANSWER
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.services import record
from lps.kernel import clock
from notifications.services import post
from tenants import context, keys
from tenants.queries import url_of
from tenants.wakeup import wake_after_commit

log = logging.getLogger(__name__)

PURPOSE = "recovery"
BY = Actor.system("codes oubliés")
# One task's worth; the next tick takes the rest.
AT_ONCE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Revealed:
    """A family's codes, shown once to whoever reads its mailbox.

    The code of a child who left is not told again: it serves the other home, and its telephone.
    """

    household: Household
    children: list[ChildAtSchool]


def ask_for_codes(*, email: str, address: str, received_at: datetime) -> None:
    """Write down that somebody at `address` typed an e-mail address; beyond the limits nothing is written.

    Says nothing about who is known. Raises `attempts.Unavailable`.
    """
    counters = (
        attempts.secret(PURPOSE, email_key(email)),
        replace(attempts.address_range(address), name=f"{PURPOSE}_range"),
    )
    if attempts.check(counters):
        log.warning("recovery: too many requests")
        return
    with transaction.atomic():
        RecoveryRequest.objects.create(email=keys.encrypt(email, purpose=PURPOSE), received_at=received_at)
        wake_after_commit(ANSWER)


def answer_recoveries() -> int:
    """Answer every request that waits; returns how many were answered. Two workers share them."""
    waiting = RecoveryRequest.objects.filter(answered_at__isnull=True).values_list("pk", flat=True)[:AT_ONCE]
    return sum(_answer(pk) for pk in list(waiting))


def reveal_codes(*, token: str, received_at: datetime, channel: Channel) -> Revealed | None:
    """Use up a link and read the family's codes; None when it was used, has expired or is another commune's."""
    with transaction.atomic():
        link = links.use_link(token=token, purpose=FamilyLink.Purpose.CODES)
        if link is None:
            return None
        household = link.household
        record(by=actor_of(household), channel=channel, action="codes_revealed", subject=household.holder)
    day = received_at.astimezone(context.current().zone).date()
    children = children_of(household=household, day=day)
    if not children:
        coming = dict.fromkeys(custody.child for custody in custodies_to_come(household, day=day))
        children = at_school(list(coming), day=day)
    return Revealed(household=household, children=children)


def _answer(pk: int) -> bool:
    with transaction.atomic():
        # A worker that reads the same request meanwhile passes over it: one mail, not two.
        waiting = RecoveryRequest.objects.select_for_update(of=("self",), no_key=True, skip_locked=True)
        request = waiting.filter(pk=pk, answered_at__isnull=True).first()
        if request is None:
            return False
        for household, on_file in households_of_email(keys.decrypt(request.email, purpose=PURPOSE)):
            _send_link(household, on_file)
        request.email, request.answered_at = "", clock.now()
        request.save(update_fields=("email", "answered_at"))
    return True


def _send_link(household: Household, address: str) -> None:
    token = links.new_link(household=household, purpose=FamilyLink.Purpose.CODES)
    facts = {
        "family": household.name,
        "url": url_of(context.current(), f"/difficultes/{token}/"),
        "minutes": links.LIFE_MINUTES,
    }
    post(to=address, template="families/emails/recovery", facts=facts, by=BY)
    record(by=BY, channel=Channel.AUTOMATIC, action="recovery_link_sent", subject=household.holder)
