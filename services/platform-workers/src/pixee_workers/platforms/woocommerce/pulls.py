"""Pulling products, one page a call: by keyset, so that products made, changed or removed meanwhile are neither missed nor doubled.

* Full: ordered by id. WooCommerce cannot filter by id, so the page is taken by offset and begins with the last product of the page
  before; when another one stands there, something was removed, and the offset steps back. The last page tells how many there are.
* Since: ordered by time of change. The next page begins one second before the last change seen (times are whole seconds) and
  leaves out what was seen of that second. `dates_are_gmt` and times in UTC, else the shop would read its own time zone.

Variations need one more call for each variable product (the list gives only their ids), hence the modest page.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import cast

from pydantic import JsonValue

from pixee_common.domain.job import Operation
from pixee_common.egress import HttpAnswer
from pixee_workers.platforms.woocommerce.lookups import variations_of
from pixee_workers.platforms.woocommerce.manifest import MANIFEST
from pixee_workers.platforms.woocommerce.mapping import VARIABLE
from pixee_workers.platforms.woocommerce.pulled import moment_of, pulled_product
from pixee_workers.platforms.woocommerce.requests import read, rows_of
from pixee_workers.platforms.woocommerce.shop import category_paths
from pixee_workers.platforms.woocommerce.terms import CATEGORY, all_rows
from pixee_workers.platforms.woocommerce.wire import PRODUCTS, ProductRow
from pixee_workers.sync_base.calls import CallContext
from pixee_workers.sync_base.items import PulledProduct
from pixee_workers.sync_base.outcomes import PullPage

Cursor = Mapping[str, JsonValue]

PAGE = MANIFEST.capabilities[Operation.PULL_PRODUCTS].max_items
_OVERLAP = timedelta(seconds=MANIFEST.capabilities[Operation.PULL_PRODUCTS].overlap_seconds)
_SECOND = timedelta(seconds=1)
GROUPED = "grouped"
"""A type that only names other products: it has nothing to sell, and no pull brings it."""

_VARIATION_FIELDS = (
    "id,sku,global_unique_id,regular_price,sale_price,price,on_sale,manage_stock,stock_quantity,attributes,image"
)
_FIELDS = (
    f"{_VARIATION_FIELDS},type,status,name,description,images,categories,brands,meta_data,variations,date_modified_gmt"
)


async def pull(cursor: Cursor | None, since: datetime | None, context: CallContext) -> PullPage:
    """See `Adapter.pull`.

    Raises:
        PlatformFault: see `faults`; the page may be asked for again.
    """
    if since is None:
        return await _by_id(cursor or {"offset": 0, "last_id": 0, "left_out": 0}, context)
    start = (since.astimezone(UTC) - _OVERLAP).replace(tzinfo=None, microsecond=0).isoformat()
    return await _by_change(cursor or {"after": start, "page": 1, "seen": []}, context)


async def _by_id(cursor: Cursor, context: CallContext) -> PullPage:
    offset, last_id = cast("int", cursor["offset"]), cast("int", cursor["last_id"])
    left_out = cast("int", cursor.get("left_out", 0))
    answer = await read(
        context,
        PRODUCTS,
        {"per_page": PAGE, "offset": offset, "status": "any", "orderby": "id", "order": "asc", "_fields": _FIELDS},
        label="products page",
    )
    rows = cast("list[ProductRow]", rows_of(answer))
    shifted = last_id > 0 and offset > 0 and (not rows or rows[0]["id"] > last_id)
    following: dict[str, JsonValue] | None = None
    if shifted:
        rows, following = [], {"offset": max(0, offset - PAGE), "last_id": last_id, "left_out": left_out}
    fresh = [row for row in rows if row["id"] > last_id]
    left_out += sum(row.get("type") == GROUPED for row in fresh)
    if not shifted and len(rows) == PAGE:
        following = {"offset": offset + PAGE - 1, "last_id": max(last_id, rows[-1]["id"]), "left_out": left_out}
    total = _total(answer, left_out) if following is None else None
    return PullPage(await _pulled(fresh, context), following, _asked_at(answer, context), total=total)


async def _by_change(cursor: Cursor, context: CallContext) -> PullPage:
    after, page = cast("str", cursor["after"]), cast("int", cursor["page"])
    seen = set(cast("list[int]", cursor["seen"]))
    answer = await read(
        context,
        PRODUCTS,
        {
            "per_page": PAGE,
            "page": page,
            "status": "any",
            "modified_after": after,
            "dates_are_gmt": "true",
            "orderby": "modified",
            "order": "asc",
            "_fields": _FIELDS,
        },
        label="products page",
    )
    rows = cast("list[ProductRow]", rows_of(answer))
    fresh = [row for row in rows if row["id"] not in seen]
    following = _after(rows, after, page, seen) if len(rows) == PAGE else None
    return PullPage(await _pulled(fresh, context), following, _asked_at(answer, context))


def _after(rows: Sequence[ProductRow], after: str, page: int, seen: set[int]) -> dict[str, JsonValue]:
    """The cursor behind a full page. Where the whole page changed in one second it goes on by page number."""
    last = moment_of(rows[-1].get("date_modified_gmt"))
    before = datetime.fromisoformat(after).replace(tzinfo=UTC)
    bound = last - _SECOND if last else before
    if bound <= before:
        seen_so_far: list[JsonValue] = [*sorted(seen | {row["id"] for row in rows})]
        return {"after": after, "page": page + 1, "seen": seen_so_far}
    kept: list[JsonValue] = [row["id"] for row in rows if (moment_of(row.get("date_modified_gmt")) or bound) >= bound]
    return {"after": bound.replace(tzinfo=None).isoformat(), "page": 1, "seen": kept}


async def _pulled(rows: Sequence[ProductRow], context: CallContext) -> tuple[PulledProduct, ...]:
    paths: dict[int, tuple[str, ...]] = {}
    if any(row.get("categories") for row in rows):
        paths = category_paths(await all_rows(context, CATEGORY))
    products = []
    for row in rows:
        if row.get("type") == GROUPED:
            continue
        variations: list[ProductRow] = []
        if row.get("type") == VARIABLE and row.get("variations"):
            variations = await variations_of(str(row["id"]), context, fields=_VARIATION_FIELDS)
        products.append(pulled_product(row, variations, paths))
    return tuple(products)


def _total(answer: HttpAnswer, left_out: int) -> int | None:
    """Products of the shop as it is at the last page, less those that a pull leaves out. Hosts and caches may drop the header."""
    told = answer.headers.get("x-wp-total", "")
    return max(0, int(told) - left_out) if told.isdecimal() else None


def _asked_at(answer: HttpAnswer, context: CallContext) -> datetime:
    """The shop's clock, where its answer tells it."""
    try:
        return parsedate_to_datetime(answer.headers["date"])
    except (KeyError, ValueError):
        return context.now()
