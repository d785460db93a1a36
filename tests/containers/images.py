"""The servers of docker-compose.yml as test containers: same images, same settings, other ports."""

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker
import yaml
from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import ExecWaitStrategy

from pixee_devstack.ports import free_port

OWNER_PASSWORD = "only-for-tests"
_START_SECONDS = 180
_COMPOSE = Path(__file__).parents[2] / "docker-compose.yml"


def engine_refusal() -> str | None:
    """Why there is no Docker engine to work with, or None where one answers."""
    try:
        with contextlib.closing(docker.from_env(timeout=5)) as engine:
            engine.ping()
    except Exception as error:
        return f"no Docker engine answers here ({type(error).__name__})"
    return None


def declared(service: str) -> dict[str, Any]:
    """The service as docker-compose.yml has it, the owner's password put in."""
    text = _COMPOSE.read_text(encoding="utf-8")
    text = re.sub(r"\$\{PIXEE_OWNER_PASSWORD:\?[^}]*\}", OWNER_PASSWORD, text)
    return yaml.safe_load(text)["services"][service]


def kafka_env(env: dict[str, str], host: str, port: int) -> dict[str, str]:
    """Compose's settings of Kafka for a container that is alone, and is reached from outside at `host:port`."""
    return env | {
        "KAFKA_CONTROLLER_QUORUM_VOTERS": env["KAFKA_CONTROLLER_QUORUM_VOTERS"].replace("@kafka:", "@localhost:"),
        "KAFKA_ADVERTISED_LISTENERS": f"INTERNAL://localhost:9092,OUTSIDE://{host}:{port}",
    }


@contextlib.contextmanager
def official_postgres() -> Iterator[str]:
    """Its DSN, as the database's owner."""
    service = declared("postgres")
    env = service["environment"]
    with _container(service).with_envs(**env).with_exposed_ports(5432) as running:
        place = f"{running.get_container_host_ip()}:{running.get_exposed_port(5432)}"
        yield f"postgresql://{env['POSTGRES_USER']}:{env['POSTGRES_PASSWORD']}@{place}/{env['POSTGRES_DB']}"


@contextlib.contextmanager
def official_kafka() -> Iterator[str]:
    """Its bootstrap servers. The port is chosen before the start: a broker must know the address that it tells its clients."""
    service, port = declared("kafka"), free_port()
    container = _container(service)
    host = container.get_docker_client().host()
    container.with_envs(**kafka_env(service["environment"], host, port)).with_bind_ports(19092, port)
    with container:
        yield f"{host}:{port}"


def _container(service: dict[str, Any]) -> DockerContainer:
    check = service["healthcheck"]["test"][1:]
    strategy = ExecWaitStrategy(check).with_startup_timeout(_START_SECONDS)
    return DockerContainer(service["image"]).waiting_for(strategy)
