"""WordPress' own check of arguments: what a single request is refused for and an item of a batch is not [live]."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pixee_simulators.woocommerce.errors import invalid_params, missing_params


@dataclass(frozen=True, slots=True)
class Argument:
    """`types`: WordPress names, any of which is enough."""

    types: tuple[str, ...]
    choices: tuple[str, ...] = ()
    least: int | None = None
    most: int | None = None

    def complaint(self, name: str, value: Any) -> tuple[str, str] | None:
        """Detail code and sentence, or None when the value will do."""
        if not any(_is(kind, value) for kind in self.types):
            return "rest_invalid_type", f"{name} is not of type {','.join(self.types)}."
        if self.choices and value not in self.choices:
            listed = f"{', '.join(self.choices[:-1])}, and {self.choices[-1]}"
            return "rest_not_in_enum", f"{name} is not one of {listed}."
        if self.least is not None or self.most is not None:
            return self._bounds(name, float(value))
        return None

    def _bounds(self, name: str, value: float) -> tuple[str, str] | None:
        if self.least is not None and self.most is not None and not self.least <= value <= self.most:
            return "rest_out_of_bounds", f"{name} must be between {self.least} (inclusive) and {self.most} (inclusive)"
        if self.least is not None and value < self.least:
            return "rest_out_of_bounds", f"{name} must be greater than or equal to {self.least}"
        return None


def check(arguments: Mapping[str, Argument], given: Mapping[str, Any], *, required: tuple[str, ...] = ()) -> None:
    """Raises `rest_missing_callback_param` or `rest_invalid_param` (400) naming every wrong argument."""
    if absent := [name for name in required if name not in given]:
        raise missing_params(absent)
    found = {
        name: complaint
        for name, argument in arguments.items()
        if name in given and (complaint := argument.complaint(name, given[name])) is not None
    }
    if found:
        raise invalid_params(found)


def _is(kind: str, value: Any) -> bool:
    """rest_validate_value_from_schema: numeric strings are numbers, "true" is a boolean, a scalar is a list of one."""
    if kind == "integer":
        return not isinstance(value, bool) and _number(value) is not None and float(_number(value) or 0).is_integer()
    if kind == "boolean":
        return isinstance(value, bool) or str(value).lower() in {"true", "false", "0", "1"}
    if kind == "string":
        return isinstance(value, str)
    if kind == "array":
        return isinstance(value, list | str)
    if kind == "object":
        return isinstance(value, dict)
    if kind == "null":
        return value is None
    return kind == "date-time" and _is_date(value)


def _is_date(value: Any) -> bool:
    try:
        datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return False
    return True


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


_STRING, _INTEGER, _BOOLEAN, _ARRAY = (Argument((kind,)) for kind in ("string", "integer", "boolean", "array"))
_DATE = Argument(("null", "string"))
_STATUSES = ("draft", "pending", "private", "publish", "future", "auto-draft", "trash")
_STOCK = Argument(("string",), ("instock", "outofstock", "onbackorder"))

SHARED: dict[str, Argument] = {
    **dict.fromkeys(("description", "sku", "global_unique_id", "regular_price", "sale_price", "weight"), _STRING),
    **dict.fromkeys(("tax_class", "shipping_class"), _STRING),
    **dict.fromkeys(("date_on_sale_from", "date_on_sale_from_gmt", "date_on_sale_to", "date_on_sale_to_gmt"), _DATE),
    **dict.fromkeys(("virtual", "downloadable"), _BOOLEAN),
    **dict.fromkeys(("stock_quantity", "menu_order", "download_limit", "download_expiry"), _INTEGER),
    **dict.fromkeys(("downloads", "attributes", "meta_data"), _ARRAY),
    "stock_status": _STOCK,
    "backorders": Argument(("string",), ("no", "notify", "yes")),
    "tax_status": Argument(("string",), ("taxable", "shipping", "none")),
    "low_stock_amount": Argument(("integer", "null")),
    "dimensions": Argument(("object",)),
}
PRODUCT: dict[str, Argument] = SHARED | {
    **dict.fromkeys(("name", "slug", "short_description", "external_url", "button_text", "purchase_note"), _STRING),
    **dict.fromkeys(("featured", "sold_individually", "reviews_allowed", "manage_stock"), _BOOLEAN),
    **dict.fromkeys(("upsell_ids", "cross_sell_ids", "categories", "brands", "tags", "images"), _ARRAY),
    "type": Argument(("string",), ("simple", "grouped", "external", "variable")),
    "status": Argument(("string",), _STATUSES),
    "catalog_visibility": Argument(("string",), ("visible", "catalog", "search", "hidden")),
    "parent_id": _INTEGER,
    "default_attributes": _ARRAY,
}
VARIATION: dict[str, Argument] = SHARED | {
    "status": Argument(("string",), ("draft", "pending", "private", "publish")),
    "manage_stock": Argument(("boolean", "string")),
    "image": Argument(("object",)),
    "gallery_image_ids": _ARRAY,
}
TERM: dict[str, Argument] = {
    **dict.fromkeys(("name", "slug", "description"), _STRING),
    **dict.fromkeys(("parent", "menu_order"), _INTEGER),
    "display": Argument(("string",), ("default", "products", "subcategories", "both")),
}
ATTRIBUTE: dict[str, Argument] = {
    **dict.fromkeys(("name", "slug"), _STRING),
    "type": Argument(("string",), ("select",)),
    "order_by": Argument(("string",), ("menu_order", "name", "name_num", "id")),
    "has_archives": _BOOLEAN,
}
WEBHOOK: dict[str, Argument] = {
    **dict.fromkeys(("name", "topic", "delivery_url", "secret"), _STRING),
    "status": Argument(("string",), ("active", "paused", "disabled")),
}
_LISTING: dict[str, Argument] = {
    "page": Argument(("integer",), least=1),
    "per_page": Argument(("integer",), least=1, most=100),
    "offset": _INTEGER,
    "order": Argument(("string",), ("asc", "desc")),
}
_DATES = dict.fromkeys(("after", "before", "modified_after", "modified_before"), Argument(("date-time",)))
_POSTS_ORDER = ("date", "id", "include", "title", "slug", "modified", "menu_order")
_PRODUCTS_ORDER = (*_POSTS_ORDER[:-1], "popularity", "rating", "post__in", "price", "sales", "menu_order", "random")
_LIST_STATUSES = ("any", "future", "trash", "draft", "pending", "private", "publish")
VARIATIONS_LIST: dict[str, Argument] = {
    **_LISTING,
    **_DATES,
    "orderby": Argument(("string",), _POSTS_ORDER),
    "status": Argument(("string",), _LIST_STATUSES),
    "stock_status": _STOCK,
    "dates_are_gmt": _BOOLEAN,
}
PRODUCTS_LIST: dict[str, Argument] = VARIATIONS_LIST | {
    "orderby": Argument(("string",), _PRODUCTS_ORDER),
    "type": Argument(("string",), ("simple", "grouped", "external", "variable")),
}
TERMS_LIST: dict[str, Argument] = _LISTING | {
    "orderby": Argument(("string",), ("id", "include", "name", "slug", "term_group", "description", "count")),
    "hide_empty": _BOOLEAN,
    "parent": _INTEGER,
}
WEBHOOKS_LIST: dict[str, Argument] = _LISTING | {
    "status": Argument(("string",), ("all", "active", "paused", "disabled")),
}
