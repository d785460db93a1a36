"""What a worker keeps in memory for one route that it owns: budgets, breaker, locks, what was just written, how fast it goes."""

import asyncio
from collections import deque
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from pixee_common.clock import Clock
from pixee_common.domain.job import Operation
from pixee_common.platforms.manifest import Manifest
from pixee_workers.sync_base.breaker import Breaker
from pixee_workers.sync_base.budgets import BudgetSet
from pixee_workers.sync_base.calls import ConnectorSettings
from pixee_workers.sync_base.connector_budgets import Budgets, ConnectorBudgets, SharedBudgets
from pixee_workers.sync_base.credentials_gate import CredentialsGate
from pixee_workers.sync_base.product_locks import ProductLocks
from pixee_workers.sync_base.reading_ahead import ReadingAhead
from pixee_workers.sync_base.recent_writes import RecentWrites

_WINDOW_SECONDS = 30.0
_GROWS_AFTER = 10


class Pace:
    """Chunks a second while there was something to carry, over the last half minute."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._active = 0
        self._busy_since = 0.0
        self._done: deque[float] = deque()
        self._spans: deque[tuple[float, float]] = deque()

    @contextmanager
    def carrying(self) -> Iterator[None]:
        """Around the carrying of one chunk."""
        if self._active == 0:
            self._busy_since = self._clock.monotonic()
        self._active += 1
        try:
            yield
            self._done.append(self._clock.monotonic())
        finally:
            self._active -= 1
            if self._active == 0:
                self._spans.append((self._busy_since, self._clock.monotonic()))

    def per_second(self) -> float:
        """The rate; 1.0 until something is known."""
        now = self._clock.monotonic()
        start = now - _WINDOW_SECONDS
        while self._done and self._done[0] < start:
            self._done.popleft()
        while self._spans and self._spans[0][1] < start:
            self._spans.popleft()
        busy = sum(end - max(begin, start) for begin, end in self._spans)
        if self._active:
            busy += now - max(self._busy_since, start)
        return len(self._done) / busy if self._done and busy > 0.01 else 1.0


@dataclass(slots=True)
class Room:
    """Places for submissions of one operation; fewer are never more than the capability's concurrency."""

    places: asyncio.Semaphore
    most_items: int
    """What the manifest says of one submission."""
    sending: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held by the chunk that has submissions to begin: the next one's come after them, or both would end late."""
    learnt_items: int | None = None
    """The most items of a submission, where the platform took fewer than its manifest says."""
    _went: int = 0
    """Full submissions that went through since something was learnt."""
    _fits: int | None = None
    """The largest submission that is known to go through; forgotten when it does not."""

    def too_big(self, items: int) -> None:
        """So many items were too many: half of them, or what is known to fit. What was under way at the time teaches nothing more."""
        if self.learnt_items is not None and items > self.learnt_items:
            return
        fits, self._fits = self._fits, None
        self.learnt_items = fits if fits is not None and fits < items else (items + 1) // 2
        self._went = 0

    def went_through(self, items: int) -> None:
        """So many items were taken at once. After some full submissions a few more are tried, up to what the manifest says."""
        if self.learnt_items is None or items < self.learnt_items:
            return
        self._fits = items
        self._went += 1
        if self._went < _GROWS_AFTER:
            return
        self._went = 0
        self.learnt_items += max(1, self.learnt_items // 10)
        if self.learnt_items >= self.most_items:
            self.learnt_items = None


@dataclass(slots=True)
class ShopCurrency:
    """What a shop said its currency is, until the connector's row says it; asked by one at a time."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    currency: str | None = None
    ask_again_at: float = 0.0


@dataclass(slots=True)
class RouteState:
    """One route in this worker."""

    manifest: Manifest
    budgets: BudgetSet
    shared: SharedBudgets | None
    breaker: Breaker
    locks: ProductLocks
    recent: RecentWrites
    pace: Pace
    ahead: ReadingAhead
    clock: Clock
    rooms: dict[Operation, Room] = field(default_factory=dict)
    memories: dict[UUID, MutableMapping[str, Any]] = field(default_factory=dict)
    currencies: dict[UUID, ShopCurrency] = field(default_factory=dict)
    gates: dict[UUID, CredentialsGate] = field(default_factory=dict)
    broken: dict[tuple[UUID, int], int] = field(default_factory=dict)
    """How often a chunk met an answer that breaks the contract."""

    @classmethod
    def begun(cls, manifest: Manifest, clock: Clock, shared: SharedBudgets | None = None) -> "RouteState":
        """A route of which nothing is known yet."""
        return cls(
            manifest,
            BudgetSet(manifest.budgets, clock),
            shared,
            Breaker(clock),
            ProductLocks(clock),
            RecentWrites(clock),
            Pace(clock),
            ReadingAhead(clock),
            clock,
        )

    def budgets_of(self, settings: ConnectorSettings, credentials: Mapping[str, str]) -> Budgets:
        """What a connector's calls spend: the route's budgets, and those that it shares beyond the route."""
        pools = {} if self.shared is None else self.shared.of(self.manifest, settings, credentials)
        return ConnectorBudgets(self.budgets, pools)

    def room(self, operation: Operation) -> Room:
        """The operation's places."""
        if operation not in self.rooms:
            capability = self.manifest.capabilities[operation]
            self.rooms[operation] = Room(asyncio.Semaphore(capability.concurrency), capability.max_items)
        return self.rooms[operation]

    def gate(self, connector_id: UUID) -> CredentialsGate:
        """What holds a connector's calls back once its credentials were refused."""
        return self.gates.setdefault(connector_id, CredentialsGate(self.clock))

    def memory(self, connector_id: UUID) -> MutableMapping[str, Any]:
        """What adapters keep of a connector from call to call."""
        return self.memories.setdefault(connector_id, {})
