"""Whether every name that tests take from our own modules exists: `python -m deploy.names`.

Types of tests are not checked, running proves them; but whoever renames something should not wait for that. Modules are
read as text, none is imported: it takes a few seconds.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCES = (".", "platform")
DUNDERS = frozenset({"__doc__", "__file__", "__name__", "__package__", "__path__", "__dict__"})


def main() -> int:
    """Name what does not exist; 1 when there is something."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "tests/*.py"], cwd=ROOT, capture_output=True, check=True
    )
    tree, files = Tree(ROOT), [ROOT / name for name in listed.stdout.decode().splitlines()]
    faults = [fault for file in files if file.exists() for fault in faults_of(file, tree)]
    print("\n".join(faults), end="\n" if faults else "")
    return 1 if faults else 0


@dataclass(frozen=True)
class Module:
    """A module of ours, or a folder of modules."""

    path: Path

    @cached_property
    def names(self) -> frozenset[str] | None:
        """What it binds, at its top level; None when it makes its names as it runs."""
        if self.path.is_dir():
            return frozenset()
        found = frozenset(_bound(ast.parse(self.path.read_text()).body))
        return None if found & {"*", "__getattr__"} else found | DUNDERS

    def child(self, name: str) -> Path | None:
        """The module of that name within it, if it is a package."""
        folder = self.path if self.path.is_dir() else self.path.parent
        return _module_at(folder, name) if self.path.is_dir() or self.path.name == "__init__.py" else None


@dataclass
class Tree:
    """The modules of a folder, each read once."""

    root: Path
    known: dict[Path, Module] = field(default_factory=dict)

    def find(self, dotted: str) -> Module | None:
        """A module by its name; None when it is none of ours."""
        first, *rest = dotted.split(".")
        for source in SOURCES:
            path = None if first in SOURCES else _module_at(self.root / source, first)
            for part in rest:
                path = Module(path).child(part) if path else None
            if path:
                return self.known.setdefault(path, Module(path))
        return None

    def owns(self, dotted: str) -> bool:
        """Whether the first part of a name is ours."""
        return self.find(dotted.partition(".")[0]) is not None

    def has(self, module: Module, name: str) -> bool:
        """Whether a module has that name, or a module of that name within it; a star is no name."""
        return name == "*" or module.names is None or name in module.names or module.child(name) is not None

    def lacks(self, dotted: str) -> bool:
        """Whether a path as `monkeypatch` takes it leads from a module of ours to a name that is not there."""
        parts = dotted.split(".")
        for length in range(len(parts) - 1, 0, -1):
            if module := self.find(".".join(parts[:length])):
                return not self.has(module, parts[length])
        return False


def faults_of(file: Path, tree: Tree) -> Iterator[str]:
    """What a file takes and does not find, each with its line."""
    code = ast.parse(file.read_text())
    modules = dict(_modules(code, tree))
    for node in ast.walk(code):
        for fault in _missing(node, tree, modules):
            yield f"{file.relative_to(tree.root)}:{getattr(node, 'lineno', 0)}: {fault}"


def _missing(node: ast.AST, tree: Tree, modules: Mapping[str, Module]) -> Iterator[str]:
    if isinstance(node, ast.ImportFrom) and node.module and not node.level and tree.owns(node.module):
        module = tree.find(node.module)
        if module is None:
            yield f"no module {node.module}"
        else:
            yield from (f"no {one.name} in {node.module}" for one in node.names if not tree.has(module, one.name))
    elif isinstance(node, ast.Import):
        yield from (f"no module {one.name}" for one in node.names if tree.owns(one.name) and not tree.find(one.name))
    elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
        if not tree.has(modules[node.value.id], node.attr):
            yield f"no {node.attr} in {node.value.id}"
    elif isinstance(node, ast.Call):
        yield from _not_patched(node, tree, modules)


def _not_patched(call: ast.Call, tree: Tree, modules: Mapping[str, Module]) -> Iterator[str]:
    """`monkeypatch.setattr("a.b.name", …)` and `monkeypatch.setattr(module, "name", …)`."""
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in {"setattr", "delattr"} or not call.args:
        return
    match call.args:
        case [ast.Constant(value=str(dotted)), *_] if tree.lacks(dotted):
            yield f"no {dotted}"
        case [ast.Name(id=owner), ast.Constant(value=str(name)), *_] if owner in modules:
            if not tree.has(modules[owner], name):
                yield f"no {name} in {owner}"


def _modules(code: ast.Module, tree: Tree) -> Iterator[tuple[str, Module]]:
    """The modules of ours by the names that a file gives them, but for names that it gives to something else too."""
    others = {node.id for node in ast.walk(code) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    others |= {node.arg for node in ast.walk(code) if isinstance(node, ast.arg)}
    for node in ast.walk(code):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for one in node.names:
                own = tree.find(node.module)
                found = tree.find(f"{node.module}.{one.name}")
                if found and own and one.name not in (own.names or ()) and (one.asname or one.name) not in others:
                    yield one.asname or one.name, found
        elif isinstance(node, ast.Import):
            for one in node.names:
                if one.asname and one.asname not in others and (found := tree.find(one.name)):
                    yield one.asname, found


def _bound(body: Iterable[ast.stmt]) -> Iterator[str]:
    """The names that statements bind where they stand, whichever way they go; `*` for those of another module."""
    for statement in body:
        match statement:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield statement.name
            case ast.Import() | ast.ImportFrom():
                yield from (one.asname or one.name.partition(".")[0] for one in statement.names)
            case _:
                names = (one for one in ast.walk(statement) if isinstance(one, ast.Name))
                yield from (one.id for one in names if isinstance(one.ctx, ast.Store))
                for name in ("body", "orelse", "finalbody"):
                    yield from _bound(getattr(statement, name, ()))
                for handler in getattr(statement, "handlers", ()):
                    yield from _bound(handler.body)


def _module_at(folder: Path, name: str) -> Path | None:
    for path in (folder / name / "__init__.py", folder / f"{name}.py"):
        if path.is_file():
            return path
    return folder / name if (folder / name).is_dir() and any((folder / name).rglob("*.py")) else None


if __name__ == "__main__":
    sys.exit(main())
