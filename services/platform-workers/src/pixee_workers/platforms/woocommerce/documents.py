"""Words plus the shop's ids: the documents that are really sent, and the listings that their answers make.

`images`, `attributes`, `categories`, `tags` and `brands` replace what the shop has. So a list that is empty in the catalog is not
sent: what the merchant filed by hand in the shop stays. Attributes are always sent, they are ours.

Every `src` that is sent becomes a new file in the shop's media library; `refs["images"]` keeps url → id, and ids go out later.
"""

from collections.abc import Mapping

from pydantic import JsonValue

from pixee_workers.platforms.woocommerce.mapping import new_price, new_stock
from pixee_workers.platforms.woocommerce.terms import TermIds
from pixee_workers.platforms.woocommerce.wire import (
    Document,
    ImageRow,
    ImageWords,
    OptionWords,
    ProductRow,
    ProductWords,
    VariationWords,
)
from pixee_workers.sync_base.items import Listing, PushVariant

IMAGES = "images"
"""The key in a listing's refs: picture URL to media id."""


def product_document(words: ProductWords, ids: TermIds, media: Mapping[str, int]) -> Document:
    """An update's document, without its id."""
    document = dict(words["document"])
    categories = [ids.categories[tuple(path)] for path in words["categories"] if tuple(path) in ids.categories]
    if categories:
        document["categories"] = [{"id": number} for number in dict.fromkeys(categories)]
    if words["brand"] and words["brand"] in ids.brands:
        document["brands"] = [{"id": ids.brands[words["brand"]]}]
    tags = [ids.tags[tag] for tag in words["tags"] if tag in ids.tags]
    if tags:
        document["tags"] = [{"id": number} for number in dict.fromkeys(tags)]
    if words["images"]:
        document["images"] = [image_document(image, media) for image in words["images"]]
    document["attributes"] = [
        *(_attribute(option, place, ids, variation=True) for place, option in enumerate(words["options"])),
        *(
            {"name": one["name"], "position": place, "visible": True, "variation": False, "options": one["values"]}
            for place, one in enumerate(words["attributes"], len(words["options"]))
        ),
    ]
    return document


def variation_document(words: VariationWords, ids: TermIds, media: Mapping[str, int]) -> Document:
    """A variation's document for an update, without its id."""
    document = dict(words["document"])
    document["attributes"] = [
        {**_named(name, ids), "option": value.replace("|", "/")} for name, value in words["options"].items()
    ]
    if words["image"] is not None:
        document["image"] = image_document(words["image"], media)
    return document


def for_create(document: Document, variant: PushVariant) -> Document:
    """The same with what only a create carries: price and quantity."""
    return {**document, **new_price(variant.price), **new_stock(variant.quantity)}


def image_document(image: ImageWords, media: Mapping[str, int]) -> Document:
    """A picture by its media id where the shop has it, else by its address."""
    known = media.get(image["src"])
    document: Document = {"src": image["src"]} if known is None else {"id": known}
    return {**document, "alt": image["alt"]} if image["alt"] else document


def media_of(listing: Listing | None) -> dict[str, int]:
    """What a listing remembers of pictures."""
    kept = listing.refs.get(IMAGES) if listing is not None else None
    return {url: number for url, number in kept.items() if isinstance(number, int)} if isinstance(kept, dict) else {}


def media_in(row: ProductRow, words: list[ImageWords]) -> dict[str, int]:
    """Picture URL to media id, read from an answer: the shop keeps the order, so positions tell."""
    image = row.get("image")
    rows: list[ImageRow] = row.get("images") or ([image] if image else [])
    if len(rows) != len(words):
        return {}
    return {sent["src"]: got["id"] for sent, got in zip(words, rows, strict=True) if got.get("id")}


def refs_with(media: Mapping[str, int]) -> dict[str, JsonValue]:
    """Refs of a listing that remembers these pictures."""
    return {IMAGES: dict(media)} if media else {}


def _named(name: str, ids: TermIds) -> Document:
    number = ids.attributes.get(name)
    return {"name": name} if number is None else {"id": number}


def _attribute(option: OptionWords, place: int, ids: TermIds, *, variation: bool) -> Document:
    values = [value.replace("|", "/") for value in option["values"]]
    return {
        **_named(option["name"], ids),
        "position": place,
        "visible": True,
        "variation": variation,
        "options": values,
    }
