"""Sheet, "Bulk: JSON_LISTINGS_FEED", and the ways in which a feed goes wrong."""

import time
from typing import Any

import orjson
import pytest
from jsonschema import Draft7Validator
from simulators.amazon_sp_api.feeding import CONTENT_TYPE, done, feed_of, report_of, send, update, upload
from simulators.amazon_sp_api.samples import food, price, stock
from simulators.amazon_sp_api.seller import FR, SHOP, Seller

from pixee_simulators.amazon_sp_api.listings import share_of
from pixee_simulators.kit.specs import find_specs

FEEDS = "/feeds/2021-06-30/feeds"


def skus(count: int) -> list[str]:
    return [f"F-{number:03}" for number in range(count)]


def updates(count: int) -> list[dict[str, Any]]:
    return [update(number, sku, food()) for number, sku in enumerate(skus(count), 1)]


async def test_a_feed_is_queued_worked_on_and_reported(seller: Seller) -> None:
    messages = [
        update(1, "F-1", food()),
        update(2, "F-2", food(brand=None)),
        {
            "messageId": 3,
            "sku": "F-1",
            "operationType": "PARTIAL_UPDATE",
            "productType": "PRODUCT",
            "attributes": {"fulfillment_availability": [stock(3)]},
        },
        {
            "messageId": 4,
            "sku": "F-1",
            "operationType": "PATCH",
            "productType": "PRODUCT",
            "patches": [{"op": "replace", "path": "/attributes/purchasable_offer", "value": [price(7.5)]}],
        },
        {"messageId": 5, "sku": "F-9", "operationType": "DELETE"},
    ]
    feed_id = await send(seller, messages)
    assert (await feed_of(seller, feed_id))["processingStatus"] == "IN_QUEUE"
    seller.advance(6)
    assert (await feed_of(seller, feed_id))["processingStatus"] == "IN_PROGRESS"
    assert (await seller.search())["numberOfResults"] == 0
    seller.advance(61)
    feed = await feed_of(seller, feed_id)
    assert (feed["processingStatus"], feed["feedType"]) == ("DONE", "JSON_LISTINGS_FEED")
    report = await report_of(seller, feed)
    assert report["header"] == {"sellerId": "A1SELLER", "version": "2.0", "feedId": feed_id}
    [issue] = report["issues"]
    assert (issue["messageId"], issue["sku"], issue["code"], issue["severity"]) == (2, "F-2", "90220", "ERROR")
    assert report["summary"] == {
        "errors": 1,
        "warnings": 0,
        "messagesProcessed": 5,
        "messagesAccepted": 4,
        "messagesInvalid": 1,
    }
    attributes = (await seller.read("F-1", "attributes"))["attributes"]
    assert attributes["fulfillment_availability"] == [stock(3)]
    assert attributes["purchasable_offer"] == [price(7.5)]
    truth = await seller.truth()
    assert {sku: one["verdict"] for sku, one in truth.items()} == {
        "F-1": "accepted",
        "F-2": "rejected",
        "F-9": "accepted",
    }
    assert truth["F-2"]["source"] == feed_id
    assert (await seller.counts())["commits"] == {"listing_created": 1, "listing_updated": 2}
    assert await seller.violations() == []


async def test_a_report_follows_the_published_schema(seller: Seller) -> None:
    folder = find_specs("amazon_sp_api")
    if folder is None:
        pytest.skip("the published schemas are not there")
    schema = orjson.loads((folder / "listings-feed-processing-report-schema-v2.json").read_bytes())
    await seller.limits(next_feeds=[{"strays": 1}])
    messages = [*updates(2), update(3, "F-BAD", food(purchasable_offer=[price("1")]))]
    report = await done(seller, messages, included=["issues", "summaries"])
    assert list(Draft7Validator(schema).iter_errors(report)) == []
    assert [one["sku"] for one in report["items"]] == ["F-000", "F-001"]
    assert report["items"][0]["summaries"][0]["marketplaceId"] == FR
    assert report["summary"]["itemSummary"] == {"items": 2, "errors": 0, "warnings": 0}
    assert [one["sku"] for one in report["issues"]] == ["F-BAD", "STRAY-1"]


