"""A lane: the ordered queue of one route, with one fast chunk (stock, prices) and one bulk chunk (products, pulls) under way.

So a stock push never waits for a product chunk that is running; the courier spends the budgets on the fast one first and never
has two submissions of one product in flight. The next chunk of each class is begun (marked) while the present one is carried,
and outcomes are written while the next chunk runs: that is where throughput comes from. Where a platform takes several submissions
at once, the next chunk is also carried while the last answers of the present one are awaited, when the courier says so: else a
shop with a long answer time would stand idle at every chunk's edge.
"""

import asyncio
import contextlib
import heapq
import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from pixee_common.clock import Clock
from pixee_common.db import is_transient
from pixee_common.domain.ids import RouteKey
from pixee_common.domain.job import OPEN_LETTERS, OUTCOME_LETTERS, OutcomeKind
from pixee_common.telemetry import inject, log_context, span
from pixee_workers.sync_base.chunks import BegunNothing, ChunkResult, ClaimedChunk, Courier, WorkerLostError
from pixee_workers.sync_base.claims import Place
from pixee_workers.sync_base.interrupted import interrupted
from pixee_workers.sync_base.liveness import Incarnation
from pixee_workers.sync_base.marks import Beginning, Marks
from pixee_workers.sync_base.outcome_writer import OutcomeWriter
from pixee_workers.sync_base.refused_outcomes import minimal
from pixee_workers.sync_base.routes import ChunkKey
from pixee_workers.sync_base.turns import Turn

CARRIED_AT_ONCE = 2
"""Chunks of one class: the present one, and the next during the present one's last answers."""

MOST_UNWRITTEN = 16
"""Outcomes of one lane that may be on their way to the database while it goes on."""

_BEGINNING_FRESH = 1.0
_NEVER_SENT = frozenset({OUTCOME_LETTERS[OutcomeKind.TRANSIENT], OUTCOME_LETTERS[OutcomeKind.EXISTS]})
_CANCELLED = OUTCOME_LETTERS[OutcomeKind.CANCELLED]
_log = logging.getLogger(__name__)


class FileCourier(Protocol):
    """Carries chunks of operations that take files, many at once (`uploads.UploadCourier`)."""

    def serves(self, chunk: ClaimedChunk) -> bool: ...

    async def carry(self, chunk: ClaimedChunk, lane: "Lane") -> ChunkResult | None:
        """The chunk's result; null where all is written. Raises WorkerLostError, BegunNothing."""
        ...


@dataclass(slots=True)
class LaneTools:
    """What every lane works with."""

    courier: Courier
    marks: Marks
    writer: OutcomeWriter
    clock: Clock
    needs_mark: Callable[[ClaimedChunk], bool]
    uploads: "FileCourier | None" = None


@dataclass(slots=True, order=True)
class _Held:
    """A chunk of the lane that is not begun, or the one that is."""

    place: Place
    chunk: ClaimedChunk = field(compare=False)
    beginning: "asyncio.Task[Beginning] | None" = field(default=None, compare=False)
    asked_at: float = field(default=0.0, compare=False)

    @property
    def key(self) -> ChunkKey:
        return (self.chunk.job_id, self.chunk.no)


class _Line:
    """The chunks of one class, in order."""

    def __init__(self) -> None:
        self.waiting: list[_Held] = []
        self.under_way: list[_Held] = []
        self.more = asyncio.Event()
        self.begins = asyncio.Lock()

    def add(self, held: _Held) -> None:
        heapq.heappush(self.waiting, held)
        self.more.set()

    @property
    def idle(self) -> bool:
        return not self.waiting and not self.under_way


