"""deploy/k8s without a cluster: every document has what its kind requires, and names nothing that neither files nor code declare."""

import ipaddress
import re
import shutil
import subprocess
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml
from deploy.declared import ROOT, variables
from jsonschema import Draft202012Validator

from pixee_common.egress import addresses
from pixee_common.messaging.brokers import SUBSCRIBER
from pixee_common.platforms import catalogue

K8S = ROOT / "deploy" / "k8s"
BASE = K8S / "base"
KUSTOMIZATIONS = sorted(path.parent for path in K8S.rglob("kustomization.yaml"))
NAME = {"type": "string", "pattern": r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$"}
API_VERSIONS = {
    "Deployment": "apps/v1",
    "Job": "batch/v1",
    "NetworkPolicy": "networking.k8s.io/v1",
    "PodDisruptionBudget": "policy/v1",
    "Service": "v1",
    "ServiceAccount": "v1",
}


def _object(required: str, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": required.split(), "properties": properties}


def _list_of(schema: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "minItems": 1, "items": schema}


PROBE = _object(
    "httpGet periodSeconds failureThreshold",
    httpGet=_object("path port", path={"enum": ["/health/live", "/health/ready"]}, port={"const": "http"}),
)
CONTAINER = _object(
    "name image command resources securityContext",
    name=NAME,
    image={"type": "string"},
    command={"type": "array", "prefixItems": [{"const": "python"}, {"const": "-m"}], "minItems": 3},
    resources=_object("requests limits", requests=_object("cpu memory"), limits=_object("memory")),
    securityContext=_object(
        "allowPrivilegeEscalation readOnlyRootFilesystem capabilities",
        allowPrivilegeEscalation={"const": False},
        readOnlyRootFilesystem={"const": True},
        capabilities={"const": {"drop": ["ALL"]}},
    ),
    startupProbe=PROBE,
    livenessProbe=PROBE,
    readinessProbe=PROBE,
)
POD = _object(
    "serviceAccountName automountServiceAccountToken securityContext containers",
    automountServiceAccountToken={"const": False},
    securityContext=_object(
        "runAsNonRoot runAsUser seccompProfile",
        runAsNonRoot={"const": True},
        runAsUser={"const": 10001},
        seccompProfile={"const": {"type": "RuntimeDefault"}},
    ),
    containers={**_list_of(CONTAINER), "maxItems": 1},
)
TEMPLATE = _object("metadata spec", metadata=_object("labels"), spec=POD)
SELECTOR = _object("matchLabels", matchLabels={"type": "object", "minProperties": 1})
SPECS = {
    "Deployment": _object("replicas selector template", selector=SELECTOR, template=TEMPLATE),
    "Job": _object("backoffLimit template", template=TEMPLATE),
    "NetworkPolicy": _object("podSelector policyTypes", podSelector=SELECTOR),
    "PodDisruptionBudget": _object("maxUnavailable selector", selector=SELECTOR),
    "Service": _object("selector ports", ports=_list_of(_object("name port targetPort"))),
    "ServiceAccount": {},
}


def documents(folder: Path = BASE) -> Iterator[dict[str, Any]]:
    for path in sorted(folder.glob("*.yaml")):
        if path.name != "kustomization.yaml":
            yield from yaml.safe_load_all(path.read_text(encoding="utf-8"))


ALL = list(documents())


def of_kind(*kinds: str) -> list[dict[str, Any]]:
    return [document for document in ALL if document["kind"] in kinds]


def named(document: dict[str, Any]) -> str:
    return f"{document['kind']} {document['metadata']['name']}"


def containers() -> Iterator[tuple[str, dict[str, Any]]]:
    for document in of_kind("Deployment", "Job"):
        for container in document["spec"]["template"]["spec"]["containers"]:
            yield named(document), container


def labels_of_pods() -> list[dict[str, str]]:
    return [document["spec"]["template"]["metadata"]["labels"] for document in of_kind("Deployment", "Job")]


@pytest.mark.parametrize("document", ALL, ids=named)
def test_each_document_has_what_its_kind_requires(document) -> None:
    kind = document["kind"]
    assert document["apiVersion"] == API_VERSIONS[kind]
    schema = _object("metadata", metadata=_object("name", name=NAME), spec=SPECS[kind])
    assert [error.message for error in Draft202012Validator(schema).iter_errors(document)] == []
    assert ("spec" in document) is bool(SPECS[kind])
    assert "namespace" not in document["metadata"]


def test_each_name_is_given_once_a_kind() -> None:
    names = [named(document) for document in ALL]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("folder", KUSTOMIZATIONS, ids=lambda folder: folder.relative_to(K8S).as_posix())
def test_a_kustomization_lists_every_file_and_only_what_exists(folder: Path) -> None:
    listed = yaml.safe_load((folder / "kustomization.yaml").read_text(encoding="utf-8"))["resources"]
    assert all((folder / entry).exists() for entry in listed)
    beside = {path.name for path in folder.glob("*.yaml")} - {"kustomization.yaml"}
    assert {entry for entry in listed if entry.endswith(".yaml")} == beside


@pytest.mark.parametrize("folder", KUSTOMIZATIONS, ids=lambda folder: folder.relative_to(K8S).as_posix())
def test_settings_of_a_kustomization_are_declared_by_the_code(folder: Path) -> None:
    made = yaml.safe_load((folder / "kustomization.yaml").read_text(encoding="utf-8"))["configMapGenerator"]
    assert [one["name"] for one in made] == ["pixee-settings"]
    given = {literal.partition("=")[0] for literal in made[0]["literals"]}
    assert given
    assert given <= variables()


@pytest.mark.parametrize("overlay", ["local", "production"])
def test_kustomize_builds_an_overlay_with_a_namespace_and_a_version(overlay: str) -> None:
    builder = next(
        (command for command in (["kustomize", "build"], ["kubectl", "kustomize"]) if shutil.which(command[0])), None
    )
    if builder is None:
        pytest.skip("neither kustomize nor kubectl on this machine; the checks of the files stand in for them")
    built = subprocess.run(
        [*builder, str(K8S / "overlays" / overlay)], capture_output=True, text=True, check=False, timeout=60
    )
    assert built.returncode == 0, built.stderr
    made = list(yaml.safe_load_all(built.stdout))
    assert len(made) == len(ALL) + 1  # the settings' ConfigMap
    assert len({document["metadata"]["namespace"] for document in made}) == 1
    settings = next(document["metadata"]["name"] for document in made if document["kind"] == "ConfigMap")
    for document in made:
        if document["kind"] in {"Deployment", "Job"}:
            container = document["spec"]["template"]["spec"]["containers"][0]
            assert re.fullmatch(r"pixee-connectors:\d+\.\d+\.\d+", container["image"])
            assert all(source["configMapRef"]["name"] == settings for source in container.get("envFrom", ()))


def test_selectors_meet_the_pods_that_they_mean() -> None:
    for document in of_kind("Deployment"):
        spec = document["spec"]
        assert spec["selector"]["matchLabels"].items() <= spec["template"]["metadata"]["labels"].items()
        selected = [p for p in labels_of_pods() if spec["selector"]["matchLabels"].items() <= p.items()]
        assert len(selected) == 1, named(document)
    for document in of_kind("PodDisruptionBudget", "Service", "NetworkPolicy"):
        spec = document["spec"]
        selector = spec.get("podSelector") or spec["selector"]
        wanted = selector.get("matchLabels", selector)
        assert [p for p in labels_of_pods() if wanted.items() <= p.items()], named(document)
    budgets = {document["metadata"]["name"] for document in of_kind("PodDisruptionBudget")}
    assert budgets == {document["metadata"]["name"] for document in of_kind("Deployment")}


def test_ports_and_probes_lead_to_the_port_that_is_listened_on() -> None:
    made = yaml.safe_load((BASE / "kustomization.yaml").read_text(encoding="utf-8"))["configMapGenerator"][0]
    listening = dict(literal.split("=") for literal in made["literals"])["PIXEE_HTTP_PORT"]
    for name, container in containers():
        if name.startswith("Deployment"):
            assert container["ports"] == [{"name": "http", "containerPort": int(listening)}], name
            assert container["livenessProbe"]["httpGet"]["path"] == "/health/live", name
            assert container["startupProbe"]["httpGet"]["path"] == "/health/live", name
            assert container["readinessProbe"]["httpGet"]["path"] == "/health/ready", name
    assert all(port["targetPort"] == "http" for service in of_kind("Service") for port in service["spec"]["ports"])


def test_variables_are_declared_by_the_code_and_secrets_are_only_referred_to() -> None:
    readme = (K8S / "README.md").read_text(encoding="utf-8")
    for name, container in containers():
        for entry in container["env"]:
            assert entry["name"] in variables(), name
            if "value" in entry:
                assert entry["name"] == "PIXEE_WORKER_PLATFORMS", name
            else:
                reference = entry["valueFrom"]["secretKeyRef"]
                assert re.search(rf"`{reference['name']}` \|.*`{reference['key']}`", readme), reference
    assert not of_kind("Secret")


def test_each_service_has_the_secrets_of_its_own_role_alone() -> None:
    databases, keys = {}, set()
    for name, container in containers():
        for entry in container["env"]:
            if entry["name"] == "DATABASE_URL":
                databases[name] = entry["valueFrom"]["secretKeyRef"]["name"]
            if entry["name"] == "PIXEE_FERNET_KEYS":
                keys.add(name)
    workers = {f"Deployment worker-{slug.replace('_', '-')}" for slug in catalogue()}
    assert databases == {
        "Job migrate": "pixee-database-owner",
        "Deployment gateway": "pixee-database-gateway",
        "Deployment sync-orchestrator": "pixee-database-orchestrator",
        **dict.fromkeys(workers, "pixee-database-worker"),
    }
    assert keys == {"Deployment gateway", *workers}


def test_every_platform_has_workers_of_its_own() -> None:
    served = {
        entry["value"]: name
        for name, container in containers()
        for entry in container["env"]
        if entry["name"] == "PIXEE_WORKER_PLATFORMS"
    }
    assert served == {slug: f"Deployment worker-{slug.replace('_', '-')}" for slug in catalogue()}


def test_commands_run_modules_that_exist_under_accounts_that_exist() -> None:
    accounts = {document["metadata"]["name"] for document in of_kind("ServiceAccount")}
    used = {d["spec"]["template"]["spec"]["serviceAccountName"] for d in of_kind("Deployment", "Job")}
    assert used == accounts
    for name, container in containers():
        assert find_spec(f"{container['command'][2]}.__main__"), name


def test_a_pod_has_time_to_hand_its_routes_over() -> None:
    for document in of_kind("Deployment"):
        grace = document["spec"]["template"]["spec"]["terminationGracePeriodSeconds"]
        assert grace * 1000 > SUBSCRIBER["rebalance_timeout_ms"], named(document)
        assert grace > 30 + 8, "the service's own time to stop (run_service), and telemetry's"


def test_nothing_comes_or_goes_unless_a_policy_says_so() -> None:
    policies = {document["metadata"]["name"]: document["spec"] for document in of_kind("NetworkPolicy")}
    nothing = policies.pop("pixee-nothing")
    assert set(nothing) == {"podSelector", "policyTypes"}
    assert set(nothing["policyTypes"]) == {"Ingress", "Egress"}
    everywhere = nothing["podSelector"]["matchLabels"].items()
    assert all(everywhere <= labels.items() for labels in labels_of_pods())
    to_anywhere = [
        name for name, spec in policies.items() for rule in spec.get("egress", ()) for peer in rule["to"]
        if peer.get("ipBlock", {}).get("cidr") in {"0.0.0.0/0", "::/0"}
    ]  # fmt: skip
    assert set(to_anywhere) == {"pixee-workers-to-shops"}
    assert all("to" in rule and rule["ports"] for spec in policies.values() for rule in spec.get("egress", ()))


def test_workers_reach_public_addresses_on_two_ports_and_no_others() -> None:
    policy = next(d for d in of_kind("NetworkPolicy") if d["metadata"]["name"] == "pixee-workers-to-shops")["spec"]
    assert policy["podSelector"]["matchLabels"] == {"app.kubernetes.io/component": "platform-workers"}
    (rule,) = policy["egress"]
    assert [(port["protocol"], port["port"]) for port in rule["ports"]] == [("TCP", 443), ("TCP", 8443)]
    closed = {}
    for peer in rule["to"]:
        whole = ipaddress.ip_network(peer["ipBlock"]["cidr"])
        closed[whole.version] = [ipaddress.ip_network(text) for text in peer["ipBlock"]["except"]]
        assert all(network.version == whole.version and network.prefixlen > 0 for network in closed[whole.version])
    unwritable = ipaddress.ip_network("::ffff:0:0/96")  # Kubernetes reads it as IPv4 and refuses the policy
    for _, network in addresses._DENIED:
        assert network == unwritable or any(network.subnet_of(one) for one in closed[network.version]), network
    for address in addresses._METADATA:
        assert any(address in one for one in closed[address.version]), address
    assert unwritable not in closed[6]


def test_the_workers_file_is_the_generated_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT))
    generated = import_module("tools.generated.kubernetes")
    assert generated.FILES
    for path, make in generated.FILES.items():
        assert (ROOT / path).read_text(encoding="utf-8") == make(), f"{path} is stale: make generate"
