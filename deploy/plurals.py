"""The French plurals: every sentence of the code that counts, in a catalogue that says "0 réservation".

French is the language of the sentences themselves, so nothing is translated: the catalogue exists for its rule alone
(plural from two on), which gettext cannot know without one. `make fix` writes it again, `make check` compares it.
"""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
PLACE = ROOT / "platform" / "lps" / "ui" / "locale" / "fr" / "LC_MESSAGES"
SOURCES = ("platform", "tenants", "notifications", "booking", "billing", "voice")
# The same words make the same files, whenever they are written.
WRITTEN = datetime(2026, 1, 1, tzinfo=UTC)
KEYWORDS = {"ngettext": (1, 2), "ngettext_lazy": (1, 2), "npgettext": ((1, "c"), 2, 3)}


def main() -> int:
    """Write the catalogue, or with `--check` say that it is not the code's; 1 then."""
    if "--check" in sys.argv[1:]:
        stale = [path.name for path, content in files().items() if not path.exists() or path.read_bytes() != content]
        if stale:
            print("Les pluriels ne sont plus ceux du code : make fix.")
        return 1 if stale else 0
    PLACE.mkdir(parents=True, exist_ok=True)
    for path, content in files().items():
        path.write_bytes(content)
    return 0


def files() -> dict[Path, bytes]:
    """The catalogue as it should be: its text and its compiled form."""
    catalog = Catalog(
        locale="fr",
        header_comment="# Written by deploy.plurals.",
        project="Les Parents Services",
        version="1",
        msgid_bugs_address="",
        last_translator="",
        language_team="",
        creation_date=WRITTEN,
        revision_date=WRITTEN,
        fuzzy=False,
    )
    for singular, plural in sorted(set(sentences())):
        catalog.add((singular, plural), (singular, plural))
    text, compiled = io.BytesIO(), io.BytesIO()
    write_po(text, catalog, width=0)
    write_mo(compiled, catalog)
    return {PLACE / "django.po": text.getvalue(), PLACE / "django.mo": compiled.getvalue()}


def sentences() -> Iterator[tuple[str, str]]:
    """Every pair of a singular and a plural in the code and in its templates."""
    for path in _tracked():
        text = path.read_text()
        code = text if path.suffix == ".py" else templatize(text, origin=str(path))
        for found in extract("python", io.BytesIO(code.encode()), keywords=KEYWORDS):
            message = found[1]
            if isinstance(message, tuple):
                yield message[-2], message[-1]


def _tracked() -> list[Path]:
    patterns = [f"{root}/*.{suffix}" for root in SOURCES for suffix in ("py", "html", "txt")]
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", *patterns],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).exists()]


if __name__ == "__main__":
    sys.exit(main())
