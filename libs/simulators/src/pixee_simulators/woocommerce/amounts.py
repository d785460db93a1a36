"""Prices and stock: the silent rules that decide what a shop really stores (sheet, "Push stock", "Push prices")."""

from typing import Any

from pixee_simulators.woocommerce import coercion
from pixee_simulators.woocommerce.store import Record, Store

_SALE_DATES = ("date_on_sale_from", "date_on_sale_to")
_STOCK_STATUSES = frozenset({"instock", "outofstock", "onbackorder"})
_BACKORDERS = frozenset({"no", "notify", "yes"})


def write_prices(record: Record, body: Record, store: Store) -> None:
    """A sale price that is not below the regular price is dropped without a word, whichever of them was sent [live]."""
    if record["type"] == "variable":
        record["regular_price"] = record["sale_price"] = ""
        return
    for name in ("regular_price", "sale_price"):
        if name in body:
            record[name] = coercion.price(body[name])
    for name in _SALE_DATES:
        if name in body:
            local = body[name]
            record[f"{name}_gmt"] = store.utc(str(local).removesuffix("Z")) if local else None
        if f"{name}_gmt" in body:
            gmt = body[f"{name}_gmt"]
            record[f"{name}_gmt"] = str(gmt).removesuffix("Z") if gmt else None
    sale = record["sale_price"]
    if sale and _number(sale) >= _number(record["regular_price"]):
        record["sale_price"] = ""


def price_of(record: Record, now: str) -> str:
    """The computed price: the sale price while the sale runs, else the regular one."""
    return str(record["sale_price"] if on_sale(record, now) else record["regular_price"])


def on_sale(record: Record, now: str) -> bool:
    start, end = record["date_on_sale_from_gmt"], record["date_on_sale_to_gmt"]
    return bool(record["sale_price"]) and (not start or start <= now) and (not end or now <= end)


def write_stock(record: Record, body: Record) -> None:
    """Quantity rules while stock is managed; else quantity is forgotten and `stock_status` rules [live]."""
    if "manage_stock" in body:
        record["manage_stock"] = body["manage_stock"] != "parent" and coercion.boolean(body["manage_stock"])
    if body.get("backorders") in _BACKORDERS:
        record["backorders"] = body["backorders"]
    if body.get("stock_status") in _STOCK_STATUSES:
        record["stock_status"] = body["stock_status"]
    if "low_stock_amount" in body:
        low = body["low_stock_amount"]
        record["low_stock_amount"] = None if low in (None, "") else coercion.integer(low)
    if not record["manage_stock"]:
        record["stock_quantity"] = None
        return
    quantity = record["stock_quantity"] or 0
    if body.get("stock_quantity") is not None:
        quantity = coercion.integer(body["stock_quantity"])
    elif "inventory_delta" in body:
        quantity += coercion.integer(body["inventory_delta"])
    record["stock_quantity"] = quantity
    short = "outofstock" if record["backorders"] == "no" else "onbackorder"
    record["stock_status"] = "instock" if quantity > 0 else short


def managed_by_parent(record: Record, parent: Record | None) -> bool:
    """A variation without own stock shows its parent's, as `manage_stock: "parent"`."""
    return parent is not None and not record["manage_stock"] and bool(parent["manage_stock"])


def _number(price: Any) -> float:
    try:
        return float(price)
    except ValueError:
        return 0.0
