"""Lists, search and its trap, cursors, media, single records."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import Shop, colours, simple

PAGE = """query Page($first: Int, $after: String, $query: String, $sortKey: ProductSortKeys, $reverse: Boolean) {
  products(first: $first, after: $after, query: $query, sortKey: $sortKey, reverse: $reverse) {
    pageInfo { hasNextPage endCursor } nodes { title } } }"""
VARIANTS = "query V($query: String) { productVariants(first: 50, query: $query) { nodes { sku } } }"


@pytest.fixture
async def filled(shop: Shop) -> Shop:
    """Seven products, a minute apart."""
    for number in range(7):
        given = simple(number, title=f"Mug {number}", status="DRAFT" if number == 6 else "ACTIVE")
        given["variants"][0]["barcode"] = f"400000000000{number}"
        await shop.made(given)
        shop.advance(60)
    return shop


async def titles(shop: Shop, **arguments: Any) -> list[str]:
    found = await shop.data(PAGE, **({"first": 50} | arguments))
    return [node["title"][-1] for node in found["products"]["nodes"]]


async def walk(shop: Shop, **arguments: Any) -> list[str]:
    """All pages of two."""
    seen: list[str] = []
    after = None
    while True:
        products = (await shop.data(PAGE, first=2, after=after, **arguments))["products"]
        seen += [node["title"][-1] for node in products["nodes"]]
        after = products["pageInfo"]["endCursor"]
        if not products["pageInfo"]["hasNextPage"]:
            return seen


async def test_pages_follow_each_other_in_both_directions(filled: Shop):
    assert await walk(filled) == list("0123456")
    assert await walk(filled, reverse=True) == list("6543210")
    assert await walk(filled, sortKey="UPDATED_AT") == list("0123456")


async def test_a_product_changed_while_pages_are_read_moves_to_the_end(filled: Shop):
    products = (await filled.data(PAGE, first=3, sortKey="UPDATED_AT"))["products"]
    found = await filled.data('{ products(first: 1, query: "sku:SKU-1") { nodes { id } } }')
    await filled.made({"title": "Mug 1"}, {"id": found["products"]["nodes"][0]["id"]})
    rest = await titles(filled, sortKey="UPDATED_AT", after=products["pageInfo"]["endCursor"])
    assert rest == list("34561")


async def test_since_a_date_means_that_second_and_later(filled: Shop):
    found = await filled.data("{ products(first: 50) { nodes { updatedAt } } }")
    third = found["products"]["nodes"][3]["updatedAt"]
    assert await titles(filled, query=f"updated_at:>='{third}'") == list("3456")
    assert await titles(filled, query=f"updated_at:>'{third}'") == list("456")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("sku:'SKU-1' OR sku:'SKU-4'", "14"),
        ("sku:sku-2", "2"),
        ("barcode:'4000000000003'", "3"),
        ("status:draft", "6"),
        ("status:active AND (sku:'SKU-1' OR sku:'SKU-6')", "1"),
        ("title:'Mug 5'", "5"),
        ("NOT status:active", "6"),
        ("-status:active", "6"),
        ("sku:SKU*", "0123456"),
        ("sku:'none'", ""),
    ],
)
async def test_the_search_syntax(filled: Shop, query: str, found: str):
    assert await titles(filled, query=query) == list(found)


@pytest.mark.parametrize("query", ["ean:'4000000000003'", "sku:a:b", "nonsense:1 AND other:2"])
async def test_what_the_search_does_not_know_is_ignored_and_everything_comes(filled: Shop, query: str):
    assert await titles(filled, query=query) == list("0123456")


async def test_an_unknown_field_beside_a_known_one_is_dropped_alone(filled: Shop):
    assert await titles(filled, query="ean:'1' OR sku:'SKU-2'") == ["2"]


async def test_a_product_is_found_by_its_id_number(filled: Shop):
    found = await filled.data("{ products(first: 3) { nodes { legacyResourceId } } }")
    number = found["products"]["nodes"][2]["legacyResourceId"]
    assert await titles(filled, query=f"id:{number}") == ["2"]
    assert await titles(filled, query=f"id:>{number}") == list("3456")


async def test_variants_are_searched_in_one_go(filled: Shop):
    query = " OR ".join(f"sku:'SKU-{number}'" for number in range(0, 200, 2))
    found = await filled.data(VARIANTS, query=query)
    assert [node["sku"] for node in found["productVariants"]["nodes"]] == ["SKU-0", "SKU-2", "SKU-4", "SKU-6"]


async def test_the_search_index_can_lag(filled: Shop):
    await filled.limits(search_lag_s=30)
    await filled.made(simple(9, title="Mug 9"))
    assert await titles(filled, query="sku:'SKU-9'") == []
    filled.advance(31)
    assert await titles(filled, query="sku:'SKU-9'") == ["9"]


@pytest.mark.parametrize("arguments", ["", "first: 251", "first: 1, last: 1", 'first: 1, after: "nonsense"'])
async def test_a_wrong_page_is_refused(filled: Shop, arguments: str):
    shown = f"({arguments})" if arguments else ""
    answer = await filled.ask(f"{{ products{shown} {{ nodes {{ id }} }} }}")
    assert answer["data"] is None
    assert answer["errors"][0]["extensions"]["code"] in {"BAD_REQUEST", "INVALID_FIELD_ARGUMENTS"}


async def test_paging_ends_at_the_cap(filled: Shop):
    await filled.limits(deep_pagination=4)
    first = (await filled.data(PAGE, first=4))["products"]
    answer = await filled.ask(PAGE, first=4, after=first["pageInfo"]["endCursor"])
    assert "Pagination" in answer["errors"][0]["message"]


async def test_variants_of_a_product_have_pages_of_their_own(shop: Shop):
    product = await shop.made(colours("Red", "Blue", "Green"))
    query = """query More($id: ID!, $after: String) { product(id: $id) { variantsCount { count } variants(first: 2, after: $after) {
      pageInfo { hasNextPage endCursor } edges { cursor node { title } } } } }"""
    first = (await shop.data(query, id=product["id"]))["product"]
    rest = (await shop.data(query, id=product["id"], after=first["variants"]["pageInfo"]["endCursor"]))["product"]
    assert first["variantsCount"] == {"count": 3}
    assert [edge["node"]["title"] for edge in first["variants"]["edges"] + rest["variants"]["edges"]] == [
        "Red",
        "Blue",
        "Green",
    ]


async def test_nodes_come_in_the_order_asked_and_unknown_ones_are_null(shop: Shop):
    product = await shop.made(simple())
    item = product["variants"]["nodes"][0]["inventoryItem"]["id"]
    query = "query N($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }"
    found = await shop.data(query, ids=[item, "gid://shopify/Product/1", product["id"], "nonsense"])
    assert found["nodes"] == [
        {"__typename": "InventoryItem", "id": item},
        None,
        {"__typename": "Product", "id": product["id"]},
        None,
    ]


async def test_images_are_fetched_in_the_background_reused_by_id_and_doubled_by_source(shop: Shop):
    await shop.settings(failing_media=["broken"])
    sources = ["https://x.example/a.jpg", "https://x.example/broken.jpg"]
    files = [{"originalSource": source, "alt": "A", "contentType": "IMAGE"} for source in sources]
    given = simple(handle="mug", files=files)
    given["variants"][0]["file"] = {"originalSource": sources[0]}
    query = """query M($id: ID!) { product(id: $id) { media(first: 9) { nodes { id status mediaErrors { code }
      ... on MediaImage { image { url } } } } variants(first: 1) { nodes { media(first: 1) { nodes { id } } } } } }"""
    product = await shop.made(given, {"handle": "mug"})
    media = (await shop.data(query, id=product["id"]))["product"]["media"]["nodes"]
    assert [one["status"] for one in media] == ["PROCESSING", "PROCESSING"]
    shop.advance(3)
    found = (await shop.data(query, id=product["id"]))["product"]
    media = found["media"]["nodes"]
    assert [(one["status"], one["image"] is None) for one in media] == [("READY", False), ("FAILED", True)]
    assert media[1]["mediaErrors"] == [{"code": "IMAGE_DOWNLOAD_FAILURE"}]
    assert found["variants"]["nodes"][0]["media"]["nodes"] == [{"id": media[0]["id"]}]
    await shop.made({"files": [{"id": media[0]["id"]}, {"originalSource": sources[0]}]}, {"id": product["id"]})
    again = (await shop.data(query, id=product["id"]))["product"]["media"]["nodes"]
    assert again[0]["id"] == media[0]["id"]
    assert again[1]["id"] not in {one["id"] for one in media}


async def test_collections_are_found_by_title_and_titles_are_not_unique(shop: Shop):
    create = "mutation C($collection: CollectionCreateInput!) { collectionCreate(collection: $collection) { collection { handle } userErrors { message } } }"
    handles = [
        (await shop.data(create, collection={"title": title}))["collectionCreate"]["collection"]["handle"]
        for title in ("Mugs", "Mugs", "Travel mugs", "Shirts")
    ]
    assert handles == ["mugs", "mugs-1", "travel-mugs", "shirts"]
    found = await shop.data("""{ collections(first: 9, query: "title:'Mugs'") { nodes { title } } }""")
    assert [one["title"] for one in found["collections"]["nodes"]] == ["Mugs", "Mugs", "Travel mugs"]


async def test_a_product_is_withdrawn_updated_and_deleted(shop: Shop):
    product = await shop.made(simple())
    update = "mutation U($product: ProductUpdateInput!) { productUpdate(product: $product) { product { status } userErrors { field message } } }"
    done = await shop.data(update, product={"id": product["id"], "status": "ARCHIVED"})
    assert done["productUpdate"] == {"product": {"status": "ARCHIVED"}, "userErrors": []}
    delete = "mutation D($input: ProductDeleteInput!) { productDelete(input: $input) { deletedProductId userErrors { field message } } }"
    assert (await shop.data(delete, input={"id": product["id"]}))["productDelete"]["deletedProductId"] == product["id"]
    again = (await shop.data(delete, input={"id": product["id"]}))["productDelete"]
    assert again == {"deletedProductId": None, "userErrors": [{"field": ["id"], "message": "Product does not exist"}]}
    assert (await shop.counts())["commits"] == {"product_created": 1, "product_updated": 1, "product_deleted": 1}
    assert await titles(shop) == []


async def test_metafields_are_set_on_products_and_variants(shop: Shop):
    product = await shop.made(simple())
    variant = product["variants"]["nodes"][0]["id"]
    given = [
        {"ownerId": owner, "namespace": "x", "key": "size", "type": "number_integer", "value": "7"}
        for owner in (product["id"], variant)
    ]
    query = "mutation S($metafields: [MetafieldsSetInput!]!) { metafieldsSet(metafields: $metafields) { metafields { value jsonValue ownerType } userErrors { code field } } }"
    done = (await shop.data(query, metafields=given))["metafieldsSet"]
    assert [(one["jsonValue"], one["ownerType"]) for one in done["metafields"]] == [
        (7, "PRODUCT"),
        (7, "PRODUCTVARIANT"),
    ]
    wrong = (await shop.data(query, metafields=[given[0], given[1] | {"value": "x"}]))["metafieldsSet"]
    assert wrong["userErrors"] == [{"code": "INVALID_VALUE", "field": ["metafields", "1", "value"]}]
    many = (await shop.data(query, metafields=[given[0]] * 26))["metafieldsSet"]
    assert many["userErrors"][0]["code"] == "LESS_THAN_OR_EQUAL_TO"


async def test_variants_are_added_and_removed_in_bulk(shop: Shop):
    product = await shop.made(colours("Red"))
    add = """mutation A($id: ID!, $variants: [ProductVariantsBulkInput!]!) { productVariantsBulkCreate(productId: $id, variants: $variants) {
      productVariants { id title sku } userErrors { code field } } }"""
    given = {
        "optionValues": [{"optionName": "Colour", "name": "Blue"}],
        "price": "5",
        "inventoryItem": {"sku": "S-Blue"},
    }
    made = (await shop.data(add, id=product["id"], variants=[given]))["productVariantsBulkCreate"]
    assert (made["productVariants"][0]["title"], made["productVariants"][0]["sku"]) == ("Blue", "S-Blue")
    again = (await shop.data(add, id=product["id"], variants=[given]))["productVariantsBulkCreate"]
    assert again["userErrors"] == [{"code": "VARIANT_ALREADY_EXISTS", "field": ["variants", "0"]}]
    remove = "mutation R($id: ID!, $ids: [ID!]!) { productVariantsBulkDelete(productId: $id, variantsIds: $ids) { product { variantsCount { count } } userErrors { code } } }"
    red, blue = product["variants"]["nodes"][0]["id"], made["productVariants"][0]["id"]
    both = (await shop.data(remove, id=product["id"], ids=[red, blue]))["productVariantsBulkDelete"]
    assert both["userErrors"] == [{"code": "CANNOT_DELETE_LAST_VARIANT"}]
    one = (await shop.data(remove, id=product["id"], ids=[red]))["productVariantsBulkDelete"]
    assert one == {"product": {"variantsCount": {"count": 1}}, "userErrors": []}
