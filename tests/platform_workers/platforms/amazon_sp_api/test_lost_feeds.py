"""A createFeed whose answer is lost: the feed is found and adopted, or made anew; nothing is doubled where that can be told."""

from dataclasses import replace
from typing import Any

import orjson
import pytest
from platform_workers.platforms.amazon_sp_api.catalog import food, item
from platform_workers.platforms.amazon_sp_api.conftest import HOST, Shop

from pixee_common.domain.faults import FaultKind, PlatformFault
from pixee_common.domain.job import Operation, OutcomeKind
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.platforms.amazon_sp_api import lost_feeds
from pixee_workers.sync_base.upload_contract import Collected, Uploaded, UploadFile

PRODUCTS, STOCK = Operation.PUSH_PRODUCTS, Operation.PUSH_STOCK


def _feeds(shop: Shop) -> dict[str, Any]:
    return shop.simulator.shops[HOST].state.feeds


def _lose(shop: Shop, kind: str = "reset_after_commit", operation: str = "createFeed", **more: Any) -> None:
    shop.fault(kind=kind, match={"operation": operation}, **({"times": 1} | more))


async def _upload(shop: Shop, file: UploadFile) -> Uploaded:
    return await shop.adapter.upload(PRODUCTS, file, shop.context)


async def _lost(shop: Shop, file: UploadFile, kind: FaultKind = FaultKind.AMBIGUOUS) -> PlatformFault:
    with pytest.raises(PlatformFault) as caught:
        await _upload(shop, file)
    assert caught.value.kind is kind, caught.value
    return caught.value


async def _collected(shop: Shop, uploaded: Uploaded) -> Collected:
    shop.advance(600)
    # As rows keep it.
    kept = Uploaded(uploaded.kind, uploaded.remote_id, orjson.loads(orjson.dumps(uploaded.correlation)), 0.0)
    found = await shop.adapter.collect(PRODUCTS, kept, shop.context)
    assert found.done
    return found


def _strange(shop: Shop, messages: int = 2) -> str:
    """A feed that another program of the seller makes at this moment."""
    made = next(iter(_feeds(shop).values()))
    state = shop.simulator.shops[HOST].state
    document = state.documents[made.document_id]
    copied = type(document)("strange", document.content_type, document.content)
    if document.content is not None:
        body = orjson.loads(document.content)
        first = body["messages"][0]
        body["messages"] = [{**first, "messageId": n + 1, "sku": f"STRANGE-{n}"} for n in range(messages)]
        copied.content = orjson.dumps(body)
    state.documents["strange"] = copied
    state.feeds["strange"] = replace(made, id="strange", document_id="strange", end="", result_id="", outcome={})
    return "strange"


@pytest.mark.parametrize("kind", ["reset_after_commit", "truncated_body"])
async def test_a_feed_whose_answer_was_lost_is_found_at_once(shop: Shop, kind: str) -> None:
    _lose(shop, kind)
    file, _ = await shop.file(item(food("A")), item(food("B")))
    uploaded = await _upload(shop, file)
    assert list(_feeds(shop)) == [uploaded.remote_id]
    found = await _collected(shop, uploaded)
    assert {sku: verdict.kind for sku, verdict in found.named.items()} == dict.fromkeys("AB", OutcomeKind.ACCEPTED)
    assert (shop.asked().count("createFeed"), shop.asked().count("getFeeds")) == (1, 1)


async def test_a_feed_that_is_listed_late_is_adopted_by_the_next_upload_of_the_same_bytes(shop: Shop) -> None:
    shop.limits(feed_listed_after_s=30)
    _lose(shop)
    file, _ = await shop.file(item(food("A")))
    fault = await _lost(shop, file)
    assert fault.reason is ReasonCode.ANSWER_UNKNOWN
    shop.advance(10)
    fault = await _lost(shop, file, FaultKind.UNAVAILABLE)
    assert fault.retry_after == pytest.approx(lost_feeds.SETTLE_SECONDS - 10, abs=1)
    assert len(_feeds(shop)) == 1
    shop.advance(fault.retry_after or 0)
    uploaded = await _upload(shop, file)
    assert list(_feeds(shop)) == [uploaded.remote_id]
    assert shop.asked().count("createFeed") == 1
    assert set((await _collected(shop, uploaded)).named) == {"A"}


