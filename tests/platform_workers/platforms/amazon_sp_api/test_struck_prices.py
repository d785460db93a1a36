"""The struck-through price: put, taken away again where it was ours, and left alone where it never was."""

from dataclasses import replace
from typing import Any

import pytest
from platform_workers.platforms.amazon_sp_api.catalog import FR, food, item, price, priced, shirt
from platform_workers.platforms.amazon_sp_api.conftest import Shop

from pixee_common.domain.job import OutcomeKind
from pixee_workers.platforms.amazon_sp_api import marketplaces
from pixee_workers.sync_base.items import PriceItem, ProductItem
from pixee_workers.sync_base.outcomes import Outcome

WAS = {"value_with_tax": 24.9, "currency": "EUR", "marketplace_id": FR}


def _has(shop: Shop, sku: str = "CHOC") -> Any:
    return shop.truth()[sku]["attributes"].get("list_price")


def _after(one: ProductItem, outcome: Outcome) -> ProductItem:
    variants = tuple(replace(v, listing=outcome.linked.variants.get(v.id, v.listing)) for v in one.variants)
    return replace(one, variants=variants)


async def _pushed(shop: Shop, one: PriceItem) -> Outcome:
    (outcome,) = await shop.push(one)
    assert outcome.kind is OutcomeKind.APPLIED, outcome
    return outcome


async def test_what_a_create_put_is_taken_away_when_it_is_no_more(shop: Shop) -> None:
    (one,) = await shop.listed(item(food(), cost=price("19.90", "24.90")))
    assert _has(shop) == [WAS]
    outcome = await _pushed(shop, priced(one, price("19.90")))
    assert _has(shop) is None
    has = shop.truth()["CHOC"]["attributes"]
    assert has["purchasable_offer"][0]["our_price"] == [{"schedule": [{"value_with_tax": 19.9}]}]
    mark = len(shop.context.calls)
    await _pushed(shop, priced(_after(one, outcome), price("18.00")))
    assert b"list_price" not in b"".join(call.content or b"" for call in shop.context.calls[mark:])


async def test_what_a_price_push_put_is_taken_away_too_and_can_come_again(shop: Shop) -> None:
    (one,) = await shop.listed(item(food()))
    one = _after(one, await _pushed(shop, priced(one, price("19.90", "24.90"))))
    assert _has(shop) == [WAS]
    one = _after(one, await _pushed(shop, priced(one, price("19.90"))))
    assert _has(shop) is None
    await _pushed(shop, priced(one, price("19.90", "24.90")))
    assert _has(shop) == [WAS]


async def test_an_update_of_the_product_does_not_forget_whose_it_is(shop: Shop) -> None:
    (one,) = await shop.listed(item(food()))
    one = _after(one, await _pushed(shop, priced(one, price("19.90", "24.90"))))
    (outcome,) = await shop.push(replace(one, product=food(names={"fr": "Autre"}, short_descriptions={})))
    assert outcome.kind is OutcomeKind.APPLIED
    assert _has(shop) == [WAS], "an update of the content touches no price"
    await _pushed(shop, priced(_after(one, outcome), price("19.90")))
    assert _has(shop) is None


async def test_what_the_seller_put_by_hand_stays(shop: Shop) -> None:
    (one,) = await shop.listed(item(food()))
    shop.plant("CHOC", shop.truth()["CHOC"]["attributes"] | {"list_price": [WAS]})
    await _pushed(shop, priced(one, price("18.00")))
    assert _has(shop) == [WAS]


async def test_what_is_gone_already_needs_no_patch(shop: Shop) -> None:
    (one,) = await shop.listed(item(food(), cost=price("19.90", "24.90")))
    attributes = shop.truth()["CHOC"]["attributes"]
    del attributes["list_price"]
    shop.plant("CHOC", attributes)
    mark = len(shop.context.calls)
    outcome = await _pushed(shop, priced(one, price("19.90")))
    assert b"list_price" not in b"".join(call.content or b"" for call in shop.context.calls[mark:])
    assert "struck" not in outcome.linked.variants[one.variants[0].id].refs


async def test_where_one_is_demanded_zero_stands_for_none(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    (one,) = await shop.listed(item(food(), cost=price("19.90", "24.90")))
    japan = marketplaces.Marketplace(FR, "JP", "EU", "fr_FR")
    monkeypatch.setitem(marketplaces.MARKETPLACES, FR, japan)
    outcome = await _pushed(shop, priced(one, price("19.90")))
    assert _has(shop) == [WAS | {"value_with_tax": 0.0}]
    assert outcome.linked.variants == {}, "it is ours as before"


async def test_in_a_file_the_patch_is_the_same(shop: Shop) -> None:
    (one,) = await shop.listed(item(food(), cost=price("19.90", "24.90")))
    _, (message,) = await shop.file(priced(one, price("19.90")))
    assert message["patches"][1] == {
        "op": "delete",
        "path": "/attributes/list_price",
        "value": [{"currency": "EUR", "marketplace_id": FR}],
    }
    await shop.feed(priced(one, price("19.90")))
    assert _has(shop) is None


async def test_a_child_that_stands_alone_now_belongs_to_no_family(shop: Shop) -> None:
    """The size that was an option is said by the product's own rule, and the parent goes."""
    (one,) = await shop.listed(item(shirt(sizes=("S",))))
    alone = shirt(sizes=("S",), options=(), variants=(one.variants[0].variant.model_copy(update={"options": {}}),))
    rules = tuple(
        rule.model_copy(update={"source": "constant:S"}) if rule.target == "size" else rule
        for rule in shop.context.settings.mapping.attributes
    )
    shop.configure(mapping=shop.context.settings.mapping.model_copy(update={"attributes": rules}))
    variants = (replace(one.variants[0], variant=alone.variants[0]),)
    (outcome,) = await shop.push(replace(one, product=alone, variants=variants))
    assert outcome.kind is OutcomeKind.APPLIED, outcome
    truth = shop.truth()
    assert outcome.linked.gone == ("TEE",)
    assert not truth["TEE"]["exists"]
    assert (
        not {"parentage_level", "child_parent_sku_relationship", "variation_theme"}
        & truth["TEE-S"]["attributes"].keys()
    )


async def test_an_equal_price_does_not_tell_that_the_struck_one_is_gone(shop: Shop) -> None:
    (one,) = await shop.listed(item(food(), cost=price("19.90", "24.90")))
    shop.advance(3600)
    shop.context.forget_token()
    shop.limits(visible_after_s=100.0)
    mark = len(shop.asked())
    await _pushed(shop, priced(one, price("19.90")))
    looks = shop.asked()[mark:].count("searchListingsItems") - 1
    assert looks > 1, "applied before Amazon shows it"
