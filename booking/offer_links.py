"""The link by which a place offered is accepted from the message itself: signed, of one offer, address and commune."""

from django.core import signing

from booking.models import WaitingEntry
from notifications.models import Address
from tenants import context
from tenants.queries import url_of


def url_for(entry: WaitingEntry, address: Address) -> str:
    """The link of an offer, for an address that its household proved: one on file alone may be somebody else's.

    It ends with the offer, with the address, and with the family code. `entry` comes with its household.
    """
    facts = [entry.pk, _instant(entry), entry.household.generation, address.pk]
    return url_of(context.current(), f"/offre/{signing.dumps(facts, salt=_salt())}/")


def entry_of(token: str) -> WaitingEntry | None:
    """The place that a link names, with its child, household and day, whatever became of it since.

    None for a link that was altered, another commune's, of an offer made anew since, or of an address withdrawn.
    """
    try:
        pk, instant, generation, address = signing.loads(token, salt=_salt())
    except signing.BadSignature:
        return None
    entry = WaitingEntry.objects.select_related("child", "household", "service_day__activity").filter(pk=pk).first()
    if entry is None or (_instant(entry), entry.household.generation) != (instant, generation):
        return None
    in_force = Address.objects.in_force().filter(pk=address, holder=entry.household.holder)
    return entry if in_force.exists() else None


def _instant(entry: WaitingEntry) -> str | None:
    return entry.offered_at.isoformat() if entry.offered_at else None


def _salt() -> str:
    return f"offer:{context.current().pk.hex}"
