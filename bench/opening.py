"""Opening a commune: its schema made from the template's SQL against the same made by the migrations."""

import time

from bench.figures import Figure, milliseconds
from tenants import schemas

ROUNDS = 3


def measure() -> list[Figure]:
    """Both ways in turn."""
    template, migrations = [], []
    for number in range(ROUNDS):
        template.append(_timed(schemas.create, f"c_banc_{number}"))
        migrations.append(_timed(schemas.create_by_migrations, f"c_banc_m{number}"))
    return [
        Figure(
            name="schema of a commune by template / by migrations",
            unit="ms",
            ours=milliseconds(template),
            floor=milliseconds(migrations),
            at_most=0.5,
        )
    ]


def _timed(make: object, schema: str) -> float:
    started = time.perf_counter()
    make(schema)  # type: ignore[operator]
    seconds = time.perf_counter() - started
    schemas.drop(schema)
    return seconds
