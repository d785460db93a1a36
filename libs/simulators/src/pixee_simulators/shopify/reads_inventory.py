"""Field resolvers of items, levels, quantities, locations and adjustment groups."""

from typing import Any

from pixee_simulators.shopify.gids import gid, number_of
from pixee_simulators.shopify.inventory import Change, Group
from pixee_simulators.shopify.pages import page, sort
from pixee_simulators.shopify.records import Item, Level, Variant
from pixee_simulators.shopify.wire import Fields, Info, at, attribute, context_of, identity, moment

_LOCATION: Fields = {
    **identity("Location"),
    "createdAt": at("created_at"),
    "updatedAt": at("created_at"),
    "fulfillsOnlineOrders": attribute("online"),
    "isActive": attribute("active"),
    "shipsInventory": attribute("online"),
}


def _levels(item: Item, include: bool) -> list[Level]:
    return [level for level in item.levels.values() if level.active or include]


def _level(
    item: Item,
    _info: Info,
    locationId: str,  # noqa: N803 - the argument's name
    includeInactive: bool = False,  # noqa: N803
) -> Level | None:
    level = item.levels.get(number_of(locationId, "Location") or 0)
    return level if level is not None and (level.active or includeInactive) else None


def _item_variant(item: Item, info: Info) -> Variant:
    return context_of(info).store.variants[item.variant_id]


def _cost(item: Item, info: Info) -> dict[str, str] | None:
    currency = context_of(info).settings.get("currency", "EUR")
    return None if item.cost is None else {"amount": item.cost, "currencyCode": currency}


def _weight(item: Item, _info: Info) -> dict[str, Any]:
    weight = {"value": item.weight or 0.0, "unit": item.weight_unit}
    return {"id": gid("InventoryItemMeasurement", item.id), "weight": weight}


_ITEM: Fields = {
    **identity("InventoryItem"),
    "createdAt": at("created_at"),
    "updatedAt": at("updated_at"),
    "duplicateSkuCount": lambda one, info: max(
        0, len(context_of(info).store.by_sku.get((_item_variant(one, info).sku or "").lower(), ())) - 1
    ),
    "inventoryLevel": _level,
    "inventoryLevels": lambda one, _info, **arguments: page(
        sort(_levels(one, bool(arguments.get("includeInactive"))), lambda level: (level.id, level.id)), arguments
    ),
    "measurement": _weight,
    "requiresShipping": attribute("requires_shipping"),
    "sku": lambda one, info: _item_variant(one, info).sku,
    "unitCost": _cost,
    "variants": lambda one, info, **arguments: page(
        sort([_item_variant(one, info)], lambda variant: (variant.id, variant.id)), arguments
    ),
}


def _quantities(level: Level, _info: Info, names: list[str]) -> list[dict[str, Any]]:
    present = {"available": level.available, "on_hand": level.on_hand}
    return [
        {
            "id": f"gid://shopify/InventoryQuantity/{level.id}?inventory_item_id={level.item_id}&name={name}",
            "name": name,
            "quantity": present.get(name, 0),
            "updatedAt": moment(level.updated_at),
        }
        for name in names
    ]


_LEVEL: Fields = {
    "id": lambda one, _info: f"{gid('InventoryLevel', one.id)}?inventory_item_id={one.item_id}",
    "createdAt": at("created_at"),
    "updatedAt": at("updated_at"),
    "isActive": attribute("active"),
    "item": lambda one, info: context_of(info).store.items[one.item_id],
    "location": lambda one, info: context_of(info).store.locations[one.location_id],
    "quantities": _quantities,
}


def _changes(
    group: Group,
    _info: Info,
    inventoryItemIds: list[str] | None = None,  # noqa: N803 - the arguments' names
    locationIds: list[str] | None = None,  # noqa: N803
    quantityNames: list[str] | None = None,  # noqa: N803
) -> list[Change]:
    return [
        one
        for one in group.changes
        if (inventoryItemIds is None or gid("InventoryItem", one.item_id) in inventoryItemIds)
        and (locationIds is None or gid("Location", one.location_id) in locationIds)
        and (quantityNames is None or one.name in quantityNames)
    ]


_GROUP: Fields = {
    "id": lambda one, _info: gid("InventoryAdjustmentGroup", one.id),
    "createdAt": at("created_at"),
    "changes": _changes,
    "referenceDocumentUri": attribute("document"),
}


INVENTORY: dict[str, Fields] = {
    "InventoryAdjustmentGroup": _GROUP,
    "InventoryChange": {
        "quantityAfterChange": attribute("after"),
        "item": lambda one, info: context_of(info).store.items.get(one.item_id),
        "location": lambda one, info: context_of(info).store.locations.get(one.location_id),
    },
    "InventoryItem": _ITEM,
    "InventoryLevel": _LEVEL,
    "Location": _LOCATION,
}
