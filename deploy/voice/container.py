"""Asterisk in a container: its configuration from variables, then Asterisk itself in our place.

Standard library alone, and no root: it runs as the user that the image names, and writes below `HOME` only. Operators'
lines are none of it: they are set in the console, and the voice server, the same user, writes them there.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from deploy.voice.asterisk import FOLDERS, SIP_PORT
from deploy.voice.configuration import HOME, MODULES, RTP_FIRST, RTP_LAST, Outside, files

AGI_PORT = 4573
ASTERISK = "/usr/sbin/asterisk"
_RTP = (("LPS_RTP_FIRST", RTP_FIRST), ("LPS_RTP_LAST", RTP_LAST))


def configuration(variables: Mapping[str, str], *, modules: str) -> dict[str, str]:
    """Every file of Asterisk by its name; raises ValueError with a sentence when a variable does not do."""
    return files(
        sip=variables.get("LPS_SIP_LISTEN", f"0.0.0.0:{SIP_PORT}"),
        agi=variables.get("LPS_VOICE_ADDRESS", f"127.0.0.1:{AGI_PORT}"),
        rtp=_ports(variables),
        outside=Outside(
            address=variables.get("LPS_SIP_PUBLIC_ADDRESS", ""),
            local_networks=_words(variables.get("LPS_SIP_LOCAL_NETWORKS", "")),
        ),
        modules=modules,
        logs_to_output=True,
    )


def _ports(variables: Mapping[str, str]) -> tuple[int, int]:
    first, last = (variables.get(name, str(usual)) for name, usual in _RTP)
    if not (first.isdecimal() and last.isdecimal() and 1024 <= int(first) < int(last) <= 65535):
        raise ValueError("LPS_RTP_FIRST et LPS_RTP_LAST sont deux ports, de 1024 à 65535, le premier avant le dernier.")
    return int(first), int(last)


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def write(texts: Mapping[str, str], *, home: Path) -> None:
    """Lay the files down, for our user alone, and leave the lines that are there."""
    for name in FOLDERS:
        (home / name).mkdir(parents=True, exist_ok=True, mode=0o700)
    for name, text in texts.items():
        path = home / "etc" / name
        path.unlink(missing_ok=True)
        path.touch(mode=0o600)
        path.write_text(text)


def main() -> int:
    """Become Asterisk; 1 with a sentence when the variables do not allow it."""
    modules = next(Path("/usr/lib").glob("*/asterisk/modules"), Path(MODULES))  # the folder bears the processor's name
    try:
        write(configuration(os.environ, modules=str(modules)), home=Path(HOME))
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    os.execv(ASTERISK, [ASTERISK, "-f", "-C", f"{HOME}/etc/asterisk.conf"])


if __name__ == "__main__":
    sys.exit(main())
