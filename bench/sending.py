"""Ten thousand SMS of one campaign, queued then drained, and the reminders of a town.

What is written to the outbox is held against the bare INSERT … SELECT of the same rows.
"""

import subprocess
import sys
import time
from datetime import date, datetime, timedelta
from datetime import time as clock_time
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from bench.billing import town
from bench.figures import Figure, milliseconds
from booking.services.reminding import remind
from lps.console import furnishing
from lps.console.services import Identity, create_commune
from lps.families.models import Household
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.kernel import clock
from notifications.audiences import Choice
from notifications.models import ADDRESS_PURPOSE, Address, Campaign, Class, Consent, OutboxMessage, Subscriber, Topic
from notifications.models.sms import SUBSCRIBER_PURPOSE
from notifications.services import campaigns
from notifications.services.sending import change_sending
from notifications.services.sms import number_lookup
from notifications.services.sms_service import save_topic
from notifications.sms_delivery import drain_sms
from tenants import context, keys
from tenants.models import Commune
from tenants.queries import commune_by_slug

MESSAGES, FEW = 10_000, 1000
FAMILIES = 1000
ROUNDS = 5
AT_MOST, MEMORY_AT_MOST = 3, 1.1
BY = Actor.system("banc")
TEXT = "Mairie : l'eau est coupée rue de la Paix jusqu'à 18h."
# The same rows under other marks, into the same table with all that guards it.
_BARE = """
INSERT INTO notifications_outboxmessage ({names})
SELECT {told} FROM notifications_outboxmessage WHERE {where}
"""
_OTHERWISE = {"message_id": "left(replace(gen_random_uuid()::text, '-', ''), 20)"}


def measure() -> list[Figure]:
    """Rounds of both in turn in one town; then a drain of few and of many, each in a process of its own."""
    return [*_of_campaigns(), _of_reminders()]


def _of_campaigns() -> list[Figure]:
    commune = _town()
    ours, floor = [], []
    with context.use(commune):
        topic = _subscribers(MESSAGES)
        for _ in range(ROUNDS):
            sent, seconds = _queued(topic)
            ours.append(seconds)
            floor.append(_timed_floor(sent))
            OutboxMessage.objects.all().delete()
    peaks = {number: _drained(commune, topic, number) for number in (FEW, MESSAGES)}
    seconds = peaks[MESSAGES][1]
    return [
        Figure(
            name=f"{MESSAGES} SMS queued by a campaign / INSERT … SELECT",
            unit="ms",
            ours=milliseconds(ours),
            floor=milliseconds(floor),
            at_most=AT_MOST,
        ),
        Figure(
            name=f"memory of a drain of {MESSAGES} SMS / of {FEW}",
            unit="MB",
            ours=peaks[MESSAGES][0] / 1024,
            floor=peaks[FEW][0] / 1024,
            at_most=MEMORY_AT_MOST,
            note=f"{MESSAGES / seconds:.0f} SMS a second to files",
        ),
    ]


def _of_reminders() -> Figure:
    """A morning's reminders, each family with an address, none with a booking yet."""
    commune = town(FAMILIES, slug="banc-rappels")
    today = clock.today(commune.zone)
    ours, floor = [], []
    with context.use(commune):
        furnishing.open_days(today=today)
        _prove_addresses()
        morning = _morning_of_reminders(today)
        for _ in range(ROUNDS):
            OutboxMessage.objects.all().delete()
            started = time.perf_counter()
            number = remind(now=morning)
            ours.append(time.perf_counter() - started)
            with transaction.atomic():
                floor.append(_timed_copy_of("TRUE", {}, {**_OTHERWISE, "dedup_key": "'bis' || dedup_key"}))
                transaction.set_rollback(True)
    return Figure(
        name=f"reminders of {int(FAMILIES * 1.5)} children / INSERT … SELECT",
        unit="ms",
        ours=milliseconds(ours),
        floor=milliseconds(floor),
        note=f"{number} written",
    )


