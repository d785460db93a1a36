"""Files: JSON_LISTINGS_FEED from the records to the verdicts."""

from dataclasses import replace

import orjson
import pytest
from platform_workers.platforms.amazon_sp_api.catalog import SETTINGS, food, item, mapped, price, priced, shirt, stock
from platform_workers.platforms.amazon_sp_api.conftest import Shop

from pixee_common.domain.faults import FaultKind, PlatformFault
from pixee_common.domain.job import Operation, OutcomeKind
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.platforms.amazon_sp_api import feed_results, feeds
from pixee_workers.sync_base.upload_contract import Completer, Uploaded, Uploader

PRODUCTS = Operation.PUSH_PRODUCTS


async def test_the_adapter_is_an_uploader_that_completes(shop: Shop) -> None:
    assert isinstance(shop.adapter, Uploader)
    assert isinstance(shop.adapter, Completer)


async def test_a_create_is_an_update_message_and_a_change_a_patch(shop: Shop) -> None:
    (known,) = await shop.listed(item(food("OLD")))
    _, messages = await shop.file(item(food("NEW")), known)
    assert [(one["sku"], one["operationType"]) for one in messages] == [("NEW", "UPDATE"), ("OLD", "PATCH")]
    assert messages[0]["requirements"] == "LISTING"
    assert "purchasable_offer" in messages[0]["attributes"]
    paths = {one["path"].rpartition("/")[2] for one in messages[1]["patches"]}
    assert not paths & {"purchasable_offer", "fulfillment_availability"}


async def test_a_family_is_several_messages_of_one_record_parent_first(shop: Shop) -> None:
    _, messages = await shop.file(item(food()), item(shirt()))
    assert [one["sku"] for one in messages] == ["CHOC", "TEE", "TEE-S", "TEE-M"]
    assert [feeds.ref_of(one["messageId"]) for one in messages] == [1, 2, 2, 2]
    assert len({one["messageId"] for one in messages}) == 4


async def test_a_feed_is_taken_and_each_item_looked_at_later(shop: Shop) -> None:
    one = item(food())
    found = await shop.feed(one)
    assert found.named["CHOC"].kind is OutcomeKind.ACCEPTED
    assert found.unmentioned.kind is OutcomeKind.UNKNOWN
    assert shop.truth()["CHOC"]["exists"]
    assert found.follow_up is not None
    (file,) = shop.context.sent_files
    assert file.headers == {"Content-Type": "application/json; charset=UTF-8"}


async def test_the_follow_up_of_a_file_links_like_the_one_of_a_call(shop: Shop) -> None:
    one = item(shirt())
    ready = await shop.adapter.completed(PRODUCTS, [mapped(one)], shop.context)
    kept = shop.adapter.kept(PRODUCTS, ready.items[0])
    found = await shop.feed(one)
    assert found.follow_up is not None
    (direct,) = (await shop.submit(item(shirt("OTHER")))).remote_jobs
    job = replace(
        direct,
        kind=found.follow_up.kind,
        item_ids=(one.id,),
        correlation={"refs": {str(one.id): "TEE-S"}, "kept": {str(one.id): dict(kept)}},
    )
    outcome = (await shop.poll(job))[one.id]
    assert outcome.kind is OutcomeKind.APPLIED, outcome
    assert outcome.linked.product is not None
    assert (outcome.linked.product.external_id, len(outcome.linked.variants)) == ("TEE", 2)
    assert (outcome.created, outcome.carried_stock) == (True, True)


