"""What stands before every root field: access scopes, input sizes, the idempotency key."""

import uuid
from typing import Any

from graphql import GraphQLError, GraphQLResolveInfo, value_from_ast_untyped

from pixee_simulators.shopify.context import Context

ARRAY_MAX = 250
LONG_ARRAYS = {"variants": 2_048, "values": 2_048, "inventoryQuantities": 50_000}
"""Arrays with a limit of their own; where productSet has a user error for it, one more passes here."""
REQUIRED_SCOPES = {
    "collection": "read_products",
    "collectionCreate": "write_products",
    "collections": "read_products",
    "inventoryActivate": "write_inventory",
    "inventoryItem": "read_inventory",
    "inventoryItemUpdate": "write_inventory",
    "inventoryItems": "read_inventory",
    "inventorySetQuantities": "write_inventory",
    "location": "read_locations",
    "locations": "read_locations",
    "metafieldDefinitionCreate": "write_products",
    "metafieldsSet": "write_products",
    "priceList": "read_products",
    "priceListFixedPricesAdd": "write_products",
    "product": "read_products",
    "productByIdentifier": "read_products",
    "productDelete": "write_products",
    "productOperation": "read_products",
    "productSet": "write_products",
    "productUpdate": "write_products",
    "productVariant": "read_products",
    "productVariants": "read_products",
    "productVariantsBulkCreate": "write_products",
    "productVariantsBulkDelete": "write_products",
    "productVariantsBulkUpdate": "write_products",
    "products": "read_products",
    "publications": "read_publications",
    "publishablePublish": "write_publications",
    "publishableUnpublish": "write_publications",
    "productsCount": "read_products",
    "shopLocales": "read_locales",
    "translatableResource": "read_translations",
    "translatableResources": "read_translations",
    "translatableResourcesByIds": "read_translations",
    "translationsRegister": "write_translations",
    "translationsRemove": "write_translations",
}


def check_scope(context: Context, field: str) -> None:
    """Raises the platform's ACCESS_DENIED. `write_x` implies `read_x`."""
    scope = REQUIRED_SCOPES.get(field)
    if scope is None or scope in context.scopes or scope.replace("read_", "write_", 1) in context.scopes:
        return
    required = f"`{scope}` access scope."
    raise GraphQLError(
        f"Access denied for {field} field. Required access: {required}",
        extensions={
            "code": "ACCESS_DENIED",
            "documentation": "https://shopify.dev/api/usage/access-scopes",
            "requiredAccess": required,
        },
    )


def check_health(context: Context) -> None:
    """Raises the platform's own failure for a request that is meant to break."""
    if context.fails:
        raise internal_error()


def internal_error(path: list[str | int] | None = None) -> GraphQLError:
    """INTERNAL_SERVER_ERROR with a request id to quote."""
    number = uuid.uuid4()
    return GraphQLError(
        f"Internal error. Looks like something went wrong on our end.\nRequest ID: {number}",
        path=path,
        extensions={"code": "INTERNAL_SERVER_ERROR", "requestId": str(number)},
    )


def check_sizes(value: Any, path: list[str], allowed: int = ARRAY_MAX) -> None:
    """Raises the input-size error for the first array that is too long."""
    if isinstance(value, list):
        if len(value) > allowed:
            raise GraphQLError(
                f"The input array size of {len(value)} is greater than the maximum allowed of {allowed}.",
                extensions={"code": "MAX_INPUT_SIZE_EXCEEDED", "argument": ".".join(path)},
            )
        for index, one in enumerate(value):
            if isinstance(one, dict):
                check_sizes(one, [*path, str(index)])
    elif isinstance(value, dict):
        for name, one in value.items():
            if isinstance(one, list | dict):
                check_sizes(one, [*path, name], LONG_ARRAYS.get(name, ARRAY_MAX - 1) + 1)


def check_quantities(given: dict[str, Any]) -> None:
    """`changeFromQuantity` must be said, even as null: an omission fails before anything else."""
    for one in given["quantities"]:
        if "changeFromQuantity" not in one:
            raise GraphQLError(
                "InventoryQuantityInput must include the following argument: changeFromQuantity.",
                extensions={"code": "INVALID_FIELD_ARGUMENTS"},
            )


def idempotency_key(info: GraphQLResolveInfo[Any]) -> str:
    """The key of the field's `@idempotent`; raises BAD_REQUEST when there is none."""
    for directive in info.field_nodes[0].directives or ():
        if directive.name.value == "idempotent":
            for argument in directive.arguments or ():
                if argument.name.value == "key":
                    key = value_from_ast_untyped(argument.value, info.variable_values.coerced)
                    if isinstance(key, str) and key.strip():
                        return key
    raise GraphQLError(
        "The @idempotent directive is required for this mutation but was not provided.",
        extensions={"code": "BAD_REQUEST"},
    )
