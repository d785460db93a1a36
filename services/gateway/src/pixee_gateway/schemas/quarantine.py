"""Bodies of the quarantine's routes."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

PushOperation = Literal["push_products", "push_stock", "push_prices"]
MOST_PRODUCT_IDS = 10_000


def _some(ids: list[UUID] | None) -> list[UUID] | None:
    if ids is not None and not ids:
        raise ValueError("an empty list would release nothing: leave product_ids out to release everything")
    if ids is not None and len(ids) > MOST_PRODUCT_IDS:
        raise ValueError(f"at most {MOST_PRODUCT_IDS} ids: omit the field to release everything, or split the request")
    return ids


class QuarantinedItem(BaseModel):
    """An item that failed three times in the same way: no call is made for it until it is corrected or released."""

    item_id: UUID = Field(description="A product (push products) or a variant (stock, prices).")
    product_id: UUID | None
    sku: str | None
    operation: PushOperation
    failures: int
    reason: str | None
    message: str | None
    advice: str | None
    since: datetime | None = Field(description="When it first failed in this way.")

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "item_id": "550e8400-e29b-41d4-a716-446655440000",
                "product_id": "550e8400-e29b-41d4-a716-446655440000",
                "sku": "TSHIRT-RED-M",
                "operation": "push_products",
                "failures": 3,
                "reason": "invalid_value",
                "message": "Title is too long (maximum is 255 characters)",
                "advice": "Correct the named field in the catalog and push again.",
                "since": "2026-05-14T08:00:00Z",
            }
        }
    )


class QuarantinePage(BaseModel):
    """Items in quarantine, by item id."""

    items: list[QuarantinedItem]
    next_cursor: str | None


class QuarantineScope(BaseModel):
    """Which items: those of these products (the products and their variants), of this operation; without either, all."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {"product_ids": ["550e8400-e29b-41d4-a716-446655440000"], "operation": "push_products"}
        },
    )

    product_ids: Annotated[list[UUID] | None, AfterValidator(_some)] = None
    operation: PushOperation | None = None


class Released(BaseModel):
    """How many items the next push tries again."""

    released: int

    model_config = ConfigDict(json_schema_extra={"example": {"released": 3}})
