"""pull_products: pages of products in the order of their last change; of many products by a bulk query (`bulk_pulls`).

The quantity is Shopify's sum over all its locations. No list goes deeper than 25,000 objects, so a pull begins a new window at the
last change seen before it comes there. What changes while we read comes again at the end.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from pydantic import JsonValue

from pixee_common.egress import HttpAnswer
from pixee_workers.platforms.shopify import bulk_pulls, cost, wire
from pixee_workers.platforms.shopify.manifest import BULK_FROM
from pixee_workers.platforms.shopify.pulled import Filter, product_of
from pixee_workers.platforms.shopify.requests import ask
from pixee_workers.sync_base.calls import CallContext
from pixee_workers.sync_base.items import PulledProduct
from pixee_workers.sync_base.outcomes import PullPage

OVERLAP = timedelta(seconds=120)
"""The search index lags behind writes by seconds (sheet, "Pitfalls")."""

_WINDOW = 24_000
_NODE_POINTS = 2 + 2 * wire.PULL_MEDIA + 3 * wire.PULL_VARIANTS + 1
_MORE_VARIANTS = 150
_SIZE_POINTS = 2
_BULK = "bulk"

Cursor = Mapping[str, JsonValue]


async def pull(cursor: Cursor | None, since: datetime | None, context: CallContext) -> PullPage:
    """One page. Cursor: `floor` (time of change from which the window reads, or null), `after`, `read` (products so far in the
    window); or that of `bulk_pulls`.
    """
    if cursor is None:
        return await _first(_stamp(since - OVERLAP) if since is not None else None, context)
    if cursor.get("way") == _BULK:
        page = await bulk_pulls.pull(cursor, context)
        return page if page is not None else await _page(_window(cursor.get("floor")), context)
    return await _page(cursor, context)


async def _first(floor: str | None, context: CallContext) -> PullPage:
    """How many are to be read decides the way."""
    query = Filter(floor).text if floor else None
    data, answer = await ask(context, "productsCount", wire.PULL_SIZE, {"q": query}, cost=_SIZE_POINTS)
    if data["productsCount"]["count"] < BULK_FROM:
        return await _page(_window(floor), context)
    cursor = bulk_pulls.begun(floor, data["shop"]["name"], _requested_at(answer, context))
    page = await bulk_pulls.pull(cursor, context)
    return page if page is not None else await _page(_window(floor), context)


def _window(floor: JsonValue) -> dict[str, JsonValue]:
    return {"floor": floor, "after": None, "read": 0}


async def _page(cursor: Cursor, context: CallContext) -> PullPage:
    floor = cursor.get("floor")
    only = Filter(str(floor)) if floor else None
    variables = {"after": cursor.get("after"), "q": only.text if only else None}
    points = 1 + cost.connection(wire.PULL_PRODUCTS, _NODE_POINTS)
    data, answer = await ask(context, "products", wire.PULL, variables, cost=points)
    page = data["products"]
    products = tuple([await _product(node, context, data["shop"]["name"]) for node in page["nodes"]])
    if only is not None:
        for one in products:
            only.check(one)
    return PullPage(products, _next(cursor, page), _requested_at(answer, context))


def _next(cursor: Cursor, page: Mapping[str, Any]) -> dict[str, JsonValue] | None:
    if not page["pageInfo"]["hasNextPage"]:
        return None
    read = int(str(cursor.get("read") or 0)) + len(page["nodes"])
    last = page["nodes"][-1]["updatedAt"]
    if read >= _WINDOW and last != cursor.get("floor"):
        return {"floor": last, "after": None, "read": 0}
    return {"floor": cursor.get("floor"), "after": page["pageInfo"]["endCursor"], "read": read}


async def _product(node: Mapping[str, Any], context: CallContext, shop_name: str) -> PulledProduct:
    variants = list(node["variants"]["nodes"])
    page = node["variants"]
    while page["pageInfo"]["hasNextPage"]:
        variables = {"id": node["id"], "after": page["pageInfo"]["endCursor"]}
        points = 1 + cost.connection(_MORE_VARIANTS, 3)
        data, _ = await ask(context, "productVariants", wire.PULL_MORE_VARIANTS, variables, cost=points)
        if data.get("product") is None:
            break
        page = data["product"]["variants"]
        variants += page["nodes"]
    return product_of(node, variants, node["media"]["nodes"], shop_name)


def _requested_at(answer: HttpAnswer, context: CallContext) -> datetime:
    """The platform's clock at the answer, less the time that the answer took."""
    try:
        moment = parsedate_to_datetime(answer.headers["date"])
    except (KeyError, ValueError):
        return context.now()
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment - timedelta(seconds=answer.elapsed)


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
