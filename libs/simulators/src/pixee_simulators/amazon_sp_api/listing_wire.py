"""A listing as Listings Items answers show it: only what is visible by now."""

from collections.abc import Callable, Iterable
from typing import Any

from pixee_simulators.amazon_sp_api.issues import Issue, late_image_issue
from pixee_simulators.amazon_sp_api.listings import Attributes, Listing
from pixee_simulators.amazon_sp_api.moments import moment
from pixee_simulators.amazon_sp_api.regions import MARKETPLACES

DATA = (
    "summaries",
    "attributes",
    "issues",
    "offers",
    "fulfillmentAvailability",
    "procurement",
    "relationships",
    "productTypes",
)
_LONGEST_TITLE = 75
_LONG_TITLES = frozenset({"SA", "EG", "TR", "AE"})


def item(listing: Listing, wanted: Iterable[str], now: float) -> dict[str, Any]:
    """`wanted`: of DATA. The listing must be visible."""
    attributes = listing.shown.parsed() if listing.shown is not None else {}
    return {"sku": listing.sku} | {name: _PARTS[name](listing, attributes, now) for name in wanted}


def issues(listing: Listing, now: float) -> list[Issue]:
    """Those of a stored listing: they come after it was accepted."""
    return [late_image_issue()] if listing.late_at is not None and now >= listing.late_at else []


def status(listing: Listing, attributes: Attributes, now: float) -> list[str]:
    """Derived: something for sale is BUYABLE, a listing without suppression DISCOVERABLE."""
    if now < listing.status_at:
        return []
    for_sale = any(
        one.get("quantity") or "AMAZON" in one.get("fulfillment_channel_code", "") for one in _stock(attributes)
    )
    buyable = bool(for_sale and attributes.get("purchasable_offer"))
    return ["BUYABLE"] * buyable + ["DISCOVERABLE"] * (not issues(listing, now))


def _stock(attributes: Attributes) -> list[dict[str, Any]]:
    return attributes.get("fulfillment_availability", [])


def _first(attributes: Attributes, name: str, field: str = "value") -> Any:
    return next((one[field] for one in attributes.get(name, ()) if field in one), None)


def _summaries(listing: Listing, attributes: Attributes, now: float) -> list[dict[str, Any]]:
    shown = listing.shown
    summary: dict[str, Any] = {
        "marketplaceId": listing.marketplace,
        "productType": shown.product_type if shown is not None else "",
        "status": status(listing, attributes, now),
        "createdDate": moment(listing.created_at),
        "lastUpdatedDate": moment(shown.visible_at if shown is not None else listing.created_at),
    }
    if now >= listing.asin_at:
        summary["asin"] = listing.asin
    if (condition := _first(attributes, "condition_type")) is not None:
        summary["conditionType"] = condition
    if (name := _first(attributes, "item_name")) is not None:
        country = MARKETPLACES[listing.marketplace].country
        summary["itemName"] = name if country in _LONG_TITLES else name[:_LONGEST_TITLE]
    if (link := _first(attributes, "main_product_image_locator", "media_location")) is not None:
        summary["mainImage"] = {"link": link, "height": 500, "width": 500}
    return [summary]


def _offers(listing: Listing, attributes: Attributes, now: float) -> list[dict[str, Any]]:
    offers = []
    for one in attributes.get("purchasable_offer", ()):
        audience = one.get("audience", "ALL")
        amount = one["our_price"][0]["schedule"][0]["value_with_tax"]
        offers.append(
            {
                "marketplaceId": listing.marketplace,
                "offerType": "B2B" if audience == "B2B" else "B2C",
                "price": {"currencyCode": one["currency"], "amount": f"{amount:.2f}"},
                "audience": {"value": audience, "displayName": "Sell on Amazon" if audience == "ALL" else audience},
            },
        )
    return offers


def _availability(listing: Listing, attributes: Attributes, now: float) -> list[dict[str, Any]]:
    return [
        {"fulfillmentChannelCode": one["fulfillment_channel_code"]}
        | ({"quantity": one["quantity"]} if "quantity" in one else {})
        for one in _stock(attributes)
    ]


def _relationships(listing: Listing, attributes: Attributes, now: float) -> list[dict[str, Any]]:
    parents = [one["parent_sku"] for one in attributes.get("child_parent_sku_relationship", ())]
    if not parents:
        return [{"marketplaceId": listing.marketplace, "relationships": []}]
    theme = str(_first(attributes, "variation_theme", "name") or "")
    relation = {
        "type": "VARIATION",
        "parentSkus": parents,
        "variationTheme": {"theme": theme, "attributes": theme.lower().split("/")},
    }
    return [{"marketplaceId": listing.marketplace, "relationships": [relation]}]


def _product_types(listing: Listing, attributes: Attributes, now: float) -> list[dict[str, Any]]:
    kind = listing.shown.product_type if listing.shown is not None else ""
    return [{"marketplaceId": listing.marketplace, "productType": kind}]


_PARTS: dict[str, Callable[[Listing, Attributes, float], Any]] = {
    "summaries": _summaries,
    "attributes": lambda _, attributes, __: attributes,
    "issues": lambda listing, _, now: [one.wire(listing.marketplace) for one in issues(listing, now)],
    "offers": _offers,
    "fulfillmentAvailability": _availability,
    "procurement": lambda *_: [],
    "relationships": _relationships,
    "productTypes": _product_types,
}
