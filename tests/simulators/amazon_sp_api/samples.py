"""Attributes that this Amazon accepts, to be changed by each test."""

from typing import Any

from simulators.amazon_sp_api.seller import FR

Attributes = dict[str, Any]


def told(value: Any, marketplace: str = FR, **more: Any) -> list[dict[str, Any]]:
    return [{"value": value, "marketplace_id": marketplace, **more}]


def text(value: str, marketplace: str = FR, language: str = "fr_FR") -> list[dict[str, Any]]:
    return told(value, marketplace, language_tag=language)


def price(amount: Any, marketplace: str = FR, audience: str = "ALL", **more: Any) -> dict[str, Any]:
    schedule = [{"schedule": [{"value_with_tax": amount}]}]
    return {"marketplace_id": marketplace, "currency": "EUR", "audience": audience, "our_price": schedule, **more}


def stock(quantity: int, channel: str = "DEFAULT", **more: Any) -> dict[str, Any]:
    return {"fulfillment_channel_code": channel, "quantity": quantity, **more}


def food(marketplace: str = FR, **changes: Any) -> Attributes:
    """A whole GROCERY listing; a change to None leaves an attribute out."""
    language = "fr_FR" if marketplace == FR else "de_DE"
    attributes: Attributes = {
        "item_name": text("Chocolat noir 70 %", marketplace, language),
        "brand": text("Pixee", marketplace, language),
        "product_description": text("Un chocolat.", marketplace, language),
        "bullet_point": text("Noir", marketplace, language),
        "externally_assigned_product_identifier": told("3760001234567", marketplace, type="ean"),
        "country_of_origin": told("FR", marketplace),
        "supplier_declared_dg_hz_regulation": told("not_applicable", marketplace),
        "unit_count": told(100.0, marketplace, unit="gram"),
        "is_expiration_dated_product": told(True, marketplace),
        "condition_type": told("new_new", marketplace),
        "fulfillment_availability": [stock(12)],
        "purchasable_offer": [price(19.99, marketplace)],
    }
    return {name: value for name, value in (attributes | changes).items() if value is not None}


def shirt(**changes: Any) -> Attributes:
    """A whole SHIRT listing without variations."""
    clothes = {
        "color": text("Bleu"),
        "size": text("M"),
        "material": text("Coton"),
        "target_gender": told("unisex"),
        "department": text("Adulte"),
    }
    return food(**({"unit_count": None, "is_expiration_dated_product": None} | clothes | changes))
