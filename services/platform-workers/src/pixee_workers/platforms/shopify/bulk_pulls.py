"""pull_products of a large shop: one bulk query, then its file in parts.

Shopify makes the file in the background (not counted against the points), the pull waits for it page by page. Of the file each page
asks for the bytes behind the last product that was read, so nothing is kept between pages and any worker can go on. What changes
after the operation began comes with the next incremental pull, whose beginning is this one's.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import orjson
from pydantic import JsonValue

from pixee_workers.platforms.shopify import bulk, wire
from pixee_workers.platforms.shopify.bulk import Bulk, Next
from pixee_workers.platforms.shopify.manifest import BULK_PAGE
from pixee_workers.platforms.shopify.pulled import Filter, product_of
from pixee_workers.platforms.shopify.requests import contract_broken
from pixee_workers.sync_base.calls import CallContext
from pixee_workers.sync_base.items import PulledProduct
from pixee_workers.sync_base.outcomes import PullPage
from pixee_workers.sync_base.upload_contract import FileContext

_POLL_SECONDS = 10.0
_BUSY_SECONDS = 30.0
_TRIES = 3
"""So many operations are begun for one pull before it reads page by page."""
_PART = 512 * 1024
_LONGEST_GROUP = 64 * 1024 * 1024
_PARENT = "__parentId"
_VARIANT, _IMAGE = "gid://shopify/ProductVariant/", "gid://shopify/MediaImage/"

Cursor = Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class _Part:
    """Whole products of the file. `end`: the offset behind the last of them."""

    products: tuple[Mapping[str, Any], ...]
    end: int


def begun(floor: str | None, shop_name: str, at: datetime) -> dict[str, JsonValue]:
    """The cursor of a pull that will be done in bulk. `at`: when what it reads was asked for."""
    return {"way": "bulk", "floor": floor, "shop": shop_name, "at": at.isoformat(), "tries": 0}


async def pull(cursor: Cursor, context: CallContext) -> PullPage | None:
    """One page; None: bulk does not do it, page by page it may.

    Cursor: `floor`, `shop` (its name), `at`, `tries`, then `bulk` (the operation) and `offset` (bytes read).
    """
    operation = cursor.get("bulk")
    if operation is None:
        return await _start(cursor, context)
    found = await bulk.look(str(operation), context)
    match found.next:
        case None:
            return await _read(cursor, found, context)
        case Next.WAIT:
            return _wait(cursor, _POLL_SECONDS)
        case Next.AGAIN if _tries(cursor) < _TRIES:
            return _on({**cursor, "bulk": None, "offset": 0})
        case _:
            return None


async def _start(cursor: Cursor, context: CallContext) -> PullPage:
    floor = cursor.get("floor")
    query = wire.bulk_products(Filter(str(floor)).text if floor else None)
    started = await bulk.start_query(query, context)
    if isinstance(started, Next):
        return _wait(cursor, _BUSY_SECONDS)
    return _on({**cursor, "bulk": started, "offset": 0, "tries": _tries(cursor) + 1})


async def _read(cursor: Cursor, found: Bulk, context: CallContext) -> PullPage:
    at = _at(cursor)
    if found.url is None:
        return PullPage((), None, at, total=0)
    offset = int(str(cursor.get("offset") or 0))
    part = await _part(found, offset, context)
    products = tuple(_product(node, cursor) for node in part.products)
    following = {**cursor, "offset": part.end} if part.end < found.size else None
    return PullPage(products, following, at, total=found.roots)


async def _part(found: Bulk, offset: int, context: CallContext) -> _Part:
    """From `offset` on at most a page of products; a larger part is asked for where the first product is longer."""
    size = _PART
    while size <= _LONGEST_GROUP:
        # Every context of the engine can read files; the contract types it for uploads alone.
        reader = cast("FileContext", context)
        span = range(offset, min(offset + size, found.size))
        async with reader.download(found.url or "", label="bulkFile", spend={}, span=span) as file:
            begins = 0 if "content-range" in file.headers else offset
            part = _whole_products(file.path, begins, offset, ends=span.stop >= found.size)
        if part.products:
            return part
        size *= 4
    raise contract_broken("a product in the bulk file has no end")


def _whole_products(path: Path, begins: int, offset: int, *, ends: bool) -> _Part:
    """`begins`: where in the file on disk the part begins; `ends`: the part holds the end of the platform's file."""
    products: list[dict[str, Any]] = []
    place = start = offset
    for raw in _lines(path, begins):
        if not raw.endswith(b"\n") and not ends:
            break
        line = _json(raw)
        if _PARENT in line:
            _adopt(products, line)
        else:
            if len(products) == BULK_PAGE:
                return _Part(tuple(products), place)
            start = place
            products.append(line | {"variants": [], "media": []})
        place += len(raw)
    else:
        if ends:
            return _Part(tuple(products), place)
    # Of the last product more may follow.
    return _Part(tuple(products[:-1]), start)


def _lines(path: Path, begins: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(begins)
        yield from file


def _json(raw: bytes) -> dict[str, Any]:
    try:
        line = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise contract_broken("a line of the bulk file is no JSON") from None
    if not isinstance(line, dict) or not isinstance(line.get("id"), str):
        raise contract_broken("a line of the bulk file has no id")
    return line


def _adopt(products: list[dict[str, Any]], line: dict[str, Any]) -> None:
    """A child stands right behind its parent, because the query asked for groups."""
    if not products or products[-1]["id"] != line[_PARENT]:
        raise contract_broken("a line of the bulk file stands apart from its product")
    if line["id"].startswith(_VARIANT):
        products[-1]["variants"].append(line)
    elif line["id"].startswith(_IMAGE):
        products[-1]["media"].append(line)


def _product(node: Mapping[str, Any], cursor: Cursor) -> PulledProduct:
    product = product_of(node, node["variants"], node["media"][: wire.PULL_MEDIA], str(cursor["shop"]))
    floor = cursor.get("floor")
    if floor:
        Filter(str(floor)).check(product)
    return product


def _on(cursor: Cursor) -> PullPage:
    """An empty page: what was begun is kept at once, whatever happens to this worker."""
    return PullPage((), dict(cursor), _at(cursor))


def _wait(cursor: Cursor, seconds: float) -> PullPage:
    return PullPage((), dict(cursor), _at(cursor), wait_seconds=seconds)


def _at(cursor: Cursor) -> datetime:
    return datetime.fromisoformat(str(cursor["at"]))


def _tries(cursor: Cursor) -> int:
    return int(str(cursor.get("tries") or 0))
