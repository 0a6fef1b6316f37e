"""A mock operator: Kamailio, at which a line registers with its password, and which hands over the calls to its number.

Where it is not installed the tests that need it say so.
"""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.processes import wait_until
from deploy.voice import mock_operator as program
from deploy.voice.asterisk import sip_port

SECRET = "p@ss;word\\;=>3"  # what a configuration file might read as something else
USER = "0033476549340"
WHERE = program.chosen()
OBSTACLE = program.obstacle(WHERE)


@dataclass(frozen=True, slots=True)
class Operator:
    """An operator that answers on one port of the loopback."""

    port: int
    log: Path

    @property
    def address(self) -> str:
        """Where lines register, and what families dial through."""
        return f"127.0.0.1:{self.port}"

    @property
    def said(self) -> str:
        """What it told of what it did."""
        return self.log.read_text(errors="replace")


@contextmanager
def operating(folder: Path, *, password: str = SECRET) -> Iterator[Operator]:
    """An operator at work, with one account."""
    folder.mkdir(exist_ok=True)
    operator = Operator(sip_port(wanted=0), folder / "kamailio.log")
    (folder / "kamailio.cfg").write_text(_configuration(operator.port, password))
    files = ["-f", folder / "kamailio.cfg", "-P", folder / "kamailio.pid", "-Y", folder]
    command = [*program.command(WHERE), "-DD", "-E", "-m", "8", "-M", "4", *files]
    with operator.log.open("wb") as log:
        process = subprocess.Popen(command, env=dict(program.variables(WHERE)), stdout=log, stderr=log)
        try:
            assert wait_until(lambda: "ready" in operator.said or process.poll() is not None, seconds=20)
            assert process.poll() is None, operator.said
            yield operator
        finally:
            process.terminate()
            process.wait(timeout=20)


def _configuration(port: int, password: str) -> str:
    quoted = password.replace("\\", "\\\\").replace('"', '\\"')
    modules = ("tm", "sl", "rr", "pv", "maxfwd", "usrloc", "registrar", "textops", "siputils", "auth", "xlog", "kex")
    loaded = "\n".join(f'loadmodule "{name}.so"' for name in modules)
    return f"""#!KAMAILIO
debug=0
log_stderror=yes
children=2
auto_aliases=no
disable_tcp=yes
listen=udp:127.0.0.1:{port}
{loaded}
modparam("usrloc", "db_mode", 0)
modparam("rr", "enable_full_lr", 1)
event_route[core:worker-one-init] {{ xlog("L_ALERT", "ready\\n"); }}
request_route {{
  if (!mf_process_maxfwd_header("10")) {{ sl_send_reply("483", "Too Many Hops"); exit; }}
  if (is_method("REGISTER")) {{
    $var(password) = "{quoted}";
    if (!pv_www_authenticate("operator", "$var(password)", "0")) {{
      if ($au != $null) {{ xlog("L_ALERT", "refused\\n"); sl_send_reply("403", "Forbidden"); exit; }}
      www_challenge("operator", "0");
      exit;
    }}
    xlog("L_ALERT", "registered $au expires $hdr(Expires)\\n");
    save("location");
    exit;
  }}
  if (has_totag()) {{ loose_route(); t_relay(); exit; }}
  if (is_method("CANCEL")) {{ if (t_check_trans()) t_relay(); exit; }}
  if (is_method("ACK")) {{ if (t_check_trans()) t_relay(); exit; }}
  if (!is_method("INVITE")) {{ sl_send_reply("405", "Method Not Allowed"); exit; }}
  record_route();
  if ($rU =~ "^0[1-9]") {{ $rU = "0033" + $(rU{{s.substr,1,0}}); }}
  if (!lookup("location")) {{ sl_send_reply("404", "Not Found"); exit; }}
  xlog("L_ALERT", "handed over to $ru\\n");
  t_relay();
}}
"""
