"""Every message, as a model. Names are past tense: events tell what has happened."""

from pixee_common.events.catalog import CatalogChanged
from pixee_common.events.envelope import Event, headers_for
from pixee_common.events.sync import (
    DeadLettered,
    JobChanged,
    LateVerdict,
    ListingGone,
    RouteRung,
    RungChunk,
    SyncProgress,
    SyncRequested,
)

__all__ = [
    "CatalogChanged",
    "DeadLettered",
    "Event",
    "JobChanged",
    "LateVerdict",
    "ListingGone",
    "RouteRung",
    "RungChunk",
    "SyncProgress",
    "SyncRequested",
    "headers_for",
]
