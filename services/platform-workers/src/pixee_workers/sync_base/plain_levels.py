"""How a platform says a quantity and a price, in stock and price pushes, in a create and when it is read. Pure.

Nearly every platform has names of its own for the two, and many count money in cents; an amount between two cents must then be
refused in a price push and left out of a create, never rounded. The engine does not count what `words` refuses as carried by a create,
so the merchant is told when the price is pushed.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pixee_common.domain.product import plain_decimal
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.sync_base.items import PriceItem, PushVariant, StockItem
from pixee_workers.sync_base.outcomes import Refusal, Words


@dataclass(frozen=True, slots=True)
class Levels:
    """The names of the two members, and whether money is an integer of hundredths of the shop's currency or decimal text."""

    quantity: str = "quantity"
    price: str = "price"
    hundredths: bool = False

    def words(self, item: StockItem | PriceItem) -> Words:
        """One level as a push of stock or prices says it."""
        if isinstance(item, StockItem):
            return {self.quantity: item.quantity}
        said = self._said(item.price.amount)
        if said is None:
            message = f"The shop takes whole hundredths of its currency: {item.price.amount} is none."
            return Refusal(ReasonCode.INVALID_VALUE, message, "price")
        return {self.price: said}

    def new(self, variant: PushVariant) -> dict[str, Any]:
        """Both, as a create brings them beside the content; null where we have none or cannot say it."""
        price = None if variant.price is None else self._said(variant.price.amount)
        return {self.price: price, self.quantity: variant.quantity}

    def price_of(self, told: Any) -> str | None:
        """The price as `PulledVariant` has it, from what the shop tells; null where it tells none."""
        if told is None:
            return None
        return plain_decimal(Decimal(told).scaleb(-2) if self.hundredths else Decimal(told))

    def _said(self, amount: Decimal) -> str | int | None:
        if not self.hundredths:
            return plain_decimal(amount)
        hundredths = amount.scaleb(2)
        return int(hundredths) if hundredths == hundredths.to_integral_value() else None
