"""What the services tell one another of jobs: requested, rung, progressed, changed state."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from pixee_common.domain.job import JobState, Operation
from pixee_common.events.envelope import Event


class SyncRequested(Event):
    """A job was accepted. A bell: the job's row is the truth."""

    TYPE: ClassVar[str] = "com.pixee.sync.requested.v1"

    job_id: UUID
    account_id: UUID
    connector_id: UUID
    platform: str
    operation: Operation
    requested_at: datetime

    def partition_key(self) -> str:
        return str(self.connector_id)


class RungChunk(Event):
    """Names a chunk inside a bell, for tracing only."""

    TYPE: ClassVar[str] = "com.pixee.sync.rung-chunk.v1"

    job_id: UUID
    no: int
    attempt: int


class RouteRung(Event):
    """A bell: this route has work. A claim takes every rung chunk of the route; the list is for tracing."""

    TYPE: ClassVar[str] = "com.pixee.sync.route-rung.v1"

    route_key: str
    platform: str
    chunks: tuple[RungChunk, ...] = ()

    def partition_key(self) -> str:
        return self.route_key


class LateVerdict(Event):
    """What a platform said of an item whose outcome was final already: after its deadline, or anew. Counters do not move."""

    TYPE: ClassVar[str] = "com.pixee.sync.late-verdict.v1"

    item_id: UUID
    sku: str | None = None
    counted_as: str
    """The outcome that the job has counted."""
    outcome: str
    reason: str | None = None
    message: str | None = None


class SyncProgress(Event):
    """A chunk got outcomes, or waits. Read by the orchestrator (which folds the chunk's row, not this message) and by dashboards.

    The counts are the chunk's own, as they stand, not differences.
    """

    TYPE: ClassVar[str] = "com.pixee.sync.progress.v1"

    job_id: UUID
    chunk_no: int
    account_id: UUID
    connector_id: UUID
    platform: str
    operation: Operation
    route_key: str
    worker_id: UUID | None = None
    state: str
    size: int
    succeeded: int
    failed: int
    skipped: int
    cancelled: int
    attempt: int
    waiting_reason: str | None = None
    waiting_until: datetime | None = None
    late_verdicts: tuple[LateVerdict, ...] | None = None
    occurred_at: datetime

    def partition_key(self) -> str:
        return str(self.job_id)


class JobChanged(Event):
    """A job began, waits, or reached a final state. `version` grows with every change of the job."""

    TYPE: ClassVar[str] = "com.pixee.sync.job-changed.v1"

    job_id: UUID
    account_id: UUID
    connector_id: UUID
    platform: str
    operation: Operation
    state: JobState
    version: int
    total: int
    succeeded: int
    failed: int
    skipped: int
    cancelled: int
    open: int
    waiting_reason: str | None = None
    warning: str | None = None
    error_code: str | None = None
    occurred_at: datetime

    def partition_key(self) -> str:
        return str(self.connector_id)


class ListingGone(Event):
    """A product or variant was removed at the shop by hand, and the shop told us. The next push makes it anew; the catalog keeps it."""

    TYPE: ClassVar[str] = "com.pixee.sync.listing-gone.v1"

    account_id: UUID
    connector_id: UUID
    platform: str
    kind: str
    """`product` or `variant`."""
    item_id: UUID
    product_id: UUID
    external_id: str
    """What the shop called it."""
    occurred_at: datetime

    def partition_key(self) -> str:
        return str(self.connector_id)


class DeadLettered(Event):
    """A message that nobody could read, or an outcome that could not be written, with the raw bytes in base64."""

    TYPE: ClassVar[str] = "com.pixee.sync.dead-lettered.v1"

    dead_letter_id: int
    topic: str
    partition: int | None = None
    offset: int | None = None
    reason: str
    message: str
    payload_base64: str
    headers: dict[str, str] = Field(default_factory=dict)
    occurred_at: datetime

    def partition_key(self) -> str:
        return str(self.dead_letter_id)
