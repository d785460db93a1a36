"""Of what an outcome speaks: the item as it was read or sent."""

from dataclasses import dataclass
from uuid import UUID

from pixee_workers.sync_base.assembling import ReadItem
from pixee_workers.sync_base.chunks import OperationRow
from pixee_workers.sync_base.items import PushItem
from pixee_workers.sync_base.recent_writes import Sent


@dataclass(frozen=True, slots=True)
class Origin:
    """Of what an outcome speaks: the item as it was sent. Without an item only its name is known (a polled outcome)."""

    item_id: UUID
    product_id: UUID
    sku: str | None
    version: int
    hash: bytes | None = None
    attempt: bytes | None = None
    """What a failure of it is held against (`failures`); null where no call was made for it."""
    item: PushItem | None = None
    shared_eans: tuple[str, ...] = ()
    carried_stock: tuple[OperationRow, ...] = ()
    carried_prices: tuple[OperationRow, ...] = ()
    mapping_version: int | None = None
    """By which mapping and settings it was translated; null: by those of this carry."""
    sent: Sent | None = None
    """What the shop is known to have of it."""

    @classmethod
    def of(cls, read: ReadItem, attempt: bytes | None = None) -> "Origin":
        """An item that was not sent. `attempt` where the shop was asked for it all the same."""
        names = (read.id, read.product_id, read.sku, read.version)
        return cls(*names, attempt=attempt, shared_eans=read.shared_eans, sent=read.sent)
