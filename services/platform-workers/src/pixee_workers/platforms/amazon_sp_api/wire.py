"""Amazon's words: attribute names, elements with their selectors, and the calls that a submission or a file is made of.

Every attribute is an array of elements; an element is told from its siblings by its selectors (sheet, "Push products").
"""

from collections.abc import Mapping
from typing import Any, TypedDict

from pixee_common.domain.product import Condition
from pixee_workers.platforms.amazon_sp_api.manifest import LIST_PRICE, OFFER, STOCK

Element = dict[str, Any]
Attributes = dict[str, list[Element]]

OUR_CHANNEL = "DEFAULT"
"""Merchant fulfilled. Whatever begins with `AMAZON` is Amazon's own warehouse, which nobody may write."""
AMAZONS_CHANNEL = "AMAZON"

ANY_TYPE = "PRODUCT"
"""The product type for changes of offer and stock where the listing's own is not known (sheet, "Pitfalls")."""

LISTING = "LISTING"
PRODUCT_ONLY = "LISTING_PRODUCT_ONLY"
OFFER_ONLY = "LISTING_OFFER_ONLY"

TITLE = "item_name"
HIGHLIGHTS = "title_differentiation"
EAN = "externally_assigned_product_identifier"
ASIN = "merchant_suggested_asin"
EXEMPTION = "supplier_declared_has_product_identifier_exemption"
PARENTAGE = "parentage_level"
PARENT_LINK = "child_parent_sku_relationship"
THEME = "variation_theme"
IMAGES = ("main_product_image_locator", *(f"other_product_image_locator_{n}" for n in range(1, 9)))

RELATIONSHIPS = frozenset({PARENTAGE, PARENT_LINK, THEME})
"""Sent only where they change: they have a much lower limit of their own and slow feeds down."""
SALES = frozenset({OFFER, STOCK, LIST_PRICE})
NOT_OF_PARENTS = frozenset({EAN, EXEMPTION, ASIN, *SALES})

CONDITIONS: Mapping[Condition, str] = {
    Condition.NEW: "new_new",
    Condition.USED: "used_good",
    Condition.REFURBISHED: "refurbished_refurbished",
}

IDENTIFIER_KINDS = {8: "ean", 12: "upc", 13: "ean", 14: "gtin"}
"""What Amazon calls an EAN by its length."""


class Call(TypedDict, total=False):
    """One listing's change, for a call of its own or for a message of a file. `method`: PUT, PATCH or DELETE."""

    sku: str
    method: str
    product_type: str
    requirements: str
    attributes: Attributes
    patches: list[Element]


def patch(op: str, name: str, value: list[Element] | None) -> Element:
    """A patch of one top-level attribute; nested pointers are not supported."""
    made: Element = {"op": op, "path": f"/attributes/{name}"}
    return made if value is None else made | {"value": value}


def pieces(quantity: int) -> list[Element]:
    """A quantity in our own channel; never below none."""
    return [{"fulfillment_channel_code": OUR_CHANNEL, "quantity": max(0, quantity)}]


def schedule(amount: str) -> list[Element]:
    """A price as offers have it.

    Amazon demands a JSON number (strings cause issue 4000000). An amount of ours has at most 13 digits and a float keeps 15, so it
    is written as it was: 19.99, never 19.989999.
    """
    return [{"schedule": [{"value_with_tax": float(amount)}]}]


def is_amazons(channels: list[Element]) -> bool:
    """Whether Amazon's warehouse fulfils a listing, by its `fulfillmentAvailability`."""
    return any(str(one.get("fulfillmentChannelCode", "")).startswith(AMAZONS_CHANNEL) for one in channels)
