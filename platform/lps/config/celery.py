"""The Celery application. Its schedule is one tick a minute: the clock says what is due (`lps.config.tick`).

The console's own work, on whole communes, is asked for beside it.
"""

import os
import sys
from typing import Any

from celery import Celery
from celery.loaders.app import AppLoader
from celery.signals import beat_init, setup_logging, worker_init

from lps.config.alive import ShowAlive, TellLongTasks
from lps.config.refusals import refuse_unsafe_start
from lps.kernel.metrics.exposing import expose

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lps.config.settings")


class Loader(AppLoader):
    """Called by a worker and by a scheduler before they begin. A signal would not do: it swallows what is raised."""

    def on_worker_init(self) -> None:
        """Refuse what the web door refuses."""
        refuse_unsafe_start()


app = Celery("lps", loader="lps.config.celery:Loader")
app.set_default()  # `current_app` is otherwise ours in this thread alone, and pages are answered in many
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.imports = ("lps.config.tick",)
app.conf.beat_schedule = {
    "tick": {"task": "lps.tick", "schedule": 60.0, "options": {"expires": 55}},
    "life": {"task": "console.life", "schedule": 60.0, "options": {"expires": 55}},
}
app.conf.beat_scheduler = "lps.config.alive:Scheduler"
app.steps["worker"].update((ShowAlive, TellLongTasks))


@setup_logging.connect
def _log_as_the_pages_do(**_: Any) -> None:
    """Leave the logging of the settings in place: masked lines with the commune."""
    from logging.config import dictConfig

    from django.conf import settings

    dictConfig(settings.LOGGING)


@worker_init.connect
def _expose_worker(**_: Any) -> None:
    """The parent answers for its children. A port that is taken is told to the logs, and tasks run all the same."""
    expose("speech" if "lps.voice" in sys.argv else "worker")


@beat_init.connect
def _expose_scheduler(**_: Any) -> None:
    """There is one scheduler: it tells what waits in all the towns."""
    from lps.config.fleet_metrics import Fleet

    expose("scheduler", more=(Fleet(),))
