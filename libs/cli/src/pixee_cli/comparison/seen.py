"""One form for both sides of the comparison: what should be in a shop, and what is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class SeenVariant:
    """A sellable variant. None: the side says nothing of it (no price, stock not kept)."""

    sku: str
    ean: str | None
    options: Mapping[str, str]
    price: Decimal | None
    compare_at_price: Decimal | None
    quantity: int | None
    ean_shared: bool = False
    """Catalog side: another product has the same EAN, so a shop that wants EANs unique goes without it."""


@dataclass(frozen=True, slots=True)
class SeenProduct:
    """`name`: the catalog's key, or the shop's id. Status: active, draft or archived."""

    name: str
    title: str
    description: str
    status: str
    variants: tuple[SeenVariant, ...]


@dataclass(frozen=True, slots=True)
class Contents:
    """One side. `currency` of all its prices. `others`: SKUs that may be there without being expected (withdrawn ones)."""

    currency: str | None
    products: tuple[SeenProduct, ...]
    others: frozenset[str] = field(default_factory=frozenset)
