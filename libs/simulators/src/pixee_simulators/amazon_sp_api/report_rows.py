"""GET_MERCHANT_LISTINGS_ALL_DATA: tabs, one row per listing, header names as Amazon writes them (sheet, "Pull products").

EAN, description and images are not in it, or only by half: programs look them up afterwards.
"""

from datetime import UTC, datetime
from typing import Any

from pixee_simulators.amazon_sp_api import listing_wire
from pixee_simulators.amazon_sp_api.listings import Listing

COLUMNS = (
    "item-name",
    "item-description",
    "listing-id",
    "seller-sku",
    "price",
    "quantity",
    "open-date",
    "image-url",
    "item-is-marketplace",
    "product-id-type",
    "zshop-shipping-fee",
    "item-note",
    "item-condition",
    "zshop-category1",
    "zshop-browse-path",
    "zshop-storefront-feature",
    "asin1",
    "asin2",
    "asin3",
    "will-ship-internationally",
    "expedited-shipping",
    "zshop-boldface",
    "product-id",
    "bid-for-featured-placement",
    "add-delete",
    "pending-quantity",
    "fulfillment-channel",
    "merchant-shipping-group",
    "status",
)
_CONDITIONS = {"used_like_new": "1", "used_good": "3", "new_new": "11"}


HEADER = "\t".join(COLUMNS)


def line(listing: Listing, now: float) -> str:
    """One row, without its line end."""
    row = _row(listing, now)
    return "\t".join(_flat(row.get(name, "")) for name in COLUMNS)


def _row(listing: Listing, now: float) -> dict[str, str]:
    item = listing_wire.item(listing, ("summaries", "attributes", "offers", "fulfillmentAvailability"), now)
    summary, attributes = item["summaries"][0], item["attributes"]
    channel = (item["fulfillmentAvailability"] or [{"fulfillmentChannelCode": "DEFAULT"}])[0]
    price = next((one["price"]["amount"] for one in item["offers"] if one["offerType"] == "B2C"), "")
    asin = summary.get("asin", "")
    return {
        "item-name": summary.get("itemName", ""),
        "item-description": _value(attributes, "product_description"),
        "listing-id": f"{listing.asin[1:]}L",
        "seller-sku": listing.sku,
        "price": price,
        "quantity": str(channel.get("quantity", "")),
        "open-date": f"{datetime.fromtimestamp(listing.created_at, UTC):%d/%m/%Y %H:%M:%S} UTC",
        "item-is-marketplace": "y",
        "product-id-type": "1",
        "item-condition": _CONDITIONS.get(summary.get("conditionType", ""), "11"),
        "asin1": asin,
        "product-id": asin,
        "pending-quantity": "0",
        "fulfillment-channel": channel["fulfillmentChannelCode"],
        "merchant-shipping-group": _value(attributes, "merchant_shipping_group"),
        "status": "Active" if "BUYABLE" in summary["status"] else "Inactive",
    }


def _value(attributes: dict[str, Any], name: str) -> str:
    return next((str(one["value"]) for one in attributes.get(name, ())), "")


def _flat(text: str) -> str:
    """No field holds a tab or a line end: Amazon replaces them."""
    return text.replace("\t", " ").replace("\r", " ").replace("\n", " ")
