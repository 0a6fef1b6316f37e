"""Changing a household at the counter: its name and address, its guardians, who pays."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from django.db import transaction

from lps.families.models import Guardian, Household, email_key
from lps.families.queries.households import emails_of_many
from lps.families.services.households import FamilyRefused, NewGuardian
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.services import record
from lps.kernel.refusals import Refusal
from notifications import queries as notifications
from notifications.services import post, withdraw


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdFacts:
    """A household's name and address."""

    name: str
    street: str = ""
    postal_code: str = ""
    city: str = ""


_GUARDIAN = ("title", "first_name", "last_name", "email", "phone", "is_payer")


def change_household(*, household: Household, facts: HouseholdFacts, by: Actor, channel: Channel) -> bool:
    """Change a household's name and address; False when nothing changes."""
    with transaction.atomic():
        row = _locked(household)
        if not _apply(row, asdict(facts), by=by, channel=channel, action="household_changed", subject=row.holder):
            return False
        row.save()
    return True


def add_guardian(*, household: Household, new: NewGuardian, by: Actor, channel: Channel) -> Guardian:
    """Add a guardian; one who pays takes the place of the former payer. The first one always pays."""
    with transaction.atomic():
        row = _locked(household)
        pays = new.is_payer or not Guardian.objects.filter(household=row, is_payer=True).exists()
        if pays:
            Guardian.objects.filter(household=row, is_payer=True).update(is_payer=False)
        facts = {**asdict(new), "is_payer": pays}
        guardian = Guardian.objects.create(household=row, **facts)
        record(by=by, channel=channel, action="guardian_added", subject=row.holder, after=facts)
    return guardian


def change_guardian(*, guardian: Guardian, facts: NewGuardian, by: Actor, channel: Channel) -> bool:
    """Change a guardian; False when nothing changes. Raises `FamilyRefused`: `no_payer`.

    An address that the family had proved and that an agent replaces is no longer used, and is told so: whoever reads
    it would else go on receiving the family's codes.
    """
    with transaction.atomic():
        household = _locked(guardian.household)
        row = Guardian.objects.get(pk=guardian.pk)
        if row.is_payer and not facts.is_payer:
            raise FamilyRefused(Refusal("no_payer"))
        if facts.is_payer and not row.is_payer:
            Guardian.objects.filter(household=household, is_payer=True).update(is_payer=False)
        former = row.email
        changed = _apply(
            row, asdict(facts), by=by, channel=channel, action="guardian_changed", subject=household.holder
        )
        if not changed:
            return False
        row.save()
        if former and email_key(former) != email_key(facts.email):
            _forget_proof(household, former, by=by, channel=channel)
    return True


def remove_guardian(*, guardian: Guardian, by: Actor, channel: Channel) -> None:
    """Take a guardian out of a household. Raises `FamilyRefused`: `no_payer` for the one who pays."""
    with transaction.atomic():
        household = _locked(guardian.household)
        row = Guardian.objects.get(pk=guardian.pk)
        if row.is_payer:
            raise FamilyRefused(Refusal("no_payer"))
        before = {name: getattr(row, name) for name in _GUARDIAN}
        row.delete()
        record(by=by, channel=channel, action="guardian_removed", subject=household.holder, before=before)
        if row.email:
            _forget_proof(household, row.email, by=by, channel=channel)


def _forget_proof(household: Household, email: str, *, by: Actor, channel: Channel) -> None:
    """End the use of a proved address that no guardian bears any more, and tell it so."""
    key = email_key(email)
    if key in {email_key(kept) for kept in emails_of_many([household.pk]).get(household.pk, [])}:
        return
    for address in notifications.addresses_of(household.holder):
        if email_key(address.address) == key:
            facts = {"family": household.name}
            post(to=address.address, template="families/emails/email_changed", facts=facts, by=by)
            withdraw(address=address, by=by, channel=channel)


def _locked(household: Household) -> Household:
    """The household's row: two agents who change who pays do it one after the other."""
    return Household.objects.select_for_update(of=("self",), no_key=True).get(pk=household.pk)


def _apply(row: Any, wanted: Mapping[str, Any], *, by: Actor, channel: Channel, action: str, subject: str) -> bool:
    """Put the wanted values on the row and write what changes; False when nothing does."""
    changed = {name: value for name, value in wanted.items() if getattr(row, name) != value}
    before = {name: getattr(row, name) for name in changed}
    for name, value in changed.items():
        setattr(row, name, value)
    if changed:
        record(by=by, channel=channel, action=action, subject=subject, before=before, after=changed)
    return bool(changed)
