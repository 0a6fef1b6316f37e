"""The voice server as a process: what it holds while a caller thinks, and how it ends."""

import asyncio
import os
import signal
import sys
from pathlib import Path
from subprocess import PIPE, Popen

import psycopg

from deploy.processes import free_port, wait_until
from tenants.models import Commune
from tests.live import ROOT, Copy
from tests.voice.asterisk import LINE, Caller, Remembering
from tests.voice.pupils import Pupil
from voice.gateway import server as gateway
from voice.gateway.server import Server

SECONDS = 60.0


def connections(copy: Copy) -> int:
    """How many connections the voice server's threads hold: those of the copy but the test's own."""
    with psycopg.connect(os.environ["DATABASE_URL"]) as server:
        asked = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s"
        [number] = server.execute(asked, [copy.name]).fetchone()  # type: ignore[misc]
    return int(number)


def test_no_connection_is_held_while_keys_are_waited_for(copy: Copy, pupil: Pupil, prompts: Path) -> None:
    before, held = connections(copy), []
    script = [f"{pupil.code}#", pupil.key, pupil.keys, "#", "1", "9"]
    steps = dict.fromkeys(range(len(script)), lambda: held.append(connections(copy)))

    async def call() -> None:
        server = Server(store=Remembering(prompts), leaving_seconds=5)
        port = await server.open("127.0.0.1", 0)
        await Caller(script, before=steps).call(port)  # type: ignore[arg-type]
        await server.close()

    asyncio.run(call())

    assert pupil.stands() and held == [before] * len(script)


def test_a_hundred_calls_share_a_bounded_number_of_threads(town: Commune, prompts: Path) -> None:
    async def calls() -> int:
        server = Server(store=Remembering(prompts), leaving_seconds=5)
        port = await server.open("127.0.0.1", 0)
        callers = [Caller([], number=f"06123{rank:05}") for rank in range(100)]
        await asyncio.gather(*(caller.call(port) for caller in callers))
        threads = len(server._threads._threads)
        await server.close()
        return threads

    assert asyncio.run(calls()) <= gateway.THREADS


async def _says(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, until: str) -> None:
    """Answer as Asterisk does with a caller who types nothing, up to a command."""
    while not (line := (await reader.readline()).decode()).startswith(until):
        assert line, "the call was cut"
        writer.write(b"200 result= (timeout)\n" if line.startswith("GET DATA") else b"200 result=0 endpos=8000\n")


def test_asked_to_stop_it_takes_no_new_call_and_lets_the_others_end(copy: Copy, town: Commune, tmp_path: Path) -> None:
    port = free_port()
    variables = {**os.environ, "DATABASE_URL": copy.url, "LPS_VOICE_PROMPTS": str(tmp_path / "prompts")}
    variables |= {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "platform")]), "LPS_LOGS": "line"}
    command = [sys.executable, "manage.py", "serveur_vocal", "--port", str(port)]

    async def call(process: Popen[bytes]) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"agi_callerid: 0612345678\nagi_arg_1: {LINE}\n\n".encode())
        await _says(reader, writer, "GET DATA")
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(SECONDS):
            while await _answers(port):
                await asyncio.sleep(0.05)
        assert process.poll() is None
        writer.write(b"200 result= (timeout)\n")
        await _says(reader, writer, "HANGUP")
        writer.write(b"200 result=1\n")
        writer.close()

    with Popen(command, cwd=ROOT, env=variables, stdout=PIPE, stderr=PIPE) as process:
        try:
            assert wait_until(lambda: process.poll() is not None or asyncio.run(_answers(port)), seconds=SECONDS)
            asyncio.run(call(process))
            assert process.wait(timeout=SECONDS) == 0
        finally:
            process.kill()


async def _answers(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except ConnectionRefusedError:
        return False
    writer.close()
    return True
