"""The chart of a cell: each case renders, is what a cluster takes, and keeps our own rules."""

import json
import re
from typing import Any

import helm_python as helm
import kubernetes_validate
import pytest
import yaml
from django.core.management import get_commands, load_command_class
from jsonschema import Draft202012Validator

from deploy.voice.configuration import HOME
from lps.console import serving
from tests.config import promql
from tests.config.test_alerts import ALERTS, shown
from tests.deploy import charts
from tests.deploy.charts import CASES, CHART, NAMESPACE, RELEASE, ROOT, End, containers, of_kind, pods, rendered
from tests.deploy.recipes import ASTERISK, IMAGE, built

KUBERNETES = ("1.30", "1.33", "1.37")
OURS = yaml.safe_load((ROOT / "tests/deploy/crds.schema.yaml").read_text())
EACH = pytest.mark.parametrize("case", CASES)


def lint(values: dict[str, Any]) -> list[str]:
    messages = helm.lint(str(CHART), values, namespace=NAMESPACE, kube_version="v1.33.0")["messages"]
    return [one["error"] for one in messages if one["severity"] >= 2]


# --- What a cluster takes --------------------------------------------------------------------------------------------


@EACH
def test_helm_finds_nothing_to_say(case: str) -> None:
    assert lint(charts.values(case)) == []


@pytest.mark.parametrize("version", KUBERNETES)
@EACH
def test_every_object_is_one_that_a_cluster_takes(case: str, version: str) -> None:
    errors = []
    for one in rendered(case):
        if one["kind"] in OURS:
            schema = {**OURS[one["kind"]], "$defs": OURS["$defs"]}
            errors += [(one["kind"], error.message) for error in Draft202012Validator(schema).iter_errors(one)]
        else:
            kubernetes_validate.validate(one, version, strict=True)

    assert len(rendered(case)) > 20 and errors == []


@pytest.mark.parametrize(
    ("kind", "path", "value"),
    [("Deployment", ("spec", "replica"), 2), ("Cluster", ("spec", "instance"), 3), ("Certificate", ("spec", "x"), "")],
)
def test_a_slip_in_an_object_would_be_seen(kind: str, path: tuple[str, str], value: object) -> None:
    one = of_kind("production", kind)[0]
    wrong = {**one, path[0]: {**one[path[0]], path[1]: value}}

    if kind in OURS:
        schema = {**OURS[kind], "$defs": OURS["$defs"]}
        assert list(Draft202012Validator(schema).iter_errors(wrong))
    else:
        with pytest.raises(kubernetes_validate.ValidationError):
            kubernetes_validate.validate(wrong, KUBERNETES[1], strict=True)


def with_change(*path: str, value: object) -> dict[str, Any]:
    """The values of a whole cell, one of them replaced."""
    changed = charts.values("production")
    place = changed
    for step in path[:-1]:
        place = place.setdefault(step, {})
    place[path[-1]] = value
    return changed


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("domain",), ""),
        (("domaine",), "exemple.fr"),
        (("image", "tag"), "latest"),
        (("image", "digest"), "sha256:0"),
        (("extraEnv",), {"LPS_SECRET_KEY": "en clair"}),
        (("extraEnv",), {"LPS_CLOCK": "+1d"}),
        (("voice", "operatorNetworks"), []),
        (("ingress", "trustedProxies"), []),
        (("database", "mode"), "sqlite"),
        (("web", "resources"), {"requests": {"cpu": "beaucoup"}}),
        (("files", "s3", "endpoint"), "http://s3.hebergeur.example"),
    ],
)
def test_a_slip_in_the_values_is_refused(path: tuple[str, ...], value: object) -> None:
    assert lint(with_change(*path, value=value)) != []


def test_what_must_be_said_is_demanded_by_its_name() -> None:
    with (
        helm.Chart.load(str(CHART)) as chart,
        pytest.raises(helm.HelmError, match=r"database\.backup\.destinationPath"),
    ):
        chart.render(with_change("database", "backup", value={}), name=RELEASE, namespace=NAMESPACE)


