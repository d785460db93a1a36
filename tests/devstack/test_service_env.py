"""Each process of the stack is told what it needs and nothing else."""

import stat

import pytest
from cryptography.fernet import Fernet

from pixee_devstack import service_env
from pixee_devstack.service_env import SIMULATED_HOSTS, Secrets

DSN = "postgresql://postgres:owner-secret@127.0.0.1:5432/pixee"


@pytest.fixture
def secrets(tmp_path, monkeypatch) -> Secrets:
    monkeypatch.delenv("PIXEE_FERNET_KEYS", raising=False)
    return Secrets.kept(tmp_path / "secrets.json")


def env_of(service: str, secrets: Secrets) -> dict[str, str]:
    return service_env.service_env(
        service, dsn=DSN, bootstrap="127.0.0.1:9092", port=8080, secrets=secrets, routes="*.shop=http://127.0.0.1:1"
    )


def test_secrets_are_made_once_and_readable_by_their_owner_alone(tmp_path, secrets):
    assert Secrets.kept(tmp_path / "secrets.json") == secrets
    assert len(set(secrets.role_passwords.values())) == 3
    assert stat.S_IMODE((tmp_path / "secrets.json").stat().st_mode) == 0o600
    key_id, _, key = secrets.fernet_keys.partition(":")
    assert key_id == "k1"
    assert Fernet(key).decrypt(Fernet(key).encrypt(b"token")) == b"token"


def test_keys_that_are_given_go_before_the_kept_ones(tmp_path, secrets, monkeypatch):
    monkeypatch.setenv("PIXEE_FERNET_KEYS", "mine:key")
    assert Secrets.kept(tmp_path / "secrets.json").fernet_keys == "mine:key"


def test_every_service_enters_the_database_as_its_own_role_only(secrets):
    for service, role in service_env.ROLES.items():
        env = env_of(service, secrets)
        assert env["DATABASE_URL"] == f"postgresql://{role}:{secrets.role_passwords[service]}@127.0.0.1:5432/pixee"
        assert not any("owner-secret" in value for value in env.values())
        assert not any(name.startswith("PIXEE_ROLE_PASSWORD") for name in env)


def test_keys_go_to_gateway_and_workers_and_routes_to_workers_alone(secrets, monkeypatch):
    monkeypatch.setenv("PIXEE_FERNET_KEYS", "of:the-shell")
    monkeypatch.setenv("PIXEE_EGRESS_ROUTES", "*=http://127.0.0.1:2")
    having = {service: env_of(service, secrets) for service in service_env.ROLES}
    assert [service for service, env in having.items() if "PIXEE_FERNET_KEYS" in env] == ["gateway", "worker"]
    assert [service for service, env in having.items() if "PIXEE_EGRESS_ROUTES" in env] == ["worker"]
    assert having["worker"]["PIXEE_EGRESS_ROUTES"] == "*.shop=http://127.0.0.1:1"
    assert having["worker"]["PIXEE_WORKER_PLATFORMS"] == "all"


def test_the_migration_gets_the_owner_and_the_passwords_of_the_roles(secrets):
    env = service_env.migration_env(DSN, secrets)
    assert env["DATABASE_URL"] == DSN
    assert env["PIXEE_ROLE_PASSWORD_WORKER"] == secrets.role_passwords["worker"]


def test_other_settings_of_the_shell_reach_the_services(secrets, monkeypatch):
    monkeypatch.setenv("PIXEE_SPECS_DIR", "/specs")
    assert env_of("gateway", secrets)["PIXEE_SPECS_DIR"] == "/specs"


def test_a_password_with_odd_characters_keeps_its_place_in_the_dsn():
    dsn = service_env.dsn_as("postgresql://a:b@db.example:5432/pixee?ssl=require", "role", "p@:/?")
    assert dsn == "postgresql://role:p%40%3A%2F%3F@db.example:5432/pixee?ssl=require"


def test_each_simulated_platform_gets_a_route_for_each_of_its_hosts():
    urls = {"shopify": "http://127.0.0.1:9101", "woocommerce": "http://127.0.0.1:9102", "unknown": "http://127.0.0.1:1"}
    routes = service_env.egress_routes(urls, SIMULATED_HOSTS)
    assert routes.split(",") == [
        "*.myshopify.com=http://127.0.0.1:9101",
        "*storage.googleapis.com=http://127.0.0.1:9101",
        "*.woo.example=http://127.0.0.1:9102",
    ]
