"""Bodies of the jobs' routes."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from pixee_common.domain.job import JobState, Operation


class JobError(BaseModel):
    """Why a job failed as a whole."""

    code: str
    message: str


class Job(BaseModel):
    """One job. `total = succeeded + failed + skipped + cancelled + open`, at every moment."""

    id: UUID
    connector_id: UUID
    platform: str
    operation: Operation
    state: JobState
    total: int
    succeeded: int
    failed: int
    skipped: int
    cancelled: int
    open: int
    waiting_reason: str | None = Field(description="Why nothing moves, where nothing moves: see docs/reason-codes.md.")
    waiting_until: datetime | None
    warning: str | None
    error: JobError | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    version: int = Field(description="Grows with every change.")
    retry_of: UUID | None


class JobPage(BaseModel):
    """Jobs, newest first."""

    items: list[Job]
    next_cursor: str | None


class JobItem(BaseModel):
    """One item of a job. Everything that did not simply succeed says why, and who can do something about it."""

    item_id: UUID
    product_id: UUID | None
    sku: str | None
    outcome: str
    counts_as: str
    reason: str | None
    message: str | None
    field: str | None
    owner: str | None
    retryable: bool | None
    advice: str | None
    warning: bool
    candidates: list[str] | None = None


class JobItemPage(BaseModel):
    """Items of a job, in the order in which they were planned."""

    items: list[JobItem]
    next_cursor: str | None
