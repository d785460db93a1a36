"""Manual collections: made by name, joined by products."""

from typing import Any

from pixee_simulators.shopify.context import Context
from pixee_simulators.shopify.gids import number_of
from pixee_simulators.shopify.records import Collection, UserError
from pixee_simulators.shopify.store import slug


def create(context: Context, given: dict[str, Any], argument: str) -> tuple[Collection | None, list[UserError]]:
    """CollectionCreate. Titles are not unique, handles are."""
    store = context.store
    title, handle = given.get("title") or "", given.get("handle")
    handles = {one.handle for one in store.collections.values()}
    if not title.strip():
        return None, [UserError(None, [argument, "title"], "Title can't be blank")]
    if handle is not None and handle in handles:
        return None, [UserError(None, [argument, "handle"], "Handle has already been taken")]
    wanted, number = slug(title), 0
    while handle is None:
        candidate = f"{wanted}-{number}" if number else wanted
        handle, number = (candidate if candidate not in handles else None), number + 1
    collection = Collection(store.new_id(), handle, title, given.get("descriptionHtml") or "", context.second)
    store.collections[collection.id] = collection
    for one in given.get("products") or ():
        product = store.products.get(number_of(one, "Product") or 0)
        if product is not None:
            product.collections.append(collection.id)
    store.version += 1
    return collection, []
