"""Operators' lines as Asterisk reads them, and who looks after them when something is missing."""

import os
import socket
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from pytest_django import Settings

from lps.console.lines import Wanted, add_line
from lps.journal.actors import Actor
from lps.kernel import clock
from tenants import telephone
from tenants.models import Commune, CommuneState, OperatorLine, VoiceServer
from tests.sql import counted
from voice.gateway.exchange import Exchange, Silent
from voice.gateway.keeper import Keeper
from voice.gateway.lines import FILE, Trunk, configuration

ACCOUNT = Trunk(name="ligne-7", server="sip.operator.example", username="0033476549340", password="secret")
BY = Actor.system("essai")
REGISTRATIONS = """
 <Registration/ServerURI..............................>  <Auth....................>  <Status.......>
==========================================================================================

 ligne-{}-reg/sip:sip.operator.example                 ligne-7-auth      {}        (exp. 280s)
"""
CHANNELS = "PJSIP/ligne-{}-00000001!depuis-operateur!0033476549340!6!Up!AGI!x\nPJSIP/local-00000002!x!1!6!Up\n"


def test_an_account_registers_and_a_trunk_is_known_by_its_addresses() -> None:
    account, trunk = (
        configuration([ACCOUNT]),
        configuration([Trunk(name="ligne-8", networks=("192.0.2.0/24", "198.51.100.7"))]),
    )

    assert "client_uri=sip:0033476549340@sip.operator.example" in account and "password=secret" in account
    assert "contact_user=0033476549340" in account and "identify" not in account.replace("identify_by", "")
    assert "registration" not in trunk and "match=192.0.2.0/24,198.51.100.7" in trunk


def test_an_account_may_have_a_proxy_and_another_number_called() -> None:
    told = configuration(
        [Trunk(name="ligne-7", server="a.fr", username="ovh", proxy="p.fr:5062", contact="0476549340")]
    )

    assert "outbound_proxy=sip:p.fr:5062\\;lr" in told and "contact_user=0476549340" in told


def test_no_line_may_dial_or_be_transferred() -> None:
    told = configuration([ACCOUNT])

    assert "allow_transfer=no" in told and "context=depuis-operateur" in told and "aors" not in told


def test_a_semicolon_begins_no_comment() -> None:
    assert "password=a\\;b\\\\;--c=>" in configuration([Trunk(name="ligne-7", username="1", password="a;b\\;--c=>")])


@pytest.mark.parametrize("value", ["two\nlines", "nul\0", " space at its edge", "\x7f"])
def test_a_value_that_would_be_read_as_something_else_is_refused(value: str) -> None:
    with pytest.raises(ValueError):
        configuration([Trunk(name="ligne-7", username="line", password=value)])


def test_a_password_is_not_in_what_a_line_shows_of_itself() -> None:
    assert "secret" not in repr(ACCOUNT)


def line_of(**more: object) -> OperatorLine:
    facts = {"name": "OVH", "kind": "account", "server": "sip.ovh.fr", "username": "0033476549340", "password": "x"}
    return add_line(wanted=Wanted(**{**facts, **more}), by=BY)  # type: ignore[arg-type]


@contextmanager
def asterisk(home: Path, answers: dict[str, str]) -> Iterator[list[str]]:
    """What stands at the other end of the socket: it keeps what it was asked, and answers it."""
    for name in ("etc", "run"):
        (home / name).mkdir(exist_ok=True)
    asked: list[str] = []
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(os.path.relpath(home / "run" / "asterisk.ctl"))
        door.listen()

        def answer() -> None:
            while True:
                try:
                    console, _ = door.accept()
                except OSError:
                    return
                with console:
                    console.sendall(b"host/1/22\n")
                    words = console.recv(1000).decode().rstrip("\0").removeprefix("cli quit after ")
                    asked.append(words)
                    console.sendall(answers.get(words, "").encode() + b"\0")

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        try:
            yield asked
        finally:
            door.shutdown(socket.SHUT_RDWR)
            thread.join()


def look(home: Path | None, *, calls: int = 0) -> Keeper:
    keeper = Keeper(name="voix-1", started_at=clock.real_now(), exchange=Exchange(home) if home else None)
    keeper.look(calls=calls, at=clock.real_now())
    return keeper