def test_every_value_is_in_the_schema_and_has_a_default() -> None:
    schema = json.loads((CHART / "values.schema.json").read_text())
    defaults = yaml.safe_load((CHART / "values.yaml").read_text())

    assert set(schema["properties"]) - {"global"} == set(defaults)


# --- Our own rules ---------------------------------------------------------------------------------------------------


@EACH
def test_nothing_runs_with_more_rights_than_it_uses(case: str) -> None:
    for component, container, pod in containers(case):
        own, shared = container["securityContext"], pod["securityContext"]
        assert own["allowPrivilegeEscalation"] is False and own["capabilities"] == {"drop": ["ALL"]}, component
        assert own["readOnlyRootFilesystem"] is True and own["runAsNonRoot"] is True, component
        assert own["seccompProfile"] == shared["seccompProfile"] == {"type": "RuntimeDefault"}, component
        assert own.get("runAsUser", shared["runAsUser"]) >= 10_000 and shared["runAsNonRoot"] is True, component
        assert pod["automountServiceAccountToken"] is False and pod["serviceAccountName"] == RELEASE, component
        assert not {"hostPID", "hostIPC"} & set(pod), component
        assert not any("hostPath" in volume for volume in pod["volumes"]), component


def test_a_node_lends_its_network_only_where_it_was_asked_for() -> None:
    lent = {case for case in CASES for component, pod in pods(case) if pod["spec"].get("hostNetwork")}

    assert lent == {case for case in CASES if charts.values(case).get("voice", {}).get("hostNetwork")}


def test_the_images_run_as_the_users_of_their_recipes() -> None:
    found = {
        container["name"]: container["securityContext"].get("runAsUser", pod["securityContext"]["runAsUser"])
        for _, container, pod in containers("production")
    }
    users = {recipe: int(built(recipe).all("USER")[0].split(":")[0]) for recipe in (IMAGE, ASTERISK)}

    # The voice server writes Asterisk's lines, which others may not read.
    assert found["asterisk"] == users[ASTERISK] == users[IMAGE]
    assert {found[name] for name in ("web", "worker", "speech", "scheduler", "voice", "prepare")} == {users[IMAGE]}


def test_the_voice_server_gives_asterisk_its_lines_in_a_folder_of_both() -> None:
    [spec] = [pod["spec"] for component, pod in pods("production") if component == "voice"]
    held = {one["name"]: one for one in spec["containers"]}
    folders = {name: {one["name"]: one["mountPath"] for one in held[name]["volumeMounts"]} for name in held}
    told = {one["name"]: one.get("value") for one in held["voice"]["env"]}

    assert folders["voice"]["asterisk"] == told["LPS_VOICE_ASTERISK"]
    assert folders["asterisk"]["asterisk"] == HOME
    assert {"name": "asterisk", "emptyDir": {"sizeLimit": "64Mi"}} in spec["volumes"]


@EACH
def test_every_image_is_of_one_version(case: str) -> None:
    for _, container, _ in containers(case):
        assert re.fullmatch(r"[\w./-]+(?::(?!latest)[\w.-]+|@sha256:[0-9a-f]{64})", container["image"])


@EACH
def test_every_container_says_what_it_needs_and_how_it_is(case: str) -> None:
    for component, container, _ in containers(case):
        resources = container["resources"]
        assert {"cpu", "memory"} <= set(resources["requests"]) and "memory" in resources["limits"], component
        if component != "prepare":
            assert {"startupProbe", "livenessProbe", "readinessProbe"} <= set(container), container["name"]


@EACH
def test_the_pages_live_without_the_database_and_are_ready_with_it(case: str) -> None:
    (web,) = [container for component, container, _ in containers(case) if component == "web"]

    assert web["livenessProbe"]["httpGet"]["path"] == web["startupProbe"]["httpGet"]["path"] == "/sante/vivant"
    assert web["readinessProbe"]["httpGet"]["path"] == "/sante/pret"


