"""push_stock against the simulated shop."""

from dataclasses import replace

import pytest
from platform_workers.platforms.shopify.catalog import item, shirt, simple, stock
from platform_workers.platforms.shopify.conftest import Shop

from pixee_common.domain.faults import PlatformFault
from pixee_simulators.shopify.gids import gid
from pixee_workers.sync_base.items import Listing


def available(shop: Shop, sku: str) -> list[int]:
    return [level.available for level in shop.variant(sku).item.levels.values() if level.active]


async def test_quantities_of_several_products_go_in_one_call_and_nothing_else_moves(shop: Shop):
    first, second = await shop.pushed(item(shirt())), await shop.pushed(item(simple()))
    outcomes = await shop.push(stock(first, 7), stock(first, 0, 1), stock(second, 42))
    assert [one.kind for one in outcomes] == ["applied"] * 3
    assert [available(shop, sku) for sku in ("SHIRT-S", "SHIRT-M", "TEE")] == [[7], [0], [42]]
    assert shop.writes().count("inventorySetQuantities") == 1
    (sent,) = shop.inputs("inventorySetQuantities")
    assert all(one["changeFromQuantity"] is None for one in sent["input"]["quantities"])
    assert shop.variant("TEE").price == "19.90"


async def test_one_bad_item_fails_alone_and_the_others_come_again(shop: Shop):
    one = await shop.pushed(item(shirt()))
    shop.set(
        planted_errors=[
            {"operation": "inventorySetQuantities", "match": "SHIRT-M", "code": "NON_MUTABLE_INVENTORY_ITEM"}
        ]
    )
    outcomes = await shop.push(*(stock(one, 9, place) for place in range(3)))
    assert [(o.kind, o.reason) for o in outcomes] == [
        ("transient", "unavailable"),
        ("rejected", "refused_by_platform"),
        ("transient", "unavailable"),
    ]
    assert available(shop, "SHIRT-S") == [5]
    outcomes = await shop.push(stock(one, 9, 0), stock(one, 9, 2))
    assert [o.kind for o in outcomes] == ["applied", "applied"]
    assert available(shop, "SHIRT-S") == [9]


async def test_an_item_that_the_shop_lost_is_no_longer_listed(shop: Shop):
    one, other = await shop.pushed(item(simple("A"))), await shop.pushed(item(simple("B")))
    shop.store.unindex(next(p for p in shop.products if p.title == "Produit A"))
    lost, kept = await shop.push(stock(one, 3), stock(other, 3))
    assert (lost.kind, lost.reason, lost.linked.gone) == (
        "rejected",
        "not_found_at_shop",
        (one.variants[0].listing.external_id,),
    )
    assert kept.kind == "transient"


async def test_a_lost_answer_is_repeated_under_the_same_key(shop: Shop):
    one = await shop.pushed(item(simple()))
    shop.fault(kind="reset_after_commit", match={"operation": "inventorySetQuantities"}, times=1)
    with pytest.raises(PlatformFault):
        await shop.push(stock(one, 3))
    (outcome,) = await shop.push(stock(one, 3))
    assert outcome.kind == "applied"
    first, second = shop.inputs("inventorySetQuantities")
    assert first == second


async def test_another_submission_or_other_inputs_have_another_key(shop: Shop):
    one = await shop.pushed(item(simple()))
    await shop.push(stock(one, 3))
    await shop.push(stock(one, 4))
    shop.context.submission = one.id
    await shop.push(stock(one, 4))
    assert len({sent["key"] for sent in shop.inputs("inventorySetQuantities")}) == 3


async def test_a_key_that_a_broken_attempt_spoilt_is_replaced(shop: Shop):
    one = await shop.pushed(item(simple()))
    shop.limit(null_payloads=1, null_payload_operation="inventorySetQuantities", null_payload_commits=False)
    with pytest.raises(PlatformFault) as caught:
        await shop.push(stock(one, 3))
    assert caught.value.kind == "ambiguous"
    (outcome,) = await shop.push(stock(one, 3))
    assert (outcome.kind, outcome.reason) == ("transient", "unavailable")
    (outcome,) = await shop.push(stock(one, 3))
    assert outcome.kind == "applied"
    assert available(shop, "TEE") == [3]


