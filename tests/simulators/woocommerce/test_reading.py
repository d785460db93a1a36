"""Sheet, "Pull products" and the look-ups of "Push products"; the shop over a restart."""

from pathlib import Path

import pytest
from simulators.woocommerce.shop import Shop

from pixee_simulators.woocommerce.simulator import WooCommerce


async def test_a_list_of_skus_finds_products_and_variations_exactly(shop: Shop) -> None:
    parent = await shop.create(sku="P", type="variable")
    await shop.batch(f"/products/{parent['id']}/variations/batch", create=[{"sku": "P-1"}])
    await shop.create(sku="P-10")
    found = await shop.get("/products", sku="P,P-1,none", _fields="id,sku,type,parent_id", per_page=100)
    assert {(one["sku"], one["type"], one["parent_id"]) for one in found} == {
        ("P", "variable", 0),
        ("P-1", "variation", parent["id"]),
    }
    assert [one["sku"] for one in await shop.get("/products", orderby="id", order="asc")] == ["P", "P-10"]


async def test_a_gtin_finds_products_and_variations(shop: Shop) -> None:
    parent = await shop.create(type="variable")
    [made] = (
        await shop.batch(f"/products/{parent['id']}/variations/batch", create=[{"global_unique_id": "4006381333931"}])
    )["create"]
    [found] = await shop.get("/products", global_unique_id="4006381333931")
    assert (found["id"], found["type"]) == (made["id"], "variation")


async def test_ids_find_what_is_there_and_meta_filters_are_ignored(shop: Shop) -> None:
    first, second = await shop.create(), await shop.create()
    assert [one["id"] for one in await shop.get("/products", include=f"{second['id']},4711")] == [second["id"]]
    everything = await shop.get("/products", meta_key="_pixee_id", meta_value="1")
    assert {one["id"] for one in everything} == {first["id"], second["id"]}


async def test_pages_tell_their_number_and_end_in_an_empty_list(shop: Shop) -> None:
    await shop.batch(create=[{"sku": str(number)} for number in range(5)])
    page = await shop.get("/products", per_page=2, page=2, orderby="id", order="asc")
    assert [one["sku"] for one in page] == ["2", "3"]
    assert (shop.headers["X-WP-Total"], shop.headers["X-WP-TotalPages"]) == ("5", "3")
    assert 'rel="prev"' in shop.headers["Link"]
    assert 'page=3>; rel="next"' in shop.headers["Link"]
    assert await shop.get("/products", per_page=2, page=9) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("per_page", "101"),
        ("per_page", "0"),
        ("page", "0"),
        ("orderby", "colour"),
        ("status", "gone"),
        ("modified_after", "2026-13-01"),
    ],
)
async def test_a_list_refuses_arguments_out_of_bounds(shop: Shop, name: str, value: str) -> None:
    status, answer = await shop.ask("GET", f"/products?{name}={value}")
    assert (status, answer["code"]) == (400, "rest_invalid_param")
    assert name in answer["data"]["params"]


async def test_modified_after_excludes_its_moment_and_is_local_unless_told(shop: Shop) -> None:
    shop.simulator.clock.change(freeze=True)
    first = await shop.create(sku="1")
    shop.simulator.clock.change(advance=1)
    await shop.create(sku="2")
    query = {"modified_after": first["date_modified_gmt"], "orderby": "modified", "order": "asc"}
    found = await shop.get("/products", dates_are_gmt="true", **query)
    assert [one["sku"] for one in found] == ["2"]
    shop.simulator.put_shop("shop.example", {"utc_offset_hours": 2})
    assert [one["sku"] for one in await shop.get("/products", **query)] == ["1", "2"]
    assert [one["sku"] for one in await shop.get("/products", dates_are_gmt="true", **query)] == ["2"]


async def test_status_any_leaves_out_the_trash_only(shop: Shop) -> None:
    await shop.create(sku="draft", status="draft")
    gone = await shop.create(sku="gone")
    await shop.ask("DELETE", f"/products/{gone['id']}")
    assert [one["sku"] for one in await shop.get("/products", status="any")] == ["draft"]
    assert [one["sku"] for one in await shop.get("/products", status="trash")] == ["gone"]
    assert await shop.get("/products", status="publish") == []


async def test_a_shop_comes_back_with_products_indexes_and_numbers(tmp_path: Path) -> None:
    async with Shop(WooCommerce(data=tmp_path)) as shop:
        made = await shop.create(sku="A", global_unique_id="4006381333931", images=[{"src": "https://i.example/1.jpg"}])
        parent = await shop.create(sku="P", type="variable")
        await shop.batch(f"/products/{parent['id']}/variations/batch", create=[{"sku": "V"}])
        before = await shop.get("/products", orderby="id", order="asc")
    async with Shop(WooCommerce(data=tmp_path)) as shop:
        assert await shop.get("/products", orderby="id", order="asc") == before
        [failed] = (await shop.batch(create=[{"sku": "A"}]))["create"]
        assert failed["error"]["data"]["resource_id"] == made["id"]
        assert (await shop.create(sku="B"))["id"] > parent["id"] + 1
        assert [one["sku"] for one in await shop.get("/products", sku="V")] == ["V"]