@pytest.mark.parametrize(
    ("word", "state"),
    [("Registered", "registered"), ("Rejected", "rejected"), ("Stopped", "rejected"), ("Unregistered", "waiting")],
)
def test_what_asterisk_says_is_kept_by_line(db: None, tmp_path: Path, word: str, state: str) -> None:
    line = line_of()
    answers = {
        "pjsip show registrations": REGISTRATIONS.format(line.pk, word),
        "core show channels concise": CHANNELS.format(line.pk),
    }

    with asterisk(tmp_path, answers):
        look(tmp_path, calls=2)

    kept = telephone.operator_line(pk=line.pk)
    assert (kept.state, kept.calls) == (state, 1) and kept.state_since
    [server] = telephone.voice_servers()
    assert (server.calls, server.exchange) == (2, VoiceServer.Exchange.UP)


def test_lines_are_read_again_only_when_they_have_changed(db: None, tmp_path: Path) -> None:
    line_of(name="One")
    with asterisk(tmp_path, {}) as asked:
        keeper = look(tmp_path)
        first = sum(words.startswith("module reload") for words in asked)
        keeper.look(calls=0, at=clock.real_now())
        second = sum(words.startswith("module reload") for words in asked)
        line_of(name="Two", is_open=False)
        keeper.look(calls=0, at=clock.real_now())
        third = sum(words.startswith("module reload") for words in asked)
        line_of(name="Three")
        keeper.look(calls=0, at=clock.real_now())
        fourth = sum(words.startswith("module reload") for words in asked)

    assert first == second == third > 0 and fourth == 2 * first
    kept = tmp_path / "etc" / FILE
    assert stat.S_IMODE(kept.stat().st_mode) == 0o400 and kept.read_text().count("type=registration") == 2


def test_lines_that_an_asterisk_away_was_not_told_are_told_once_it_answers(db: None, tmp_path: Path) -> None:
    line_of()
    (tmp_path / "etc").mkdir()
    keeper = look(tmp_path)
    assert [one.exchange for one in telephone.voice_servers()] == [VoiceServer.Exchange.DOWN]

    with asterisk(tmp_path, {}) as asked:
        keeper.look(calls=0, at=clock.real_now())

    assert any(words.startswith("module reload") for words in asked)
    assert [one.exchange for one in telephone.voice_servers()] == [VoiceServer.Exchange.UP]


def test_the_lines_of_a_closed_commune_are_not_given(demo: Commune, tmp_path: Path) -> None:
    line_of(commune=demo)
    demo.state = CommuneState.CLOSED
    demo.save()

    with asterisk(tmp_path, {}):
        look(tmp_path)

    assert "registration" not in (tmp_path / "etc" / FILE).read_text()


def test_a_line_whose_key_is_lost_leaves_the_others_their_calls(db: None, tmp_path: Path, settings: Settings) -> None:
    lost = line_of(name="Lost")
    settings.LPS_APP_KEYS = {"k9": b"0123456789abcdef0123456789abcdef"}
    line_of(name="Other")

    with asterisk(tmp_path, {}):
        look(tmp_path)

    assert telephone.operator_line(pk=lost.pk).state == OperatorLine.State.UNREADABLE
    assert (tmp_path / "etc" / FILE).read_text().count("type=registration") == 1


def test_nobody_at_the_socket_is_said(tmp_path: Path) -> None:
    with pytest.raises(Silent):
        Exchange(tmp_path).calls()


def test_a_server_without_asterisk_tells_of_itself_and_is_forgotten_once_it_stops(db: None) -> None:
    keeper = look(None, calls=3)

    assert [(one.name, one.calls, one.exchange) for one in telephone.voice_servers()] == [("voix-1", 3, "")]
    keeper.leave()
    assert telephone.voice_servers() == []


def test_a_server_replaced_under_another_name_is_forgotten_after_a_day(db: None) -> None:
    old = clock.real_now() - timedelta(days=2)
    telephone.note_server(VoiceServer(name="old", started_at=old, seen_at=old))

    look(None)

    assert [one.name for one in telephone.voice_servers()] == ["voix-1"]


def test_ten_lines_cost_the_statements_of_one(db: None, tmp_path: Path) -> None:
    line_of(name="First")
    with asterisk(tmp_path, {}):
        keeper = look(tmp_path)
        with counted() as one:
            keeper.look(calls=0, at=clock.real_now())
        for rank in range(10):
            line_of(name=f"Line {rank}")
        keeper.look(calls=0, at=clock.real_now())
        with counted() as eleven:
            keeper.look(calls=0, at=clock.real_now())

    assert len(eleven) == len(one) <= 4, str(eleven)
