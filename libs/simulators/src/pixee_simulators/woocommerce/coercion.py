"""What WooCommerce makes of values it should have refused (sheet, "Errors": batch items skip schema validation)."""

import re
from html import escape
from typing import Any

_NOT_PRICE = re.compile(r"[^0-9.\-]")
_NOT_GTIN = re.compile(r"[^0-9\-]")
_LEADING_INT = re.compile(r"\s*[+-]?\d+")
_NOT_SLUG = re.compile(r"[^a-z0-9]+")


def price(value: Any) -> str:
    """A decimal as text. A comma is thrown away, not read: "12,50" becomes "1250" [live]."""
    if value is None or isinstance(value, bool):
        return ""
    kept = _NOT_PRICE.sub("", str(value))
    return kept if any(char.isdigit() for char in kept) else ""


def integer(value: Any) -> int:
    """PHP's intval: "abc" is 0, "7.9" is 7 [live]."""
    if isinstance(value, bool | int | float):
        return int(value)
    found = _LEADING_INT.match(str(value)) if value is not None else None
    return int(found.group()) if found else 0


def boolean(value: Any) -> bool:
    """PHP's wc_string_to_bool: yes, true and 1 are true."""
    return value if isinstance(value, bool) else str(value).lower() in {"yes", "true", "1"}


def text(value: Any) -> str:
    return "" if value is None else str(value).strip()


def gtin(value: Any) -> str:
    """Only digits and hyphens survive: "ABC-123" becomes "-123" [live]."""
    return _NOT_GTIN.sub("", text(value))


def term_name(value: Any) -> str:
    """Names of terms are kept with HTML entities (sheet, pitfall 7), whether they came encoded or not."""
    return escape(text(value).replace("&amp;", "&"), quote=False)


def slug(value: Any) -> str:
    return _NOT_SLUG.sub("-", text(value).lower()).strip("-")


def objects(value: Any) -> list[dict[str, Any]]:
    """The objects of a list; anything else in it is passed over."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
