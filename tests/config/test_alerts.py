"""Each alert can be read, asks for figures that exist, and leads to a page that says what to do."""

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from lps.config.fleet_metrics import Fleet
from lps.kernel.metrics import counted, exposing
from tests.config import promql
from tests.test_tree import ROOT

RULES = ROOT / "deploy" / "monitoring" / "rules.yml"
PLATFORM = ROOT / "platform"
RUNBOOKS = ROOT / "docs" / "runbooks"
ALERTS: list[dict[str, Any]] = [
    rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]
]
DURATION = re.compile(r"\d+[smhd]")
HEADINGS = [
    "Ce que cela veut dire",
    "Ce que voient les familles et les agents",
    "À regarder",
    "À faire",
    "Qui appeler, et quand",
]


def names(alerts: list[dict[str, Any]]) -> list[str]:
    return [alert["alert"] for alert in alerts]


@dataclass(frozen=True, slots=True)
class Shown:
    """The labels of one name that a reader of `/metrics` finds."""

    name: str
    labels: frozenset[str]


@cache
def shown() -> dict[str, frozenset[str]]:
    """Every name of a sample, and its labels."""
    return {one.name: one.labels for one in (*_counted(), *_told())}


def _counted() -> Iterator[Shown]:
    suffixes = {"counter": ("_total",), "summary": ("_count", "_sum"), "histogram": ("_count", "_sum", "_bucket")}
    for metric in counted.ALL:
        family = next(iter(metric.describe()))
        for suffix in suffixes.get(family.type, ("",)):
            labels = frozenset(metric._labelnames) | ({"le"} if suffix == "_bucket" else set())
            yield Shown(family.name + suffix, labels)


def _told() -> Iterator[Shown]:
    for family in (*Fleet().describe(), *exposing.Started("web").collect()):
        yield Shown(family.name, frozenset(family._labelnames))


@pytest.mark.parametrize("alert", ALERTS, ids=names(ALERTS))
def test_asks_for_figures_that_exist_by_labels_that_they_have(alert: dict[str, Any]) -> None:
    selectors = promql.read(alert["expr"])

    assert selectors
    assert [one.name for one in selectors if one.name not in shown()] == []
    assert [(one.name, label) for one in selectors for label in one.matchers if label not in shown()[one.name]] == []


@pytest.mark.parametrize("alert", ALERTS, ids=names(ALERTS))
def test_says_how_grave_it_is_and_leads_to_its_page(alert: dict[str, Any]) -> None:
    page = ROOT / alert["annotations"]["runbook_url"]
    text = page.read_text()

    assert alert["labels"]["severity"] in ("page", "ticket") and DURATION.fullmatch(alert["for"])
    assert alert["annotations"]["summary"] and page.parent == RUNBOOKS
    assert f"`{alert['alert']}`" in text.split("\n## ")[0]
    assert re.findall(r"^## (.+)$", text, re.M) == HEADINGS


def test_no_page_is_for_nothing_and_the_index_has_each() -> None:
    index = (RUNBOOKS / "README.md").read_text()
    pages = {ROOT / alert["annotations"]["runbook_url"] for alert in ALERTS}

    assert set(RUNBOOKS.glob("*.md")) - {RUNBOOKS / "README.md"} == pages
    assert len(set(names(ALERTS))) == len(ALERTS)
    assert sorted(re.findall(r"`(Lps\w+)`", index)) == sorted(names(ALERTS))


def test_the_figures_that_a_page_names_exist() -> None:
    families = {re.sub(r"_(total|count|sum|bucket)$", "", name) for name in shown()}
    told = {
        (page.name, name)
        for page in RUNBOOKS.glob("*.md")
        for name in re.findall(r"\blps_[a-z_]+", page.read_text())
        if re.sub(r"_(total|count|sum|bucket)$", "", name) not in families
    }

    assert told == set()


def test_a_series_that_wakes_at_its_first_event_is_there_before_it() -> None:
    script = "import lps.kernel.metrics.counted, prometheus_client as p; print(p.generate_latest().decode())"
    fresh = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=PLATFORM)
    born = [one for family in text_string_to_metric_families(fresh.stdout) for one in family.samples]
    waking = [rule for rule in ALERTS if re.fullmatch(r"sum\(increase\((?:.|\n)*\)\) > 0", rule["expr"].strip())]

    assert len(waking) >= 4
    for rule in waking:
        [selector] = promql.read(rule["expr"])
        wanted = {label: value.removeprefix("=") for label, value in selector.matchers.items()}.items()
        assert [one for one in born if one.name == selector.name and wanted <= one.labels.items()], rule["alert"]


@pytest.mark.parametrize(
    "text",
    [
        "rate(lps_web_seconds_count) > 0",
        "absent(lps_started_timestamp_seconds[5m])",
        "sum(rate(lps_sms_total[5])) > 0",
        "sum by secret (lps_attempts_total)",
        "lps_queue_tasks >",
        "lps_queue_tasks > 3)",
        "lps_queue_tasks{kind=email}",
        "(lps_queue_tasks > 3",
        "lps_queue_tasks; drop",
    ],
)
def test_a_slip_is_seen(text: str) -> None:
    with pytest.raises(promql.NotPromql):
        promql.read(text)
