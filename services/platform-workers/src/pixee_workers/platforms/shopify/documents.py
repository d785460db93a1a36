"""A mapped product made ready for this shop: ids put in, create-only values added, lists emptied that were sent before. Pure."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import orjson
from pydantic import JsonValue

from pixee_workers.platforms.shopify import mapping, wire
from pixee_workers.platforms.shopify.metafields import Metafield, key_metafield
from pixee_workers.platforms.shopify.translations import TRANSLATIONS
from pixee_workers.sync_base.items import Listing, ProductItem

KEYED = "keyed"
LISTS = "lists"
MEDIA = "media"
METAFIELDS = "metafields"
PUBLICATIONS = "publications"
"""Names in a product listing's `refs`: our key was written; lists that were sent; media ids by URL; digest of the attributes; GIDs
of the sales channels on which we published it.
"""

_OWNED_LISTS = ("tags", "collections", "files")


@dataclass(frozen=True, slots=True)
class ProductDocument:
    """What productSet is given. `sets`: metafields beside it, in groups (an update only: productSet would delete those of
    other apps). `new_media`: whether a picture is sent whose id is not known. `urls`: pictures in order.
    """

    identifier: dict[str, Any]
    input: dict[str, Any]
    sets: tuple[list[Metafield], ...] = ()
    refs: Mapping[str, JsonValue] = field(default_factory=dict)
    urls: tuple[str, ...] = ()
    new_media: bool = False


def product_document(
    item: ProductItem, values: Mapping[str, Any], collections: Sequence[str], location: str | None
) -> ProductDocument:
    """`collections`: ids, in the order of the names in `values`."""
    listing = item.listing
    known: Mapping[str, JsonValue] = listing.refs if listing is not None else {}
    media = cast("Mapping[str, str]", known.get(MEDIA) or {})
    given: dict[str, Any] = dict(values["input"])
    given["variants"] = _variants(item, given["variants"], media, location)
    urls = tuple(one["originalSource"] for one in given.get("files") or ())
    if urls:
        given["files"] = [_file(one, media) for one in given["files"]]
    if collections:
        given["collections"] = list(collections)
    sent = [name for name in _OWNED_LISTS if name in given]
    for name in cast("Sequence[str]", known.get(LISTS) or ()):
        given.setdefault(name, [])
    attributes: list[Metafield] = values["metafields"]
    digest = _digest(attributes)
    refs: dict[str, JsonValue] = {KEYED: True, LISTS: cast("JsonValue", sent), METAFIELDS: digest}
    refs |= {name: known[name] for name in (PUBLICATIONS, TRANSLATIONS) if name in known}
    if kept := {url: media[url] for url in urls if url in media}:
        refs[MEDIA] = cast("JsonValue", kept)
    key = key_metafield(item.product.key)
    new_media = any(url not in media for url in urls)
    if listing is None:
        given["metafields"] = [key, *attributes]
        custom = {"namespace": wire.KEY_NAMESPACE, "key": wire.KEY_NAME, "value": item.product.key}
        return ProductDocument({"customId": custom}, given, (), refs, urls, new_media)
    missing = [] if known.get(KEYED) else [key]
    missing += [] if known.get(METAFIELDS) == digest else attributes
    sets = _groups([{"ownerId": listing.external_id} | one for one in missing])
    return ProductDocument({"id": listing.external_id}, given, sets, refs, urls, new_media)


def variables_of(document: ProductDocument, *, later: bool) -> dict[str, Any]:
    """For `wire.push`."""
    variables: dict[str, Any] = {"identifier": document.identifier, "input": document.input}
    if not later:
        variables["variants"] = len(document.input["variants"])
        if document.new_media:
            variables["media"] = len(document.urls)
    return variables | {f"set{index}": group for index, group in enumerate(document.sets)}


def with_media(refs: Mapping[str, JsonValue], urls: Sequence[str], ids: Sequence[str]) -> dict[str, JsonValue]:
    """The refs with the media's ids: the shop lists them in the order in which they were sent. When the numbers differ it
    cannot be told which is which, and none is kept.
    """
    if not urls or len(urls) != len(ids):
        return dict(refs)
    return dict(refs) | {MEDIA: cast("JsonValue", dict(zip(urls, ids, strict=True)))}


def without_media(listing: Listing) -> Listing:
    """The shop lost a picture: all are sent again."""
    refs = {name: value for name, value in listing.refs.items() if name != MEDIA}
    return Listing(listing.external_id, listing.parent_external_id, refs)


def _variants(
    item: ProductItem, variants: Sequence[Mapping[str, Any]], media: Mapping[str, str], location: str | None
) -> list[dict[str, Any]]:
    by_sku = {one.variant.sku: one for one in item.variants}
    ready = []
    for values in variants:
        variant = by_sku[values["sku"]]
        given = dict(values)
        if "file" in given:
            given["file"] = _file(given["file"], media)
        if item.listing is not None and variant.listing is not None:
            given["id"] = variant.listing.external_id
        else:
            given |= mapping.create_only(variant, location)
        ready.append(given)
    return ready


def _file(given: Mapping[str, Any], media: Mapping[str, str]) -> dict[str, Any]:
    known = media.get(given["originalSource"])
    if known is None:
        return dict(given)
    return {"id": known} | ({"alt": given["alt"]} if "alt" in given else {})


def _groups(metafields: Sequence[Metafield]) -> tuple[list[Metafield], ...]:
    size = wire.METAFIELDS_PER_SET
    return tuple(list(metafields[start : start + size]) for start in range(0, len(metafields), size))


def _digest(attributes: Sequence[Metafield]) -> str | None:
    if not attributes:
        return None
    return hashlib.blake2b(orjson.dumps(attributes), digest_size=8).hexdigest()