async def test_a_feed_that_was_never_made_is_made_after_a_while(shop: Shop) -> None:
    _lose(shop)
    file, _ = await shop.file(item(food("A")))
    shop.limits(feed_listed_after_s=10)
    await _lost(shop, file)
    _feeds(shop).clear()
    shop.advance(lost_feeds.SETTLE_SECONDS + 1)
    uploaded = await _upload(shop, file)
    assert list(_feeds(shop)) == [uploaded.remote_id]
    assert uploaded.correlation == {}


async def test_newer_bytes_are_a_feed_of_their_own_behind_the_lost_one(shop: Shop) -> None:
    shop.limits(feed_listed_after_s=30)
    _lose(shop)
    file, _ = await shop.file(item(food("A")))
    await _lost(shop, file)
    shop.advance(60)
    newer, _ = await shop.file(item(food("A", names={"fr": "Plus tard"})))
    uploaded = await _upload(shop, newer)
    assert len(_feeds(shop)) == 2
    await _collected(shop, uploaded)
    assert shop.truth()["A"]["attributes"]["item_name"][0]["value"] == "Plus tard"


async def test_after_a_crash_nobody_knows_of_the_call_and_the_second_feed_doubles_no_listing(shop: Shop) -> None:
    shop.limits(feed_listed_after_s=30)
    _lose(shop)
    file, _ = await shop.file(item(food("A")), item(food("B")))
    await _lost(shop, file)
    shop.context.memory.clear()
    uploaded = await _upload(shop, file)
    assert len(_feeds(shop)) == 2
    found = await _collected(shop, uploaded)
    assert {verdict.kind for verdict in found.named.values()} == {OutcomeKind.ACCEPTED}
    assert {sku: one["submissions"] for sku, one in shop.truth().items()} == {"A": 2, "B": 2}


async def test_feeds_that_were_answered_are_not_taken_for_the_lost_one(shop: Shop) -> None:
    first, _ = await shop.file(item(food("A")))
    known = await _upload(shop, first)
    _lose(shop)
    second, _ = await shop.file(item(food("B")))
    uploaded = await _upload(shop, second)
    assert uploaded.remote_id != known.remote_id
    assert set((await _collected(shop, uploaded)).named) == {"B"}


async def test_where_two_feeds_fit_none_is_taken_and_the_file_goes_again(shop: Shop) -> None:
    shop.limits(feed_listed_after_s=5)
    _lose(shop)
    file, _ = await shop.file(item(food("A")))
    await _lost(shop, file)
    strange = _strange(shop)
    shop.advance(10)
    uploaded = await _upload(shop, file)
    assert uploaded.remote_id not in {strange, *list(_feeds(shop))[:1]}
    assert uploaded.correlation == {}


async def test_while_another_operation_asks_too_nobody_can_tell_whose_it_is(shop: Shop) -> None:
    lost_feeds.asking(shop.context, STOCK)
    _lose(shop)
    file, _ = await shop.file(item(food("A")))
    await _lost(shop, file)


async def test_somebody_elses_feed_says_nothing_of_ours(shop: Shop) -> None:
    """Adopted since it was the only one; its result names none of what was sent."""
    _lose(shop)
    file, _ = await shop.file(item(food("A")))
    uploaded = await _upload(shop, file)
    strange = Uploaded(uploaded.kind, _strange(shop), uploaded.correlation, 0.0)
    found = await _collected(shop, strange)
    assert (found.verdicts, found.named, found.unmentioned.kind) == ({}, {}, OutcomeKind.UNKNOWN)


async def test_a_failed_call_that_made_nothing_is_not_waited_for(shop: Shop) -> None:
    _lose(shop, "status", status=500)
    file, _ = await shop.file(item(food("A")))
    await _lost(shop, file, FaultKind.UNAVAILABLE)
    uploaded = await _upload(shop, file)
    assert list(_feeds(shop)) == [uploaded.remote_id]


async def test_a_look_that_fails_leaves_it_open(shop: Shop) -> None:
    _lose(shop)
    _lose(shop, "status", "getFeeds", status=503)
    file, _ = await shop.file(item(food("A")))
    await _lost(shop, file)
    uploaded = await _upload(shop, file)
    assert list(_feeds(shop)) == [uploaded.remote_id]


async def test_a_list_that_is_none_is_no_proof(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    async def told(*given: Any, **more: Any) -> tuple[Any, None]:
        return [], None

    monkeypatch.setattr(lost_feeds, "ask", told)
    now = shop.context.now()
    with pytest.raises(PlatformFault) as caught:
        await lost_feeds.look(shop.context, PRODUCTS, lost_feeds.Attempt(b"", {}, now, now))
    assert caught.value.kind is FaultKind.CONTRACT_BROKEN
