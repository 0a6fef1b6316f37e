"""Programs of a few lines under a real supervisor: `python supervised.py SCENARIO FOLDER`, run by test_supervisor.

A process of its own: a supervisor takes its process's signals and ends all its descendants.
"""

import subprocess
import sys
from pathlib import Path

from deploy.processes import explained, start
from deploy.supervisor import Output, Program, Supervisor

# Writes its name when it begins and when it is asked to end.
POLITE = """
import pathlib, signal, sys, time
name, seconds = sys.argv[1], float(sys.argv[2])
def leave(*_):
    time.sleep(seconds)
    with open("ended", "a") as file: print(name, file=file)
    sys.exit()
signal.signal(signal.SIGTERM, leave)
print("bonjour", flush=True)
with open("begun", "a") as file: print(name, file=file)
while True: signal.pause()
"""
STUBBORN = """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
with open("begun", "a") as file: print(os.getpid(), file=file)
while True: time.sleep(1)
"""
# Its child leaves the family: a session of its own, and a parent that dies.
DAEMON = """
import os, signal, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        with open("begun", "a") as file: print(os.getpid(), file=file)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        while True: time.sleep(1)
    os._exit(0)
while True: signal.pause()
"""
LIVES = "import time; open('begun', 'a').write('lived\\n'); time.sleep(0.5)"
WRITES = "open('muet.log', 'w').write('plus de place'); raise SystemExit(3)"
DIES = "print('adieu'); raise SystemExit(3)"


def main(scenario: str) -> int:
    return explained(lambda: _run(scenario), place=Path.cwd())


def _run(scenario: str) -> int:
    output = Output(width=6)
    steady = 0.3 if scenario == "steady" else 60.0
    with Supervisor(output=output, back_off=(0.1, 0.2), restarts=2, steady=steady) as supervisor:
        for program in _programs(scenario, output):
            supervisor.start(program)
        supervisor.watch()
    return 0


def _programs(scenario: str, output: Output) -> list[Program]:
    def program(
        name: str, code: str, *arguments: str, stage: int = 0, grace: float = 10.0, log: Path | None = None
    ) -> Program:
        def begin() -> subprocess.Popen[bytes]:
            process = start([sys.executable, "-c", code, *arguments], output=subprocess.PIPE)
            assert process.stdout is not None
            output.follow(name, process.stdout)
            return process

        return Program(name, begin, stage=stage, grace=grace, log=log)

    return {
        "dies": [program("frêle", DIES)],
        "silent": [program("muet", WRITES, log=Path("muet.log"))],
        "steady": [program("bref", LIVES)],
        "stages": [program("base", POLITE, "base", "0"), program("web", POLITE, "web", "0.3", stage=1)],
        "slow": [program("lent", POLITE, "lent", "0.8")],
        "stubborn": [program("sourd", STUBBORN, grace=0.5)],
        "patient": [program("sourd", STUBBORN, grace=600.0)],
        "daemon": [program("démon", DAEMON)],
    }[scenario]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
