"""What merging a page finds beside the catalog's changes: things that a person may want to know, and links that the page proves."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from pydantic import JsonValue

from pixee_common.domain.job import OutcomeKind
from pixee_common.domain.reasons import ReasonCode

__all__ = ["Issue", "NewListing"]


@dataclass(frozen=True, slots=True)
class Issue:
    """What a person may want to know of one product of the page."""

    item_id: UUID
    outcome: OutcomeKind
    reason: ReasonCode
    message: str
    product_id: UUID | None = None
    sku: str | None = None
    warning: bool = False
    candidates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NewListing:
    """A link between ours and theirs that the page proves."""

    item_id: UUID
    kind: str
    product_id: UUID
    external_id: str
    parent_external_id: str | None
    refs: Mapping[str, JsonValue]
