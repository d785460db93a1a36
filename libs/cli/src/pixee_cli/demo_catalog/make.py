"""Writes products.jsonl: sixty invented products. `python -m pixee_cli.demo_catalog.make`, after a change of what is below."""

from collections.abc import Iterator
from itertools import product as combinations
from pathlib import Path

from pixee_cli.importing.amounts import derived_price, derived_stock
from pixee_common.domain.measures import Dimensions, LengthUnit, Weight, WeightUnit
from pixee_common.domain.product import (
    Attribute,
    Media,
    Option,
    Product,
    ProductStatus,
    StockLevel,
    Variant,
)

LOCALE = "en"
_PICTURES = "https://pictures.pixee.example"

_FAMILIES: tuple[tuple[str, tuple[str, ...], str, tuple[str, ...], dict[str, tuple[str, ...]]], ...] = (
    ("Mug", ("Kitchen", "Drinkware"), "stoneware", ("Harbour", "Meadow", "Quarry", "Lantern", "Drift", "Thimble"),
     {"Colour": ("Slate", "Sand", "Moss")}),
    ("Tea Towel", ("Kitchen", "Textiles"), "linen", ("Orchard", "Furrow", "Pebble", "Loom", "Hedgerow", "Tide"), {}),
    ("Backpack", ("Travel", "Bags"), "recycled canvas", ("Fell", "Ridge", "Beacon", "Cairn", "Tarn", "Col"),
     {"Colour": ("Graphite", "Rust"), "Size": ("18 l", "26 l")}),
    ("T-Shirt", ("Clothing", "Tops"), "organic cotton", ("Plain", "Pocket", "Stripe", "Raglan", "Boxy", "Long"),
     {"Size": ("S", "M", "L", "XL"), "Colour": ("White", "Navy")}),
    ("Notebook", ("Office", "Paper"), "recycled paper", ("Field", "Grid", "Margin", "Ledger", "Sketch", "Index"), {}),
    ("Lamp", ("Living", "Lighting"), "ash wood", ("Arc", "Dome", "Reed", "Perch", "Column", "Fold"), {}),
    ("Candle", ("Living", "Scents"), "rapeseed wax", ("Smoke", "Fig", "Cedar", "Rain", "Salt", "Clover"),
     {"Size": ("150 g", "300 g")}),
    ("Blanket", ("Living", "Textiles"), "merino wool", ("Moor", "Frost", "Heath", "Dune", "Bay", "Fen"), {}),
    ("Pen", ("Office", "Writing"), "brass", ("Quill", "Stub", "Draft", "Nib", "Line", "Dash"), {"Ink": ("Black", "Blue")}),
    ("Bottle", ("Travel", "Drinkware"), "steel", ("Spring", "Gully", "Brook", "Weir", "Ford", "Delta"), {}),
)  # fmt: skip
"""(kind, category, material, names, options)."""


def products() -> Iterator[Product]:
    """All of them, in order."""
    number = 0
    for kind, path, material, names, choices in _FAMILIES:
        for name in names:
            number += 1
            yield _product(number, f"{name} {kind}", kind, path, material, choices)


def _product(
    number: int, title: str, kind: str, path: tuple[str, ...], material: str, choices: dict[str, tuple[str, ...]]
) -> Product:
    key = f"PX-{number:03d}"
    values = [dict(zip(choices, chosen, strict=True)) for chosen in combinations(*choices.values())]
    return Product(
        key=key,
        names={LOCALE: title},
        descriptions={
            LOCALE: f"<p>The {title} is made of {material}, in small runs.</p><ul><li>{' and '.join(path)}</li></ul>"
        },
        short_descriptions={LOCALE: f"{kind} of {material}."},
        seo_titles={LOCALE: f"{title} | Northing & Pell"},
        attributes=(
            Attribute(code="material", values={LOCALE: (material,)}),
            Attribute(code="made_in", values={LOCALE: ("Portugal" if number % 2 else "Estonia",)}),
        ),
        brand="Northing & Pell",
        categories=(path,),
        tags=("new",) if number % 5 == 0 else (),
        status=ProductStatus.DRAFT if number % 20 == 0 else ProductStatus.ACTIVE,
        options=tuple(Option(name=option, values=texts) for option, texts in choices.items()),
        media=(Media(url=f"{_PICTURES}/{key.lower()}.jpg", alt={LOCALE: title}),),
        weight=Weight.model_validate({"value": 100 + 37 * number, "unit": WeightUnit.GRAM}),
        dimensions=Dimensions.model_validate(
            {"length": 10 + number % 7, "width": 8, "height": 3, "unit": LengthUnit.CENTIMETRE}
        ),
        variants=tuple(_variant(key, place, chosen, number) for place, chosen in enumerate(values, start=1)),
    )


def _variant(key: str, place: int, chosen: dict[str, str], number: int) -> Variant:
    sku = f"{key}-{place:02d}" if chosen else key
    return Variant(
        sku=sku,
        ean=_ean(number * 100 + place),
        options=chosen,
        base_price=derived_price(sku),
        currency="EUR",
        stock=(StockLevel(quantity=derived_stock(sku)),),
    )


def _ean(number: int) -> str:
    """An EAN-13 with prefix 2: the range that GS1 leaves to shops for their own use."""
    body = f"20{number:010d}"
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(body))
    return f"{body}{-total % 10}"


def text() -> str:
    """The file's content."""
    return "".join(f"{one.model_dump_json(exclude_defaults=True)}\n" for one in products())


if __name__ == "__main__":
    Path(__file__).with_name("products.jsonl").write_text(text(), encoding="utf-8")
