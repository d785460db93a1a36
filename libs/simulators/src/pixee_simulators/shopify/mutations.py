"""Every root mutation: calls the work, tells the log what was touched, shapes the payload."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from pixee_simulators.shopify import (
    bulk,
    collections,
    inventory,
    metafields,
    operations,
    price_lists,
    product_changes,
    publications,
    staged_uploads,
    translations,
)
from pixee_simulators.shopify.context import Context
from pixee_simulators.shopify.gids import gid, number_of
from pixee_simulators.shopify.product_set import product_set
from pixee_simulators.shopify.queries import node, shop
from pixee_simulators.shopify.records import Product, UserError, Variant
from pixee_simulators.shopify.store import namespace_of

Given = dict[str, Any]
Body = Callable[[Context, Given], Any]
METAFIELDS_MAX = 25


def _touch(context: Context, product: Product | None, variants: list[Variant] | None = None) -> None:
    if product is None:
        return
    context.work.ids.append(gid("Product", product.id))
    shown = product.variants if variants is None else variants
    context.work.skus += [variant.sku for variant in shown if variant.sku]


def _product_set(context: Context, arguments: Given) -> Given:
    if arguments.get("synchronous") is False:
        return {"productSetOperation": operations.start(context, arguments), "userErrors": []}
    product, errors = product_set(context, arguments.get("identifier"), arguments["input"])
    _touch(context, product)
    return {"product": product, "userErrors": errors}


def _product_delete(context: Context, arguments: Given) -> Given:
    product_gid = arguments["input"]["id"]
    _touch(context, context.store.products.get(number_of(product_gid, "Product") or 0))
    wrong = product_changes.delete(context, product_gid)
    errors = [wrong] if wrong is not None else []
    return {"deletedProductId": None if errors else product_gid, "shop": shop(context, {}), "userErrors": errors}


def _product_update(context: Context, arguments: Given) -> Given:
    product, errors = product_changes.update(context, arguments.get("product") or {})
    _touch(context, product)
    return {"product": product, "userErrors": errors}


def _published(context: Context, arguments: Given, *, there: bool) -> Given:
    product, errors = publications.publish(context, arguments["id"], arguments["input"], there=there)
    _touch(context, product, [])
    return {"publishable": product, "shop": shop(context, {}), "userErrors": errors}


def _bulk_update(context: Context, arguments: Given) -> Given:
    product, written, errors = product_changes.bulk_update(
        context, arguments["productId"], arguments["variants"], partial=bool(arguments.get("allowPartialUpdates"))
    )
    _touch(context, product, written or [])
    return {"product": product, "productVariants": written, "userErrors": errors}


def _bulk_create(context: Context, arguments: Given) -> Given:
    product, made, errors = product_changes.bulk_create(
        context, arguments["productId"], arguments["variants"], arguments.get("strategy") or "DEFAULT"
    )
    _touch(context, product, made or [])
    return {"product": product, "productVariants": made, "userErrors": errors}


def _bulk_delete(context: Context, arguments: Given) -> Given:
    product, errors = product_changes.bulk_delete(context, arguments["productId"], arguments["variantsIds"])
    _touch(context, product, [])
    return {"product": product, "userErrors": errors}


def _collection_create(context: Context, arguments: Given) -> Given:
    name = "collection" if arguments.get("collection") is not None else "input"
    collection, errors = collections.create(context, arguments.get(name) or {}, name)
    return {"collection": collection, "userErrors": errors}


def _definition_create(context: Context, arguments: Given) -> Given:
    definition, errors = metafields.create_definition(context, arguments["definition"])
    return {"createdDefinition": definition, "userErrors": errors}


def _item_update(context: Context, arguments: Given) -> Given:
    item, errors = inventory.update_item(context, arguments["id"], arguments["input"])
    if item is not None:
        context.work.ids.append(arguments["id"])
    return {"inventoryItem": item, "userErrors": errors}


def _set_quantities(context: Context, arguments: Given) -> Given:
    group, errors = inventory.set_quantities(context, arguments["input"])
    if group is not None:
        context.work.commit("quantity", "updated", len(group.changes))
    return {"group": asdict(group) if group is not None else None, "errors": [asdict(error) for error in errors]}


def _activate(context: Context, arguments: Given) -> Given:
    level, errors = inventory.activate(
        context,
        arguments["inventoryItemId"],
        arguments["locationId"],
        arguments.get("available"),
        arguments.get("onHand"),
    )
    place = [level.item_id, level.location_id] if level is not None else None
    return {"level": place, "errors": [asdict(error) for error in errors]}


def _metafields_set(context: Context, arguments: Given) -> Given:
    """Up to 25, all or none."""
    listed = arguments["metafields"]
    if len(listed) > METAFIELDS_MAX:
        message = f"Exceeded the maximum metafields input limit of {METAFIELDS_MAX}."
        return {"metafields": None, "userErrors": [UserError("LESS_THAN_OR_EQUAL_TO", ["metafields"], message)]}
    errors, owners = [], []
    for index, given in enumerate(listed):
        path = ["metafields", str(index)]
        owner = node(context, given["ownerId"])
        if not isinstance(owner, Product | Variant):
            errors.append(UserError("INVALID", [*path, "ownerId"], "Owner does not exist"))
            continue
        kind = "PRODUCT" if isinstance(owner, Product) else "PRODUCTVARIANT"
        fault = metafields.fault_of(context, kind, owner, given)
        if fault is not None:
            errors.append(UserError(fault.code, [*path, fault.field], fault.message))
        owners.append((kind, owner, given))
    if errors:
        return {"metafields": None, "userErrors": errors}
    return {"metafields": [_written(context, *entry) for entry in owners], "userErrors": []}


def _written(context: Context, kind: str, owner: Product | Variant, given: Given) -> Any:
    store = context.store
    product = owner if isinstance(owner, Product) else store.products[owner.product_id]
    store.unindex(product)
    owner.metafields = metafields.written(context, kind, owner, [given], replace=False)
    store.index(product)
    store.changed(product, context.second)
    context.work.commit("product", "updated")
    _touch(context, product)
    return metafields.find(owner, namespace_of(given.get("namespace")), given["key"])


MUTATIONS: dict[str, Body] = {
    "bulkOperationRunMutation": bulk.run_mutation,
    "bulkOperationRunQuery": bulk.run_query,
    "collectionCreate": _collection_create,
    "inventoryItemUpdate": _item_update,
    "metafieldDefinitionCreate": _definition_create,
    "metafieldsSet": _metafields_set,
    "priceListFixedPricesAdd": price_lists.add_prices,
    "productDelete": _product_delete,
    "productSet": _product_set,
    "productUpdate": _product_update,
    "productVariantsBulkCreate": _bulk_create,
    "productVariantsBulkDelete": _bulk_delete,
    "productVariantsBulkUpdate": _bulk_update,
    "publishablePublish": lambda context, arguments: _published(context, arguments, there=True),
    "publishableUnpublish": lambda context, arguments: _published(context, arguments, there=False),
    "stagedUploadsCreate": staged_uploads.create,
    "translationsRegister": translations.register,
    "translationsRemove": translations.remove,
}

IDEMPOTENT: dict[str, Body] = {"inventoryActivate": _activate, "inventorySetQuantities": _set_quantities}
"""Their `@idempotent` is mandatory since 2026-04, though the schema does not say so. They answer plain JSON, so that a key's first answer can be kept and given again (see idempotency)."""
