"""The words of a merchant's catalog that a mapping can translate, each with the number of products that use it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Kind:
    """Products that a mapping cannot tell apart: the same product type and the same categories."""

    product_type: str | None
    categories: tuple[Path, ...]
    products: int


@dataclass(frozen=True, slots=True)
class CatalogWords:
    """What occurs in the living products. Every number counts products."""

    kinds: tuple[Kind, ...] = ()
    attributes: Mapping[str, int] = field(default_factory=dict)
    options: Mapping[str, int] = field(default_factory=dict)
    tax_classes: Mapping[str, int] = field(default_factory=dict)
    locations: Mapping[str, int] = field(default_factory=dict)
    price_lists: tuple[str, ...] = ()
    values: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Source (`attribute:color`, `option:Size`) to its values."""

    @property
    def categories(self) -> dict[Path, int]:
        """Every category path."""
        found: dict[Path, int] = {}
        for kind in self.kinds:
            for path in kind.categories:
                found[path] = found.get(path, 0) + kind.products
        return found

    @property
    def product_types(self) -> dict[str, int]:
        """Our own product types."""
        found: dict[str, int] = {}
        for kind in self.kinds:
            if kind.product_type:
                found[kind.product_type] = found.get(kind.product_type, 0) + kind.products
        return found
