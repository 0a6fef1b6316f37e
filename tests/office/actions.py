"""Every kind of action that the code writes in the journal, read in the code itself."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.test_tree import ROOT, tracked

_SOURCES = ("billing/", "booking/", "notifications/", "platform/", "tenants/", "voice/")
_SUBJECT = re.compile(r'\bsubject(?:, after)?\s?=\s?f?"([a-z_]+)[":]', re.IGNORECASE)
# Writers of the journal, with the rank of `action` among the arguments that may be given without a name.
_WRITERS = {"record": None, "record_change": None, "Entry": 2}


@cache
def subjects_in_code() -> frozenset[str]:
    """The kinds of things that entries of a town are about: `subject="calendar"`, `SUBJECT = f"closure:{pk}"`."""
    files = [str(file.relative_to(ROOT)) for file in tracked("*.py")]
    wanted = [file for file in files if file.startswith(_SOURCES) and not file.startswith("platform/lps/console/")]
    return frozenset(kind for file in wanted for kind in _SUBJECT.findall((ROOT / file).read_text()))


@cache
def actions_in_code() -> frozenset[str]:
    """All that `record` and `Entry` are given as `action`, through functions that pass it on as well."""
    files = [file for file in tracked("*.py") if str(file.relative_to(ROOT)).startswith(_SOURCES)]
    return frozenset(action for file in files if "/migrations/" not in str(file) for action in of_file(file))


def of_file(file: Path) -> Iterator[str]:
    """Those of one file."""
    tree = ast.parse(file.read_text())
    if "journal" not in file.read_text():
        return
    writers = dict(_WRITERS)
    for function in ast.walk(tree):  # a function that passes its own `action` on is a writer too
        if isinstance(function, ast.FunctionDef) and function.name not in writers:
            names = [argument.arg for argument in (*function.args.posonlyargs, *function.args.args)]
            passed = {name for call in _calls(function, _WRITERS) for name in _names(call, _WRITERS)}
            if "action" in passed:
                writers[function.name] = names.index("action") if "action" in names else None
    known = dict(_named(tree))
    for call in _calls(tree, writers):
        for value in _values(call, writers):
            yield from _texts(value, known)


def _named(tree: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """What names stand for in this file: `CHANGED = "settings_changed"`, one by one or together."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            target, value = node.targets[0], node.value
            if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
                yield from (
                    (name.id, one)
                    for name, one in zip(target.elts, value.elts, strict=False)
                    if isinstance(name, ast.Name)
                )
            elif isinstance(target, ast.Name):
                yield target.id, value


def _calls(tree: ast.AST, writers: dict[str, int | None]) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _called(node) in writers:
            yield node


def _called(call: ast.Call) -> str:
    function = call.func
    return function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")


def _values(call: ast.Call, writers: dict[str, int | None]) -> Iterator[ast.expr]:
    yield from (keyword.value for keyword in call.keywords if keyword.arg == "action")
    rank = writers[_called(call)]
    if rank is not None and len(call.args) > rank:
        yield call.args[rank]


def _names(call: ast.Call, writers: dict[str, int | None]) -> Iterator[str]:
    for value in _values(call, writers):
        if isinstance(value, ast.Name):
            yield value.id


def _texts(value: ast.expr, known: dict[str, ast.expr]) -> Iterator[str]:
    """The texts that the expression may give: a constant, either side of a choice, a pattern for what is composed."""
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        yield value.value
    elif isinstance(value, ast.IfExp):
        yield from (*_texts(value.body, known), *_texts(value.orelse, known))
    elif isinstance(value, ast.JoinedStr):
        yield "".join(str(part.value) if isinstance(part, ast.Constant) else "*" for part in value.values)
    elif isinstance(value, ast.Subscript) and isinstance(table := known.get(ast.unparse(value.value)), ast.Dict):
        for one in table.values:
            yield from _texts(one, known)
    elif isinstance(value, ast.Name) and value.id in known:
        yield from _texts(known[value.id], known)
    elif not isinstance(value, (ast.Name, ast.Attribute)):  # else an argument, read where it is given
        yield ast.unparse(value)
