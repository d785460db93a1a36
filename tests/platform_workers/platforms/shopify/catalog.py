"""Products as the engine hands them over, for the tests of this folder."""

from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from pixee_common.domain.ids import ProductId, VariantId
from pixee_common.domain.job import Operation
from pixee_common.domain.measures import Weight, WeightUnit
from pixee_common.domain.money import Price
from pixee_common.domain.product import Attribute, Condition, Media, Option, Product, Variant
from pixee_workers.platforms.shopify import create
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

HOST = "demo.myshopify.com"
SETTINGS = ConnectorSettings(address=HOST, currency="EUR", locale="fr")
EAN = "4006381333931"
OTHER_EAN = "96385074"
OPERATIONS = {
    ProductItem: Operation.PUSH_PRODUCTS,
    StockItem: Operation.PUSH_STOCK,
    PriceItem: Operation.PUSH_PRICES,
}


def simple(key: str = "TEE", variant: dict[str, Any] | None = None, **changes: Any) -> Product:
    one = Variant(**({"sku": key} | (variant or {})))
    return Product(**({"key": key, "names": {"fr": f"Produit {key}"}, "variants": (one,)} | changes))


def rich(key: str = "RICH", **changes: Any) -> Product:
    """A product that uses whatever the adapter maps."""
    content: dict[str, Any] = {
        "names": {"fr": "Chemise & col", "en": "Shirt"},
        "descriptions": {"fr": "<p>Belle &amp; bonne</p>"},
        "seo_titles": {"fr": "Chemise en lin"},
        "brand": "Maison & Fils",
        "product_type": "Chemise",
        "condition": Condition.USED,
        "categories": (("Vêtements", "Hommes"), ("Soldes",)),
        "tags": ("lin", "été"),
        "attributes": (
            Attribute(code="Matière", values={"fr": ("Lin", "Coton bio")}),
            Attribute(code="Largeur", values={"und": ("12",)}, unit="cm"),
            Attribute(code="Vide", values={"fr": (" ",)}),
        ),
        "media": (
            Media(url="https://img.example/front.jpg", alt={"fr": "devant"}),
            Media(url="https://img.example/back.jpg"),
            Media(url="https://img.example/manual.pdf", kind="file"),
        ),
        "weight": Weight(value=Decimal("0.25"), unit=WeightUnit.KILOGRAM),
    }
    return simple(key, **(content | changes))


def shirt(key: str = "SHIRT", sizes: tuple[str, ...] = ("S", "M", "L"), **changes: Any) -> Product:
    """A product with one option."""
    variants = tuple(
        Variant(
            sku=f"{key}-{size}",
            options={"Taille": size},
            media=(Media(url="https://img.example/small.jpg"),) if size == "S" else (),
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
    key = ProductId(uuid5(NAMESPACE_URL, product.key))
    return replace(ProductItem(key, Action.UPSERT, product, variants, listing=None), **changes)


def variant_id(sku: str) -> VariantId:
    return VariantId(uuid5(NAMESPACE_URL, f"variant {sku}"))


def listed(one: ProductItem, linked: Linked, product: Product | None = None) -> ProductItem:
    """The same product, or a changed one, once the shop has answered."""
    known = {entry.id: linked.variants.get(entry.id, entry.listing) for entry in one.variants}
    fresh = item(product or one.product)
    variants = tuple(replace(entry, listing=known.get(entry.id)) for entry in fresh.variants)
    kept = {entry.id for entry in variants}
    gone = tuple(listing for key, listing in known.items() if key not in kept and listing is not None)
    return replace(fresh, listing=linked.product, variants=variants, gone=gone)


def stock(one: ProductItem, quantity: int, place: int = 0) -> StockItem:
    entry = one.variants[place]
    return StockItem(entry.id, one.id, entry.variant.sku, quantity, _listing(entry), version=1)


def priced(one: ProductItem, given: Price, place: int = 0) -> PriceItem:
    entry = one.variants[place]
    return PriceItem(entry.id, one.id, entry.variant.sku, given, _listing(entry), version=1)


def _listing(entry: PushVariant) -> Listing:
    assert entry.listing is not None
    return entry.listing


def values(one: PushItem, settings: ConnectorSettings = SETTINGS) -> Any:
    """What the adapter maps the item to; a refusal fails the test."""
    words = create().mapped(OPERATIONS[type(one)], one, settings)
    assert not isinstance(words, Refusal), words
    return words


def refusal(one: PushItem, settings: ConnectorSettings = SETTINGS) -> Refusal:
    words = create().mapped(OPERATIONS[type(one)], one, settings)
    assert isinstance(words, Refusal)
    return words


def mapped(one: PushItem, settings: ConnectorSettings = SETTINGS) -> Mapped[PushItem]:
    return Mapped(one, values(one, settings))
