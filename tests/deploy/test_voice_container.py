"""Asterisk in a container is told all by variables, but for its lines, which the console sets."""

import stat
from collections.abc import Mapping
from pathlib import Path

import pytest

from deploy.voice.container import configuration, write


def made(**variables: str) -> Mapping[str, str]:
    return configuration(variables, modules="/usr/lib/aarch64-linux-gnu/asterisk/modules")


def test_calls_go_to_the_voice_server_and_come_by_the_lines_of_the_console_alone() -> None:
    files = made(LPS_VOICE_ADDRESS="172.30.73.2:4573")

    assert "bind=0.0.0.0:5060" in files["pjsip.conf"] and "#tryinclude lignes.conf" in files["pjsip.conf"]
    assert "type=endpoint" not in files["pjsip.conf"] and "type=registration" not in files["pjsip.conf"]
    assert "AGI(agi://172.30.73.2:4573/reservation,${EXTEN})" in files["extensions.conf"]
    assert "aarch64" in files["asterisk.conf"]
    assert "/dev/stdout => notice,warning,error,security" in files["logger.conf"]


def test_a_translated_address_is_told() -> None:
    told = made(LPS_SIP_PUBLIC_ADDRESS="203.0.113.9", LPS_SIP_LOCAL_NETWORKS="10.0.0.0/8,172.16.0.0/12")

    assert "external_media_address=203.0.113.9" in told["pjsip.conf"]
    assert "local_net=10.0.0.0/8,172.16.0.0/12" in told["pjsip.conf"]
    assert "external_" not in made()["pjsip.conf"]


def test_the_ports_of_sound_are_those_that_are_open() -> None:
    assert "rtpstart=20000\nrtpend=20099" in made(LPS_RTP_FIRST="20000", LPS_RTP_LAST="20099")["rtp.conf"]


@pytest.mark.parametrize(
    "variables", [{"LPS_RTP_FIRST": "20099", "LPS_RTP_LAST": "20000"}, {"LPS_RTP_FIRST": "beaucoup"}]
)
def test_ports_that_are_none_are_refused_in_words(variables: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="LPS_RTP_FIRST"):
        made(**variables)


def test_the_files_are_for_its_own_user_and_lines_outlive_a_restart(tmp_path: Path) -> None:
    write(made(LPS_RTP_FIRST="20000", LPS_RTP_LAST="20099"), home=tmp_path)
    (tmp_path / "etc/lignes.conf").write_text("[ligne-1]\n")
    (tmp_path / "etc/lignes.conf").chmod(0o400)
    write(made(), home=tmp_path)

    assert "rtpstart=10000" in (tmp_path / "etc/rtp.conf").read_text()
    assert (tmp_path / "etc/lignes.conf").read_text() == "[ligne-1]\n"
    assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "etc").iterdir()} == {0o400, 0o600}
    assert (tmp_path / "run").is_dir()
