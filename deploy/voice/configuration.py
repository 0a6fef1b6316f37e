"""Asterisk's configuration as text: one operator, calls handed over to the voice server, and nothing that dials out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from voice.gateway.agi import BUSY, UNAVAILABLE

HOME = "/srv/lps"  # as Asterisk sees it
PROMPTS = "/var/lib/lps/prompts"
MODULES = "/usr/lib/x86_64-linux-gnu/asterisk/modules"
MOST_CALLS = 300
LONGEST_CALL = 600
RTP_FIRST, RTP_LAST = 10000, 10999  # two ports a call

# All of them are needed; no application that dials is among them.
_MODULES = (
    "res_timing_timerfd",
    "res_sorcery_config",
    "res_sorcery_memory",
    "res_sorcery_astdb",
    "res_statsd",
    "res_pjproject",
    "res_pjsip",
    "res_pjsip_session",
    "res_pjsip_sdp_rtp",
    "res_pjsip_pubsub",
    "res_pjsip_outbound_publish",
    "res_rtp_asterisk",
    "res_pjsip_endpoint_identifier_ip",
    "res_pjsip_authenticator_digest",
    "res_pjsip_outbound_authenticator_digest",
    "res_pjsip_outbound_registration",
    "res_pjsip_caller_id",
    "res_pjsip_nat",
    "res_pjsip_acl",
    "res_pjsip_dtmf_info",
    "res_pjsip_diversion",
    "res_pjsip_rfc3326",
    "res_pjsip_logger",
    "chan_pjsip",
    "codec_alaw",
    "codec_ulaw",
    "format_wav",
    "format_pcm",
    "pbx_config",
    "res_speech",
    "res_agi",
    "app_playback",
    "app_verbose",
    "func_callerid",
    "func_channel",
    "func_timeout",
    "func_strings",
    "func_logic",
    "func_groupcount",
    "func_hangupcause",
    "res_security_log",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """Where calls come from: an address alone (a trunk), or a line that Asterisk registers with its password."""

    network: str = "127.0.0.1/32"
    server: str = ""
    username: str = ""
    password: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """How others see us behind a translated address: ours for them, and the networks that need none."""

    address: str = ""
    local_networks: tuple[str, ...] = ()


def files(
    *,
    operator: Operator,
    sip: str,
    agi: str,
    rtp: tuple[int, int] = (RTP_FIRST, RTP_LAST),
    outside: Outside = Outside(),
    modules: str = MODULES,
    logs_to_output: bool = False,
) -> dict[str, str]:
    """Every file by its name; `sip` and `agi` are `address:port`, `modules` the folder of Asterisk's modules.

    Its lines go to files of its log folder, or to its output: a container's memory holds no file that grows.
    """
    empty = ("acl", "features", "udptl", "ccss", "stasis", "cli_permissions", "pjproject")
    return {
        "asterisk.conf": _asterisk(modules),
        "modules.conf": "\n".join(["[modules]", "autoload = no", *(f"load = {name}.so" for name in _MODULES), ""]),
        "pjsip.conf": _pjsip(operator, sip, outside),
        "extensions.conf": _extensions(agi),
        "rtp.conf": f"[general]\nrtpstart={rtp[0]}\nrtpend={rtp[1]}\n",
        "logger.conf": _logger(to_output=logs_to_output),
        "indications.conf": "[general]\ncountry=fr\n[fr]\ndescription = France\nringcadence = 1500,3500\n",
        **{f"{name}.conf": "[general]\nenable=no\n" for name in ("cdr", "cel")},
        **{f"{name}.conf": "[general]\nenabled=no\n" for name in ("manager", "http")},
        **{f"{name}.conf": "" for name in empty},
    }


def _asterisk(modules: str) -> str:
    folders = {
        "astetcdir": f"{HOME}/etc",
        "astmoddir": modules,
        "astvarlibdir": "/var/lib/asterisk",
        "astdbdir": f"{HOME}/db",
        "astkeydir": "/var/lib/asterisk",
        "astdatadir": "/usr/share/asterisk",
        "astagidir": "/usr/share/asterisk/agi-bin",
        "astspooldir": f"{HOME}/spool",
        "astrundir": f"{HOME}/run",
        "astlogdir": f"{HOME}/log",
    }
    lines = [f"{name} => {value}" for name, value in folders.items()]
    return "\n".join(["[directories]", *lines, ""])


def _logger(*, to_output: bool) -> str:
    if to_output:
        return "[general]\nqueue_log=no\n[logfiles]\n/dev/stdout => notice,warning,error,security\n"
    return "[general]\n[logfiles]\nsecurity => security\nmessages => notice,warning,error\n"


def _pjsip(operator: Operator, sip: str, outside: Outside) -> str:
    sections: list[tuple[str, Mapping[str, str]]] = [
        ("global", {"type": "global", "endpoint_identifier_order": "ip"}),
        ("udp", {"type": "transport", "protocol": "udp", "bind": sip, **_seen_from(outside)}),
    ]
    if operator.username:
        sections += _registration(operator)
    endpoint = {
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
        "rtp_keepalive": "15",  # no sound is sent while a key is waited for: it keeps NAT open
        "trust_id_inbound": "yes",
        "identify_by": "ip",
    }
    sections += [
        ("operateur", endpoint),
        ("operateur", {"type": "identify", "endpoint": "operateur", "match": operator.network}),
    ]
    return "\n".join(_section(name, values) for name, values in sections)


def _seen_from(outside: Outside) -> Mapping[str, str]:
    """What the transport tells those who reach us through a translated address."""
    if not outside.address:
        return {}
    known = {"external_media_address": outside.address, "external_signaling_address": outside.address}
    return {**known, "local_net": ",".join(outside.local_networks)} if outside.local_networks else known


def _registration(operator: Operator) -> list[tuple[str, Mapping[str, str]]]:
    name = operator.username
    auth = {"type": "auth", "auth_type": "digest", "username": name, "password": operator.password}
    registration = {
        "type": "registration",
        "transport": "udp",
        "outbound_auth": "operateur-auth",
        "server_uri": f"sip:{operator.server}",
        "client_uri": f"sip:{name}@{operator.server}",
        "contact_user": name,
        "retry_interval": "20",
        "line": "yes",
        "endpoint": "operateur",
    }
    return [("operateur-auth", auth), ("operateur-reg", registration)]


def _section(name: str, values: Mapping[str, str]) -> str:
    for value in values.values():
        if "\n" in value or ";" in value:
            raise ValueError("a value of the configuration holds a line break or a semicolon")
    return "\n".join([f"[{name}]", *(f"{key}={value}" for key, value in values.items()), ""])


def _extensions(agi: str) -> str:
    """The number dialed goes to the voice server, which knows whose it is and answers; it may ask for a busy line.

    Without it, one sentence and good-bye.
    """
    return f"""[depuis-operateur]
exten => _[+0-9].,1,NoOp(appel)
 same => n,Set(GROUP(lps)=tous)
 same => n,GotoIf($[${{GROUP_COUNT(tous@lps)}} > {MOST_CALLS}]?sature)
 same => n,Set(TIMEOUT(absolute)={LONGEST_CALL})
 same => n,AGI(agi://{agi}/reservation,${{EXTEN}})
 same => n,GotoIf($["${{{BUSY}}}" = "1"]?sature)
 same => n,GotoIf($["${{AGISTATUS}}" = "SUCCESS"]?fin)
 same => n,Answer(200)
 same => n,Playback({PROMPTS}/{UNAVAILABLE})
 same => n(fin),Hangup()
 same => n(sature),Busy(5)
"""
