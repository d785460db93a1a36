"""Products leave as `catalog.changed` events through the outbox, and the import waits until the catalog has answered for each."""

import asyncio
import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from pixee_cli.importing.reading import Accepted
from pixee_common.db import Connection, Database
from pixee_common.delivery import outbox
from pixee_common.events import CatalogChanged, Event
from pixee_common.events.catalog import ProductUpserted
from pixee_common.messaging.topics import CATALOG_CHANGED

BATCH = 500
_LOOK_EVERY = 0.2  # seconds
_SPEAKER = "cli"

_TAKEN = "SELECT entity FROM catalog_sequences WHERE account_id = $1 AND source = $2 AND entity = ANY($3::text[])"
_COUNT = "SELECT count(*) FROM catalog_sequences WHERE account_id = $1 AND source = $2"
_STATUSES = """
SELECT status, count(*) AS n FROM catalog_sequences WHERE account_id = $1 AND source = $2 GROUP BY status
"""
_REFUSED = """
SELECT entity, sequence, status, reason FROM catalog_sequences
WHERE account_id = $1 AND source = $2 AND status IN ('stale', 'refused') ORDER BY sequence
"""

Told = Callable[[int], None]
"""Called with a number that only grows: products sent, or products answered for."""


class CatalogSilent(Exception):
    """The catalog stopped answering before everything was taken in."""


@dataclass(frozen=True, slots=True)
class Source:
    """Whose catalog, and who speaks: `import:<identity>`."""

    account_id: UUID
    name: str


@dataclass(slots=True)
class Sent:
    """How many products left now, and how many this source had brought before."""

    now: int = 0
    already: int = 0


@dataclass(frozen=True, slots=True)
class CatalogRefusal:
    """What the catalog did not take, and why."""

    entity: str
    number: int
    status: str
    reason: str | None


async def send(database: Database, source: Source, accepted: Iterable[Accepted], told: Told) -> Sent:
    """Writes the events in batches. Rows that this source has brought before are not sent again."""
    sent = Sent()
    stream = iter(accepted)
    while batch := list(itertools.islice(stream, BATCH)):
        taken = await database.run(lambda connection, batch=batch: _put(connection, source, batch))  # type: ignore[misc]
        sent.already += taken
        sent.now += len(batch) - taken
        told(sent.now + sent.already)
    return sent


async def _put(connection: Connection, source: Source, batch: Sequence[Accepted]) -> int:
    """Puts what is new of the batch into the outbox; returns how many were not new."""
    now = datetime.now(UTC)
    events = [
        CatalogChanged(
            account_id=source.account_id,
            source=source.name,
            sequence=one.number,
            occurred_at=now,
            change=ProductUpserted(product=one.product),
        )
        for one in batch
    ]
    entities = [event.change.entity for event in events]
    rows = await connection.fetch(_TAKEN, source.account_id, source.name, entities)
    taken = {str(row["entity"]) for row in rows}
    new: list[tuple[str, Event, dict[str, str]]] = [
        (CATALOG_CHANGED, event, {}) for event in events if event.change.entity not in taken
    ]
    await outbox.put_many(connection, new, source=_SPEAKER)
    return len(taken)


async def wait_taken(database: Database, source: Source, expected: int, told: Told, patience: float = 60.0) -> None:
    """Returns when the catalog has answered for `expected` products.

    Raises:
        CatalogSilent: nothing came for `patience` seconds.
    """
    loop = asyncio.get_running_loop()
    seen, until = -1, loop.time() + patience
    while True:
        async with database.connection() as connection:
            count = int(await connection.fetchval(_COUNT, source.account_id, source.name))
        told(count)
        if count >= expected:
            return
        if count > seen:
            seen, until = count, loop.time() + patience
        elif loop.time() > until:
            raise CatalogSilent(
                f"the catalog answered for {count} of {expected} products and then for none in {patience:g} s. They are "
                "safe in the outbox. Check that orchestrator and Kafka run (`pixee doctor`); the same command goes on."
            )
        await asyncio.sleep(_LOOK_EVERY)


async def statuses(database: Database, source: Source) -> dict[str, int]:
    """Status → number of products of this source."""
    async with database.connection() as connection:
        return {row["status"]: row["n"] for row in await connection.fetch(_STATUSES, source.account_id, source.name)}


async def refusals(database: Database, source: Source) -> list[CatalogRefusal]:
    """What the catalog found stale or refused."""
    async with database.connection() as connection:
        rows = await connection.fetch(_REFUSED, source.account_id, source.name)
    return [CatalogRefusal(row["entity"], row["sequence"], row["status"], row["reason"]) for row in rows]
