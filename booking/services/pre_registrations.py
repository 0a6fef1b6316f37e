"""What a household answers to a préinscription campaign, child by child, until the end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from booking import campaigns
from booking.models import Campaign, PreRegistration
from booking.rules.campaigns import CampaignRefusal, Wish, understood, why_not
from lps.families.models import Child, Household
from lps.families.queries.locks import lock_household
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.services import Entry, record_many
from lps.kernel.refusals import Refusal
from tenants import context


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What a save did: `refusal` and nothing written, or the answers that are new or changed.

    `refused` tells, by child, why its answer cannot stand; nothing is written then either.
    """

    refusal: Refusal | None = None
    refused: Mapping[int, Refusal] | None = None
    written: tuple[PreRegistration, ...] = ()


def answer(
    *,
    campaign: Campaign,
    household: Household,
    wishes: Mapping[Child, Wish],
    by: Actor,
    channel: Channel,
    received_at: datetime,
    at_counter: bool = False,
) -> Answered:
    """Keep a household's answers, each with its receipt's number; the same answer again changes nothing.

    `at_counter`: an agent writes down what a family says, even once the campaign is closed.

    A changed one is a new version, to be decided anew; every version stays in the audit. The other household's
    answers are left alone. `received_at` is the aware instant taken at the door. Raises `NotOffered`.
    """
    with transaction.atomic():
        lock_household(household)  # serialises this household's forms: one answer a child, versions in order
        facts = campaigns.facts(campaigns.held_open(campaign))
        refusal = why_not(facts, at=received_at)
        if refusal and not (at_counter and refusal.code == CampaignRefusal.CLOSED):
            return Answered(refusal=refusal)
        kept = {child: understood(facts, wish) for child, wish in wishes.items()}
        if refused := {child.pk: one for child, one in kept.items() if isinstance(one, Refusal)}:
            return Answered(refused=refused)
        judged = {child: one for child, one in kept.items() if isinstance(one, Wish)}
        return Answered(written=_keep(campaign, household, judged, by=by, channel=channel, at=received_at))


def _keep(
    campaign: Campaign, household: Household, wishes: Mapping[Child, Wish], *, by: Actor, channel: Channel, at: datetime
) -> tuple[PreRegistration, ...]:
    """Seven statements at most, however many children."""
    held = PreRegistration.objects.filter(campaign=campaign, household=household, child__in=[one.pk for one in wishes])
    standing = {row.child_id: row for row in held.select_for_update(of=("self",), no_key=True).order_by("pk")}
    names = {activity.pk: activity.name for activity in campaign.activities.all()}
    new, changed, before = [], [], {}
    for child, wish in wishes.items():
        row = standing.get(child.pk)
        if row is None:
            row = PreRegistration(campaign=campaign, child=child, household=household, returns=wish.returns)
            new.append(row)
        elif campaigns.wish_of(row) == wish:
            continue
        else:
            before[row.pk] = _told(row)
            row.version += 1
            changed.append(row)
        _write(row, wish, names, channel=channel, at=at)
    PreRegistration.objects.bulk_create(new)
    for row in new:
        row.number = f"P-{at.astimezone(context.current().zone).year}-{row.pk:06}"
    PreRegistration.objects.bulk_update(new, ["number"])
    PreRegistration.objects.bulk_update(changed, _ANSWER)
    written = (*new, *changed)
    record_many(
        Entry(
            by,
            channel,
            "pre_registration_answered",
            campaigns.subject_of(row),
            before=before.get(row.pk),
            after=_told(row),
            at=at,
        )
        for row in written
    )
    return written


_ANSWER = ["returns", "chosen", "version", "answered_at", "channel", "state", "decided_at", "decided_by", "words"]


def _write(row: PreRegistration, wish: Wish, names: Mapping[int, str], *, channel: Channel, at: datetime) -> None:
    """The answer, to be decided: what an earlier decision gave stays until the next one."""
    row.returns, row.chosen = wish.returns, written(wish, names)
    row.answered_at, row.channel = at, channel
    row.state, row.decided_at, row.decided_by, row.words = PreRegistration.State.ANSWERED, None, "", ""


def written(wish: Wish, names: Mapping[int, str]) -> Sequence[Mapping[str, Any]]:
    """The weekdays chosen, as they are kept: with the activities' names of that day, in the campaign's order."""
    return [
        {"activity": activity, "name": name, "weekdays": sorted(wish.chosen[activity])}
        for activity, name in names.items()
        if activity in wish.chosen
    ]


def _told(row: PreRegistration) -> dict[str, Any]:
    """A version of an answer, as the audit keeps it."""
    return {
        "number": row.number,
        "version": row.version,
        "child": row.child_id,
        "household": row.household_id,
        "returns": row.returns,
        "chosen": row.chosen,
        "state": row.state,
    }
