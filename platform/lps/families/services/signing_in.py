"""Coming in with a child's code and the family's, and the second step of a new device."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from lps.accounts import attempts, sessions
from lps.families import codes
from lps.families.identity import actor_of
from lps.families.models import Child, FamilyLink, Household
from lps.families.queries.custody import days_within
from lps.families.queries.doors import custody_known_by_codes, known_family_lookups
from lps.families.queries.households import emails_of
from lps.families.services import links
from lps.families.services.households import assigned_codes
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.services import record
from lps.kernel import clock
from lps.kernel.refusals import Refusal
from notifications.services import post
from tenants import context
from tenants.queries import url_of
from tenants.town import queries as town

log = logging.getLogger(__name__)

# Two links asked within this time are one: the first is still on its way.
SENT_AGAIN_AFTER = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who came in, and on which child the codes open: on none when the family does not have it on that day."""

    household: Household
    child: Child | None


def sign_in(
    *, child_code: str, family_code: str, address: str, received_at: datetime, channel: Channel = Channel.WEB
) -> SignedIn | Refusal:
    """Check the pair of codes on the day of `received_at` (aware), in the commune's zone.

    The pair of a child who left, or is to come, opens the family too: its invoices and its receipts stay its own.
    There is one refusal, `unknown`: whether a code is malformed, unknown, another family's or
    locked after too many tries, the same statement was made and the same answer given. Raises
    `attempts.Unavailable`.
    """
    child_code, family_code = codes.clean(child_code), codes.clean(family_code)
    counters = (
        attempts.secret("child_code", child_code),
        attempts.secret("family_code", family_code),
        attempts.address_range(address),
        attempts.whole_commune(),
    )
    must_wait = attempts.check(counters) > 0
    day = received_at.astimezone(context.current().zone).date()
    custody = custody_known_by_codes(child_code=child_code, family_code=family_code, day=day)
    if must_wait or custody is None:
        if not must_wait:
            attempts.fail(counters)
        log.warning("sign-in refused to a family%s", " that must wait" if must_wait else "")
        return Refusal("unknown")
    attempts.succeed(counters)
    return SignedIn(custody.household, custody.child if days_within(custody.valid_during, [day]) else None)


def note_sign_in(*, household: Household, channel: Channel, child: Child | None = None) -> None:
    """Write that a household came in; the door then begins its session."""
    after = {"child": child.pk} if child else None
    record(by=actor_of(household), channel=channel, action="sign_in", subject=household.holder, after=after)


def note_sign_out(*, household: Household, channel: Channel) -> None:
    """Write that a household left; the door ends its session."""
    record(by=actor_of(household), channel=channel, action="sign_out", subject=household.holder)


def send_device_links(*, household: Household, channel: Channel) -> list[str]:
    """Ask for the second step: one link to each address on file. Returns these addresses, masked.

    None on file: an empty list, and the family has to call the town.
    """
    addresses = emails_of(household)
    with transaction.atomic():
        if addresses and not links.is_recent(
            household=household, purpose=FamilyLink.Purpose.DEVICE, within=SENT_AGAIN_AFTER
        ):
            by = actor_of(household)
            for address in addresses:
                token = links.new_link(household=household, purpose=FamilyLink.Purpose.DEVICE)
                _post_device_link(household, address, token, by)
            after = {"addresses": len(addresses)}
            record(by=by, channel=channel, action="device_link_sent", subject=household.holder, after=after)
    return [masked(address) for address in addresses]


def finish_device_step(*, token: str, channel: Channel) -> Household | None:
    """Use up a new device's link; None when it was used, has expired or is another commune's."""
    with transaction.atomic():
        link = links.use_link(token=token, purpose=FamilyLink.Purpose.DEVICE)
        if link is None:
            return None
        by = actor_of(link.household)
        record(by=by, channel=channel, action="device_recognized", subject=link.household.holder)
    return link.household


def renew_family_code(*, household: Household, by: Actor, channel: Channel, reason: str = "") -> Household:
    """Draw a new family code: the old one, its sessions, known devices and links end at once."""
    with transaction.atomic():
        # Two agents at once: the second draws after the first, and both codes are in the journal's order.
        row = Household.objects.select_for_update(of=("self",), no_key=True).get(pk=household.pk)
        length = town.settings().family_code_length
        [code] = assigned_codes([""], length=length, lookup=codes.family_lookup, known=known_family_lookups)
        row.code, row.code_lookup = codes.seal_family_code(code), codes.family_lookup(code)
        row.code_renewed_at = clock.now()
        row.generation += 1
        row.save(update_fields=("code", "code_lookup", "code_renewed_at", "generation"))
        links.end_links(household=row)
        sessions.end_sessions(holder=row.holder)
        after = {"reason": reason} if reason else None
        record(by=by, channel=channel, action="family_code_renewed", subject=row.holder, after=after)
    return row


def masked(email: str) -> str:
    """Enough of an address to know which mailbox to open: "a…@example.org"."""
    name, _, domain = email.partition("@")
    return f"{name[:1]}…@{domain}"


def _post_device_link(household: Household, address: str, token: str, by: Actor) -> None:
    facts = {
        "family": household.name,
        "url": url_of(context.current(), f"/appareil/{token}/"),
        "minutes": links.LIFE_MINUTES,
    }
    post(to=address, template="families/emails/device", facts=facts, by=by)
