"""The limits that count by periods: so many in a window, one in a slot, so many a day. Pure, like the buckets in budget_kinds.

The platform counts at its own end of the wire and by its own clock, so each keeps a small distance: a window is a little longer
than declared, a slot runs from the end of a call, a call near the day's border counts for both days.
"""

import math
from collections import deque
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from pydantic import JsonValue

from pixee_common.domain.reasons import ReasonCode
from pixee_common.platforms.manifest import DailyBudget, SlotBudget, WindowBudget
from pixee_workers.sync_base.calls import BudgetReading

LONGEST_WAIT = 10.0
"""Seconds that a call waits in memory; more is parked in the chunk's row."""
WINDOW_MARGIN = 0.03
"""How much longer than declared a window counts: calls do not all take equally long to arrive."""
WINDOW_STEPS = 50
"""Calls of one fiftieth of a window are counted as one entry, at its end."""
DAY_GUARD = 60.0
"""Seconds around the day's border in which a call counts for both days."""
_REFUSED_SECONDS = 60.0

Wall = Callable[[], datetime]


class Window:
    """At most `limit` in any `seconds`."""

    reason = ReasonCode.THROTTLED
    patience = LONGEST_WAIT

    def __init__(self, spec: WindowBudget, now: float) -> None:
        self._limit = spec.limit
        self._span = spec.seconds * (1 + WINDOW_MARGIN)
        self._step = spec.seconds / WINDOW_STEPS
        self._began = now
        self._entries: deque[tuple[float, float]] = deque()

    @property
    def capacity(self) -> float:
        return self._limit

    def never(self, amount: float) -> bool:
        return amount > self._limit

    def _used(self, now: float) -> float:
        while self._entries and self._entries[0][0] + self._span <= now:
            self._entries.popleft()
        return sum(amount for _, amount in self._entries)

    def _count(self, amount: float, at: float) -> None:
        if self._entries and self._entries[-1][0] >= at:
            last, before = self._entries.pop()
            self._entries.append((last, before + amount))
        else:
            self._entries.append((at, amount))

    def _place(self, at: float) -> float:
        return self._began + math.ceil((at - self._began) / self._step) * self._step

    def wait(self, amount: float, now: float) -> float:
        missing = self._used(now) + amount - self._limit
        for at, counted in self._entries:
            if missing <= 0:
                break
            missing -= counted
            if missing <= 0:
                return max(0.0, at + self._span - now)
        return 0.0 if missing <= 0 else self._span

    def take(self, amount: float, now: float) -> None:
        self._used(now)
        self._count(amount, self._place(now))

    def settle(self, amount: float, now: float, *, spent: float | None, since: float | None = None) -> None:
        if spent is None or since is None or spent >= amount:
            return
        place, back = self._place(since), amount - spent
        self._entries = deque((at, max(0.0, n - back) if at == place else n) for at, n in self._entries)

    def read(self, reading: BudgetReading, now: float) -> None:
        if reading.maximum:
            self._limit = reading.maximum
        if reading.available is not None:
            elsewhere = self._limit - reading.available - self._used(now)
            if elsewhere > 0:
                self._count(elsewhere, self._place(now))

    def refused(self, now: float, *, told: bool) -> None:
        if not told:
            # Somebody else uses the window too, or the platform's begins elsewhere: it is full for now.
            full = now + min(self._span, _REFUSED_SECONDS) - self._span
            self._entries.append((full, max(0.0, self._limit - self._used(now))))
            self._entries = deque(sorted(self._entries))

    def saved(self, now: float) -> dict[str, JsonValue]:
        self._used(now)
        return {"limit": self._limit, "entries": [[at - now, amount] for at, amount in self._entries]}

    def restore_from(self, saved: Mapping[str, JsonValue], elapsed: float, now: float) -> None:
        self._limit = number(saved, "limit", self._limit)
        entries = saved.get("entries")
        pairs = [pair for pair in entries if isinstance(pair, list)] if isinstance(entries, list) else []
        self._entries = deque((now - elapsed + as_number(ago), as_number(amount)) for ago, amount in pairs)


