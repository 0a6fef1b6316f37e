"""What Asterisk is told: calls go to the voice server alone, and nothing can dial out."""

import pytest

from deploy.voice.configuration import Operator, files
from voice.gateway.lines import FILE

TRUNK = Operator(network="192.0.2.10/32")
LINE = Operator(network="192.0.2.10/32", server="sip.operator.example", username="0033476549340", password="secret")


def made(operator: Operator = TRUNK) -> dict[str, str]:
    return files(operator=operator, sip="127.0.0.1:5060", agi="127.0.0.1:4573")


def test_no_application_that_dials_is_loaded() -> None:
    modules = made()["modules.conf"]

    assert "autoload = no" in modules
    for name in ("app_dial", "originate", "refer", "pbx_spool", "app_transfer", "features"):
        assert name not in modules
    assert "Dial(" not in made()["extensions.conf"]


def test_a_call_goes_to_the_voice_server_else_a_sentence_is_said() -> None:
    told = made()["extensions.conf"]

    assert "AGI(agi://127.0.0.1:4573/reservation,${EXTEN})" in told
    assert told.index("AGI(") < told.index("?sature)\n same => n,Answer") < told.index("Playback(")


def test_a_trunk_registers_nowhere_and_a_line_with_its_password() -> None:
    assert "registration" not in made()["pjsip.conf"]
    told = made(LINE)["pjsip.conf"]
    assert "client_uri=sip:0033476549340@sip.operator.example" in told and "password=secret" in told
    assert "match=192.0.2.10/32" in told


def test_the_lines_of_the_console_are_a_file_beside_and_without_an_operator_nobody_else_may_call() -> None:
    told = files(sip="127.0.0.1:5060", agi="127.0.0.1:4573")

    assert f"#tryinclude {FILE}" in told["pjsip.conf"] and FILE not in told
    assert "type=endpoint" not in told["pjsip.conf"] and "match" not in told["pjsip.conf"]


@pytest.mark.parametrize("password", ["two\nlines", "nul\0"])
def test_a_value_that_would_be_read_as_something_else_is_refused(password: str) -> None:
    with pytest.raises(ValueError):
        made(Operator(username="line", server="sip.operator.example", password=password))
