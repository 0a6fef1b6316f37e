"""Run pytest on a database and a broker of its own: `make test`, or `deploy/test.py [pytest arguments]`."""

from __future__ import annotations

import base64
import os
import secrets
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from deploy.processes import Interrupted, adopt_orphans, die_with_parent, explained, kill_descendants
from deploy.services import Ground, ephemeral_ground

ROOT = Path(__file__).resolve().parent.parent
END_SECONDS = 15.0
# What a developer may have set for `make run` must not reach the tests.
FOREIGN = ("EMAIL_URL", "PAYFIP_URL", "PORT", "DATA_DIR", "MAILSINK_PORT")
FOREIGN_PREFIXES = ("LPS_", "S3_")
KEPT = ("LPS_VOICE_ROOT",)  # where Asterisk is on this machine
# All of it in one order, drawn once: a run is judged by what was changed. With arguments, each run draws its own.
WHOLE = ("-n", "logical", "--dist", "loadfile", "--no-loadscope-reorder", "--randomly-seed=78200")


def main(arguments: Sequence[str]) -> int:
    """Run the tests and give pytest's exit code."""
    adopt_orphans()
    signal.signal(signal.SIGTERM, interrupt_once)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it, and pytest would
    return explained(lambda: _test(arguments), place=tempfile.gettempdir())


def _test(arguments: Sequence[str]) -> int:
    with ephemeral_ground() as ground:
        try:
            return _run_pytest(arguments, environment(ground=ground))
        finally:
            kill_descendants(spare=ground.pids)


def environment(*, ground: Ground) -> Mapping[str, str]:
    """Give the variables under which tests and checks run; secrets are drawn for this run."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in KEPT or (name not in FOREIGN and not name.startswith(FOREIGN_PREFIXES))
    }
    return kept | {
        "DATABASE_URL": ground.database_url,
        "REDIS_URL": ground.redis_url,
        "LPS_ENV": "test",
        "LPS_SECRET_KEY": secrets.token_urlsafe(48),
        "LPS_APP_KEYS": "k1:" + base64.b64encode(secrets.token_bytes(32)).decode(),
        "LPS_DATA_DIR": str(ground.directory / "data"),
        "LPS_VOICE_ENGINE": "espeak",  # whatever is installed here: tests stay quick
    }


def _run_pytest(arguments: Sequence[str], variables: Mapping[str, str]) -> int:
    """Run pytest in our own process group, so that a debugger has the terminal."""
    chosen = ["-n", "0", *arguments] if arguments else [*WHOLE]
    chosen = ["-m", "not soak", *chosen]  # the last -m counts: `-m soak` among the arguments chooses the others
    Path(variables["LPS_DATA_DIR"]).mkdir()
    process = subprocess.Popen([sys.executable, "-m", "pytest", *chosen], cwd=ROOT, env=dict(variables))
    try:
        return process.wait()
    except KeyboardInterrupt:  # Ctrl-C reached pytest too: it stops by itself and writes its summary
        _let_end(process)
        raise
    except Interrupted:
        process.send_signal(signal.SIGINT)
        _let_end(process)
        raise


def _let_end(process: subprocess.Popen[bytes]) -> None:
    """Leave pytest some time to end; its descendants, and itself, are killed afterwards in any case."""
    try:
        process.wait(timeout=END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()


def interrupt_once(_number: int, _frame: object) -> None:
    """Leave once: `timeout make test` sends its signal to us, and to make, which sends it to us."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise Interrupted


if __name__ == "__main__":
    if "MAKELEVEL" in os.environ:
        die_with_parent(signal.SIGTERM)
    sys.exit(main(sys.argv[1:]))
