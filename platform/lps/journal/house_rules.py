"""The rules that families accept, each change and each acceptance with its entry, in one transaction."""

from datetime import date, datetime

from django.db import transaction

from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.services import record, record_change
from tenants.town import house_rules
from tenants.town.house_rules import Text
from tenants.town.models import HouseRules
from tenants.town.services import Changed


def write(*, text: Text, by: Actor) -> HouseRules:
    """Write a new draft."""
    with transaction.atomic():
        rules, changed = house_rules.write(text)
        _tell("rules_written", rules.pk, changed, by=by)
    return rules


def change(*, pk: int, text: Text, by: Actor) -> HouseRules:
    """Write a draft again; raises `RulesRefused` and `HouseRules.DoesNotExist`."""
    with transaction.atomic():
        rules, changed = house_rules.change(pk, text)
        _tell("rules_changed", rules.pk, changed, by=by)
    return rules


def publish(*, pk: int, now: datetime, day: date, by: Actor) -> HouseRules:
    """Put a draft in force from its day; raises `RulesRefused` and `HouseRules.DoesNotExist`."""
    with transaction.atomic():
        rules, changed = house_rules.publish(pk, now=now, day=day)
        _tell("rules_published", rules.pk, changed, by=by)
    return rules


def withdraw(*, pk: int, day: date, by: Actor) -> HouseRules:
    """Make a version a draft again before its day; raises `RulesRefused` and `HouseRules.DoesNotExist`."""
    with transaction.atomic():
        rules, changed = house_rules.withdraw(pk, day=day)
        _tell("rules_withdrawn", rules.pk, changed, by=by)
    return rules


def copy(*, pk: int, day: date, by: Actor) -> HouseRules:
    """A new draft of the same words; raises `HouseRules.DoesNotExist`."""
    with transaction.atomic():
        rules, changed = house_rules.copy(pk, day=day)
        _tell("rules_written", rules.pk, changed, by=by)
    return rules


def remove(*, pk: int, by: Actor) -> None:
    """Forget a draft; raises `RulesRefused` and `HouseRules.DoesNotExist`."""
    with transaction.atomic():
        _tell("rules_removed", pk, house_rules.remove(pk), by=by)


def accept(*, rules_id: int, holder: str, day: date, at: datetime, by: Actor, channel: Channel) -> bool:
    """Keep that a holder accepted the version in force, once; raises `RulesRefused` for another one."""
    with transaction.atomic():
        made = house_rules.accept(rules_id=rules_id, holder=holder, day=day, at=at)
        if made:
            after = {"rules": rules_id, "holder": holder}
            record(by=by, channel=channel, action="rules_accepted", subject=f"rules:{rules_id}", after=after, at=at)
    return made


def _tell(action: str, pk: int, changed: Changed, *, by: Actor) -> None:
    record_change(changed, by=by, channel=Channel.OFFICE, action=action, subject=f"rules:{pk}")
