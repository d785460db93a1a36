"""Sheet, "Push stock", "Push prices", images, attributes, variations, categories."""

from typing import Any

import pytest
from simulators.woocommerce.shop import HOST, Shop


@pytest.mark.parametrize("sale", ["20", "25"])
async def test_a_sale_price_not_below_the_regular_price_is_dropped(shop: Shop, sale: str) -> None:
    made = await shop.create(regular_price="20", sale_price=sale)
    assert (made["sale_price"], made["price"], made["on_sale"]) == ("", "20", False)


async def test_the_price_is_computed_and_a_later_lower_regular_price_drops_the_sale(shop: Shop) -> None:
    made = await shop.create(regular_price="20", sale_price="15")
    assert (made["price"], made["on_sale"]) == ("15", True)
    changed = await shop.update(made["id"], regular_price="14")
    assert (changed["sale_price"], changed["price"]) == ("", "14")


async def test_a_sale_runs_between_its_dates_on_the_shops_clock(shop: Shop) -> None:
    made = await shop.create(regular_price="20", sale_price="15", date_on_sale_from_gmt="2100-01-01T00:00:00")
    assert made["price"] == "20"
    shop.simulator.clock.change(advance=80 * 366 * 86400)
    assert (await shop.get(f"/products/{made['id']}"))["price"] == "15"


async def test_without_managed_stock_the_quantity_is_forgotten(shop: Shop) -> None:
    made = await shop.create(manage_stock=False, stock_quantity=7, stock_status="onbackorder")
    assert (made["stock_quantity"], made["stock_status"]) == (None, "onbackorder")


@pytest.mark.parametrize(
    ("change", "quantity", "status"),
    [
        ({"stock_quantity": 0}, 0, "outofstock"),
        ({"stock_quantity": -3}, -3, "outofstock"),
        ({"stock_quantity": 0, "backorders": "yes"}, 0, "onbackorder"),
        ({"inventory_delta": 2}, 7, "instock"),
    ],
)
async def test_stock_status_follows_the_quantity(
    shop: Shop, change: dict[str, Any], quantity: int, status: str
) -> None:
    made = await shop.create(manage_stock=True, stock_quantity=5)
    changed = await shop.update(made["id"], **change)
    assert (changed["stock_quantity"], changed["stock_status"]) == (quantity, status)


async def test_every_src_makes_a_new_file_and_an_id_reuses_one(shop: Shop) -> None:
    source = {"src": "https://img.example/1.jpg", "alt": "front"}
    made = await shop.create(images=[source])
    [first] = made["images"]
    assert first["src"].startswith(f"https://{HOST}/wp-content/uploads/")
    assert first["alt"] == "front"
    [second] = (await shop.update(made["id"], images=[source]))["images"]
    assert second["id"] != first["id"]
    reused = (await shop.update(made["id"], images=[{"id": first["id"]}, {"id": second["id"]}]))["images"]
    assert [one["id"] for one in reused] == [first["id"], second["id"]]
    assert (await shop.update(made["id"], images=[{"id": 999}]))["error"][
        "code"
    ] == "woocommerce_product_invalid_image_id"


@pytest.mark.parametrize(
    "src",
    ["http://127.0.0.1/a.jpg", "https://10.0.0.8/a.jpg", "http://localhost/a.jpg", "https://img.example/broken.jpg"],
)
async def test_an_image_the_shop_will_not_fetch_fails_that_product_only(src: str) -> None:
    async with Shop(failing_images=[r"/broken\."]) as shop:
        answer = await shop.batch(create=[{"name": "A", "images": [{"src": src}]}, {"name": "B"}])
        assert answer["create"][0]["error"]["code"] == "woocommerce_product_image_upload_error"
        assert answer["create"][1]["name"] == "B"
        assert (await shop.counts())["products"] == 1


async def test_lists_are_replaced_and_meta_data_is_merged_by_key(shop: Shop) -> None:
    made = await shop.create(
        attributes=[{"name": "Material", "options": ["Cotton"]}, {"name": "Fit", "options": ["Slim"]}],
        meta_data=[{"key": "_pixee_id", "value": "1"}, {"key": "other", "value": "x"}],
    )
    changed = await shop.update(
        made["id"],
        attributes=[{"name": "Fit", "options": ["Wide"]}],
        meta_data=[{"key": "_pixee_id", "value": "2"}, {"key": "other", "value": None}],
    )
    assert [(one["name"], one["options"]) for one in changed["attributes"]] == [("Fit", ["Wide"])]
    assert [(one["key"], one["value"]) for one in changed["meta_data"]] == [("_pixee_id", "2")]
    assert changed["meta_data"][0]["id"] == made["meta_data"][0]["id"]


async def test_an_unknown_option_of_a_global_attribute_becomes_a_term(shop: Shop) -> None:
    _, size = await shop.ask("POST", "/products/attributes", {"name": "Size", "slug": "pa_size", "type": "select"})
    made = await shop.create(type="variable", attributes=[{"id": size["id"], "variation": True, "options": ["S", "M"]}])
    assert made["attributes"][0]["name"] == "Size"
    assert {one["name"] for one in await shop.get(f"/products/attributes/{size['id']}/terms")} == {"S", "M"}


