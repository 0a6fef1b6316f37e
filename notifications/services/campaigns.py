"""Writing to many at once: a draft, counted, tried on oneself, then queued once at its hour, and its report.

Who is written to is read when it is queued: whoever subscribed since is told, whoever answered STOP is not.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Count, QuerySet, Sum

from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.services import record
from notifications import audiences, kinds, queries
from notifications.audiences import Choice
from notifications.models import (
    Address,
    Blocked,
    Campaign,
    Class,
    Kind,
    OutboxMessage,
    OutboxQuerySet,
    SendingSettings,
    State,
)
from notifications.rules import sms_text
from notifications.services import SENT_KEPT, Post, post_many
from notifications.services.preferences import stop_urls, wants
from notifications.services.resending import resend_many
from notifications.services.sms import PLAIN, TooLong, added_to, post_sms, post_sms_alike
from notifications.sms_delivery import next_hour
from notifications.wakeup import QUEUE_CAMPAIGNS
from tenants import context, keys
from tenants.wakeup import wake_after_commit

EMAIL = "notifications/emails/campaign"
TWICE = timedelta(minutes=2)
REPORT_AFTER = SENT_KEPT - timedelta(days=7)
QUEUER = Actor.system("envoi programmé")


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What an agent writes, to whom, why and when (`send_at` None: at once)."""

    title: str
    choice: Choice
    message_class: Class
    sms_text: str = ""
    email_text: str = ""
    send_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What it would be to send it now: how many of each, the parts of one SMS, the price of all in euros."""

    numbers: int
    addresses: int
    parts: int
    cost: Decimal
    replacements: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ReportLine:
    """What became of some messages: how many, in which words' code, and why."""

    kind: str
    fate: str
    why: str
    number: int


def count(
    *, audience: Mapping[str, Any], sms: str, email: str, today: date, message_class: Class | str = Class.NEWS
) -> Counted:
    """How many would be written to, and what it costs: the very rule of the sending."""
    found = audiences.recipients(audience, today=today)
    numbers = len(_told(found.numbers)) if sms else 0
    parts = sms_text.count(sms, added=added_to(message_class)).parts
    return Counted(
        numbers=numbers,
        addresses=len(_addresses(found.holders)) if email else 0,
        parts=parts,
        cost=numbers * parts * queries.sending().part_price,
        replacements=sms_text.replacements(sms),
    )


def write(*, words: Words, by: Actor, at: datetime) -> Campaign:
    """Keep a draft: nothing leaves."""
    with transaction.atomic():
        made = Campaign.objects.create(**_fields(words), made_at=at, made_by=by.label[:120])
        _tell(made, "campaign_written", by=by, at=at)
    return made


def change(*, pk: int, words: Words, by: Actor, at: datetime) -> Campaign | None:
    """Write a draft again; None when it is a draft no more."""
    with transaction.atomic():
        if not Campaign.objects.filter(pk=pk, state=Campaign.State.DRAFT).update(**_fields(words)):
            return None
        changed = Campaign.objects.get(pk=pk)
        _tell(changed, "campaign_rewritten", by=by, at=at)
    return changed


def send(*, pk: int, by: Actor, at: datetime) -> bool:
    """Let a draft leave, at once or at its hour; False when it left already. A worker queues it, once.

    News that must wait for the town's hours waits here, where it can still be given up, rather than in the outbox.
    """
    with transaction.atomic():
        draft = Campaign.objects.select_for_update(of=("self",), no_key=True).filter(pk=pk).first()
        if draft is None or draft.state != Campaign.State.DRAFT or not (draft.sms_text or draft.email_text):
            return False
        leaves = leaves_at(draft, now=at) if draft.message_class == Class.NEWS else max(draft.send_at or at, at)
        draft.state, draft.send_at = Campaign.State.SCHEDULED, leaves
        draft.save(update_fields=["state", "send_at"])
        _tell(draft, "campaign_sent", by=by, at=at)
        if draft.send_at <= at:
            wake_after_commit(QUEUE_CAMPAIGNS)
    return True


def cancel(*, pk: int, by: Actor, at: datetime) -> bool:
    """Give up a campaign that waits for its hour; False once it is queued."""
    with transaction.atomic():
        waiting = Campaign.objects.filter(pk=pk, state=Campaign.State.SCHEDULED)
        if not waiting.update(state=Campaign.State.CANCELED):
            return False
        _tell(Campaign.objects.get(pk=pk), "campaign_canceled", by=by, at=at)
    return True


