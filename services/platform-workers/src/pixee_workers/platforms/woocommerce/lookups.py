"""What the shop already has for a product: by SKU in lists of a hundred, then by EAN one by one.

Our key stands in the meta row `_pixee_id`; WooCommerce cannot search by it, so it only tells whether a hit is ours.

* A hit by SKU that carries another product's key is not ours. One that carries no key is the merchant's and is adopted.
* A hit by EAN counts only when it carries our key or none: two products of a catalog may share an EAN.
* A product that would have to change its nature (a lone variation, a simple product for one of many variants) without carrying
  our key is a candidate for a person to decide.

`global_unique_id` is no declared argument: a shop that ignores it answers with everything, so every hit is compared.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import cast
from urllib.parse import quote, urlsplit
from uuid import UUID

from pixee_workers.platforms.woocommerce.documents import refs_with
from pixee_workers.platforms.woocommerce.mapping import is_variable, parent_sku
from pixee_workers.platforms.woocommerce.requests import read, rows_of
from pixee_workers.platforms.woocommerce.wire import PER_PAGE, PRODUCTS, ProductRow, key_of, variations
from pixee_workers.sync_base.calls import CallContext
from pixee_workers.sync_base.items import Listing, ProductItem
from pixee_workers.sync_base.outcomes import Found, Linked

_FIELDS = "id,sku,type,parent_id,status,global_unique_id,meta_data,images"
_LONGEST_LIST = 3500
"""Bytes of SKUs in one address; web servers commonly take 8 kB in all."""
_EANS_TRIED = 3
"""Variants of one product that are looked up by EAN."""


async def find(items: Sequence[ProductItem], context: CallContext) -> Mapping[UUID, Found | None]:
    """See `Adapter.find`.

    Raises:
        PlatformFault: see `faults`.
    """
    claimed: set[str] = set()
    results = await _found_by_sku(items, context, claimed, trashed=False)
    hidden = [item for item in items if results[item.id] is None and _trash_key(item) in context.memory]
    if hidden:
        results |= await _found_by_sku(hidden, context, claimed, trashed=True)
    if context.settings.extra.get("match_by_ean", "yes") == "no":
        return results
    for item in items:
        if results[item.id] is None:
            rows = [row for row in await _rows_by_ean(item, context) if not _targets([row]) & claimed]
            results[item.id] = _found(item, rows)
            claimed.update(_targets(rows))
    return results


def look_in_trash(item: ProductItem, context: CallContext) -> None:
    """The shop reserves this product's SKU for something in its trash: from now on `find` looks there too."""
    context.memory[_trash_key(item)] = True


def _trash_key(item: ProductItem) -> str:
    return f"trashed:{item.product.key}"


async def _found_by_sku(
    items: Sequence[ProductItem], context: CallContext, claimed: set[str], *, trashed: bool
) -> dict[UUID, Found | None]:
    by_sku: dict[str, list[ProductRow]] = {}
    for row in await _rows_by_sku((sku for item in items for sku in _skus(item)), context, trashed):
        by_sku.setdefault(row.get("sku", "").casefold(), []).append(row)
    results: dict[UUID, Found | None] = {}
    for item in items:
        rows = [row for sku in _skus(item) for row in by_sku.get(sku.casefold(), ())]
        results[item.id] = _found(item, rows)
        claimed.update(_targets(rows))
    return results


async def variations_of(
    product_id: str, context: CallContext, *, fields: str = "id,sku,attributes"
) -> list[ProductRow]:
    """All variations of one product, with what tells them apart or with the named fields.

    Raises:
        PlatformFault: see `faults`.
    """
    rows: list[ProductRow] = []
    page = 1
    while True:
        parameters: dict[str, str | int] = {
            "per_page": PER_PAGE,
            "page": page,
            "orderby": "id",
            "order": "asc",
            "_fields": fields,
        }
        answer = await read(context, variations(product_id), parameters, label="variations list")
        got = cast("list[ProductRow]", rows_of(answer))
        rows += got
        if len(got) < PER_PAGE:
            return rows
        page += 1


def _skus(item: ProductItem) -> list[str]:
    own = [entry.variant.sku for entry in item.variants]
    return [parent_sku(item.product), *own] if is_variable(item.product) else own


async def _rows_by_sku(skus: Iterable[str], context: CallContext, trashed: bool) -> list[ProductRow]:
    rows: dict[int, ProductRow] = {}
    for listed in _lists(list(dict.fromkeys(skus))):
        wanted = {sku.casefold() for sku in listed}
        argument = "search_sku" if "," in listed[0] else "sku"
        parameters: dict[str, str | int] = {argument: ",".join(listed), "per_page": PER_PAGE, "_fields": _FIELDS}
        if trashed:
            parameters["status"] = "trash"
        answer = await read(context, PRODUCTS, parameters, label="products by sku")
        for row in cast("list[ProductRow]", rows_of(answer)):
            if row.get("sku", "").casefold() in wanted:
                rows[row["id"]] = row
    return list(rows.values())


