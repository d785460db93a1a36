"""productSet: one whole product, created or replaced.

Everything is planned and checked first; only an input without errors changes the shop. A list that is present replaces
what was there (variants not listed are deleted), a list that is absent stays untouched.
"""

import re
from typing import Any

from pixee_simulators.shopify import media, metafields, options, publications, stock, variants
from pixee_simulators.shopify.context import Context
from pixee_simulators.shopify.gids import number_of
from pixee_simulators.shopify.planted import planted
from pixee_simulators.shopify.product_identity import identified
from pixee_simulators.shopify.records import Option, Product, UserError, Variant
from pixee_simulators.shopify.store import slug

Given = dict[str, Any]
VARIANTS_MAX = 2048
QUANTITIES_MAX = 50_000
_CATEGORY = re.compile(r"gid://shopify/TaxonomyCategory/[\w-]+")
_TEXTS = {
    "title": "title",
    "descriptionHtml": "description_html",
    "vendor": "vendor",
    "productType": "product_type",
    "status": "status",
}


def product_set(context: Context, identifier: Given | None, given: Given) -> tuple[Product | None, list[UserError]]:
    """Do it. Returns the product, or the errors and nothing done."""
    product, wrong = identified(context, identifier, given)
    if wrong is not None:
        return None, [wrong]
    plan = _Plan(context, product, given)
    errors = plan.errors()
    if errors:
        return None, errors
    return plan.commit(), []


class _Plan:
    def __init__(self, context: Context, product: Product | None, given: Given) -> None:
        self._context = context
        self._product = product
        self._given = given
        self._options: list[Option] = []
        self._values: list[list[int]] = []
        self._existing: list[Variant | None] = []

    def errors(self) -> list[UserError]:
        if found := planted(self._context, "productSet", _names(self._given)):
            return [found]
        return self._text_errors() + self._list_errors() + self._variant_errors()

    def _text_errors(self) -> list[UserError]:
        given, errors = self._given, []
        if (self._product is None or "title" in given) and not (given.get("title") or "").strip():
            errors.append(UserError("INVALID_PRODUCT", ["input", "title"], "Title can't be blank"))
        if len(given.get("title") or "") > variants.TEXT_MAX:
            message = f"Title is too long (maximum is {variants.TEXT_MAX} characters)"
            errors.append(UserError("INVALID_PRODUCT", ["input", "title"], message))
        if any(len(tag) > variants.TEXT_MAX for tag in given.get("tags") or ()):
            errors.append(UserError("INVALID_PRODUCT", ["input", "tags"], "Tag is too long"))
        category = given.get("category")
        if category is not None and not _CATEGORY.fullmatch(category):
            errors.append(UserError("INVALID_INPUT", ["input", "category"], "Category does not exist"))
        handle = given.get("handle")
        owner = self._context.store.by_handle.get(handle) if handle else None
        if owner is not None and (self._product is None or owner != self._product.id):
            message = f"Handle '{handle}' already in use. Please provide a new handle."
            errors.append(UserError("HANDLE_NOT_UNIQUE", ["input", "handle"], message))
        return errors

    def _list_errors(self) -> list[UserError]:
        context, given, errors = self._context, self._given, []
        for index, one in enumerate(given.get("metafields") or ()):
            fault = metafields.fault_of(context, "PRODUCT", self._product, one)
            if fault is not None:
                code = fault.code if fault.code == "CAPABILITY_VIOLATION" else "INVALID_METAFIELD"
                errors.append(UserError(code, ["input", "metafields", str(index), fault.field], fault.message))
        for index, one in enumerate(given.get("collections") or ()):
            if number_of(one, "Collection") not in context.store.collections:
                path = ["input", "collections", str(index)]
                errors.append(UserError("NOT_FOUND", path, "Collection does not exist"))
        return errors + media.errors_in(context, given.get("files") or [], ["input", "files"])

    def _variant_errors(self) -> list[UserError]:
        listed, asked = self._given.get("variants"), self._given.get("productOptions")
        if listed is None and asked is None:
            return []
        if asked is None:
            message = "Must specify product options when updating variants"
            return [UserError("PRODUCT_OPTIONS_INPUT_MISSING", ["input", "productOptions"], message)]
        if listed is None:
            message = "Must specify variants when updating options"
            return [UserError("VARIANTS_INPUT_MISSING", ["input", "variants"], message)]
        if len(listed) > VARIANTS_MAX:
            message = f"Number of product variants exceeds {VARIANTS_MAX}"
            return [UserError("VARIANTS_OVER_LIMIT", ["input", "variants"], message)]
        if sum(len(one.get("inventoryQuantities") or ()) for one in listed) > QUANTITIES_MAX:
            message = f"Inventory quantity input exceeds the limit of {QUANTITIES_MAX}"
            return [UserError("INVENTORY_QUANTITIES_LIMIT_EXCEEDED", ["input", "variants"], message)]
        if not listed:
            return [UserError("INVALID_PRODUCT", ["input", "variants"], "A product needs a variant")]
        self._options, errors = options.planned(self._context, self._product, asked)
        return errors or self._matched(listed)

    def _matched(self, listed: list[Given]) -> list[UserError]:
        """Find the existing variant of each entry: by id, otherwise by option values."""
        errors: list[UserError] = []
        old = list(self._product.variants) if self._product is not None else []
        by_id = {variant.id: variant for variant in old}
        by_values = {self._old_values(variant): variant for variant in old}
        seen: set[tuple[int, ...]] = set()
        for index, given in enumerate(listed):
            path = ["input", "variants", str(index)]
            values, wrong = options.chosen(self._options, given["optionValues"], [*path, "optionValues"])
            existing = by_id.get(number_of(given["id"], "ProductVariant") or 0) if given.get("id") else None
            if given.get("id") and existing is None:
                wrong = UserError("PRODUCT_VARIANT_DOES_NOT_EXIST", [*path, "id"], "Product variant does not exist")
            elif existing is None:
                existing = by_values.get(tuple(values))
            if wrong is None and tuple(values) in seen:
                wrong = UserError("INVALID_VARIANT", path, f"The variant '{self._title(values)}' already exists.")
            seen.add(tuple(values))
            errors += [wrong] if wrong is not None else []
            errors += self._one_variant(existing, given, path)
            self._values.append(values)
            self._existing.append(existing)
        return errors

    def _one_variant(self, existing: Variant | None, given: Given, path: list[str]) -> list[UserError]:
        errors = variants.faults(self._context, existing, given, path)
        for error in errors:
            error.code = "INVALID_VARIANT" if error.code == "NEGATIVE_PRICE" else error.code
        for index, one in enumerate(given.get("inventoryQuantities") or ()):
            at = [*path, "inventoryQuantities", str(index)]
            if number_of(one["locationId"], "Location") not in self._context.store.locations:
                errors.append(UserError("NOT_FOUND", [*at, "locationId"], "Location does not exist"))
            if one["name"] not in {"available", "on_hand"}:
                errors.append(UserError("INVALID_INPUT", [*at, "name"], "Name must be available or on_hand"))
        file = given.get("file")
        if file is not None and media.key(file) not in {media.key(one) for one in self._given.get("files") or ()}:
            message = "A variant's file must be one of the product's files"
            errors.append(UserError("INVALID_INPUT", [*path, "file"], message))
        return errors

    def _old_values(self, variant: Variant) -> tuple[int, ...]:
        """The variant's value ids in the order of the planned options."""
        if self._product is None:
            return ()
        have = {option.id: value for option, value in zip(self._product.options, variant.values, strict=True)}
        return tuple(have.get(option.id, 0) for option in self._options)

    def _title(self, values: list[int]) -> str:
        names = {value.id: value.name for option in self._options for value in option.values}
        return " / ".join(names[value] for value in values)

    def commit(self) -> Product:
        context, given = self._context, self._given
        product = self._product
        created = product is None
        if product is None:
            product = _new_product(context, given)
        else:
            context.store.unindex(product)
        write_texts(product, given)
        files = media.attach(context, given["files"]) if given.get("files") is not None else None
        if files is not None:
            product.media = list(files.values())
        if given.get("metafields") is not None:
            product.metafields = metafields.written(context, "PRODUCT", product, given["metafields"], replace=True)
        if given.get("collections") is not None:
            product.collections = [number_of(one, "Collection") or 0 for one in given["collections"]]
        if self._options:
            self._write_variants(product, files or {})
        context.store.index(product)
        self._write_stock(product)
        context.store.changed(product, context.second)
        context.work.commit("product", "created" if created else "updated")
        return product

    def _write_variants(self, product: Product, files: dict[str, int]) -> None:
        product.options = self._options
        listed = []
        for position, given in enumerate(self._given["variants"]):
            variant = self._existing[position] or variants.new_variant(
                self._context, product.id, self._values[position]
            )
            variant.values = self._values[position]
            variants.write(self._context, variant, given, replace_metafields=True)
            if given.get("file") is not None:
                variant.media_id = files[media.key(given["file"])]
            listed.append((given.get("position") or position + 1, position, variant))
        product.variants = [variant for _, _, variant in sorted(listed, key=lambda entry: entry[:2])]
        for position, variant in enumerate(product.variants):
            variant.position = position + 1

    def _write_stock(self, product: Product) -> None:
        by_values = {tuple(variant.values): variant for variant in product.variants}
        for position, given in enumerate(self._given.get("variants") or ()):
            item = by_values[tuple(self._values[position])].item
            for one in given.get("inventoryQuantities") or ():
                level = stock.level_at(self._context, item, number_of(one["locationId"], "Location") or 0, active=True)
                level.active = True
                stock.put(self._context, item, level, one["name"], one["quantity"])


