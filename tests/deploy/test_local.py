"""What the person at the keyboard set: taken, or refused in one sentence that says what to do."""

import os
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from deploy import data_dir
from deploy.local import chosen_port, web_port
from deploy.processes import LOOPBACK, Impossible, free_port
from tests.deploy.seen import clean_environment

ROOT = Path(__file__).resolve().parents[2]
KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


def run(folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """Start the product with these variables; it is expected to refuse at once."""
    environment = clean_environment(**{"DATA_DIR": str(folder), "PORT": str(free_port()), **more})
    command = [sys.executable, "-m", "deploy.run"]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize("words", ["0", "65536", "http", "-1", "8000.5", "8 000"])
def test_refuses_what_is_not_a_port(monkeypatch: pytest.MonkeyPatch, words: str) -> None:
    monkeypatch.setenv("PORT", words)

    with pytest.raises(Impossible, match=f"PORT={words} n'est pas un port : donnez un nombre de 1 à 65535"):
        chosen_port("PORT")


@pytest.mark.parametrize(("words", "port"), [("", None), (" 8010 ", 8010), ("65535", 65535)])
def test_reads_a_port(monkeypatch: pytest.MonkeyPatch, words: str, port: int | None) -> None:
    monkeypatch.setenv("PORT", words)

    assert chosen_port("PORT") == port


def test_names_a_free_port_when_the_wanted_one_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_dir, "LEAVING_SECONDS", 0.1)
    with closing(socket.create_server((LOOPBACK, 0))) as somebody:
        taken = somebody.getsockname()[1]
        monkeypatch.setenv("PORT", str(taken))

        with pytest.raises(Impossible) as refusal:
            web_port()

    words = str(refusal.value)
    assert words.startswith(f"Le port {taken} est déjà pris")
    monkeypatch.setenv("PORT", words.partition("PORT=")[2].split()[0])
    assert web_port() != taken


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"PORT": "http"}, "PORT=http n'est pas un port"),
        ({"LPS_CLOCK": "hier"}, "LPS_CLOCK=hier ne peut pas être lu : donnez un instant avec son décalage"),
        ({"DATABASE_URL": "postgresql://a:b@127.0.0.1:1/lps"}, "La base de données de DATABASE_URL ne répond pas"),
        (
            {"DATABASE_URL": os.environ["DATABASE_URL"], "REDIS_URL": "redis://127.0.0.1:1/0"},
            "Le serveur de REDIS_URL ne répond pas",
        ),
        (
            {"DATABASE_URL": os.environ["DATABASE_URL"], "REDIS_URL": "not an address"},
            "Le serveur de REDIS_URL ne répond pas",
        ),
        ({"EMAIL_URL": "pigeon://loft"}, "donnez par exemple « EMAIL_URL=smtp://127.0.0.1:25 »"),
        ({"S3_ENDPOINT_URL": "http://127.0.0.1:1"}, "Avec S3_ENDPOINT_URL, il faut S3_BUCKET"),
        (
            {"S3_ENDPOINT_URL": "http://127.0.0.1:1", "S3_BUCKET": "lps", "S3_REGION": "us-east-1", **KEYS},
            "Le stockage de S3_ENDPOINT_URL ne répond pas",
        ),
    ],
    ids=["port", "clock", "database", "broker", "address", "mails", "keys", "bucket"],
)
def test_a_run_that_cannot_begin_says_why_and_leaves(tmp_path: Path, variables: dict[str, str], sentence: str) -> None:
    done = run(tmp_path, **variables)

    assert done.returncode == 1
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr + done.stdout