@EACH
def test_secrets_come_from_secrets_alone(case: str) -> None:
    assert of_kind(case, "Secret") == []
    secret = re.compile(r"SECRET|PASSWORD|_KEYS?$|AUTH$|TOKEN|(?:DATABASE|REDIS|EMAIL)_URL")
    for _, container, _ in containers(case):
        for one in container.get("env", []):
            if secret.search(one["name"]) and "valueFrom" not in one:
                assert re.fullmatch(r"[a-z]+://\w*:\$\([A-Z_]+PASSWORD\)@[\w.-]+:\d+/\w+", one["value"]), one["name"]
            assert set(one.get("valueFrom", {"secretKeyRef": 0})) == {"secretKeyRef"}


@EACH
def test_every_variable_is_told_in_the_pages_for_people(case: str) -> None:
    told = set(re.findall(r"`([A-Z0-9_]+)`", (ROOT / "docs/operations.md").read_text()))
    given = {one["name"] for _, container, _ in containers(case) for one in container.get("env", [])}

    assert given - told - {"DATABASE_PASSWORD", "REDISCLI_AUTH"} == set()


@EACH
def test_every_process_exists(case: str) -> None:
    ran = [
        container["args"]
        for _, container, _ in containers(case)
        if container.get("args") and "command" not in container
    ]
    served = [words[1] for words in ran if words[0] == "serve"]
    optional = {name for name in ("voice", "speech") if charts.values(case).get(name, {}).get("enabled")}

    assert sorted(served) == sorted(set(serving.PROCESSES) - {"voice", "speech"} | optional)
    assert {words[0] for words in ran} - {"serve"} <= set(get_commands())


@EACH
def test_the_database_is_at_the_new_version_before_the_new_pods(case: str) -> None:
    (job,) = of_kind(case, "Job")

    assert job["metadata"]["annotations"]["helm.sh/hook"] == "post-install,pre-upgrade"
    assert job["spec"]["template"]["spec"]["containers"][0]["args"][:2] == ["fleet", "migrate"]
    assert job["spec"]["template"]["spec"]["restartPolicy"] == "Never" and job["spec"]["activeDeadlineSeconds"]


@pytest.mark.parametrize(("is_upgrade", "first"), [(False, []), (True, ["buchelay"])])
def test_an_upgrade_begins_with_the_communes_that_were_chosen(is_upgrade: bool, first: list[str]) -> None:
    (job,) = [one for one in rendered("production", is_upgrade=is_upgrade) if one["kind"] == "Job"]
    words = job["spec"]["template"]["spec"]["containers"][0]["args"]

    asked = load_command_class("tenants", "fleet").create_parser("lps", words[0]).parse_args(words[1:])

    assert (asked.action, asked.canary, asked.workers) == ("migrate", first, 8)


@EACH
def test_one_tick_a_minute_and_one_line_never_two(case: str) -> None:
    alone = {
        one["spec"]["template"]["metadata"]["labels"]["app.kubernetes.io/component"]
        for one in of_kind(case, "Deployment")
        if one["spec"].get("replicas") == 1 and one["spec"].get("strategy") == {"type": "Recreate"}
    }

    assert alone == {"scheduler", "voice"} & {component for component, _ in pods(case)}


@EACH
def test_what_names_something_names_what_is_there(case: str) -> None:
    names = {(one["kind"], one["metadata"]["name"]) for one in rendered(case)}
    labels = [template["metadata"]["labels"] for _, template in pods(case)]

    for one in of_kind(case, "HorizontalPodAutoscaler"):
        target = one["spec"]["scaleTargetRef"]
        assert (target["kind"], target["name"]) in names
        (scaled,) = [each for each in of_kind(case, "Deployment") if each["metadata"]["name"] == target["name"]]
        assert "replicas" not in scaled["spec"]  # an upgrade would undo what the load asked for
        assert one["spec"]["minReplicas"] <= one["spec"]["maxReplicas"]
    for one in of_kind(case, "PodDisruptionBudget"):
        assert any(charts.selects(one["spec"]["selector"], each) for each in labels)
    for one in of_kind(case, "Service"):
        assert any(charts.selects({"matchLabels": one["spec"]["selector"]}, each) for each in labels)
    for one in of_kind(case, "Ingress"):
        for rule in one["spec"]["rules"]:
            assert ("Service", rule["http"]["paths"][0]["backend"]["service"]["name"]) in names
        hosts = {host for tls in one["spec"]["tls"] for host in tls["hosts"]}
        assert hosts == {rule["host"] for rule in one["spec"]["rules"]}
        certified = {each["spec"]["secretName"]: set(each["spec"]["dnsNames"]) for each in of_kind(case, "Certificate")}
        assert all(certified[tls["secretName"]] == set(tls["hosts"]) for tls in one["spec"]["tls"])
    for one in of_kind(case, "ServiceMonitor"):
        (watched,) = [
            each
            for each in of_kind(case, "Service")
            if charts.selects(one["spec"]["selector"], each["metadata"]["labels"])
        ]
        assert {each["port"] for each in one["spec"]["endpoints"]} == {
            each["name"] for each in watched["spec"]["ports"]
        }


