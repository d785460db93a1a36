"""The contents of one shop: what a database of a WordPress site would hold, as plain JSON in memory.

Products and variations are posts of one numbering (as media are); a variation has `parent_id`. Records hold what was
stored; answers are made from them in wire.py. SKUs compare without regard to case, as WordPress' default collation
does.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

Record = dict[str, Any]
TAXONOMIES = ("categories", "brands", "tags")
UNCATEGORIZED = 16
_FIRST_POST = 10


@dataclass(slots=True)
class Store:
    """`offset_h`: the site's time zone as hours from UTC."""

    host: str
    base_path: str = ""
    offset_h: float = 0.0
    products: dict[int, Record] = field(default_factory=dict)
    media: dict[int, Record] = field(default_factory=dict)
    terms: dict[str, dict[int, Record]] = field(default_factory=dict)
    attributes: dict[int, Record] = field(default_factory=dict)
    webhooks: dict[int, Record] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    by_sku: dict[str, set[int]] = field(default_factory=dict)
    by_gtin: dict[str, set[int]] = field(default_factory=dict)
    by_slug: dict[str, int] = field(default_factory=dict)
    variations: dict[int, list[int]] = field(default_factory=dict)
    slug_suffixes: dict[str, int] = field(default_factory=dict)
    """Where the search for a free slug goes on: thousands of products may share a name."""

    @classmethod
    def new(cls, host: str, settings: dict[str, Any]) -> "Store":
        """A fresh shop: no products, one category, as after WooCommerce's own installation."""
        store = cls(host=host)
        store.configure(settings)
        store.numbers = {"post": _FIRST_POST, "term": UNCATEGORIZED, "attribute": 0, "meta": 100, "webhook": 0}
        store.terms = {name: {} for name in TAXONOMIES}
        store.terms["categories"][UNCATEGORIZED] = {
            "id": UNCATEGORIZED,
            "name": "Uncategorized",
            "slug": "uncategorized",
            "parent": 0,
            "description": "",
        }
        return store

    def configure(self, settings: dict[str, Any]) -> None:
        self.base_path = "/" + text if (text := str(settings.get("base_path", "")).strip("/")) else ""
        self.offset_h = float(settings.get("utc_offset_hours", 0))

    @property
    def url(self) -> str:
        return f"https://{self.host}{self.base_path}"

    def number(self, kind: str) -> int:
        self.numbers[kind] += 1
        return self.numbers[kind]

    def local(self, moment: str | None) -> str | None:
        """A stored moment (UTC) in the site's time zone, both `YYYY-MM-DDTHH:MM:SS`."""
        if moment is None or not self.offset_h:
            return moment
        return (datetime.fromisoformat(moment) + timedelta(hours=self.offset_h)).strftime("%Y-%m-%dT%H:%M:%S")

    def utc(self, moment: str) -> str:
        """The inverse of `local`."""
        return (datetime.fromisoformat(moment) - timedelta(hours=self.offset_h)).strftime("%Y-%m-%dT%H:%M:%S")

    # --- products and their indexes -------------------------------------------------------------------------------

    def put(self, record: Record) -> None:
        """Store a new product or variation, or replace the one with its id; keeps the indexes."""
        if (before := self.products.get(record["id"])) is not None:
            self._unindex(before)
        elif record.get("parent_id"):
            self.variations.setdefault(record["parent_id"], []).append(record["id"])
        self.products[record["id"]] = record
        for index, key in ((self.by_sku, record["sku"].lower()), (self.by_gtin, record["global_unique_id"])):
            if key:
                index.setdefault(key, set()).add(record["id"])
        self.by_slug[record["slug"]] = record["id"]

    def drop(self, record: Record) -> None:
        """Delete for good, variations too."""
        for child in list(self.variations.get(record["id"], ())):
            self.drop(self.products[child])
        self._unindex(record)
        del self.products[record["id"]]
        self.variations.pop(record["id"], None)
        if record.get("parent_id") in self.variations:
            self.variations[record["parent_id"]].remove(record["id"])

    def _unindex(self, record: Record) -> None:
        for index, key in ((self.by_sku, record["sku"].lower()), (self.by_gtin, record["global_unique_id"])):
            if key and key in index:
                index[key].discard(record["id"])
                if not index[key]:
                    del index[key]
        if self.by_slug.get(record["slug"]) == record["id"]:
            del self.by_slug[record["slug"]]

    def with_sku(self, sku: str, *, but: int = 0) -> list[Record]:
        return [self.products[one] for one in sorted(self.by_sku.get(sku.lower(), ())) if one != but]

    def with_gtin(self, gtin: str, *, but: int = 0) -> list[Record]:
        return [self.products[one] for one in sorted(self.by_gtin.get(gtin, ())) if one != but]

    def free_slug(self, wish: str, *, but: int = 0) -> str:
        slug = wish = wish or "product"
        while self.by_slug.get(slug, but) != but:
            number = self.slug_suffixes[wish] = self.slug_suffixes.get(wish, 1) + 1
            slug = f"{wish}-{number}"
        return slug

    def children(self, parent_id: int) -> Iterator[Record]:
        return (self.products[one] for one in self.variations.get(parent_id, ()))

    def sizes(self) -> dict[str, int]:
        variants = sum(len(children) for children in self.variations.values())
        return {"products": len(self.products) - variants, "variants": variants}

    # --- snapshot -------------------------------------------------------------------------------------------------

    def freeze(self) -> dict[str, Any]:
        """JSON; the indexes are made anew by `thaw`."""
        return {
            "products": list(self.products.values()),
            "media": list(self.media.values()),
            "terms": {name: list(terms.values()) for name, terms in self.terms.items()},
            "attributes": list(self.attributes.values()),
            "webhooks": list(self.webhooks.values()),
            "numbers": self.numbers,
        }

    @classmethod
    def thaw(cls, host: str, settings: dict[str, Any], kept: dict[str, Any]) -> "Store":
        store = cls.new(host, settings)
        store.numbers = dict(kept["numbers"])
        store.media = {one["id"]: one for one in kept["media"]}
        store.terms = {name: {one["id"]: one for one in terms} for name, terms in kept["terms"].items()}
        store.attributes = {one["id"]: one for one in kept["attributes"]}
        store.webhooks = {one["id"]: one for one in kept["webhooks"]}
        for record in kept["products"]:
            store.put(record)
        return store


def moment(now: float) -> str:
    """A time of the simulator's clock as WordPress stores it: UTC, whole seconds."""
    return datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%S")
