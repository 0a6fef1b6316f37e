"""The pages for people tell what exists: links, commands, files, variables, accounts, hours."""

import re
import shlex
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote

import pytest
from django.conf import settings
from django.core.management import CommandError, get_commands, load_command_class
from django.urls import Resolver404, resolve

from lps.config.tick import SCHEDULE
from lps.console import demonstration
from tests.test_tree import ROOT, tracked

PAGES = sorted(path for path in tracked("*.md") if path.suffix == ".md")
README, ARCHITECTURE, OPERATIONS = ROOT / "README.md", ROOT / "ARCHITECTURE.md", ROOT / "docs" / "operations.md"
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_CODE = re.compile(r"`([^`\n]+)`")


def names(pages: list[Path]) -> list[str]:
    return [path.relative_to(ROOT).as_posix() for path in pages]


def links(page: Path) -> Iterator[tuple[Path, str]]:
    """Each link to a file of ours or to a place of this page, with what follows its `#`."""
    for address in _LINK.findall(page.read_text()):
        if not re.match(r"[a-z]+:", address):
            path, _, anchor = unquote(address).partition("#")
            yield (page.parent / path).resolve() if path else page, anchor


def anchors(page: Path) -> set[str]:
    """The headings as their addresses are made: lower case, words joined by dashes, other signs left out."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=names(PAGES))
def test_every_link_leads_somewhere(page: Path) -> None:
    lost = [
        f"{target.relative_to(ROOT)}#{anchor}"
        for target, anchor in links(page)
        if not target.exists() or (anchor and anchor not in anchors(target))
    ]

    assert lost == []


def test_every_page_is_in_an_index() -> None:
    indexed = {target for index in (ROOT / "docs").rglob("README.md") for target, _ in links(index)}

    assert [page for page in PAGES if page not in indexed and page.name != "README.md"] == []


def test_every_picture_is_shown_and_small() -> None:
    pictures = set((ROOT / "docs" / "pictures").iterdir())

    assert pictures - {target for page in PAGES for target, _ in links(page)} == set()
    assert [picture.name for picture in sorted(pictures) if picture.stat().st_size > 60_000] == []


def targets() -> set[str]:
    return set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.M))


def test_the_manual_names_every_target_of_the_makefile_and_no_other() -> None:
    text = README.read_text()

    assert set(re.findall(r"`make ([a-z]+)`", text)) == targets()
    assert re.findall(r"^make (\w+)", text, re.M) == ["run", "test"]


@pytest.mark.parametrize("page", PAGES, ids=names(PAGES))
def test_every_command_of_a_page_exists(page: Path) -> None:
    text = page.read_text()
    ours = r"(?:-m deploy\.command|manage\.py|`lps) ([a-z_]+)"
    commands = set(re.findall(ours, text)) | set(re.findall(r"^lps ([a-z_]+)", text, re.M))
    modules = {name for name in re.findall(r"python3? -m ([a-z_.]+)", text) if find_spec(name) is None}

    assert commands <= set(get_commands())
    assert modules == set()
    assert [name for name in re.findall(r"\bmake ([a-z]+)`", text) if name not in targets()] == []


_COMMAND = re.compile(
    r"(?:^|`|web |-- )(?:lps|\S*python manage\.py|manage\.py|\S*python -m deploy\.command) ([a-z_]+.*)"
)


def commands_written(page: Path) -> Iterator[tuple[list[str], bool]]:
    """The words of each command of ours, and whether it stands in a block, to be run as it is."""
    for number, block in enumerate(page.read_text().split("```")):
        lines = block.splitlines() if number % 2 else [f"`{code}" for code in _CODE.findall(block)]
        for line in lines:
            if found := _COMMAND.search(line):
                yield shlex.split(found[1], comments=True), bool(number % 2)


def misread(words: list[str], *, whole: bool) -> str:
    """What the command's own parser finds wrong; a command named in a sentence may leave out what it works on."""
    name, *rest = words
    try:
        load_command_class(get_commands()[name], name).create_parser("lps", name).parse_args(rest)
    except CommandError as error:
        return "" if not whole and "arguments are required" in str(error) else f"{shlex.join(words)}: {error}"
    return ""


@pytest.mark.parametrize("page", PAGES, ids=names(PAGES))
def test_every_option_of_a_command_exists(page: Path) -> None:
    wrong = [misread(words, whole=whole) for words, whole in commands_written(page)]

    assert [line for line in wrong if line] == []


def test_commands_are_found_in_blocks_and_in_sentences() -> None:
    written = [(words[0], whole) for words, whole in commands_written(ROOT / "docs" / "serveur.md")]

    assert written == [("operator", True), ("commune", True), ("voice", False)]
    assert "unrecognized arguments" in misread(["fleet", "status", "--nothing"], whole=False)


def test_operations_tell_every_command_of_the_product() -> None:
    ours = {path.stem for path in tracked("*/management/commands/*.py") if path.stem != "__init__"}
    told = set(re.findall(r"`lps ([a-z_]+)", OPERATIONS.read_text()))

    assert {"fleet", "operator"} <= ours
    assert ours - told == set()


