"""Price lists of markets. Setting `price_lists`: list of `{id, name?, currency}`; the fixed prices stand in the store.

A call is all or nothing (unverified); its currency must be the list's (sheet, "Push prices").
"""

from dataclasses import dataclass
from typing import Any

from pixee_simulators.shopify.context import Context
from pixee_simulators.shopify.gids import gid, number_of
from pixee_simulators.shopify.records import UserError, Variant

Given = dict[str, Any]


@dataclass(frozen=True, slots=True)
class PriceList:
    """As the query answers it: names are the published ones."""

    id: str
    name: str
    currency: str
    fixedPricesCount: int  # noqa: N815 - the published name


def found(context: Context, wanted: str) -> PriceList | None:
    """By GID."""
    for one in context.settings.get("price_lists", ()):
        if gid("PriceList", int(one["id"])) == wanted:
            held = context.store.fixed_prices.get(wanted, {})
            return PriceList(wanted, str(one.get("name", "Market")), str(one["currency"]), len(held))
    return None


def add_prices(context: Context, arguments: Given) -> Given:
    """The payload of priceListFixedPricesAdd."""
    there = found(context, arguments["priceListId"])
    if there is None:
        return _refused(UserError("PRICE_LIST_NOT_FOUND", ["priceListId"], "Price list not found."))
    written = []
    for index, given in enumerate(arguments["prices"]):
        variant = context.store.variants.get(number_of(given["variantId"], "ProductVariant") or 0)
        error = _fault(given, variant, there, ["prices", str(index)])
        if error is not None or variant is None:
            return _refused(error)
        written.append((variant, given))
    held = context.store.fixed_prices.setdefault(there.id, {})
    for variant, given in written:
        compare_at = given.get("compareAtPrice")
        held[variant.id] = (given["price"]["amount"], compare_at["amount"] if compare_at else None)
    context.work.commit("price", "updated", len(written))
    context.work.skus += [variant.sku for variant, _ in written if variant.sku]
    prices = [{**given, "variant": variant} for variant, given in written]
    return {"prices": prices, "userErrors": []}


def _fault(given: Given, variant: Variant | None, there: PriceList, path: list[str]) -> UserError | None:
    if variant is None:
        return UserError("VARIANT_NOT_FOUND", [*path, "variantId"], "Variant not found.")
    for name in ("price", "compareAtPrice"):
        if given.get(name) and given[name]["currencyCode"] != there.currency:
            message = f"The specified currency does not match the price list's currency ({there.currency})."
            return UserError("PRICE_LIST_CURRENCY_MISMATCH", [*path, name, "currencyCode"], message)
    return None


def _refused(error: UserError | None) -> Given:
    return {"prices": None, "userErrors": [error] if error is not None else []}
