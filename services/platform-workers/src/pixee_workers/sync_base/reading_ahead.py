"""Reads the values of a lane's next chunk while the last call of the present one is under way.

Between two calls a lane would else wait for the database, and the shop for the lane: half of the time at a fast shop. What was
read ahead is used only when it is younger than half a second, nothing of it was sent meanwhile and the connector is the same;
at a slow shop it is thrown away and read anew, so values are never older than those of a lane that reads late.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

from pixee_common.clock import Clock
from pixee_common.domain.job import OUTCOME_LETTERS, Operation, OutcomeKind
from pixee_workers.sync_base.assembling import ReadItem
from pixee_workers.sync_base.chunks import ClaimedChunk
from pixee_workers.sync_base.connectors_read import Connector

FRESH_SECONDS = 0.5
_UNTOUCHED = frozenset({OUTCOME_LETTERS[OutcomeKind.TRANSIENT]})
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ahead:
    """Items as they stood at a moment (monotonic seconds)."""

    connector: Connector
    item_ids: tuple[UUID, ...]
    reads: list[ReadItem]
    at: float


class ReadingAhead:
    """Of one route: at most one chunk of each class, fast and bulk."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._expected: dict[bool, tuple[ClaimedChunk, Callable[[], None]]] = {}
        self._reading: dict[bool, tuple[tuple[UUID, int], asyncio.Task[Ahead | None]]] = {}

    def expect(self, chunk: ClaimedChunk, may_begin: Callable[[], None]) -> None:
        """This chunk comes after the present one of its class."""
        self._expected[chunk.is_fast] = chunk, may_begin

    def begin(
        self, present: ClaimedChunk, read: Callable[[ClaimedChunk], Awaitable[Ahead | None]], *, overlaps: bool
    ) -> None:
        """Read what is expected. Pulls have no values, and of what was tried before other things count than values.

        Where it overlaps, the expected chunk of the same connector and operation may begin as soon as its values are there.
        """
        chunk, may_begin = self._expected.pop(present.is_fast, (None, _nothing))
        if chunk is None or chunk.operation is Operation.PULL_PRODUCTS or chunk.look_up:
            return
        if set(chunk.letters) <= _UNTOUCHED:
            self._drop(present.is_fast)
            alike = (chunk.connector_id, chunk.operation) == (present.connector_id, present.operation)
            then = may_begin if overlaps and alike else _nothing
            self._reading[present.is_fast] = (_key(chunk), asyncio.create_task(_quietly(read(chunk), then)))

    async def take(self, chunk: ClaimedChunk) -> Ahead | None:
        """What was read ahead of this chunk, while it is fresh."""
        key, task = self._reading.get(chunk.is_fast, (None, None))
        if task is None or key != _key(chunk):
            self._drop(chunk.is_fast)
            return None
        found = await task
        self._reading.pop(chunk.is_fast, None)
        return found if found is not None and self._clock.monotonic() - found.at <= FRESH_SECONDS else None

    def drop(self) -> None:
        """Nothing of it is wanted any more."""
        self._expected.clear()
        for is_fast in list(self._reading):
            self._drop(is_fast)

    def _drop(self, is_fast: bool) -> None:
        _, task = self._reading.pop(is_fast, (None, None))
        if task is not None:
            task.cancel()


def _nothing() -> None:
    pass


async def _quietly(reading: Awaitable[Ahead | None], then: Callable[[], None]) -> Ahead | None:
    try:
        found = await reading
        if found is not None:
            then()
        return found
    except Exception as error:  # it is read again in its turn, where an error has somebody to hear of it
        _log.info("reading ahead failed: %s", type(error).__name__)
        return None


def _key(chunk: ClaimedChunk) -> tuple[UUID, int]:
    return chunk.job_id, chunk.no
