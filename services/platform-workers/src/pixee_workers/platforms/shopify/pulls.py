"""pull_products: pages of products in the order of their last change.

The quantity is Shopify's sum over all its locations. No list goes deeper than 25,000 objects, so a pull begins a new window at the
last change seen before it comes there. What changes while we read comes again at the end.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from pydantic import JsonValue

from pixee_common.egress import HttpAnswer
from pixee_workers.platforms.shopify import cost, wire
from pixee_workers.platforms.shopify.requests import ask, contract_broken
from pixee_workers.platforms.shopify.stock import INVENTORY_ITEM
from pixee_workers.sync_base.calls import CallContext
from pixee_workers.sync_base.items import PulledProduct, PulledVariant
from pixee_workers.sync_base.outcomes import PullPage

OVERLAP = timedelta(seconds=120)
"""The search index lags behind writes by seconds (sheet, "Pitfalls")."""

_WINDOW = 24_000
_STATES = {"ACTIVE": "active", "UNLISTED": "active", "DRAFT": "draft", "ARCHIVED": "archived"}
_NODE_POINTS = 2 + 2 * wire.PULL_MEDIA + 3 * wire.PULL_VARIANTS + 1
_MORE_VARIANTS = 150


async def pull(cursor: Mapping[str, JsonValue] | None, since: datetime | None, context: CallContext) -> PullPage:
    """One page. Cursor: `floor` (time of change from which the window reads, or null), `after`, `read` (products so far in the
    window).
    """
    if cursor is None:
        cursor = {"floor": _stamp(since - OVERLAP) if since is not None else None, "after": None, "read": 0}
    floor = cursor.get("floor")
    query = _filter(str(floor)) if floor else None
    points = 1 + cost.connection(wire.PULL_PRODUCTS, _NODE_POINTS)
    data, answer = await ask(context, "products", wire.PULL, {"after": cursor.get("after"), "q": query}, cost=points)
    page = data["products"]
    products = tuple([await _product(node, context, data["shop"]["name"]) for node in page["nodes"]])
    if floor and any(one.updated_at is None or one.updated_at < _moment(str(floor)) for one in products):
        raise contract_broken("products changed before the time asked for: the filter was not understood")
    return PullPage(products, _next(cursor, page), _requested_at(answer, context))


def _filter(floor: str) -> str:
    return f"updated_at:>='{floor}'"


def _next(cursor: Mapping[str, JsonValue], page: Mapping[str, Any]) -> dict[str, JsonValue] | None:
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
    # A product without options has the one option "Title", which nobody chose.
    options = tuple(one["name"] for one in node["options"])
    plain = len(variants) == 1 and _is_default(variants[0])
    pictures = [one for one in node["media"]["nodes"] if (one.get("image") or {}).get("url")]
    return PulledProduct(
        external_id=node["id"],
        our_key=(node.get("ourKey") or {}).get("value"),
        title=node["title"],
        description=node["descriptionHtml"],
        # Shopify puts the shop's own name where nobody named a vendor.
        brand=node["vendor"] if node["vendor"] != shop_name else None,
        status=_STATES.get(node["status"], "draft"),
        updated_at=_moment(node["updatedAt"]),
        variants=tuple(_variant(one, plain=plain) for one in variants),
        options=() if plain else options,
        images=tuple(one["image"]["url"] for one in pictures),
    )


def _variant(node: Mapping[str, Any], *, plain: bool) -> PulledVariant:
    return PulledVariant(
        external_id=node["id"],
        sku=node["sku"] or None,
        ean=node["barcode"] or None,
        options={} if plain else {one["name"]: one["value"] for one in node["selectedOptions"]},
        price=node["price"],
        compare_at_price=node["compareAtPrice"],
        quantity=node["inventoryQuantity"],
        refs={INVENTORY_ITEM: node["inventoryItem"]["id"]},
    )


def _is_default(node: Mapping[str, Any]) -> bool:
    return [(one["name"], one["value"]) for one in node["selectedOptions"]] == [("Title", "Default Title")]


def _requested_at(answer: HttpAnswer, context: CallContext) -> datetime:
    """The platform's clock at the answer, less the time that the answer took."""
    try:
        moment = parsedate_to_datetime(answer.headers["date"])
    except (KeyError, ValueError):
        return context.now()
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment - timedelta(seconds=answer.elapsed)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
