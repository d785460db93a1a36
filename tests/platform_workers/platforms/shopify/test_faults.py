"""The tables of errors: every row does what it says, and every code that the sheet names has its row."""

import os
import re
from typing import Any

import httpx
import orjson
import pytest
from platform_workers.platforms.shopify.catalog import item, price, priced, shirt, simple, stock
from platform_workers.platforms.shopify.conftest import Shop

from pixee_common.domain.faults import FaultKind, PlatformFault
from pixee_common.egress import HttpAnswer
from pixee_simulators.kit.specs import find_specs
from pixee_workers.platforms.shopify import bulk, faults, user_errors
from pixee_workers.platforms.shopify.classify import classify, observe
from pixee_workers.platforms.shopify.user_errors import Step
from pixee_workers.platforms.shopify.verdicts import user_errors as read_errors

NO_ERRORS = {
    "BULK_MUTATION_VARIABLES",
    "BULK_OPERATIONS_FINISH",
    "INVENTORY_LEVELS_UPDATE",
    "PRODUCTS_CREATE",
    "PRODUCTS_DELETE",
    "UPDATED_AT",
}
"""Capital words of the sheet that name something else."""


def answer(body: Any, status: int = 200, **headers: str) -> HttpAnswer:
    content = body if isinstance(body, bytes) else orjson.dumps(body)
    return HttpAnswer(status, httpx.Headers(headers), content, 0.1)


def fault_of(body: Any, status: int = 200, **headers: str) -> PlatformFault:
    fault = classify(answer(body, status, **headers))
    assert fault is not None
    return fault


def graphql_error(code: str, **extensions: Any) -> dict[str, Any]:
    return {"errors": [{"message": "no", "extensions": {"code": code} | extensions}]}


def throttled(requested: float, available: float, restore: float) -> dict[str, Any]:
    status = {"maximumAvailable": 2000, "currentlyAvailable": available, "restoreRate": restore}
    cost = {"requestedQueryCost": requested, "actualQueryCost": None, "throttleStatus": status}
    return graphql_error("THROTTLED") | {"extensions": {"cost": cost}}


def _sheet() -> str:
    folder = find_specs("shopify")
    sheet = None if folder is None else folder.parents[1] / "platforms" / "shopify.md"
    if sheet is None or not sheet.exists():
        if os.environ.get("CI") == "true":
            pytest.fail("CI needs the fact sheet: ../shared/platforms/shopify.md is absent")
        pytest.skip("../shared/platforms/shopify.md is absent: the tables cannot be compared with it")
    return sheet.read_text()


def test_every_code_that_the_sheet_names_has_its_row():
    named = set(re.findall(r"\b[A-Z]{2,}(?:_[A-Z]+)+\b|\bTHROTTLED\b", _sheet()))
    assert named >= NO_ERRORS
    known = {
        *bulk.START_CODES,
        *bulk.MUTATION_START_CODES,
        *faults.GRAPHQL_ERRORS,
        *user_errors.PRODUCT_SET,
        *user_errors.SET_QUANTITIES,
        *user_errors.SET_PRICES,
        *user_errors.ADD_PRICES,
    }
    assert named - NO_ERRORS - known == set()


def test_every_status_that_the_sheet_names_has_its_row():
    section = re.search(r"^- Retryable:.*$", _sheet(), re.MULTILINE)
    assert section is not None
    named = {int(one) for one in re.findall(r"\b[45]\d\d\b", section[0])}
    assert len(named) > 10
    assert named - set(faults.STATUSES) == set()


@pytest.mark.parametrize(
    ("status", "rule"), [(status, rule) for status, rules in faults.STATUSES.items() for rule in rules]
)
def test_a_status_is_the_fault_of_its_row(status: int, rule: faults.Rule):
    body = {"errors": "words: " + " ".join(rule.says)}
    fault = fault_of(body, status)
    assert (fault.kind, fault.scope, fault.reason) == (rule.kind, rule.scope, rule.reason)
    assert rule.source


@pytest.mark.parametrize("status", [204, 301, 418, 501, 599])
def test_every_other_status_is_a_fault_too(status: int):
    assert fault_of(b"", status).kind in {FaultKind.UNAVAILABLE, FaultKind.CONTRACT_BROKEN}


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (200, None),
        (201, None),
        (206, None),
        (400, "unavailable"),
        (401, "unavailable"),
        (403, "unavailable"),
        (404, "unavailable"),
        (413, "too_big"),
        (416, "unavailable"),
        (429, "throttled"),
        (503, "unavailable"),
    ],
)
def test_the_file_storage_says_nothing_of_the_shops_credentials(status: int, kind: str | None):
    fault = classify(answer(b"<Error/>", status, **{"X-GUploader-UploadID": "1", "Content-Type": "application/xml"}))
    assert (fault.kind if fault is not None else None) == kind


