"""Products that are not active any more: off sale as the connector says, and back with their pieces when they are active again."""

from dataclasses import replace
from typing import Any

import pytest
from platform_workers.platforms.amazon_sp_api.catalog import food, item, listed, price, priced, shirt, stock, values
from platform_workers.platforms.amazon_sp_api.conftest import Shop

from pixee_common.domain.job import OutcomeKind
from pixee_common.domain.product import Product, ProductStatus
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.sync_base.items import ProductItem
from pixee_workers.sync_base.outcomes import Linked, Outcome

DRAFT = {"status": ProductStatus.DRAFT}


def _as(one: ProductItem, product: Product) -> ProductItem:
    variants = tuple(replace(v, variant=w) for v, w in zip(one.variants, product.variants, strict=True))
    return replace(one, product=product, variants=variants)


def _after(one: ProductItem, outcome: Outcome) -> ProductItem:
    """The product as the engine has it after the outcome: what was told is laid over what was known."""
    variants = {v.id: v.listing for v in one.variants if v.listing is not None} | dict(outcome.linked.variants)
    kept = {one: entry for one, entry in variants.items() if entry.external_id not in outcome.linked.gone}
    return listed(one, Linked(outcome.linked.product or one.listing, kept))


def _pieces(shop: Shop, sku: str = "CHOC") -> list[Any]:
    return [one.get("quantity") for one in shop.truth()[sku]["attributes"]["fulfillment_availability"]]


@pytest.mark.parametrize("on_delete", ["unpublish", "keep"])
@pytest.mark.parametrize("status", [ProductStatus.DRAFT, ProductStatus.ARCHIVED])
async def test_a_listed_product_that_is_not_active_any_more_is_emptied(
    shop: Shop, status: ProductStatus, on_delete: str
) -> None:
    shop.configure(on_delete=on_delete)
    (one,) = await shop.listed(item(food(), quantity=7))
    before = shop.truth()["CHOC"]["attributes"]
    (outcome,) = await shop.push(_as(one, food(status=status, names={"fr": "Autre"})))
    assert outcome.kind is OutcomeKind.APPLIED, outcome
    assert outcome.linked.gone == ()
    after = shop.truth()["CHOC"]["attributes"]
    assert after.pop("fulfillment_availability") == [{"fulfillment_channel_code": "DEFAULT", "quantity": 0}]
    assert after == {name: value for name, value in before.items() if name != "fulfillment_availability"}


async def test_where_the_connector_deletes_its_listing_goes_and_is_made_anew(shop: Shop) -> None:
    shop.configure(on_delete="delete")
    (one,) = await shop.listed(item(shirt()))
    (outcome,) = await shop.push(_as(one, shirt(**DRAFT)))
    assert outcome.kind is OutcomeKind.APPLIED, outcome
    assert set(outcome.linked.gone) == {"TEE", "TEE-S", "TEE-M"}
    assert not any(one["exists"] for one in shop.truth().values())
    (outcome,) = await shop.push(item(shirt(), quantity=3))
    assert (outcome.kind, outcome.created) == (OutcomeKind.APPLIED, True)
    assert _pieces(shop, "TEE-S") == [3]


async def test_what_is_off_sale_stays_so_whatever_is_pushed_and_costs_nothing(shop: Shop) -> None:
    (one,) = await shop.listed(item(shirt(), quantity=7))
    draft = _as(one, shirt(**DRAFT))
    off = _after(draft, (await shop.push(draft))[0])
    mark = len(shop.asked())
    (outcome,) = await shop.push(off)
    assert (outcome.kind, outcome.reason) == (OutcomeKind.SKIPPED, ReasonCode.UNCHANGED)
    assert shop.asked()[mark:] == []
    (outcome,) = await shop.push(stock(off, 44))
    assert outcome.kind is OutcomeKind.APPLIED
    assert _pieces(shop, "TEE-S") == _pieces(shop, "TEE-M") == [0]
    assert values(stock(off, 44)) == values(stock(off, 12)), "a number that is not sent makes no call"
    (outcome,) = await shop.push(priced(off, price("33.00")))
    assert outcome.kind is OutcomeKind.APPLIED


async def test_what_is_active_again_comes_back_with_content_and_pieces(shop: Shop) -> None:
    (one,) = await shop.listed(item(shirt(), quantity=7))
    before = values(stock(one, 7))
    draft = _as(one, shirt(**DRAFT))
    off = _after(draft, (await shop.push(draft))[0])
    (outcome,) = await shop.push(_as(off, shirt(names={"fr": "Neuf"})))
    assert (outcome.kind, outcome.created, outcome.carried_stock) == (OutcomeKind.APPLIED, False, False), outcome
    assert _pieces(shop, "TEE-S") == _pieces(shop, "TEE-M") == [7]
    assert shop.truth()["TEE-S"]["attributes"]["item_name"][0]["value"] == "Neuf"
    back = _after(off, outcome)
    assert values(stock(back, 7)) != before, "the stock push would think that its last number still stands"
    mark = len(shop.context.calls)
    (outcome,) = await shop.push(_as(back, shirt(names={"fr": "Encore"})))
    assert outcome.kind is OutcomeKind.APPLIED
    assert b"fulfillment_availability" not in b"".join(call.content or b"" for call in shop.context.calls[mark:])
    again = _after(back, outcome)
    assert values(stock(again, 7)) == values(stock(back, 7)), "one return is one number sent anew"


