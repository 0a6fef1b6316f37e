"""The server of one machine: what is written for Docker Compose holds together, and its copies can be put back."""

import os
import re
import stat
import subprocess
from base64 import b64decode
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import psycopg
import pytest
import yaml
from jsonschema import Draft202012Validator

from deploy.services import SYSTEM_USER, Postgres, seat
from deploy.voice.configuration import HOME
from lps.console import serving
from tests.deploy.recipes import ASTERISK, IMAGE, stages

ROOT = Path(__file__).resolve().parents[2]
HERE = ROOT / "deploy/compose"
FILE = HERE / "compose.yaml"
WHERE = Path(__file__).with_name("compose.schema.yaml")
OPERATIONS = ROOT / "docs/operations.md"
_VARIABLE = re.compile(r"\$\{([A-Z0-9_]+)(?::([?-])([^}]*))?\}")

COMPOSE: dict[str, Any] = yaml.safe_load(FILE.read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = ("web", "worker", "scheduler", "prepare", "voice", "speech")


def sample() -> dict[str, str]:
    lines = (HERE / "env.sample").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def asked() -> dict[str, str]:
    """Each variable that Compose puts in, with the sign of what happens when it is absent."""
    return {name: sign for name, sign, _ in _VARIABLE.findall(FILE.read_text())}


def test_it_is_written_as_compose_reads_it() -> None:
    errors = list(Draft202012Validator(yaml.safe_load(WHERE.read_text())).iter_errors(COMPOSE))

    assert [f"{'/'.join(map(str, error.path))}: {error.message}" for error in errors] == []


@pytest.mark.parametrize("spoiled", [{"image": 18}, {"port": ["80:80"]}, {"restart": "sometimes"}])
def test_a_slip_in_it_would_be_seen(spoiled: dict[str, Any]) -> None:
    wrong = {**COMPOSE, "services": {**SERVICES, "web": {**SERVICES["web"], **spoiled}}}

    assert list(Draft202012Validator(yaml.safe_load(WHERE.read_text())).iter_errors(wrong))


def test_the_sample_gives_every_variable_and_no_other() -> None:
    assert set(asked()) == set(sample())


def test_a_variable_without_which_nothing_works_is_demanded() -> None:
    assert {name for name, sign in asked().items() if sign == "?"} == {
        "LPS_VERSION",
        "LPS_BASE_DOMAINS",
        "LPS_SECRET_KEY",
        "LPS_APP_KEYS",
        "POSTGRES_PASSWORD",
        "VALKEY_PASSWORD",
        "EMAIL_URL",
        "ACME_EMAIL",
    }


def test_operations_tell_every_variable_of_the_server_and_of_the_images() -> None:
    told = set(re.findall(r"`([A-Z0-9_]+)`", OPERATIONS.read_text()))
    given = {name for service in SERVICES.values() for name in service.get("environment", {})}
    images = {name for recipe in (IMAGE, ASTERISK) for stage in stages(recipe) for name in stage.variables()}
    usual = {"LANG", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE", "XDG_CACHE_HOME", "REDISCLI_AUTH"}
    usual |= {name for name in given if name.startswith(("PG", "POSTGRES_"))}
    usual |= {"BACKUPS", "DATA", "SCRATCH", "SERVER_USER"}  # of the scripts, which say them at their top

    assert (set(sample()) | given | images) - usual - told == set()


def test_every_file_and_place_it_names_is_there() -> None:
    mounted = [volume for one in SERVICES.values() for volume in one.get("volumes", [])]
    named = [volume["source"] if isinstance(volume, dict) else volume.split(":")[0] for volume in mounted]
    files = {name for name in named if name.startswith("./")} - {"./backups"}

    assert files and all((HERE / name).is_file() for name in files)
    assert {name for name in named if not name.startswith("./")} == set(COMPOSE["volumes"])
    assert {name for one in SERVICES.values() for name in one.get("networks", [])} == set(COMPOSE["networks"])
    assert {one for service in SERVICES.values() for one in service.get("depends_on", {})} <= set(SERVICES)
    for service in SERVICES.values():
        if "build" in service:
            assert (HERE / service["build"]["context"] / service["build"]["dockerfile"]).is_file()


def test_every_process_of_the_product_is_served_once() -> None:
    started = [one["command"][1] for one in SERVICES.values() if one.get("command", [""])[0] == "serve"]

    assert sorted(started) == sorted(serving.PROCESSES)


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_nothing_runs_with_more_rights_than_it_uses(name: str) -> None:
    service = SERVICES[name]

    assert service["read_only"] is True and service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not service.get("privileged") and "mem_limit" in service
    assert re.fullmatch(r"[a-z/-]+:(?:\$\{LPS_VERSION:\?\}|[0-9][\w.-]*)", service["image"])
    assert "healthcheck" in service or service["restart"] == "no"


def test_only_the_proxy_is_reached_from_outside() -> None:
    assert [name for name, one in SERVICES.items() if one.get("ports")] == ["caddy"]
    assert [name for name, one in SERVICES.items() if one.get("network_mode")] == ["asterisk"]
    assert {name for name, one in SERVICES.items() if "front" in one.get("networks", [])} == {"caddy", "web"}
    assert {name for name, one in SERVICES.items() if "telephone" in one.get("networks", [])} == {"voice"}


def test_the_proxy_is_believed_and_the_voice_server_is_where_asterisk_looks() -> None:
    subnets = {name: one["ipam"]["config"][0]["subnet"] for name, one in COMPOSE["networks"].items() if one}
    address = SERVICES["voice"]["networks"]["telephone"]["ipv4_address"]

    assert all(SERVICES[name]["environment"]["LPS_TRUSTED_PROXIES"] == subnets["front"] for name in OURS)
    assert SERVICES["voice"]["environment"]["LPS_VOICE_HOST"] == address
    assert SERVICES["asterisk"]["environment"]["LPS_VOICE_ADDRESS"] == f"{address}:4573"
    assert f"asterisk:{SERVICES['voice']['environment']['LPS_VOICE_ASTERISK']}" in SERVICES["voice"]["volumes"]
    assert f"asterisk:{HOME}" in SERVICES["asterisk"]["volumes"]


def test_the_database_is_at_the_new_version_before_what_needs_it_starts() -> None:
    done = {"condition": "service_completed_successfully"}

    assert SERVICES["prepare"]["command"] == ["prepare"]
    assert all(SERVICES[name]["depends_on"]["prepare"] == done for name in OURS if name != "prepare")


def test_the_proxy_asks_the_product_which_names_are_its_own() -> None:
    text = (HERE / "Caddyfile").read_text()

    assert "ask http://web:8000/sante/nom" in text and "on_demand" in text
    assert 'header_up X-Request-Start "t={time.now.unix_ms}"' in text
    assert set(re.findall(r"\{\$(\w+)\}", text)) == set(SERVICES["caddy"]["environment"])


# --- What its scripts do ---------------------------------------------------------------------------------------------


def run(
    script: str, *words: str, folder: Path = HERE, prefix: Sequence[str] = (), **variables: str
) -> subprocess.CompletedProcess[str]:
    command = [*prefix, "sh", str(folder / script), *words]
    return subprocess.run(command, env={**os.environ, **variables}, capture_output=True, text=True)


def test_secrets_are_drawn_once_and_for_root_alone(tmp_path: Path) -> None:
    for name in ("draw", "env.sample"):
        (tmp_path / name).write_text((HERE / name).read_text())

    first = run("draw", "exemple.fr", "technique@exemple.fr", folder=tmp_path)
    text = (tmp_path / ".env").read_text()
    second = run("draw", "autre.fr", "technique@exemple.fr", folder=tmp_path)

    values = dict(line.split("=", 1) for line in text.splitlines() if line and line[0] != "#")
    assert (first.returncode, second.returncode) == (0, 1) and "existe déjà" in second.stderr
    assert (tmp_path / ".env").read_text() == text
    assert stat.S_IMODE((tmp_path / ".env").stat().st_mode) == 0o600
    assert values["LPS_BASE_DOMAINS"] == "exemple.fr" and set(values) == set(sample())
    assert len(values["LPS_SECRET_KEY"]) >= 40 and len(b64decode(values["LPS_APP_KEYS"].removeprefix("k1:"))) == 32
    assert all(re.fullmatch(r"[\w-]{32}", values[f"{name}_PASSWORD"]) for name in ("POSTGRES", "VALKEY"))


def test_it_says_what_it_wants(tmp_path: Path) -> None:
    for name in ("draw", "env.sample"):
        (tmp_path / name).write_text((HERE / name).read_text())

    done = run("draw", "exemple.fr", folder=tmp_path)

    assert done.returncode == 2 and "./draw DOMAINE ADRESSE" in done.stderr
    assert not (tmp_path / ".env").exists()


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A server with a database of one table and a folder of one file: what the scripts are told of it."""
    server = Postgres(tmp_path, ephemeral=True)
    server.start()
    server.create_database("lps")
    for name in ("backups", "data/files"):
        (tmp_path / name).mkdir(parents=True)
    address = urlsplit(server.url("lps"))
    yield {
        "PGHOST": str(address.hostname),
        "PGPORT": str(address.port),
        "PGUSER": str(address.username),
        "PGPASSWORD": unquote(str(address.password)),
        "PGDATABASE": "lps",
        "BACKUPS": str(tmp_path / "backups"),
        "DATA": str(tmp_path / "data"),
        "PATH": f"{seat().binaries}:{os.environ['PATH']}",
        "URL": server.url("lps"),
    }
    server.stop()
    server.erase()


def put(ground: dict[str, str], words: str) -> None:
    with psycopg.connect(ground["URL"]) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS c_demo_family (name text)")
        connection.execute("INSERT INTO c_demo_family VALUES (%s)", [words])
    (Path(ground["DATA"]) / "files" / words).write_text(words)


def there(ground: dict[str, str]) -> tuple[list[str], list[str]]:
    with psycopg.connect(ground["URL"]) as connection:
        rows = connection.execute("SELECT name FROM c_demo_family ORDER BY name").fetchall()
    return [row[0] for row in rows], sorted(path.name for path in (Path(ground["DATA"]) / "files").iterdir())


def copies(ground: dict[str, str]) -> list[Path]:
    return sorted(path for path in Path(ground["BACKUPS"]).iterdir())


def test_a_copy_is_put_back_and_what_was_there_is_kept_beside(ground: dict[str, str]) -> None:
    put(ground, "MARSONE")
    made = run("backup.sh", "once", **ground)
    (copy,) = copies(ground)
    put(ground, "apres")

    with psycopg.connect(ground["URL"]):
        refused = run("restore.sh", copy.name, **ground)
    restored = run("restore.sh", copy.name, **ground)

    assert made.returncode == 0, made.stderr
    assert stat.S_IMODE(copy.stat().st_mode) == 0o700
    assert refused.returncode == 1 and "tourne encore" in refused.stderr
    assert restored.returncode == 0, restored.stderr
    assert there(ground) == (["MARSONE"], ["MARSONE"])
    (kept,) = re.findall(r"base (\w+), dossier (files-before-\d+)", restored.stdout)
    with psycopg.connect(ground["URL"].replace("/lps", f"/{kept[0]}")) as connection:
        assert connection.execute("SELECT count(*) FROM c_demo_family").fetchone() == (2,)
    assert (Path(ground["DATA"]) / kept[1] / "apres").exists()


def follow_journal(ground: dict[str, str]) -> None:
    """What the service of Compose does, up to this instant."""
    with psycopg.connect(ground["URL"]) as connection:
        (end,) = connection.execute("SELECT pg_current_wal_flush_lsn()").fetchone()
    done = run("journal.sh", "--no-loop", f"--endpos={end}", **ground)
    assert done.returncode == 0, done.stderr


def as_the_server() -> tuple[list[str], str]:
    """What stands before the script here, and as whom it starts its server: a server refuses to be root."""
    return list(seat().prefix), SYSTEM_USER if seat().owner else ""


def test_a_minute_of_the_day_is_brought_back(ground: dict[str, str], tmp_path: Path) -> None:
    put(ground, "avant")
    follow_journal(ground)
    run("backup.sh", "once", **ground)
    (copy,) = [path for path in copies(ground) if path.name.startswith("20")]
    put(ground, "matin")
    with psycopg.connect(ground["URL"], autocommit=True) as connection:
        (instant,) = connection.execute("SELECT clock_timestamp()").fetchone()
        put(ground, "erreur")
        connection.execute("SELECT pg_switch_wal()")
    put(ground, "soir")
    follow_journal(ground)

    prefix, user = as_the_server()
    (tmp_path / "scratch").mkdir()
    variables = {**ground, "SCRATCH": str(tmp_path / "scratch"), "SERVER_USER": user, "PGPASSWORD": ""}
    done = run("rewind.sh", copy.name, f"{instant:%Y-%m-%d %H:%M:%S.%f}+00", prefix=prefix, **variables)

    before = run("rewind.sh", copy.name, "2001-01-01 00:00 UTC", prefix=prefix, **variables)
    after = run("rewind.sh", copy.name, "2101-01-01 00:00 UTC", prefix=prefix, **variables)

    assert done.returncode == 0, done.stdout + done.stderr
    assert (before.returncode, after.returncode) == (1, 1)
    assert "ne peut pas être atteint" in before.stderr and "ne peut pas être atteint" in after.stderr
    assert there(ground)[0] == ["avant", "erreur", "matin", "soir"]
    (rewound,) = [path.name for path in copies(ground) if path.name.endswith("-revenue")]
    restored = run("restore.sh", rewound, **ground)
    assert restored.returncode == 0, restored.stderr
    assert there(ground)[0] == ["avant", "matin"]
    assert list((tmp_path / "scratch").iterdir()) == []


def test_a_spoiled_copy_changes_nothing(ground: dict[str, str]) -> None:
    put(ground, "MARSONE")
    run("backup.sh", "once", **ground)
    (copy,) = copies(ground)
    (copy / "database.dump").write_bytes(b"PGDMP" + bytes(200))
    spoiled = run("restore.sh", copy.name, **ground)
    sums = subprocess.run(
        ["sha256sum", "database.dump", "base.tar.gz", "files.tar"], cwd=copy, capture_output=True, check=True
    )
    (copy / "SHA256SUMS").write_bytes(sums.stdout)
    unreadable = run("restore.sh", copy.name, **ground)

    assert spoiled.returncode == 1 and "abîmée" in spoiled.stderr
    assert unreadable.returncode == 1 and "ne peut pas être lue" in unreadable.stderr
    assert there(ground) == (["MARSONE"], ["MARSONE"])
    with psycopg.connect(ground["URL"]) as connection:
        names = connection.execute("SELECT datname FROM pg_database WHERE datname LIKE 'lps%'").fetchall()
    assert names == [("lps",)]


def test_a_copy_that_fails_leaves_none_that_looks_whole(ground: dict[str, str]) -> None:
    done = run("backup.sh", "once", **{**ground, "PGDATABASE": "absente"})

    assert done.returncode != 0
    assert [path.name for path in copies(ground) if path.name.startswith("20")] == []


def test_old_copies_go_once_a_new_one_is_there(ground: dict[str, str]) -> None:
    old, recent = (Path(ground["BACKUPS"]) / name for name in ("2026-01-01T010000Z", "2026-11-20T010000Z"))
    for folder in (old, recent):
        folder.mkdir()
    os.utime(old, (0, 0))
    put(ground, "MARSONE")

    run("backup.sh", "once", **{**ground, "PGDATABASE": "absente"})
    kept = old.exists()
    run("backup.sh", "once", **ground, BACKUP_DAYS="30")

    assert kept and not old.exists() and recent.exists()


def test_a_name_that_is_no_copy_is_answered_by_those_that_are_there(ground: dict[str, str]) -> None:
    put(ground, "MARSONE")
    run("backup.sh", "once", **ground)

    done = run("restore.sh", "hier", **ground)

    assert done.returncode == 2 and copies(ground)[0].name in done.stderr
