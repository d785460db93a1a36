"""pull_products: by searching listings in the order of their last change; a shop too large for that, by a report.

A search shows at most 1,000 results however it is paged (sheet, "Pull products"). So it goes on behind the last change seen, never
behind a number of pages: what moves while we read comes again at the end, nothing is skipped. Windows with more than 1,000 are
halved. Where that does not help (more than 1,000 in one second, or everything is asked for), Amazon makes a report of all listings.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, cast

from pydantic import JsonValue

from pixee_common.egress import HttpAnswer
from pixee_workers.platforms.amazon_sp_api import reports
from pixee_workers.platforms.amazon_sp_api.families import products_of
from pixee_workers.platforms.amazon_sp_api.listings import items_of, moment, summary_of
from pixee_workers.platforms.amazon_sp_api.manifest import ITEMS, SEARCH
from pixee_workers.platforms.amazon_sp_api.marketplaces import marketplace_of
from pixee_workers.platforms.amazon_sp_api.requests import ask, contract_broken, seller_path
from pixee_workers.sync_base.calls import CallContext
from pixee_workers.sync_base.outcomes import PullPage

OVERLAP = timedelta(seconds=120)
_MOST_FOUND = 1000
_SMALLEST_WINDOW = timedelta(seconds=1)
INCLUDED = (
    "summaries",
    "attributes",
    "offers",
    "fulfillmentAvailability",
    "relationships",
    "productTypes",
)


async def pull(cursor: Mapping[str, JsonValue] | None, since: datetime | None, context: CallContext) -> PullPage:
    """One page. Cursor of a search: `after` and `before` (moments, or null), `seen` (SKUs of the page before that were changed
    at `after`), `token` where a whole page was changed at one moment. Cursor of a report: see `reports`.
    """
    if cursor is not None and "report" in cursor:
        return await reports.pull(cursor, context)
    if cursor is None:
        floor = None if since is None else _stamp(since - OVERLAP)
        cursor = {"after": floor, "before": None, "seen": [], "token": None}
    told, answer = await ask(context, "GET", seller_path(context.settings), label=SEARCH, query=_query(cursor, context))
    at = requested_at(answer, context)
    items = items_of(told)
    if int(told.get("numberOfResults") or 0) > _MOST_FOUND:
        narrower = _narrower(cursor, max(at, context.now()))
        return PullPage((), narrower, at) if narrower is not None else await reports.begin(context, at)
    after = moment(cursor.get("after"))
    place = marketplace_of(context.settings).id
    if after is not None and any((_changed(one, place) or after) < after for one in items):
        raise contract_broken("listings changed before the time asked for: the filter was not understood")
    seen = set(cast("list[str]", cursor.get("seen") or []))
    fresh = [one for one in items if one["sku"] not in seen]
    products = await products_of(fresh, context, INCLUDED)
    return PullPage(products, _next(cursor, items, told, place), at)


def requested_at(answer: HttpAnswer, context: CallContext) -> datetime:
    """Amazon's clock at the answer, less the time that the answer took."""
    try:
        told = parsedate_to_datetime(answer.headers["date"])
    except (KeyError, ValueError):
        return context.now()
    return (told if told.tzinfo else told.replace(tzinfo=UTC)) - timedelta(seconds=answer.elapsed)


def _query(cursor: Mapping[str, JsonValue], context: CallContext) -> dict[str, str]:
    query = {
        "marketplaceIds": marketplace_of(context.settings).id,
        "sortBy": "lastUpdatedDate",
        "sortOrder": "ASC",
        "pageSize": str(ITEMS),
        "includedData": ",".join(INCLUDED),
    }
    named = {"lastUpdatedAfter": "after", "lastUpdatedBefore": "before", "pageToken": "token"}
    return query | {name: str(cursor[key]) for name, key in named.items() if cursor.get(key)}


def _narrower(cursor: Mapping[str, JsonValue], now: datetime) -> dict[str, JsonValue] | None:
    """The first half of the window; null where it cannot be halved."""
    after, before = moment(cursor.get("after")), moment(cursor.get("before")) or now
    if after is None or before - after <= _SMALLEST_WINDOW:
        return None
    return {
        "after": _stamp(after),
        "before": _stamp(after + (before - after) / 2),
        "seen": cursor["seen"],
        "token": None,
    }


def _next(
    cursor: Mapping[str, JsonValue],
    items: Sequence[Mapping[str, Any]],
    told: Mapping[str, Any],
    place: str,
) -> dict[str, JsonValue] | None:
    token = (told.get("pagination") or {}).get("nextToken")
    if not token:
        before = cursor.get("before")
        # A window that was halved is read; the next one begins where it ended and is open again.
        return (
            None
            if before is None
            else {"after": before, "before": None, "seen": _at(items, str(before), place), "token": None}
        )
    last = _changed(items[-1], place)
    if last is None or _stamp(last) == cursor.get("after"):
        return {**cursor, "token": str(token)}
    stamp = _stamp(last)
    return {"after": stamp, "before": cursor.get("before"), "seen": _at(items, stamp, place), "token": None}


def _at(items: Sequence[Mapping[str, Any]], stamp: str, place: str) -> list[JsonValue]:
    return [one["sku"] for one in items if (changed := _changed(one, place)) is not None and _stamp(changed) == stamp]


def _changed(item: Mapping[str, Any], place: str) -> datetime | None:
    return moment(summary_of(item, place).get("lastUpdatedDate"))


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
