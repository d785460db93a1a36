"""docker-compose.yml: what `docker compose config` refuses is refused here too, and what it cannot know about our code is compared."""

import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from deploy.declared import ROLE_PASSWORDS, ROOT, variables

from pixee_common.crypto import KeyRing
from pixee_common.egress import EgressPolicy
from pixee_common.service.settings import DatabaseSettings
from pixee_devstack.service_env import ROLES, SIMULATED_HOSTS, Secrets, egress_routes, inherited, service_env

COMPOSE = ROOT / "docker-compose.yml"
LOCAL_ENV = ROOT / "deploy" / "docker" / "local_env.py"
OURS = {"gateway": "gateway", "sync-orchestrator": "orchestrator", "platform-workers": "worker"}
"""Compose's name of a service → the embedded stack's."""

_VARIABLE = re.compile(r"\$\{([A-Z_]+)(?::([-?])([^}]*))?\}")
_ALLOWED = {
    "image", "build", "command", "environment", "depends_on", "healthcheck", "ports", "volumes", "restart", "read_only", "tmpfs",
    "cap_drop", "security_opt", "stop_grace_period", "shm_size",
}  # fmt: skip


@pytest.fixture(scope="module")
def text() -> str:
    return COMPOSE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def local_env(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A new `.env`, as the file's first comment has it made."""
    path = tmp_path_factory.mktemp("env") / ".env"
    subprocess.run([sys.executable, str(LOCAL_ENV), str(path)], check=True, capture_output=True)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    return dict(line.split("=", 1) for line in path.read_text(encoding="utf-8").splitlines())


@pytest.fixture(scope="module")
def compose(text: str, local_env: dict[str, str]) -> dict[str, Any]:
    """The file with its variables put in, as Compose does it; an unset one without a default fails."""

    def value(found: re.Match[str]) -> str:
        name, kind, rest = found.groups()
        if name in local_env:
            return local_env[name]
        assert kind == "-", f"{name} has neither a value nor a default"
        return rest

    plain = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    return yaml.safe_load(_VARIABLE.sub(value, plain))


@pytest.fixture(scope="module")
def services(compose: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return compose["services"]


def test_the_compose_plugin_accepts_the_file(local_env: dict[str, str]) -> None:
    docker = shutil.which("docker")
    if docker is None or subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode:
        pytest.skip("no docker command with the compose plugin on this machine; the checks below stand in for it")
    checked = subprocess.run(
        [docker, "compose", "-f", str(COMPOSE), "config", "--quiet"],
        env={**os.environ, **local_env}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert checked.returncode == 0, checked.stderr


def test_services_use_known_keys_and_images_with_a_version(compose, services) -> None:
    assert {key for key in compose if not key.startswith("x-")} == {"name", "services", "volumes"}
    for name, service in services.items():
        assert set(service) <= _ALLOWED, name
        image, colon, tag = service["image"].rpartition(":")
        assert colon, name
        assert image in {"postgres", "apache/kafka", "pixee-connectors"}, name
        assert re.fullmatch(r"\d+(\.\d+)*", tag), name
    assert [name for name, service in services.items() if "build" in service] == ["migrate"]
    build = services["migrate"]["build"]
    assert (ROOT / build["context"] / build["dockerfile"]).is_file()


def test_dependencies_exist_can_be_met_and_do_not_go_in_circles(services) -> None:
    for name, service in services.items():
        for other, rule in service.get("depends_on", {}).items():
            assert other in services, (name, other)
            wanted = services[other]
            if rule["condition"] == "service_completed_successfully":
                assert wanted["restart"] == "no", (name, other)
                assert wanted["healthcheck"] == {"disable": True}
            else:
                assert rule["condition"] == "service_healthy", (name, other)
                assert wanted["healthcheck"]["test"][0] == "CMD", (name, other)
    done: set[str] = set()
    while ready := {n for n, s in services.items() if n not in done and set(s.get("depends_on", {})) <= done}:
        done |= ready
    assert done == set(services)


def test_what_runs_on_is_watched_and_what_ends_is_not_restarted(services) -> None:
    for name, service in services.items():
        once = name in {"migrate", "topics"}
        assert service["restart"] == ("no" if once else "unless-stopped"), name
        assert ("test" in service["healthcheck"]) is not once, name


def test_ports_are_published_once_and_to_this_machine_alone(services) -> None:
    published = [port for service in services.values() for port in service.get("ports", ())]
    assert all(re.fullmatch(r"127\.0\.0\.1:\d+:\d+", port) for port in published)
    outside = [port.split(":")[1] for port in published]
    assert len(set(outside)) == len(outside)
    assert "127.0.0.1:8000:8000" in services["gateway"]["ports"]


def test_volumes_are_declared_and_all_are_used(compose, services) -> None:
    used = {volume.partition(":")[0] for service in services.values() for volume in service.get("volumes", ())}
    assert used == set(compose["volumes"])


def test_our_containers_cannot_write_or_gain_anything(services) -> None:
    for name, service in services.items():
        if service["image"].startswith("pixee-connectors:"):
            assert service["read_only"] is True, name
            assert service["cap_drop"] == ["ALL"], name
            assert service["security_opt"] == ["no-new-privileges:true"], name


def test_every_variable_is_one_that_the_code_declares(services) -> None:
    for name, service in services.items():
        if service["image"].startswith("pixee-connectors:"):
            assert set(service.get("environment", {})) <= variables(), name
            assert all(isinstance(value, str) for value in service.get("environment", {}).values()), name


def test_each_service_is_told_what_the_embedded_stack_tells_it(services) -> None:
    secrets = Secrets(dict.fromkeys(ROLES, "x"), "k:x")
    for name, service in OURS.items():
        told = service_env(service, dsn="postgresql://o:p@h/d", bootstrap="b", port=1, secrets=secrets, routes="")
        assert set(services[name]["environment"]) == told.keys() - inherited().keys(), name


def test_each_service_enters_the_database_under_its_own_role(services, local_env) -> None:
    for name, service in OURS.items():
        env = services[name]["environment"]
        password = local_env[f"PIXEE_ROLE_PASSWORD_{service.upper()}"]
        assert env["DATABASE_URL"] == f"postgresql://{ROLES[service]}:{password}@postgres:5432/pixee"
        others = {value for key, value in local_env.items() if value not in {password, local_env["PIXEE_FERNET_KEYS"]}}
        assert not [value for value in others if any(value in text for text in env.values())], name
    assert "PIXEE_FERNET_KEYS" not in services["sync-orchestrator"]["environment"]
    migrate = services["migrate"]["environment"]
    assert set(migrate) > ROLE_PASSWORDS
    assert DatabaseSettings(DATABASE_URL=migrate["DATABASE_URL"]).dsn.startswith("postgresql://pixee:")


def test_no_secret_stands_in_the_file_or_has_a_default(text: str, local_env) -> None:
    for name, kind, _ in _VARIABLE.findall(text):
        secret = "PASSWORD" in name or "KEYS" in name
        assert secret is (name in local_env), name
        assert kind == ("?" if secret else "-"), name
    assert {name for name, _, _ in _VARIABLE.findall(text)} >= set(local_env)
    for line in text.splitlines():
        if re.search(r"PASSWORD\w*: |FERNET_KEYS: ", line):
            assert re.search(r": \$\{\w+:\?", line), line


def test_the_local_secrets_are_usable_and_never_written_over(tmp_path, local_env) -> None:
    ring = KeyRing.parse(local_env["PIXEE_FERNET_KEYS"])
    assert ring is not None
    assert len(set(local_env.values())) == len(local_env)
    (tmp_path / ".env").write_text("kept", encoding="utf-8")
    again = subprocess.run(
        [sys.executable, str(LOCAL_ENV), str(tmp_path / ".env")], capture_output=True, text=True, check=False
    )
    assert again.returncode == 1
    assert "is kept" in again.stderr
    assert (tmp_path / ".env").read_text(encoding="utf-8") == "kept"
    assert ".env" in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()


def test_calls_to_the_shops_end_at_simulators_that_run(services) -> None:
    simulators = dict(_simulators(services))
    assert simulators.keys() == SIMULATED_HOSTS.keys()
    routes = services["platform-workers"]["environment"]["PIXEE_EGRESS_ROUTES"]
    assert routes == egress_routes(simulators, SIMULATED_HOSTS)
    assert EgressPolicy.parse(routes=routes).route_for("a.myshopify.com")
    for slug in simulators:
        assert f"simulator-{slug}" in services["platform-workers"]["depends_on"]


def test_commands_run_modules_that_exist(services) -> None:
    for name, service in services.items():
        if service["image"].startswith("pixee-connectors:"):
            python, option, module = service["command"][:3]
            assert (python, option) == ("python", "-m"), name
            found = subprocess.run(
                [
                    sys.executable,
                    "-c",
                    f"import importlib.util as u, sys; sys.exit(not u.find_spec('{module}.__main__'))",
                ],
                check=False,
            )
            assert found.returncode == 0, module


def test_kafka_is_one_node_that_others_reach_by_its_name(services) -> None:
    env = services["kafka"]["environment"]
    listeners = dict(part.split("://") for part in env["KAFKA_LISTENERS"].split(","))
    assert env["KAFKA_PROCESS_ROLES"] == "broker,controller"
    assert set(listeners) == {part.split(":")[0] for part in env["KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"].split(",")}
    assert (
        f"INTERNAL://{services['gateway']['environment']['KAFKA_BOOTSTRAP_SERVERS']}"
        in env["KAFKA_ADVERTISED_LISTENERS"]
    )
    assert env["KAFKA_CONTROLLER_QUORUM_VOTERS"] == f"{env['KAFKA_NODE_ID']}@kafka{listeners['CONTROLLER']}"
    assert env["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"
    assert services["kafka"]["ports"][0].endswith(listeners["OUTSIDE"])


def _simulators(services: dict[str, dict[str, Any]]) -> Iterator[tuple[str, str]]:
    for name, service in services.items():
        if name.startswith("simulator-"):
            command = service["command"]
            assert name == f"simulator-{command[3]}"
            yield command[3], f"http://{name}:{command[command.index('--port') + 1]}"
