"""The product's processes by name, and how each is started: the same in an image, under systemd or by hand."""

import os
from collections.abc import Callable, Mapping

from django.conf import settings

ROOT = settings.ROOT
_CELERY = ("-m", "celery", "-q", "-A", "lps.config.celery:app")
_ALONE = ("--without-gossip", "--without-mingle", "--without-heartbeat")


def web() -> list[str]:
    """The pages."""
    return ["-m", "gunicorn", "-c", "deploy/gunicorn.py", "lps.config.wsgi:application"]


def worker() -> list[str]:
    """What is done behind the pages; workers need not know of each other."""
    return [*_CELERY, "worker", "--concurrency", os.environ.get("LPS_WORKER_CONCURRENCY", "2"), *_ALONE]


def speech() -> list[str]:
    """What the natural voice renders ahead: a queue of its own, seconds of work a sentence."""
    return [*_CELERY, "worker", "--queues", "lps.voice", "--hostname", "voix@%h", "--concurrency", "1", *_ALONE]


def scheduler() -> list[str]:
    """The tick of each minute: one alone. Its file says when it last did, and may be lost."""
    place = os.environ.get("LPS_SCHEDULE_FILE", str(settings.LPS_DATA_DIR / "schedule"))
    return [*_CELERY, "beat", "--schedule", place, "--pidfile", ""]


def voice() -> list[str]:
    """What Asterisk hands its calls over to."""
    host, port = os.environ.get("LPS_VOICE_HOST", "127.0.0.1"), os.environ.get("LPS_VOICE_PORT", "4573")
    return ["manage.py", "serveur_vocal", "--host", host, "--port", port]


PROCESSES: Mapping[str, Callable[[], list[str]]] = {
    "web": web,
    "worker": worker,
    "speech": speech,
    "scheduler": scheduler,
    "voice": voice,
}


def environment() -> dict[str, str]:
    """This process's variables, with both roots of imports: modules are started by their names."""
    given = dict(os.environ)
    roots = [str(ROOT), str(ROOT / "platform"), given.get("PYTHONPATH", "")]
    return {**given, "PYTHONPATH": os.pathsep.join(filter(None, roots))}
