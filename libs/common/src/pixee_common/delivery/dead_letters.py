"""Dead letters: what nobody could read or write is kept with its raw bytes, told on a topic of its own, and can be replayed.

Too many of them in a minute mean that something is broken, not that messages are bad: intake then stops instead of filling
the table (`DeadLetterGate`).
"""

import asyncio
import base64
import logging
from collections import deque
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from uuid import UUID

from pixee_common.clock import Clock
from pixee_common.db import Connection, Database
from pixee_common.delivery import outbox
from pixee_common.events import DeadLettered
from pixee_common.messaging.consuming import Received
from pixee_common.messaging.topics import DEAD_LETTER

_log = logging.getLogger(__name__)

_INSERT = """
INSERT INTO dead_letters (account_id, topic, partition, "offset", key, payload, headers, reason, message)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (topic, partition, "offset") WHERE "offset" IS NOT NULL DO NOTHING
RETURNING id
"""
# The place is taken by another message: the broker was emptied since, and counts from 0 again. Kept without its place, then.
_KNOWN = """
SELECT EXISTS (
    SELECT FROM dead_letters
    WHERE topic = $1 AND partition = $2 AND "offset" = $3 AND key IS NOT DISTINCT FROM $4 AND payload = $5
) OR EXISTS (
    SELECT FROM dead_letters WHERE topic = $1 AND "offset" IS NULL AND key IS NOT DISTINCT FROM $4 AND payload = $5
)
"""


async def set_aside(
    connection: Connection,
    *,
    topic: str,
    payload: bytes,
    reason: str,
    message: str,
    source: str,
    partition: int | None = None,
    offset: int | None = None,
    key: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    account_id: UUID | None = None,
) -> None:
    """Keeps one message, once: the same message at the same place on the same topic is not kept again."""
    found = {_storable(name): _storable(value) for name, value in (headers or {}).items()}
    message = _storable(message)
    told = (key, payload, found, reason, message[:1000])
    row = await connection.fetchrow(_INSERT, account_id, topic, partition, offset, *told)
    if row is None:
        if await connection.fetchval(_KNOWN, topic, partition, offset, key, payload):
            return
        row = await connection.fetchrow(_INSERT, account_id, topic, None, None, *told)
    if row is None:
        raise RuntimeError("a message without a place is always kept")
    _log.error("dead letter %d of %s: %s: %s", row["id"], topic, reason, message[:200])
    event = DeadLettered(
        dead_letter_id=row["id"],
        topic=topic,
        partition=partition,
        offset=offset,
        reason=reason,
        message=message[:1000],
        payload_base64=base64.b64encode(payload[:600_000]).decode(),
        headers=found,
        occurred_at=datetime.now(UTC),
    )
    await outbox.put(connection, DEAD_LETTER, event, source=source)


def _storable(text: str) -> str:
    """PostgreSQL keeps no U+0000 in a text; a dead letter that cannot be kept would stop its partition for good."""
    return text.replace("\x00", "\ufffd")


class DeadLetterGate:
    """Lets at most `limit` dead letters a minute through; then it waits, and says so at the highest level."""

    def __init__(self, clock: Clock, limit: int = 600) -> None:
        self._clock = clock
        self._limit = limit
        self._recent: deque[float] = deque()

    async def admit(self, count: int = 1) -> None:
        """Returns when `count` more may be kept."""
        for _ in range(count):
            while self._full():
                _log.critical("over %d dead letters a minute: intake stops until that passes", self._limit)
                await self._clock.sleep(5.0)
            self._recent.append(self._clock.monotonic())

    def _full(self) -> bool:
        horizon = self._clock.monotonic() - 60
        while self._recent and self._recent[0] < horizon:
            self._recent.popleft()
        return len(self._recent) >= self._limit


class DeadLetterBox:
    """What a consumer hands its unreadable messages to; fits `messaging.consuming.SetAside`."""

    def __init__(self, database: Database, clock: Clock, *, source: str, limit: int = 600) -> None:
        self._database = database
        self._gate = DeadLetterGate(clock, limit)
        self._source = source

    async def __call__(self, messages: Sequence[Received], reason: str, text: str) -> None:
        """Keeps them for good; tries until the database takes them, for nothing may be acknowledged and lost."""
        await self._gate.admit(len(messages))

        async def keep(connection: Connection) -> None:
            for one in messages:
                await set_aside(
                    connection,
                    topic=one.topic,
                    partition=one.partition,
                    offset=one.offset,
                    key=one.key,
                    payload=one.value,
                    headers=one.headers,
                    reason=reason,
                    message=text,
                    source=self._source,
                )

        while True:
            try:
                await self._database.run(keep)
            except Exception:
                _log.exception("dead letters cannot be kept, trying again")
                await asyncio.sleep(1)
            else:
                return
