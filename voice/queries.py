"""Reads about the telephone: what the town decided, how words are said, the calls that it took."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import TruncDate

from tenants import context
from voice.gateway.prompts import TownVoice
from voice.models import Call, Pronunciation, Recording, VoiceSettings

Outcome = Call.Outcome


@dataclass(frozen=True, slots=True)
class DayOfCalls:
    """A day: how many calls it had, and how many of them saved something."""

    day: date
    calls: int
    saved: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """The calls of a span. `left` counts, by the stage where they ended, those with which nothing was saved."""

    calls: int
    seconds: int
    by_outcome: Mapping[str, int]
    left: Mapping[str, int]
    days: tuple[DayOfCalls, ...]

    @property
    def saved(self) -> int:
        """How many saved something."""
        return self.by_outcome.get(Outcome.SAVED, 0)

    @property
    def mean(self) -> int:
        """Seconds of a call."""
        return round(self.seconds / self.calls) if self.calls else 0


def settings() -> VoiceSettings:
    """What the town decided, or the values by default: one statement."""
    return VoiceSettings.objects.filter(pk=1).first() or VoiceSettings(pk=1)


def pronunciations() -> list[tuple[str, str]]:
    """Written and spoken, the longest words first: one statement."""
    found = Pronunciation.objects.values_list("written", "spoken")
    return sorted(found, key=lambda pair: -len(pair[0]))


def town_voice() -> TownVoice:
    """What this town's callers hear otherwise: two statements."""
    recordings = dict(Recording.objects.values_list("words", "digest"))
    return TownVoice(place=str(context.current().schema_name), said=pronunciations(), recordings=recordings)


def recordings() -> dict[str, Recording]:
    """What was recorded, by its words: one statement."""
    return {one.words: one for one in Recording.objects.all()}


def calls() -> QuerySet[Call]:
    """The calls of families, the newest first."""
    return Call.objects.exclude(door=Call.Door.TRIAL)


def calls_of(*, day: date | None, outcome: str, zone: ZoneInfo) -> QuerySet[Call]:
    """The calls of a day of the commune, of an outcome, both or neither."""
    found = calls()
    if day:
        begin = datetime.combine(day, time(), zone)
        found = found.filter(
            called_at__gte=begin, called_at__lt=datetime.combine(day + timedelta(days=1), time(), zone)
        )
    return found.filter(outcome=outcome) if outcome else found


def statistics(*, first: date, last: date, zone: ZoneInfo) -> Statistics:
    """The calls from a day to another, both included: two statements, whatever their number."""
    span = calls().filter(
        called_at__gte=datetime.combine(first, time(), zone),
        called_at__lt=datetime.combine(last + timedelta(days=1), time(), zone),
    )
    rows = list(span.order_by().values("outcome", "last_stage").annotate(number=Count("pk"), time=Sum("seconds")))
    by_outcome, left = Counter[str](), Counter[str]()
    for row in rows:
        by_outcome[row["outcome"]] += row["number"]
        if row["outcome"] in (Outcome.HUNG_UP, Outcome.NOTHING):
            left[row["last_stage"]] += row["number"]
    return Statistics(
        calls=by_outcome.total(),
        seconds=sum(row["time"] for row in rows),
        by_outcome=by_outcome,
        left=left,
        days=_by_day(span, first=first, last=last, zone=zone),
    )


def has_called(*, lookup: str, since: datetime) -> bool:
    """Whether something was saved from this number (its hash) since an instant."""
    known = Call.objects.filter(caller_lookup=lookup, outcome=Call.Outcome.SAVED, called_at__gte=since)
    return known.exists()


def standing_calls(*, lookup: str, door: str, since: datetime) -> int:
    """How many calls of one caller (the hash of the number) stand."""
    standing = Call.objects.filter(caller_lookup=lookup, door=door, outcome=Outcome.RUNNING, called_at__gte=since)
    return standing.count()


def _by_day(span: QuerySet[Call], *, first: date, last: date, zone: ZoneInfo) -> tuple[DayOfCalls, ...]:
    counted = (
        span.annotate(day=TruncDate("called_at", tzinfo=zone))
        .order_by("day")
        .values("day")
        .annotate(calls=Count("pk"), saved=Count("pk", filter=Q(outcome=Outcome.SAVED)))
    )
    found = {row["day"]: DayOfCalls(row["day"], row["calls"], row["saved"]) for row in counted}
    days = (first + timedelta(days=rank) for rank in range((last - first).days + 1))
    return tuple(found.get(day, DayOfCalls(day, 0, 0)) for day in days)
