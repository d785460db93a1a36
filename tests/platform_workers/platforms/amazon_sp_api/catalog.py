"""Products as the engine hands them over, for the tests of this folder."""

from decimal import Decimal
from typing import Any

from platform_workers.platforms.handed_over import EAN, Wording, item, listed, operation_of, price, priced, stock

from pixee_common.domain.mapping import AttributeRule, ConnectorMapping
from pixee_common.domain.measures import Weight, WeightUnit
from pixee_common.domain.product import Media, Option, Product, Variant
from pixee_workers.platforms.amazon_sp_api import create
from pixee_workers.sync_base.calls import ConnectorSettings

FR = "A13V1IB3VIYZZH"

__all__ = [
    "EAN",
    "FR",
    "MAPPING",
    "SETTINGS",
    "food",
    "item",
    "listed",
    "mapped",
    "operation_of",
    "price",
    "priced",
    "refusal",
    "rule",
    "shirt",
    "stock",
    "values",
]


def rule(target: str, source: str, **more: Any) -> AttributeRule:
    return AttributeRule(target=target, source=source, **more)


MAPPING = ConnectorMapping(
    product_types={"food": "GROCERY", "*": "SHIRT"},
    attributes=(
        rule("country_of_origin", "constant:FR"),
        rule("supplier_declared_dg_hz_regulation", "constant:not_applicable"),
        rule("unit_count", "field:weight", unit="gram", product_types=("GROCERY",)),
        rule("is_expiration_dated_product", "constant:true", product_types=("GROCERY",)),
        rule("material", "constant:Coton", product_types=("SHIRT",)),
        rule("target_gender", "constant:unisex", product_types=("SHIRT",)),
        rule("department", "constant:Adulte", product_types=("SHIRT",)),
        rule("color", "constant:Bleu", product_types=("SHIRT",)),
        rule("size", "option:Taille", product_types=("SHIRT",)),
    ),
)
SETTINGS = ConnectorSettings(
    address="sellingpartnerapi-eu.amazon.com",
    currency="EUR",
    locale="fr-FR",
    extra={"marketplace_id": FR, "seller_id": "A1SELLER", "without_ean": "exempt"},
    mapping=MAPPING,
)


def food(key: str = "CHOC", **changes: Any) -> Product:
    """A product that becomes one listing."""
    variant = {"sku": key, "ean": EAN} | changes.pop("variant", {})
    content: dict[str, Any] = {
        "names": {"fr": f"Chocolat {key}"},
        "descriptions": {"fr": "<p>Un chocolat.</p>"},
        "short_descriptions": {"fr": "Noir\nBio"},
        "brand": "Pixee",
        "product_type": "food",
        "media": (Media(url="https://img.example/a.jpg"), Media(url="https://img.example/b.jpg")),
        "weight": Weight(value=Decimal("0.1"), unit=WeightUnit.KILOGRAM),
    }
    return Product(**({"key": key, "variants": (Variant(**variant),)} | content | changes))


def shirt(key: str = "TEE", sizes: tuple[str, ...] = ("S", "M"), **changes: Any) -> Product:
    """A product that becomes a parent and its children."""
    variants = tuple(Variant(sku=f"{key}-{size}", options={"Taille": size}) for size in sizes)
    content: dict[str, Any] = {
        "product_type": "clothes",
        "options": (Option(name="Taille", values=sizes),),
        "variants": variants,
    }
    return food(key, **(content | changes))


_WORDING = Wording(create, SETTINGS)
values, refusal, mapped = _WORDING.values, _WORDING.refusal, _WORDING.mapped
