"""What the services say about themselves: logs, traces, metrics; and what they must never say.

Secrets are blotted out where text leaves the process (`redaction`), traces cross HTTP, outbox rows and Kafka as one carrier
(`tracing`), metrics are declared once as data (`metrics`).
"""

from pixee_common.telemetry.context import log_context
from pixee_common.telemetry.logs import configure_logging
from pixee_common.telemetry.metrics import (
    METRICS,
    MetricDefinition,
    MetricName,
    metrics_table,
    metrics_text,
    record,
    setup_metrics,
    shutdown_metrics,
)
from pixee_common.telemetry.redaction import redact, redact_fields, register_secrets
from pixee_common.telemetry.tracing import (
    Carrier,
    SpanKindName,
    current_trace_id,
    extract,
    inject,
    kafka_headers,
    setup_tracing,
    shutdown_tracing,
    span,
)

__all__ = [
    "METRICS",
    "Carrier",
    "MetricDefinition",
    "MetricName",
    "SpanKindName",
    "configure_logging",
    "current_trace_id",
    "extract",
    "inject",
    "kafka_headers",
    "log_context",
    "metrics_table",
    "metrics_text",
    "record",
    "redact",
    "redact_fields",
    "register_secrets",
    "setup_metrics",
    "setup_tracing",
    "shutdown_metrics",
    "shutdown_tracing",
    "span",
]