def _lists(skus: Sequence[str]) -> list[list[str]]:
    """Lists that fit into an address. A SKU with a comma goes alone, to the search by part of a SKU: the list parts at commas."""
    lists: list[list[str]] = []
    size = _LONGEST_LIST
    for sku in skus:
        length = len(quote(sku)) + 1
        if "," in sku:
            lists.insert(0, [sku])
            continue
        if size + length > _LONGEST_LIST or len(lists[-1]) == PER_PAGE:
            lists.append([])
            size = 0
        lists[-1].append(sku)
        size += length
    return lists


async def _rows_by_ean(item: ProductItem, context: CallContext) -> list[ProductRow]:
    eans = list(dict.fromkeys(entry.variant.ean for entry in item.variants if entry.variant.ean))[:_EANS_TRIED]
    for ean in eans:
        parameters: dict[str, str | int] = {"global_unique_id": ean, "per_page": PER_PAGE, "_fields": _FIELDS}
        answer = await read(context, PRODUCTS, parameters, label="products by ean")
        rows = [
            row
            for row in cast("list[ProductRow]", rows_of(answer))
            if row.get("global_unique_id") == ean and key_of(row.get("meta_data")) in {None, item.product.key}
        ]
        if rows:
            return rows
    return []


def _target(row: ProductRow) -> str:
    """The product that a row stands for: a variation stands for its parent."""
    return str(row["parent_id"] if _is_variation(row) else row["id"])


def _targets(rows: Iterable[ProductRow]) -> set[str]:
    return {_target(row) for row in rows}


def _is_variation(row: ProductRow) -> bool:
    return row.get("type") == "variation" and bool(row.get("parent_id"))


def _found(item: ProductItem, rows: Sequence[ProductRow]) -> Found | None:
    if not rows:
        return None
    key = item.product.key
    keyed = [row for row in rows if key_of(row.get("meta_data")) == key]
    foreign = [row for row in rows if key_of(row.get("meta_data")) not in {None, key}]
    if len(_targets(keyed)) == 1:
        target = _targets(keyed).pop()
        return Found(_linked(item, target, [row for row in rows if _target(row) == target]))
    targets = tuple(sorted(_targets(rows), key=int))
    if len(targets) > 1:
        return Found(Linked(), ours=not foreign, candidates=targets)
    if foreign:
        return Found(Linked(product=Listing(targets[0])), ours=False)
    variable = is_variable(item.product)
    if any(_is_variation(row) != variable and row.get("type") != "variable" for row in rows):
        return Found(Linked(), candidates=targets)
    return Found(_linked(item, targets[0], rows))


def _linked(item: ProductItem, target: str, rows: Sequence[ProductRow]) -> Linked:
    own = next((row for row in rows if str(row["id"]) == target), None)
    product = Listing(target, refs=refs_with(_media_by_name(item, own)) if own else {})
    if not is_variable(item.product):
        return Linked(product, {item.variants[0].id: product})
    listings = {}
    for entry in item.variants:
        fitting = [row for row in rows if _is_variation(row) and _fits(row, entry.variant.sku, entry.variant.ean)]
        if len(fitting) == 1:
            listings[entry.id] = Listing(str(fitting[0]["id"]), parent_external_id=target)
    return Linked(product, listings)


def _fits(row: ProductRow, sku: str, ean: str | None) -> bool:
    return row.get("sku", "").casefold() == sku.casefold() or (ean is not None and row.get("global_unique_id") == ean)


def _media_by_name(item: ProductItem, row: ProductRow) -> dict[str, int]:
    """Pictures that the shop took from us before, told by their file names (WordPress appends a number to a double).

    Only for a product that carries our key: it spares a second upload after an answer was lost.
    """
    if key_of(row.get("meta_data")) != item.product.key:
        return {}
    media: dict[str, int] = {}
    for url in (one.url for one in (*item.product.media, *item.product.variants[0].media)):
        pattern = re.compile(re.escape(_stem(url)) + r"(-\d+)?(-scaled)?")
        hits = [image["id"] for image in row.get("images") or () if pattern.fullmatch(_stem(image.get("src", "")))]
        if len(hits) == 1 and _stem(url):
            media[url] = hits[0]
    return media


def _stem(url: str) -> str:
    return urlsplit(url).path.rsplit("/", 1)[-1].rpartition(".")[0].casefold()
