"""Which of the shop's values the catalog takes over. Pure.

A field counts as changed at the shop only if it differs from what the shop had when we last looked, so that the shop's own
normalising (it trims, it rewrites HTML) is no change. Where we never looked, or have written since, texts are
compared with the catalog's own without markup and spacing, figures as figures; categories are only remembered. Pictures are taken
only when a pull creates the product: what a shop shows of a known one are its own copies of ours, at addresses that change.
A value of ours that is newer and not sent yet, is being sent, or was sent after the page was asked for, stands.
"""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pixee_common.domain.product import UNDETERMINED_LOCALE, ProductStatus, localized
from pixee_orchestrator.catalog.pulls.facts import Facts, KnownProduct, KnownVariant
from pixee_orchestrator.catalog.pulls.pages import PulledProduct, PulledVariant, amount, decimal_text

__all__ = [
    "FIGURES_OF",
    "Aspect",
    "changed_fields",
    "content_seen",
    "content_taken",
    "figures_seen",
    "is_hidden",
    "is_ours",
    "seen_of_product",
    "seen_of_variant",
    "variant_figures",
]

JsonObject = dict[str, Any]
_TAGS = re.compile(r"<[^>]*>")
_REMEMBERED_ONLY = frozenset({"categories"})
FIGURES_OF = {"push_prices": ("price", "compare_at_price"), "push_stock": ("quantity",)}
"""The fields of a variant that an operation writes."""


@dataclass(frozen=True, slots=True)
class Aspect:
    """What one operation sends of one item: its version and who changed it last."""

    operation: str
    item: UUID
    version: int
    origin: str


def seen_of_product(pulled: PulledProduct) -> JsonObject:
    """The shop's values of a product by field, without what it did not say."""
    values = {
        "title": None if pulled.borrowed_title else pulled.title,
        "description": pulled.description,
        "brand": pulled.brand,
        "status": pulled.status or None,
        "categories": [list(path) for path in pulled.categories],
    }
    return {name: value for name, value in values.items() if value is not None}


def seen_of_variant(pulled: PulledVariant) -> JsonObject:
    """The shop's figures of a variant by field, without what it did not say."""
    price, compare_at = amount(pulled.price), amount(pulled.compare_at_price)
    values: JsonObject = {"quantity": pulled.quantity}
    values["price"] = None if price is None else decimal_text(price)
    values["compare_at_price"] = None if compare_at is None else decimal_text(compare_at)
    return {name: value for name, value in values.items() if value is not None}


def changed_fields(shop: JsonObject, seen: JsonObject | None, ours: JsonObject) -> set[str]:
    """The fields that were changed at the shop. `ours` holds the catalog's values for the fields that can be compared."""
    known = seen or {}
    return {
        name for name, value in shop.items() if (known[name] != value if name in known else _differs(name, value, ours))
    }


def is_outdated(facts: Facts, item: UUID, operation: str) -> bool:
    """Whether we have written since we last looked: what the shop had then is no measure, a person may set it back to just that.

    A write whose answer was lost counts as none: the shop may have the old value still, and that is nobody's change.
    """
    at = facts.seen_at.get(item)
    _, sent_at = facts.sent.get((item, operation), (0, None))
    if at is None or sent_at is None or (item, operation) in facts.unsure:
        return False
    return sent_at > at


def content_seen(known: KnownProduct, facts: Facts, locale: str | None, *, written: bool = False) -> JsonObject:
    """What the shop had of a product when we last looked, but for what we have written since (`written`: or are about to).

    A push leaves alone what the catalog does not say, and categories come back by paths that are the shop's own.
    """
    item: UUID = known.row["id"]
    seen = facts.seen.get(item, {})
    if not written and not is_outdated(facts, item, "push_products"):
        return seen
    ours = content_of(known, locale)
    return {name: value for name, value in seen.items() if ours.get(name) is None}


def figures_seen(facts: Facts, item: UUID) -> JsonObject:
    """The same of a variant's figures."""
    old = {name for operation, names in FIGURES_OF.items() if is_outdated(facts, item, operation) for name in names}
    return {name: value for name, value in facts.seen.get(item, {}).items() if name not in old}


def is_ours(aspect: Aspect, facts: Facts, *, connector: UUID, requested_at: datetime) -> bool:
    """Whether the catalog's value stands against the shop's."""
    if (aspect.operation, aspect.item) in facts.open_writes:
        return True
    sent = facts.sent.get((aspect.item, aspect.operation))
    if sent is None:
        return False
    version, sent_at = sent
    newer = aspect.version > version and aspect.origin != f"pull:{connector}"
    return newer or (sent_at is not None and sent_at > requested_at)


def content_of(known: KnownProduct, locale: str | None) -> JsonObject:
    """The catalog's values of a product by the field names of a pull."""
    content: Mapping[str, Any] = known.row["content"]
    return {
        "title": localized(content["names"], locale),
        "description": localized(content.get("descriptions") or {}, locale),
        "brand": content.get("brand"),
        "status": content.get("status"),
    }


def content_taken(known: KnownProduct, pulled: PulledProduct, facts: Facts, locale: str | None) -> JsonObject | None:
    """The product's content with what the shop changed; null when that changes nothing."""
    shop = seen_of_product(pulled)
    ours = content_of(known, locale)
    fields = changed_fields(shop, content_seen(known, facts, locale), ours)
    content: JsonObject = dict(known.row["content"])
    if "title" in fields and pulled.title.strip():
        content["names"] = _put(content["names"], locale, pulled.title)
    if "description" in fields and pulled.description is not None:
        content["descriptions"] = _put(content.get("descriptions") or {}, locale, pulled.description)
    if "brand" in fields:
        content["brand"] = pulled.brand
    if "status" in fields and pulled.status in set(ProductStatus):
        content["status"] = pulled.status
    if "categories" in fields:
        content["categories"] = [list(path) for path in pulled.categories]
    return content if content != known.row["content"] else None


def variant_figures(known: KnownVariant) -> JsonObject:
    """The catalog's figures of a variant by the field names of a pull."""
    row = known.row
    values: JsonObject = {
        "price": None if row["base_price"] is None else decimal_text(row["base_price"]),
        "compare_at_price": None if row["compare_at_price"] is None else decimal_text(row["compare_at_price"]),
        "quantity": sum(known.stock.values()) if known.stock else None,
    }
    return values


def is_hidden(pulled: PulledVariant, known: KnownVariant, facts: Facts) -> bool:
    """Whether there is none because the product is not for sale: so a shop without states keeps it from being bought."""
    product = facts.products.get(known.row["product_id"])
    status = product.row["content"].get("status") if product is not None else None
    return pulled.quantity == 0 and status not in {None, ProductStatus.ACTIVE}


def _differs(name: str, value: object, ours: JsonObject) -> bool:
    return name not in _REMEMBERED_ONLY and _plain(value) != _plain(ours.get(name))


def _put(texts: Mapping[str, str], locale: str | None, text: str) -> dict[str, str]:
    """The text in the place that a push to this shop reads it from."""
    place = next((tag for tag, old in texts.items() if old == localized(texts, locale)), None)
    return {**texts, place or locale or UNDETERMINED_LOCALE: text}


def _plain(value: object) -> object:
    if not isinstance(value, str):
        return value
    return " ".join(html.unescape(_TAGS.sub(" ", value)).split()) or None