async def test_variations_know_their_parent_and_move_its_date(shop: Shop) -> None:
    parent = await shop.create(
        name="Tee", type="variable", attributes=[{"name": "Size", "variation": True, "options": ["S", "M"]}]
    )
    shop.simulator.clock.change(advance=60)
    path = f"/products/{parent['id']}/variations"
    size = [{"name": "Size", "option": "S"}, {"name": "Colour", "option": "red"}]
    [made] = (await shop.batch(f"{path}/batch", create=[{"sku": "T-S", "regular_price": "9", "attributes": size}]))[
        "create"
    ]
    assert [(one["name"], one["option"]) for one in made["attributes"]] == [("Size", "S")]
    seen = await shop.get(f"/products/{parent['id']}")
    assert (seen["variations"], seen["price"]) == ([made["id"]], "9")
    assert seen["date_modified_gmt"] > parent["date_modified_gmt"]
    shop.simulator.clock.change(advance=60)
    await shop.batch(f"{path}/batch", update=[{"id": made["id"], "manage_stock": True, "stock_quantity": 3}])
    assert (await shop.get(f"/products/{parent['id']}"))["date_modified_gmt"] > seen["date_modified_gmt"]
    [listed] = await shop.get(path, per_page=100)
    assert (listed["parent_id"], listed["stock_quantity"], listed["image"]) == (parent["id"], 3, None)
    assert (await shop.counts())["variants"] == 1


async def test_a_variation_may_inherit_its_parents_stock(shop: Shop) -> None:
    parent = await shop.create(type="variable", manage_stock=True, stock_quantity=4)
    path = f"/products/{parent['id']}/variations/batch"
    [made] = (await shop.batch(path, create=[{"sku": "V", "manage_stock": "parent"}]))["create"]
    assert (made["manage_stock"], made["stock_quantity"]) == ("parent", 4)


async def test_a_variable_parent_has_no_price_of_its_own(shop: Shop) -> None:
    made = await shop.create(type="variable", regular_price="20")
    assert (made["regular_price"], made["price"]) == ("", "")


async def test_a_variation_of_another_parent_is_not_found(shop: Shop) -> None:
    one, other = await shop.create(type="variable"), await shop.create(type="variable")
    [made] = (await shop.batch(f"/products/{one['id']}/variations/batch", create=[{"sku": "V"}]))["create"]
    [failed] = (await shop.batch(f"/products/{other['id']}/variations/batch", update=[{"id": made["id"]}]))["update"]
    assert failed["error"]["code"] == "woocommerce_rest_product_variation_invalid_id"


@pytest.mark.parametrize("taxonomy", ["categories", "brands", "tags"])
async def test_a_term_that_is_there_is_named_by_id(shop: Shop, taxonomy: str) -> None:
    status, made = await shop.ask("POST", f"/products/{taxonomy}", {"name": "Home & Garden"})
    assert (status, made["name"]) == (201, "Home &amp; Garden")
    status, again = await shop.ask("POST", f"/products/{taxonomy}", {"name": "home &amp; garden"})
    assert (status, again["code"], again["data"]["resource_id"]) == (400, "term_exists", made["id"])
    product = await shop.create(**{taxonomy: [{"id": made["id"]}]})
    assert product[taxonomy] == [{"id": made["id"], "name": "Home &amp; Garden", "slug": made["slug"]}]


async def test_the_same_name_may_stand_under_another_parent(shop: Shop) -> None:
    _, top = await shop.ask("POST", "/products/categories", {"name": "Men"})
    assert (await shop.ask("POST", "/products/categories", {"name": "Shoes"}))[0] == 201
    status, made = await shop.ask("POST", "/products/categories", {"name": "Shoes", "parent": top["id"]})
    assert (status, made["parent"]) == (201, top["id"])
    status, answer = await shop.ask("POST", "/products/categories", {})
    assert (status, answer["code"]) == (400, "rest_missing_callback_param")


async def test_attributes_and_terms_are_made_once(shop: Shop) -> None:
    body = {"name": "Size", "slug": "pa_size"}
    _, size = await shop.ask("POST", "/products/attributes", body)
    assert size["slug"] == "pa_size"
    status, answer = await shop.ask("POST", "/products/attributes", body)
    assert (status, answer["code"]) == (400, "woocommerce_rest_cannot_create")
    path = f"/products/attributes/{size['id']}/terms/batch"
    made = (await shop.batch(path, create=[{"name": "S"}, {"name": "S"}, {"name": "M"}]))["create"]
    assert made[1]["error"]["code"] == "term_exists"
    assert made[1]["error"]["data"]["resource_id"] == made[0]["id"]
    assert (await shop.counts())["created"] == 0


async def test_webhooks_are_stored_and_deleted_for_good_only(shop: Shop) -> None:
    body = {"name": "w", "topic": "product.updated", "delivery_url": "https://pixee.example/hook", "secret": "s"}
    status, made = await shop.ask("POST", "/webhooks", body)
    assert (status, made["resource"], "secret" in made) == (201, "product", False)
    assert [one["id"] for one in await shop.get("/webhooks")] == [made["id"]]
    assert (await shop.ask("DELETE", f"/webhooks/{made['id']}"))[0] == 501
    assert (await shop.ask("DELETE", f"/webhooks/{made['id']}", force="true"))[0] == 200
    assert await shop.get("/webhooks") == []
