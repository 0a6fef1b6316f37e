"""Operators' lines as Asterisk reads them: one endpoint a line, and what registers it or tells its addresses.

What the file holds may be a password: whoever writes it keeps it from other users, and nothing of it goes to a log.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

FILE = "lignes.conf"
PREFIX = "ligne-"
_KEEP_OPEN = "15"  # no sound is sent while a key is waited for: it keeps NAT open
Section = tuple[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trunk:
    """One operator's line: it registers when it has a user's name, and takes calls from its networks."""

    name: str  # Asterisk's own for it
    server: str = ""
    username: str = ""
    password: str = field(default="", repr=False)
    proxy: str = ""
    contact: str = ""
    networks: tuple[str, ...] = ()


def name_of(key: int) -> str:
    """Asterisk's name for a line that is set in the console."""
    return f"{PREFIX}{key}"


def configuration(trunks: Iterable[Trunk]) -> str:
    """The lines' part of `pjsip.conf`. Raises ValueError for a value that Asterisk would read as something else."""
    return "\n".join(section(name, values) for trunk in trunks for name, values in _sections(trunk))


def _endpoint() -> Mapping[str, str]:
    """What every line has in common: keys heard however they come, sound through us, nothing that dials."""
    return {
        "type": "endpoint",
        "transport": "udp",
        "context": "depuis-operateur",
        "disallow": "all",
        "allow": "alaw,ulaw",
        "dtmf_mode": "auto",
        "direct_media": "no",
        "rtp_symmetric": "yes",
        "force_rport": "yes",
        "rewrite_contact": "yes",
        "rtp_timeout": "30",
        "rtp_keepalive": _KEEP_OPEN,
        "trust_id_inbound": "yes",
        "allow_transfer": "no",
        "identify_by": "ip",
    }


def section(name: str, values: Mapping[str, str]) -> str:
    """One section. A semicolon begins no comment, nor `>` an object; a line break is refused."""
    return "\n".join([f"[{name}]", *(f"{key}={_value(value)}" for key, value in values.items()), ""])


def _value(value: str) -> str:
    if any(ord(sign) < 32 or ord(sign) == 127 for sign in value) or value != value.strip():
        raise ValueError("a value of the configuration holds a line break or ends with a space")
    return f"{' ' if value.startswith('>') else ''}{value}".replace(";", "\\;")


def _sections(trunk: Trunk) -> list[Section]:
    name = trunk.name
    found: list[Section] = [(name, _endpoint())]
    if trunk.username:
        auth = {"type": "auth", "auth_type": "digest", "username": trunk.username, "password": trunk.password}
        found += [(f"{name}-auth", auth), (f"{name}-reg", _registration(trunk))]
    if trunk.networks:
        found.append((name, {"type": "identify", "endpoint": name, "match": ",".join(trunk.networks)}))
    return found


def _registration(trunk: Trunk) -> Mapping[str, str]:
    proxy = {"outbound_proxy": f"sip:{trunk.proxy};lr"} if trunk.proxy else {}
    return {
        "type": "registration",
        "transport": "udp",
        "outbound_auth": f"{trunk.name}-auth",
        "server_uri": f"sip:{trunk.server}",
        "client_uri": f"sip:{trunk.username}@{trunk.server}",
        "contact_user": trunk.contact or trunk.username,
        **proxy,
        "expiration": "300",
        "retry_interval": "20",
        "forbidden_retry_interval": "300",  # a password put right at the operator's is noticed
        "fatal_retry_interval": "300",
        "max_retries": "100000",
        "auth_rejection_permanent": "no",
        "line": "yes",  # a call that bears it is this line's, whatever address it comes from
        "endpoint": trunk.name,
    }
