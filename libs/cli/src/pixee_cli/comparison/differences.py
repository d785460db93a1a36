"""Finds every difference between catalog and shop, field by field: pure."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from pixee_cli.comparison.seen import Contents, SeenProduct, SeenVariant

FIELDS = (
    "product", "title", "description", "status", "sku", "ean", "options", "price", "compare_at_price", "currency", "quantity",
)  # fmt: skip
"""`product`: is it there once, and nothing that does not belong; `sku`: are exactly its variants there."""

_PRODUCT_FIELDS = ("title", "description", "status")
_VARIANT_FIELDS = ("price", "compare_at_price", "quantity")


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that differs, as texts fit to be shown."""

    item: str
    field: str
    catalog: str
    shop: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """Equal when there is no difference. `compared`: field → number of comparisons made.

    `eans_left_out`: shared EANs that the shop does not carry; allowed, and told. `not_for_sale`: products of the catalog that the
    platform has no place for, being drafts or archived; likewise.
    """

    products: int
    variants: int
    shop_products: int
    shop_variants: int
    compared: dict[str, int]
    differences: list[Difference]
    eans_left_out: int
    not_for_sale: int = 0


def compare(catalog: Contents, shop: Contents) -> Comparison:
    """Products are found in the shop by the SKUs of their variants."""
    return _Comparing(catalog, shop).done()


class _Comparing:
    def __init__(self, catalog: Contents, shop: Contents) -> None:
        self._catalog = catalog
        self._shop = shop
        self._by_sku: dict[str, list[tuple[SeenProduct, SeenVariant]]] = defaultdict(list)
        for product in shop.products:
            for variant in product.variants:
                self._by_sku[variant.sku].append((product, variant))
        self._compared = dict.fromkeys(FIELDS, 0)
        self._found: list[Difference] = []
        self._left_out = 0

    def done(self) -> Comparison:
        expected: set[str] = set()
        for product in self._catalog.products:
            expected.update(variant.sku for variant in product.variants)
            self._product(product)
        for item, sku in self._unexpected(expected):
            self._found.append(Difference(item, "product", "not in the catalog", f"SKU {sku or '(none)'}"))
        return Comparison(
            products=len(self._catalog.products),
            variants=len(expected),
            shop_products=len(self._shop.products),
            shop_variants=sum(len(product.variants) for product in self._shop.products),
            compared=self._compared,
            differences=self._found,
            eans_left_out=self._left_out,
        )

    def _unexpected(self, expected: set[str]) -> Iterator[tuple[str, str]]:
        for product in self._shop.products:
            for variant in product.variants:
                if variant.sku not in expected and variant.sku not in self._catalog.others:
                    yield product.name, variant.sku

    def _product(self, product: SeenProduct) -> None:
        places = [pair for variant in product.variants for pair in self._by_sku.get(variant.sku, ())]
        there = {found.name: found for found, _ in places}
        self._compared["product"] += 1
        if not there:
            self._found.append(Difference(product.name, "product", product.title, "missing"))
            return
        if len(there) > 1:
            self._found.append(Difference(product.name, "product", "once", f"{len(there)} times: {', '.join(there)}"))
            return
        shown = next(iter(there.values()))
        for field in _PRODUCT_FIELDS:
            self._field(product.name, field, getattr(product, field), getattr(shown, field))
        self._variants(product, shown)

    def _variants(self, product: SeenProduct, shown: SeenProduct) -> None:
        ours = [variant.sku for variant in product.variants]
        theirs = [variant.sku for variant in shown.variants]
        self._field(product.name, "sku", ", ".join(sorted(ours)), ", ".join(sorted(theirs)))
        by_sku = {variant.sku: variant for variant in shown.variants}
        for variant in product.variants:
            if variant.sku in by_sku:
                self._variant(variant, by_sku[variant.sku])

    def _variant(self, ours: SeenVariant, theirs: SeenVariant) -> None:
        if ours.ean_shared and theirs.ean is None:
            self._left_out += 1
        else:
            self._field(ours.sku, "ean", ours.ean, theirs.ean)
        self._field(ours.sku, "options", _options(ours), _options(theirs))
        for field in _VARIANT_FIELDS:
            self._field(ours.sku, field, getattr(ours, field), getattr(theirs, field))
        if ours.price is not None:
            self._field(ours.sku, "currency", self._catalog.currency, self._shop.currency)

    def _field(self, item: str, field: str, ours: object, theirs: object) -> None:
        self._compared[field] += 1
        if ours != theirs:
            self._found.append(Difference(item, field, _shown(ours), _shown(theirs)))


def _options(variant: SeenVariant) -> str:
    return ", ".join(f"{name}: {value}" for name, value in sorted(variant.options.items()))


def _shown(value: object) -> str:
    text = "nothing" if value is None or value == "" else str(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
