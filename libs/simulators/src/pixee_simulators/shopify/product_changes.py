"""The narrower writes: delete, update, and variants of one product in bulk."""

from typing import Any

from pixee_simulators.shopify import metafields, options, stock, variants
from pixee_simulators.shopify.context import Context
from pixee_simulators.shopify.gids import number_of
from pixee_simulators.shopify.planted import planted
from pixee_simulators.shopify.product_set import write_texts
from pixee_simulators.shopify.records import Product, UserError, Variant

Given = dict[str, Any]


def delete(context: Context, product_gid: str) -> UserError | None:
    """productDelete; the variants and their items go with it."""
    product = context.store.products.get(number_of(product_gid, "Product") or 0)
    if product is None:
        return UserError(None, ["id"], "Product does not exist")
    context.store.unindex(product)
    context.work.commit("product", "deleted")
    return None


def update(context: Context, given: Given) -> tuple[Product | None, list[UserError]]:
    """productUpdate: no variants, no options; metafields are added to what is there."""
    store = context.store
    product = store.products.get(number_of(given.get("id") or "", "Product") or 0)
    if product is None:
        return None, [UserError(None, ["id"], "Product does not exist")]
    errors = []
    if "title" in given and not (given["title"] or "").strip():
        errors.append(UserError(None, ["title"], "Title can't be blank"))
    owner = store.by_handle.get(given["handle"]) if given.get("handle") else None
    if owner is not None and owner != product.id:
        errors.append(UserError(None, ["handle"], f"Handle '{given['handle']}' already in use"))
    for index, one in enumerate(given.get("metafields") or ()):
        fault = metafields.fault_of(context, "PRODUCT", product, one)
        if fault is not None:
            errors.append(UserError(None, ["metafields", str(index), fault.field], fault.message))
    joined = [number_of(one, "Collection") or 0 for one in given.get("collectionsToJoin") or ()]
    if any(number not in store.collections for number in joined):
        errors.append(UserError(None, ["collectionsToJoin"], "Collection does not exist"))
    if errors:
        return None, errors
    store.unindex(product)
    write_texts(product, given)
    if given.get("metafields") is not None:
        product.metafields = metafields.written(context, "PRODUCT", product, given["metafields"], replace=False)
    left = {number_of(one, "Collection") for one in given.get("collectionsToLeave") or ()}
    product.collections = [one for one in dict.fromkeys([*product.collections, *joined]) if one not in left]
    store.index(product)
    store.changed(product, context.second)
    context.work.commit("product", "updated")
    return product, []


def bulk_update(
    context: Context, product_gid: str, listed: list[Given], *, partial: bool
) -> tuple[Product | None, list[Variant] | None, list[UserError]]:
    """productVariantsBulkUpdate: with `partial` the faultless entries are written, otherwise all or none."""
    product = context.store.products.get(number_of(product_gid, "Product") or 0)
    if product is None:
        return None, None, [UserError("PRODUCT_DOES_NOT_EXIST", ["productId"], "Product does not exist")]
    errors: list[UserError] = []
    good: list[tuple[Variant, Given]] = []
    own = {variant.id: variant for variant in product.variants}
    for index, given in enumerate(listed):
        found = _update_faults(context, own, given, ["variants", str(index)])
        errors += found
        if not found:
            good.append((own[number_of(given["id"], "ProductVariant") or 0], given))
    if (errors and not partial) or not good:
        return product, None, errors
    context.store.unindex(product)
    for variant, given in good:
        variants.write(context, variant, given, replace_metafields=False)
        if given.get("optionValues") is not None:
            variant.values, _ = options.chosen(product.options, given["optionValues"], [])
    context.store.index(product)
    context.store.changed(product, context.second)
    context.work.commit("variant", "updated", len(good))
    return product, [variant for variant, _ in good], errors


def _update_faults(context: Context, own: dict[int, Variant], given: Given, path: list[str]) -> list[UserError]:
    if given.get("id") is None:
        return [UserError("PRODUCT_VARIANT_ID_MISSING", [*path, "id"], "Product variant is missing ID attribute")]
    variant = own.get(number_of(given["id"], "ProductVariant") or 0)
    if variant is None:
        return [UserError("PRODUCT_VARIANT_DOES_NOT_EXIST", [*path, "id"], "Product variant does not exist")]
    if given.get("inventoryQuantities"):
        message = (
            "Inventory quantities can only be provided during create. To update inventory, use inventorySetQuantities"
        )
        code = "NO_INVENTORY_QUANTITIES_ON_VARIANTS_UPDATE"
        return [UserError(code, [*path, "inventoryQuantities"], message)]
    names = {given["id"], variant.sku or ""}
    if wrong := planted(context, "productVariantsBulkUpdate", names):
        return [UserError(wrong.code, wrong.path or path, wrong.message)]
    errors = variants.faults(context, variant, given, path)
    if given.get("optionValues") is not None:
        product = context.store.products[variant.product_id]
        _, wrong = options.chosen(product.options, given["optionValues"], [*path, "optionValues"])
        errors += [wrong] if wrong is not None else []
    codes = {
        "NEGATIVE_PRICE": "NEGATIVE_PRICE_VALUE",
        "INVALID_VARIANT": "INVALID_INPUT",
        "INVALID_METAFIELD": "INVALID_VALUE",
    }
    return [UserError(codes.get(error.code or "", error.code), error.path, error.message) for error in errors]


