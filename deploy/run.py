"""`make run`: the whole product on one machine, until Ctrl-C.

PORT           of the pages (8000)              DATA_DIR       of everything kept (.data)
MAILSINK_PORT  of the page of mails (8025)      LPS_CLOCK      moves the product's clock
DATABASE_URL, REDIS_URL, EMAIL_URL, S3_ENDPOINT_URL, PAYFIP_URL  replace what would be started here
"""

from __future__ import annotations

import http.client
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from deploy import data_dir
from deploy.data_dir import DataDirectory
from deploy.local import Local, chosen_port, web_port
from deploy.processes import LOOPBACK, Impossible, Interrupted, die_with_parent, explained
from deploy.supervisor import Output, Supervisor
from deploy.voice import root
from deploy.voice.asterisk import Asterisk, sip_port
from deploy.voice.configuration import PROMPTS, Operator, files
from lps.kernel import clock
from voice.gateway.kokoro import is_installed

PAGE_PORT = 8025
AGI_PORT = 4573
METRICS_PORTS = {"web": 9101, "worker": 9102, "scheduler": 9103, "voice": 9104}
DEMONSTRATION_LINE = "0476549340"  # Buchelay's, as its parents dial it
READY_SECONDS = 120.0
PLACES = {"Mairie de démonstration": "demo", "Ville de Buchelay": "buchelay", "Console": "console"}


def main() -> int:
    """Serve until asked to stop; 1 with a sentence when something is in the way."""
    return explained(_serve_until_asked, place=data_dir.chosen().path)


def _serve_until_asked() -> int:
    """Being asked to stop is how a run ends well."""
    output = Output(width=9)
    try:
        _serve(output)
    except Interrupted:
        output.say("Tout est arrêté.")
    return 0


def _serve(output: Output) -> None:
    data = data_dir.chosen()
    data.prepare()
    with data.reserved():
        port, mails = web_port(), _mails_port(data)
        with Supervisor(output=output) as supervisor:
            local = Local(data, supervisor, output)
            local.variables["PORT"] = str(port)
            try:
                _start(local, port, mails)
                supervisor.watch()
            except Interrupted:
                output.say("Arrêt…")
                raise
            finally:
                data.forget_ground()


def _start(local: Local, port: int, mails: int | None) -> None:
    """Start all that runs, in the order of what needs what, and say where it is once it answers."""
    started = time.monotonic()
    local.output.say("Démarrage…")
    local.start_services()
    if mails is not None:
        _start_mails(local, mails)
    payfip = _start_payfip(local)
    local.manage("prepare", "demo --if-absent", *(["voice ask"] if _has_natural_voice() else []))
    local.remember()
    _start_web(local)
    telephone = _start_voice(local)
    accounts = local.answer("demo", "--accounts")
    _wait(local, port)
    _start_celery(local)
    local.output.say(_welcome(local, port, mails, payfip, telephone, time.monotonic() - started))
    local.output.say(accounts)


def _mails_port(data: DataDirectory) -> int | None:
    """Choose the port of the page of mails; None when `EMAIL_URL` names a real server."""
    if "EMAIL_URL" in os.environ:
        return None
    wanted = chosen_port("MAILSINK_PORT")
    if wanted is not None and not data_dir.is_released(wanted):
        raise Impossible(f"Le port {wanted} des courriels est déjà pris : donnez-en un autre dans MAILSINK_PORT.")
    return wanted or data.port("mails", wanted=PAGE_PORT)


def _start_mails(local: Local, page: int) -> None:
    smtp = local.data.port("smtp")
    local.variables["EMAIL_URL"] = f"smtp://{LOOPBACK}:{smtp}"
    folders = ["--directory", str(local.data.path / "mails"), "--sms", str(local.data.path / "sms")]
    where = [*folders, "--smtp-port", str(smtp), "--page-port", str(page)]
    local.keep("mails", sys.executable, "-m", "notifications.sink", *where, stage=0)


def _start_payfip(local: Local) -> str:
    """Start the simulated Treasury and give its address; "" when `PAYFIP_URL` names another."""
    if "PAYFIP_URL" in os.environ:
        return ""
    port = local.data.port("payfip")
    local.variables["PAYFIP_URL"] = f"http://{LOOPBACK}:{port}"
    local.keep("payfip", sys.executable, "-m", "simulators.payfip", str(port), stage=0)
    return f"{local.variables['PAYFIP_URL']}/controle"


def _start_web(local: Local) -> None:
    (local.data.path / "static").mkdir(exist_ok=True)  # empty here; its absence would be warned about
    gunicorn = [sys.executable, "-m", "gunicorn", "-c", "deploy/gunicorn.py", "lps.config.wsgi:application"]
    local.keep("web", *gunicorn, extra=_metrics(local, "web"))