async def test_amazons_own_example_is_read_as_a_feed(seller: Seller) -> None:
    """It pushes a quantity into Amazon's own warehouse, which is the only thing to say about it."""
    folder = find_specs("amazon_sp_api")
    if folder is None:
        pytest.skip("the published schemas are not there")
    example = orjson.loads((folder / "listings-feed-schema-v2.example.json").read_bytes())
    report = await done(seller, example["messages"])
    assert report["summary"]["messagesProcessed"] == len(example["messages"])
    assert [one["rule"] for one in await seller.violations()] == ["fba_quantity"]


@pytest.mark.parametrize(
    ("header", "content"),
    [
        ({"sellerId": "SOMEBODY"}, None),
        ({"version": "1.0"}, None),
        ({}, [update(1, "A", food()), update(1, "B", food())]),
    ],
    ids=["another seller", "another version", "a number twice"],
)
async def test_a_feed_that_is_none_fails_as_a_whole(
    seller: Seller, header: dict[str, str], content: list[Any] | None
) -> None:
    report = await done(seller, content or updates(2), **header)
    [issue] = report["issues"]
    assert (issue["severity"], "messageId" in issue) == ("ERROR", False)
    assert report["summary"]["messagesAccepted"] == 0
    assert await seller.truth() == {}


async def test_too_many_bytes_or_messages_fail_as_a_whole(seller: Seller) -> None:
    await seller.limits(feed_bytes=1000)
    report = await done(seller, updates(5))
    assert "larger than the allowed" in report["issues"][0]["message"]
    await seller.limits(feed_bytes=10_000_000)
    few = [{"messageId": number, "sku": "A", "operationType": "DELETE"} for number in range(1, 25_002)]
    report = await done(seller, few)
    assert report["issues"][0]["message"] == "feed messages list beyond allowed size"


async def test_a_message_against_the_schema_is_refused_alone_and_recorded(seller: Seller) -> None:
    wrong = {"messageId": 2, "sku": "F-2", "operationType": "DELETE", "productType": "PRODUCT"}
    report = await done(seller, [update(1, "F-1", food()), wrong])
    assert [(one["messageId"], one["code"]) for one in report["issues"]] == [(2, "4000000")]
    assert (await seller.violations())[0]["rule"] == "feed_message"


async def test_an_upload_needs_its_exact_content_type_its_time_and_no_token(seller: Seller) -> None:
    _, made = await seller.ask("POST", "/feeds/2021-06-30/documents", {"contentType": CONTENT_TYPE})
    status, body, _ = await seller.fetch("PUT", made["url"], b"{}", {"Content-Type": "application/json"})
    assert (status, b"SignatureDoesNotMatch" in body) == (403, True)
    sent = {"Content-Type": CONTENT_TYPE}
    status, body, _ = await seller.fetch("PUT", made["url"], b"{}", sent | {"x-amz-access-token": "Atza|x"})
    assert (status, b"not signed" in body) == (403, True)
    assert [one["rule"] for one in await seller.violations()] == ["content_type", "leaked_token"]
    seller.advance(301)
    status, body, _ = await seller.fetch("PUT", made["url"], b"{}", sent)
    assert (status, b"Request has expired" in body) == (403, True)
    status, _, _ = await seller.fetch("GET", made["url"])
    assert status == 403


async def test_a_report_is_downloaded_in_time_or_asked_for_again(seller: Seller) -> None:
    feed_id = await send(seller, updates(1))
    seller.advance(900)
    feed = await feed_of(seller, feed_id)
    path = f"/feeds/2021-06-30/documents/{feed['resultFeedDocumentId']}"
    _, document = await seller.ask("GET", path)
    seller.advance(301)
    assert (await seller.fetch("GET", document["url"]))[0] == 403
    assert (await report_of(seller, feed))["summary"]["messagesAccepted"] == 1


