"""WooCommerce's own words: paths, the documents that go out and come in, and the names of the settings.

Everything the rest of the folder knows of the wire format stands here. Source: the sheet, and the OPTIONS documents of a live
WooCommerce 11.0.1 (`../shared/specs/woocommerce`).
"""

import html
from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

API = "/wp-json/wc/v3"

PRODUCTS = "/products"
PRODUCTS_BATCH = "/products/batch"
CATEGORIES = "/products/categories"
BRANDS = "/products/brands"
TAGS = "/products/tags"
ATTRIBUTES = "/products/attributes"
CURRENCY = "/data/currencies/current"
TAX_CLASSES = "/taxes/classes"

MOST_IN_A_BATCH = 100
"""create + update + delete together; a host may set it lower (413 answers that)."""

PER_PAGE = 100

KEY_META = "_pixee_id"
"""The meta row that carries our product key, on products and on variations."""


def variations(product_id: str) -> str:
    """The variations of one product."""
    return f"/products/{product_id}/variations"


def variations_batch(product_id: str) -> str:
    """The batch of one product's variations; there is none across products."""
    return f"/products/{product_id}/variations/batch"


def terms(attribute_id: int) -> str:
    """The terms of a global attribute."""
    return f"/products/attributes/{attribute_id}/terms"


Document = dict[str, Any]
"""A product or variation as it is sent: the one place of this folder where a value's type is the platform's affair."""


class ImageWords(TypedDict):
    """A picture by its address at the PIM."""

    src: str
    alt: str


class OptionWords(TypedDict):
    """An option or attribute by name."""

    name: str
    values: list[str]


class VariationWords(TypedDict):
    """One variation's content, without any id of the shop."""

    document: Document
    options: dict[str, str]
    image: ImageWords | None


class ProductWords(TypedDict):
    """A product's content, without any id of the shop: what `mapped` answers and the hash is taken over."""

    document: Document
    categories: list[list[str]]
    brand: str | None
    tags: list[str]
    images: list[ImageWords]
    options: list[OptionWords]
    attributes: list[OptionWords]
    variations: list[VariationWords]


class MetaRow(TypedDict):
    key: str
    value: object


class NamedRow(TypedDict, total=False):
    """A category, brand, tag or attribute."""

    id: int
    name: str
    parent: int


class ImageRow(TypedDict, total=False):
    id: int
    src: str


class AttributeRow(TypedDict, total=False):
    """Of a product (`options`) or of a variation (`option`)."""

    id: int
    name: str
    variation: bool
    options: list[str]
    option: str


class ProductRow(TypedDict, total=False):
    """A product or variation as the shop sends it; `_fields` decides what is there."""

    id: int
    parent_id: int
    type: str
    status: str
    name: str
    description: str
    sku: str
    global_unique_id: str
    regular_price: str
    sale_price: str
    price: str
    on_sale: bool
    manage_stock: bool | str
    stock_quantity: int | None
    date_modified_gmt: str | None
    images: list[ImageRow]
    image: ImageRow | None
    attributes: list[AttributeRow]
    categories: list[NamedRow]
    brands: list[NamedRow]
    meta_data: list[MetaRow]
    variations: list[int]
    error: Mapping[str, Any]


def text(value: object) -> str:
    """A text of the shop with its HTML entities resolved (names and error messages carry `&amp;`)."""
    return html.unescape(value) if isinstance(value, str) else ""


def key_of(meta: Sequence[MetaRow] | None) -> str | None:
    """Our product key, where the row carries one."""
    for row in meta or ():
        if row.get("key") == KEY_META and isinstance(row.get("value"), str) and row["value"]:
            return str(row["value"])
    return None
