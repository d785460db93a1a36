"""`catalog.changed`: how other services, the import and pulls tell what changed in the catalog. The frozen contract of the PIM side.

An event carries the whole new state of one entity (a snapshot), a source and a sequence; per source and entity only a greater
sequence is taken, so a late or repeated event changes nothing.
"""

from datetime import UTC, datetime
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from pixee_common.domain.money import Amount, Currency
from pixee_common.domain.product import Product, ProductKey, Sku, StockLevel
from pixee_common.events.envelope import Event


class _Change(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _utc(moment: datetime) -> datetime:
    """A moment without an offset is UTC: never the time zone of the machine that happens to read it."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


Moment = Annotated[datetime, AfterValidator(_utc)]


class ProductUpserted(_Change):
    """The product as it is now. Variants that it does not list are gone.

    A variant without prices keeps the prices it has; without stock levels it keeps its stock.
    """

    action: Literal["upsert"] = "upsert"
    product: Product

    @property
    def entity(self) -> str:
        return f"product:{self.product.key}"


class ProductDeleted(_Change):
    """The product is gone; a tombstone stays until the shops have been told."""

    action: Literal["delete"] = "delete"
    key: ProductKey

    @property
    def entity(self) -> str:
        return f"product:{self.key}"


class StockChanged(_Change):
    """All stock levels of one variant; locations that are not listed have none any more."""

    action: Literal["stock"] = "stock"
    sku: Sku
    levels: tuple[StockLevel, ...] = Field(min_length=1)

    @property
    def entity(self) -> str:
        return f"stock:{self.sku}"


class ListPrice(_Change):
    """A variant's price in one price list, which is made where it does not exist yet. A moment without an offset is UTC."""

    price_list: str = Field(min_length=1, max_length=100)
    channel: str = Field(min_length=1, max_length=100)
    currency: Currency
    amount: Amount
    compare_at: Amount | None = None
    valid_from: Moment | None = None
    valid_until: Moment | None = None


class PriceChanged(_Change):
    """The prices of one variant: its base price, and its prices in the price lists that are named (others stay)."""

    action: Literal["price"] = "price"
    sku: Sku
    currency: Currency | None = None
    base_price: Amount | None = None
    compare_at_price: Amount | None = None
    list_prices: tuple[ListPrice, ...] = ()

    @property
    def entity(self) -> str:
        return f"price:{self.sku}"


Change = Annotated[ProductUpserted | ProductDeleted | StockChanged | PriceChanged, Field(discriminator="action")]


class CatalogChanged(Event):
    """One change of the catalog of one account.

    `source` names the system that speaks (an import: `import:<sha256 of the file>`; a pull: `pull:<connector id>`), `sequence`
    grows per source and entity. Unknown fields inside `change` are refused: a misspelt field must not be lost silently.
    """

    TYPE: ClassVar[str] = "com.pixee.catalog.changed.v1"

    account_id: UUID
    source: str = Field(min_length=1, max_length=200)
    sequence: int = Field(ge=0)
    occurred_at: datetime
    change: Change

    def partition_key(self) -> str:
        return f"{self.account_id}:{self.change.entity.partition(':')[2]}"
