"""Settings are read once, refused with the variable's name and never its value, and document themselves."""

import ipaddress
import logging
from uuid import uuid4

import pytest
from pydantic import Field, ValidationError

from pixee_common.crypto import generate_key
from pixee_common.service import (
    DatabaseSettings,
    EgressSettings,
    HttpSettings,
    KafkaSettings,
    KeySettings,
    Settings,
    SettingsInvalid,
    TelemetrySettings,
    env_example,
    settings_table,
)
from pixee_common.telemetry import redact

GROUPS = (DatabaseSettings, KafkaSettings, HttpSettings, EgressSettings, KeySettings, TelemetrySettings)


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for group in GROUPS:
        for field in group.model_fields.values():
            monkeypatch.delenv(str(field.validation_alias), raising=False)


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+asyncpg"])
def test_any_spelling_of_a_postgresql_url_is_understood(monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    monkeypatch.setenv("DATABASE_URL", f"{scheme}://u:canary@db:5433/pixee")
    settings = DatabaseSettings.load()
    assert settings.dsn == "postgresql://u:canary@db:5433/pixee"
    assert settings.sqlalchemy_url == "postgresql+asyncpg://u:canary@db:5433/pixee"
    assert "canary" not in repr(settings)


@pytest.mark.parametrize(
    ("group", "variable", "value"),
    [
        (DatabaseSettings, "DATABASE_URL", "mysql://canary"),
        (HttpSettings, "PIXEE_HTTP_PORT", "canary"),
        (HttpSettings, "PIXEE_HTTP_PORT", "70000"),
        (EgressSettings, "PIXEE_EGRESS_ALLOW", "10.0.0.1/8"),
        (EgressSettings, "PIXEE_EGRESS_ROUTES", "a.example"),
        (KeySettings, "PIXEE_FERNET_KEYS", "canary"),
        (KeySettings, "PIXEE_FERNET_KEYS", "a:canary"),
        (TelemetrySettings, "PIXEE_LOG_FORMAT", "canary"),
        (TelemetrySettings, "PIXEE_LOG_LEVEL", "canary"),
    ],
)
def test_a_bad_value_is_refused_by_the_name_of_its_variable(
    monkeypatch: pytest.MonkeyPatch, group: type[Settings], variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsInvalid) as caught:
        group.load()
    assert variable in str(caught.value)
    assert "canary" not in str(caught.value)


def test_keys_are_the_only_setting_without_a_default() -> None:
    for group in GROUPS:
        if group is KeySettings:
            with pytest.raises(SettingsInvalid, match="PIXEE_FERNET_KEYS"):
                group.load()
        else:
            group.load()


def test_an_empty_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIXEE_HTTP_PORT", "")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "")
    assert HttpSettings.load().port == 8000
    assert TelemetrySettings.load().otlp_endpoint is None


def test_settings_are_frozen_and_can_be_made_by_field_name() -> None:
    settings = HttpSettings(host="0.0.0.0", port=1)
    with pytest.raises(ValidationError):
        settings.port = 2  # type: ignore[misc]


def test_the_egress_policy_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIXEE_EGRESS_ALLOW", "10.0.0.0/8")
    monkeypatch.setenv("PIXEE_EGRESS_ROUTES", "*.myshopify.com=http://127.0.0.1:9001")
    policy = EgressSettings.load().policy()
    assert policy.private_allowlist == (ipaddress.ip_network("10.0.0.0/8"),)
    assert policy.route_for("demo.myshopify.com") is not None


def test_keys_and_what_they_open_are_blotted_out_of_logs(monkeypatch: pytest.MonkeyPatch) -> None:
    key = generate_key()
    monkeypatch.setenv("PIXEE_FERNET_KEYS", f"2026:{key}")
    settings = KeySettings.load()
    ring = settings.key_ring()
    assert ring.current_key_id == "2026"
    assert key not in repr(settings)
    assert key not in redact(f"it is {key}!")
    connector = uuid4()
    ring.open(connector, ring.seal(connector, {"pw": "hunter2-hunter2"}))
    assert "hunter2" not in redact("it is hunter2-hunter2!")


def test_the_log_level_is_one_that_logging_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIXEE_LOG_LEVEL", "warning")
    assert logging.getLevelName(TelemetrySettings.load().log_level) == logging.WARNING


def test_every_setting_is_documented_with_variable_default_and_meaning() -> None:
    class WorkerSettings(Settings):
        """What a worker serves."""

        platforms: str = Field("all", validation_alias="PIXEE_WORKER_PLATFORMS", description="Platforms to serve.")

    table, example = settings_table((*GROUPS, WorkerSettings)), env_example((*GROUPS, WorkerSettings))
    for group in (*GROUPS, WorkerSettings):
        for field in group.model_fields.values():
            assert field.description
            assert f"| `{field.validation_alias}` |" in table
            assert field.description in example
    assert "| `PIXEE_WORKER_PLATFORMS` | all | Platforms to serve. |" in table
    assert "# What a worker serves.\n# Platforms to serve.\n# PIXEE_WORKER_PLATFORMS=all\n" in example
    assert "\nPIXEE_FERNET_KEYS=\n" in example
