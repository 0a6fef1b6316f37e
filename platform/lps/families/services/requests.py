"""What a family asks about its personal data, and what the town answers."""

from datetime import datetime

from django.db import transaction

from lps.families.models import DataRequest, Household
from lps.families.queries.households import emails_of
from lps.families.queries.locks import lock_household
from lps.journal.actors import Actor, ActorKind
from lps.journal.channels import Channel
from lps.journal.services import record
from lps.kernel import clock
from lps.kernel.refusals import Refusal
from notifications import queries as notifications
from notifications.services import post, withdraw
from tenants import context
from tenants.queries import url_of

# A family's requests that wait for the town at once: more would only bury those of the others.
MOST_WAITING = 10


class TooManyRequests(ValueError):
    """So many requests of this family wait already that one more is not taken; `refusal` says how many (`most`)."""

    def __init__(self) -> None:
        super().__init__("too_many")
        self.refusal = Refusal("too_many", most=MOST_WAITING)


class AlreadyAnswered(ValueError):
    """Another agent answered this request first; `refusal` says so."""

    def __init__(self) -> None:
        super().__init__("already_answered")
        self.refusal = Refusal("already_answered")


def ask_about_data(
    *, household: Household, kind: DataRequest.Kind, words: str, by: Actor, channel: Channel, received_at: datetime
) -> DataRequest:
    """Write down a request, for the agents to answer within a month.

    The one that a family sends twice is one, while it waits. Raises `TooManyRequests`.
    """
    with transaction.atomic():
        if by.kind == ActorKind.HOUSEHOLD:
            lock_household(household)  # a form sent many times at once is counted one after the other
            waiting = DataRequest.objects.filter(household=household, answered_at__isnull=True)
            if same := waiting.filter(kind=kind, words=words).first():
                return same
            if waiting.count() >= MOST_WAITING:
                raise TooManyRequests
        asked = DataRequest.objects.create(household=household, kind=kind, words=words, received_at=received_at)
        subject, after = f"data_request:{asked.pk}", {"kind": str(kind), "household": household.pk}
        record(by=by, channel=channel, action="data_request_received", subject=subject, after=after)
    return asked


def answer_data_request(*, asked: DataRequest, words: str, by: Actor, channel: Channel) -> DataRequest:
    """Answer a request once, and tell the family by e-mail that an answer waits; raises `AlreadyAnswered`."""
    with transaction.atomic():
        unanswered = DataRequest.objects.filter(pk=asked.pk, answered_at__isnull=True)
        if not unanswered.update(answer=words, answered_at=clock.now()):
            raise AlreadyAnswered
        record(by=by, channel=channel, action="data_request_answered", subject=f"data_request:{asked.pk}")
        for address in emails_of(asked.household):
            facts = {"family": asked.household.name, "url": url_of(context.current(), "/donnees-personnelles/")}
            post(to=address, template="families/emails/answered", facts=facts, by=by)
    asked.refresh_from_db()
    return asked


def withdraw_consent(*, household: Household, address_id: int, by: Actor, channel: Channel) -> bool:
    """End the use of one of the household's proved addresses; False when it has no such address."""
    address = notifications.consents_of(household.holder).filter(pk=address_id).first()
    if address is None:
        return False
    withdraw(address=address, by=by, channel=channel)
    return True


def note_export(*, household: Household, form: str, by: Actor, channel: Channel) -> None:
    """Write that a household took a copy of its data away."""
    after = {"form": form}
    record(by=by, channel=channel, action="personal_data_exported", subject=household.holder, after=after)
