"""A shop's contents as plain JSON and back, so that it survives a restart."""

from typing import Any

from pixee_simulators.shopify.idempotency import Attempt
from pixee_simulators.shopify.records import (
    Bulk,
    Collection,
    Definition,
    Item,
    Level,
    Location,
    Media,
    Metafield,
    Operation,
    Option,
    OptionValue,
    Product,
    Staged,
    Translation,
    UserError,
    Variant,
)
from pixee_simulators.shopify.store import Store

Plain = dict[str, Any]


def frozen(store: Store) -> Plain:
    """Records are left to orjson, which knows dataclasses; indexes are rebuilt."""
    return {
        "products": list(store.products.values()),
        "media": list(store.media.values()),
        "collections": list(store.collections.values()),
        "locations": list(store.locations.values()),
        "definitions": store.definitions,
        "operations": list(store.operations.values()),
        "bulks": list(store.bulks.values()),
        "staged": store.staged,
        "fixed_prices": store.fixed_prices,
        "attempts": store.attempts,
        "tokens": store.tokens,
        "refresh_tokens": store.refresh_tokens,
        "replaced": store.replaced,
        "spent": store.spent,
        "next_id": store.next_id,
    }


def thawed(kept: Plain) -> Store:
    """The inverse."""
    store = Store(next_id=kept["next_id"], tokens=dict(kept["tokens"]))
    store.refresh_tokens, store.spent = list(kept.get("refresh_tokens", ())), list(kept.get("spent", ()))
    store.replaced = dict(kept.get("replaced", {}))
    store.media = {one["id"]: Media(**one) for one in kept["media"]}
    store.collections = {one["id"]: Collection(**one) for one in kept["collections"]}
    store.locations = {one["id"]: Location(**one) for one in kept["locations"]}
    store.definitions = [Definition(**one) for one in kept["definitions"]]
    store.operations = {one["id"]: _operation(one) for one in kept["operations"]}
    store.bulks = {one["id"]: Bulk(**one) for one in kept.get("bulks", ())}
    store.staged = {key: Staged(**one) for key, one in kept.get("staged", {}).items()}
    store.fixed_prices = {
        name: {int(number): (amount, compare_at) for number, (amount, compare_at) in prices.items()}
        for name, prices in kept.get("fixed_prices", {}).items()
    }
    store.pending = {one.id for one in store.operations.values() if not one.done}
    store.attempts = {key: Attempt(**one) for key, one in kept["attempts"].items()}
    for one in kept["products"]:
        store.index(_product(one))
    return store


def _product(one: Plain) -> Product:
    one["options"] = [_option(option) for option in one["options"]]
    one["variants"] = [_variant(variant) for variant in one["variants"]]
    one["metafields"] = [Metafield(**metafield) for metafield in one["metafields"]]
    one["translations"] = [Translation(**translation) for translation in one.get("translations", ())]
    return Product(**one)


def _option(one: Plain) -> Option:
    return Option(one["id"], one["name"], [OptionValue(**value) for value in one["values"]])


def _variant(one: Plain) -> Variant:
    item = one["item"]
    item["levels"] = {int(number): Level(**level) for number, level in item["levels"].items()}
    one["item"] = Item(**item)
    one["metafields"] = [Metafield(**metafield) for metafield in one["metafields"]]
    return Variant(**one)


def _operation(one: Plain) -> Operation:
    one["errors"] = [UserError(**error) for error in one["errors"]]
    return Operation(**one)
