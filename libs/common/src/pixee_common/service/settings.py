"""Settings: read from the environment once, frozen, handed down; and the source of their own documentation.

A service declares further settings as a subclass of `Settings`; `settings_table` and `env_example` then document them too.
"""

import logging
from collections.abc import Iterable
from typing import Literal, Self

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from pydantic_settings import BaseSettings, SettingsConfigDict

from pixee_common.crypto import KeyRing
from pixee_common.domain.faults import PixeeError
from pixee_common.egress import EgressPolicy
from pixee_common.telemetry import register_secrets

__all__ = [
    "DatabaseSettings",
    "EgressSettings",
    "HttpSettings",
    "KafkaSettings",
    "KeySettings",
    "Settings",
    "SettingsInvalid",
    "TelemetrySettings",
    "env_example",
    "settings_table",
]


class SettingsInvalid(PixeeError):
    """The environment holds something we cannot use. The message names each variable and never quotes a value."""

    code = "settings_invalid"


class Settings(BaseSettings):
    """A frozen group of settings. Each field names its variable (`validation_alias`), its default and its meaning."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="ignore",
        env_ignore_empty=True,
        validate_by_name=True,
        validate_by_alias=True,
        hide_input_in_errors=True,
    )

    @classmethod
    def load(cls) -> Self:
        """Read the environment. Raises SettingsInvalid."""
        try:
            return cls()
        except ValidationError as error:
            problems = [
                f"{'.'.join(map(str, found['loc'])) or cls.__name__}: {found['msg']}" for found in error.errors()
            ]
            raise SettingsInvalid("; ".join(problems)) from None


class DatabaseSettings(Settings):
    """Where PostgreSQL is."""

    url: SecretStr = Field(
        SecretStr("postgresql://pixee@127.0.0.1:5432/pixee"),
        validation_alias="DATABASE_URL",
        description="PostgreSQL: postgresql://user:password@host:port/database",
    )

    @field_validator("url")
    @classmethod
    def _of_postgresql(cls, url: SecretStr) -> SecretStr:
        scheme, separator, rest = url.get_secret_value().partition("://")
        if not separator or not rest or scheme.partition("+")[0] not in {"postgresql", "postgres"}:
            raise ValueError("must start with postgresql://")
        return SecretStr(f"postgresql://{rest}")

    @property
    def dsn(self) -> str:
        """For asyncpg and command-line tools."""
        return self.url.get_secret_value()

    @property
    def sqlalchemy_url(self) -> str:
        """For SQLAlchemy's async engine."""
        return self.dsn.replace("postgresql://", "postgresql+asyncpg://", 1)


class KafkaSettings(Settings):
    """Where Kafka is."""

    bootstrap_servers: str = Field(
        "127.0.0.1:9092",
        validation_alias="KAFKA_BOOTSTRAP_SERVERS",
        min_length=1,
        description="Kafka brokers to begin with: host:port, separated by commas.",
    )


class HttpSettings(Settings):
    """Where this service listens."""

    host: str = Field("127.0.0.1", validation_alias="PIXEE_HTTP_HOST", description="Address to listen on.")
    port: int = Field(
        8000, validation_alias="PIXEE_HTTP_PORT", ge=0, le=65535, description="Port to listen on; 0: any free one."
    )


class EgressSettings(Settings):
    """Where requests to shops may go, beyond the host rules of the platforms."""

    allow: str = Field(
        "",
        validation_alias="PIXEE_EGRESS_ALLOW",
        description="Private networks that may be called (CIDR, separated by commas); cloud metadata stays closed.",
    )
    routes: str = Field(
        "",
        validation_alias="PIXEE_EGRESS_ROUTES",
        description="Hosts reached by another way: host-glob=http://127.0.0.1:port, separated by commas (simulators).",
    )

    plain_http: str = Field(
        "",
        validation_alias="PIXEE_EGRESS_PLAIN_HTTP",
        description="Shops that may be reached without TLS, by host globs separated by commas; only platforms that sign requests can.",
    )

    @field_validator("allow")
    @classmethod
    def _networks(cls, allow: str) -> str:
        EgressPolicy.parse(allow=allow)
        return allow

    @field_validator("routes")
    @classmethod
    def _ways(cls, routes: str) -> str:
        EgressPolicy.parse(routes=routes)
        return routes

    def policy(self) -> EgressPolicy:
        """Return the policy for the guarded client and for `check_url`."""
        return EgressPolicy.parse(self.allow, self.routes, self.plain_http)


class KeySettings(Settings):
    """The keys that seal credentials."""

    fernet_keys: SecretStr = Field(
        validation_alias="PIXEE_FERNET_KEYS",
        description="<key id>:<fernet key>, separated by commas; the first one encrypts, all decrypt.",
    )

    @field_validator("fernet_keys")
    @classmethod
    def _readable(cls, keys: SecretStr) -> SecretStr:
        KeyRing.parse(keys.get_secret_value())
        return keys

    def key_ring(self) -> KeyRing:
        """Return the key ring; what it opens, and the keys themselves, are blotted out of logs."""
        text = self.fernet_keys.get_secret_value()
        register_secrets(part.partition(":")[2].strip() for part in text.split(","))
        return KeyRing.parse(text, on_secret=register_secrets)


class TelemetrySettings(Settings):
    """How this service speaks about itself."""

    log_format: Literal["json", "text"] = Field(
        "json", validation_alias="PIXEE_LOG_FORMAT", description="json: one object a line; text: lines for people."
    )
    log_level: str = Field(
        "INFO", validation_alias="PIXEE_LOG_LEVEL", description="DEBUG, INFO, WARNING, ERROR or CRITICAL."
    )
    otlp_endpoint: str | None = Field(
        None,
        validation_alias="OTEL_EXPORTER_OTLP_ENDPOINT",
        description="Collector for traces and metrics (OTLP over HTTP), such as http://collector:4318; unset: none.",
    )

    @field_validator("log_level")
    @classmethod
    def _known(cls, level: str) -> str:
        if level.upper() not in logging.getLevelNamesMapping():
            raise ValueError("must be DEBUG, INFO, WARNING, ERROR or CRITICAL")
        return level.upper()


COMMON_SETTINGS: tuple[type[Settings], ...] = (
    DatabaseSettings,
    KafkaSettings,
    HttpSettings,
    EgressSettings,
    KeySettings,
    TelemetrySettings,
)


def settings_table(groups: Iterable[type[Settings]] = COMMON_SETTINGS) -> str:
    """Return the Markdown table for the documentation."""
    rows = [
        f"| `{field.validation_alias}` | {_default(field) or '–'} | {field.description} |"
        for group in groups
        for field in group.model_fields.values()
    ]
    return "\n".join(("| variable | default | meaning |", "|---|---|---|", *rows)) + "\n"


def env_example(groups: Iterable[type[Settings]] = COMMON_SETTINGS) -> str:
    """Return the text of `.env.example`: every variable with its default and meaning."""
    blocks = []
    for group in groups:
        lines = [f"# {(group.__doc__ or group.__name__).strip().splitlines()[0]}"]
        for field in group.model_fields.values():
            comment = "" if field.is_required() else "# "
            lines += [f"# {field.description}", f"{comment}{field.validation_alias}={_default(field)}"]
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + "\n"


def _default(field: FieldInfo) -> str:
    value = field.get_default()
    if value is None or value is PydanticUndefined:
        return ""
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)
