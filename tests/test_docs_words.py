"""Words that the pages quote are those of the product: labels, sentences, names in the code, a recorded call."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from django.template.engine import Engine

from tests.test_docs import PAGES, names
from tests.test_tree import ROOT, tracked
from voice import phrases
from voice.dialogue.facts import MENU, phrase
from voice.management.commands.voice import catalogue

_CODE = re.compile(r"`([^`\n]+)`")

# Quoted, and no sentence of ours: what other programs say or heard, examples, ends of alerts' names.
NOT_OURS = {
    "Büchlès", "Ville d'essai", "à paraître", "Fast", "Slowly", "Enfant effacé", "Jour de Noël",
    "connexion non sécurisée", "erreur de protocole SSL",
    "Claire, mairie, après la date limite : …", "La date limite était le jeudi 8 octobre, 17 heures",
}  # fmt: skip
# Other people's programs, whose commands a page may write, and words of theirs.
THEIRS = ("docker ", "kubectl ", "journalctl ", "kill ", "git ", "helm ", "SELECT ")
OTHERS = {
    "collect_sql", "MISCONF", "OOMKilled", "SIGSEGV", "SIGABRT", "Exited", "unhealthy", "healthy", "connecting", "SKIP",
    "TimeLimitExceeded", "SlowDown", "DiskFull", "rateLimited", "c_buchelay", "voices",
}  # fmt: skip


def plain(text: str) -> str:
    """On one line, with plain spaces and apostrophes, and strings that follow one another in one."""
    text = re.sub(r"\"\s*\n\s*\"", "", text.replace("’", "'").replace("\\'", "'"))
    return re.sub(r"(?:[\s\u00a0\u202f]|\\u00a0)+", " ", text)


@cache
def said() -> str:
    """All that pages, mails and calls may say: templates, scripts and strings of the product."""
    files = [path for path in tracked("*.html", "*.txt", "*.js", "*.py") if not {"tests", "bench"} & {*path.parts}]
    return plain("\n".join(path.read_text() for path in files))


def quoted(page: Path) -> list[str]:
    """What stands in French quotes, each piece between two "…" by itself."""
    pieces = (piece for words in re.findall(r"«([^»]+)»", plain(page.read_text())) for piece in words.split("…"))
    return [piece.strip(" .") for piece in pieces if piece.strip(" .")]


def is_said(words: str) -> bool:
    """Whether the product says this, "n° 2" being said "n° %(position)s"."""
    if words in said() or words[:1].upper() + words[1:] in said():
        return True
    pattern = re.sub(r"(?:\\ )?\d+", lambda number: r" ?(?:%\(\w+\)s|\{\{[^}]+\}\}|\d+)", re.escape(words))
    return re.search(pattern, said()) is not None


@pytest.mark.parametrize("page", PAGES, ids=names(PAGES))
def test_what_a_page_quotes_is_said(page: Path) -> None:
    assert [words for words in quoted(page) if words not in NOT_OURS and not is_said(words)] == []


ENGLISH = [page for page in PAGES if page.parent.name == "rules" or page.name in {"ui.md", "operations.md"}]


@pytest.mark.parametrize("page", ENGLISH, ids=names(ENGLISH))
def test_a_label_of_an_english_page_is_said(page: Path) -> None:
    """In straight quotes, and with a capital."""
    text = re.sub(r"```.*?```|`[^`\n]*`", "", page.read_text(), flags=re.S)
    labels = re.findall(r"\"([A-ZÀ-Ý][^\"]+)\"", plain(text))

    assert [label for label in labels if label not in NOT_OURS and not is_said(label.strip(" .…"))] == []


def test_words_that_nobody_says_are_seen() -> None:
    assert is_said("Mes messages") and is_said("attente n° 2")
    assert not is_said("Mes massages")


def test_words_excepted_are_still_quoted() -> None:
    everything = " ".join(page.read_text() for page in PAGES)

    assert [word for word in sorted(NOT_OURS) if word not in plain(everything)] == []
    assert [word for word in sorted(OTHERS) if word not in everything] == []


@cache
def sources() -> set[str]:
    """Every word of the code, of its settings and of its files' names."""
    files = [path for path in tracked() if path.suffix not in {".md", ".lock", ".webp", ".ogg", ".xlsx", ".woff2"}]
    text = "\n".join(path.read_text(errors="ignore") for path in files if path.stat().st_size < 1_000_000)
    return set(re.findall(r"\w+", text)) | {word for path in files for word in re.findall(r"\w+", str(path))}