def _prove_addresses() -> None:
    now = clock.now()
    Address.objects.bulk_create(
        Address(
            holder=home.holder,
            value=keys.encrypt(address, purpose=ADDRESS_PURPOSE),
            lookup=keys.lookup_hash(address, purpose=ADDRESS_PURPOSE),
            consent="1",
            proved_at=now,
        )
        for home in Household.objects.all()
        for address in [f"famille{home.pk}@example.org"]
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _morning_of_reminders(today: date) -> datetime:
    """The first morning to come on which some are due: weeks without school have none."""
    zone = context.current().zone
    for ahead in range(60):
        morning = datetime.combine(today + timedelta(days=ahead), clock_time(9), zone)
        if remind(now=morning):
            return morning
    raise LookupError("no deadline in sixty days")


def _town() -> Commune:
    identity = Identity(slug="banc-sms", header_name="Banc", place_name="Banc")
    commune = create_commune(identity=identity, by=BY, channel=Channel.AUTOMATIC)
    with context.use(commune):
        change_sending(provider="console", sender="BANC", monthly_cap=999_999, by=BY)
    return commune


def _subscribers(number: int) -> Topic:
    """A topic with so many readers."""
    topic, now = save_topic(topic=None, name="Banc", order=1, by=BY), clock.now()
    numbers = [f"+3361{rank:07d}" for rank in range(number)]
    held = Subscriber.objects.bulk_create(
        Subscriber(number=keys.encrypt(one, purpose=SUBSCRIBER_PURPOSE), lookup=number_lookup(one), proved_at=now)
        for one in numbers
    )
    given = {"topic": topic, "wording": "Banc", "given_at": now, "channel": "web", "proof": "banc"}
    Consent.objects.bulk_create(Consent(subscriber=one, **given) for one in held)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return topic


def _written(topic: Topic) -> Campaign:
    choice = Choice(kind="topic", key=topic.pk, label=topic.name)
    words = campaigns.Words(title="Banc", choice=choice, message_class=Class.DANGER, sms_text=TEXT)
    made = campaigns.write(words=words, by=BY, at=clock.now())
    assert campaigns.send(pk=made.pk, by=BY, at=clock.now())
    return made


def _queued(topic: Topic) -> tuple[Campaign, float]:
    """From the hour of the campaign to its rows committed: readers found, numbers sealed, texts counted."""
    made = _written(topic)
    started = time.perf_counter()
    assert campaigns.queue_due(now=clock.now()) == 1
    seconds = time.perf_counter() - started
    assert OutboxMessage.objects.filter(campaign=made).count() == MESSAGES
    return made, seconds


def _timed_floor(sent: Campaign) -> float:
    """What PostgreSQL alone takes for as many rows, committed."""
    other = _written(Topic.objects.get())
    of, otherwise = "campaign_id = %(of)s", {**_OTHERWISE, "campaign_id": "%(other)s"}
    seconds = _timed_copy_of(of, {"of": sent.pk, "other": other.pk}, otherwise)
    Campaign.objects.filter(pk=other.pk).update(state=Campaign.State.CANCELED)
    return seconds


def _timed_copy_of(where: str, given: dict[str, Any], otherwise: dict[str, str]) -> float:
    """The rows that are there written once more, committed unless a transaction is open."""
    columns = [str(field.column) for field in OutboxMessage._meta.concrete_fields if not field.primary_key]
    names = ", ".join(f'"{name}"' for name in columns)
    told = ", ".join(otherwise.get(name, f'"{name}"') for name in columns)
    statement, before = _BARE.format(names=names, told=told, where=where), OutboxMessage.objects.count()
    started = time.perf_counter()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, given)
        assert cursor.rowcount == before
    return time.perf_counter() - started


def _drained(commune: Commune, topic: Topic, number: int) -> tuple[int, float]:
    """The most memory (kB) and the seconds of a process that does nothing but send so many SMS."""
    with context.use(commune):
        OutboxMessage.objects.all().delete()
        _queued(topic)
        spare = OutboxMessage.objects.order_by("pk").values("pk")[: MESSAGES - number]
        OutboxMessage.objects.filter(pk__in=spare).delete()
    told = subprocess.run(
        [sys.executable, "-c", f"import django; django.setup(); from bench.sending import alone; alone({number})"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    return int(told[-2]), float(told[-1])


def alone(number: int) -> None:
    """In a process of its own: send all that waits, and say the most memory that it took (kB) and the seconds."""
    with context.use(commune_by_slug(slug="banc-sms")):
        started, sent = time.perf_counter(), 0
        while done := drain_sms().sent:
            sent += done
        seconds = time.perf_counter() - started
        assert sent == number, sent
    status = Path("/proc/self/status").read_text()  # a child's own, where getrusage begins with its parent's
    print(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")), f"{seconds:.2f}")
