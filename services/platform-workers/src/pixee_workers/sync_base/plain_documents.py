"""What is sent, made from the words: a whole product with the shop's ids where it is listed and price and quantity where a variant is new;
rows of stock or prices. Pure.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from pixee_workers.sync_base.items import Mapped, ProductItem, PushVariant
from pixee_workers.sync_base.plain_levels import Levels

_LEVELS = Levels()


def whole_document(
    item: ProductItem,
    values: Mapping[str, Any],
    new: Callable[[PushVariant], Mapping[str, Any]] = _LEVELS.new,
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


def level_rows(items: Sequence[Mapped[Any]], name: str) -> list[dict[str, Any]]:
    """A row for each item of stock or prices, in their order: the variant's id at the shop under `name`, and its words."""
    return [{name: one.item.listing.external_id, **cast("dict[str, Any]", one.values)} for one in items]