@pytest.mark.parametrize("code", sorted(faults.GRAPHQL_ERRORS))
def test_a_graphql_error_is_the_fault_of_its_row(code: str):
    rule = faults.GRAPHQL_ERRORS[code]
    fault = fault_of(graphql_error(code))
    assert (fault.kind, fault.scope, fault.reason) == (rule.kind, rule.scope, rule.reason)


@pytest.mark.parametrize(
    ("requested", "available", "restore", "wait"), [(752, 2, 100, 7.5), (10, 9, 100, 1.0), (10, 5, 0, 1.0)]
)
def test_throttled_waits_until_the_document_can_be_paid(requested, available, restore, wait):
    fault = fault_of(throttled(requested, available, restore))
    assert (fault.kind, fault.budget, fault.retry_after) == ("throttled", "graphql", wait)


def test_a_429_is_obeyed_to_the_second():
    assert fault_of({"errors": "Exceeded API rate limit"}, 429, **{"Retry-After": "7.5"}).retry_after == 7.5
    assert fault_of({"errors": "Exceeded API rate limit"}, 429).retry_after is None


def test_the_days_variants_used_up_is_a_long_wait_of_the_operation():
    fault = fault_of({"errors": "Daily variant creation limit reached. Please try again later."}, 429)
    assert (fault.kind, fault.scope, fault.reason) == ("throttled", "operation", "daily_limit")
    assert fault.retry_after == faults.DAILY_WAIT_SECONDS


def test_an_internal_error_with_a_null_payload_is_ambiguous_and_quotes_the_request():
    fault = fault_of({"data": {"productSet": None}} | graphql_error("INTERNAL_SERVER_ERROR", requestId="abc-1"))
    assert fault.kind == "ambiguous"
    assert "abc-1" in fault.message


def test_a_refused_access_wins_over_its_null_payload():
    fault = fault_of({"data": {"products": None}} | graphql_error("ACCESS_DENIED"))
    assert fault.reason == "permission_missing"


@pytest.mark.parametrize(
    "body", [b"<html>", b"", b"[]", b'{"data": {"sho', {"errors": [{"message": "what"}]}, {"errors": "odd"}]
)
def test_what_nobody_expects_breaks_the_contract(body: Any):
    assert fault_of(body).kind == "contract_broken"


def test_a_good_answer_is_no_fault_and_user_errors_are_none():
    assert classify(answer({"data": {"productSet": {"userErrors": [{"code": "INVALID_INPUT"}]}}})) is None


def test_the_budget_is_read_from_every_answer():
    (reading,) = observe(answer(throttled(752, 2, 100)))
    assert (reading.budget, reading.available, reading.maximum, reading.restore, reading.spent) == (
        "graphql",
        2,
        2000,
        100,
        0,
    )
    status = {"maximumAvailable": 2000.0, "currentlyAvailable": 1986, "restoreRate": 100.0}
    cost = {"requestedQueryCost": 20, "actualQueryCost": 14, "throttleStatus": status}
    (reading,) = observe(answer({"data": {}, "extensions": {"cost": cost}}))
    assert (reading.available, reading.spent) == (1986, 14)
    assert observe(answer(b"<html>", 503)) == ()
    assert observe(answer(b'"throttleStatus"', 200)) == ()


TABLES = {
    "productSet": user_errors.PRODUCT_SET,
    "inventorySetQuantities": user_errors.SET_QUANTITIES,
    "productVariantsBulkUpdate": user_errors.SET_PRICES,
    "translationsRegister": user_errors.TRANSLATE,
}


@pytest.mark.parametrize(("table", "code"), [(name, code) for name, rows in TABLES.items() for code in sorted(rows)])
def test_a_user_error_is_read_by_its_row(table: str, code: str):
    verdict = TABLES[table][code]
    payload = {"userErrors": [{"code": code, "field": ["input", "variants", "3", "sku"], "message": "no"}]}
    if verdict.step in {Step.BROKEN, Step.FAULT_WAIT}:
        with pytest.raises(PlatformFault) as caught:
            read_errors(payload, TABLES[table])
        assert caught.value.reason == verdict.reason
        return
    (error,) = read_errors(payload, TABLES[table])
    assert error.verdict is verdict
    assert (error.index("variants"), error.index("quantities")) == (3, None)
    assert error.field == (verdict.field or "sku")
    assert code in error.said


