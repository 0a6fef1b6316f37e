"""Tables of the pages name all that the code knows of their subject, and nothing else."""

import re
from collections.abc import Iterable

import pytest

from booking.models import WaitingEntry
from booking.models.catalogue import Season
from booking.rules.periods import PeriodRefusal
from booking.rules.planning import OVERRIDABLE, PlanningRefusal
from lps.accounts import rights
from lps.accounts.api import problems
from lps.accounts.roles import OPERATOR_ROLES
from lps.console import demonstration, serving
from notifications import kinds
from tests.test_tree import ROOT, tracked


def rows(page: str, heading: str) -> list[list[str]]:
    """The cells of the table whose first heading is this one; a stroke that is written (`\\|`) parts none."""
    return rows_of((ROOT / page).read_text(), heading)


def rows_of(text: str, heading: str) -> list[list[str]]:
    _, _, after = text.partition(f"\n| {heading} |")
    table = after.partition("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]] for row in table]


def codes(cells: Iterable[str]) -> set[str]:
    return {code for cell in cells for code in re.findall(r"`([^`]+)`", cell)}


def first(page: str, heading: str) -> set[str]:
    return codes(row[0] for row in rows(page, heading))


def test_a_table_is_read_to_its_last_row() -> None:
    text = "Words.\n\n| code | why |\n|---|---|\n| `a`, `b` | one |\n| `c\\|d` | |\n\n| code | else |\n|---|---|\n"

    assert rows_of(text, "code") == [["`a`, `b`", "one"], ["`c\\|d`", ""]]
    assert rows_of(text, "nothing") == []


REASONS = {("docs/api.md", "code"), ("docs/rules/planning.md", "code")}


@pytest.mark.parametrize(("page", "heading"), sorted(REASONS))
def test_every_reason_to_refuse_a_change_is_told(page: str, heading: str) -> None:
    assert first(page, heading) == set(PlanningRefusal)


def test_what_an_agent_passes_over_is_told() -> None:
    told = [row for row in rows("docs/rules/planning.md", "code") if row[3] == "yes"]

    assert codes(row[0] for row in told) == set(OVERRIDABLE)


def test_every_reason_to_refuse_a_period_is_told() -> None:
    assert first("docs/rules/periods.md", "code") == set(PeriodRefusal)


def test_every_state_of_a_place_waited_for_is_told() -> None:
    assert first("docs/rules/waiting.md", "state") == set(WaitingEntry.State)


def test_every_season_is_told() -> None:
    assert first("docs/rules/opening.md", "season") == set(Season)


def test_every_scope_of_software_is_told() -> None:
    assert first("docs/api.md", "portée") == set(rights.scopes())


def test_every_status_of_a_problem_is_told() -> None:
    _, _, told = (ROOT / "docs" / "api.md").read_text().partition("## Erreurs")

    assert set(re.findall(r"`([45]\d\d)`", told)) == {str(kind.status) for kind in problems.KINDS}


def test_every_block_of_a_frame_is_told() -> None:
    """Those of the frame that the others extend are told once."""
    frames = ROOT / "platform" / "lps" / "ui" / "templates"
    told = {name.strip("`"): codes([blocks]) for name, _, blocks in rows("docs/ui.md", "template")}
    held = {name: set(re.findall(r"\{% block (\w+)", (frames / name).read_text())) for name in told}
    base = held.pop("ui/base.html")

    assert told.pop("ui/base.html") == base
    assert told == {name: blocks - base for name, blocks in held.items()}


# What any app may hold, told once below the tree.
PRODUCT = {"tenants", "notifications", "booking", "billing", "voice"}
USUAL = {"api", "forms", "management", "migrations", "models", "rules", "services", "templates", "views"}


def test_every_room_of_the_tree_is_told() -> None:
    _, _, tree = (ROOT / "ARCHITECTURE.md").read_text().partition("\n## The tree\n")
    told = codes([tree.partition("\n## ")[0]])
    paths = [path.relative_to(ROOT).parts[:-1] for path in tracked()]
    apps = {parts[0] for parts in paths if parts and not parts[0].startswith(".")} - {"platform"}
    special = {
        "/".join(parts[:2]) for parts in paths if len(parts) > 1 and parts[0] in PRODUCT and parts[1] not in USUAL
    }
    platform = {"/".join(parts[:3]) for parts in paths if parts[:2] == ("platform", "lps") and len(parts) > 2}

    assert {"tenants/fleet", "billing/payfip"} <= special
    assert sorted(room for room in apps | special | platform if f"{room}/" not in told) == []


def test_every_process_is_told() -> None:
    commands = codes(row[1] for row in rows("docs/operations.md", "process"))

    assert {command.rpartition(" ")[2] for command in commands} == set(serving.PROCESSES)


def test_every_kind_of_message_is_told() -> None:
    page = " ".join((ROOT / "docs" / "rules" / "reminders.md").read_text().split())
    [told] = re.findall(r"- The kinds: (.+?)\. - ", page)

    assert [code for code in kinds.registered() if not re.search(rf"\b{code}\b", told)] == []


def test_every_role_of_the_console_is_told() -> None:
    assert {row[0] for row in rows("docs/rules/console.md", "role")} == {str(role.label) for role in OPERATOR_ROLES}


def test_every_agent_of_the_demonstration_is_told() -> None:
    [told] = re.findall(r"^Roles: (.+)\. Agents", (ROOT / "README.md").read_text(), re.M)
    agents = {account.email.partition("@")[0] for account in demonstration.accounts()} - {"exploitant"}

    assert codes([told]) == agents
