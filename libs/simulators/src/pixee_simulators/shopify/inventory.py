"""Stock writes: absolute quantities with compare-and-swap, activation of levels, tracking.

inventorySetQuantities is all or nothing: one bad pair and no quantity moves. Since 2026-04 an item that is not stocked
at the location gets an INACTIVE level, whose quantity nobody sees until it is activated.
"""

import re
from dataclasses import dataclass
from typing import Any

from pixee_simulators.shopify import stock, variants
from pixee_simulators.shopify.context import Context
from pixee_simulators.shopify.gids import gid, number_of
from pixee_simulators.shopify.planted import planted
from pixee_simulators.shopify.records import Item, Level, Location, UserError

Given = dict[str, Any]
REASONS = frozenset(
    {
        "correction",
        "cycle_count_available",
        "damaged",
        "movement_canceled",
        "movement_created",
        "movement_received",
        "movement_updated",
        "other",
        "promotion",
        "quality_control",
        "received",
        "reservation_created",
        "reservation_deleted",
        "reservation_updated",
        "restock",
        "safety_stock",
        "shrinkage",
    }
)
_QUANTITY_MAX = 1_000_000_000
_URI = re.compile(r"[A-Za-z][\w+.-]*:(//)?\S+")
_WHOLE_GID = re.compile(r"gid://[^/\s]+/[^/\s]+/\S+")


@dataclass(slots=True)
class Change:
    """One moved quantity of an adjustment group."""

    name: str
    delta: int
    after: int
    item_id: int
    location_id: int


@dataclass(slots=True)
class Group:
    """An adjustment group as it is answered."""

    id: int
    created_at: int
    reason: str
    document: str | None
    changes: list[Change]


def set_quantities(context: Context, given: Given) -> tuple[Group | None, list[UserError]]:
    """The mutation proper; idempotency and the mandatory key are checked around it."""
    errors = _whole_errors(given)
    pairs: list[tuple[Item, Location, Given]] = []
    seen: set[tuple[str, str]] = set()
    for index, one in enumerate(given["quantities"]):
        path = ["input", "quantities", str(index)]
        pair, wrong = _pair(context, given["name"], one, path)
        place = (one["inventoryItemId"], one["locationId"])
        if place in seen:
            code = "NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR"
            wrong = UserError(code, path, "The combination of inventoryItemId and locationId must be unique")
        seen.add(place)
        if wrong is not None:
            errors.append(wrong)
        elif pair is not None:
            pairs.append((*pair, one))
    if errors:
        return None, errors
    changes = [_moved(context, given["name"], item, location, one["quantity"]) for item, location, one in pairs]
    group = Group(context.store.new_id(), context.second, given["reason"], given.get("referenceDocumentUri"), changes)
    context.store.version += 1
    return group, []


def _whole_errors(given: Given) -> list[UserError]:
    errors = []
    if given["name"] not in {"available", "on_hand"}:
        message = "The quantity name must be either 'available' or 'on_hand'."
        errors.append(UserError("INVALID_NAME", ["input", "name"], message))
    if given["reason"] not in REASONS:
        errors.append(UserError("INVALID_REASON", ["input", "reason"], "The specified reason is invalid."))
    document = given.get("referenceDocumentUri")
    if document is not None:
        form = _WHOLE_GID if document.startswith("gid:") else _URI
        if not form.fullmatch(document):
            message = "The specified reference document is invalid."
            errors.append(UserError("INVALID_REFERENCE_DOCUMENT", ["input", "referenceDocumentUri"], message))
    return errors


