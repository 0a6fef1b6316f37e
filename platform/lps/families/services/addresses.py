"""The e-mail addresses at which a family agrees to be told: asked for, proved by a link, and only then written to."""

from datetime import timedelta

from django.db import transaction

from lps.accounts import attempts
from lps.families.identity import actor_of
from lps.families.models import FamilyLink, Household, email_key
from lps.families.services import links
from lps.journal.channels import Channel
from lps.journal.services import record
from lps.kernel import clock
from lps.kernel.refusals import Refusal
from notifications.models import Address
from notifications.queries import addresses_of, blocks_of
from notifications.services import post, prove_address
from tenants import context, keys
from tenants.queries import url_of

# The version of the words under which the address is typed, kept with each consent.
CONSENT = "preinscription-1"
LIFE_HOURS = 48
MOST = 10
_PURPOSE = "address_link"


def ask_to_validate(*, household: Household, email: str, channel: Channel) -> Refusal | None:
    """Send the link that proves an address, and nothing else; one that bounced is proved again.

    Raises `attempts.Unavailable`. Refusals: `known` for an address proved already, `too_many` (`number`), `wait`
    (`seconds`): a family cannot make the portal write again and again to somebody.
    """
    proved = list(addresses_of(household.holder))
    if email_key(email) in {email_key(one.address) for one in proved}:
        if not blocks_of([email]):
            return Refusal("known")
    elif len(proved) >= MOST:
        return Refusal("too_many", number=MOST)
    counters = (
        attempts.secret("address_of", household.holder),
        attempts.secret("address_to", email_key(email)),
    )
    if seconds := attempts.check(counters):
        return Refusal("wait", seconds=seconds)
    with transaction.atomic():
        token = links.new_link(
            household=household,
            purpose=FamilyLink.Purpose.ADDRESS,
            life=timedelta(hours=LIFE_HOURS),
            address=keys.encrypt(email, purpose=_PURPOSE),
        )
        facts = {
            "family": household.name,
            "url": url_of(context.current(), f"/adresse/{token}/"),
            "hours": LIFE_HOURS,
        }
        by = actor_of(household)
        post(to=email, template="families/emails/validate", facts=facts, by=by, despite_block=True)
        record(by=by, channel=channel, action="address_link_sent", subject=household.holder)
    return None


def address_asked(*, token: str) -> tuple[Household, str] | None:
    """The family and the address of a link in force, without using it; None when it can be used no more."""
    link = links.in_force(token=token, purpose=FamilyLink.Purpose.ADDRESS)
    return (link.household, keys.decrypt(link.address, purpose=_PURPOSE)) if link else None


def validate(*, token: str, channel: Channel) -> Address | None:
    """Use a link up: from then on the family is told at this address. None when it can be used no more."""
    with transaction.atomic():
        link = links.use_link(token=token, purpose=FamilyLink.Purpose.ADDRESS)
        if link is None:
            return None
        return prove_address(
            holder=link.household.holder,
            value=keys.decrypt(link.address, purpose=_PURPOSE),
            consent=CONSENT,
            by=actor_of(link.household),
            channel=channel,
            at=clock.now(),
        )
