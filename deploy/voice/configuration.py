"""Asterisk's configuration as text: calls handed over to the voice server, and nothing that dials out.

The lines that are set in the console are none of it: the voice server writes them beside (`voice.gateway.lines`), and
lets Asterisk read them again. One operator may be given here too, for a machine that has one line.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from voice.gateway.agi import BUSY, UNAVAILABLE
from voice.gateway.lines import FILE, Trunk, configuration, section

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


_TONES = """[general]
country=fr
[fr]
description = France
ringcadence = 1500,3500
dial = 440
busy = 440/500,0/500
ring = 440/1500,0/3500
congestion = 440/250,0/250
"""


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
    operator: Operator | None = None,
    sip: str,
    agi: str,
    rtp: tuple[int, int] = (RTP_FIRST, RTP_LAST),
    outside: Outside = Outside(),
    modules: str = MODULES,
    logs_to_output: bool = False,
) -> dict[str, str]:
    """Every file by its name; `sip` and `agi` are `address:port`, `modules` the folder of Asterisk's modules.

    Without an operator, calls come by the lines of the console alone. Its log goes to files of its folder, or to its
    output: a container's memory holds no file that grows.
    """
    empty = ("acl", "features", "udptl", "ccss", "stasis", "cli_permissions", "pjproject", "statsd")
    return {
        "asterisk.conf": _asterisk(modules),
        "modules.conf": "\n".join(["[modules]", "autoload = no", *(f"load = {name}.so" for name in _MODULES), ""]),
        "pjsip.conf": _pjsip(operator, sip, outside),
        "extensions.conf": _extensions(agi),
        "rtp.conf": f"[general]\nrtpstart={rtp[0]}\nrtpend={rtp[1]}\n",
        "logger.conf": _logger(to_output=logs_to_output),
        "indications.conf": _TONES,
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


def _pjsip(operator: Operator | None, sip: str, outside: Outside) -> str:
    parts = [
        section("global", {"type": "global", "endpoint_identifier_order": "ip"}),
        section("udp", {"type": "transport", "protocol": "udp", "bind": sip, **_seen_from(outside)}),
    ]
    if operator:
        trunk = Trunk(
            name="operateur",
            server=operator.server,
            username=operator.username,
            password=operator.password,
            networks=tuple(operator.network.split(",")),
        )
        parts.append(configuration([trunk]))
    return "\n".join([*parts, f"#tryinclude {FILE}", ""])


def _seen_from(outside: Outside) -> Mapping[str, str]:
    """What the transport tells those who reach us through a translated address."""
    if not outside.address:
        return {}
    known = {"external_media_address": outside.address, "external_signaling_address": outside.address}
    return {**known, "local_net": ",".join(outside.local_networks)} if outside.local_networks else known


def _extensions(agi: str) -> str:
    """The number dialed goes to the voice server, which knows whose it is and answers; it may ask for a busy line.

    It ends its calls itself: whatever comes back here has lost it, at once or on the way, and hears one sentence.
    """
    return f"""[depuis-operateur]
exten => _[+0-9].,1,NoOp(appel)
 same => n,Set(GROUP(lps)=tous)
 same => n,GotoIf($[${{GROUP_COUNT(tous@lps)}} > {MOST_CALLS}]?sature)
 same => n,Set(TIMEOUT(absolute)={LONGEST_CALL})
 same => n,AGI(agi://{agi}/reservation,${{EXTEN}})
 same => n,GotoIf($["${{{BUSY}}}" = "1"]?sature)
 same => n,Answer(200)
 same => n,Playback({PROMPTS}/{UNAVAILABLE})
 same => n,Hangup()
 same => n(sature),Busy(5)
"""
