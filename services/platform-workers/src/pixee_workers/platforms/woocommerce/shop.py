"""The shop itself: does it answer, may we write, in what currency and units does it think."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import cast
from urllib.parse import urlsplit

from pydantic import JsonValue

from pixee_common.domain.faults import FaultKind, FaultScope, PlatformFault
from pixee_common.domain.mapping import PATH_SEPARATOR
from pixee_common.domain.reasons import ReasonCode
from pixee_common.platforms.requirements import AttributeRequirement, Choice, Requirements
from pixee_workers.platforms.woocommerce.requests import address, json_of, read, rows_of, write
from pixee_workers.platforms.woocommerce.terms import ATTRIBUTE, CATEGORY, all_rows
from pixee_workers.platforms.woocommerce.wire import CURRENCY, PRODUCTS, PRODUCTS_BATCH, TAX_CLASSES, NamedRow, text
from pixee_workers.sync_base.calls import CallContext
from pixee_workers.sync_base.outcomes import TestReport

_CURRENCY_KEPT = timedelta(minutes=15)

_SETTINGS: Mapping[str, str] = {
    "prices_include_tax": "/settings/tax/woocommerce_prices_include_tax",
    "weight_unit": "/settings/products/woocommerce_weight_unit",
    "dimension_unit": "/settings/products/woocommerce_dimension_unit",
}


async def test(context: CallContext) -> TestReport:
    """Reads one product, then sends a batch of nothing: 200 and `[]` with the right to write, else 401.

    It is a POST because no GET tells whether a key may write, and a merchant is to learn that here, not from the first push (sheet,
    "Test connection"). Nothing is written by it.
    """
    await read(context, PRODUCTS, {"per_page": 1, "_fields": "id"}, label="products list")
    missing: tuple[str, ...] = ()
    try:
        await write(context, PRODUCTS_BATCH, {}, label=PRODUCTS_BATCH, safe=True)
    except PlatformFault as fault:
        if fault.reason is not ReasonCode.PERMISSION_MISSING:
            raise
        missing = ("write",)
    base = urlsplit(address(context.settings))
    identity = f"{base.netloc.lower()}{base.path}"
    return TestReport(
        shop_identity=identity,
        shop_name=identity,
        currency=await shop_currency(context),
        granted_scopes=("read",) if missing else ("read", "write"),
        missing_scopes=missing,
    )


async def describe(context: CallContext) -> Requirements:
    """Currency, tax mode, units, tax classes, categories (by path) and global attributes (by name).

    What the key's owner may not ask is left out.
    """
    currency = await shop_currency(context)
    settings = {name: await _setting(context, path) for name, path in _SETTINGS.items()}
    paths = sorted(set(category_paths(await all_rows(context, CATEGORY)).values()))
    joined = [PATH_SEPARATOR.join(path) for path in paths]
    names = dict.fromkeys(text(row["name"]) for row in await all_rows(context, ATTRIBUTE))
    return Requirements(
        categories=tuple(Choice(code=path, label=path) for path in joined),
        attributes=tuple(AttributeRequirement(code=name, label=name) for name in names if name),
        tax_classes=await _tax_classes(context),
        currencies=(currency,),
        open=("categories", "attributes"),
        facts={name: str(value) for name, value in settings.items() if value is not None},
    )


async def _tax_classes(context: CallContext) -> tuple[Choice, ...]:
    """By slug, as products name them."""
    try:
        rows = rows_of(await read(context, TAX_CLASSES, label="tax classes"))
    except PlatformFault as fault:
        if fault.kind in {FaultKind.REFUSED, FaultKind.CREDENTIALS}:
            return ()
        raise
    return tuple(Choice(code=str(row["slug"]), label=text(row.get("name"))) for row in rows if row.get("slug"))


async def shop_currency(context: CallContext) -> str:
    """What the shop sells in, asked at most every 15 minutes; the connector's setting where the shop does not tell.

    Raises:
        PlatformFault: neither is known.
    """
    kept = context.memory.get("currency:shop")
    if kept is not None:
        code, asked_at = cast("tuple[str, datetime]", kept)
        if context.now() - asked_at < _CURRENCY_KEPT:
            return code
    try:
        answer = await read(context, CURRENCY, label="currency")
        code = json_of(answer).get("code")
    except PlatformFault as fault:
        closed = fault.kind is FaultKind.REFUSED or fault.reason in {
            ReasonCode.PERMISSION_MISSING,
            ReasonCode.SHOP_GONE,
        }
        if not closed or context.settings.currency is None:
            raise
        return context.settings.currency
    if not isinstance(code, str) or len(code) != 3:
        raise PlatformFault(
            FaultKind.CONTRACT_BROKEN,
            FaultScope.CONNECTOR,
            ReasonCode.CONTRACT_BROKEN,
            "The shop does not tell its currency.",
        )
    context.memory["currency:shop"] = (code, context.now())
    return code


def category_paths(rows: list[NamedRow]) -> dict[int, tuple[str, ...]]:
    """The path of names from the root, by category id."""
    by_id = {row["id"]: row for row in rows}
    paths: dict[int, tuple[str, ...]] = {}
    for number in by_id:
        path: list[str] = []
        at: int = number
        while at in by_id and len(path) < len(by_id):
            path.insert(0, text(by_id[at]["name"]))
            at = by_id[at].get("parent") or 0
        paths[number] = tuple(path)
    return paths


async def _setting(context: CallContext, path: str) -> JsonValue:
    try:
        return cast("JsonValue", json_of(await read(context, path, label="settings")).get("value"))
    except PlatformFault as fault:
        if fault.kind in {FaultKind.REFUSED, FaultKind.CREDENTIALS}:
            return None
        raise
