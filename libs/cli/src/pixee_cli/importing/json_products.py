"""A line of JSON that is a whole product, as `pixee_common.domain.product.Product` writes it."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from pixee_cli.importing.problems import RowRefused, Warned
from pixee_common.domain.gtin import gtin_is_valid
from pixee_common.domain.product import Product

_CODES = {"sku": "sku_invalid", "key": "key_invalid", "currency": "currency_unknown", "quantity": "quantity_not_whole"}
_PRICES = frozenset({"base_price", "compare_at_price", "cost"})


def is_product(cells: Mapping[str, Any]) -> bool:
    """Whether the object has variants, which a flat row never has."""
    return isinstance(cells.get("variants"), list)


def product_of(cells: Mapping[str, Any]) -> tuple[Product, set[Warned]]:
    """The product, and what was set aside for it.

    Raises:
        RowRefused: the first thing that keeps it from being one.
    """
    warned: set[Warned] = set()
    given = dict(cells)
    given["variants"] = [_variant(one, warned) for one in given["variants"]]
    if not given.get("names") and given["variants"]:
        key = given.get("key") or "?"
        given["names"] = {"und": f"Product {key}"}
        warned.add(Warned.NAME_FALLBACK)
    try:
        return Product.model_validate(given), warned
    except ValidationError as error:
        raise _refusal(error) from None


def _variant(one: Any, warned: set[Warned]) -> Any:
    if not isinstance(one, dict):
        return one
    ean = one.get("ean")
    if not isinstance(ean, str) or gtin_is_valid(ean):
        return one
    warned.add(Warned.EAN_SET_ASIDE)
    return {**one, "ean": None, "ean_given": ean or None}


def _refusal(error: ValidationError) -> RowRefused:
    first = error.errors(include_url=False)[0]
    path = ".".join(map(str, first["loc"]))
    name = str(first["loc"][-1]) if first["loc"] else ""
    message = first["msg"].removeprefix("Value error, ")
    if first["type"] == "missing" and name == "sku":
        return RowRefused("sku_missing", "the SKU is empty: every variant needs one", path)
    code = "price_out_of_range" if name in _PRICES else _CODES.get(name, "invalid")
    return RowRefused(code, f"{path}: {message}" if path else message, path or None)
