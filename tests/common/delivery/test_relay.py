"""The relay gets through whatever lies in the outbox: rows that are large are taken in smaller batches."""

import asyncio
from typing import Any

import pytest

from pixee_common.db import Database
from pixee_common.delivery import relay as relays
from pixee_common.delivery.relay import Relay
from pixee_common.messaging.settings import TopicSettings
from pixee_common.messaging.topics import CATALOG_CHANGED

pytestmark = pytest.mark.stack

ROWS = 60
ROW_BYTES = 600_000
BYTES_A_SECOND = 60_000_000
LEFT = "SELECT count(*) FROM outbox WHERE topic = $1"


class SlowProducer:
    """Delivers in order, so many bytes a second."""

    def __init__(self) -> None:
        self.delivered: list[bytes] = []
        self._free_at = 0.0

    async def send(self, _topic: str, *, value: bytes, **_: Any) -> "asyncio.Future[None]":
        loop = asyncio.get_running_loop()
        self._free_at = max(self._free_at, loop.time()) + len(value) / BYTES_A_SECOND
        done: asyncio.Future[None] = loop.create_future()
        loop.call_at(self._free_at, self._deliver, done, value)
        return done

    def _deliver(self, done: "asyncio.Future[None]", value: bytes) -> None:
        if not done.done():
            self.delivered.append(value[:1])
            done.set_result(None)

    async def stop(self) -> None:
        """Nothing to close."""


async def test_large_rows_leave_in_batches_that_can_be_published_in_time(owner: Database, monkeypatch) -> None:
    await owner.run(lambda c: c.execute("DELETE FROM outbox"))
    await owner.run(
        lambda c: c.execute(
            "INSERT INTO outbox (topic, key, payload, headers)"
            " SELECT $1, 'k'::bytea, convert_to(repeat('x', $2), 'UTF8'), '{}' FROM generate_series(1, $3)",
            CATALOG_CHANGED, ROW_BYTES, ROWS,
        )
    )  # fmt: skip
    monkeypatch.setattr(relays, "_PUBLISH_SECONDS", 0.5)
    relay = Relay(owner, "nowhere:1", TopicSettings(), name="test")
    producer = SlowProducer()

    async def opened() -> None:
        relay._producer = producer  # type: ignore[assignment]

    monkeypatch.setattr(relay, "_open_producer", opened)
    running = asyncio.create_task(relay.run())
    try:
        async with asyncio.timeout(8):
            while await owner.run(lambda c: c.fetchval(LEFT, CATALOG_CHANGED)):
                await asyncio.sleep(0.1)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await owner.run(lambda c: c.execute("DELETE FROM outbox"))
    assert relay.published == ROWS


@pytest.mark.parametrize("turns", range(5))
async def test_a_relay_that_is_woken_and_stopped_in_the_same_moment_stops(monkeypatch, turns: int) -> None:
    async def nothing_to_move() -> bool:
        return False

    relay = Relay(Database("postgresql://nowhere", name="test"), "nowhere:1", TopicSettings(), name="test")
    monkeypatch.setattr(relay, "_round", nothing_to_move)
    monkeypatch.setattr(relays, "_SWEEP_SECONDS", 60)
    running = asyncio.create_task(relay.run())
    await asyncio.sleep(0.01)
    relay.wake()
    for _ in range(turns):
        await asyncio.sleep(0)
    running.cancel()
    done, _ = await asyncio.wait({running}, timeout=1)
    running.cancel()
    assert done
