"""Bodies of the jobs' routes."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

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
    requested_by: str = Field(description="The id of the API key that asked for it, or `auto-sync`.")

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": "550e8400-e29b-41d4-a716-000000000011",
                "connector_id": "550e8400-e29b-41d4-a716-000000000010",
                "platform": "shopify",
                "operation": "push_products",
                "state": "running",
                "total": 1250,
                "succeeded": 800,
                "failed": 1,
                "skipped": 49,
                "cancelled": 0,
                "open": 400,
                "waiting_reason": None,
                "waiting_until": None,
                "warning": None,
                "error": None,
                "created_at": "2026-05-14T08:00:00Z",
                "started_at": "2026-05-14T08:00:01Z",
                "finished_at": None,
                "version": 17,
                "retry_of": None,
                "requested_by": "k3v9x2m4q8za",
            }
        }
    )


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

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "item_id": "550e8400-e29b-41d4-a716-446655440000",
                "product_id": "550e8400-e29b-41d4-a716-446655440000",
                "sku": "TSHIRT-RED-M",
                "outcome": "rejected",
                "counts_as": "failed",
                "reason": "invalid_value",
                "message": "Title is too long (maximum is 255 characters)",
                "field": "title",
                "owner": "merchant",
                "retryable": False,
                "advice": "Correct the named field in the catalog and push again.",
                "warning": False,
            }
        }
    )


class JobItemPage(BaseModel):
    """Items of a job, in the order in which they were planned."""

    items: list[JobItem]
    next_cursor: str | None
