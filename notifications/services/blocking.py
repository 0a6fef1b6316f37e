"""Stopping an address or a number that answers no more, or no longer wants to be written to."""

import contextlib
from datetime import datetime

from django.db import transaction

from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.services import record
from lps.kernel import clock
from notifications.addresses import BadAddress, clean_email, same_address_key
from notifications.models import ADDRESS_PURPOSE, Blocked, Kind
from notifications.rules.numbers import BadNumber, mobile
from notifications.services import subscriptions
from notifications.services.sms import number_lookup
from tenants import keys

PROVIDER = Actor.system("prestataire d'envoi")


def stop_number(number: str) -> bool:
    """A number answered STOP: nothing leaves for it any more and its consents end; False for no number, or again."""
    try:
        lookup = number_lookup(mobile(number))
    except BadNumber:
        return False
    if Blocked.objects.filter(kind=Kind.SMS, lookup=lookup, lifted_at=None).exists():
        return False
    subscriptions.stop(lookup=lookup, channel=subscriptions.STOP, by=PROVIDER)
    return True


def block_address(address: str, *, why: Blocked.Why) -> bool:
    """An address bounced or complained: nothing leaves for it any more; False for no address, or again."""
    with contextlib.suppress(BadAddress), transaction.atomic():
        return _block(Kind.EMAIL, address_lookup(address), why, clock.now())
    return False


def address_lookup(address: str) -> str:
    """What finds an e-mail address among proofs and blocks; raises `BadAddress`."""
    return keys.lookup_hash(same_address_key(clean_email(address)), purpose=ADDRESS_PURPOSE)


def _block(kind: Kind, lookup: str, why: Blocked.Why, at: datetime) -> bool:
    told = {"why": why, "at": at}
    block, is_new = Blocked.objects.get_or_create(kind=kind, lookup=lookup, lifted_at=None, defaults=told)
    if is_new:
        subject, after = f"blocked:{block.pk}", {"kind": str(kind), "why": str(why)}
        record(by=PROVIDER, channel=Channel.AUTOMATIC, action="address_blocked", subject=subject, after=after, at=at)
    return is_new