async def test_what_amazon_refuses_is_refused_under_its_record(shop: Shop) -> None:
    bad, good = item(food("BAD")), item(food("GOOD"))
    file, messages = await shop.file(bad, good)
    del messages[0]["attributes"]["brand"]
    frame = shop.adapter.frame(PRODUCTS, SETTINGS)
    file.path.write_bytes(frame.head + frame.separator.join(orjson.dumps(one) for one in messages) + frame.tail)
    uploaded = await shop.adapter.upload(PRODUCTS, file, shop.context)
    shop.advance(600)
    found = await shop.adapter.collect(PRODUCTS, uploaded, shop.context)
    assert (found.verdicts[1].kind, found.verdicts[1].reason) == (OutcomeKind.REJECTED, ReasonCode.MISSING_FIELD)
    assert 2 not in found.verdicts
    assert set(found.named) == {"GOOD"}


async def test_stock_and_prices_are_patches_and_arrive(shop: Shop) -> None:
    (one,) = await shop.listed(item(food()))
    await shop.feed(stock(one, 42))
    await shop.feed(priced(one, price("33.30")))
    has = shop.truth()["CHOC"]["attributes"]
    assert has["fulfillment_availability"][0]["quantity"] == 42
    assert has["purchasable_offer"][0]["our_price"][0]["schedule"][0]["value_with_tax"] == 33.3


async def test_messages_that_the_result_lacks_are_unknown(shop: Shop) -> None:
    shop.limits(next_feeds=[{"missing_skus": ["B"]}])
    found = await shop.feed(item(food("A")), item(food("B")))
    assert set(found.named) == {"A"}
    assert (found.unmentioned.kind, found.unmentioned.reason) == (OutcomeKind.UNKNOWN, ReasonCode.ANSWER_UNKNOWN)


@pytest.mark.parametrize(("end", "kind"), [("FATAL", OutcomeKind.UNKNOWN), ("CANCELLED", OutcomeKind.TRANSIENT)])
async def test_a_feed_that_ends_badly_leaves_everything_open(shop: Shop, end: str, kind: OutcomeKind) -> None:
    shop.limits(next_feeds=[{"end": end}])
    found = await shop.feed(item(food("A")), item(food("B")))
    assert (found.verdicts, found.named, found.unmentioned.kind) == ({}, {}, kind)


async def test_strays_are_no_record_of_ours(shop: Shop) -> None:
    shop.limits(next_feeds=[{"strays": 2}])
    found = await shop.feed(item(food("A")))
    assert set(found.verdicts) == {0}
    assert set(found.named) == {"A"}


async def test_a_feed_that_nobody_knows_is_refused(shop: Shop) -> None:
    with pytest.raises(PlatformFault) as caught:
        await shop.adapter.collect(PRODUCTS, Uploaded("feed", "404404", {}, 1.0), shop.context)
    assert caught.value.kind is FaultKind.REFUSED


async def test_making_the_feed_is_never_repeated_by_itself(shop: Shop) -> None:
    await shop.feed(item(food()))
    made = [call for call in shop.context.calls if call.label == "createFeed"]
    assert [call.safe for call in made] == [False]
    assert set(made[0].spend) == {"createFeed", "createFeed:JSON_LISTINGS_FEED"}


def test_an_issue_without_a_message_is_about_the_whole_feed() -> None:
    report = {"issues": [{"code": "4000000", "severity": "ERROR", "message": "beyond allowed size"}], "summary": {}}
    found = feed_results.read(report, feeds.ref_of)
    assert (found.unmentioned.kind, found.refused, found.taken) == (OutcomeKind.REJECTED, {}, {})


def test_a_result_that_names_nothing_it_took_is_believed_where_it_has_no_error() -> None:
    found = feed_results.read({"issues": [], "summary": {"messagesProcessed": 2}}, feeds.ref_of)
    assert found.unmentioned.kind is OutcomeKind.ACCEPTED


def test_a_change_of_what_is_gone_comes_again_as_new() -> None:
    issue = {"messageId": 4096, "sku": "X", "code": "13013", "severity": "ERROR", "message": "does not exist"}
    found = feed_results.read({"issues": [issue], "items": []}, feeds.ref_of)
    assert (found.refused[1].kind, found.refused[1].linked.gone) == (OutcomeKind.TRANSIENT, ("X",))
