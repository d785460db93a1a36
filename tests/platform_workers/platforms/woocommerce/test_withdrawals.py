"""Products that leave the catalog."""

from dataclasses import replace

import pytest
from platform_workers.platforms.woocommerce.catalog import item, listed, shirt, simple
from platform_workers.platforms.woocommerce.conftest import Shop

from pixee_common.domain.job import OutcomeKind
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.sync_base.items import Action


async def test_unpublishing_makes_a_draft_and_touches_nothing_else(shop: Shop) -> None:
    one = item(simple("TEE"))
    [made] = await shop.push(one)
    before = {**shop.by_sku("TEE"), "status": "draft", "date_modified_gmt": None}
    [outcome] = await shop.push(listed(one, made.linked, action=Action.UNPUBLISH))
    assert (outcome.kind, outcome.linked.gone) == (OutcomeKind.APPLIED, ())
    assert {**shop.by_sku("TEE"), "date_modified_gmt": None} == before


async def test_deleting_removes_a_product_with_its_variations(shop: Shop) -> None:
    one, stays = item(shirt()), item(simple("STAYS"))
    made = await shop.push(one, stays)
    [outcome] = await shop.push(listed(one, made[0].linked, action=Action.DELETE))
    assert outcome.kind is OutcomeKind.APPLIED
    assert len(outcome.linked.gone) == 4
    assert [row["sku"] for row in shop.products] == ["STAYS"]


@pytest.mark.parametrize("action", [Action.UNPUBLISH, Action.DELETE])
async def test_what_is_gone_already_counts_as_done(shop: Shop, action: Action) -> None:
    one = item(simple("TEE"))
    [made] = await shop.push(one)
    shop.store.drop(shop.by_sku("TEE"))
    [outcome] = await shop.push(listed(one, made.linked, action=action))
    assert (outcome.kind, outcome.reason) == (OutcomeKind.APPLIED, ReasonCode.ALREADY_GONE)
    assert len(outcome.linked.gone) == 1


async def test_what_was_never_at_the_shop_needs_no_call(shop: Shop) -> None:
    [outcome] = await shop.push(replace(item(simple("TEE")), action=Action.DELETE))
    assert (outcome.kind, outcome.reason) == (OutcomeKind.SKIPPED, ReasonCode.ALREADY_GONE)
    assert shop.context.calls == []


async def test_upserts_and_withdrawals_may_share_a_submission(shop: Shop) -> None:
    old, older = item(simple("OLD")), item(simple("OLDER"))
    made = await shop.push(old, older)
    outcomes = await shop.push(
        listed(old, made[0].linked, action=Action.UNPUBLISH),
        item(simple("NEW")),
        listed(older, made[1].linked, action=Action.DELETE),
    )
    assert {outcome.kind for outcome in outcomes} == {OutcomeKind.APPLIED}
    assert {row["sku"]: row["status"] for row in shop.products} == {"OLD": "draft", "NEW": "publish"}
