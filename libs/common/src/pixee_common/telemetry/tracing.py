"""Traces (OpenTelemetry) that stay one trace over HTTP, outbox rows and Kafka.

A carrier is a mapping, or pairs, of `traceparent` and `tracestate`: HTTP headers, a JSON column, Kafka headers (bytes). Without
a collector nothing is recorded, but a trace that came in is still handed on.
Spans are always detached in a `finally`: a span that stays attached after an exception becomes the parent of whatever its task
does next (the trap of FastStream's own middleware). Error texts are not recorded, only error types: texts may quote secrets.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Literal

from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Link, NoOpTracerProvider, Span, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

__all__ = [
    "Carrier",
    "SpanKindName",
    "current_span_id",
    "current_trace_id",
    "extract",
    "inject",
    "kafka_headers",
    "setup_tracing",
    "shutdown_tracing",
    "span",
]

Carrier = Mapping[str, str] | Mapping[str, bytes] | Iterable[tuple[str, bytes]] | Iterable[tuple[str, str]]
SpanKindName = Literal["internal", "server", "client", "producer", "consumer"]
AttributeValue = str | bool | int | float

_FIELDS = ("traceparent", "tracestate")
_EXPORT_TIMEOUT_SECONDS = 3.0
_propagator = TraceContextTextMapPropagator()
_provider: TracerProvider | None = None


def setup_tracing(service: str, *, endpoint: str | None = None, processor: SpanProcessor | None = None) -> None:
    """Record spans and send them to the collector at `endpoint` (OTLP/HTTP base URL), or to `processor` in tests.

    With neither, spans are not recorded.
    """
    global _provider
    if processor is None:
        if not endpoint:
            _provider = None
            return
        exporter = OTLPSpanExporter(f"{endpoint.rstrip('/')}/v1/traces", timeout=_EXPORT_TIMEOUT_SECONDS)
        processor = BatchSpanProcessor(exporter, schedule_delay_millis=1000)
    # The SDK's own exit hook would wait for a collector that is away.
    provider = TracerProvider(resource=Resource.create({"service.name": service}), shutdown_on_exit=False)
    provider.add_span_processor(processor)
    _provider = provider


async def shutdown_tracing() -> None:
    """Send what is left (a few seconds at most) and stop recording."""
    global _provider
    provider, _provider = _provider, None
    if provider is not None:
        await asyncio.to_thread(provider.shutdown)


@contextmanager
def span(
    name: str,
    *,
    kind: SpanKindName = "internal",
    parent: Carrier | None = None,
    links: Iterable[Carrier] = (),
    attributes: Mapping[str, AttributeValue] | None = None,
) -> Iterator[Span]:
    """Run the block in a span.

    `parent`: None continues the current span, a carrier continues what it carries, an empty one starts a new trace. `links`
    point at other traces by their carriers. An exception marks the span as failed and goes on.
    """
    base = None if parent is None else extract(parent)
    tracer = (_provider or NoOpTracerProvider()).get_tracer("pixee")
    started = tracer.start_span(
        name, context=base, kind=SpanKind[kind.upper()], links=_links(links), attributes=dict(attributes or {})
    )
    token = otel_context.attach(trace.set_span_in_context(started, base))
    try:
        yield started
    except Exception as error:
        started.set_attribute("error.type", type(error).__name__)
        started.set_status(Status(StatusCode.ERROR, type(error).__name__))
        raise
    finally:
        otel_context.detach(token)
        started.end()


def inject() -> dict[str, str]:
    """Return the current trace as a carrier for HTTP headers or a JSON column; empty when there is none."""
    carrier: dict[str, str] = {}
    _propagator.inject(carrier)
    return carrier


def kafka_headers() -> list[tuple[str, bytes]]:
    """Return the current trace as Kafka headers."""
    return [(name, value.encode()) for name, value in inject().items()]


def extract(carrier: Carrier) -> Context:
    """Read a carrier (names in any case, text or bytes); what cannot be read counts as no trace."""
    pairs = carrier.items() if isinstance(carrier, Mapping) else carrier
    texts: dict[str, str] = {}
    for name, value in pairs:
        if name.lower() in _FIELDS and value is not None:
            texts[name.lower()] = value.decode("ascii", "replace") if isinstance(value, bytes) else str(value)
    return _propagator.extract(texts, context=Context())


def current_trace_id() -> str | None:
    """Return the current trace's id (32 hex digits), or None."""
    found = trace.get_current_span().get_span_context()
    return trace.format_trace_id(found.trace_id) if found.is_valid else None


def current_span_id() -> str | None:
    """Return the current span's id (16 hex digits), or None."""
    found = trace.get_current_span().get_span_context()
    return trace.format_span_id(found.span_id) if found.is_valid else None


def _links(carriers: Iterable[Carrier]) -> list[Link]:
    contexts = (trace.get_current_span(extract(carrier)).get_span_context() for carrier in carriers)
    return [Link(context) for context in contexts if context.is_valid]
