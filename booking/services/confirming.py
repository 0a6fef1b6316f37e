"""A save confirmed by e-mail, with its receipt, to the addresses of the household that asked: one mail a save."""

from collections.abc import Sequence

from django.db.models import Exists

from booking import recap
from booking.catalogue import Catalogue
from booking.message_kinds import SAVE
from booking.models import JournalEntry, Receipt
from booking.recap import Line
from lps.families.models import Household
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from notifications.services import Post, post_many
from notifications.services.preferences import asking, someone_asked, stop_url, undecided
from tenants import context
from tenants.queries import url_of

# A mail tells so many lines; the receipt, at its address, tells them all.
MOST_LINES = 60


def is_asked(household: Household) -> Exists:
    """Whether somebody of the household wants it: a question for the statement that locks the child."""
    return someone_asked(household.holder, SAVE)


def confirm(receipt: Receipt, *, entries: Sequence[JournalEntry], facts: Catalogue, by: Actor) -> int:
    """Write the mail in the save's own transaction, in two statements; how many addresses get it."""
    addresses = asking(receipt.household.holder, SAVE)
    changed, refused = [recap.line_of(entry) for entry in entries], recap.refused_of(receipt, facts)
    told = {
        "child": receipt.child.first_name,
        "number": receipt.number,
        "by": _said_by(receipt),
        "lines": _lines(changed),
        "more": max(0, len(changed) - MOST_LINES),
        "refused": _lines(refused),
        "more_refused": max(0, len(refused) - MOST_LINES),
        "url": url_of(context.current(), f"/recus/{receipt.number}/"),
    }
    posts = [Post(to=one.address, facts={**told, "stop_url": stop_url(one, SAVE)}) for one in addresses]
    return post_many(posts, template="booking/emails/saved", by=by) if posts else 0


def undecided_emails(household: Household) -> list[str]:
    """The proved addresses that neither asked for it nor stopped it."""
    return [one.address for one in undecided(household.holder, SAVE)]


def _said_by(receipt: Receipt) -> str:
    """ "famille MARSONE, web", as on the receipt: by the counter, who made it is already said."""
    by = recap.done_by(receipt)
    return by if receipt.channel == Channel.OFFICE else f"{receipt.author}, {by}"


def _lines(lines: Sequence[Line]) -> list[dict[str, object]]:
    told = sorted(lines, key=lambda line: line.day)[:MOST_LINES]
    return [{"booked": line.booked, "activity": line.activity, "day": line.day, "reason": line.reason} for line in told]