def _pair(
    context: Context, name: str, one: Given, path: list[str]
) -> tuple[tuple[Item, Location] | None, UserError | None]:
    store = context.store
    item = store.items.get(number_of(one["inventoryItemId"], "InventoryItem") or 0)
    if item is None:
        message = "The specified inventory item could not be found."
        return None, UserError("INVALID_INVENTORY_ITEM", [*path, "inventoryItemId"], message)
    location = store.locations.get(number_of(one["locationId"], "Location") or 0)
    if location is None:
        message = "The specified location could not be found."
        return None, UserError("INVALID_LOCATION", [*path, "locationId"], message)
    variant = store.variants[item.variant_id]
    context.work.skus.append(variant.sku or gid("InventoryItem", item.id))
    if wrong := planted(context, "inventorySetQuantities", {variant.sku or "", one["inventoryItemId"]}):
        return None, UserError(wrong.code, wrong.path or [*path, "inventoryItemId"], wrong.message)
    return (item, location), _quantity_error(name, item, location, one, path)


def _quantity_error(name: str, item: Item, location: Location, one: Given, path: list[str]) -> UserError | None:
    quantity, expected = one["quantity"], one["changeFromQuantity"]
    if quantity > _QUANTITY_MAX:
        message = "The total quantity can't be higher than 1,000,000,000."
        return UserError("INVALID_QUANTITY_TOO_HIGH", [*path, "quantity"], message)
    if quantity < -_QUANTITY_MAX:
        message = "The total quantity can't be lower than -1,000,000,000."
        return UserError("INVALID_QUANTITY_TOO_LOW", [*path, "quantity"], message)
    if quantity < 0:
        return UserError("INVALID_QUANTITY_NEGATIVE", [*path, "quantity"], "The quantity can't be negative.")
    level = item.levels.get(location.id)
    present = 0 if level is None else (level.available if name == "available" else level.on_hand)
    if expected is not None and expected != present:
        message = "The changeFromQuantity value does not match persisted value."
        return UserError("CHANGE_FROM_QUANTITY_STALE", [*path, "changeFromQuantity"], message)
    return None


def _moved(context: Context, name: str, item: Item, location: Location, quantity: int) -> Change:
    level = stock.level_at(context, item, location.id, active=False)
    delta = stock.put(context, item, level, name, quantity)
    return Change(name, delta, quantity, item.id, location.id)


def activate(
    context: Context, item_gid: str, location_gid: str, available: int | None, on_hand: int | None
) -> tuple[Level | None, list[UserError]]:
    """InventoryActivate. A quantity for a level that is active already is refused, as the platform does."""
    store = context.store
    item = store.items.get(number_of(item_gid, "InventoryItem") or 0)
    location = store.locations.get(number_of(location_gid, "Location") or 0)
    if item is None:
        return None, [UserError(None, ["inventoryItemId"], "The inventory item could not be found.")]
    if location is None:
        return None, [UserError(None, ["locationId"], "The location could not be found.")]
    existing = item.levels.get(location.id)
    quantity = available if available is not None else on_hand
    if existing is not None and existing.active:
        if quantity is not None:
            message = "Not allowed to set available quantity when the item is already active at the location."
            return None, [UserError(None, ["available"], message)]
        return existing, []
    level = stock.level_at(context, item, location.id, active=True)
    level.active = True
    if quantity is not None:
        stock.put(context, item, level, "available" if available is not None else "on_hand", quantity)
    context.work.commit("item", "updated")
    variant = store.variants[item.variant_id]
    store.changed(store.products[variant.product_id], context.second)
    return level, []


def update_item(context: Context, item_gid: str, given: Given) -> tuple[Item | None, list[UserError]]:
    """inventoryItemUpdate: tracking, cost, weight, SKU."""
    store = context.store
    item = store.items.get(number_of(item_gid, "InventoryItem") or 0)
    if item is None:
        return None, [UserError(None, ["id"], "The product couldn't be updated because it does not exist.")]
    variant = store.variants[item.variant_id]
    product = store.products[variant.product_id]
    store.unindex(product)
    if "sku" in given:
        variant.sku = given["sku"]
    variants.write_item(context, item, given)
    store.index(product)
    store.changed(product, context.second)
    context.work.commit("item", "updated")
    return item, []
