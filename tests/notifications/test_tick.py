"""The tick of the minute: what is due, in each commune's own zone, once."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from celery import Celery, current_app
from django.conf import settings
from django.core.cache import cache
from kombu.exceptions import OperationalError
from redis import Redis

from lps.config import tick as module
from lps.config.tick import Due, tick
from tenants import context
from tenants.models import Commune

PARIS, REUNION = ZoneInfo("Europe/Paris"), ZoneInfo("Indian/Reunion")
NIGHTLY = Due("essai.nuit", at=time(3, 15))
Sent = Callable[[], list[tuple[str, str]]]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("now", "day"),
    [
        ("2014-10-08T03:14:59+02:00", None),
        ("2014-10-08T03:15:00+02:00", date(2014, 10, 8)),
        ("2014-10-08T03:47:12+02:00", date(2014, 10, 8)),
        ("2014-10-08T15:14:59+02:00", date(2014, 10, 8)),
        ("2014-10-08T15:15:00+02:00", None),
        ("2014-10-08T01:15:00+00:00", date(2014, 10, 8)),
    ],
)
def test_due_from_its_time_until_twelve_hours_later(now: str, day: date | None) -> None:
    assert NIGHTLY.day(now=at(now), zone=PARIS) == day


def test_the_same_instant_is_another_hour_overseas() -> None:
    now = at("2014-10-08T01:00:00+02:00")  # 03:00 in Réunion

    assert NIGHTLY.day(now=now, zone=REUNION) is None
    assert NIGHTLY.day(now=now + timedelta(minutes=15), zone=REUNION) == date(2014, 10, 8)
    assert NIGHTLY.day(now=now + timedelta(minutes=15), zone=PARIS) is None


def test_an_evening_task_missed_at_midnight_is_still_that_evenings() -> None:
    evening = Due("essai.soir", at=time(22, 0))

    assert evening.day(now=at("2014-10-09T00:30:00+02:00"), zone=PARIS) == date(2014, 10, 8)
    assert evening.day(now=at("2014-10-09T10:00:00+02:00"), zone=PARIS) is None


@pytest.mark.parametrize(("changing", "days"), [("2015-03-29T00:00:00+01:00", 23), ("2014-10-26T00:00:00+02:00", 25)])
def test_comes_once_on_the_days_when_the_clocks_change(changing: str, days: int) -> None:
    due = Due("essai.heure", at=time(2, 30))  # skipped in spring, shown twice in autumn
    start = at(changing)

    found = [due.day(now=start + timedelta(minutes=minute), zone=PARIS) for minute in range(days * 60)]

    assert {day for day in found if day} == {start.date()}
    first = start + timedelta(minutes=found.index(start.date()))
    assert first.astimezone(PARIS).strftime("%H:%M") == ("03:30" if days == 23 else "02:30")


def test_communes_have_their_night_one_after_the_other() -> None:
    spread = Due("essai.nuit", at=time(3, 15), within=timedelta(hours=1))
    first, last = at("2014-10-08T03:15:00+02:00"), at("2014-10-08T04:15:00+02:00")

    assert spread.day(now=first, zone=PARIS) == date(2014, 10, 8)
    assert spread.day(now=first + timedelta(minutes=29), zone=PARIS, share=0.5) is None
    assert spread.day(now=first + timedelta(minutes=30), zone=PARIS, share=0.5) == date(2014, 10, 8)
    assert spread.day(now=last, zone=PARIS, share=0.999) == date(2014, 10, 8)


def test_each_commune_keeps_its_own_moment_and_they_fill_the_window() -> None:
    shares = [module.share_of(Commune()) for _ in range(200)]
    one = Commune()

    assert module.share_of(one) == module.share_of(one)
    assert all(0 <= share < 1 for share in shares)
    assert all(any(part <= share * 4 < part + 1 for share in shares) for part in range(4))


def test_another_commune_is_the_first_at_each_minute() -> None:
    communes = [Commune(slug=slug) for slug in ("a", "b", "c")]
    minutes = [at("2014-10-08T03:15:00+02:00") + timedelta(minutes=minute) for minute in range(3)]

    orders = ["".join(one.slug for one in module._in_turn(communes, now)) for now in minutes]

    assert sorted(orders) == ["abc", "bca", "cab"]
    assert module._in_turn([], minutes[0]) == []


@pytest.fixture
def sent(demo: Commune, buchelay: Commune, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sent]:
    """What the broker received since the last time one asked: (task, commune)."""
    with context.public():
        Commune.objects.filter(pk=buchelay.pk).update(time_zone="Indian/Reunion")
    monkeypatch.setattr(module, "SCHEDULE", (Due("essai.minute"), NIGHTLY))
    broker = Redis.from_url(settings.CELERY_BROKER_URL)
    queue = "lps:" + settings.CELERY_TASK_DEFAULT_QUEUE

    def received() -> list[tuple[str, str]]:
        with current_app.connection_for_read() as connection:
            simple = connection.SimpleQueue(settings.CELERY_TASK_DEFAULT_QUEUE)
            found = []
            while broker.llen(queue):
                message = simple.get(timeout=30)
                found.append((message.headers["task"], message.headers["commune"]))
                cache.delete(message.headers["waiting"])  # as the worker does that takes it
                message.ack()
            simple.close()
        return sorted(found)

    received()
    yield received
    broker.delete(queue)
    broker.close()


MINUTE = [("essai.minute", "buchelay"), ("essai.minute", "demo")]


def test_a_missed_minute_loses_nothing_and_nothing_is_sent_twice(sent: Sent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LPS_CLOCK", "2014-10-08T01:14:00+02:00")  # 03:14 in Réunion
    assert tick() == 2
    assert sent() == MINUTE

    monkeypatch.setenv("LPS_CLOCK", "2014-10-08T01:40:00+02:00")  # the tick of 01:15 never came
    tick()
    assert sent() == sorted([*MINUTE, ("essai.nuit", "buchelay")])
    tick()
    assert sent() == MINUTE

    monkeypatch.setenv("LPS_CLOCK", "2014-10-08T03:15:30+02:00")
    tick()
    assert sent() == sorted([*MINUTE, ("essai.nuit", "demo")])

    monkeypatch.setenv("LPS_CLOCK", "2014-10-09T03:15:30+02:00")
    tick()
    assert sent() == sorted([*MINUTE, ("essai.nuit", "buchelay"), ("essai.nuit", "demo")])


def test_ticks_that_no_worker_hears_do_not_pile_up(demo: Commune, sent: Sent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LPS_CLOCK", "2014-10-08T18:00:00+02:00")

    assert [tick() for _ in range(5)] == [2, 2, 0, 0, 0]

    assert sent() == sorted([*MINUTE, *MINUTE])
    assert tick() == 2


def test_a_broker_that_is_away_leaves_the_night_to_the_next_tick(sent: Sent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LPS_CLOCK", "2014-10-08T03:15:30+02:00")
    monkeypatch.setattr(module, "SCHEDULE", (NIGHTLY,))
    away = Celery("away", broker="redis://127.0.0.1:1/0", set_as_current=False)
    with monkeypatch.context() as during, pytest.raises(OperationalError):
        during.setattr(module, "current_app", away)
        tick()

    tick()

    assert ("essai.nuit", "buchelay") in sent()


def test_the_purge_of_messages_is_nightly() -> None:
    assert Due("notifications.purge", at=time(3, 15), within=module.NIGHT) in module.SCHEDULE
