"""A trace stays one trace over every hand-over, and an exception leaves nothing attached."""

import asyncio
import json
from collections.abc import AsyncIterator
from itertools import pairwise
from typing import Any

import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from pixee_common.telemetry import (
    current_trace_id,
    extract,
    inject,
    kafka_headers,
    setup_tracing,
    shutdown_tracing,
    span,
)

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
async def spans() -> AsyncIterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    setup_tracing("gateway", processor=SimpleSpanProcessor(exporter))
    yield exporter
    await shutdown_tracing()


def named(exporter: InMemorySpanExporter, name: str) -> Any:
    (found,) = [finished for finished in exporter.get_finished_spans() if finished.name == name]
    return found


async def test_one_trace_from_request_over_outbox_row_and_kafka_header_to_the_call(spans: InMemorySpanExporter) -> None:
    with span("POST", kind="server", parent={"Traceparent": PARENT, "Host": "x"}):
        row = json.dumps(inject())
    assert current_trace_id() is None
    with span("relay", kind="producer", parent=json.loads(row)):
        headers = [("content-type", b"application/json"), *kafka_headers()]
    with (
        span("claim", kind="consumer", parent=headers),
        span("call", kind="client", attributes={"platform": "shopify"}),
    ):
        pass
    chain = ["POST", "relay", "claim", "call"]
    assert {named(spans, name).context.trace_id for name in chain} == {0x0AF7651916CD43DD8448EB211C80319C}
    assert named(spans, "POST").parent.span_id == 0xB7AD6B7169203331
    for parent, child in pairwise(chain):
        assert named(spans, child).parent.span_id == named(spans, parent).context.span_id
    assert named(spans, "call").attributes["platform"] == "shopify"
    assert named(spans, "call").resource.attributes["service.name"] == "gateway"


async def test_an_exception_detaches_the_span_and_its_text_is_not_recorded(spans: InMemorySpanExporter) -> None:
    with pytest.raises(ValueError, match="canary"), span("fails"):
        raise ValueError("canary")
    assert current_trace_id() is None
    with span("next"):
        pass
    assert named(spans, "next").parent is None
    failed = named(spans, "fails")
    assert not failed.status.is_ok
    assert failed.attributes["error.type"] == "ValueError"
    assert "canary" not in failed.to_json()


async def test_an_empty_parent_starts_a_new_trace_with_links(spans: InMemorySpanExporter) -> None:
    with span("job"):
        carrier = inject()
        with span("chunk", parent={}, links=[carrier, {}, {"traceparent": "nonsense"}]):
            pass
    job, chunk = named(spans, "job"), named(spans, "chunk")
    assert chunk.context.trace_id != job.context.trace_id
    assert [link.context.span_id for link in chunk.links] == [job.context.span_id]


async def test_a_cancelled_block_detaches_too(spans: InMemorySpanExporter) -> None:
    async def work() -> None:
        with span("cancelled"):
            await asyncio.sleep(60)

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert named(spans, "cancelled").status.is_unset


async def test_without_a_collector_a_trace_is_handed_on_but_not_recorded() -> None:
    setup_tracing("gateway")
    with span("x", parent={"traceparent": PARENT, "tracestate": "a=b"}):
        assert inject() == {"traceparent": PARENT, "tracestate": "a=b"}
    with span("y"):
        assert inject() == {}
    await shutdown_tracing()


@pytest.mark.parametrize(
    "carrier", [{}, [], {"traceparent": "x"}, [("traceparent", b"\xff")], {"traceparent": "00-" + "0" * 60}]
)
def test_what_cannot_be_read_counts_as_no_trace(carrier: Any) -> None:
    assert not extract(carrier)


async def test_spans_reach_a_collector_by_otlp_over_http() -> None:
    bodies: list[bytes] = []

    async def collect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
        )
        bodies.append(head + await reader.readexactly(length))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(collect, "127.0.0.1", 0) as server:
        setup_tracing("gateway", endpoint=f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
        with span("exported-span"):
            pass
        await shutdown_tracing()
    assert bodies[0].startswith(b"POST /v1/traces ")
    assert b"exported-span" in bodies[0]