@pytest.mark.parametrize("page", PAGES, ids=names(PAGES))
def test_every_name_of_code_exists(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.S)
    ours = [code for code in _CODE.findall(text) if not code.startswith(THEIRS)]
    words = {word for code in ours for word in re.findall(r"\b[A-Za-z_]\w{3,}", code)}
    lost = words - sources() - OTHERS  # a counter gets its "_total", a variable its "_FILE" from a rule

    assert [word for word in sorted(lost) if re.sub("_(?:total|FILE)$", "", word) not in sources()] == []


def test_a_name_that_is_no_more_is_seen() -> None:
    assert "change_bookings" in sources()
    assert "change_the_bookings_of_" + "yesterday" not in sources()


@cache
def ends() -> str:
    return "\n".join(f"/{path.relative_to(ROOT)}\n" for path in tracked())


def files_named(page: Path) -> Iterator[str]:
    for code in _CODE.findall(page.read_text()):
        if re.fullmatch(r"\w[\w./-]*\.(?:py|html|css|js|yml|yaml|sh|sample)", code):
            yield code


@pytest.mark.parametrize("page", PAGES, ids=names(PAGES))
def test_a_file_named_by_its_end_exists(page: Path) -> None:
    assert [name for name in files_named(page) if f"/{name}\n" not in ends()] == []


UI = ROOT / "docs" / "ui.md"
STYLES = ROOT / "platform" / "lps" / "ui" / "static" / "ui"


def test_the_page_of_the_look_names_tags_and_filters_that_exist() -> None:
    library = Engine.get_default().template_libraries["ui"]
    text = UI.read_text()

    assert set(re.findall(r"`\w+\\\|(\w+)", text)) <= set(library.filters)
    assert set(re.findall(r"`\{% (\w+) ", text)) - {"include", "block", "load"} <= set(library.tags)


def test_the_page_of_the_look_names_classes_that_have_a_style() -> None:
    text = UI.read_text()
    told = {name for names in re.findall(r'class="([^"]+)"', text) for name in names.split()}
    told |= set(re.findall(r"`(?:\.[a-z]+)?\.([a-z]+)`", text))
    styled = set(re.findall(r"\.([a-z][\w-]*)", "\n".join(path.read_text() for path in STYLES.glob("*.css"))))

    assert len(told) > 60
    assert sorted(told - styled) == []


def test_the_recorded_call_has_the_words_of_today() -> None:
    name, day = "Accueil Matin", "mardi 15 décembre"
    services = enumerate(("Accueil Matin", "Accueil 12h15", "Accueil Soir", "Cantine"), start=1)
    call = [
        [phrase("welcome", town="Ville de Buchelay"), phrase("code")],
        [
            *(phrase("child", first_name="Raphaël"), phrase("service")),
            *(phrase("choice", name=service, key=key) for key, service in services),
            *(phrase("others", key=MENU), phrase("week_choice", key=8)),
        ],
        [phrase("chosen", name=name), phrase("date")],
        [phrase("day_to_book", day=day), phrase("next_date")],
        [
            phrase("confirm", service=name, first_name="Raphaël", books=day, cancels="", waits=""),
            phrase("confirm_keys"),
        ],
        [phrase("saved", service=name, number=1), phrase("receipt", number="R-2026-000006"), phrase("after")],
        [phrase("good_bye")],
    ]
    page = (ROOT / "docs" / "appel.md").read_text()
    heard = re.findall(r"^\| (.+?) \| (?:`.*`)? ?\|$", page, re.M)

    assert [plain(words) for words in heard] == [
        plain(" ".join(phrases.sentence(one) for one in answer)) for answer in call
    ]


def test_the_pieces_to_render_are_as_many_as_the_page_says() -> None:
    page = (ROOT / "docs" / "operations.md").read_text()

    assert re.findall(r"\((\d+)\s+pieces, ", page) == [str(len(catalogue()))]
