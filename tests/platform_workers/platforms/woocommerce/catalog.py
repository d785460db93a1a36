"""Products as the engine hands them over, for the tests of this folder."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from pixee_common.domain.ids import ProductId, VariantId
from pixee_common.domain.job import Operation
from pixee_common.domain.measures import Dimensions, LengthUnit, Weight, WeightUnit
from pixee_common.domain.money import Price
from pixee_common.domain.product import Attribute, Media, Option, Product, Variant
from pixee_workers.platforms.woocommerce.adapter import create
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

SETTINGS = ConnectorSettings(address="https://shop.example/store", currency="EUR", locale="fr")
EAN = "4006381333931"


def simple(key: str = "TEE", **changes: Any) -> Product:
    variant = {"sku": key, "weight": Weight(value=Decimal(200), unit=WeightUnit.GRAM)} | changes.pop("variant", {})
    return Product(**({"key": key, "names": {"fr": f"Produit {key}"}, "variants": (Variant(**variant),)} | changes))


def rich(key: str = "RICH", **changes: Any) -> Product:
    """A product that uses whatever the adapter maps."""
    content: dict[str, Any] = {
        "names": {"fr": "Chemise & col", "en": "Shirt"},
        "descriptions": {"fr": "<p>Belle &amp; bonne</p>"},
        "short_descriptions": {"fr": "Belle"},
        "brand": "Maison & Fils",
        "categories": (("Vêtements", "Hommes"), ("Soldes",)),
        "tags": ("été", "lin"),
        "tax_class": "reduced",
        "attributes": (
            Attribute(code="Matière", values={"fr": ("Lin", "Coton|bio")}),
            Attribute(code="Largeur", values={"und": ("12",)}, unit="cm"),
        ),
        "media": (
            Media(url="https://img.example/front.jpg", alt={"fr": "devant"}),
            Media(url="https://img.example/back.jpg"),
            Media(url="https://img.example/manual.pdf", kind="file"),
        ),
        "dimensions": Dimensions(length=Decimal(100), width=Decimal("25.5"), unit=LengthUnit.MILLIMETRE),
    }
    return simple(key, **(content | changes))


def shirt(key: str = "SHIRT", sizes: tuple[str, ...] = ("S", "M", "L"), **changes: Any) -> Product:
    """A product with one option."""
    variants = tuple(
        Variant(
            sku=f"{key}-{size}",
            options={"Taille": size},
            media=(Media(url="https://img.example/front.jpg"),) if size == "S" else (),
        )
        for size in sizes
    )
    content: dict[str, Any] = {"options": (Option(name="Taille", values=sizes),), "variants": variants}
    return rich(key, **(content | changes))


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
    assert entry.listing is not None
    return entry.listing


def values(one: PushItem, settings: ConnectorSettings = SETTINGS, operation: Operation | None = None) -> Any:
    """What the adapter maps the item to; a refusal fails the test."""
    words = create().mapped(operation or operation_of(one), one, settings)
    assert not isinstance(words, Refusal), words
    return words


def mapped(one: PushItem, settings: ConnectorSettings = SETTINGS) -> Mapped[PushItem]:
    return Mapped(one, values(one, settings))


def operation_of(one: PushItem) -> Operation:
    kinds: Mapping[type, Operation] = {
        ProductItem: Operation.PUSH_PRODUCTS,
        StockItem: Operation.PUSH_STOCK,
        PriceItem: Operation.PUSH_PRICES,
    }
    return kinds[type(one)]
