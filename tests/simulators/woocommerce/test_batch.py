"""Sheet, "Push products" and "Errors": the batch, its partial failures and its coercions."""

import asyncio
from typing import Any

import pytest
from simulators.woocommerce.shop import HOST, Shop


async def test_answers_come_in_request_order_and_failures_stay_alone(shop: Shop) -> None:
    taken = await shop.create(sku="A")
    answer = await shop.batch(
        create=[{"name": "B", "sku": "B"}, {"name": "Again", "sku": "A"}, {"name": "C", "sku": "C"}],
        update=[{"id": taken["id"], "name": "First"}, {"name": "nobody"}, {"id": 99999}],
        delete=[99998],
    )
    assert [one.get("sku", one.get("error", {}).get("code")) for one in answer["create"]] == [
        "B",
        "product_invalid_sku",
        "C",
    ]
    failed = answer["create"][1]
    assert failed["id"] == 0
    assert failed["error"]["data"] == {"status": 400, "resource_id": taken["id"], "unique_sku": "A-1"}
    assert answer["update"][0]["name"] == "First"
    assert [one["error"]["code"] for one in answer["update"][1:]] == ["woocommerce_rest_product_invalid_id"] * 2
    assert [one["id"] for one in answer["update"][1:]] == [0, 99999]
    assert answer["delete"][0]["error"]["data"]["status"] == 404
    counts = await shop.counts()
    assert (counts["created"], counts["updated"], counts["products"]) == (3, 1, 3)


async def test_more_than_the_limit_in_the_three_lists_together_is_413(shop: Shop) -> None:
    creates = [{"name": str(n)} for n in range(60)]
    status, answer = await shop.ask("POST", "/products/batch", {"create": creates, "delete": list(range(41))})
    assert (status, answer["code"]) == (413, "woocommerce_rest_request_entity_too_large")
    assert answer["message"] == "Unable to accept more than 100 items for this request."
    assert (await shop.counts())["products"] == 0
    shop.simulator.put_limits(HOST, {"batch_items": 10})
    assert (await shop.ask("POST", "/products/batch", {"create": creates[:11]}))[0] == 413
    assert (await shop.ask("POST", "/products/batch", {"create": creates[:10]}))[0] == 200


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ({"manage_stock": True, "stock_quantity": "abc"}, {"stock_quantity": 0, "stock_status": "outofstock"}),
        ({"regular_price": "12,50"}, {"regular_price": "1250", "price": "1250"}),
        ({"regular_price": "12.345678"}, {"regular_price": "12.345678"}),
        ({"regular_price": "-5"}, {"regular_price": "-5"}),
        ({"status": "bogus"}, {"status": "draft"}),
        ({"type": "zzz"}, {"type": "simple"}),
        ({}, {"name": "Product", "status": "publish"}),
        ({"global_unique_id": "ABC-123"}, {"global_unique_id": "-123"}),
        (
            {"categories": [{"id": 4711}]},
            {"categories": [{"id": 16, "name": "Uncategorized", "slug": "uncategorized"}]},
        ),
        ({"colour": "red"}, {}),
    ],
)
async def test_a_batch_coerces_what_it_should_refuse(shop: Shop, sent: dict[str, Any], stored: dict[str, Any]) -> None:
    made = await shop.create(**sent)
    assert {name: made[name] for name in stored} == stored
    assert "colour" not in made


@pytest.mark.parametrize(
    ("sent", "name", "detail"),
    [
        ({"stock_quantity": "abc"}, "stock_quantity", "rest_invalid_type"),
        ({"status": "bogus"}, "status", "rest_not_in_enum"),
        ({"type": "zzz"}, "type", "rest_not_in_enum"),
        ({"regular_price": 12.5}, "regular_price", "rest_invalid_type"),
    ],
)
async def test_a_single_update_refuses_what_a_batch_coerces(
    shop: Shop, sent: dict[str, Any], name: str, detail: str
) -> None:
    made = await shop.create(name="A")
    status, answer = await shop.ask("PUT", f"/products/{made['id']}", sent)
    assert (status, answer["code"]) == (400, "rest_invalid_param")
    assert answer["message"] == f"Invalid parameter(s): {name}"
    assert answer["data"]["details"][name]["code"] == detail
    assert (await shop.get(f"/products/{made['id']}"))["status"] == "publish"


async def test_a_single_price_with_a_comma_is_coerced_all_the_same(shop: Shop) -> None:
    status, made = await shop.ask("POST", "/products", {"name": "A", "regular_price": "12,50"})
    assert (status, made["regular_price"]) == (201, "1250")


