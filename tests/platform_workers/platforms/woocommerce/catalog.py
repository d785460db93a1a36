"""Products as the engine hands them over, for the tests of this folder."""

from decimal import Decimal
from typing import Any

from platform_workers.platforms.handed_over import EAN, Wording, item, listed, operation_of, price, priced, stock

from pixee_common.domain.measures import Dimensions, LengthUnit, Weight, WeightUnit
from pixee_common.domain.product import Attribute, Media, Option, Product, Variant
from pixee_workers.platforms.woocommerce.adapter import create
from pixee_workers.sync_base.calls import ConnectorSettings

SETTINGS = ConnectorSettings(address="https://shop.example/store", currency="EUR", locale="fr")

__all__ = [
    "EAN",
    "SETTINGS",
    "item",
    "listed",
    "mapped",
    "operation_of",
    "price",
    "priced",
    "rich",
    "shirt",
    "simple",
    "stock",
    "values",
]


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


_WORDING = Wording(create, SETTINGS)
values, mapped = _WORDING.values, _WORDING.mapped
