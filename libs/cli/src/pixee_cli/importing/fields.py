"""Our fields and the columns that carry them: automatic where a column's name is known, else by `--map field=column`."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pixee_cli.importing.problems import FileUnusable

FIELDS: dict[str, str] = {
    "key": "the product's own key, stable over time (default: the SKU)",
    "sku": "SKU of the variant; needed",
    "name": "title",
    "description": "long text, plain: becomes an HTML paragraph",
    "description_html": "long text, HTML as it is",
    "short_description": "short text",
    "seo_title": "title for search engines",
    "seo_description": "text for search engines",
    "brand": "brand; the first of several",
    "categories": "several with `,` `;` or `|`; levels of one with `>`",
    "tags": "several with `,` or `|`",
    "status": "active, draft or archived",
    "product_type": "product type",
    "tax_class": "tax class",
    "condition": "new, used or refurbished",
    "url": "the product's page",
    "image": "address of a picture; several with `|` or a space",
    "ean": "EAN, UPC or GTIN",
    "price": "base price, with a dot or comma for cents",
    "compare_at_price": "price before",
    "cost": "what it costs you",
    "currency": "ISO 4217 code of the row's prices",
    "stock": "pieces, a whole number",
    "weight": "weight, in --weight-unit",
}
"""Name → meaning. Beside them: `attribute:<name>` (several values with `|`) and `option:<name>`."""

_DYNAMIC = re.compile(r"(attribute|option):(.+)")

_KNOWN_AS: dict[str, tuple[str, ...]] = {
    "key": ("key", "product_key", "handle", "parent_sku"),
    "sku": ("sku", "variant_sku", "article_number", "artikelnummer", "reference"),
    "name": ("name", "title", "product_name", "product_title", "names"),
    "description": ("description", "long_description", "ingredients_text"),
    "description_html": ("description_html", "body_html", "body_(html)", "body"),
    "short_description": ("short_description", "generic_name", "summary"),
    "seo_title": ("seo_title", "meta_title"),
    "seo_description": ("seo_description", "meta_description"),
    "brand": ("brand", "brands", "vendor", "manufacturer"),
    "categories": ("categories", "category", "categories_en"),
    "tags": ("tags",),
    "status": ("status",),
    "product_type": ("product_type", "type"),
    "tax_class": ("tax_class",),
    "condition": ("condition",),
    "url": ("url", "link"),
    "image": ("image", "images", "image_url", "image_src", "picture"),
    "ean": ("ean", "gtin", "barcode", "upc", "ean13", "gtin13"),
    "price": ("price", "base_price", "regular_price"),
    "compare_at_price": ("compare_at_price", "was_price"),
    "cost": ("cost", "purchase_price"),
    "currency": ("currency", "currency_code"),
    "stock": ("stock", "quantity_in_stock", "stock_quantity", "inventory", "qty"),
    "weight": ("weight",),
}

_OPEN_FOOD_FACTS = {
    "key": "code",
    "sku": "code",
    "ean": "code",
    "attribute:quantity": "quantity",
    "attribute:nutriscore_grade": "nutriscore_grade",
}
"""Of https://wiki.openfoodfacts.org: `code` is the article's only key there, and `quantity` is a net content, never a stock."""


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """Which column each of our fields is read from. `unused` columns carry nothing of ours."""

    columns: Mapping[str, str]
    unused: tuple[str, ...]

    def named(self, kind: str) -> dict[str, str]:
        """`attribute` or `option` → column, in the order of the file."""
        return {
            field.partition(":")[2]: column for field, column in self.columns.items() if field.startswith(kind + ":")
        }


def _plain(column: str) -> str:
    return re.sub(r"[\s\-]+", "_", column.strip().lower())


def parse_map(given: Iterable[str]) -> dict[str, str]:
    """`field=column` pairs; an empty column takes a field out of the automatic mapping.

    Raises:
        FileUnusable: not of that form, or no field of ours.
    """
    wanted: dict[str, str] = {}
    for one in given:
        field, found, column = one.partition("=")
        field = field.strip()
        if not found:
            raise FileUnusable(f"--map {one}: write it as field=column, for example --map sku=Artikelnummer")
        if field not in FIELDS and not _DYNAMIC.fullmatch(field):
            raise FileUnusable(
                f"--map {one}: there is no field '{field}'. Fields: {', '.join(FIELDS)}, attribute:<name>, option:<name>"
            )
        if field in wanted:
            raise FileUnusable(f"--map names the field '{field}' twice")
        wanted[field] = column.strip()
    return wanted


def map_columns(header: Sequence[str], wanted: Mapping[str, str]) -> ColumnMap:
    """The mapping for a file with these columns; what is wanted goes before what is known.

    Raises:
        FileUnusable: a wanted column is not there, or no column gives the SKU.
    """
    missing = sorted({column for column in wanted.values() if column and column not in header})
    if missing:
        raise FileUnusable(f"the file has no column {', '.join(map(repr, missing))}. It has: {', '.join(header)}")
    columns = {field: column for field, column in _automatic(header).items() if field not in wanted}
    columns |= {field: column for field, column in wanted.items() if column}
    if "sku" not in columns:
        raise FileUnusable(
            f"no column gives the SKU: name it with --map sku=<column>. The file has: {', '.join(header) or 'no columns'}"
        )
    used = set(columns.values())
    return ColumnMap(columns, tuple(column for column in header if column not in used))


def _automatic(header: Sequence[str]) -> dict[str, str]:
    by_plain = {_plain(column): column for column in reversed(header)}
    found: dict[str, str] = {}
    if {"code", "product_name"} <= by_plain.keys():
        found = {field: by_plain[column] for field, column in _OPEN_FOOD_FACTS.items() if column in by_plain}
    for field, names in _KNOWN_AS.items():
        for name in names:
            if field not in found and name in by_plain:
                found[field] = by_plain[name]
    for column in header:
        if _DYNAMIC.fullmatch(column.strip()):
            found[column.strip()] = column
    return found