def remove(*, pk: int, by: Actor) -> bool:
    """Forget a draft."""
    with transaction.atomic():
        removed, _ = Campaign.objects.filter(pk=pk, state=Campaign.State.DRAFT).delete()
        if removed:
            record(by=by, channel=Channel.OFFICE, action="campaign_removed", subject=f"mailing:{pk}")
    return bool(removed)


def flash(*, text: str, choice: Choice, message_class: Class, by: Actor, at: datetime) -> Campaign:
    """Write an SMS to a topic and send it, in one go. A form sent twice within two minutes is one sending."""
    title = text.split("\n")[0][:120]
    words = Words(title=title, choice=choice, message_class=message_class, sms_text=text)
    with transaction.atomic():
        SendingSettings.objects.select_for_update(of=("self",), no_key=True).filter(pk=1).first()  # twin clicks
        twins = Campaign.objects.filter(sms_text=text, audience=choice.kept, made_at__gte=at - TWICE)
        if twin := twins.filter(made_by=by.label[:120]).first():
            return twin
        made = write(words=words, by=by, at=at)
        send(pk=made.pk, by=by, at=at)
    return made


def try_on_oneself(*, campaign: Campaign, number: str, email: str, by: Actor, at: datetime) -> None:
    """Send a draft to its author alone: to this number (E.164) and this address, "" for none."""
    with transaction.atomic():
        if number and campaign.sms_text:
            post_sms(to=number, template=PLAIN, facts={"text": campaign.sms_text}, by=by)
        if email and campaign.email_text:
            post_many([Post(to=email, facts=_email_facts(campaign))], template=EMAIL, by=by)
        _tell(campaign, "campaign_tried", by=by, at=at)


def queue_due(*, now: datetime) -> int:
    """Put every campaign whose hour has come in the outbox, each in its own transaction; how many were.

    One that cannot be written (a lost key) holds up no other: all of them are raised at the end, as a group.
    """
    due = Campaign.objects.filter(state=Campaign.State.SCHEDULED, send_at__lte=now).order_by("pk")
    queued, mistakes = 0, []
    for pk in list(due.values_list("pk", flat=True)):
        try:
            queued += _queue(pk, now=now)
        except (keys.KeyLost, TooLong) as error:
            mistakes.append(error)
    if mistakes:
        raise ExceptionGroup("campaigns that cannot be queued", mistakes)
    return queued


def stuck(campaign: Campaign) -> OutboxQuerySet:
    """Its messages that did not leave, or whose fate nobody knows."""
    return OutboxMessage.objects.filter(campaign=campaign, state__in=(State.DEAD, State.UNKNOWN))


def resend_dead(*, campaign: Campaign, by: Actor, at: datetime) -> int:
    """Send again what did not leave of a campaign; how many. None once its report was closed."""
    if campaign.report:
        return 0
    return resend_many(stuck(campaign), subject=f"mailing:{campaign.pk}", by=by, channel=Channel.OFFICE, at=at)


def report(campaign: Campaign) -> list[ReportLine]:
    """What became of its messages, the SMS first; from what was kept once they are purged."""
    rows = OutboxMessage.objects.filter(campaign=campaign).order_by()
    if campaign.report:
        return [ReportLine(*line) for line in campaign.report["lines"]]
    counted = rows.values_list("kind", "state", "outcome", "outcome_reason", "last_error").annotate(number=Count("pk"))
    found: dict[tuple[str, str, str], int] = {}
    for kind, state, outcome, reason, error, number in counted:
        line = (kind, outcome or state, reason or (error if state == State.DEAD else ""))
        found[line] = found.get(line, 0) + number
    lines = [ReportLine(*line, number) for line, number in found.items()]
    return sorted(lines, key=lambda line: (line.kind != Kind.SMS, line.fate, line.why))


def keep_reports(*, now: datetime) -> int:
    """Write down what became of old campaigns, a week before their messages begin to be erased; how many."""
    old = Campaign.objects.filter(state=Campaign.State.QUEUED, queued_at__lte=now - REPORT_AFTER, report={})
    kept = 0
    for campaign in old.order_by("pk"):
        lines = [[line.kind, line.fate, line.why, line.number] for line in report(campaign)]
        campaign.report = {"lines": lines, "spent": str(spent(campaign))}
        campaign.save(update_fields=["report"])
        kept += 1
    return kept