def bulk_create(
    context: Context, product_gid: str, listed: list[Given], strategy: str
) -> tuple[Product | None, list[Variant] | None, list[UserError]]:
    """productVariantsBulkCreate: unknown option values are added to their options; all or none."""
    product = context.store.products.get(number_of(product_gid, "Product") or 0)
    if product is None:
        return None, None, [UserError("PRODUCT_DOES_NOT_EXIST", ["productId"], "Product does not exist")]
    errors: list[UserError] = []
    taken = {tuple(variant.values) for variant in product.variants}
    before = [list(option.values) for option in product.options]
    chosen: list[list[int]] = []
    for index, given in enumerate(listed):
        path = ["variants", str(index)]
        errors += _create_faults(context, given, path)
        _add_values(context, product, given)
        values, wrong = options.chosen(product.options, given.get("optionValues") or [], [*path, "optionValues"])
        if wrong is not None:
            errors.append(UserError("NEED_TO_ADD_OPTION_VALUES", wrong.path, wrong.message))
        elif tuple(values) in taken:
            errors.append(UserError("VARIANT_ALREADY_EXISTS", path, "The variant already exists."))
        taken.add(tuple(values))
        chosen.append(values)
    if errors:
        for option, values_before in zip(product.options, before, strict=True):
            option.values = values_before
        return product, None, errors
    context.store.unindex(product)
    if strategy == "REMOVE_STANDALONE_VARIANT" and len(product.variants) == 1:
        product.variants = []
    made = []
    for given, values in zip(listed, chosen, strict=True):
        variant = variants.new_variant(context, product.id, values)
        variants.write(context, variant, given, replace_metafields=False)
        variant.position = len(product.variants) + 1
        product.variants.append(variant)
        made.append(variant)
    context.store.index(product)
    _stock_new(context, made, listed)
    context.store.changed(product, context.second)
    context.work.commit("variant", "created", len(made))
    return product, made, []


def _stock_new(context: Context, made: list[Variant], listed: list[Given]) -> None:
    for variant, given in zip(made, listed, strict=True):
        for one in given.get("inventoryQuantities") or ():
            level = stock.level_at(context, variant.item, number_of(one["locationId"], "Location") or 0, active=True)
            stock.put(context, variant.item, level, "available", one["availableQuantity"])


def _create_faults(context: Context, given: Given, path: list[str]) -> list[UserError]:
    errors = []
    if given.get("id") is not None:
        errors.append(UserError("NO_KEY_ON_CREATE", [*path, "id"], "A variant to be created has no id"))
    for index, one in enumerate(given.get("inventoryQuantities") or ()):
        if number_of(one["locationId"], "Location") not in context.store.locations:
            at = [*path, "inventoryQuantities", str(index), "locationId"]
            errors.append(UserError("TRACKED_VARIANT_LOCATION_NOT_FOUND", at, "Location does not exist"))
    for error in variants.faults(context, None, given, path):
        code = "NEGATIVE_PRICE_VALUE" if error.code == "NEGATIVE_PRICE" else "INVALID_INPUT"
        errors.append(UserError(code, error.path, error.message))
    return errors


def _add_values(context: Context, product: Product, given: Given) -> None:
    from_names = {option.name: option for option in product.options}
    for one in given.get("optionValues") or ():
        option = from_names.get(one.get("optionName") or "")
        name = one.get("name")
        if option is not None and name and name not in {value.name for value in option.values}:
            option.values.append(type(option.values[0])(context.store.new_id(), name))


def bulk_delete(context: Context, product_gid: str, listed: list[str]) -> tuple[Product | None, list[UserError]]:
    """productVariantsBulkDelete: never the last variant; all or none."""
    product = context.store.products.get(number_of(product_gid, "Product") or 0)
    if product is None:
        return None, [UserError("PRODUCT_DOES_NOT_EXIST", ["productId"], "Product does not exist")]
    own = {variant.id for variant in product.variants}
    gone = {number_of(one, "ProductVariant") or 0 for one in listed}
    foreign = [index for index, one in enumerate(listed) if number_of(one, "ProductVariant") not in own]
    if foreign:
        code = "AT_LEAST_ONE_VARIANT_DOES_NOT_BELONG_TO_THE_PRODUCT"
        message = "At least one variant does not belong to the product"
        return product, [UserError(code, ["variantsIds", str(foreign[0])], message)]
    if gone >= own:
        return product, [UserError("CANNOT_DELETE_LAST_VARIANT", ["variantsIds"], "Cannot delete the last variant")]
    context.store.unindex(product)
    product.variants = [variant for variant in product.variants if variant.id not in gone]
    context.store.index(product)
    context.store.changed(product, context.second)
    context.work.commit("variant", "deleted", len(gone))
    return product, []