def test_every_town_has_its_certificate_and_own_domains_too() -> None:
    names = {name for one in of_kind("production", "Certificate") for name in one["spec"]["dnsNames"]}
    values = charts.values("production")

    assert {values["domain"], f"*.{values['domain']}", *values["ownDomains"]} <= names
    assert {f"*.{domain}" for domain in values["redirectedDomains"]} <= names


def test_the_cases_are_what_they_say() -> None:
    kinds = {case: {one["kind"] for one in rendered(case)} for case in CASES}
    components = {case: {component for component, _ in pods(case)} for case in CASES}

    assert "Cluster" not in kinds["external-database"] and "Pooler" in kinds["no-voice"]
    assert "voice" not in components["no-voice"] and "voice" in components["production"]
    assert "PersistentVolumeClaim" in kinds["small"] and "PersistentVolumeClaim" not in kinds["production"]
    assert not {"ServiceMonitor", "PrometheusRule", "ConfigMap"} & kinds["no-voice"]


def test_a_pooled_database_is_declared_and_tells_its_search_path() -> None:
    (pooler,) = of_kind("no-voice", "Pooler")
    (web,) = [container for component, container, _ in containers("no-voice") if component == "web"]
    given = {one["name"]: one.get("value", "") for one in web["env"]}

    assert pooler["spec"]["pgbouncer"]["parameters"]["track_extra_parameters"] == "IntervalStyle,search_path"
    assert given["LPS_POOLED_DATABASE"] == "1" and f"@{pooler['metadata']['name']}:5432" in given["DATABASE_URL"]
    assert not any(
        one["name"] == "LPS_POOLED_DATABASE" for _, container, _ in containers("production") for one in container["env"]
    )


# --- Who may speak to whom -------------------------------------------------------------------------------------------


def pod(component: str, case: str = "production") -> End:
    (labels,) = [one["metadata"]["labels"] for name, one in pods(case) if name == component]
    return End(tuple(labels.items()))


DATABASE = End((("cnpg.io/cluster", "lps-database"),))
STRANGER = End((("app", "autre"),))
DOOR, PROMETHEUS, OPERATOR = (End(namespace=name) for name in ("ingress", "monitoring", "cnpg-system"))
TREASURY, EXCHANGE, METADATA = (End(address=one) for one in ("198.51.100.1", "192.0.2.5", "169.254.169.254"))


@pytest.mark.parametrize("component", ["web", "worker", "speech", "scheduler", "voice", "prepare"])
def test_the_product_reaches_what_it_needs_and_nothing_else(component: str) -> None:
    own = pod(component)

    assert charts.lets_through("production", own, DATABASE, 5432)
    assert charts.lets_through("production", own, pod("valkey"), 6379)
    assert charts.lets_through("production", own, TREASURY, 443)
    assert charts.lets_through("production", PROMETHEUS, own, 9109)
    assert charts.lets_through("production", own, TREASURY, 587) == (component == "worker")
    assert charts.lets_through("production", DOOR, own, 8000) == (component == "web")
    assert charts.lets_through("production", EXCHANGE, own, 5060, "UDP") == (component == "voice")
    assert charts.lets_through("production", own, EXCHANGE, 30000, "UDP") == (component == "voice")
    assert not charts.lets_through("production", own, METADATA, 443)
    assert not charts.lets_through("production", own, pod("web"), 8000)
    assert not charts.lets_through("production", STRANGER, own, 9109)
    assert not charts.lets_through("production", TREASURY, own, 5060, "UDP")


