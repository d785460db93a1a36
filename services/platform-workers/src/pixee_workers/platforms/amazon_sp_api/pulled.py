"""Listings as Amazon shows them, in our words: a family is one product, whatever else stands for itself. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import JsonValue

from pixee_workers.platforms.amazon_sp_api import wire
from pixee_workers.platforms.amazon_sp_api.listings import ASIN, KIND, PARENT, VARIATION, moment, summary_of, type_of
from pixee_workers.platforms.amazon_sp_api.manifest import OFFER
from pixee_workers.sync_base.items import PulledProduct, PulledVariant

_MOST_IMAGES = 9


def simple(item: Mapping[str, Any], place: str) -> PulledProduct:
    """A listing that stands for itself."""
    return _product(item, (_variant(item, place, {}, None),), place, ())


def family(parent: Mapping[str, Any], children: Sequence[Mapping[str, Any]], place: str) -> PulledProduct:
    """A parent with its children; the variation's attributes are the options, under Amazon's names."""
    theme = _theme([parent, *children], place)
    names = tuple(name.lower() for name in theme.split("/")) if theme else ()
    variants = tuple(
        _variant(child, place, _options(child, names), {PARENT: str(parent["sku"]), VARIATION: theme})
        for child in children
    )
    return _product(parent, variants, place, names if any(one.options for one in variants) else ())


def _product(
    item: Mapping[str, Any], variants: tuple[PulledVariant, ...], place: str, options: tuple[str, ...]
) -> PulledProduct:
    summary = summary_of(item, place)
    attributes = item.get("attributes") or {}
    images = [_value(attributes, name, "media_location") for name in wire.IMAGES]
    return PulledProduct(
        external_id=str(item["sku"]),
        our_key=None,
        # What is sold under this ASIN may have another title, which is Amazon's; the attribute is the seller's.
        title=_value(attributes, wire.TITLE) or str(summary.get("itemName") or item["sku"]),
        description=_value(attributes, "product_description"),
        brand=_value(attributes, "brand"),
        # Amazon derives its states (BUYABLE, DISCOVERABLE) from stock, price and its own opinion: nobody sets them.
        status="",
        updated_at=moment(summary.get("lastUpdatedDate")),
        variants=variants,
        options=options,
        images=tuple(image for image in images if image)[:_MOST_IMAGES],
        refs=_refs(item, place),
        borrowed_title=not _value(attributes, wire.TITLE),
    )


def _variant(
    item: Mapping[str, Any], place: str, options: Mapping[str, str], family_refs: Mapping[str, JsonValue] | None
) -> PulledVariant:
    attributes = item.get("attributes") or {}
    listed = _price(attributes, "list_price", place)
    return PulledVariant(
        external_id=str(item["sku"]),
        sku=str(item["sku"]),
        ean=_value(attributes, wire.EAN),
        options=options,
        price=_offer(item, place),
        compare_at_price=listed,
        quantity=_quantity(item),
        refs={**_refs(item, place), **(family_refs or {})},
    )


def _refs(item: Mapping[str, Any], place: str) -> dict[str, JsonValue]:
    found = {ASIN: summary_of(item, place).get("asin"), KIND: type_of(item, place)}
    return {name: value for name, value in found.items() if value}


def _offer(item: Mapping[str, Any], place: str) -> str | None:
    """The price for everybody: as the seller wrote it, else as Amazon shows the offer."""
    for offer in (item.get("attributes") or {}).get(OFFER) or ():
        if offer.get("audience", "ALL") == "ALL" and offer.get("marketplace_id", place) == place:
            prices = [step for one in offer.get("our_price") or () for step in one.get("schedule") or ()]
            if prices and prices[0].get("value_with_tax") is not None:
                return str(prices[0]["value_with_tax"])
    shown = (one for one in item.get("offers") or () if one.get("marketplaceId") == place)
    amount = next((one.get("price", {}).get("amount") for one in shown if one.get("offerType") == "B2C"), None)
    return None if amount is None else str(amount)


def _price(attributes: Mapping[str, Any], name: str, place: str) -> str | None:
    here = (one for one in attributes.get(name) or () if one.get("marketplace_id", place) == place)
    found: Mapping[str, Any] = next(iter(here), {})
    amount = found.get("value_with_tax", found.get("value"))
    return str(amount) if amount else None


def _quantity(item: Mapping[str, Any]) -> int | None:
    """Null for what Amazon's warehouse sells, which tells no quantity here."""
    channels = item.get("fulfillmentAvailability") or ()
    own: Mapping[str, Any] = next(
        (one for one in channels if one.get("fulfillmentChannelCode") == wire.OUR_CHANNEL), {}
    )
    found = own.get("quantity")
    return found if isinstance(found, int) else None


def _theme(items: Sequence[Mapping[str, Any]], place: str) -> str:
    for item in items:
        told = _value(item.get("attributes") or {}, wire.THEME, "name")
        if told:
            return told
    return ""


def _options(child: Mapping[str, Any], names: Sequence[str]) -> dict[str, str]:
    attributes = child.get("attributes") or {}
    found = {name: _value(attributes, name) for name in names}
    return {name: value for name, value in found.items() if value}


def _value(attributes: Mapping[str, Any], name: str, field: str = "value") -> str | None:
    found = next((one.get(field) for one in attributes.get(name) or () if isinstance(one, Mapping)), None)
    return str(found) if found not in {None, ""} else None