class Lane:
    """One route of this worker. `partition` is where its bells come from (topic, number); null when it was not rung by Kafka."""

    def __init__(
        self,
        route_key: RouteKey,
        platform: str,
        life: Incarnation,
        tools: LaneTools,
        partition: tuple[str, int] | None = None,
    ) -> None:
        self.route_key = route_key
        self.platform = platform
        self.life = life
        self.partition = partition
        self.closing = False
        self.idle_since: float | None = None
        self._tools = tools
        self._fast, self._bulk = _Line(), _Line()
        self._room = asyncio.Semaphore(MOST_UNWRITTEN)
        self._writing: set[asyncio.Task[Any]] = set()
        self._carriers: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begins to carry."""
        for name, line in (("fast", self._fast), ("bulk", self._bulk)) * CARRIED_AT_ONCE:
            self._carriers.append(asyncio.create_task(self._carry_all(line), name=f"{name} {self.route_key}"))

    def add(self, place: Place, chunk: ClaimedChunk) -> None:
        """A claimed chunk takes its place."""
        self.idle_since = None
        (self._fast if chunk.is_fast else self._bulk).add(_Held(place, chunk))

    @property
    def idle(self) -> bool:
        """Nothing waits, runs or is being written."""
        return self._fast.idle and self._bulk.idle and not self._writing

    def let_go(self, keys: Collection[ChunkKey]) -> None:
        """These chunks go with another one's file: they stand in line no more."""
        gone = set(keys)
        for line in (self._fast, self._bulk):
            taken = [held for held in line.waiting if held.key in gone]
            if taken:
                line.waiting = [held for held in line.waiting if held.key not in gone]
                heapq.heapify(line.waiting)
            for held in taken:
                if held.beginning is not None:
                    held.beginning.cancel()

    @property
    def unbegun(self) -> list[ChunkKey]:
        """Chunks that were claimed (perhaps marked) and not begun."""
        return [held.key for line in (self._fast, self._bulk) for held in line.waiting]

    @property
    def under_way(self) -> list[ChunkKey]:
        """Chunks that are being carried."""
        return [held.key for line in (self._fast, self._bulk) for held in line.under_way]

    async def close(self) -> None:
        """Begins nothing more; returns when what was under way has ended and its outcome is written."""
        self.closing = True
        self._fast.more.set()
        self._bulk.more.set()
        if self._carriers:
            await asyncio.wait(self._carriers)  # unlike gather, it does not pass a cancellation on to a call under way
        while self._writing:
            await asyncio.wait(set(self._writing))
        await self._settle_beginnings()

    async def drop(self) -> None:
        """Ends at once; calls in flight are abandoned. Outcomes already handed to the writer are still written."""
        self.closing = True
        for task in self._carriers:
            task.cancel()
        await asyncio.gather(*self._carriers, return_exceptions=True)
        for line in (self._fast, self._bulk):
            for held in line.waiting:
                if held.beginning is not None:
                    held.beginning.cancel()
        await self._settle_beginnings()

    async def _settle_beginnings(self) -> None:
        tasks = [held.beginning for line in (self._fast, self._bulk) for held in line.waiting if held.beginning]
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _carry_all(self, line: _Line) -> None:
        while not self.closing:
            async with Turn(line.begins) as turn:
                await self._carry_next(line, turn)

    async def _carry_next(self, line: _Line, turn: Turn) -> None:
        while not line.waiting:
            if self.closing:
                return
            line.more.clear()
            await line.more.wait()
        held = heapq.heappop(line.waiting)
        line.under_way.append(held)
        try:
            self._begin(held)
            if line.waiting:
                self._begin(line.waiting[0])
                self._tools.courier.expect(line.waiting[0].chunk, turn.pass_on)
            with log_context(
                account=held.chunk.account_id, connector=held.chunk.connector_id, job=held.chunk.job_id,
                route=self.route_key, platform=self.platform,
            ):  # fmt: skip
                await self._one(line, held)
        except Exception:
            _log.critical("chunk %s/%d cannot be begun, trying again", *held.key, exc_info=True)
            held.beginning = None
            line.add(held)
            await self._tools.clock.sleep(1.0)
        finally:
            line.under_way.remove(held)
            self._note_idle()

    def _begin(self, held: _Held) -> "asyncio.Task[Beginning]":
        if held.beginning is None:
            held.asked_at = self._tools.clock.monotonic()
            mark = self._tools.needs_mark(held.chunk)
            held.beginning = asyncio.create_task(self._tools.marks.begin(held.chunk, mark=mark))
        return held.beginning

    async def _begun(self, held: _Held) -> Beginning:
        """What was learnt one chunk ahead counts for a second; after that a cancellation may have come meanwhile."""
        known = await self._begin(held)
        if known is Beginning.GO and self._tools.clock.monotonic() - held.asked_at > _BEGINNING_FRESH:
            return await self._tools.marks.begin(held.chunk, mark=False)
        return known

    async def _one(self, line: _Line, held: _Held) -> None:
        found = await self._begun(held)
        if found is Beginning.GONE:
            _log.info("chunk %s/%d is ours no more", *held.key)
            return
        if self.closing:
            line.add(held)
            return
        chunk = held.chunk
        if found is Beginning.CANCELLED:
            letters = cancelled_letters(chunk)
            if not set(letters) & OPEN_LETTERS:
                await self._write(ChunkResult(chunk=chunk, letters=letters))
                return
            chunk = replace(chunk, letters=letters, cancelled=True)
        carrier = {"traceparent": chunk.traceparent} if chunk.traceparent else {}
        with span("carry", kind="consumer", parent=carrier, attributes={"pixee.operation": chunk.operation.value}):
            # What follows from carrying it, the progress event, continues from here.
            carried = replace(chunk, traceparent=inject().get("traceparent", chunk.traceparent))
            try:
                result = await self._carried(carried)
            except BegunNothing:
                line.add(held)
                return
            if result is not None:
                await self._write(result)

    async def _carried(self, chunk: ClaimedChunk) -> ChunkResult | None:
        """The courier's result; none when this worker was buried meanwhile."""
        while True:
            try:
                uploads = self._tools.uploads
                if uploads is not None and uploads.serves(chunk):
                    return await uploads.carry(chunk, self)
                return await self._tools.courier.carry(chunk, self.life)
            except BegunNothing:
                raise
            except WorkerLostError:
                if not await self.life.settled():
                    return None
                # The database was away and this worker was not buried: what was called, nobody knows.
                chunk = replace(chunk, look_up=True)
            except Exception as error:
                if is_transient(error):
                    name = type(error).__name__
                    _log.error("carrying chunk %s/%d was cut short by %s", chunk.job_id, chunk.no, name, exc_info=True)
                    return interrupted(chunk, self._tools.clock)
                _log.critical("carrying chunk %s/%d crashed", chunk.job_id, chunk.no, exc_info=True)
                return replace(minimal(chunk_only(chunk)), called=True)

    async def _write(self, result: ChunkResult) -> None:
        await self._room.acquire()
        task = asyncio.create_task(self._written(result))
        self._writing.add(task)
        task.add_done_callback(self._done_writing)

    async def _written(self, result: ChunkResult) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            if not await self._tools.writer.write(self.life.worker_id, result):
                _log.warning("a late outcome of chunk %s/%d does not count", result.chunk.job_id, result.chunk.no)

    def _done_writing(self, task: "asyncio.Task[Any]") -> None:
        self._writing.discard(task)
        self._room.release()
        self._note_idle()

    def _note_idle(self) -> None:
        self.idle_since = self._tools.clock.monotonic() if self.idle else None


def cancelled_letters(chunk: ClaimedChunk) -> str:
    """The chunk's letters after its job was cancelled: what was certainly not sent is cancelled.

    What may be at the shop (unknown, accepted, or anything in a chunk that a dead worker sent) keeps its letter and is looked up.
    """
    if chunk.look_up:
        return chunk.letters
    return "".join(_CANCELLED if letter in _NEVER_SENT else letter for letter in chunk.letters)


def chunk_only(chunk: ClaimedChunk) -> ChunkResult:
    """A result that says nothing yet."""
    return ChunkResult(chunk=chunk, letters=chunk.letters)
