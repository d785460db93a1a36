"""Sales channels and what is published on them. Setting `publications`: list of `{id?, name, auto?}`, default "Online Store".

A new product is on the `auto` ones by itself (sheet, "Push products": stores may auto-publish).
"""

from typing import Any

from pixee_simulators.shopify.context import Context
from pixee_simulators.shopify.gids import gid, number_of
from pixee_simulators.shopify.pages import Page, page, sort
from pixee_simulators.shopify.planted import planted
from pixee_simulators.shopify.records import Product, Publication, UserError
from pixee_simulators.shopify.wire import Fields, attribute

_FIRST = 71_000_001
Given = dict[str, Any]


def there(context: Context) -> dict[int, Publication]:
    """Of the shop, by number."""
    listed = context.settings.get("publications", [{"name": "Online Store"}])
    every = [
        Publication(int(one.get("id", _FIRST + index)), str(one["name"]), bool(one.get("auto", False)))
        for index, one in enumerate(listed)
    ]
    return {one.id: one for one in every}


def listed(context: Context, arguments: Given) -> Page[Publication]:
    return page(sort(list(there(context).values()), lambda one: (one.id, one.id)), arguments)


def automatic(context: Context) -> list[int]:
    """On which a new product is by itself."""
    return [one.id for one in there(context).values() if one.auto]


def publish(
    context: Context, product_gid: str, wanted: list[Given], *, there: bool
) -> tuple[Product | None, list[UserError]]:
    """Put it on these channels, or take it from them; all or none."""
    product = context.store.products.get(number_of(product_gid, "Product") or 0)
    if product is None:
        return None, [UserError(None, ["id"], "Publishable does not exist")]
    if found := planted(context, "publish", {product.title, *(one.sku or "" for one in product.variants)}):
        return None, [found]
    numbers = []
    for index, one in enumerate(wanted):
        number = number_of(one.get("publicationId") or "", "Publication")
        if number not in _known(context):
            return None, [UserError(None, ["input", str(index), "publicationId"], "Publication does not exist")]
        numbers.append(int(number or 0))
    if there:
        product.publications += [one for one in numbers if one not in product.publications]
    else:
        product.publications = [one for one in product.publications if one not in numbers]
    context.work.commit("product", "updated")
    return product, []


def _known(context: Context) -> set[int | None]:
    return set(there(context))


PUBLICATION: Fields = {
    "autoPublish": attribute("auto"),
    "id": lambda one, _info: gid("Publication", one.id),
    "name": attribute("name"),
}
