"""Asterisk in a container is told everything by variables, and refuses to start half told."""

import stat
from collections.abc import Mapping
from pathlib import Path

import pytest

from deploy.voice.container import configuration, write

TRUNK = {"LPS_SIP_NETWORKS": "192.0.2.10/32, 192.0.2.11/32"}
LINE = {"LPS_SIP_SERVER": "sip.operator.example", "LPS_SIP_USERNAME": "0033476549340", "LPS_SIP_PASSWORD": "secret"}


def made(**variables: str) -> Mapping[str, str]:
    return configuration({**TRUNK, **variables}, modules="/usr/lib/aarch64-linux-gnu/asterisk/modules")


def test_calls_of_the_operator_alone_go_to_the_voice_server() -> None:
    files = made(LPS_VOICE_ADDRESS="172.30.73.2:4573")

    assert "match=192.0.2.10/32,192.0.2.11/32" in files["pjsip.conf"]
    assert "bind=0.0.0.0:5060" in files["pjsip.conf"] and "registration" not in files["pjsip.conf"]
    assert "AGI(agi://172.30.73.2:4573/reservation,${EXTEN})" in files["extensions.conf"]
    assert "aarch64" in files["asterisk.conf"]
    assert "/dev/stdout => notice,warning,error,security" in files["logger.conf"]


def test_a_line_registers_and_a_translated_address_is_told() -> None:
    told = made(**LINE, LPS_SIP_PUBLIC_ADDRESS="203.0.113.9", LPS_SIP_LOCAL_NETWORKS="10.0.0.0/8,172.16.0.0/12")

    assert "server_uri=sip:sip.operator.example" in told["pjsip.conf"]
    assert "external_media_address=203.0.113.9" in told["pjsip.conf"]
    assert "local_net=10.0.0.0/8,172.16.0.0/12" in told["pjsip.conf"]
    assert "external_" not in made()["pjsip.conf"]


def test_the_ports_of_sound_are_those_that_are_open() -> None:
    assert "rtpstart=20000\nrtpend=20099" in made(LPS_RTP_FIRST="20000", LPS_RTP_LAST="20099")["rtp.conf"]


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({"LPS_SIP_NETWORKS": " "}, "LPS_SIP_NETWORKS"),
        ({"LPS_SIP_USERNAME": "0033476549340"}, "LPS_SIP_PASSWORD"),
        ({"LPS_RTP_FIRST": "20099", "LPS_RTP_LAST": "20000"}, "LPS_RTP_FIRST"),
        ({"LPS_RTP_FIRST": "beaucoup"}, "LPS_RTP_FIRST"),
    ],
)
def test_a_start_half_told_is_refused_in_words(variables: dict[str, str], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        made(**variables)


def test_the_files_are_for_its_own_user_even_after_a_restart(tmp_path: Path) -> None:
    for password in ("premier", "second"):
        write(made(**{**LINE, "LPS_SIP_PASSWORD": password}), home=tmp_path)

    told = tmp_path / "etc/pjsip.conf"
    assert "password=second" in told.read_text()
    assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "etc").iterdir()} == {0o600}
    assert (tmp_path / "run").is_dir()
