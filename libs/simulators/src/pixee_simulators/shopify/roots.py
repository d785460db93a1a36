"""Root fields: every query and mutation, with what stands before them."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from graphql import GraphQLResolveInfo

from pixee_simulators.shopify import (
    collections,
    gates,
    inventory,
    listings,
    metafields,
    operations,
    pages,
    product_changes,
)
from pixee_simulators.shopify.context import Context
from pixee_simulators.shopify.gids import gid, kind_of, number_of
from pixee_simulators.shopify.idempotency import Attempt, fingerprint, verdict
from pixee_simulators.shopify.planted import planted
from pixee_simulators.shopify.product_identity import found
from pixee_simulators.shopify.product_set import product_set
from pixee_simulators.shopify.reads import context_of, counted
from pixee_simulators.shopify.records import Definition, Product, UserError, Variant
from pixee_simulators.shopify.store import namespace_of

Info = GraphQLResolveInfo[Any]
Given = dict[str, Any]
Body = Callable[[Context, Given], Any]


def guarded(name: str, body: Body) -> Callable[..., Any]:
    """A root resolver: scope, sizes, then the field's own work."""

    def resolve(_root: Any, info: Info, **arguments: Any) -> Any:
        context = context_of(info)
        gates.check_scope(context, name)
        gates.check_sizes(arguments, [])
        gates.check_health(context)
        return body(context, arguments)

    return resolve


def idempotent(name: str, body: Body, check: Callable[[Given], None] | None = None) -> Callable[..., Any]:
    """As `guarded`, once per key: `body` returns a plain answer (see Attempt), `replayed` makes the payload of it."""

    def resolve(_root: Any, info: Info, **arguments: Any) -> Any:
        context = context_of(info)
        gates.check_scope(context, name)
        gates.check_sizes(arguments, [])
        if check is not None:
            check(arguments["input"])
        key, mark = gates.idempotency_key(info), fingerprint(name, arguments)
        attempt = context.store.attempts.get(key)
        code = verdict(attempt, mark, context.now)
        wrong = planted(context, "idempotency", {key, name})
        if code is not None or wrong is not None:
            error = wrong or UserError(code, None, "The idempotency key cannot be used for this request.")
            return _payload(context, {"errors": [asdict(error)]})
        if context.fails:
            context.store.attempts[key] = Attempt(mark, context.now, None)
        gates.check_health(context)
        if attempt is None or attempt.fingerprint != mark or attempt.answer is None:
            attempt = context.store.attempts[key] = Attempt(mark, context.now, body(context, arguments))
        return _payload(context, attempt.answer or {})

    return resolve


def _payload(context: Context, answer: Given) -> Given:
    payload: Given = {"userErrors": [UserError(**error) for error in answer.get("errors", ())]}
    group, place = answer.get("group"), answer.get("level")
    if group is not None:
        changes = [inventory.Change(**one) for one in group["changes"]]
        payload["inventoryAdjustmentGroup"] = inventory.Group(**(group | {"changes": changes}))
    if place is not None:
        item = context.store.items.get(place[0])
        payload["inventoryLevel"] = item.levels.get(place[1]) if item is not None else None
    return payload


# --- queries ----------------------------------------------------------------------------------------------------------


def _shop(context: Context, _arguments: Given) -> Given:
    settings = context.settings
    return {
        "id": gid("Shop", int(settings.get("shop_id", 548_380_009))),
        "name": settings.get("name", context.host.split(".")[0].title()),
        "myshopifyDomain": context.host,
        "currencyCode": settings.get("currency", "EUR"),
        "taxesIncluded": bool(settings.get("taxes_included", True)),
        "ianaTimezone": "Europe/Berlin",
        "weightUnit": "KILOGRAMS",
    }


def _installation(context: Context, _arguments: Given) -> Given:
    scopes = [{"handle": scope, "description": scope.replace("_", " ")} for scope in sorted(context.scopes)]
    return {"id": gid("AppInstallation", 1), "accessScopes": scopes}


