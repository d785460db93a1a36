"""One shared budget's row: leases taken from it, given back to it, and what the platform said written into it.

The row and its clock belong to the database, so workers agree whatever their own clocks say. A lease is counted as used from the
moment it is given: one that dies with its worker lapses by time.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, assert_never
from uuid import UUID, uuid4

import asyncpg

from pixee_common.clock import Clock
from pixee_common.db import Connection, Database
from pixee_common.platforms.manifest import DailyBudget, SharedBudgetSpec, SlotBudget, TokenBucketBudget, WindowBudget
from pixee_common.telemetry import record
from pixee_workers.sync_base import shared_budget_statements as sql
from pixee_workers.sync_base.budget_periods import DAY_GUARD, WINDOW_STEPS, DayBorder, slot_guard
from pixee_workers.sync_base.calls import BudgetReading

_SHORTEST_LIFE, _LONGEST_LIFE = 0.02, 1.0
_ON_THE_WAY = 0.02
"""Share of a window by which calls may differ in how long they take to arrive."""


@dataclass(eq=False, slots=True)
class Lease:
    """So much of a budget, to be used before `expires` (this process's monotonic clock, seconds). Moments are the database's."""

    id: UUID
    amount: float
    expires: float
    given_at: float = 0.0
    life: float = 0.0
    step: float = 0.0
    room: float = 1.0
    returns_late: bool = False
    """Whether tokens may come back although others have leased meanwhile: the bucket was made so much smaller for it."""
    places: Sequence[float] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """A lease, or the seconds until there may be one. `most` and `rate` are what the budget is now, learnt or declared."""

    lease: Lease | None
    wait: float
    most: float
    rate: float
    pause: float = 0.0
    """How long the next question should wait at least, so that it is worth its statement."""


@dataclass(slots=True)
class BudgetRow:
    """The door to one row. Every method is one statement, repeated while the database is away (`Database.run`)."""

    database: Database
    clock: Clock
    spec: SharedBudgetSpec
    place: tuple[str, str, str]
    """Platform, budget and key."""
    _border: DayBorder | None = field(init=False)

    def __post_init__(self) -> None:
        self._border = DayBorder(self.spec) if isinstance(self.spec, DailyBudget) else None

    async def lease(self, asked: float, least: float, rate: float, most: float) -> Answer:
        """At least `least`, at most `asked`, or nothing. `rate` and `most`: what the caller last knew."""
        id_, life = uuid4(), life_of(self.spec, rate, most)
        begun = self.clock.monotonic()

        async def work(connection: Connection) -> asyncpg.Record:
            nonlocal begun
            while True:
                # The lease lives from before the statement: the database's clock stands between then and its answer.
                begun = self.clock.monotonic()
                row = await connection.fetchrow(*self._leasing(id_, asked, least, life))
                if row is not None:
                    return row
                await connection.execute(sql.ENSURE, *self.place)

        row = await self.database.run(work, alone=True)
        answer = self._answer(row, id_, begun + life, life, least)
        labels = {"platform": self.place[0], "budget": self.place[1]}
        record("pixee_budget_leases_total", **labels, result="none" if answer.lease is None else "taken")
        if answer.lease is not None:
            record("pixee_budget_leased_total", answer.lease.amount, **labels)
        return answer

    async def give_back(self, lease: Lease, amount: float) -> None:
        """What was leased and never used."""
        if lease.places:
            await self._execute(sql.GIVE_BACK_PLACES, list(lease.places), amount)
        elif isinstance(self.spec, SlotBudget):
            await self._execute(sql.UNDO_SLOT, lease.id, lease.given_at)
        else:
            values = (amount, lease.step, lease.given_at, lease.life, lease.returns_late)
            await self._execute(sql.GIVE_BACK_BUCKET, lease.id, *values)

    async def ended(self, lease: Lease) -> None:
        """A call of a slot has ended: the interval begins here."""
        if isinstance(self.spec, SlotBudget) and self.spec.offset is None:
            await self._execute(sql.SLOT_ENDED, 1 / self.spec.interval_seconds, lease.id)

    async def refused(self, seconds: float, *, slower: bool) -> None:
        """Nobody leases anything for so long; `slower`: the rate is halved and grows back."""
        await self._execute(sql.REFUSED, seconds, slower)

    async def learn(self, reading: BudgetReading) -> None:
        """What an answer told: a rate and a maximum are believed as they are, what is left only downward."""
        available, most, rate = reading.available, reading.maximum, reading.restore
        match self.spec:
            case TokenBucketBudget(rate=declared, burst=burst):
                await self._execute(sql.LEARN_BUCKET, rate, most, available, declared, burst)
            case SlotBudget(interval_seconds=interval):
                await self._execute(sql.LEARN_BUCKET, rate, None, None, 1 / interval, 1.0)
            case WindowBudget(limit=limit) as spec:
                await self._execute(sql.LEARN_WINDOW, most, available, limit, _span(spec))
            case DailyBudget(limit=limit):
                await self._execute(sql.LEARN_DAY, most, available, limit)
            case _:
                assert_never(self.spec)

    async def _execute(self, statement: str, *values: Any) -> None:
        await self.database.run(lambda connection: connection.execute(statement, *self.place, *values), alone=True)

    def _leasing(self, id_: UUID, asked: float, least: float, life: float) -> tuple[Any, ...]:
        common = (*self.place, id_, asked, least)
        match self.spec:
            case TokenBucketBudget(rate=rate, burst=burst):
                return sql.LEASE_BUCKET, *common, rate, burst, life, None, 0.0
            case SlotBudget(interval_seconds=interval, offset=offset):
                return sql.LEASE_BUCKET, *common, 1 / interval, 1.0, life, offset, slot_guard(interval)
            case WindowBudget(limit=limit, seconds=seconds) as spec:
                return sql.LEASE_WINDOW, *common, limit, _span(spec), seconds / WINDOW_STEPS
            case DailyBudget(limit=limit, time_zone=zone, reset_hour=hour):
                return sql.LEASE_DAY, *common, limit, zone, hour, DAY_GUARD
            case _:
                assert_never(self.spec)

    def _answer(self, row: asyncpg.Record, id_: UUID, expires: float, life: float, least: float) -> Answer:
        lease = Lease(id_, row["amount"], expires, row["now"], life)
        rate, pause = 0.0, 0.0
        wait = 0.0
        match self.spec:
            case TokenBucketBudget() | SlotBudget():
                lease.step, lease.room, rate = row["step"], row["room"], row["rate"]
                lease.returns_late = rate * life >= 1
                pause = min(0.05, 0.5 * (lease.room - 1) * lease.step)
                wait = row["wait"]
            case WindowBudget() as spec:
                lease.places, wait = (row["counted_at"],), _until_free(row, least, _span(spec))
            case DailyBudget():
                lease.places = tuple(row["places"])
                if row["most"] - max(row["amounts"]) < least and self._border is not None:
                    wait = self._border.until_next(datetime.fromtimestamp(row["now"], UTC))
            case _:
                assert_never(self.spec)
        if lease.amount > 0:
            return Answer(lease, 0.0, row["most"], rate)
        return Answer(None, max(wait, row["blocked_until"] - row["now"]), row["most"], rate, pause)


def life_of(spec: SharedBudgetSpec, rate: float, most: float) -> float:
    """How long a lease may be used, in seconds: long enough for a few calls, too short to cost the budget a tenth."""
    match spec:
        case TokenBucketBudget():
            life = max(0.375 * (most - 1), 0.05) / rate
        case SlotBudget(interval_seconds=interval):
            # The end of the call is told exactly, and what was not used is undone: a long life costs nothing.
            life = 0.2 * interval
        case WindowBudget(seconds=seconds):
            life = 0.03 * seconds
        case DailyBudget():
            life = _LONGEST_LIFE
        case _:
            assert_never(spec)
    return min(_LONGEST_LIFE, max(_SHORTEST_LIFE, life))


def _span(spec: WindowBudget) -> float:
    return spec.seconds * (1 + _ON_THE_WAY) + life_of(spec, 0.0, 0.0)


def _until_free(row: asyncpg.Record, least: float, span: float) -> float:
    """Seconds until places for `least` have left the window."""
    missing = least - row["most"] + math.fsum(row["amounts"])
    for at, amount in zip(row["places"], row["amounts"], strict=True):
        if missing <= 0:
            break
        missing -= amount
        if missing <= 0:
            return float(at + span - row["now"])
    return 0.0 if missing <= 0 else span
