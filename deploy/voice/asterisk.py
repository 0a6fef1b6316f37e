"""Start Asterisk in its root: private mounts that vanish with it, its own user, the ports that it is told alone."""

from __future__ import annotations

import errno
import os
import shlex
import socket
import subprocess
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from deploy.processes import LOOPBACK
from deploy.voice.configuration import HOME, PROMPTS

USER = "asterisk"
SIP_PORT = 5060
FOLDERS = ("etc", "db", "spool", "run", "log")


@dataclass(frozen=True, slots=True)
class Asterisk:
    """One Asterisk: its root, the folder of its configuration and state, the folder of the sentences."""

    root: Path
    home: Path
    prompts: Path

    def write(self, files: Mapping[str, str]) -> None:
        """Write the configuration, readable by Asterisk's user alone, and leave the operators' lines as they are."""
        owner = self._owner()
        for name in FOLDERS:
            folder = self.home / name
            folder.mkdir(parents=True, exist_ok=True)
            os.chown(folder, *owner)
        os.chown(self.home, *owner)
        for name, text in files.items():
            path = self.home / "etc" / name
            path.write_text(text)
            path.chmod(0o400)
            os.chown(path, *owner)

    def command(self) -> tuple[str, ...]:
        """What starts it and stays in front."""
        root = self.root
        for inside in (HOME, PROMPTS):
            (root / inside.lstrip("/")).mkdir(parents=True, exist_ok=True)
        steps = [
            ["mount", "-t", "proc", "proc", f"{root}/proc"],
            ["mount", "--bind", "/dev", f"{root}/dev"],
            ["mount", "--bind", str(self.home), f"{root}{HOME}"],
            ["mount", "--bind", "-o", "ro", str(self.prompts), f"{root}{PROMPTS}"],
        ]
        # A change of user forgets that a process dies with its parent: it is told again afterwards.
        user = ["setpriv", "--reuid", USER, "--regid", USER, "--init-groups", "--pdeathsig", "TERM"]
        begin = [
            "exec",
            "chroot",
            str(root),
            *user,
            "/usr/sbin/asterisk",
            "-f",
            "-q",
            "-C",
            f"{HOME}/etc/asterisk.conf",
        ]
        script = " && ".join(shlex.join(step) for step in (*steps, begin))
        return ("unshare", "--mount", "--propagation", "private", "sh", "-c", script)

    def ask(self, words: str, *, pid: int) -> str:
        """One command of its console, asked within its mounts: "core show channels", "core reload"."""
        within = ["nsenter", "--target", str(pid), "--mount", "--root", "/usr/sbin/asterisk"]
        asked = [*within, "-C", f"{HOME}/etc/asterisk.conf", "-rx", words]
        return subprocess.run(asked, capture_output=True, text=True, timeout=20, check=False).stdout

    def answers(self, *, pid: int) -> bool:
        """Whether it takes calls."""
        return "fully booted" in self.ask("core waitfullybooted", pid=pid)

    def _owner(self) -> tuple[int, int]:
        for line in (self.root / "etc/passwd").read_text().splitlines():
            name, _, uid, gid, *_ = line.split(":")
            if name == USER:
                return int(uid), int(gid)
        raise FileNotFoundError("asterisk has no user in its root")


def sip_port(*, wanted: int = SIP_PORT) -> int:
    """The telephone's usual port of the loopback, or one that nobody has; calls come over UDP."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as probe:
        try:
            probe.bind((LOOPBACK, wanted))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
    return port
