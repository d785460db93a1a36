"""Bodies of the connectors' routes. What the public API text shows is shown exactly so."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from pixee_gateway.schemas.auto_sync import AutoSync, AutoSyncToChange

ConnectorStatus = Literal["active", "paused", "error"]


class ConnectorSummary(BaseModel):
    """A connector in a list."""

    id: UUID
    name: str
    platform: str
    status: ConnectorStatus
    last_sync_at: datetime | None
    created_at: datetime

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": "550e8400-e29b-41d4-a716-000000000010",
                "name": "My Shopify Store",
                "platform": "shopify",
                "status": "active",
                "last_sync_at": "2026-05-14T08:00:00Z",
                "created_at": "2026-01-15T00:00:00Z",
            }
        }
    )


class PageMeta(BaseModel):
    """Where in a list this page is."""

    total: int
    page: int
    per_page: int
    total_pages: int
    has_next: bool
    has_previous: bool


class ConnectorPage(BaseModel):
    """A page of connectors."""

    items: list[ConnectorSummary]
    meta: PageMeta


class SyncStats(BaseModel):
    """How far the shop is in step with the catalog."""

    products_synced: int = Field(
        description="Products whose listing carries the catalog's newest content, by the mapping and settings as they stand."
    )
    products_pending: int = Field(
        description="Products that the next push goes through: new, changed, refused or deleted ones, and after a change of the "
        "mapping or the settings all of them until they were compared. It sends those of which the shop would see another value."
    )
    last_error: str | None = Field(description="The newest failure, or null.")


class ConnectorDetail(BaseModel):
    """One connector with its current sync status."""

    id: UUID
    name: str
    platform: str
    status: ConnectorStatus
    sync_stats: SyncStats
    last_sync_at: datetime | None
    auto_sync: AutoSync | None = Field(
        default=None,
        exclude_if=lambda given: given is None,
        description="Which pushes a change of the catalog starts by itself. Left out while none does.",
    )

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": "550e8400-e29b-41d4-a716-000000000010",
                "name": "My Shopify Store",
                "platform": "shopify",
                "status": "active",
                "sync_stats": {"products_synced": 1250, "products_pending": 0, "last_error": None},
                "last_sync_at": "2026-05-14T08:00:00Z",
            }
        }
    )


class ConnectorToCreate(BaseModel):
    """A new connector: settings and credentials as `GET /api/v1/platforms` lists them for the platform."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "name": "My Shopify Store",
                "platform": "shopify",
                "settings": {"shop_domain": "demo.myshopify.com", "currency": "EUR"},
                "credentials": {"access_token": "shpat_…"},
            }
        },
    )

    name: str = Field(min_length=1, max_length=200)
    platform: str
    settings: dict[str, str] = Field(default_factory=dict)
    credentials: dict[str, str]
    allow_shared: bool = Field(
        default=False, description="Whether another connector of the account may serve the same shop."
    )
    auto_sync: AutoSyncToChange | None = Field(
        default=None, description="Which pushes a change of the catalog starts by itself; none unless it is said here."
    )


class ConnectorToChange(BaseModel):
    """What to change; what is left out stays. Settings are merged by name (null removes one), credentials are replaced whole."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"name": "My Shopify Store", "settings": {"locale": "de"}}},
    )

    name: str | None = Field(default=None, min_length=1, max_length=200)
    settings: dict[str, str | None] | None = None
    credentials: dict[str, str] | None = None
    auto_sync: AutoSyncToChange | None = None


class TestAnswer(BaseModel):
    """What came of a connection test."""

    __test__ = False

    success: bool
    platform: str
    latency_ms: int
    message: str

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"success": True, "platform": "shopify", "latency_ms": 142, "message": "Connection successful"}
        }
    )
