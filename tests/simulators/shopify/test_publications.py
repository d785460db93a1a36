"""Sales channels: listed, published to, left; scopes."""

from __future__ import annotations

from typing import Any

from simulators.shopify.conftest import Shop, simple

LIST = "{ publications(first: 10) { nodes { id name autoPublish } } }"
PUBLISH = """mutation P($id: ID!, $input: [PublicationInput!]!) { publishablePublish(id: $id, input: $input) {
  publishable { ... on Product { id } } shop { name } userErrors { field message } } }"""
LEAVE = """mutation L($id: ID!, $input: [PublicationInput!]!) { publishableUnpublish(id: $id, input: $input) {
  userErrors { field message } } }"""
ON = "query On($id: ID!, $on: ID!) { product(id: $id) { publishedOnPublication(publicationId: $on) } }"


async def channels(shop: Shop) -> dict[str, str]:
    nodes = (await shop.data(LIST))["publications"]["nodes"]
    return {one["name"]: one["id"] for one in nodes}


async def is_on(shop: Shop, product: str, channel: str) -> bool:
    return (await shop.data(ON, id=product, on=channel))["product"]["publishedOnPublication"]


async def changed(shop: Shop, document: str, product: str, *channels: str) -> Any:
    data = await shop.data(document, id=product, input=[{"publicationId": one} for one in channels])
    return next(iter(data.values()))


async def test_a_product_is_published_and_leaves(shop: Shop):
    product, (store,) = (await shop.made(simple()))["id"], (await channels(shop)).values()
    assert not await is_on(shop, product, store)
    payload = await changed(shop, PUBLISH, product, store)
    assert (payload["userErrors"], payload["publishable"]["id"]) == ([], product)
    assert await is_on(shop, product, store)
    assert (await changed(shop, LEAVE, product, store))["userErrors"] == []
    assert not await is_on(shop, product, store)


async def test_some_channels_take_new_products_by_themselves(shop: Shop):
    await shop.settings(publications=[{"name": "Online Store", "auto": True}, {"name": "Point of Sale"}])
    product, there = (await shop.made(simple()))["id"], await channels(shop)
    assert [await is_on(shop, product, there[name]) for name in ("Online Store", "Point of Sale")] == [True, False]


async def test_what_does_not_exist_is_named_and_nothing_is_done(shop: Shop):
    product, (store,) = (await shop.made(simple()))["id"], (await channels(shop)).values()
    (error,) = (await changed(shop, PUBLISH, product, store, "gid://shopify/Publication/1"))["userErrors"]
    assert error["field"] == ["input", "1", "publicationId"]
    assert not await is_on(shop, product, store)
    (error,) = (await changed(shop, PUBLISH, "gid://shopify/Product/1", store))["userErrors"]
    assert error["field"] == ["id"]


async def test_channels_need_their_scopes(shop: Shop):
    await shop.settings(scopes=["write_products"])
    answer = await shop.ask(LIST)
    assert answer["errors"][0]["extensions"]["code"] == "ACCESS_DENIED"