# Addresses of the town hall, as a page names them: without a key in them.
_ADDRESS = re.compile(r"`(/mairie/[\w/-]*)")


@pytest.mark.parametrize("page", PAGES, ids=names(PAGES))
def test_every_address_of_a_page_answers(page: Path) -> None:
    def answers(address: str) -> bool:
        try:
            return bool(resolve(address))
        except Resolver404:
            return False

    assert [one for one in _ADDRESS.findall(page.read_text()) if not answers(one)] == []


def paths_named(page: Path) -> set[str]:
    """What stands in backticks and can only be a file or a folder of the checkout."""
    rooms = "|".join(sorted({path.relative_to(ROOT).parts[0] for path in tracked() if path.parent != ROOT}))
    one = re.compile(rf"(?:lps|{rooms})/[\w./-]*")
    return {code for code in _CODE.findall(page.read_text()) if one.fullmatch(code)}


@pytest.mark.parametrize("page", PAGES, ids=names(PAGES))
def test_every_file_named_exists(page: Path) -> None:
    missing = {name for name in paths_named(page) if not (ROOT / name).exists()}

    assert sorted(name for name in missing if not (ROOT / "platform" / name).exists()) == []


def modules_named(page: Path) -> set[str]:
    """Dotted names of ours in backticks, such as `tenants.context.use`."""
    rooms = "lps|tenants|notifications|booking|billing|voice|simulators|deploy|bench"
    found = re.compile(rf"((?:{rooms})(?:\.\w+)+)(?:\(.*\))?")
    return {match[1] for code in _CODE.findall(page.read_text()) if (match := found.fullmatch(code))}


def is_there(name: str) -> bool:
    """Whether a module, or a word defined at the top of one, bears this name."""
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        base = ROOT / "platform" if parts[0] == "lps" else ROOT
        path = base.joinpath(*parts[:end])
        if path.is_dir():
            return end == len(parts) or _defines(path / "__init__.py", parts[end])
        if path.with_suffix(".py").is_file():
            return end == len(parts) or _defines(path.with_suffix(".py"), parts[end])
    return False


def _defines(file: Path, word: str) -> bool:
    return bool(re.search(rf"^(?:def |class |){word}\b|import .*\b{word}\b|^    {word},$", file.read_text(), re.M))


# Names of tasks, which look like modules: what the broker calls them.
TASKS = {due.task for due in SCHEDULE} | {"lps.tick"}


@pytest.mark.parametrize("page", PAGES, ids=names(PAGES))
def test_every_module_named_exists(page: Path) -> None:
    assert [name for name in sorted(modules_named(page) - TASKS) if not is_there(name)] == []


def test_the_middlewares_are_told_in_their_order() -> None:
    named = [name for name in _CODE.findall(ARCHITECTURE.read_text()) if name in settings.MIDDLEWARE]

    assert list(dict.fromkeys(named)) == [
        name for name in settings.MIDDLEWARE if not name.startswith(("django.", "white"))
    ]


def sources(*patterns: str) -> str:
    return "\n".join(path.read_text() for path in tracked(*patterns) if "tests" not in path.parts)


def test_operations_tell_every_variable_that_the_product_reads() -> None:
    product = sources("platform/*.py", "tenants/*.py", "deploy/gunicorn.py")
    readers = r"(?:env\.(?:text|words|application_keys|database)|environ\.get|env\.get|_required)"
    read = set(re.findall(rf"{readers}\((?:env, )?\"([A-Z0-9_]+)\"", product))

    assert {"LPS_SECRET_KEY", "S3_BUCKET", "WEB_CONCURRENCY"} <= read
    assert read - {"LPS_CLOCK_ORIGIN"} - set(_CODE.findall(OPERATIONS.read_text())) == set()


def test_every_variable_of_the_manual_is_read_somewhere() -> None:
    told = {name for row in re.findall(r"^\| (`[A-Z].*?) \|", README.read_text(), re.M) for name in _CODE.findall(row)}
    product = sources("*.py")

    assert {"PORT", "DATA_DIR", "LPS_CLOCK"} <= told
    assert [name for name in sorted(told) if f'"{name}"' not in product] == []


def test_the_accounts_of_the_manual_are_those_of_the_demonstration() -> None:
    text = README.read_text()
    accounts = {account.email: account.totp_secret for account in demonstration.accounts()}

    assert demonstration.PASSWORD in text
    assert set(re.findall(r"[\w.]+@[\w.]+\.example", text)) <= set(accounts)
    [(secret, email)] = re.findall(r"secret='(\w+)'.*# (\S+)", text)
    assert accounts[email] == secret


def test_the_hours_of_the_night_are_those_of_the_tick() -> None:
    told = re.findall(r"\| (\d\d:\d\d)\b", OPERATIONS.read_text())

    assert told == [f"{due.at:%H:%M}" for due in SCHEDULE if due.at]