def test_the_database_and_the_broker_are_the_products_alone() -> None:
    for source in (DOOR, PROMETHEUS, STRANGER, TREASURY):
        assert not charts.lets_through("production", source, DATABASE, 5432)
        assert not charts.lets_through("production", source, pod("valkey"), 6379)
    assert not charts.lets_through("production", pod("valkey"), DATABASE, 5432)
    assert not charts.lets_through("production", pod("valkey"), TREASURY, 443)
    assert charts.lets_through("production", DATABASE, DATABASE, 5432)
    assert charts.lets_through("production", OPERATOR, DATABASE, 8000)
    assert charts.lets_through("production", DATABASE, TREASURY, 443)


def test_a_pool_stands_between_the_product_and_the_database() -> None:
    pooler = End((("cnpg.io/poolerName", "lps-pooler"),))

    assert charts.lets_through("no-voice", pod("web", "no-voice"), pooler, 5432)
    assert charts.lets_through("no-voice", pooler, DATABASE, 5432)
    assert not charts.lets_through("no-voice", STRANGER, pooler, 5432)


def test_an_external_database_is_reached_at_its_address_alone() -> None:
    own = pod("web", "external-database")

    assert charts.lets_through("external-database", own, End(address="198.51.100.7"), 5433)
    assert not charts.lets_through("external-database", own, End(address="198.51.100.8"), 5433)


def test_a_certificate_of_a_towns_own_domain_can_be_proved() -> None:
    solver = End((("acme.cert-manager.io/http01-solver", "true"),))

    assert charts.lets_through("production", DOOR, solver, 8089)
    assert not charts.lets_through("production", STRANGER, solver, 8089)


# --- What is watched -------------------------------------------------------------------------------------------------


def test_every_alert_is_there_kept_to_its_cell() -> None:
    (rules,) = of_kind("production", "PrometheusRule")
    found = [rule for group in rules["spec"]["groups"] for rule in group["rules"]]

    assert sorted(rule["alert"] for rule in found) == sorted(rule["alert"] for rule in ALERTS)
    for rule in found:
        selectors = promql.read(rule["expr"])
        assert selectors and all(NAMESPACE in one.matchers["namespace"] for one in selectors), rule["alert"]
        (source,) = [one for one in ALERTS if one["alert"] == rule["alert"]]
        without = [{**one.matchers, "namespace": ""} for one in selectors]
        assert without == [{**one.matchers, "namespace": ""} for one in promql.read(source["expr"])]
        assert rule["labels"] == {**source["labels"], "cell": NAMESPACE}


def test_the_dashboard_shows_figures_that_exist_of_the_cell_that_is_chosen() -> None:
    (config,) = [one for one in of_kind("production", "ConfigMap") if one["metadata"]["name"] == "lps-dashboard"]
    dashboard = json.loads(config["data"]["lps-lps.json"])
    asked = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])]

    assert len(asked) > 15
    for expression in asked:
        selectors = re.findall(r"\b(lps_\w+)\{([^}]*)\}", expression)
        assert selectors and [name for name, _ in selectors] == re.findall(r"\blps_\w+", expression)
        for name, matchers in selectors:
            labels = set(re.findall(r"(\w+)[!=]", matchers))
            assert name in shown() and 'namespace="$cell"' in matchers and labels - {"namespace"} <= shown()[name]


def test_the_panels_of_the_dashboard_have_their_own_place() -> None:
    panels = json.loads((CHART / "files/dashboard.json").read_text())["panels"]
    places = [
        (x, y)
        for panel in panels
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]

    assert len(places) == len(set(places)) and max(x for x, _ in places) < 24
    assert len({panel["id"] for panel in panels}) == len(panels)
