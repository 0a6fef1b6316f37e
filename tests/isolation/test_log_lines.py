"""One line of a log: what is hidden in it, and what a developer still reads."""

import json
import logging
import sys

import pytest

from lps.kernel.log_context import MASK, JsonFormatter, MaskedFormatter, mask, mask_path

TOKEN = "nkiARouu2Xw8x2j2WrsSnHM241Efs1NPHhAO_l1IBjU"


@pytest.mark.parametrize(
    "around",
    [
        "{}",
        "/enfants/{}/planning/",
        "/enfants/{}",
        "code:{}",
        "code {}.",
        "{}:",
        "-{}-",
        "T{}",
        "{}x",
        "v2.{}",
        "1-{}",
        "enfant{}.json",
        "/?suivant=%2Fenfants%2F{}%2Fplanning%2F",
        "Key (code)=({}) already exists.",
    ],
)
@pytest.mark.parametrize("code", ["123456", "48291573", "2014101312", "123456654321"])
def test_a_code_is_hidden_whatever_stands_beside_it(around: str, code: str) -> None:
    hidden = mask(around.format(code))

    assert code not in hidden and MASK in hidden
    assert sum(character.isdigit() for character in hidden) < 6


@pytest.mark.parametrize("address", ["alice.martin@example.org", "a+b_c%d@sub.exemple.fr", "<claire@mairie.example>"])
def test_an_address_is_hidden(address: str) -> None:
    assert mask(f"refused: {address}: unknown") in (f"refused: {MASK}: unknown", f"refused: <{MASK}>: unknown")


def test_the_longest_address_is_hidden_whole_and_those_that_touch() -> None:
    assert mask(f"refused: {'a' * 64}@exemple.fr") == f"refused: {MASK}"
    assert mask("refused: a@b.fr+c@d.fr") == f"refused: {MASK}{MASK}"


@pytest.mark.parametrize(
    "secret",
    [
        TOKEN,
        f"lps_{TOKEN}",
        "9f86d081884c7d659a2feaa0c55ad015",
        "QTKJ2SQPAGANHGJZ62DQP3TCVW2B26LA",
        "d1.Zm9vYmFyYmF6cXV4cXV1eGNvcmdlZ3JhdWx0Z2FycGx5",
    ],
)
def test_what_was_drawn_at_random_is_hidden(secret: str) -> None:
    hidden = mask(f"/difficultes/{secret}/ gone, Bearer {secret}.")

    assert max(map(len, hidden.replace(MASK, " ").split())) < 20


def test_the_password_of_a_service_is_hidden() -> None:
    assert mask("amqp://lps:s3cr3t@127.0.0.1:5672/") == f"amqp://{MASK}@127.0.0.1:5672/"


@pytest.mark.parametrize(
    "line",
    [
        "POST /enfants/<str:code>/planning/ 302 1234 ms",
        "Connected to redis://127.0.0.1:40733/0",
        "from 2014-10-13 to 2014-10-17 at 13:20:05",
        '  File "platform/lps/families/services/signing_in.py", line 1042, in sign_in',
        "test_a_message_posted_is_sent_by_the_worker_and_one_undone_is_not",
        "celery@vm ready.",
        "Task notifications.drain[4e72ee94-…] succeeded in 0.0123s: None",
    ],
)
def test_the_rest_is_left_to_be_read(line: str) -> None:
    assert mask(line) == line


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/static/ui/look.css", "/static/ui/look.css"),
        ("/wp-login.php", "/wp-login.php"),
        ("/enfants/123456/photos/", f"/enfants/{MASK}/photos/"),
        ("/enfants/72.00.00.01/", f"/enfants/{MASK}/"),
        ("/enfants/7200 0001/", f"/enfants/{MASK}/"),
        (f"/difficultes/{TOKEN}", f"/difficultes/{MASK}"),
        ("/Angéline/", f"/{MASK}/"),
        ("/aide\n2014 ERROR faux", f"/{MASK}"),
        ("/" + "a" * 41, f"/{MASK}"),
    ],
)
def test_an_address_that_no_route_knows_keeps_its_plain_words(path: str, shown: str) -> None:
    assert mask_path(path) == shown


def record(message: str, *values: object, error: BaseException | None = None) -> logging.LogRecord:
    trace = (type(error), error, error.__traceback__) if error else None
    return logging.LogRecord("essai", logging.ERROR, "essai.py", 1, message, values, trace)


@pytest.mark.parametrize("formatter", [MaskedFormatter(), JsonFormatter()])
def test_a_trace_is_hidden_too_and_its_causes(formatter: logging.Formatter) -> None:
    try:
        try:
            raise KeyError("123456")
        except KeyError as cause:
            raise ValueError(f"alice@example.org {TOKEN}") from cause
    except ValueError:
        line = formatter.format(record("bad child %s", 654321, error=sys.exc_info()[1]))

    assert "ValueError" in line and "KeyError" in line and "test_log_lines.py" in line
    assert not [secret for secret in ("123456", "654321", "alice@", TOKEN) if secret in line]


@pytest.mark.parametrize("formatter", [MaskedFormatter(), JsonFormatter()])
def test_a_line_that_cannot_be_written_shows_no_value(formatter: logging.Formatter) -> None:
    line = formatter.format(record("bad child %d", "123456"))

    assert "bad child" in line and "123456" not in line


def test_a_collector_gets_one_object_a_line() -> None:
    line = JsonFormatter().format(record("two\nlines of « é »"))

    assert "\n" not in line
    assert json.loads(line)["message"] == "two\nlines of « é »"