async def test_fields_of_a_batch_work_at_top_level_only(shop: Shop) -> None:
    made = await shop.create(name="A")
    body = {"update": [{"id": made["id"], "name": "B"}]}
    _, answer = await shop.ask("POST", "/products/batch", body, _fields="update")
    assert answer["update"][0]["name"] == "B"
    assert await shop.ask("POST", "/products/batch", body, _fields="update.id") == (200, [])


async def test_a_variation_is_not_to_be_changed_at_products(shop: Shop) -> None:
    parent = await shop.create(name="Tee", type="variable")
    [made] = (await shop.batch(f"/products/{parent['id']}/variations/batch", create=[{"sku": "T-S"}]))["create"]
    error = (await shop.update(made["id"], regular_price="1"))["error"]
    assert (error["code"], error["data"]["status"]) == ("woocommerce_rest_invalid_product_id", 404)


async def test_batch_delete_is_for_good_and_single_delete_is_the_trash(shop: Shop) -> None:
    first, second = await shop.create(sku="A"), await shop.create(sku="B")
    answer = await shop.batch(delete=[first["id"]])
    assert answer["delete"][0]["sku"] == "A"
    assert (await shop.ask("GET", f"/products/{first['id']}"))[0] == 404
    status, trashed = await shop.ask("DELETE", f"/products/{second['id']}")
    assert (status, trashed["status"]) == (200, "trash")
    status, again = await shop.ask("DELETE", f"/products/{second['id']}")
    assert (status, again["code"]) == (410, "woocommerce_rest_already_trashed")
    assert (await shop.ask("DELETE", f"/products/{second['id']}", force="true"))[0] == 200
    assert (await shop.counts())["products"] == 0


async def test_a_trashed_sku_stays_reserved_until_restored_or_deleted(shop: Shop) -> None:
    made = await shop.create(sku="A", name="First")
    await shop.ask("DELETE", f"/products/{made['id']}")
    [failed] = (await shop.batch(create=[{"sku": "A"}]))["create"]
    assert failed["error"]["code"] == "woocommerce_rest_product_not_created"
    assert "already present in the lookup table" in failed["error"]["message"]
    assert await shop.get("/products", sku="A") == []
    [found] = await shop.get("/products", sku="A", status="trash")
    assert found["id"] == made["id"]
    assert (await shop.update(made["id"], status="publish"))["status"] == "publish"
    assert len(await shop.get("/products", sku="A")) == 1


async def test_skus_are_unique_over_variations_and_without_regard_to_case(shop: Shop) -> None:
    parent = await shop.create(type="variable", sku="P")
    path = f"/products/{parent['id']}/variations/batch"
    [variation] = (await shop.batch(path, create=[{"sku": "V-1"}]))["create"]
    [failed] = (await shop.batch(create=[{"sku": "v-1"}]))["create"]
    assert failed["error"]["data"]["resource_id"] == variation["id"]
    [failed] = (await shop.batch(path, create=[{"sku": "P"}]))["create"]
    assert failed["error"]["code"] == "product_invalid_sku"


async def test_of_parallel_creates_with_one_sku_exactly_one_wins(shop: Shop) -> None:
    shop.simulator.put_limits(HOST, {"latency_per_item_ms": 5})
    answers = await asyncio.gather(*(shop.batch(create=[{"sku": "A"}]) for _ in range(4)))
    codes = [answer["create"][0].get("error", {}).get("code") for answer in answers]
    assert sorted(map(str, codes)) == ["None", *["product_invalid_sku"] * 3]
    assert (await shop.counts())["max_in_flight"] == 4


async def test_a_gtin_is_unique_in_the_shop(shop: Shop) -> None:
    made = await shop.create(global_unique_id="4006381333931")
    [failed] = (await shop.batch(create=[{"global_unique_id": "4006381333931"}]))["create"]
    assert failed["error"]["code"] == "product_invalid_global_unique_id"
    assert failed["error"]["data"] == {"status": 400, "resource_id": made["id"]}


async def test_the_request_log_names_skus_ids_and_commits(shop: Shop) -> None:
    made = await shop.create(sku="A")
    await shop.update(made["id"], regular_price="2")
    _, page = await shop.ask("GET", f"/_control/requests?host={HOST}&kind=write")
    create, update = page["requests"]
    assert (create["operation"], create["skus"], create["created"]) == ("POST /products/batch", ["A"], 1)
    assert (update["skus"], update["ids"], update["updated"]) == (["A"], [str(made["id"])], 1)


async def test_time_per_item_passes_before_anything_is_stored(shop: Shop) -> None:
    shop.simulator.put_limits(HOST, {"latency_per_item_ms": 1000})
    shop.simulator.clock.change(scale=1000)
    before = shop.simulator.clock.now()
    made = await shop.create(name="A")
    assert shop.simulator.clock.now() - before >= 1
    assert made["date_created_gmt"] == made["date_modified_gmt"]
