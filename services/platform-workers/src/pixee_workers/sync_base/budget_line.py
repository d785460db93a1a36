"""The line in which calls wait for a budget: stock and prices before everything else, with a fifth kept for the rest while both wait."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pixee_common.clock import Clock

_BULK_SHARE = 0.2


@dataclass(eq=False, slots=True)
class Waiter:
    """A call that waits. `weight` is its share of the tightest budget, by which the fifth is measured."""

    spend: Mapping[str, float]
    fast: bool
    weight: float
    wake: asyncio.Event = field(default_factory=asyncio.Event)


class Line:
    """Who waits, and who is next."""

    def __init__(self) -> None:
        self._fast: list[Waiter] = []
        self._bulk: list[Waiter] = []
        self._bulk_credit = 0.0

    def join(self, waiter: Waiter) -> None:
        (self._fast if waiter.fast else self._bulk).append(waiter)

    def leave(self, waiter: Waiter) -> None:
        (self._fast if waiter.fast else self._bulk).remove(waiter)

    def order(self) -> Iterator[Waiter]:
        """Everybody, the next one first."""
        if self._fast and self._bulk and self._bulk_credit >= self._bulk[0].weight:
            yield from (self._bulk[0], *self._fast, *self._bulk[1:])
        else:
            yield from (*self._fast, *self._bulk)

    def took(self, waiter: Waiter) -> None:
        """It has what it waited for, and still stands in the line."""
        if not (self._fast and self._bulk):
            self._bulk_credit = 0.0
        elif waiter.fast:
            self._bulk_credit += waiter.weight * _BULK_SHARE / (1 - _BULK_SHARE)
        else:
            self._bulk_credit = max(0.0, self._bulk_credit - waiter.weight)

    def wake_all(self) -> None:
        """Something has changed: everybody looks again."""
        for waiter in (*self._fast, *self._bulk):
            waiter.wake.set()

    def __contains__(self, waiter: Waiter) -> bool:
        return waiter in (self._fast if waiter.fast else self._bulk)

    def __bool__(self) -> bool:
        return bool(self._fast or self._bulk)


async def woken(clock: Clock, wake: asyncio.Event, seconds: float | None) -> None:
    """Until the event is set, at most that long; null: as long as it takes."""
    wake.clear()
    if seconds is None:
        await wake.wait()
        return
    waking = asyncio.ensure_future(wake.wait())
    slept = asyncio.ensure_future(clock.sleep(seconds))
    try:
        await asyncio.wait({waking, slept}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        waking.cancel()
        slept.cancel()
