"""Consumes `catalog.changed`: a batch is one transaction; what cannot be read or taken goes to the dead letters and the rest goes on.

Our own announcements (source `pull:…`) were applied before they were told, so they are passed over.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID

from pixee_common.db import Connection, Database
from pixee_common.delivery import dead_letters
from pixee_common.events import CatalogChanged
from pixee_common.messaging.consuming import Received, SetAside, UnreadableError, read
from pixee_common.telemetry import record
from pixee_orchestrator.auto_sync.marks import PULL_SOURCE, Marks
from pixee_orchestrator.catalog.changes import Applied, Incoming, Status, Told
from pixee_orchestrator.catalog.deletes import delete_products
from pixee_orchestrator.catalog.prices import change_prices
from pixee_orchestrator.catalog.runs import runs
from pixee_orchestrator.catalog.sequences import Sequences
from pixee_orchestrator.catalog.stock import change_stock
from pixee_orchestrator.catalog.upserts import upsert_products
from pixee_orchestrator.names import SOURCE

__all__ = ["LOCK_ACCOUNTS", "MOST_AT_ONCE", "CatalogConsumer"]

MOST_AT_ONCE = 2_000
"""Changes of one batch: a batch is a dozen statements, whatever its size, and each of them a turn of two busy processes."""

# One writer of an account's catalog at a time: SKUs are unique in it, and its products are counted in this row.
LOCK_ACCOUNTS = "SELECT id FROM accounts WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE"

Apply = Callable[[Connection, UUID, Sequence[Told[Any]], Marks], Awaitable[list[Applied]]]

_APPLY: dict[str, Apply] = {
    "upsert": upsert_products,
    "delete": delete_products,
    "stock": change_stock,
    "price": change_prices,
}


class CatalogConsumer:
    """`handle` fits `messaging.consuming.Handle`."""

    def __init__(self, database: Database, set_aside: SetAside) -> None:
        self._database = database
        self._set_aside = set_aside
        self._full = False

    def is_behind(self) -> bool:
        """Whether the last batch was as large as batches get, so that newer changes are waiting on the bus."""
        return self._full

    async def handle(self, batch: Sequence[Received]) -> None:
        """Applies a batch. Raises what the database raises; the caller then repeats it."""
        self._full = len(batch) >= MOST_AT_ONCE
        by_account: dict[UUID, list[Incoming]] = {}
        for message in batch:
            try:
                event = read(message, CatalogChanged)
            except UnreadableError as error:
                await self._set_aside([message], "unreadable", str(error))
                continue
            if not event.source.startswith(PULL_SOURCE):
                by_account.setdefault(event.account_id, []).append(Incoming(event, message))
        if not by_account:
            return

        async def work(connection: Connection) -> list[tuple[str, Applied]]:
            return await _apply_all(connection, by_account)

        results = Counter((kind, result.status) for kind, result in await self._database.run(work))
        for (kind, status), count in results.items():
            record("pixee_catalog_changes_total", count, kind=kind, result=status)


async def _apply_all(connection: Connection, by_account: dict[UUID, list[Incoming]]) -> list[tuple[str, Applied]]:
    known = {row["id"] for row in await connection.fetch(LOCK_ACCOUNTS, sorted(by_account))}
    done: list[tuple[str, Applied]] = []
    for account, incoming in by_account.items():
        if account not in known:
            for one in incoming:
                await _dead_letter(connection, one, "unknown_account", f"there is no account {account}", None)
            continue
        marks, sequences = Marks(account), await Sequences.read(connection, account, incoming)
        for run in runs(incoming):
            done += await _apply_run(connection, account, run, sequences, marks)
        await sequences.write(connection)
        await marks.write(connection)
    return done


async def _apply_run(
    connection: Connection, account: UUID, run: Sequence[Incoming], sequences: Sequences, marks: Marks
) -> list[tuple[str, Applied]]:
    new = sequences.new_ones(run)
    if not new:
        return []
    kind = new[0].event.change.action
    told = [Told(one.event.change, one.event.source) for one in new]
    results = await _APPLY[kind](connection, account, told, marks)
    sequences.remember(new, results)
    for one, result in zip(new, results, strict=True):
        if result.status is Status.REFUSED:
            await _dead_letter(connection, one, result.reason or "refused", result.message or "", account)
    return [(kind, result) for result in results]


async def _dead_letter(connection: Connection, one: Incoming, reason: str, text: str, account: UUID | None) -> None:
    message = one.message
    await dead_letters.set_aside(
        connection,
        topic=message.topic,
        partition=message.partition,
        offset=message.offset,
        key=message.key,
        payload=message.value,
        headers=message.headers,
        reason=reason,
        message=text,
        source=SOURCE,
        account_id=account,
    )
