"""A courier without platform: records what it carries, answers `applied`, and can be held or told what to answer."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from pixee_common.domain.job import OPEN_LETTERS
from pixee_workers.sync_base.chunks import ChunkResult, ClaimedChunk, Life


def applied(chunk: ClaimedChunk) -> ChunkResult:
    letters = "".join("a" if letter in OPEN_LETTERS else letter for letter in chunk.letters)
    return ChunkResult(chunk=chunk, letters=letters, called=True)


class FakeCourier:
    def __init__(self) -> None:
        self.carried: list[ClaimedChunk] = []
        self.ended: list[ClaimedChunk] = []
        self.answer: Callable[[ClaimedChunk], ChunkResult] = applied
        self.gates: dict[str, asyncio.Event] = {}
        self.adopted: dict[str, object] = {}
        self.forgotten: list[str] = []
        self.most_at_once = 0
        self.overlaps = False
        self._now = 0
        self.fail_with: list[Exception] = []

    def hold(self, operation: str) -> asyncio.Event:
        """Calls of this operation wait for the event."""
        return self.gates.setdefault(operation, asyncio.Event())

    async def carry(self, chunk: ClaimedChunk, life: Life) -> ChunkResult:
        life.check()
        self.carried.append(chunk)
        self._now += 1
        self.most_at_once = max(self.most_at_once, self._now)
        try:
            gate = self.gates.get(chunk.operation.value)
            if gate is not None:
                await gate.wait()
            if self.fail_with:
                raise self.fail_with.pop(0)
            result = self.answer(chunk)
            self.ended.append(chunk)
            return replace(result, chunk=chunk)
        finally:
            self._now -= 1

    def expect(self, chunk: ClaimedChunk, may_begin: Callable[[], None]) -> None:
        """Reads nothing ahead."""
        if self.overlaps:
            asyncio.get_running_loop().call_soon(may_begin)

    def budget_state(self, route_key):
        return {"left": 7}

    def adopt(self, route_key, platform, state) -> None:
        self.adopted[route_key] = state

    def forget(self, route_key) -> None:
        self.forgotten.append(route_key)

    def chunks_per_second(self, route_key) -> float:
        return 4.0
