"""Attributes as metafields: a key the platform accepts, a type, and a value in one line. Pure."""

import hashlib
import re
from collections.abc import Iterable

import orjson

from pixee_common.domain.product import Attribute, Condition, Product, localized
from pixee_workers.platforms.shopify.wire import ATTRIBUTES, KEY_NAME, KEY_NAMESPACE, KEY_TYPE

_LONGEST_KEY = 64
_SHORTEST_KEY = 2
_DIGEST = 8
_UNFIT = re.compile(r"[^a-z0-9_-]+")

Metafield = dict[str, str]
"""namespace, key, type and value, as the platform's MetafieldInput has them."""


def key_metafield(key: str) -> Metafield:
    """The product's own key, by which it is found again."""
    return {"namespace": KEY_NAMESPACE, "key": KEY_NAME, "type": KEY_TYPE, "value": key}


def slug(code: str) -> str:
    """An attribute's code as a metafield key: 2 to 64 of a-z, 0-9, `_` and `-`; a digest where that would lose something."""
    plain = _UNFIT.sub("_", code.lower()).strip("_")
    if _SHORTEST_KEY <= len(plain) <= _LONGEST_KEY:
        return plain
    digest = hashlib.blake2b(code.encode(), digest_size=_DIGEST // 2).hexdigest()
    return f"{plain[: _LONGEST_KEY - _DIGEST - 1]}_{digest}"


def of_product(product: Product, locale: str | None) -> list[Metafield]:
    """The product's attributes, and its condition where it is not new."""
    found = of_attributes(product.attributes, locale)
    if product.condition is not Condition.NEW and all(one["key"] != "condition" for one in found):
        found.append(_metafield("condition", "single_line_text_field", product.condition.value))
    return found


def of_attributes(attributes: Iterable[Attribute], locale: str | None) -> list[Metafield]:
    """One metafield each; an attribute without a value in any language is left out, of two with one key the first stays."""
    found: dict[str, Metafield] = {}
    for attribute in attributes:
        tag = localized({tag: tag for tag in attribute.values}, locale)
        values = [line for value in attribute.values.get(tag or "", ()) if (line := " ".join(value.split()))]
        if not values:
            continue
        if attribute.unit:
            values = [f"{value} {attribute.unit}" for value in values]
        key = slug(attribute.code)
        if len(values) == 1:
            found.setdefault(key, _metafield(key, "single_line_text_field", values[0]))
        else:
            found.setdefault(key, _metafield(key, "list.single_line_text_field", orjson.dumps(values).decode()))
    return list(found.values())


def _metafield(key: str, kind: str, value: str) -> Metafield:
    return {"namespace": ATTRIBUTES, "key": key, "type": kind, "value": value}
