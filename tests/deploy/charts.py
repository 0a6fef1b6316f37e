"""The Helm chart, rendered without a cluster, and what its objects say of each other."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import helm_python as helm
import yaml

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "helm/lps"
CASES = sorted(path.stem for path in (ROOT / "helm/values").glob("*.yaml"))
RELEASE, NAMESPACE = "lps", "cellule-1"
Object = dict[str, Any]


def values(case: str) -> dict[str, Any]:
    return yaml.safe_load((ROOT / f"helm/values/{case}.yaml").read_text())


@cache
def rendered(case: str, *, is_upgrade: bool = False) -> tuple[Object, ...]:
    """Every object of one case."""
    with helm.Chart.load(str(CHART)) as chart:
        texts = chart.render(values(case), name=RELEASE, namespace=NAMESPACE, is_upgrade=is_upgrade)
    documents = (one for path, text in texts.items() if path.endswith(".yaml") for one in yaml.safe_load_all(text))
    return tuple(one for one in documents if one)


def of_kind(case: str, *kinds: str) -> list[Object]:
    return [one for one in rendered(case) if one["kind"] in kinds]


def pods(case: str) -> Iterator[tuple[str, Object]]:
    """The templates of pods, by their component."""
    for one in of_kind(case, "Deployment", "StatefulSet", "Job"):
        template = one["spec"]["template"]
        yield template["metadata"]["labels"]["app.kubernetes.io/component"], template


def containers(case: str) -> Iterator[tuple[str, Object, Object]]:
    """Each container with its component and its pod."""
    for component, template in pods(case):
        for one in [*template["spec"].get("initContainers", []), *template["spec"]["containers"]]:
            yield component, one, template["spec"]


def selects(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    return all(labels.get(name) == value for name, value in selector.get("matchLabels", {}).items())


@dataclass(frozen=True, slots=True)
class End:
    """Somebody who speaks or listens: a pod by its labels, in a namespace, or an address outside."""

    labels: tuple[tuple[str, str], ...] = ()
    namespace: str = NAMESPACE
    address: str = ""


def lets_through(case: str, source: End, target: End, port: int, protocol: str = "TCP") -> bool:
    """Whether the policies let one speak to the other: each of ours must allow it on its side."""
    return _side(case, "Egress", source, target, port, protocol) and _side(
        case, "Ingress", target, source, port, protocol
    )


def _side(case: str, way: str, ours: End, other: End, port: int, protocol: str) -> bool:
    if ours.namespace != NAMESPACE or ours.address:
        return True
    labels = dict(ours.labels)
    policies = [one["spec"] for one in of_kind(case, "NetworkPolicy") if selects(one["spec"]["podSelector"], labels)]
    ruling = [one for one in policies if way in one["policyTypes"]]
    key = {"Egress": "to", "Ingress": "from"}[way]
    rules = [rule for one in ruling for rule in one.get(way.lower()) or []]
    return not ruling or any(
        any(_is(peer, other) for peer in rule[key]) and any(_port(one, port, protocol) for one in rule["ports"])
        for rule in rules
    )


def _is(peer: Object, end: End) -> bool:
    if "ipBlock" in peer:
        if not end.address:
            return False
        address = ip_address(end.address)
        block = peer["ipBlock"]
        return address in ip_network(block["cidr"]) and not any(
            address in ip_network(one) for one in block.get("except", [])
        )
    if end.address:
        return False
    if "namespaceSelector" in peer:
        return selects(peer["namespaceSelector"], {"kubernetes.io/metadata.name": end.namespace})
    return end.namespace == NAMESPACE and selects(peer["podSelector"], dict(end.labels))


def _port(one: Object, port: int, protocol: str) -> bool:
    return one["protocol"] == protocol and one["port"] <= port <= one.get("endPort", one["port"])
