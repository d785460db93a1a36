"""What each process of the stack is told, and no more: one database role per service, keys only where they are used."""

import fnmatch
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

from cryptography.fernet import Fernet

from pixee_devstack.folders import new_password, write_private
from pixee_devstack.ports import LOOPBACK

ROLES = {"gateway": "pixee_gateway", "orchestrator": "pixee_orchestrator", "worker": "pixee_worker"}
"""Service → its database role, as `pixee_common.db migrate` makes them."""

SIMULATED_HOSTS = {
    "shopify": ("*.myshopify.com", "*storage.googleapis.com"),
    "woocommerce": ("*.woo.example",),
    "amazon_sp_api": ("*.amazon.com", "*.amazonaws.com", "*.cloudfront.net"),
}
"""Slug → the shop hosts that its simulator answers for."""

_OURS = (
    "DATABASE_URL",
    "KAFKA_BOOTSTRAP_SERVERS",
    "PIXEE_ROLE_PASSWORD_*",
    "PIXEE_FERNET_KEYS",
    "PIXEE_EGRESS_ROUTES",
    "PIXEE_HTTP_HOST",
    "PIXEE_HTTP_PORT",
    "PIXEE_WORKER_PLATFORMS",
)


@dataclass(frozen=True)
class Secrets:
    """The passwords of the services' database roles and the keys that credentials are encrypted with."""

    role_passwords: dict[str, str]
    fernet_keys: str
    """`<key id>:<key>[,<key id>:<key>…]`, the first one encrypts."""

    @classmethod
    def kept(cls, path: Path) -> "Secrets":
        """Those in `path` (JSON, mode 0600), made the first time; PIXEE_FERNET_KEYS, when set, goes before its keys."""
        if not path.exists():
            passwords = {service: new_password() for service in ROLES}
            made = cls(passwords, f"k1:{Fernet.generate_key().decode()}")
            write_private(path, json.dumps(asdict(made), indent=2))
        kept = json.loads(path.read_text(encoding="utf-8"))
        return cls(kept["role_passwords"], os.environ.get("PIXEE_FERNET_KEYS") or kept["fernet_keys"])


def inherited() -> dict[str, str]:
    """Our own environment without what the stack decides, and with output that is not held back."""
    kept = {name: value for name, value in os.environ.items() if not any(fnmatch.fnmatch(name, ours) for ours in _OURS)}
    return {**kept, "PYTHONUNBUFFERED": "1"}


def dsn_as(dsn: str, user: str, password: str) -> str:
    """The database of `dsn`, entered as somebody else."""
    parts = urlsplit(dsn)
    place = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{quote(user)}:{quote(password, safe='')}@{place}"))


def egress_routes(simulators: Mapping[str, str], hosts: Mapping[str, tuple[str, ...]]) -> str:
    """The value of PIXEE_EGRESS_ROUTES that leads the hosts of every simulated platform to its simulator.

    `simulators`: slug → base URL. A slug that `hosts` does not know gets no route.
    """
    return ",".join(f"{glob}={url}" for slug, url in simulators.items() for glob in hosts.get(slug, ()))


def migration_env(dsn: str, secrets: Secrets) -> dict[str, str]:
    """For `pixee_common.db migrate`: the owner's DSN and the passwords that the roles get."""
    passwords = {f"PIXEE_ROLE_PASSWORD_{name.upper()}": value for name, value in secrets.role_passwords.items()}
    return {**inherited(), "DATABASE_URL": dsn, **passwords}


def service_env(service: str, *, dsn: str, bootstrap: str, port: int, secrets: Secrets, routes: str) -> dict[str, str]:
    """For one process of `service` (`gateway`, `orchestrator` or `worker`) that answers health on `port`."""
    env = {
        **inherited(),
        "DATABASE_URL": dsn_as(dsn, ROLES[service], secrets.role_passwords[service]),
        "KAFKA_BOOTSTRAP_SERVERS": bootstrap,
        "PIXEE_HTTP_HOST": LOOPBACK,
        "PIXEE_HTTP_PORT": str(port),
    }
    if service != "orchestrator":
        env["PIXEE_FERNET_KEYS"] = secrets.fernet_keys
    if service == "worker":
        env["PIXEE_EGRESS_ROUTES"] = routes
        env["PIXEE_WORKER_PLATFORMS"] = "all"
    return env
