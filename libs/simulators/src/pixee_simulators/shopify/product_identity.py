"""Which product a productSet means: its identifier, and what the input must repeat of it."""

from typing import Any

from pixee_simulators.shopify.context import Context
from pixee_simulators.shopify.gids import number_of
from pixee_simulators.shopify.records import Product, UserError
from pixee_simulators.shopify.store import namespace_of

Given = dict[str, Any]


def identified(context: Context, identifier: Given | None, given: Given) -> tuple[Product | None, UserError | None]:
    """(the existing product or None for a new one, what is wrong)."""
    if identifier is None:
        if given.get("id") is None:
            return None, None
        return _by_id(context, given["id"], ["input", "id"])
    if given.get("id") is not None:
        return None, UserError("ID_NOT_ALLOWED", ["input", "id"], "The id field is not allowed with an identifier")
    if "id" in identifier:
        return _by_id(context, identifier["id"], ["identifier", "id"])
    if "handle" in identifier:
        return _by_handle(context, identifier["handle"], given)
    return _by_custom_id(context, identifier["customId"], given)


def found(context: Context, identifier: Given) -> Product | None:
    """`productByIdentifier`: the product or None."""
    store = context.store
    if "id" in identifier:
        return store.products.get(number_of(identifier["id"], "Product") or 0)
    if "handle" in identifier:
        return store.products.get(store.by_handle.get(identifier["handle"], 0))
    return store.products.get(store.by_unique.get(_place(identifier["customId"]), 0))


def _by_id(context: Context, gid: str, path: list[str]) -> tuple[Product | None, UserError | None]:
    product = context.store.products.get(number_of(gid, "Product") or 0)
    if product is None:
        return None, UserError("PRODUCT_DOES_NOT_EXIST", path, "Product does not exist")
    return product, None


def _by_handle(context: Context, handle: str, given: Given) -> tuple[Product | None, UserError | None]:
    path = ["input", "handle"]
    if given.get("handle") is None:
        return None, UserError("MISSING_FIELD_REQUIRED", path, "The handle field is required with this identifier")
    if given["handle"] != handle:
        return None, UserError("INPUT_MISMATCH", path, "The handle does not match the identifier")
    return context.store.products.get(context.store.by_handle.get(handle, 0)), None


def _by_custom_id(context: Context, custom: Given, given: Given) -> tuple[Product | None, UserError | None]:
    namespace, key, value = place = _place(custom)
    definition = context.store.definition("PRODUCT", namespace, key)
    if definition is None or definition.type != "id":
        message = f"No metafield definition of type 'id' for {namespace}.{key}"
        return None, UserError("NOT_FOUND", ["identifier", "customId"], message)
    if given.get("metafields") is None:
        message = "The metafields field is required with this identifier"
        return None, UserError("MISSING_FIELD_REQUIRED", ["input", "metafields"], message)
    repeated = any(
        (namespace_of(one.get("namespace")), one.get("key"), one.get("value")) == place for one in given["metafields"]
    )
    if not repeated:
        message = "The metafields must contain the customId value"
        return None, UserError("METAFIELD_MISMATCH", ["input", "metafields"], message)
    return context.store.products.get(context.store.by_unique.get((namespace, key, value), 0)), None


def _place(custom: Given) -> tuple[str, str, str]:
    return namespace_of(custom.get("namespace")), custom["key"], custom["value"]
