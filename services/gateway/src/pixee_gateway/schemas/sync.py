"""Bodies of the four syncs."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

MOST_PRODUCT_IDS = 10_000


def _some(ids: list[UUID] | None) -> list[UUID] | None:
    if ids is not None and not ids:
        raise ValueError("an empty list would push nothing: leave product_ids out to push the whole catalog")
    if ids is not None and len(ids) > MOST_PRODUCT_IDS:
        raise ValueError(
            f"at most {MOST_PRODUCT_IDS} ids: omit the field to push the whole catalog, or split the request"
        )
    return ids


class PushScope(BaseModel):
    """Which products; the whole catalog where `product_ids` is absent or null."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {"product_ids": ["550e8400-e29b-41d4-a716-446655440000", "550e8400-e29b-41d4-a716-446655440001"]}
        },
    )

    product_ids: Annotated[list[UUID] | None, AfterValidator(_some)] = None


class PullScope(BaseModel):
    """`auto`: since the last completed pull where the platform can filter, else everything. `full`: everything."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"mode": "auto"}})

    mode: Literal["auto", "full"] = "auto"


class SyncQueued(BaseModel):
    """The job, accepted."""

    job_id: UUID
    status: Literal["queued"] = "queued"

    model_config = ConfigDict(
        json_schema_extra={"example": {"job_id": "550e8400-e29b-41d4-a716-000000000013", "status": "queued"}}
    )


class RetryQueued(SyncQueued):
    """The job that takes up what failed, accepted."""

    products_queued: int | None = Field(
        default=None, description="Push products only: products that the job will look at."
    )
    quarantined: int = Field(
        default=0, description="Items that failed and stay in quarantine: correct or release them, then retry."
    )

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "job_id": "550e8400-e29b-41d4-a716-000000000012",
                "status": "queued",
                "products_queued": 2,
                "quarantined": 1,
            }
        }
    )


class ProductsQueued(SyncQueued):
    """The job of a product push, accepted."""

    products_queued: int = Field(description="Products that the job will look at.")

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"job_id": "550e8400-e29b-41d4-a716-000000000011", "status": "queued", "products_queued": 2}
        }
    )
