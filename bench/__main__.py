"""`make bench`: every figure with its floor and its promise; 1 when a promise is not kept.

`python -m bench fleet` measures only what the number of communes makes slow, `python -m bench calls` the telephone.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Iterable

from bench.figures import Figure
from bench.ground import durable_ground, load
from deploy.processes import adopt_orphans, explained, kill_descendants

FLEET = """what the number of communes makes slow

  --communes 25     a minute, 0.2 GB
  --communes 150    five minutes, 1 GB
  --communes 1000   half an hour, 7 GB; django-tenants migrates 50 of them, and its time is multiplied
"""


def main(arguments: list[str]) -> int:
    """Measure all on a ground of its own, in about seven minutes; or one subject."""
    adopt_orphans()
    subject = arguments[0] if arguments else ""
    measured = {"fleet": _fleet, "calls": _calls}.get(subject, _measure)
    return explained(lambda: measured(arguments[1:]), place=tempfile.gettempdir())


def _measure(_: list[str]) -> int:
    with durable_ground() as directory:
        load()
        from bench import billing, calls, fleet, importing, opening, pages, papers, saving, sending

        return _say(
            opening.measure,
            importing.measure,
            saving.measure,
            billing.measure,
            papers.measure,
            sending.measure,
            lambda: pages.measure(directory),
            fleet.measure,
            lambda: calls.measure(directory),
        )


def _calls(_: list[str]) -> int:
    with durable_ground() as directory:
        load()
        from bench import calls

        return _say(lambda: calls.measure(directory))


def _fleet(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bench fleet", description=FLEET, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--communes", type=int, default=25)
    number: int = parser.parse_args(arguments).communes
    with durable_ground():
        load()
        from bench import fleet

        return _say(lambda: fleet.measure(number))


def _say(*subjects: Callable[[], Iterable[Figure]]) -> int:
    from django.db import connection

    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; medians of turns taken one after the other")
    print(f"{'':<52} {'ours':>9} {'floor':>9} {'':<6} {'ratio':>6}  {'promise':<8}")
    figures = []
    for measured in subjects:
        for figure in measured():
            print(figure.line(), flush=True)
            figures.append(figure)
    connection.close()
    kill_descendants()
    return 0 if all(figure.is_kept for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
