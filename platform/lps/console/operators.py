"""The operators' accounts: inviting them, giving a new access. The link leaves at once, or the page says so.

Changing and switching off are those of agents (`lps.accounts.agents`), in the registry.
"""

from datetime import timedelta

from lps.accounts import agents
from lps.accounts.agents import Invited, Profile
from lps.accounts.links import LIFE, Purpose
from lps.accounts.services import AccountRefused
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.kernel.refusals import Refusal
from notifications.addresses import BadAddress, clean_email
from notifications.vendor import send_now
from tenants import context


def invite(*, email: str, profile: Profile, by: Actor) -> tuple[Invited, bool]:
    """Make an account and mail its link; whether the mail left. Raises `AccountRefused`."""
    try:
        clean_email(email)
    except BadAddress as error:
        raise AccountRefused(Refusal("bad_address")) from error
    with context.public():
        invited = agents.invite(email=email, profile=profile, by=by, channel=Channel.WEB)
    return invited, _mailed(invited)


def invite_again(*, pk: int, by: Actor) -> bool:
    """Mail another link to who has not opened the first one. Raises `Account.DoesNotExist`, `AccountRefused`."""
    with context.public():
        return _mailed(agents.invite_again(pk=pk, by=by, channel=Channel.WEB))


def give_new_access(*, pk: int, by: Actor) -> bool:
    """For a password or a telephone lost. Raises `Account.DoesNotExist`, `AccountRefused`."""
    with context.public():
        return _mailed(agents.give_new_access(pk=pk, by=by, channel=Channel.WEB))


def _mailed(invited: Invited) -> bool:
    facts = {
        "name": invited.account.name,
        "url": invited.url,
        "is_new": invited.purpose is Purpose.INVITATION,
        "days": LIFE[invited.purpose] // timedelta(days=1),
    }
    return send_now(to=invited.account.email, template="console/emails/access", facts=facts)