async def test_amazons_own_warehouse_is_told_and_not_touched(shop: Shop) -> None:
    (one,) = await shop.listed(item(food()))
    shop.set(fba_skus=["CHOC"])
    planted = {"fulfillment_availability": [{"fulfillment_channel_code": "AMAZON_EU"}]}
    shop.plant("CHOC", shop.truth()["CHOC"]["attributes"] | planted)
    (outcome,) = await shop.push(_as(one, food(**DRAFT)))
    assert (outcome.kind, outcome.reason) == (OutcomeKind.SKIPPED, ReasonCode.NOT_OURS)
    assert "Seller Central" in (outcome.message or "")


async def test_what_went_to_amazons_warehouse_meanwhile_gets_no_pieces_of_ours(shop: Shop) -> None:
    (one,) = await shop.listed(item(food()))
    off = _after(one, (await shop.push(_as(one, food(**DRAFT))))[0])
    shop.set(fba_skus=["CHOC"])
    planted = {"fulfillment_availability": [{"fulfillment_channel_code": "AMAZON_EU"}]}
    shop.plant("CHOC", shop.truth()["CHOC"]["attributes"] | planted)
    (outcome,) = await shop.push(off)
    assert outcome.kind is OutcomeKind.APPLIED, outcome
    assert _pieces(shop) == [None]


async def test_a_draft_whose_listing_is_gone_is_forgotten(shop: Shop) -> None:
    (one,) = await shop.listed(item(food()))
    shop.simulator.shops[next(iter(shop.simulator.shops))].state.listings.by_key.clear()
    (outcome,) = await shop.push(_as(one, food(**DRAFT)))
    assert (outcome.kind, outcome.reason) == (OutcomeKind.SKIPPED, ReasonCode.ALREADY_GONE)
    assert outcome.linked.gone == ("CHOC",)


async def test_a_variant_that_left_a_draft_goes(shop: Shop) -> None:
    (one,) = await shop.listed(item(shirt()))
    gone = one.variants[1].listing
    assert gone is not None
    product = shirt(sizes=("S",), **DRAFT)
    (outcome,) = await shop.push(replace(one, product=product, variants=one.variants[:1], gone=(gone,)))
    assert outcome.kind is OutcomeKind.APPLIED, outcome
    assert outcome.linked.gone == ("TEE-M",)
    assert (shop.truth()["TEE-M"]["exists"], _pieces(shop, "TEE-S")) == (False, [0])


async def test_a_product_without_stock_at_amazon_is_marked_without_a_write(shop: Shop) -> None:
    one = item(food(), quantity=None)
    (one,) = await shop.listed(one)
    (outcome,) = await shop.push(_as(one, food(**DRAFT)))
    assert outcome.kind is OutcomeKind.APPLIED
    assert values(stock(_after(one, outcome), 9))["quantity"] == 0


async def test_files_take_off_sale_and_bring_back_like_calls(shop: Shop) -> None:
    (one,) = await shop.listed(item(food(), quantity=7))
    _, messages = await shop.file(_as(one, food(**DRAFT)))
    assert [(m["operationType"], m["patches"][0]["value"][0]["quantity"]) for m in messages] == [("PATCH", 0)]
    off = _after(one, (await shop.push(_as(one, food(**DRAFT))))[0])
    await shop.feed(off)
    assert _pieces(shop) == [7]


async def test_a_late_verdict_brings_back_no_old_notes(shop: Shop) -> None:
    """An update that was sent before the product went off sale, and is judged after it."""
    (one,) = await shop.listed(item(food()))
    before = await shop.submit(_as(one, food(names={"fr": "Avant"})))
    off = _after(one, (await shop.push(_as(one, food(**DRAFT))))[0])
    outcome = (await shop.poll(before.remote_jobs[0]))[one.id]
    assert outcome.kind is OutcomeKind.APPLIED
    assert values(stock(_after(off, outcome), 9))["quantity"] == 0


def test_a_draft_needs_no_mapping_to_be_left_alone() -> None:
    words = values(item(food(product_type=None, **DRAFT)))
    assert words == {"off_sale": "empty"}
    assert words == values(item(food(names={"fr": "Autre"}, **DRAFT))), "what a draft says is nobody's business"
