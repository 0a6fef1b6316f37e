"""`make bench`: every figure with its floor and its promise; 1 when a promise is not kept."""

import os
import sys
import tempfile

from bench.ground import durable_ground, load
from deploy.processes import adopt_orphans, explained, kill_descendants


def main() -> int:
    """Measure all on a ground of its own, in about five minutes."""
    adopt_orphans()
    return explained(_measure, place=tempfile.gettempdir())


def _measure() -> int:
    with durable_ground() as directory:
        load()
        from bench import billing, importing, opening, pages, papers, saving, sending

        print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; medians of turns taken one after the other")
        print(f"{'':<52} {'ours':>9} {'floor':>9} {'':<6} {'ratio':>6}  {'promise':<8}")
        figures = []
        for measured in (
            opening.measure,
            importing.measure,
            saving.measure,
            billing.measure,
            papers.measure,
            sending.measure,
            lambda: pages.measure(directory),
        ):
            for figure in measured():
                print(figure.line(), flush=True)
                figures.append(figure)
        from django.db import connection

        connection.close()
    kill_descendants()
    return 0 if all(figure.is_kept for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
