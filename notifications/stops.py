"""STOP at a provider that has to be asked: OVHcloud keeps a list and calls nobody. It is read every minute.

A number of the list is stopped here too, once. One whose holder proved it again since is taken off the list, or
nothing that we send would arrive.
"""

import logging
from collections.abc import Collection
from datetime import datetime

from notifications import gateways, queries
from notifications.gateways.base import Gateway, NoAnswer, Stop
from notifications.models import Blocked, Kind
from notifications.rules.numbers import BadNumber, mobile
from notifications.services import blocking
from notifications.services.sms import number_lookup

log = logging.getLogger(__name__)


def read_stops() -> int:
    """Stop whoever answered STOP at the provider since the last time; how many. Reading twice stops nobody again."""
    try:
        gateway = gateways.gateway_of(queries.sending())
        listed = _by_lookup(gateway.stopped())
    except gateways.NoGateway:
        return 0
    except NoAnswer as silence:
        log.warning("the provider's list of STOP could not be read (%s)", silence.code)
        return 0
    known = _known(listed)
    news = [
        stop
        for lookup, stop in listed.items()
        if lookup not in known or _stopped_again(stop, gateway, lifted_at=known[lookup])
    ]
    return sum(blocking.stop_number(stop.number) for stop in news)


def _by_lookup(listed: list[Stop]) -> dict[str, Stop]:
    """Without what takes no SMS: we never wrote to it."""
    found = {}
    for stop in listed:
        try:
            found[number_lookup(mobile(stop.number))] = stop
        except BadNumber:
            continue
    return found


def _known(lookups: Collection[str]) -> dict[str, datetime | None]:
    """Those that were stopped here before: when they were proved again, None while they are stopped."""
    rows = Blocked.objects.filter(kind=Kind.SMS, lookup__in=lookups).order_by("at", "pk")
    return dict(rows.values_list("lookup", "lifted_at"))


def _stopped_again(stop: Stop, gateway: Gateway, *, lifted_at: datetime | None) -> bool:
    """Whether a number that was proved again answered STOP again; if not, the provider is told to let it be written to.

    Without an answer nothing changes: the question comes back in a minute.
    """
    if lifted_at is None:
        return False
    try:
        since = gateway.stopped_at(stop)
        if since is not None and since <= lifted_at:
            gateway.lift_stop(stop)
    except NoAnswer as silence:
        log.warning("a number proved again is still on the provider's list of STOP (%s)", silence.code)
        return False
    return since is not None and since > lifted_at
