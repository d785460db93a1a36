"""Tables of the documentation that are made from declarations: topics, database tables, reason codes, settings, metrics."""

from pixee_common.db.grants import GRANTS, privileges
from pixee_common.domain.reasons import REASONS
from pixee_common.messaging.settings import TopicSettings
from pixee_common.messaging.topics import topics
from pixee_common.service.settings import COMMON_SETTINGS, Settings, env_example, settings_table
from pixee_common.telemetry import metrics_table
from pixee_gateway.settings import GatewaySettings
from pixee_orchestrator.settings import OrchestratorSettings
from pixee_workers.settings import WorkerSettings

SETTINGS: tuple[type[Settings], ...] = (
    *COMMON_SETTINGS,
    TopicSettings,
    GatewaySettings,
    OrchestratorSettings,
    WorkerSettings,
)


def topics_md() -> str:
    """docs/topics.md."""
    lines = [
        "# Topics",
        "",
        "Made by `make generate` from `pixee_common/messaging/topics.py`. Provisioned, never made by accident.",
        "",
        "| topic | event | key | partitions (small, wide) | kept | written by | read by | meaning |",
        "|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| `{t.name}` | `{t.event.TYPE}` | {t.key} | {t.partitions[0]}, {t.partitions[1]} | {t.retention_days} d "
        f"| {', '.join(t.writers)} | {', '.join(t.readers)} | {t.meaning} |"
        for t in topics()
    ]
    return "\n".join(lines) + "\n"


def tables_md() -> str:
    """docs/tables.md."""

    def cell(letters: str | None) -> str:
        if not letters:
            return "–"
        return ", ".join(f"{name.lower()}{f' ({columns})' if columns else ''}" for name, columns in privileges(letters))

    lines = [
        "# Tables and who may do what",
        "",
        "Made by `make generate` from `pixee_common/db/grants.py`; the database's GRANTs are made from the same facts.",
        "",
        "| table | gateway | sync-orchestrator | platform-workers |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| `{table}` | {cell(c.get('gateway'))} | {cell(c.get('orchestrator'))} | {cell(c.get('worker'))} |"
        for table, c in GRANTS.items()
    ]
    return "\n".join(lines) + "\n"


def reasons_md() -> str:
    """docs/reason-codes.md."""
    lines = [
        "# Reason codes",
        "",
        "Made by `make generate` from `pixee_common/domain/reasons.py`. `retryable`: the same item may succeed later, unchanged.",
        "",
        "| code | who acts | retryable | advice |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| `{code}` | {r.owner} | {'yes' if r.retryable else 'no'} | {r.advice} |" for code, r in REASONS.items()
    ]
    return "\n".join(lines) + "\n"


def settings_md() -> str:
    """docs/settings.md."""
    return (
        "# Settings\n\nMade by `make generate` from the settings' own fields. All are environment variables.\n\n"
        + settings_table(SETTINGS)
    )


def env_file() -> str:
    """`.env.example`."""
    return env_example(SETTINGS)


def metrics_md() -> str:
    """docs/metrics.md."""
    return "# Metrics\n\nMade by `make generate` from `pixee_common/telemetry/metrics.py`.\n\n" + metrics_table()
