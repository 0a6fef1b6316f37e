"""Our own rules about the tree."""

import ast
import platform as standard_platform
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db.models import ForeignObject

from tests.conftest import LONG

ROOT = Path(__file__).resolve().parent.parent

PRODUCT = tuple(f"{root}/*.py" for root in ("platform", "tenants", "notifications", "booking", "billing", "voice"))


def tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", *patterns], cwd=ROOT, capture_output=True)
    return [ROOT / name for name in listed.stdout.decode().splitlines() if (ROOT / name).exists()]


def test_platform_is_a_folder_and_not_a_package() -> None:
    assert not (ROOT / "platform" / "__init__.py").exists()
    assert "platform/__init__.py" in (ROOT / ".gitignore").read_text()
    assert standard_platform.python_version()


def test_nothing_lies_directly_in_platform() -> None:
    assert [path.name for path in (ROOT / "platform").iterdir() if path.is_file()] == []


def test_lps_is_empty() -> None:
    assert (ROOT / "platform" / "lps" / "__init__.py").read_text() == ""


def test_rules_know_neither_django_nor_the_clock() -> None:
    for path in tracked("*/rules/*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not [name for name in names if name.startswith(("django", "lps.kernel.clock"))], path


def test_no_field_dates_itself() -> None:
    forbidden = "auto_" + "now"
    assert [path for path in tracked("*.py") if forbidden in path.read_text()] == []


def test_no_day_is_that_of_utc() -> None:
    """Until one or two in the morning it is still yesterday there: a day is counted in the commune's zone."""
    forbidden, local = "now()." + "date()", "now." + "date()"  # in the product a `now` may be the commune's
    assert [path for path in tracked("*.py") if forbidden in path.read_text()] == []
    assert [path for path in tracked("tests/*.py") if local in path.read_text()] == []


def project() -> dict[str, dict]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]


def test_every_package_has_its_place_in_the_chain_and_in_the_wheel() -> None:
    """A package that no contract names could import whatever it likes."""
    beside = {path.parts[-2] for path in ROOT.glob("*/apps.py")}
    inside = {f"lps.{path.parts[-2]}" for path in (ROOT / "platform" / "lps").glob("*/__init__.py")}
    (contract,) = project()["importlinter"]["contracts"]
    layers = {name for layer in contract["layers"] for name in re.split(r"[ |]+", layer)}

    assert layers == beside | inside
    assert set(project()["importlinter"]["root_packages"]) == beside | {"lps"}
    assert set(project()["hatch"]["build"]["targets"]["wheel"]["packages"]) == beside | {"platform/lps"}


def relations() -> Iterator[tuple[ForeignObject, str, str]]:
    """Each foreign key between two apps of ours, with their labels."""
    ours = {app.label for app in apps.get_app_configs() if ROOT in Path(app.path).parents}
    ours -= {app.label for app in apps.get_app_configs() if ".venv" in Path(app.path).parts}
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.local_fields:
            if isinstance(field, ForeignObject):
                here, there = model._meta.app_label, field.related_model._meta.app_label
                if here in ours and here != there:
                    yield field, here, there


def test_a_relation_to_another_app_leaves_no_name_there() -> None:
    found = list(relations())

    assert found
    assert [str(field) for field, _, _ in found if field.remote_field.related_name != "+"] == []


def test_no_table_of_a_commune_points_to_the_registry() -> None:
    only_shared = set(settings.SHARED_APPS) - set(settings.TENANT_APPS)
    registry = {app.label for app in apps.get_app_configs() if app.name in only_shared}

    assert [str(field) for field, here, there in relations() if there in registry and here not in registry] == []


def test_a_handler_of_everything_hands_it_on() -> None:
    for path in tracked(
        "platform/*.py",
        "tenants/*.py",
        "notifications/*.py",
        "booking/*.py",
        "billing/*.py",
        "voice/*.py",
        "deploy/*.py",
    ):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ExceptHandler) and _is_broad(node):
                assert isinstance(node.body[-1], ast.Raise), f"{path}:{node.lineno}"


def _is_broad(handler: ast.ExceptHandler) -> bool:
    return handler.type is None or (
        isinstance(handler.type, ast.Name) and handler.type.id in {"Exception", "BaseException"}
    )


def test_stand_ins_and_the_product_know_nothing_of_each_other() -> None:
    ours = re.compile(r"^\s*(?:from|import) (?:lps|tenants|notifications|booking|billing|voice|simulators)\b", re.M)
    apart = re.compile(r"^\s*(?:from|import) simulators\b", re.M)
    stand_ins = tracked("simulators/*.py")

    assert stand_ins
    assert [path for path in tracked(*PRODUCT) if apart.search(path.read_text())] == []
    for path in stand_ins:
        others = [line for line in ours.findall(path.read_text()) if "simulators" not in line]
        assert others == [], path


def test_no_signal_of_our_own() -> None:
    words = re.compile(
        r"^from django\.(?:db\.models|dispatch|core)(?:\.signals)? import .*(?:receiver|Signal|_save|_delete)", re.M
    )
    product = tracked(
        "platform/*.py", "tenants/*.py", "notifications/*.py", "booking/*.py", "billing/*.py", "voice/*.py"
    )

    assert [path for path in product if words.search(path.read_text())] == []


@pytest.mark.parametrize(
    ("name", "least"),
    [
        ("requirements.lock", 50),
        ("requirements-image.lock", 50),
        ("requirements-charts.lock", 2),
        ("requirements-speech.lock", 5),
    ],
)
def test_the_lock_has_a_hash_for_everything_and_names_no_address(name: str, least: int) -> None:
    lock = (ROOT / name).read_text()
    requirements = re.findall(r"^[a-z0-9].*?(?=^[a-z0-9]|\Z)", lock, re.M | re.S)

    assert "://" not in lock
    assert len(requirements) > least
    assert [one.splitlines()[0] for one in requirements if "--hash=sha256:" not in one] == []


def test_nothing_is_left_for_later() -> None:
    later = re.compile("|".join(["TO" + "DO", "FIX" + "ME", "pytest.mark." + "skip", "pytest." + "skip", "x" + "fail"]))

    # Where no Asterisk can start; `make voice-test` fails there.
    asked_to_say_so = {ROOT / "tests/voice" / f"{name}.py" for name in ("phone", "test_calls_at_once")}
    looked_at = [path for path in tracked("*.py", "*.html", "*.css", "*.js") if path not in asked_to_say_so]
    assert [path for path in looked_at if later.search(path.read_text())] == []


def test_the_files_that_begin_a_run_exist() -> None:
    assert [name for name in LONG if not (ROOT / "tests" / name).exists()] == []


def test_journeys_read_a_list_once_its_page_is_whole() -> None:
    """`steps.all_of` waits; what Playwright gives at once may be a page's first line."""
    at_once = re.compile(r"(get_by_\w+|locator)\(.*\)\.(all|count|all_inner_texts)\(\)")
    found = [
        f"{file.name}: {line.strip()}"
        for file in sorted((ROOT / "tests/journeys").glob("*.py"))
        for line in file.read_text().splitlines()
        if at_once.search(line)
    ]

    assert found == []


def test_no_two_files_of_tests_have_one_name() -> None:
    names = [path.name for path in tracked("tests/*.py") if path.name.startswith("test_")]

    assert sorted(name for name in set(names) if names.count(name) > 1) == []