async def test_an_item_that_was_not_stocked_at_the_location_is_activated(shop: Shop):
    shop.set(stock_new_items="none")
    one = await shop.pushed(item(simple(), quantity=None))
    assert available(shop, "TEE") == []
    (outcome,) = await shop.push(stock(one, 8))
    assert outcome.kind == "applied"
    assert available(shop, "TEE") == [8]
    await shop.push(stock(one, 9))
    assert available(shop, "TEE") == [9]
    assert shop.writes().count("inventoryActivate") == 1


async def test_an_oversold_variant_is_written_as_zero(shop: Shop):
    one = await shop.pushed(item(simple()))
    (outcome,) = await shop.push(stock(one, -4))
    assert outcome.kind == "applied"
    assert available(shop, "TEE") == [0]


async def test_the_location_of_the_settings_is_used(shop: Shop):
    shop.set(locations=[{"name": "A"}, {"name": "B"}])
    chosen = max(shop.store.locations)
    shop.configure(extra={"location_id": str(chosen)})
    one = await shop.pushed(item(simple()))
    await shop.push(stock(one, 8))
    assert {sent["input"]["quantities"][0]["locationId"] for sent in shop.inputs("inventorySetQuantities")} == {
        gid("Location", chosen)
    }


async def test_an_unknown_location_of_the_settings_names_the_setting(shop: Shop):
    one = await shop.pushed(item(simple()))
    shop.context.memory.clear()
    shop.configure(extra={"location_id": "99"})
    (outcome,) = await shop.push(stock(one, 8))
    assert (outcome.kind, outcome.reason, outcome.field) == ("rejected", "location_unknown", "location_id")


async def test_a_location_that_we_found_and_that_vanished_is_looked_for_again(shop: Shop):
    one = await shop.pushed(item(simple()))
    shop.context.memory["facts:shop"] = replace(shop.context.memory["facts:shop"], location=gid("Location", 99))
    (outcome,) = await shop.push(stock(one, 8))
    assert outcome.kind == "transient"
    (outcome,) = await shop.push(stock(one, 8))
    assert outcome.kind == "applied"


async def test_a_listing_without_inventory_item_waits_for_a_product_push(shop: Shop):
    one = await shop.pushed(item(simple()))
    bare = replace(stock(one, 8), listing=Listing("gid://shopify/ProductVariant/1"))
    (outcome,) = await shop.push(bare)
    assert outcome.kind == "not_listed_yet"


async def test_a_refusal_that_names_nobody_is_for_the_engine_to_bisect(shop: Shop):
    one = await shop.pushed(item(simple()))
    shop.set(
        planted_errors=[
            {
                "operation": "inventorySetQuantities",
                "match": "*",
                "code": "NON_MUTABLE_INVENTORY_ITEM",
                "field": ["input"],
            }
        ]
    )
    with pytest.raises(PlatformFault) as caught:
        await shop.push(stock(one, 8))
    assert (caught.value.kind, caught.value.scope) == ("refused", "submission")


async def test_the_same_request_still_running_makes_us_wait_and_keep_the_key(shop: Shop):
    one = await shop.pushed(item(simple()))
    shop.set(
        planted_errors=[{"operation": "inventorySetQuantities", "match": "*", "code": "IDEMPOTENCY_CONCURRENT_REQUEST"}]
    )
    for _ in range(2):
        with pytest.raises(PlatformFault) as caught:
            await shop.push(stock(one, 8))
        assert (caught.value.kind, caught.value.retry_after) == ("throttled", 2.0)
    first, second = shop.inputs("inventorySetQuantities")
    assert first == second


async def test_what_must_simply_come_again_comes_under_another_key(shop: Shop):
    one = await shop.pushed(item(simple()))
    shop.set(
        planted_errors=[
            {"operation": "inventorySetQuantities", "match": "*", "code": "CHANGE_FROM_QUANTITY_STALE", "times": 1}
        ]
    )
    (outcome,) = await shop.push(stock(one, 8))
    assert outcome.kind == "transient"
    (outcome,) = await shop.push(stock(one, 8))
    assert outcome.kind == "applied"
