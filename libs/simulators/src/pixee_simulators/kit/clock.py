"""The simulator's one clock, so that a test can make an hour of a shop's time pass at once.

Every time a simulator knows (bucket refill, modification dates, token expiry, latency) comes from here. It runs with
the real clock times a scale, can be frozen and can be moved forward. It never runs backwards.
"""

import asyncio
import time
from datetime import UTC, datetime
from typing import Any


class Clock:
    """Simulated time: seconds since the epoch, as a float."""

    def __init__(self, *, scale: float = 1.0, start: float | None = None) -> None:
        if scale <= 0:
            raise ValueError("the clock's scale must be above 0; freeze the clock to stop it")
        self._scale = scale
        self._frozen = False
        self._real = time.monotonic()
        self._simulated = time.time() if start is None else start
        self._changed = asyncio.Event()

    @property
    def scale(self) -> float:
        return self._scale

    @property
    def frozen(self) -> bool:
        return self._frozen

    def now(self) -> float:
        """Seconds since the epoch in the shop's world. Also the monotonic clock: it only moves forward."""
        if self._frozen:
            return self._simulated
        return self._simulated + (time.monotonic() - self._real) * self._scale

    def utc(self) -> datetime:
        return datetime.fromtimestamp(self.now(), UTC)

    def change(self, *, scale: float | None = None, advance: float | None = None, freeze: bool | None = None) -> None:
        """Scale (above 0), move forward by seconds (0 or more), freeze or let run. Sleepers notice at once."""
        if scale is not None and scale <= 0:
            raise ValueError("scale must be above 0; use freeze to stop the clock")
        if advance is not None and advance < 0:
            raise ValueError("advance must be 0 or more seconds: this clock never runs backwards")
        self._simulated = self.now() + (advance or 0.0)
        self._real = time.monotonic()
        self._scale = self._scale if scale is None else scale
        self._frozen = self._frozen if freeze is None else freeze
        self._changed.set()
        self._changed = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        """Wait simulated seconds: shorter on a fast clock, until `change(advance=…)` on a frozen one."""
        until = self.now() + seconds
        while (left := until - self.now()) > 1e-6:
            changed = self._changed
            timeout = None if self._frozen else left / self._scale
            try:
                async with asyncio.timeout(timeout):
                    await changed.wait()
            except TimeoutError:
                continue

    def describe(self) -> dict[str, Any]:
        """`{now, utc, scale, frozen}`, the answer of `PUT /_control/clock` and what the snapshot keeps."""
        return {"now": self.now(), "utc": self.utc().isoformat(), "scale": self._scale, "frozen": self._frozen}

    def resume(self, kept: dict[str, Any]) -> None:
        """Go on after a restart: not earlier than the kept time, so that dates in a shop never step back."""
        self._simulated = max(self.now(), float(kept["now"]))
        self._real = time.monotonic()
        self._frozen = bool(kept["frozen"])