class Slot:
    """One call in an interval, or one in each slot of a grid."""

    reason = ReasonCode.THROTTLED
    patience = LONGEST_WAIT
    capacity = 1.0

    def __init__(self, spec: SlotBudget, now: float, wall: Wall) -> None:
        self._interval = spec.interval_seconds
        self._offset = spec.offset
        self._wall = wall
        self._next = now
        self._last = now

    def never(self, amount: float) -> bool:
        return amount > 1

    def _after(self, now: float) -> float:
        if self._offset is None:
            return now + self._interval
        guard = slot_guard(self._interval)
        at = self._wall().timestamp() + guard
        return now + 2 * guard + self._interval - (at - self._offset) % self._interval

    def wait(self, amount: float, now: float) -> float:
        return max(0.0, self._next - now)

    def take(self, amount: float, now: float) -> None:
        self._last, self._next = now, max(self._next, self._after(now))

    def settle(self, amount: float, now: float, *, spent: float | None, since: float | None = None) -> None:
        if spent == 0:
            if since == self._last:
                self._next = now
        elif self._offset is None:
            self._next = max(self._next, now + self._interval)

    def read(self, reading: BudgetReading, now: float) -> None:
        if reading.restore:
            self._interval = 1 / reading.restore

    def refused(self, now: float, *, told: bool) -> None:
        if not told:
            self._next = max(self._next, self._after(now))

    def saved(self, now: float) -> dict[str, JsonValue]:
        return {"next_in": self._next - now, "interval": self._interval}

    def restore_from(self, saved: Mapping[str, JsonValue], elapsed: float, now: float) -> None:
        self._interval = number(saved, "interval", self._interval)
        self._next = now + number(saved, "next_in", 0.0) - elapsed


class Daily:
    """So many a day."""

    reason = ReasonCode.DAILY_LIMIT
    patience = LONGEST_WAIT

    def __init__(self, spec: DailyBudget, wall: Wall) -> None:
        self._limit = spec.limit
        self._border = DayBorder(spec)
        self._wall = wall
        self._used: dict[date, float] = {}

    @property
    def capacity(self) -> float:
        return self._limit

    def never(self, amount: float) -> bool:
        return amount > self._limit

    def _days(self) -> set[date]:
        days = self._border.days(self._wall())
        self._used = {day: self._used.get(day, 0.0) for day in days}
        return days

    def wait(self, amount: float, now: float) -> float:
        self._days()
        if max(self._used.values()) + amount <= self._limit:
            return 0.0
        return self._border.until_next(self._wall())

    def take(self, amount: float, now: float) -> None:
        for day in self._days():
            self._used[day] += amount

    def settle(self, amount: float, now: float, *, spent: float | None, since: float | None = None) -> None:
        if spent is None or since is None or spent >= amount:
            return
        counted = self._border.days(self._wall() - timedelta(seconds=now - since))
        for day in self._days() & counted:
            self._used[day] = max(0.0, self._used[day] - (amount - spent))

    def read(self, reading: BudgetReading, now: float) -> None:
        if reading.maximum:
            self._limit = reading.maximum
        if reading.available is not None:
            for day in self._days():
                self._used[day] = max(self._used[day], self._limit - reading.available)

    def refused(self, now: float, *, told: bool) -> None:
        """Nothing: what was refused may have been another limit, and a whole day is too much to lose for a guess."""

    def saved(self, now: float) -> dict[str, JsonValue]:
        return {"limit": self._limit, "used": {day.isoformat(): used for day, used in self._used.items()}}

    def restore_from(self, saved: Mapping[str, JsonValue], elapsed: float, now: float) -> None:
        self._limit = number(saved, "limit", self._limit)
        used = saved.get("used")
        pairs = used.items() if isinstance(used, dict) else ()
        self._used = {date.fromisoformat(day): as_number(amount) for day, amount in pairs}


class DayBorder:
    """When the platform's day begins."""

    def __init__(self, spec: DailyBudget) -> None:
        self._zone = ZoneInfo(spec.time_zone)
        self._hour = timedelta(hours=spec.reset_hour)

    def _day(self, at: datetime) -> date:
        return (at.astimezone(self._zone).replace(tzinfo=None) - self._hour).date()

    def days(self, at: datetime) -> set[date]:
        """The days that a call at this moment counts for: two near the border."""
        guard = timedelta(seconds=DAY_GUARD)
        return {self._day(at - guard), self._day(at + guard)}

    def until_next(self, at: datetime) -> float:
        """Seconds until calls no longer count for the earliest of these days."""
        day = min(self.days(at)) + timedelta(days=1)
        begins = datetime(day.year, day.month, day.day, tzinfo=self._zone) + self._hour
        return (begins.astimezone(UTC) - at).total_seconds() + DAY_GUARD + 0.001


def slot_guard(interval: float) -> float:
    """Seconds at a slot's ends that may be its neighbour's by the platform's clock: nothing is begun in them on purpose."""
    return min(5.0, interval / 100)


def as_number(value: JsonValue) -> float:
    """A saved number. Raises TypeError for anything else: such a state is not restored."""
    if not isinstance(value, int | float):
        raise TypeError("not a number")
    return float(value)


def number(saved: Mapping[str, JsonValue], name: str, default: float) -> float:
    """A saved number by its name."""
    value = saved.get(name)
    return default if value is None else as_number(value)
