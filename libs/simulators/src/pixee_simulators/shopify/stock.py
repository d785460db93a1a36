"""Levels of inventory items: made, set, and counted."""

from pixee_simulators.shopify.context import Context
from pixee_simulators.shopify.records import Item, Level, Product, Variant


def new_item(context: Context, variant_id: int) -> Item:
    """An item as the platform creates it: untracked, stocked where setting `stock_new_items` says (primary, all or
    none of the locations; default primary, the first one).
    """
    item = Item(
        id=context.store.new_id(),
        variant_id=variant_id,
        tracked=False,
        requires_shipping=True,
        cost=None,
        weight=None,
        weight_unit="KILOGRAMS",
        created_at=context.second,
        updated_at=context.second,
    )
    places = [place.id for place in context.store.locations.values() if place.active]
    where = context.settings.get("stock_new_items", "primary")
    for location in places if where == "all" else places[: 1 if where == "primary" else 0]:
        level_at(context, item, location, active=True)
    return item


def level_at(context: Context, item: Item, location_id: int, *, active: bool) -> Level:
    """The level there; a missing one is made, `active` or not."""
    level = item.levels.get(location_id)
    if level is None:
        level = Level(context.store.new_id(), item.id, location_id, 0, 0, active, context.second, context.second)
        item.levels[location_id] = level
    return level


def put(context: Context, item: Item, level: Level, name: str, quantity: int) -> int:
    """Set `available` or `on_hand`; the other moves by the same difference, which is returned."""
    delta = quantity - (level.available if name == "available" else level.on_hand)
    level.available += delta
    level.on_hand += delta
    level.updated_at = item.updated_at = context.second
    variant = context.store.variants.get(item.variant_id)
    if variant is not None and delta:
        variant.updated_at = context.second
        context.store.changed(context.store.products[variant.product_id], context.second)
    return delta


def on_sale(variant: Variant) -> int:
    """`inventoryQuantity`: available at all active levels."""
    return sum(level.available for level in variant.item.levels.values() if level.active)


def total(product: Product) -> int:
    return sum(on_sale(variant) for variant in product.variants)
