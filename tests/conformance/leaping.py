"""A clock for laws that wait: a pause takes no time, and the shop's clock leaps with ours, so seconds can be told exactly."""

import asyncio
from datetime import datetime, timedelta

from pixee_common.clock import SystemClock
from pixee_simulators.kit.clock import Clock as ShopClock


class LeapingClock(SystemClock):
    """Real time plus what was leapt. Sleepers that wait at the same time share the leap, as they would share the wait.

    `patience`: real seconds that a sleeper leaves to the others before time leaps. A law that asks whether they wait too must grant
    some, else who does not wait comes after the leap and looks punctual.
    """

    def __init__(self, shop: ShopClock) -> None:
        self.patience = 0.0
        self._shop = shop
        self._leapt = 0.0

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=self._leapt)

    def monotonic(self) -> float:
        return super().monotonic() + self._leapt

    async def sleep(self, seconds: float) -> None:
        due = self.monotonic() + seconds
        await asyncio.sleep(min(seconds, self.patience))
        self.leap(due - self.monotonic())

    def leap(self, seconds: float) -> None:
        """Both clocks go on by so many seconds at once."""
        if seconds > 0:
            self._leapt += seconds
            self._shop.change(advance=seconds)
