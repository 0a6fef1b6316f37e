"""The Celery application. Its schedule is one tick a minute: the clock says what is due (`lps.config.tick`)."""

import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging

from lps.config.refusals import refuse_unsafe_start

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lps.config.settings")

app = Celery("lps")
app.set_default()  # `current_app` is otherwise ours in this thread alone, and pages are answered in many
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.imports = ("lps.config.tick",)
app.conf.beat_schedule = {"tick": {"task": "lps.tick", "schedule": 60.0, "options": {"expires": 55}}}


@app.on_after_configure.connect
def _refuse_unsafe_start(**_: Any) -> None:
    """A worker and a scheduler refuse what the web door refuses."""
    refuse_unsafe_start()


@setup_logging.connect
def _log_as_the_pages_do(**_: Any) -> None:
    """Leave the logging of the settings in place: masked lines with the commune."""
    from logging.config import dictConfig

    from django.conf import settings

    dictConfig(settings.LOGGING)