async def test_a_fatal_feed_has_applied_half_and_reports_nothing(seller: Seller) -> None:
    await seller.limits(next_feeds=[{"end": "FATAL", "applied": 0.5}])
    feed_id = await send(seller, updates(10))
    seller.advance(900)
    feed = await feed_of(seller, feed_id)
    assert (feed["processingStatus"], "resultFeedDocumentId" in feed) == ("FATAL", False)
    assert list(await seller.truth()) == skus(5)
    assert (await done(seller, updates(10)))["summary"]["messagesAccepted"] == 10


async def test_a_cancelled_feed_has_applied_nothing(seller: Seller) -> None:
    await seller.limits(next_feeds=[{"end": "CANCELLED"}])
    feed_id = await send(seller, updates(2))
    seller.advance(900)
    assert (await feed_of(seller, feed_id))["processingStatus"] == "CANCELLED"
    assert await seller.truth() == {}


async def test_a_program_cancels_what_is_queued_only(seller: Seller) -> None:
    first, second = await send(seller, updates(2)), await send(seller, updates(3))
    assert (await seller.ask("DELETE", f"{FEEDS}/{second}"))[0] == 200
    seller.advance(10)
    assert (await seller.ask("DELETE", f"{FEEDS}/{first}"))[0] == 400
    seller.advance(900)
    assert (await feed_of(seller, second))["processingStatus"] == "CANCELLED"
    assert list(await seller.truth()) == skus(2)


async def test_missing_messages_are_neither_applied_nor_counted(seller: Seller) -> None:
    await seller.limits(next_feeds=[{"missing": 2}, {"missing_skus": ["F-003"], "missing_applied": True}])
    report = await done(seller, updates(10), included=["issues"])
    assert report["summary"]["messagesProcessed"] == 8
    named = {one["sku"] for one in report["items"]}
    assert set(await seller.truth()) == named
    assert len(named) == 8
    report = await done(seller, updates(10), included=["issues"])
    assert "F-003" not in {one["sku"] for one in report["items"]}
    assert report["summary"]["messagesProcessed"] == 9
    assert (await seller.truth())["F-003"]["submissions"] == 2


async def test_second_thoughts_come_after_acceptance(seller: Seller) -> None:
    await seller.limits(next_feeds=[{"late_share": 0.3, "late_skus": ["F-000"]}], late_issue_after_s=120)
    feed_id = await send(seller, updates(20))
    seller.advance(66)
    report = await report_of(seller, await feed_of(seller, feed_id))
    assert report["issues"] == []
    assert {one["verdict"] for one in (await seller.truth()).values()} == {"accepted"}
    seller.advance(120)
    late = {sku for sku, one in (await seller.truth()).items() if one["verdict"] == "rejected"}
    assert late == {sku for sku in skus(20) if sku == "F-000" or share_of(sku) < 0.3}
    assert 1 < len(late) < 15
    item = await seller.read("F-000", "issues", "summaries")
    assert [(one["code"], one["severity"]) for one in item["issues"]] == [("18027", "ERROR")]
    assert item["summaries"][0]["status"] == ["BUYABLE"]


async def test_feeds_of_a_seller_are_worked_on_one_after_the_other(seller: Seller) -> None:
    first, second = await send(seller, updates(1)), await send(seller, updates(1))
    seller.advance(66)
    states = [(await feed_of(seller, one))["processingStatus"] for one in (first, second)]
    assert states == ["DONE", "IN_PROGRESS"]


