"""The outbox: every message of ours is written in the transaction of what it tells, and leaves through the relay."""

from collections.abc import Iterable, Mapping

from pixee_common.db import Connection
from pixee_common.db.channels import OUTBOX
from pixee_common.events import Event, headers_for
from pixee_common.telemetry import inject

_INSERT = """
WITH rows AS (
    INSERT INTO outbox (topic, key, payload, headers)
    SELECT * FROM unnest($1::text[], $2::bytea[], $3::bytea[], $4::jsonb[])
)
SELECT pg_notify($5, '')
"""


async def put(
    connection: Connection, topic: str, event: Event, *, source: str, trace: Mapping[str, str] | None = None
) -> None:
    """One message. Without `trace` it continues the current span."""
    await put_many(connection, [(topic, event, inject() if trace is None else trace)], source=source)


async def put_many(
    connection: Connection, messages: Iterable[tuple[str, Event, Mapping[str, str]]], *, source: str
) -> None:
    """(topic, event, trace) messages in one statement and one notification."""
    topics, keys, payloads, headers = [], [], [], []
    for topic, event, trace in messages:
        topics.append(topic)
        keys.append(event.partition_key().encode())
        payloads.append(event.body())
        headers.append(headers_for(event, source=source, trace=trace))
    if topics:
        await connection.execute(_INSERT, topics, keys, payloads, headers, OUTBOX)
