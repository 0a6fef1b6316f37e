"""What is counted, all in one place, so that the number of series is judged at a glance (docs/metrics.md).

No label names a commune, a person or an address: each takes its values from our own code, so their number is bounded
whatever the towns do. Counting costs no statement and no call.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import Counter, Gauge, Histogram, Summary

_SECONDS = (0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_LONG_SECONDS = (0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0)

WEB = Histogram("lps_web_seconds", "Answers, by door and class of status.", ("door", "status"), buckets=_SECONDS)
ROUTES = Summary("lps_web_route_seconds", "Answers, by route and class of status.", ("route", "status"))
UNAVAILABLE = Counter("lps_web_unavailable", "Requests answered that a part is away.", ("part",))
CONNECTIONS = Gauge(
    "lps_database_connections",
    "Connections of the pools of the pages: open, idle, and the threads that wait for one.",
    ("state",),
    multiprocess_mode="livesum",
)
SAVES = Counter("lps_saves", "Saves of bookings, by door and by what became of them.", ("channel", "outcome"))
CHANGES_REFUSED = Counter("lps_changes_refused", "Changes of bookings refused, by reason.", ("channel", "reason"))
ATTEMPTS = Counter("lps_attempts", "Attempts at a secret, by what became of them.", ("secret", "outcome"))
MESSAGES = Counter("lps_messages", "Messages that a worker tried to send.", ("kind", "outcome"))
SMS = Counter("lps_sms", "SMS handed to a provider, by its answer.", ("provider", "outcome"))
OLDEST_TASK = Gauge(
    "lps_task_oldest_seconds", "For how long a worker has been at the task it began first.", multiprocess_mode="livemax"
)
TASKS = Histogram("lps_task_seconds", "Tasks, by name and end.", ("task", "outcome"), buckets=_LONG_SECONDS)
PAYMENTS = Counter("lps_payments", "Payments online that came into a state.", ("state",))
PAYFIP = Histogram("lps_payfip_seconds", "Questions to PayFiP.", ("operation", "outcome"), buckets=_SECONDS)
CALLS = Counter("lps_voice_calls", "Calls that ended, by door and outcome.", ("door", "outcome"))
STANDING_CALLS = Gauge("lps_voice_standing_calls", "Calls that stand.", multiprocess_mode="livesum")
VOICE_ERRORS = Counter("lps_voice_errors", "What failed while a caller waited.", ("part",))

ALL = (
    WEB,
    ROUTES,
    UNAVAILABLE,
    CONNECTIONS,
    SAVES,
    CHANGES_REFUSED,
    ATTEMPTS,
    MESSAGES,
    SMS,
    TASKS,
    OLDEST_TASK,
    PAYMENTS,
    PAYFIP,
    CALLS,
    STANDING_CALLS,
    VOICE_ERRORS,
)

# Shown as nought from the start: an alert on one event would miss the first of a series that is born with it.
for _outcome in ("sent", "mistake"):
    MESSAGES.labels(kind="email", outcome=_outcome)
for _state in ("paid", "mismatch"):
    PAYMENTS.labels(state=_state)
for _secret in ("child_code", "account"):
    ATTEMPTS.labels(secret=_secret, outcome="uncounted")
for _part in ("database", "sentence", "town"):
    VOICE_ERRORS.labels(part=_part)


@contextmanager
def task_timed(name: str) -> Iterator[None]:
    """Count a task and its time, failed if it raises."""
    began, outcome = time.perf_counter(), "failed"
    try:
        yield
        outcome = "done"
    finally:
        TASKS.labels(task=name, outcome=outcome).observe(time.perf_counter() - began)


def task_lost(name: str, *, seconds: float) -> None:
    """Count a task whose process was killed: it could not count itself."""
    TASKS.labels(task=name, outcome="lost").observe(seconds)