OUTCOMES = {
    Step.REJECT: "rejected",
    Step.AGAIN: "transient",
    Step.NEW_KEY: "transient",
}


async def _outcome(shop: Shop, table: str) -> Any:
    if table == "productSet":
        return (await shop.push(item(simple("NEW"))))[0]
    one = await shop.pushed(item(shirt()))
    sent = stock(one, 8) if table == "inventorySetQuantities" else priced(one, price("1.00"))
    return (await shop.push(sent))[0]


SIMULATED = [
    "GENERIC_ERROR",
    "JOB_ERROR",
    "INVALID_INPUT",
    "INVALID_METAFIELD",
    "HANDLE_NOT_UNIQUE",
    "PRODUCT_SUSPENDED",
]


@pytest.mark.parametrize("code", SIMULATED)
async def test_a_user_error_of_a_product_becomes_its_outcome(shop: Shop, code: str):
    verdict = user_errors.PRODUCT_SET[code]
    shop.set(planted_errors=[{"operation": "productSet", "match": "NEW", "code": code}])
    outcome = await _outcome(shop, "productSet")
    assert (outcome.kind, outcome.reason) == (OUTCOMES[verdict.step], verdict.reason)
    assert outcome.message.startswith("Shopify says:")


@pytest.mark.parametrize(
    "code", ["INVALID_QUANTITY_NEGATIVE", "INVALID_QUANTITY_TOO_HIGH", "CHANGE_FROM_QUANTITY_STALE"]
)
async def test_a_user_error_of_a_quantity_becomes_its_outcome(shop: Shop, code: str):
    verdict = user_errors.SET_QUANTITIES[code]
    shop.set(planted_errors=[{"operation": "inventorySetQuantities", "match": "SHIRT-S", "code": code}])
    outcome = await _outcome(shop, "inventorySetQuantities")
    assert (outcome.kind, outcome.reason) == (OUTCOMES[verdict.step], verdict.reason)


@pytest.mark.parametrize("code", ["NEGATIVE_PRICE_VALUE", "GREATER_THAN_OR_EQUAL_TO", "INVALID_VALUE"])
async def test_a_user_error_of_a_price_becomes_its_outcome(shop: Shop, code: str):
    verdict = user_errors.SET_PRICES[code]
    shop.set(planted_errors=[{"operation": "productVariantsBulkUpdate", "match": "SHIRT-S", "code": code}])
    outcome = await _outcome(shop, "productVariantsBulkUpdate")
    assert (outcome.kind, outcome.reason, outcome.field) == ("rejected", verdict.reason, "price")


@pytest.mark.parametrize("kind", ["throttle", "expired_token"])
async def test_the_simulated_bad_days_are_the_tables_faults(shop: Shop, kind: str):
    await shop.pushed(item(simple()))
    shop.fault(kind=kind, times=1)
    with pytest.raises(PlatformFault) as caught:
        await shop.push(item(simple("B")))
    assert caught.value.kind == {"throttle": "throttled", "expired_token": "credentials"}[kind]


async def test_the_restored_bucket_is_waited_for(shop: Shop):
    await shop.pushed(item(simple()))
    shop.fault(kind="throttle", times=1)
    with pytest.raises(PlatformFault) as caught:
        await shop.push(item(simple("B")))
    assert caught.value.retry_after == 1.0
    shop.advance(caught.value.retry_after)
    await shop.pushed(item(simple("B")))


async def test_a_truncated_answer_makes_nothing_twice(shop: Shop):
    shop.fault(kind="truncated_body", match={"operation": "productSet"}, times=1)
    with pytest.raises(PlatformFault):
        await shop.push(item(simple()))
    await shop.pushed(item(simple()))
    assert len(shop.products) == 1


async def test_a_write_that_is_cut_after_ten_seconds_is_ambiguous_and_repeatable(shop: Shop):
    shop.limit(synchronous_variants=2, gateway_timeout_s=0.0)
    with pytest.raises(PlatformFault) as caught:
        await shop.push(item(shirt()))
    assert caught.value.kind == "ambiguous"
    shop.limit(synchronous_variants=2048)
    await shop.pushed(item(shirt()))
    assert len(shop.products) == 1
