"""Our own rules about the tree."""

import ast
import platform as standard_platform
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


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
