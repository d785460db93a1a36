"""Removed at the shop by hand: the listing is gone and others are told; what we withdrew ourselves is no news."""

import orjson
import pytest
from sync_orchestrator.timers.inbox import GONE, Inbox, simple

pytestmark = pytest.mark.stack


async def test_what_was_removed_at_the_shop_is_gone_and_is_told(inbox) -> None:
    assert await inbox.result(GONE) == "gone"
    rows = await inbox.world.rows("SELECT state, external_id, refs FROM listings")
    assert [tuple(row) for row in rows] == [("gone", None, {})] * 2
    assert await inbox.world.value("SELECT count(*) FROM listing_operations") == 0
    events = await inbox.world.rows("SELECT topic, payload FROM outbox ORDER BY id")
    assert {event["topic"] for event in events} == {"pixee.sync.listings.v1"}
    told = [orjson.loads(event["payload"]) for event in events]
    assert {(one["kind"], one["item_id"], one["external_id"]) for one in told} == {
        ("product", str(inbox.product), "7"), ("variant", str(inbox.variant), "7"),
    }  # fmt: skip


async def test_only_the_variation_that_was_removed_is_gone(world, database) -> None:
    account = await world.account()
    inbox = Inbox(world, database, account, await world.connector(account, platform="woocommerce"))
    await inbox.list_product(variant_as="70")
    assert await inbox.result(GONE | {"external_id": "70"}, external_id="70") == "gone"
    rows = await world.rows("SELECT kind, state FROM listings ORDER BY kind")
    assert [tuple(row) for row in rows] == [("product", "confirmed"), ("variant", "gone")]


async def test_our_own_withdrawal_and_what_we_never_had_is_no_news(inbox) -> None:
    await inbox.world.execute("DELETE FROM listings")
    assert await inbox.result(GONE) == "echo"
    assert await inbox.world.value("SELECT count(*) FROM outbox") == 0


async def test_a_removal_waits_for_the_push_that_is_under_way(inbox) -> None:
    await inbox.open_write(inbox.product)
    assert await inbox.result(GONE) is None
    assert await inbox.world.value("SELECT count(*) FROM listings WHERE state = 'confirmed'") == 2


async def test_what_came_back_from_the_trash_is_linked_again_by_a_pull(inbox) -> None:
    await inbox.result(GONE)
    assert await inbox.result(simple()) == "pull"


async def test_removed_and_restored_at_once_is_nothing(inbox) -> None:
    await inbox.tell(GONE)
    assert await inbox.result(simple()) == "echo"
    assert await inbox.world.value("SELECT count(*) FROM listings WHERE state = 'confirmed'") == 2
