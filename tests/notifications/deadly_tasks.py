"""Tasks that a worker under test is given beside ours: one kills the process that does it, one does not end."""

import os
import signal
import time

from tenants.tasks import commune_task


@commune_task(name="essai.meurt", ignore_result=True)
def die() -> None:
    """As the system ends a process that takes too much memory."""
    os.kill(os.getpid(), signal.SIGKILL)


@commune_task(name="essai.sans_fin", ignore_result=True, soft_time_limit=1)
def never_end() -> None:
    """Nobody answers, and nothing gives up."""
    while True:
        time.sleep(0.1)
