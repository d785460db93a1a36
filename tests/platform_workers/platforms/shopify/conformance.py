"""What the laws must know of Shopify."""

from decimal import Decimal
from typing import Any

from conformance.profile import Fetching, Profile, Results, Seen, Shop, by_sku, translated_attribute

_READ = """
query Read($after: String) { productVariants(first: 100, after: $after) { pageInfo { hasNextPage endCursor } nodes {
  id sku barcode price inventoryQuantity product { title status } } } }
"""
_CREATE = """
mutation Make($input: ProductSetInput!) { productSet(input: $input, synchronous: true) {
  product { id } userErrors { message } } }
"""
_DEFINE = """
mutation Define($d: MetafieldDefinitionInput!) { metafieldDefinitionCreate(definition: $d) { userErrors { code } } }
"""
_FIND = "query Find($q: String!) { productVariants(first: 5, query: $q) { nodes { product { id } } } }"
_DELETE = "mutation Delete($input: ProductDeleteInput!) { productDelete(input: $input) { userErrors { message } } }"
_KEY = {"namespace": "$app:pim", "key": "external_id", "type": "id"}


async def _ask(shop: Shop, query: str, variables: dict[str, Any]) -> dict[str, Any]:
    answer = await shop.http.post(
        f"{shop.url}/admin/api/2026-10/graphql.json",
        headers={**shop.headers, "X-Shopify-Access-Token": shop.credentials["access_token"]},
        json={"query": query, "variables": variables},
    )
    body = answer.json()
    assert "errors" not in body, body
    return body["data"]


async def read(shop: Shop) -> dict[str, Seen]:
    rows: list[tuple[str, Seen]] = []
    after = None
    while True:
        page = (await _ask(shop, _READ, {"after": after}))["productVariants"]
        for one in page["nodes"]:
            product = one["product"]
            seen = Seen(
                product["title"], Decimal(one["price"]), one["inventoryQuantity"], product["status"].lower(),
                one["barcode"], one["id"],
            )  # fmt: skip
            rows.append((one["sku"], seen))
        if not page["pageInfo"]["hasNextPage"]:
            return by_sku(rows)
        after = page["pageInfo"]["endCursor"]


async def remove(shop: Shop, sku: str) -> None:
    found = await _ask(shop, _FIND, {"q": f"sku:{sku}"})
    (product,) = {node["product"]["id"] for node in found["productVariants"]["nodes"]}
    gone = (await _ask(shop, _DELETE, {"input": {"id": product}}))["productDelete"]
    assert gone["userErrors"] == [], gone


async def occupy(shop: Shop, sku: str, key: str | None) -> str:
    wanted: dict[str, Any] = {
        "title": "Stands here already",
        "productOptions": [{"name": "Title", "values": [{"name": "Default Title"}]}],
        "variants": [{"optionValues": [{"optionName": "Title", "name": "Default Title"}], "sku": sku, "price": "1.00"}],
    }
    if key is not None:
        definition = {**_KEY, "name": "PIM id", "ownerType": "PRODUCT"}
        await _ask(shop, _DEFINE, {"d": definition})
        wanted["metafields"] = [{**_KEY, "value": key}]
    made = (await _ask(shop, _CREATE, {"input": wanted}))["productSet"]
    assert made["userErrors"] == [], made
    return made["product"]["id"]


def _forget(simulator: Any, host: str) -> None:
    simulator.shops[host].state.store.bulks.clear()


def _lose(simulator: Any, host: str) -> None:
    """Result files live for a week."""
    for bulk in simulator.shops[host].state.store.bulks.values():
        bulk.done_at -= 8 * 86_400.0


_EVERY_LINE = (
    'a result has a line for every line of the file, known by its number (sheet, section "Push products": bulk path)'
)
_RESULTS = Results(
    silent=_EVERY_LINE,
    silent_but_done=_EVERY_LINE,
    strangers=_EVERY_LINE,
    half={"bulk_fails": 1, "bulk_error": "INTERNAL_SERVER_ERROR"},
    nothing='nobody but us cancels an operation, and none is ended before it begins (sheet, section "Push products": bulk path)',
    turning='what a line of a result says is done, and Shopify takes nothing back (sheet, section "Push products")',
    forget=_forget,
    lose=_lose,
)
PROFILE = Profile(
    host="laws.myshopify.com",
    credentials={"access_token": "shpat_0123456789abcdefcanary"},
    settings={"shop_domain": "laws.myshopify.com"},
    shop={
        "currency": "EUR",
        "planted_errors": [{"operation": "productSet", "match": "Refuse me", "code": "INVALID_PRODUCT"}],
    },
    wrong={"access_token": "shpat_another"},
    elsewhere={"shop_domain": "laws.example.com"},
    refused={"names": {"en": "Refuse me"}},
    fetching=Fetching(
        {"client_id": "0123456789abcdef", "client_secret": "shpss_0123456789abcdefcanary"},
        path="/admin/oauth/access_token",
        lives=86_399,
    ),
    read=read,
    occupy=occupy,
    remove=remove,
    demand=translated_attribute(),
    results=_RESULTS,
    limits={"maximumAvailable": 50_000, "restoreRate": 50_000},
)
