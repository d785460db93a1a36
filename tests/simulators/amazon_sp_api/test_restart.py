"""A seller outlives the process: feeds under way, tokens, what is not visible yet."""

from pathlib import Path

from simulators.amazon_sp_api.feeding import feed_of, report_of, send, update
from simulators.amazon_sp_api.samples import food, stock
from simulators.amazon_sp_api.seller import FR, SHOP, Seller

from pixee_simulators.amazon_sp_api.simulator import AmazonSpApi
from pixee_simulators.kit.testing import running

SPECIAL = "PX/é 1"


async def test_everything_goes_on_after_a_restart(tmp_path: Path) -> None:
    async with Seller(AmazonSpApi(data=tmp_path)) as seller:
        await seller.put(SPECIAL, food())
        await seller.put("BAD", food(brand=None))
        await seller.limits(visible_after_s=300)
        change = {"op": "merge", "path": "/attributes/fulfillment_availability", "value": [stock(77)]}
        await seller.patch(SPECIAL, change)
        feed_id = await send(seller, [update(1, "F-1", food())])
        before, token = await seller.truth(), seller.token
    async with Seller(AmazonSpApi(data=tmp_path)) as seller:
        seller.token = token
        assert await seller.truth() == before
        assert (await seller.read(SPECIAL, "attributes"))["attributes"] == food()
        assert seller.simulator.shops[SHOP].limits["visible_after_s"] == 300
        seller.advance(400)
        assert (await seller.read(SPECIAL, "fulfillmentAvailability"))["fulfillmentAvailability"][0]["quantity"] == 77
        feed = await feed_of(seller, feed_id)
        assert (feed["processingStatus"], (await report_of(seller, feed))["issues"]) == ("DONE", [])
        seller.advance(300)
        found = await seller.search(identifiers="3760001234567", identifiersType="EAN")
        assert {one["sku"] for one in found["items"]} == {SPECIAL, "F-1"}


async def test_rotated_tokens_are_remembered(tmp_path: Path) -> None:
    async with Seller(AmazonSpApi(data=tmp_path), rotating_refresh_tokens=True) as seller:
        live = seller.simulator.shops[SHOP].state.refresh_tokens
    later = AmazonSpApi(data=tmp_path)
    async with running(later):
        kept = later.shops[SHOP].state
    assert (kept.refresh_tokens, kept.spent_tokens) == (live, {"Atzr|first"})
    assert len(live) == 1


async def test_a_reset_seller_is_as_new(seller: Seller) -> None:
    await seller.put("PX-1", food())
    await seller.control("POST", f"reset?host={SHOP}")
    assert await seller.truth() == {}
    assert (await seller.ask("GET", seller.item_path("PX-1"), marketplaceIds=FR))[0] == 403
    assert (await seller.sign_in())[0] == 200
