"""Who may be written to at once: each app registers the audiences that it knows (AppConfig), by kind."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from notifications import sms_form
from notifications.models import Class
from notifications.services import subscriptions


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One audience that an agent picks: the school, the class, the topic of that key. `site_id` and `activity_id` say
    where it is, for agents kept to some; without them it is the whole town's.
    """

    kind: str
    key: int
    label: str
    site_id: int | None = None
    activity_id: int | None = None

    @property
    def value(self) -> str:
        """As a form sends it: "class:12"."""
        return f"{self.kind}:{self.key}"

    @property
    def kept(self) -> dict[str, Any]:
        """As a campaign keeps it."""
        place = {"site_id": self.site_id, "activity_id": self.activity_id}
        return {"kind": self.kind, "key": self.key, "label": self.label, **place}


@dataclass(frozen=True, slots=True)
class Recipients:
    """Holders of proved addresses (`household:12`), and numbers in E.164 by their hashes."""

    holders: frozenset[str] = frozenset()
    numbers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """A kind of audience. `of` is why its messages are sent: news are for those who asked for them."""

    kind: str
    label: str | Promise
    of: Class
    choices: Callable[[date], list[Choice]]
    recipients: Callable[[int, date], Recipients]


_known: dict[str, Audience] = {}


def register(audience: Audience) -> None:
    """Add a kind; registered once, in the order of the screen."""
    if _known.setdefault(audience.kind, audience) is not audience:
        raise ValueError(f"declared twice: {audience.kind}")


def kinds() -> list[Audience]:
    """Every kind, in the order of the screen."""
    return list(_known.values())


def known(kind: str) -> Audience | None:
    """The kind of that name."""
    return _known.get(kind)


def recipients(audience: Mapping[str, Any], *, today: date) -> Recipients:
    """Whom a campaign's audience stands for on a day; nobody when its kind is not known any more."""
    found = known(str(audience.get("kind", "")))
    return found.recipients(int(audience["key"]), today) if found else Recipients()


def _topics(today: date) -> list[Choice]:
    return [Choice(kind="topic", key=topic.pk, label=topic.name) for topic in sms_form.topics()]


def _subscribers(key: int, today: date) -> Recipients:
    return Recipients(numbers=subscriptions.numbers_of(key))


TOPIC = Audience(kind="topic", label=_("Abonnés SMS"), of=Class.NEWS, choices=_topics, recipients=_subscribers)
