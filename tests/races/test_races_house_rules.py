"""The town's rules when several ask at one moment: accepted once, in force once a day; without what holds it, not."""

import pytest
from django.db import connection

from lps.families.models import Household
from lps.journal import house_rules as journal
from lps.journal.channels import Channel
from lps.journal.models import AuditEntry
from lps.kernel import clock
from tenants.models import Commune
from tenants.town import house_rules
from tenants.town.house_rules import RulesRefused, Text
from tenants.town.models import HouseRules, RulesAcceptance
from tests.races.crowd import BY, at_once, meeting

MonkeyPatch = pytest.MonkeyPatch


def drafts(town: Commune, number: int) -> list[HouseRules]:
    today = clock.today(town.zone)
    return [
        journal.write(text=Text(title=f"Version {rank}", body="x", in_force_from=today), by=BY)
        for rank in range(number)
    ]


def in_force(town: Commune) -> HouseRules:
    [draft] = drafts(town, 1)
    return journal.publish(pk=draft.pk, now=clock.now(), day=clock.today(town.zone), by=BY)


def accept_at_once(town: Commune, rules: HouseRules, number: int) -> list[bool | Exception]:
    holder, today = Household.objects.order_by("pk")[0].holder, clock.today(town.zone)

    def accept() -> bool:
        return journal.accept(rules_id=rules.pk, holder=holder, day=today, at=clock.now(), by=BY, channel=Channel.WEB)

    return at_once(town, [accept] * number)


def test_a_family_that_accepts_on_six_screens_at_once_has_accepted_once(town: Commune) -> None:
    rules = in_force(town)

    ended = accept_at_once(town, rules, 6)

    assert sorted(map(str, ended)) == ["False"] * 5 + ["True"]
    assert RulesAcceptance.objects.count() == 1
    assert AuditEntry.objects.filter(action="rules_accepted").count() == 1


def test_without_the_constraint_it_would_have_accepted_many_times(town: Commune, monkeypatch: MonkeyPatch) -> None:
    rules = in_force(town)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE town_rulesacceptance DROP CONSTRAINT rules_accepted_once")
    monkeypatch.setattr(house_rules, "in_force", meeting(3, house_rules.in_force))
    monkeypatch.setattr(RulesAcceptance.objects, "get_or_create", _made_by_all(3))

    accept_at_once(town, rules, 3)

    assert RulesAcceptance.objects.count() == 3


def _made_by_all(number: int):  # type: ignore[no-untyped-def]
    """`get_or_create` as three who looked before any of them wrote."""
    look = meeting(number, lambda: None)

    def get_or_create(*, defaults: dict[str, object], **keys: object) -> tuple[RulesAcceptance, bool]:
        look()
        return RulesAcceptance.objects.create(**keys, **defaults), True

    return get_or_create


def test_two_versions_published_at_once_for_one_day_are_one(town: Commune) -> None:
    first, second = drafts(town, 2)
    today = clock.today(town.zone)

    ended = at_once(
        town,
        [lambda pk=draft.pk: journal.publish(pk=pk, now=clock.now(), day=today, by=BY) for draft in (first, second)],
    )

    refused = [one for one in ended if isinstance(one, RulesRefused)]
    assert [one.code for one in refused] == ["day_taken"]
    assert HouseRules.objects.filter(published_at__isnull=False).count() == 1


def test_without_the_lock_on_drafts_the_second_one_would_break(town: Commune, monkeypatch: MonkeyPatch) -> None:
    """The constraint alone still keeps one, but the agent would meet an error instead of a sentence."""
    monkeypatch.setattr(house_rules, "_one_at_a_time", lambda: None)
    monkeypatch.setattr(house_rules, "_is_taken", meeting(2, house_rules._is_taken))
    today = clock.today(town.zone)

    ended = at_once(
        town,
        [lambda pk=draft.pk: journal.publish(pk=pk, now=clock.now(), day=today, by=BY) for draft in drafts(town, 2)],
    )

    assert [type(one).__name__ for one in ended if isinstance(one, Exception)] == ["IntegrityError"]
