"""Every metric of the project, declared once: the code, the documentation's table and the endpoint read this list.

Names are Prometheus names, so that what a dashboard shows can be searched in the code. Labels are declared too: an undeclared
one is an error, since a label with an id in it (account, SKU) would make a time series of every merchant.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.metrics import Counter, Histogram, Meter
from opentelemetry.metrics import _Gauge as Gauge
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader, MetricReader, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource

from pixee_common.telemetry.prometheus import render

__all__ = [
    "METRICS",
    "MetricDefinition",
    "MetricName",
    "metrics_table",
    "metrics_text",
    "record",
    "setup_metrics",
    "shutdown_metrics",
]

MetricKind = Literal["counter", "histogram", "gauge"]
MetricName = Literal[
    "pixee_http_requests_seconds",
    "pixee_jobs_accepted_total",
    "pixee_jobs_finished_total",
    "pixee_job_seconds",
    "pixee_items_total",
    "pixee_chunks_total",
    "pixee_chunks_waiting",
    "pixee_platform_calls_seconds",
    "pixee_platform_faults_total",
    "pixee_budget_wait_seconds",
    "pixee_budget_leases_total",
    "pixee_budget_leased_total",
    "pixee_breaker_open",
    "pixee_lanes",
    "pixee_workers_alive",
    "pixee_uploads_total",
    "pixee_upload_records_total",
    "pixee_upload_strangers_total",
    "pixee_late_verdicts_total",
    "pixee_verdicts_awaited",
    "pixee_verdicts_overdue",
    "pixee_pending_changes",
    "pixee_pending_oldest_seconds",
    "pixee_resends",
    "pixee_heartbeat_age_seconds",
    "pixee_outbox_rows",
    "pixee_outbox_published_total",
    "pixee_dead_letters_total",
    "pixee_messages_total",
    "pixee_catalog_changes_total",
    "pixee_event_streams",
    "pixee_webhooks_total",
]


@dataclass(frozen=True, slots=True)
class MetricDefinition:
    """One metric: kind, unit, what it means, and the labels it may carry."""

    name: MetricName
    kind: MetricKind
    unit: str
    meaning: str
    labels: tuple[str, ...] = ()


METRICS: tuple[MetricDefinition, ...] = (
    MetricDefinition(
        "pixee_http_requests_seconds",
        "histogram",
        "s",
        "Duration of a request at our API.",
        ("method", "route", "status"),
    ),
    MetricDefinition(
        "pixee_jobs_accepted_total", "counter", "jobs", "Jobs answered with 202.", ("platform", "operation")
    ),
    MetricDefinition(
        "pixee_jobs_finished_total", "counter", "jobs", "Jobs in a final state.", ("platform", "operation", "state")
    ),
    MetricDefinition("pixee_job_seconds", "histogram", "s", "From 202 to the final state.", ("platform", "operation")),
    MetricDefinition(
        "pixee_items_total", "counter", "items", "Outcomes written for items.", ("platform", "operation", "outcome")
    ),
    MetricDefinition("pixee_chunks_total", "counter", "chunks", "Chunks done.", ("platform", "operation")),
    MetricDefinition("pixee_chunks_waiting", "gauge", "chunks", "Chunks parked until a time.", ("platform", "reason")),
    MetricDefinition(
        "pixee_platform_calls_seconds",
        "histogram",
        "s",
        "Duration of a call to a shop.",
        ("platform", "call", "status"),
    ),
    MetricDefinition(
        "pixee_platform_faults_total", "counter", "faults", "Faults by kind and scope.", ("platform", "kind", "scope")
    ),
    MetricDefinition(
        "pixee_budget_wait_seconds",
        "histogram",
        "s",
        "Time a call waited for a platform's limit.",
        ("platform", "budget"),
    ),
    MetricDefinition(
        "pixee_budget_leases_total",
        "counter",
        "leases",
        "Leases of budgets that all workers share: taken, or none to be had now.",
        ("platform", "budget", "result"),
    ),
    MetricDefinition(
        "pixee_budget_leased_total",
        "counter",
        "units",
        "Units leased of budgets that all workers share; what is given back is not taken off.",
        ("platform", "budget"),
    ),
    MetricDefinition("pixee_breaker_open", "gauge", "breakers", "Breakers that are open.", ("platform", "scope")),
    MetricDefinition("pixee_lanes", "gauge", "lanes", "Routes this worker owns.", ("platform",)),
    MetricDefinition("pixee_workers_alive", "gauge", "workers", "Workers whose heartbeat is young.", ("platform",)),
    MetricDefinition(
        "pixee_uploads_total", "counter", "files", "Files that platforms took.", ("platform", "operation")
    ),
    MetricDefinition(
        "pixee_upload_records_total", "counter", "records", "Records in files taken.", ("platform", "operation")
    ),
    MetricDefinition(
        "pixee_upload_strangers_total",
        "counter",
        "records",
        "Verdicts on records that were never sent.",
        ("platform", "operation"),
    ),
    MetricDefinition(
        "pixee_late_verdicts_total",
        "counter",
        "items",
        "Verdicts that came after an item's outcome was final.",
        ("platform", "operation"),
    ),
    MetricDefinition(
        "pixee_verdicts_awaited",
        "gauge",
        "items",
        "Items that platforms have taken and not yet judged.",
        ("platform", "operation"),
    ),
    MetricDefinition(
        "pixee_verdicts_overdue",
        "gauge",
        "items",
        "Those of them whose deadline has passed.",
        ("platform", "operation"),
    ),
    MetricDefinition(
        "pixee_pending_changes",
        "gauge",
        "items",
        "Changes that auto-sync has still to send; of one connector and operation at most 100,000 are counted.",
        ("platform", "operation"),
    ),
    MetricDefinition(
        "pixee_pending_oldest_seconds", "gauge", "s", "Age of the oldest of them.", ("platform", "operation")
    ),
    MetricDefinition(
        "pixee_resends",
        "gauge",
        "connectors",
        "Connectors being gone through after a change of their mapping, settings or auto-sync.",
        ("platform", "operation"),
    ),
    MetricDefinition("pixee_heartbeat_age_seconds", "gauge", "s", "Age of this worker's own last heartbeat."),
    MetricDefinition("pixee_outbox_rows", "gauge", "rows", "Messages written and not yet published."),
    MetricDefinition("pixee_outbox_published_total", "counter", "messages", "Messages published.", ("topic",)),
    MetricDefinition("pixee_dead_letters_total", "counter", "messages", "Messages set aside.", ("topic", "reason")),
    MetricDefinition("pixee_messages_total", "counter", "messages", "Messages handled.", ("topic", "result")),
    MetricDefinition("pixee_catalog_changes_total", "counter", "changes", "Catalog changes.", ("kind", "result")),
    MetricDefinition("pixee_event_streams", "gauge", "clients", "Clients following a job's events."),
    MetricDefinition(
        "pixee_webhooks_total",
        "counter",
        "deliveries",
        "Webhook deliveries judged: pull, echo (nothing new), gone (removed at the shop), ignored, forged, no_secret, not_active, unreadable.",
        ("platform", "result"),
    ),
)

_BY_NAME: Mapping[str, MetricDefinition] = {metric.name: metric for metric in METRICS}
_EXPORT_TIMEOUT_SECONDS = 3.0
# All histograms are of seconds: from a query to a whole job. The SDK's own bounds are meant for milliseconds.
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0, 7200.0)


class _Instruments:
    """The instruments of one process, made from the declarations."""

    def __init__(self, service: str, endpoint: str | None) -> None:
        self.scrape = InMemoryMetricReader()
        readers: list[MetricReader] = [self.scrape]
        if endpoint:
            exporter = OTLPMetricExporter(f"{endpoint.rstrip('/')}/v1/metrics", timeout=_EXPORT_TIMEOUT_SECONDS)
            readers.append(PeriodicExportingMetricReader(exporter))
        self.provider = MeterProvider(
            readers, resource=Resource.create({"service.name": service}), shutdown_on_exit=False
        )
        meter = self.provider.get_meter("pixee")
        self.by_name = {metric.name: _instrument(meter, metric) for metric in METRICS}


def _instrument(meter: Meter, metric: MetricDefinition) -> Counter | Histogram | Gauge:
    if metric.kind == "counter":
        return meter.create_counter(metric.name, metric.unit, metric.meaning)
    if metric.kind == "gauge":
        return meter.create_gauge(metric.name, metric.unit, metric.meaning)
    return meter.create_histogram(
        metric.name, metric.unit, metric.meaning, explicit_bucket_boundaries_advisory=_SECONDS
    )


_instruments: _Instruments | None = None


def setup_metrics(service: str, *, endpoint: str | None = None) -> None:
    """Start counting; with `endpoint` (OTLP/HTTP base URL) also send to the collector. Before this, `record` does nothing."""
    global _instruments
    _instruments = _Instruments(service, endpoint)


async def shutdown_metrics() -> None:
    """Send what is left (a few seconds at most) and stop counting."""
    global _instruments
    instruments, _instruments = _instruments, None
    if instruments is not None:
        await asyncio.to_thread(instruments.provider.shutdown)


def record(name: MetricName, value: float = 1, /, **labels: str) -> None:
    """Count up a counter, add to a histogram, or set a gauge. Raises ValueError for labels that are not declared."""
    metric = _BY_NAME[name]
    if not set(labels) <= set(metric.labels):
        raise ValueError(f"{name} has the labels {metric.labels}, not {tuple(labels)}")
    if _instruments is None:
        return
    instrument = _instruments.by_name[name]
    if isinstance(instrument, Counter):
        instrument.add(value, labels)
    elif isinstance(instrument, Histogram):
        instrument.record(value, labels)
    else:
        instrument.set(value, labels)


def metrics_text() -> str:
    """Return the current values in Prometheus' text format (version 0.0.4)."""
    return "" if _instruments is None else render(_instruments.scrape.get_metrics_data())


def metrics_table() -> str:
    """Return the Markdown table for the documentation."""
    rows = [
        f"| `{metric.name}` | {metric.kind} | {metric.unit} | {', '.join(metric.labels) or '–'} | {metric.meaning} |"
        for metric in METRICS
    ]
    return "\n".join(("| name | kind | unit | labels | meaning |", "|---|---|---|---|---|", *rows)) + "\n"


if {metric.name for metric in METRICS} != set(get_args(MetricName)):  # the type and the list must not drift apart
    raise RuntimeError("MetricName and METRICS differ")
