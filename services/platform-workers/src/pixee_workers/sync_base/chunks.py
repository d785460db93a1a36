"""A chunk between claim and outcome: what the lane hands to the courier, and the rows that the courier hands back.

The lane side (claims, lanes, writer) knows nothing of adapters; the courier side (values, calls, outcomes) knows nothing of
claims. These types are all that passes between them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from pydantic import JsonValue

from pixee_common.domain.ids import AccountId, ConnectorId, JobId, RouteKey
from pixee_common.domain.job import OPEN_LETTERS, Operation, OutcomeKind
from pixee_common.domain.reasons import ReasonCode


@dataclass(frozen=True, slots=True)
class ClaimedChunk:
    """A chunk that this worker may carry as long as it owns the route under this epoch."""

    job_id: JobId
    no: int
    account_id: AccountId
    connector_id: ConnectorId
    platform: str
    operation: Operation
    route_key: RouteKey
    priority: int
    item_ids: tuple[UUID, ...]
    letters: str
    attempt: int
    look_up: bool
    """It was sent by a worker that died: whatever is open is looked up before it is sent, where a repetition could double."""
    epoch: int
    claim_token: UUID
    cursor: Mapping[str, JsonValue] | None = None
    since: datetime | None = None
    page_waits_since: datetime | None = None
    """Pull: when the platform first said that this page is being prepared."""
    traceparent: str | None = None
    cancelled: bool = False
    """Its job was cancelled: what may be at the shop already is looked up, and nothing is sent any more."""

    @property
    def open_ids(self) -> tuple[UUID, ...]:
        """Items without a final outcome, in order."""
        return tuple(item for item, letter in zip(self.item_ids, self.letters, strict=True) if letter in OPEN_LETTERS)

    @property
    def is_fast(self) -> bool:
        """Stock and prices: they stand first in every line."""
        return self.operation in {Operation.PUSH_STOCK, Operation.PUSH_PRICES}


@dataclass(frozen=True, slots=True)
class Wait:
    """The chunk's open items come again no earlier than `until`."""

    reason: ReasonCode
    until: datetime


@dataclass(frozen=True, slots=True)
class ListingRow:
    """A listing to write. `external_id` null is an intent."""

    item_id: UUID
    kind: str
    product_id: UUID
    external_id: str | None
    parent_external_id: str | None = None
    refs: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OperationRow:
    """What is now known of one item and operation. A null hash leaves the old one (a failure).

    A failure with a class is counted towards the quarantine: of the same class and hash (`failures`) it is the same failure again.
    Without one it says nothing of the item: no call was made for it, or all were refused together.
    """

    item_id: UUID
    operation: Operation
    hash: bytes | None
    catalog_version: int
    failure: ReasonCode | None = None
    failure_class: str | None = None
    failure_hash: bytes | None = None
    failure_message: str | None = None
    mapping_version: int = 0
    """Of the connector's mapping and settings by which it was translated."""
    unchanged: bool = False
    """Nothing was sent: the shop has it as it would be sent."""


@dataclass(frozen=True, slots=True)
class IssueRow:
    """A failed item, a skipped one (but `unchanged`), or a warning."""

    item_id: UUID
    product_id: UUID | None
    sku: str | None
    outcome: OutcomeKind
    reason: ReasonCode
    message: str | None
    field: str | None = None
    warning: bool = False
    candidates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RemoteJobRow:
    """A remote job to remember."""

    id: UUID
    kind: str
    remote_id: str
    item_ids: tuple[UUID, ...]
    correlation: Mapping[str, JsonValue]
    next_poll_at: datetime
    deadline_at: datetime


@dataclass(frozen=True, slots=True)
class PullRefusal:
    """Why the shop gives no page, now or later."""

    reason: ReasonCode
    message: str


@dataclass(frozen=True, slots=True)
class PulledPageRow:
    """A page of a pull, staged for the orchestrator: products as JSON (items.PulledProduct, by its field names).

    With a refusal it is empty, and the pull ends with it.
    """

    products: tuple[JsonValue, ...]
    next_cursor: Mapping[str, JsonValue] | None
    requested_at: datetime
    refusal: PullRefusal | None = None
    total: int | None = None


@dataclass(frozen=True, slots=True)
class PageToCome:
    """The platform prepares the page since then: it is asked for again with this cursor (null: as before)."""

    cursor: Mapping[str, JsonValue] | None
    waits_since: datetime


@dataclass(frozen=True, slots=True)
class ConnectorNote:
    """Something learnt of the connector: credentials refused (`status` error), back to active, the shop's currency."""

    status: str | None = None
    last_error: str | None = None
    currency: str | None = None
    credentials_version: int | None = None
    """With the status `error`: which credentials were refused. Where others have taken their place it says nothing."""


@dataclass(frozen=True, slots=True)
class ChunkResult:
    """Everything that one transaction writes for a chunk. `letters` covers all items of the chunk, final ones unchanged.

    With open items left there is a `wait`; a result without open items ends the chunk (a pulled page leaves it `sent`
    until the orchestrator has applied it).
    """

    chunk: ClaimedChunk
    letters: str
    wait: Wait | None = None
    called: bool = False
    """Whether any call was made: raises the attempt."""
    listings: tuple[ListingRow, ...] = ()
    gone: tuple[tuple[str, str], ...] = ()
    """(kind, external id) of listings that the shop does not have any more."""
    operations: tuple[OperationRow, ...] = ()
    issues: tuple[IssueRow, ...] = ()
    remote_jobs: tuple[RemoteJobRow, ...] = ()
    remote_done: tuple[UUID, ...] = ()
    remote_late: tuple[UUID, ...] = ()
    remote_again: tuple[tuple[UUID, datetime], ...] = ()
    page: PulledPageRow | None = None
    page_to_come: PageToCome | None = None
    connector: ConnectorNote | None = None


class WorkerLostError(Exception):
    """This worker's last heartbeat is too old: it may have been declared dead, so it stops calling."""


class BegunNothing(Exception):
    """The lane is closing: nothing was sent of the chunk, which goes back in line with the lane's others."""


class Life(Protocol):
    """How the courier asks whether this worker still lives.

    `remaining()` is in seconds until the worker must count itself dead if no further heartbeat succeeds; it moves with each one.
    """

    def check(self) -> None:
        """Raises WorkerLostError when the last heartbeat is too old."""
        ...

    def remaining(self) -> float: ...

    async def lost(self) -> None:
        """Returns when the worker has to count itself dead: what is in flight is then abandoned."""
        ...


class Courier(Protocol):
    """Carries one chunk to its platform. Several run at once in one lane, never for one product at a time."""

    async def carry(self, chunk: ClaimedChunk, life: Life) -> ChunkResult:
        """Never raises for what a platform does: the result says it. Raises WorkerLostError when the worker is lost."""
        ...

    def expect(self, chunk: ClaimedChunk, may_begin: Callable[[], None]) -> None:
        """The chunk that comes after the one that is about to be carried, as things stand; another may overtake it.

        `may_begin` is called, at most once, when it may be carried beside what is left of the present one.
        """
        ...

    def budget_state(self, route_key: RouteKey) -> Mapping[str, JsonValue]:
        """The route's budgets, to be written at hand-over."""
        ...

    def adopt(self, route_key: RouteKey, platform: str, state: Mapping[str, JsonValue]) -> None:
        """Begin a route with the budgets that its last owner left."""
        ...

    def forget(self, route_key: RouteKey) -> None:
        """The route has gone to another worker."""
        ...

    def chunks_per_second(self, route_key: RouteKey) -> float:
        """How fast the route takes chunks, measured; sizes its window."""
        ...