def _node(context: Context, text: str) -> Any:
    store, place = context.store, kind_of(text)
    if place is None:
        return None
    tables: dict[str, dict[int, Any]] = {
        "Collection": store.collections,
        "InventoryItem": store.items,
        "Location": store.locations,
        "MediaImage": store.media,
        "Product": store.products,
        "ProductSetOperation": store.operations,
        "ProductVariant": store.variants,
    }
    return tables.get(place[0], {}).get(place[1])


def _one(kind: str) -> Body:
    return lambda context, arguments: _node(context, arguments["id"]) if _is(kind, arguments["id"]) else None


def _is(kind: str, text: str) -> bool:
    return number_of(text, kind) is not None


def _location(context: Context, arguments: Given) -> Any:
    if arguments.get("id") is not None:
        return _one("Location")(context, arguments)
    return next(iter(context.store.locations.values()), None)


def _definitions(context: Context, arguments: Given) -> Any:
    namespace, key = arguments.get("namespace"), arguments.get("key")

    def wanted(one: Definition) -> bool:
        return (
            one.owner_type == arguments["ownerType"]
            and (namespace is None or one.namespace == namespace_of(namespace))
            and (key is None or one.key == key)
        )

    records = [one for one in context.store.definitions if wanted(one)]
    return pages.page(pages.sort(records, lambda one: (one.id, one.id)), arguments)


QUERIES: dict[str, Body] = {
    "collection": _one("Collection"),
    "collections": listings.collections,
    "currentAppInstallation": _installation,
    "inventoryItem": _one("InventoryItem"),
    "inventoryItems": listings.items,
    "location": _location,
    "locations": listings.locations,
    "metafieldDefinitions": _definitions,
    "node": lambda context, arguments: _node(context, arguments["id"]),
    "nodes": lambda context, arguments: [_node(context, one) for one in arguments["ids"]],
    "product": _one("Product"),
    "productByIdentifier": lambda context, arguments: found(context, arguments["identifier"]),
    "productOperation": _one("ProductSetOperation"),
    "productVariant": _one("ProductVariant"),
    "productVariants": listings.variants,
    "products": listings.products,
    "productsCount": lambda context, arguments: counted(listings.count(context, arguments.get("query"))),
    "shop": _shop,
}

# --- mutations --------------------------------------------------------------------------------------------------------


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
    return {"deletedProductId": None if errors else product_gid, "shop": _shop(context, {}), "userErrors": errors}


def _product_update(context: Context, arguments: Given) -> Given:
    product, errors = product_changes.update(context, arguments.get("product") or {})
    _touch(context, product)
    return {"product": product, "userErrors": errors}


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


MUTATIONS: dict[str, Body] = {
    "collectionCreate": _collection_create,
    "inventoryItemUpdate": _item_update,
    "metafieldDefinitionCreate": _definition_create,
    "metafieldsSet": lambda context, arguments: metafields_set(context, arguments["metafields"]),
    "productDelete": _product_delete,
    "productSet": _product_set,
    "productUpdate": _product_update,
    "productVariantsBulkCreate": _bulk_create,
    "productVariantsBulkDelete": _bulk_delete,
    "productVariantsBulkUpdate": _bulk_update,
}
METAFIELDS_MAX = 25


def metafields_set(context: Context, listed: list[Given]) -> Given:
    """metafieldsSet: up to 25, all or none."""
    if len(listed) > METAFIELDS_MAX:
        message = f"Exceeded the maximum metafields input limit of {METAFIELDS_MAX}."
        return {"metafields": None, "userErrors": [UserError("LESS_THAN_OR_EQUAL_TO", ["metafields"], message)]}
    errors, owners = [], []
    for index, given in enumerate(listed):
        path = ["metafields", str(index)]
        owner = _node(context, given["ownerId"])
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


def resolvers() -> tuple[dict[str, Callable[..., Any]], dict[str, Callable[..., Any]]]:
    """(queries, mutations), ready to be hung on the schema."""
    queries = {name: guarded(name, body) for name, body in QUERIES.items()}
    mutations = {name: guarded(name, body) for name, body in MUTATIONS.items()}
    mutations["inventorySetQuantities"] = idempotent("inventorySetQuantities", _set_quantities, gates.check_quantities)
    mutations["inventoryActivate"] = idempotent("inventoryActivate", _activate)
    return queries, mutations