def _metrics(local: Local, process: str) -> dict[str, str]:
    """Where a program shows what it counts: on the loopback, a port each."""
    port = local.metrics[process] = local.data.port(f"metrics-{process}", wanted=METRICS_PORTS[process])
    return {"LPS_METRICS_PORT": str(port)}


def _start_voice(local: Local) -> str:
    """Start the voice server, and Asterisk, which hands its calls over to it, where it can be; say what of it."""
    port = local.data.port("fastagi", wanted=AGI_PORT)
    obstacle = root.obstacle(root.chosen())
    told = f"non : {obstacle}" if obstacle else _start_asterisk(local, agi=f"{LOOPBACK}:{port}")
    seen_as = {} if obstacle else {"LPS_VOICE_PROMPTS_SEEN_AS": PROMPTS}
    after = [] if obstacle else ["--asterisk", str(local.data.path / "asterisk")]
    server = [sys.executable, "manage.py", "serveur_vocal", "--port", str(port), *after]
    local.keep("voix", *server, extra=seen_as | _metrics(local, "voice"))
    return told


def _start_asterisk(local: Local, *, agi: str) -> str:
    """Start Asterisk for the telephones of this machine, and the lines set in the console; the address to call."""
    prompts = Path(local.variables.get("LPS_VOICE_PROMPTS") or local.data.path / "prompts")
    prompts.mkdir(parents=True, exist_ok=True)
    asterisk = Asterisk(root.chosen(), local.data.path / "asterisk", prompts)
    sip = f"{LOOPBACK}:{sip_port()}"
    asterisk.write(files(operator=Operator(), sip=sip, agi=agi))
    local.keep("asterisk", *asterisk.command(), stranger=True)
    return f"sip:{DEMONSTRATION_LINE}@{sip} (Ville de Buchelay)"


def _start_celery(local: Local) -> None:
    """Start the worker and the scheduler: after the pages, for whose start they would fight on a small machine."""
    celery = [sys.executable, "-m", "celery", "-q", "-A", "lps.config.celery:app"]
    alone = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    silence = {"PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges"}
    local.keep("worker", *celery, "worker", "--concurrency", "2", *alone, extra=silence | _metrics(local, "worker"))
    if _has_natural_voice():
        rendering = ["worker", "--queues", "lps.voice", "--hostname", "voix@%h", "--concurrency", "1"]
        local.keep("rendu", "nice", "-n", "19", *celery, *rendering, *alone, extra=silence)
    beat = ["beat", "--schedule", str(local.data.path / "schedule"), "--pidfile", ""]
    local.keep("scheduler", *celery, *beat, extra=_metrics(local, "scheduler"))


def _has_natural_voice() -> bool:
    """Whether sentences are rendered ahead here: seconds of work a sentence, when nothing else is to be done."""
    return os.environ.get("LPS_VOICE_ENGINE", "auto") != "espeak" and is_installed()


def _wait(local: Local, port: int) -> None:
    deadline = time.monotonic() + READY_SECONDS
    local.supervisor.watch(until=_or_late(lambda: _is_ready(port), deadline))


def _or_late(condition: Callable[[], bool], deadline: float) -> Callable[[], bool]:
    def until() -> bool:
        if time.monotonic() > deadline:
            raise Impossible(f"Le portail ne répond pas après {READY_SECONDS:g} s : lisez les lignes ci-dessus.")
        return condition()

    return until


def _is_ready(port: int) -> bool:
    """Ask the pages whether their database and cache answer them."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=2.0)
    try:
        connection.request("GET", "/sante/pret")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _welcome(local: Local, port: int, mails: int | None, payfip: str, telephone: str, seconds: float) -> str:
    addresses = {name: f"http://{host}.localhost:{port}/" for name, host in PLACES.items()}
    if mails is not None:
        addresses["Courriels envoyés"] = f"http://localhost:{mails}/"
        addresses["SMS envoyés"] = f"http://localhost:{mails}/sms/"
    if payfip:
        addresses["Trésorerie simulée"] = payfip
    addresses["Téléphone"] = telephone
    for process, metrics in local.metrics.items():
        addresses[f"Mesures ({process})"] = f"http://{LOOPBACK}:{metrics}/metrics"
    lines = [f"  {name:<24} {address}" for name, address in addresses.items()]
    if clock.moved():
        now = clock.now()
        lines += ["", f"  Horloge déplacée : {now:%d/%m/%Y %H:%M} UTC ; « make demo » refait les données à cette date."]
    return "\n".join(["", f"Le portail est prêt ({seconds:.0f} s). Ctrl-C l'arrête.", "", *lines, ""])


if __name__ == "__main__":
    if "MAKELEVEL" in os.environ:
        die_with_parent(signal.SIGTERM)
    sys.exit(main())
