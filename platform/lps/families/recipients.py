"""Whom a kind of message is sent to, family by family: what each address chose is always asked."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from lps.families.models import email_key
from lps.families.queries.households import emails_of_many
from notifications.models import Address
from notifications.queries import proved_by
from notifications.services.preferences import refusing, stop_url, wants


@dataclass(frozen=True, slots=True)
class Recipient:
    """An address to write to; `proved` is None for one on file that the household did not prove."""

    email: str
    kind: str
    proved: Address | None = None

    @property
    def facts(self) -> dict[str, str]:
        """What every mail of that kind tells: its stop link, that only a proved address has."""
        return {"stop_url": stop_url(self.proved, self.kind)} if self.proved else {}


def proved_of_many(households: Iterable[int], kind: str) -> dict[int, list[Recipient]]:
    """The addresses that these households proved and that want this kind: three statements, however many."""
    return _wanting(_proved(households), kind)


def reached(households: Iterable[int], kind: str) -> set[int]:
    """Those of these households for whom `proved_of_many` finds an address: three statements, none is unsealed."""
    proved = _proved(households)
    wanting = {one.pk for one in wants([one for addresses in proved.values() for one in addresses], kind)}
    return {household for household, addresses in proved.items() if any(one.pk in wanting for one in addresses)}


def of_many(households: Iterable[int], kind: str) -> dict[int, list[Recipient]]:
    """The same and those on file, the guardians': what the town has to say to families.

    Of two parents one may have proved an address and the other none: both are told. An address on file that bounced,
    or that was proved somewhere and stopped this kind, is left out; none is written to twice for one household. Six
    statements, however many.
    """
    asked = set(households)
    proved, on_file = _proved(asked), emails_of_many(asked)
    found = _wanting(proved, kind)
    refused = refusing({email for emails in on_file.values() for email in emails}, kind)
    for household, emails in on_file.items():
        known = {email_key(one.address) for one in proved.get(household, ())}
        kept = [email for email in emails if email not in refused and email_key(email) not in known]
        if kept:
            found.setdefault(household, []).extend(Recipient(email, kind) for email in kept)
    return found


def _proved(households: Iterable[int]) -> dict[int, list[Address]]:
    holders = {f"household:{pk}": pk for pk in households}
    return {holders[holder]: addresses for holder, addresses in proved_by(holders).items()}


def _wanting(proved: dict[int, list[Address]], kind: str) -> dict[int, list[Recipient]]:
    asked: Collection[Address] = [address for addresses in proved.values() for address in addresses]
    wanting = {address.pk for address in wants(asked, kind)}
    found = {
        household: [Recipient(one.address, kind, one) for one in addresses if one.pk in wanting]
        for household, addresses in proved.items()
    }
    return {household: recipients for household, recipients in found.items() if recipients}
