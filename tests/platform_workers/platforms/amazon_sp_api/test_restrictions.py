"""Whether the seller may sell on an item of the catalog: asked before the write, and told with what to do."""

from typing import Any

import pytest
from platform_workers.platforms.amazon_sp_api.catalog import FR, food, item, rule
from platform_workers.platforms.amazon_sp_api.conftest import Shop
from platform_workers.platforms.amazon_sp_api.offering import ASIN, EANS, catalog, offering, pushed

from pixee_common.domain.job import OutcomeKind
from pixee_common.domain.product import Condition
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.platforms.amazon_sp_api import restrictions


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("APPROVAL_REQUIRED", ReasonCode.PERMISSION_MISSING),
        ("NOT_ELIGIBLE", ReasonCode.REFUSED_BY_PLATFORM),
        ("ASIN_NOT_FOUND", ReasonCode.INVALID_VALUE),
        ("SOMETHING_NEW", ReasonCode.REFUSED_BY_PLATFORM),
    ],
)
async def test_what_the_seller_may_not_offer_is_refused_before_the_write(
    shop: Shop, code: str, reason: ReasonCode
) -> None:
    offering(shop)
    catalog(shop, ASIN, restricted_asins={ASIN: code})
    refused, other = await shop.push(item(food()), item(food("NEW", variant={"ean": EANS[1]})))
    assert (refused.kind, refused.reason) == (OutcomeKind.REJECTED, reason)
    assert refused.field == "attributes.merchant_suggested_asin"
    assert ASIN in (refused.message or "")
    assert ("Ask here: https://" in (refused.message or "")) == (code == "APPROVAL_REQUIRED")
    assert other.kind is OutcomeKind.APPLIED
    assert "CHOC" not in shop.truth()


async def test_an_asin_that_nobody_knows_is_refused_too(shop: Shop) -> None:
    offering(shop, "offer", rule("merchant_suggested_asin", "constant:B0NOWHERE0"))
    (outcome,) = await shop.push(item(food()))
    assert (outcome.kind, outcome.reason) == (OutcomeKind.REJECTED, ReasonCode.INVALID_VALUE)


async def test_a_restriction_of_another_condition_is_none(shop: Shop) -> None:
    offering(shop)
    catalog(shop, ASIN, restricted_asins={ASIN: {"used_good": "NOT_ELIGIBLE"}})
    await pushed(shop, item(food()))
    (outcome,) = await shop.push(item(food("USED", condition=Condition.USED)))
    assert outcome.kind is OutcomeKind.REJECTED


async def test_the_answer_is_asked_for_once_and_again_after_a_while(shop: Shop) -> None:
    offering(shop)
    catalog(shop, ASIN, restricted_asins={ASIN: "APPROVAL_REQUIRED"})
    for _ in range(2):
        await shop.push(item(food("A")), item(food("B")))
    assert shop.asked().count("getListingsRestrictions") == 1
    catalog(shop, ASIN, restricted_asins={})
    shop.advance(601)
    await pushed(shop, item(food("A")))
    assert shop.asked().count("getListingsRestrictions") == 2


async def test_each_question_spends_its_own_budgets(shop: Shop) -> None:
    offering(shop)
    catalog(shop, ASIN)
    await pushed(shop, item(food()))
    spent = {call.label: set(call.spend) for call in shop.context.calls}
    assert spent["searchCatalogItems"] == {"searchCatalogItems"}
    assert spent["getListingsRestrictions"] == {"getListingsRestrictions", "getListingsRestrictions:application"}


async def test_a_question_that_amazon_does_not_want_stops_nothing(shop: Shop) -> None:
    offering(shop)
    catalog(shop, ASIN)
    shop.fault(kind="status", status=400, match={"operation": "getListingsRestrictions"})
    await pushed(shop, item(food()))


async def test_the_catalog_of_another_marketplace_is_not_asked(shop: Shop) -> None:
    offering(shop)
    catalog(shop, ASIN)
    await pushed(shop, item(food()))
    asked = [call.url for call in shop.context.calls if call.label in {"searchCatalogItems", "getListingsRestrictions"}]
    assert len(asked) == 2
    assert all(f"marketplaceIds={FR}" in url for url in asked)


@pytest.mark.parametrize(
    ("about", "refused"),
    [
        ({"conditionType": "new_new"}, True),
        ({}, True),
        ({"conditionType": "used_good"}, False),
        ({"marketplaceId": "A1PA6795UKMFR9"}, False),
    ],
)
async def test_only_what_is_said_of_this_condition_and_marketplace_counts(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, about: dict[str, Any], refused: bool
) -> None:
    """A restriction without a reason is one all the same (published model: reasons are optional)."""

    async def told(*_given: Any, **_more: Any) -> tuple[Any, None]:
        return {"restrictions": [{"marketplaceId": FR} | about]}, None

    monkeypatch.setattr(restrictions, "ask", told)
    found = await restrictions.restriction(shop.context, "CHOC", ASIN, "new_new")
    assert (found is not None) == refused
