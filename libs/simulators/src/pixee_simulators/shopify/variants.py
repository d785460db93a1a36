"""What every mutation that writes a variant checks and sets."""

from typing import Any

from pixee_simulators.shopify import metafields, stock
from pixee_simulators.shopify.context import Context
from pixee_simulators.shopify.money import amount, printed
from pixee_simulators.shopify.records import Item, UserError, Variant

Given = dict[str, Any]
TEXT_MAX = 255


def faults(context: Context, variant: Variant | None, given: Given, path: list[str]) -> list[UserError]:
    """Prices, texts and metafields of one variant input. Codes are productSet's, but for NEGATIVE_PRICE, which each
    mutation names in its own way.
    """
    errors = []
    for name in ("price", "compareAtPrice"):
        if given.get(name) is None:
            if name in given and name == "price":
                errors.append(UserError("INVALID_VARIANT", [*path, name], "Price can't be blank"))
            continue
        number = amount(given[name])
        if number is None:
            errors.append(UserError("INVALID_VARIANT", [*path, name], f"{name} is not a number"))
        elif number < 0:
            errors.append(UserError("NEGATIVE_PRICE", [*path, name], f"{name} must be greater than or equal to 0"))
    errors += [
        UserError("INVALID_VARIANT", [*path, name], f"{name} is too long (maximum is {TEXT_MAX})")
        for name in ("sku", "barcode")
        if len(given.get(name) or "") > TEXT_MAX
    ]
    for index, one in enumerate(given.get("metafields") or ()):
        fault = metafields.fault_of(context, "PRODUCTVARIANT", variant, one)
        if fault is not None:
            at = [*path, "metafields", str(index), fault.field]
            errors.append(UserError("INVALID_METAFIELD", at, fault.message))
    return errors


def new_variant(context: Context, product_id: int, values: list[int]) -> Variant:
    number = context.store.new_id()
    return Variant(
        id=number,
        product_id=product_id,
        sku=None,
        barcode=None,
        price="0.00",
        compare_at_price=None,
        values=values,
        policy="DENY",
        taxable=True,
        position=1,
        media_id=None,
        item=stock.new_item(context, number),
        created_at=context.second,
        updated_at=context.second,
    )


def write(context: Context, variant: Variant, given: Given, *, replace_metafields: bool) -> None:
    """Set what is present in the input."""
    item = given.get("inventoryItem") or {}
    if "sku" in given or "sku" in item:
        variant.sku = given.get("sku", item.get("sku"))
    if "barcode" in given:
        variant.barcode = given["barcode"]
    if given.get("price") is not None:
        number = amount(given["price"])
        variant.price = printed(number) if number is not None else variant.price
    if "compareAtPrice" in given:
        number = amount(given["compareAtPrice"]) if given["compareAtPrice"] is not None else None
        variant.compare_at_price = printed(number) if number is not None else None
    if given.get("inventoryPolicy") is not None:
        variant.policy = given["inventoryPolicy"]
    if given.get("taxable") is not None:
        variant.taxable = given["taxable"]
    if given.get("metafields") is not None:
        variant.metafields = metafields.written(
            context, "PRODUCTVARIANT", variant, given["metafields"], replace=replace_metafields
        )
    variant.updated_at = context.second
    write_item(context, variant.item, item)


def write_item(context: Context, item: Item, given: Given) -> None:
    """Set what is present in an `InventoryItemInput` (the SKU is the variant's)."""
    if given.get("tracked") is not None:
        item.tracked = given["tracked"]
    if given.get("requiresShipping") is not None:
        item.requires_shipping = given["requiresShipping"]
    if "cost" in given:
        number = amount(given["cost"]) if given["cost"] is not None else None
        item.cost = printed(number) if number is not None else None
    weight = (given.get("measurement") or {}).get("weight")
    if weight is not None:
        item.weight, item.weight_unit = weight["value"], weight["unit"]
    item.updated_at = context.second
