"""What a route's budgets know of those above it: pools, from which a worker takes what the database has leased to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from pixee_common.domain.faults import FaultKind, FaultScope, PlatformFault
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.sync_base.budget_line import Waiter
from pixee_workers.sync_base.budget_periods import LONGEST_WAIT
from pixee_workers.sync_base.calls import BudgetReading

NOW = 1e-6
"""A shorter wait is none."""


class Leased(Protocol):
    """What a call holds of a shared budget."""

    def settle(self, *, sent: bool) -> None:
        """The call has ended. `sent` false: the platform never saw it."""
        ...


class Pool(Protocol):
    """One budget above the route, as this worker has leases of it."""

    @property
    def capacity(self) -> float: ...

    @property
    def pace(self) -> float:
        """Calls a second, about: the slowest budget is asked first."""
        ...

    @property
    def reason(self) -> ReasonCode: ...

    def never(self, amount: float) -> bool: ...

    def ask(self, want: Waiter) -> float | None:
        """Seconds until it may be taken; null: the caller is woken when something has changed."""
        ...

    def take(self, want: Waiter) -> Leased: ...

    def withdraw(self, want: Waiter) -> None:
        """It does not ask any more; no error where it never did."""
        ...

    def read(self, reading: BudgetReading) -> None: ...

    def refused(self, retry_after: float | None, *, told: bool) -> None: ...


Pools = Mapping[str, Pool]


@dataclass(eq=False, slots=True)
class Wants:
    """A call's places in the lines of the shared budgets, the slowest budget first."""

    pools: Sequence[tuple[Pool, Waiter]] = field(default_factory=list)

    @classmethod
    def of(cls, waiter: Waiter, spend: Mapping[str, float], pools: Pools) -> "Wants":
        named = sorted((name for name in spend if name in pools), key=lambda name: pools[name].pace)
        amounts = {name: Waiter({name: spend[name]}, waiter.fast, spend[name], waiter.wake) for name in named}
        return cls([(pools[name], amounts[name]) for name in named])

    def pause(self) -> float | None:
        for pool, want in self.pools:
            wait = pool.ask(want)
            if wait is None or wait >= NOW:
                if wait is not None and wait > LONGEST_WAIT:
                    raise throttled(next(iter(want.spend)), pool.reason, wait)
                return wait
        return 0.0

    def take(self) -> list[Leased]:
        return [pool.take(want) for pool, want in self.pools]

    def withdraw(self) -> None:
        for pool, want in self.pools:
            pool.withdraw(want)


def throttled(name: str, reason: ReasonCode, wait: float, message: str = "") -> PlatformFault:
    """The fault that parks a chunk for that many seconds."""
    return PlatformFault(
        FaultKind.THROTTLED,
        FaultScope.OPERATION,
        reason,
        message or f"The platform's limit is used up for now ({name}).",
        retry_after=wait,
        budget=name,
    )
