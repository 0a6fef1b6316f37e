"""Start Asterisk in its root: private mounts that vanish with it, its own user, the ports that it is told alone."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.voice.configuration import HOME, PROMPTS

FOLDERS = ("etc", "db", "spool", "run", "log")


@dataclass(frozen=True, slots=True)
class Asterisk:
    """One Asterisk: its root, the folder of its configuration and state, the folder of the sentences."""

    root: Path
    home: Path
    prompts: Path

    def write(self, files: Mapping[str, str]) -> None:
        """Write the configuration, readable by Asterisk's user alone: it may hold an operator's password."""
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
        start = ["exec", "chroot", str(root), "/usr/sbin/asterisk", "-f", "-C", f"{HOME}/etc/asterisk.conf"]
        script = " && ".join(shlex.join(step) for step in (*steps, start))
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
            if name == "asterisk":
                return int(uid), int(gid)
        raise FileNotFoundError("asterisk has no user in its root")
