"""The service as a process: it starts without its neighbours, carries a job with them, and is one trace with a one-chunk job."""

import asyncio
import contextlib
import json
import os
import socket
import sys
import urllib.error
import urllib.request

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from pixee_common.messaging.topics import PROGRESS, platform_topic
from pixee_common.platforms.manifest import HostSpec, Manifest
from pixee_common.telemetry import inject, setup_tracing, shutdown_tracing, span
from pixee_devstack.kafka import EmbeddedKafka
from pixee_orchestrator.main import Orchestrator
from pixee_orchestrator.settings import OrchestratorSettings

pytestmark = pytest.mark.stack

SHOP = Manifest(
    slug="shopify", title="Shop", version="1", api_version="1", credentials=(), credential_sets=(), settings=(),
    host=HostSpec(address_setting="shop"), capabilities={},
)  # fmt: skip


async def _answer(port: int, path: str) -> int:
    def ask() -> int:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            error.close()
            return error.code
        except OSError:
            return 0

    return await asyncio.to_thread(ask)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def test_it_starts_and_lives_without_kafka_and_postgresql_and_stops_when_asked() -> None:
    port = _free_port()
    env = os.environ | {
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
        "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
        "PIXEE_HTTP_PORT": str(port),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "pixee_orchestrator",
        env=env,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(30):
            while await _answer(port, "/health/live") != 200:
                await asyncio.sleep(0.1)
        assert await _answer(port, "/health/ready") == 503
    finally:
        process.terminate()
        assert await asyncio.wait_for(process.wait(), 30) == 0


@contextlib.asynccontextmanager
async def _running(orchestrator: Orchestrator):
    tasks = [asyncio.create_task(part()) for part in orchestrator.parts().values()]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await orchestrator.database.close()


async def _bell(kafka: EmbeddedKafka) -> tuple[dict, dict[str, str]]:
    consumer = AIOKafkaConsumer(
        platform_topic("shopify"),
        bootstrap_servers=kafka.bootstrap,
        auto_offset_reset="earliest",
        metadata_max_age_ms=500,
    )
    await consumer.start()
    try:
        async with asyncio.timeout(60):
            while True:
                for records in (await consumer.getmany(timeout_ms=500)).values():
                    record = records[-1]
                    return json.loads(record.value), {name: value.decode() for name, value in record.headers}
    finally:
        await consumer.stop()


async def test_a_one_chunk_job_is_one_trace_from_the_request_to_the_fold(world, postgres, kafka, monkeypatch) -> None:
    monkeypatch.setattr("pixee_common.messaging.topics.catalogue", lambda: {"shopify": SHOP})
    exporter = InMemorySpanExporter()
    setup_tracing("test", processor=SimpleSpanProcessor(exporter))
    dsn = postgres.dsn_for("pixee_orchestrator", "only-for-tests")
    try:
        await world.worker("shopify")
        account = await world.account()
        connector = await world.connector(account)
        await world.products(account, 5)
        async with _running(Orchestrator(dsn, kafka.bootstrap, OrchestratorSettings())):
            with span("POST", parent={}) as post:
                trace = inject()
                job = await world.job(account, connector, traceparent=trace["traceparent"])
                await world.execute("SELECT pg_notify('pixee_plan', '')")
            bell, headers = await _bell(kafka)
            assert [chunk["job_id"] for chunk in bell["chunks"]] == [str(job)]
            await world.execute("UPDATE workers SET heartbeat_at = now()")
            with span("carry", parent=headers):
                await _carry(world, kafka, job, bell["route_key"])
            async with asyncio.timeout(30):
                while (await world.state(job))["finished_at"] is None:
                    await asyncio.sleep(0.05)
        assert (await world.state(job))["state"] == "completed"
    finally:
        await shutdown_tracing()
    spans = {one.name: one for one in exporter.get_finished_spans() if one.context.trace_id == post.context.trace_id}
    by_id = {one.context.span_id: one for one in spans.values()}

    def ancestors(name: str) -> list[str]:
        found, one = [], spans[name]
        while one.parent is not None:
            one = by_id[one.parent.span_id]
            found.append(one.name)
        return found

    topic = platform_topic("shopify")
    assert ancestors("plan") == ["POST"]
    assert ancestors(f"publish {topic}") == ["ring", "plan", "POST"]
    assert ancestors("fold") == ["carry", f"publish {topic}", "ring", "plan", "POST"]


async def _carry(world, kafka: EmbeddedKafka, job, route: str) -> None:
    """What a worker does: claim, outcome, progress event (sent at once here, with the trace that it has)."""
    await world.work(route)
    event = await world.progress(job, 0)
    producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap)
    await producer.start()
    try:
        headers = [(name, value.encode()) for name, value in inject().items()]
        await producer.send_and_wait(PROGRESS, event.body(), key=str(job).encode(), headers=headers)
    finally:
        await producer.stop()
