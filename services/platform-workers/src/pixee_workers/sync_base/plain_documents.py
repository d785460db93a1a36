"""The document of a whole product, made from its words: the shop's ids where it is listed, price and quantity where a variant is new. Pure."""

from collections.abc import Callable, Mapping
from typing import Any

from pixee_common.domain.product import plain_decimal
from pixee_workers.sync_base.items import ProductItem, PushVariant


def price_and_quantity(variant: PushVariant) -> dict[str, Any]:
    """What a create brings beside the content; null where we have none."""
    price = None if variant.price is None else plain_decimal(variant.price.amount)
    return {"price": price, "quantity": variant.quantity}


def whole_document(
    item: ProductItem,
    values: Mapping[str, Any],
    new: Callable[[PushVariant], Mapping[str, Any]] = price_and_quantity,
) -> dict[str, Any]:
    """The words, with `id` in the product and in each variant that is listed, and what `new` says in each that is not.

    Args:
        item: The product.
        values: Its words, with `variants`: a row for each variant, in their order.
        new: A variant to what its first write holds beside the words.
    """
    own = {} if item.listing is None else {"id": item.listing.external_id}
    more = [new(one) if one.listing is None else {"id": one.listing.external_id} for one in item.variants]
    rows = [{**row, **extra} for row, extra in zip(values["variants"], more, strict=True)]
    return {**values, **own, "variants": rows}
