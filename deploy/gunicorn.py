"""How gunicorn serves the pages; read by `gunicorn -c deploy/gunicorn.py`."""

import os
from pathlib import Path
from typing import Any

from deploy.processes import LOOPBACK, has_ipv6_loopback
from lps.config.settings import LOGGING
from lps.kernel.metrics import exposing

_port = int(os.environ.get("PORT", "8000"))

_listen = os.environ.get("LPS_LISTEN", LOOPBACK)
_memory = Path("/dev/shm")

bind = [f"{_listen}:{_port}"]
if _listen == LOOPBACK and has_ipv6_loopback():  # browsers resolve *.localhost to either address
    bind.append(f"[::1]:{_port}")
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = 4
# Loaded once, before the workers part: a start costs half, and they share the memory.
preload_app = True
timeout = 60
# What a request has to end when we are asked to stop. A shell waits for us; an orchestrator gives half a minute.
graceful_timeout = int(os.environ.get("LPS_STOP_SECONDS", "4"))
# Where workers show that they live: in memory, a slow disk would have them killed.
worker_tmp_dir = str(_memory) if os.access(_memory, os.W_OK) else None
# Paths may hold a child's code: the product writes its own access lines, masked.
accesslog = None
loglevel = "warning"
# Its own lines too: it names the address of a request that failed before the product could.
logconfig_dict = LOGGING
control_socket_disable = True
# Which proxies are believed, the product says (LPS_TRUSTED_PROXIES).
forwarded_allow_ips = ""


def when_ready(_server: Any) -> None:
    """The parent answers for its children, on a port of its own."""
    exposing.expose("web")


def child_exit(_server: Any, worker: Any) -> None:
    """A child that has ended holds no connection any more."""
    exposing.forget(worker.pid)
