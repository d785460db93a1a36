"""Products as the engine hands them over, for the tests of this folder."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from platform_workers.platforms.handed_over import EAN, Wording, item, operation_of, price, priced, stock

from pixee_common.domain.measures import Weight, WeightUnit
from pixee_common.domain.product import Attribute, Condition, Media, Option, Product, Variant
from pixee_workers.platforms.shopify import create
from pixee_workers.sync_base.calls import ConnectorSettings
from pixee_workers.sync_base.items import ProductItem
from pixee_workers.sync_base.outcomes import Linked

HOST = "demo.myshopify.com"
SETTINGS = ConnectorSettings(address=HOST, currency="EUR", locale="fr")
OTHER_EAN = "96385074"

__all__ = [
    "EAN",
    "HOST",
    "OTHER_EAN",
    "SETTINGS",
    "item",
    "listed",
    "mapped",
    "operation_of",
    "price",
    "priced",
    "refusal",
    "rich",
    "shirt",
    "simple",
    "stock",
    "values",
]


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


def listed(one: ProductItem, linked: Linked, product: Product | None = None) -> ProductItem:
    """The same product, or a changed one, once the shop has answered."""
    known = {entry.id: linked.variants.get(entry.id, entry.listing) for entry in one.variants}
    fresh = item(product or one.product)
    variants = tuple(replace(entry, listing=known.get(entry.id)) for entry in fresh.variants)
    kept = {entry.id for entry in variants}
    gone = tuple(listing for key, listing in known.items() if key not in kept and listing is not None)
    return replace(fresh, listing=linked.product, variants=variants, gone=gone)


_WORDING = Wording(create, SETTINGS)
values, refusal, mapped = _WORDING.values, _WORDING.refusal, _WORDING.mapped