def _new_product(context: Context, given: Given) -> Product:
    number = context.store.new_id()
    option = options.default_option(context)
    return Product(
        id=number,
        handle=given.get("handle") or context.store.free_handle(slug(given["title"])),
        title="",
        description_html="",
        vendor=str(context.settings.get("name", "")),
        product_type="",
        status="ACTIVE",
        category=None,
        template_suffix=None,
        seo_title=None,
        seo_description=None,
        created_at=context.second,
        updated_at=context.second,
        options=[option],
        variants=[variants.new_variant(context, number, [option.values[0].id])],
        publications=publications.automatic(context),
    )


def write_texts(product: Product, given: Given) -> None:
    """The fields that productSet and productUpdate share; only what is present changes."""
    for name, attribute in _TEXTS.items():
        if given.get(name) is not None:
            setattr(product, attribute, given[name])
    if given.get("handle"):
        product.handle = given["handle"]
    if "category" in given:
        product.category = given["category"]
    if "templateSuffix" in given:
        product.template_suffix = given["templateSuffix"]
    if given.get("tags") is not None:
        product.tags = sorted(set(given["tags"]), key=str.lower)
    seo = given.get("seo")
    if seo is not None:
        product.seo_title = seo.get("title", product.seo_title)
        product.seo_description = seo.get("description", product.seo_description)


def _names(given: Given) -> set[str]:
    """By what a planted error may name this product: handle, title, SKUs, metafield values."""
    names = {given.get("handle"), given.get("title")}
    names |= {one.get("sku") for one in given.get("variants") or ()}
    names |= {one.get("value") for one in given.get("metafields") or ()}
    return {name for name in names if name}