def spent(campaign: Campaign) -> Decimal:
    """What its SMS cost so far, in euros."""
    if campaign.report:
        return Decimal(campaign.report["spent"])
    rows = OutboxMessage.objects.filter(campaign=campaign, state__in=(State.SENT, State.UNKNOWN))
    return rows.aggregate(spent=Sum("cost"))["spent"] or Decimal(0)


def leaves_at(campaign: Campaign, *, now: datetime) -> datetime:
    """When its SMS leave, quiet hours of its class included."""
    asked_at = max(campaign.send_at or now, now)
    return next_hour(queries.sending(), asked_at=asked_at, of=Class(campaign.message_class))


def _queue(pk: int, *, now: datetime) -> int:
    """The row is held while its messages are written: two workers queue it once."""
    with transaction.atomic():
        waiting = Campaign.objects.filter(pk=pk, state=Campaign.State.SCHEDULED, send_at__lte=now)
        campaign = waiting.select_for_update(of=("self",), no_key=True, skip_locked=True).first()
        if campaign is None:
            return 0
        found = audiences.recipients(campaign.audience, today=now.astimezone(context.current().zone).date())
        if campaign.sms_text:
            campaign.sms_number = post_sms_alike(
                list(_told(found.numbers).values()),
                text=campaign.sms_text,
                by=QUEUER,
                message_class=Class(campaign.message_class),
                campaign=campaign,
            )
        if campaign.email_text:
            told = _email_facts(campaign)
            posts = [
                Post(to=one.address, facts={**told, "stop_url": stop})
                for one, stop in stop_urls(_addresses(found.holders), kinds.NEWS.code)
            ]
            campaign.email_number = post_many(posts, template=EMAIL, by=QUEUER, campaign=campaign)
        campaign.state, campaign.queued_at = Campaign.State.QUEUED, now
        campaign.save(update_fields=["state", "queued_at", "sms_number", "email_number"])
        after = {"sms": campaign.sms_number, "emails": campaign.email_number}
        _tell(campaign, "campaign_queued", by=QUEUER, at=now, after=after, channel=Channel.AUTOMATIC)
    return 1


def _told(numbers: Mapping[str, str]) -> dict[str, str]:
    """Without those that answered STOP."""
    stopped = set(Blocked.objects.filter(kind=Kind.SMS, lifted_at=None).values_list("lookup", flat=True))
    return {lookup: number for lookup, number in numbers.items() if lookup not in stopped}


def _addresses(holders: frozenset[str]) -> list[Address]:
    """The proved addresses that did not refuse the town's news, each once; refused by one family, it is refused."""
    rows = list(Address.objects.in_force().filter(holder__in=holders, kind=Kind.EMAIL).order_by("pk"))
    wanting = {row.pk: row for row in wants(rows, kinds.NEWS.code)}
    refused = {row.lookup for row in rows if row.pk not in wanting}
    return list({row.lookup: row for row in wanting.values() if row.lookup not in refused}.values())


def _email_facts(campaign: Campaign) -> dict[str, str]:
    return {"title": campaign.title, "text": campaign.email_text}


def _fields(words: Words) -> dict[str, Any]:
    return {
        "title": words.title,
        "audience": words.choice.kept,
        "message_class": words.message_class,
        "sms_text": words.sms_text,
        "email_text": words.email_text,
        "send_at": words.send_at,
    }


def _tell(
    campaign: Campaign,
    action: str,
    *,
    by: Actor,
    at: datetime,
    after: Any = None,
    channel: Channel = Channel.OFFICE,
) -> None:
    facts = after or {"title": campaign.title, "audience": campaign.audience["label"]}
    record(by=by, channel=channel, action=action, subject=f"mailing:{campaign.pk}", after=facts, at=at)


def visible(*, sites: frozenset[int], activities: frozenset[int]) -> QuerySet[Campaign]:
    """The campaigns of whoever works there; without any place, all of them."""
    rows = Campaign.objects.all()
    if sites:
        rows = rows.filter(audience__site_id__in=sorted(sites))
    if activities:
        rows = rows.filter(audience__activity_id__in=sorted(activities))
    return rows
