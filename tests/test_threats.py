"""The page of threats names tests that exist, for every door."""

import ast
import re
from functools import cache

import pytest

from tests.test_tree import ROOT

PAGE = (ROOT / "docs" / "threats.md").read_text()
LINES = [line for line in PAGE.splitlines() if line.startswith("| ") and not line.startswith(("| who", "|---"))]
NAMED = sorted(set(re.findall(r"`((?:\w+/)?test_\w+\.py(?:::\w+)?)`", "\n".join(LINES))))


@cache
def defined_in(file: str) -> set[str]:
    """The tests that a file defines."""
    tree = ast.parse((ROOT / "tests" / file).read_text())
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


@pytest.mark.parametrize("name", NAMED)
def test_each_proof_exists(name: str) -> None:
    file, _, test = name.partition("::")

    assert test in defined_in(file)


@pytest.mark.parametrize("line", LINES, ids=lambda line: line[2:50].strip())
def test_each_threat_has_what_stops_it_and_a_proof(line: str) -> None:
    _, attack, stops, shown, _ = (cell.strip() for cell in line.split("|"))

    assert attack and stops
    assert re.fullmatch(r"`[\w/]+\.py::\w+`(?:, `[\w/]+\.py::\w+`)*", shown)


def test_every_door_is_there() -> None:
    doors = re.findall(r"^## (.+)$", PAGE, re.M)

    assert doors[:2] == ["Family door", "Town hall"] and doors[-1] == "What is not stopped"
    assert {"API", "Telephone", "Payments", "Messages", "Another commune"} <= set(doors)
    assert len(LINES) >= 35
