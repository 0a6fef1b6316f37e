"""Reads about the telephone: what the town decided, how words are said, the calls that it took."""

from datetime import datetime

from django.db.models import QuerySet

from voice.models import Call, Pronunciation, VoiceSettings


def settings() -> VoiceSettings:
    """What the town decided, or the values by default: one statement."""
    return VoiceSettings.objects.filter(pk=1).first() or VoiceSettings(pk=1)


def pronunciations() -> list[tuple[str, str]]:
    """Written and spoken, the longest words first: one statement."""
    found = Pronunciation.objects.values_list("written", "spoken")
    return sorted(found, key=lambda pair: -len(pair[0]))


def calls() -> QuerySet[Call]:
    """The calls of families, the newest first."""
    return Call.objects.exclude(door=Call.Door.TRIAL)


def has_called(*, lookup: str, since: datetime) -> bool:
    """Whether something was saved from this number (its hash) since an instant."""
    known = Call.objects.filter(caller_lookup=lookup, outcome=Call.Outcome.SAVED, called_at__gte=since)
    return known.exists()
