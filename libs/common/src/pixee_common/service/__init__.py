"""What every service of ours is: settings read once, health that answers, a start and a stop with manners."""

from pixee_common.service.health import Check, HealthApp, health_app
from pixee_common.service.http import Served, serve
from pixee_common.service.lifespan import ExitCode, ServiceBody, run_service
from pixee_common.service.settings import (
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

__all__ = [
    "Check",
    "DatabaseSettings",
    "EgressSettings",
    "ExitCode",
    "HealthApp",
    "HttpSettings",
    "KafkaSettings",
    "KeySettings",
    "Served",
    "ServiceBody",
    "Settings",
    "SettingsInvalid",
    "TelemetrySettings",
    "env_example",
    "health_app",
    "run_service",
    "serve",
    "settings_table",
]
