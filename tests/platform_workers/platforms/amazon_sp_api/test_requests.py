"""Calls as they leave: addresses, headers, tokens, what is repeated, and SKUs that Amazon stumbles over."""

import re

import pytest
from platform_workers.platforms.amazon_sp_api.catalog import food, item
from platform_workers.platforms.amazon_sp_api.conftest import CREDENTIALS, HOST, Shop

from pixee_common.domain.faults import FaultKind, PlatformFault
from pixee_common.domain.job import Operation, OutcomeKind
from pixee_common.domain.reasons import ReasonCode


async def test_every_call_says_who_asks_and_when_and_spends_its_own_budget(shop: Shop) -> None:
    await shop.push(item(food()))
    budgets = {budget.name for budget in shop.adapter.manifest.budgets}
    for call in shop.context.calls:
        if call.label == "token":
            continue
        assert re.fullmatch(r"PixeeConnectors/\S+ \(Language=Python/\S+\)", call.headers["User-Agent"])
        assert re.fullmatch(r"\d{8}T\d{6}Z", call.headers["x-amz-date"])
        assert call.headers["x-amz-access-token"].startswith("Atza|")
        assert call.label in call.spend
        assert set(call.spend) <= budgets


async def test_one_token_serves_all_calls(shop: Shop) -> None:
    await shop.push(item(food()))
    assert [call.label for call in shop.context.calls].count("token") == 1


async def test_to_a_presigned_address_nothing_of_ours_goes(shop: Shop) -> None:
    await shop.feed(item(food()))
    (sent,) = shop.context.sent_files
    assert set(sent.headers) == {"Content-Type"}
    assert not any(secret in str(sent.url) for secret in CREDENTIALS.values())


async def test_no_call_leaves_for_a_region_that_is_none(shop: Shop) -> None:
    shop.configure(address="169.254.169.254")
    with pytest.raises(PlatformFault) as caught:
        await shop.submit(item(food()))
    assert caught.value.reason is ReasonCode.EGRESS_REFUSED
    assert shop.context.calls == []


@pytest.mark.parametrize("sku", ["A B", "A#1", "A&B", "A%2F1", "Ä-1", "A,B", "A?x=1"])
async def test_any_sku_is_one_part_of_the_address(shop: Shop, sku: str) -> None:
    (outcome,) = await shop.push(item(food("ODD", variant={"sku": sku})))
    assert outcome.kind is OutcomeKind.APPLIED, outcome
    assert shop.truth()[sku]["exists"]
    found = await shop.adapter.find(Operation.PUSH_PRODUCTS, [item(food("ODD", variant={"sku": sku}))], shop.context)
    assert [one is not None for one in found.values()] == [True]


async def test_a_sku_that_amazon_forbids_is_the_items_matter_and_a_plain_one_the_connectors(shop: Shop) -> None:
    await shop.adapter.test(shop.context)
    shop.set(denied_operations=["putListingsItem"])
    (outcome,) = await shop.push(item(food("ODD", variant={"sku": "A B"})))
    assert (outcome.kind, outcome.reason, outcome.field) == (OutcomeKind.REJECTED, ReasonCode.INVALID_VALUE, "sku")
    with pytest.raises(PlatformFault) as caught:
        await shop.submit(item(food("PLAIN")))
    assert (caught.value.kind, caught.value.reason) == (FaultKind.CREDENTIALS, ReasonCode.PERMISSION_MISSING)


async def test_a_feed_whose_answer_was_lost_is_ambiguous_and_not_made_twice(shop: Shop) -> None:
    shop.limits(feed_listed_after_s=60)
    file, _ = await shop.file(item(food()))
    shop.fault(kind="reset_after_commit", match={"operation": "createFeed"}, times=1)
    with pytest.raises(PlatformFault) as caught:
        await shop.adapter.upload(Operation.PUSH_PRODUCTS, file, shop.context)
    assert caught.value.kind is FaultKind.AMBIGUOUS
    assert [entry.operation for entry in shop.simulator.shops[HOST].log.since(0)].count("createFeed") == 1


async def test_listing_calls_may_be_repeated_and_feeds_may_not(shop: Shop) -> None:
    await shop.feed(item(food()))
    (one,) = await shop.push(item(food("B")))
    assert one.kind is OutcomeKind.APPLIED
    unsafe = {call.label for call in shop.context.calls if not call.safe}
    assert unsafe == {"createFeed"}
