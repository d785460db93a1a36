"""getFeeds: how a program finds the feed of a call that was never answered."""

from simulators.amazon_sp_api.feeding import feed_of, send, update
from simulators.amazon_sp_api.samples import food
from simulators.amazon_sp_api.seller import Seller

FEEDS = "/feeds/2021-06-30/feeds"


async def test_a_new_feed_may_be_missing_from_the_list_for_a_while(seller: Seller) -> None:
    await seller.limits(feed_listed_after_s=30)
    made = await send(seller, [update(1, "F-1", food())])
    assert (await seller.ask("GET", FEEDS, feedTypes="JSON_LISTINGS_FEED"))[1] == {"feeds": []}
    assert (await feed_of(seller, made))["processingStatus"] == "IN_QUEUE"
    seller.advance(30)
    answer = (await seller.ask("GET", FEEDS, feedTypes="JSON_LISTINGS_FEED"))[1]
    assert [one["feedId"] for one in answer["feeds"]] == [made]
