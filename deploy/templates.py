"""Compile every template of the product: `python -m deploy.templates`, under the product's variables."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import django
from django.apps import apps
from django.template import TemplateDoesNotExist, TemplateSyntaxError
from django.template.loader import get_template

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    """Compile all; 1 when one does not compile, or hides behind another of the same name."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lps.config.settings")
    django.setup()
    faults = [fault for folder, path in _templates() if (fault := _fault(folder, path))]
    print("\n".join(faults), end="\n" if faults else "")
    return 1 if faults else 0


def _templates() -> Iterator[tuple[Path, Path]]:
    """Give the files of our own applications, each with its folder of templates."""
    for app in apps.get_app_configs():
        folder = Path(app.path) / "templates"
        if ROOT in folder.parents and ".venv" not in folder.parts:
            yield from ((folder, path) for path in sorted(folder.rglob("*")) if path.is_file())


def _fault(folder: Path, path: Path) -> str | None:
    name = path.relative_to(folder).as_posix()
    try:
        found = get_template(name)
    except (TemplateSyntaxError, TemplateDoesNotExist, UnicodeDecodeError) as error:
        return f"{path.relative_to(ROOT)}: {type(error).__name__}: {error}"
    origin = getattr(found, "origin", None)
    if origin is not None and Path(origin.name) != path:
        return f"{path.relative_to(ROOT)}: hidden by {origin.name}"
    return None


if __name__ == "__main__":
    sys.exit(main())
