"""Products as the engine hands them over, for the tests of this folder."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from pixee_common.domain.ids import ProductId, VariantId
from pixee_common.domain.job import Operation
from pixee_common.domain.mapping import AttributeRule, ConnectorMapping
from pixee_common.domain.measures import Weight, WeightUnit
from pixee_common.domain.money import Price
from pixee_common.domain.product import Media, Option, Product, Variant
from pixee_workers.platforms.amazon_sp_api import create
from pixee_workers.sync_base.calls import ConnectorSettings
from pixee_workers.sync_base.items import (
    Action,
    Listing,
    Mapped,
    PriceItem,
    ProductItem,
    PushItem,
    PushVariant,
    StockItem,
)
from pixee_workers.sync_base.outcomes import Linked, Refusal

FR = "A13V1IB3VIYZZH"
EAN = "4006381333931"


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


def price(amount: str = "19.90", compare_at: str | None = None, currency: str = "EUR") -> Price:
    return Price(amount=Decimal(amount), currency=currency, compare_at=Decimal(compare_at) if compare_at else None)


def item(product: Product, *, quantity: int | None = 5, cost: Price | None = None, **changes: Any) -> ProductItem:
    """A product that the shop does not have yet."""
    variants = tuple(
        PushVariant(variant_id(variant.sku), variant, quantity, cost or price(), None) for variant in product.variants
    )
    upsert = ProductItem(ProductId(uuid5(NAMESPACE_URL, product.key)), Action.UPSERT, product, variants, listing=None)
    return replace(upsert, **changes)


def variant_id(sku: str) -> VariantId:
    return VariantId(uuid5(NAMESPACE_URL, f"variant {sku}"))


def listed(one: ProductItem, linked: Linked, **changes: Any) -> ProductItem:
    """The same product once the shop has answered."""
    variants = tuple(replace(entry, listing=linked.variants.get(entry.id, entry.listing)) for entry in one.variants)
    return replace(one, listing=linked.product, variants=variants, **changes)


def stock(one: ProductItem, place: int, quantity: int) -> StockItem:
    entry = one.variants[place]
    return StockItem(entry.id, one.id, entry.variant.sku, quantity, _listing(entry), version=1)


def priced(one: ProductItem, place: int, given: Price) -> PriceItem:
    entry = one.variants[place]
    return PriceItem(entry.id, one.id, entry.variant.sku, given, _listing(entry), version=1)


def _listing(entry: PushVariant) -> Listing:
    return entry.listing or Listing(entry.variant.sku)


def values(one: PushItem, settings: ConnectorSettings = SETTINGS) -> Any:
    """What the adapter maps the item to; a refusal fails the test."""
    words = create().mapped(operation_of(one), one, settings)
    assert not isinstance(words, Refusal), words
    return words


def refusal(one: PushItem, settings: ConnectorSettings = SETTINGS) -> Refusal:
    found = create().mapped(operation_of(one), one, settings)
    assert isinstance(found, Refusal), found
    return found


def mapped(one: PushItem, settings: ConnectorSettings = SETTINGS) -> Mapped[PushItem]:
    return Mapped(one, values(one, settings))


def operation_of(one: PushItem) -> Operation:
    kinds: Mapping[type, Operation] = {
        ProductItem: Operation.PUSH_PRODUCTS,
        StockItem: Operation.PUSH_STOCK,
        PriceItem: Operation.PUSH_PRICES,
    }
    return kinds[type(one)]
