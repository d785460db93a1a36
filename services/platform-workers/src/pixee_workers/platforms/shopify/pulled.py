"""A product of the shop in our words, whichever way it was read, and the filter by time of change. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pixee_workers.platforms.shopify.requests import contract_broken
from pixee_workers.platforms.shopify.stock import INVENTORY_ITEM
from pixee_workers.sync_base.items import PulledProduct, PulledVariant

_STATES = {"ACTIVE": "active", "UNLISTED": "active", "DRAFT": "draft", "ARCHIVED": "archived"}

Node = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Filter:
    """Products changed at `floor` (ISO 8601) or later. The platform answers everything when it does not know a search field."""

    floor: str

    @property
    def text(self) -> str:
        return f"updated_at:>='{self.floor}'"

    def check(self, product: PulledProduct) -> None:
        """Raises PlatformFault for a product that changed before."""
        if product.updated_at is None or product.updated_at < moment(self.floor):
            raise contract_broken("products changed before the time asked for: the filter was not understood")


def product_of(node: Node, variants: Sequence[Node], media: Sequence[Node], shop_name: str) -> PulledProduct:
    """`node`: the product's own fields."""
    # A product without options has the one option "Title", which nobody chose.
    options = tuple(one["name"] for one in node["options"])
    plain = len(variants) == 1 and _is_default(variants[0])
    return PulledProduct(
        external_id=node["id"],
        our_key=(node.get("ourKey") or {}).get("value"),
        title=node["title"],
        description=node["descriptionHtml"],
        # Shopify puts the shop's own name where nobody named a vendor.
        brand=node["vendor"] if node["vendor"] != shop_name else None,
        status=_STATES.get(node["status"], "draft"),
        updated_at=moment(node["updatedAt"]),
        variants=tuple(_variant(one, plain=plain) for one in variants),
        options=() if plain else options,
        images=tuple(one["image"]["url"] for one in media if (one.get("image") or {}).get("url")),
    )


def _variant(node: Node, *, plain: bool) -> PulledVariant:
    return PulledVariant(
        external_id=node["id"],
        sku=node["sku"] or None,
        ean=node["barcode"] or None,
        options={} if plain else {one["name"]: one["value"] for one in node["selectedOptions"]},
        price=node["price"],
        compare_at_price=node["compareAtPrice"],
        quantity=node["inventoryQuantity"],
        refs={INVENTORY_ITEM: node["inventoryItem"]["id"]},
    )


def _is_default(node: Node) -> bool:
    return [(one["name"], one["value"]) for one in node["selectedOptions"]] == [("Title", "Default Title")]


def moment(text: str) -> datetime:
    """A time as the platform writes it."""
    return datetime.fromisoformat(text)