async def test_feeds_are_found_again_by_type_and_time(seller: Seller) -> None:
    made = [await send(seller, updates(1)) for _ in range(3)]
    status, answer = await seller.ask("GET", FEEDS, feedTypes="JSON_LISTINGS_FEED", pageSize=2)
    assert (status, len(answer["feeds"])) == (200, 2)
    _, rest = await seller.ask("GET", FEEDS, nextToken=answer["nextToken"])
    assert sorted(one["feedId"] for one in answer["feeds"] + rest["feeds"]) == made
    assert (await seller.ask("GET", FEEDS, feedTypes="X", processingStatuses="DONE"))[1] == {"feeds": []}
    assert (await seller.ask("GET", FEEDS))[0] == 400
    assert await seller.violations() == []


async def test_a_legacy_feed_ends_fatal_and_an_unknown_one_is_400(seller: Seller) -> None:
    body = {
        "feedType": "POST_PRODUCT_DATA",
        "marketplaceIds": [FR],
        "inputFeedDocumentId": await upload(seller, b"<a/>"),
    }
    _, made = await seller.ask("POST", FEEDS, body)
    seller.advance(900)
    assert (await feed_of(seller, made["feedId"]))["processingStatus"] == "FATAL"
    assert (await seller.ask("POST", FEEDS, body | {"feedType": "NO"}))[0] == 400
    assert (await seller.ask("POST", FEEDS, body))[0] == 400


async def test_createfeed_has_a_bucket_for_listings_feeds(seller: Seller) -> None:
    await seller.limits(rates={"createFeed:JSON_LISTINGS_FEED": [5 / 300, 2]}, rate_scale=1)
    for _ in range(2):
        await send(seller, updates(1))
    document = await upload(seller, b"{}")
    body = {"feedType": "JSON_LISTINGS_FEED", "marketplaceIds": [FR], "inputFeedDocumentId": document}
    assert (await seller.ask("POST", FEEDS, body))[0] == 429
    seller.advance(61)
    assert (await seller.ask("POST", FEEDS, body))[0] == 202


@pytest.mark.parametrize(
    ("limits", "told"),
    [
        ({"next_feeds": [{"end": "LOST"}]}, "a feed ends DONE, FATAL or CANCELLED"),
        ({"next_feeds": [{"ends": "DONE"}]}, "a feed's outcome has no ends"),
        ({"next_reports": ["LOST"]}, "a report ends DONE, CANCELLED or FATAL"),
        ({"rates": {"getFeed": 3}}, "getFeed needs"),
        ({"late_issue_share": 2}, "late_issue_share is between 0 and 1"),
    ],
)
async def test_limits_that_make_no_sense_are_refused_and_change_nothing(
    seller: Seller, limits: dict[str, Any], told: str
) -> None:
    with pytest.raises(AssertionError, match=told):
        await seller.control("PUT", f"limits/{SHOP}", limits)
    assert await report_of(seller, await feed_of(seller, await finished(seller)))


async def finished(seller: Seller) -> str:
    feed_id = await send(seller, updates(1))
    seller.advance(900)
    return feed_id


async def test_what_a_message_should_not_do_is_recorded_too() -> None:
    async with Seller(fba_skus=["F-000"]) as seller:
        report = await done(seller, updates(2))
        assert report["summary"]["messagesAccepted"] == 2
        [violation] = await seller.violations()
        assert (violation["rule"], violation["operation"]) == ("fba_quantity", "feed")
        assert (await seller.counts())["violations"] == 1


async def test_ten_times_the_messages_take_about_ten_times_the_work(seller: Seller) -> None:
    await seller.limits(feed_bytes=64 * 1024 * 1024)
    spent = []
    for first, count in ((1, 500), (501, 5_000)):
        messages = [
            update(number, f"F-{first + number:05}", food(purchasable_offer=[price(number / 100)]))
            for number in range(1, count + 1)
        ]
        started = time.process_time()
        report = await done(seller, messages)
        spent.append(time.process_time() - started)
        assert report["summary"]["messagesAccepted"] == count
    assert spent[1] < 30 * spent[0], f"{spent[0]:.2f} s for 500, {spent[1]:.2f} s for 5,000"
