"""The table of errors, walked row by row, and compared with what the sheet names."""

import os
import re
from pathlib import Path

import httpx
import orjson
import pytest

from pixee_common.domain.faults import FaultKind
from pixee_common.domain.reasons import REASONS, ReasonCode
from pixee_common.egress import HttpAnswer
from pixee_workers.platforms.woocommerce import create
from pixee_workers.platforms.woocommerce.faults import ANSWER_RULES, ITEM_RULES, AnswerRule, ItemRule, Step
from pixee_workers.platforms.woocommerce.verdicts import item_error

SHEET = Path(__file__).parents[5] / "shared" / "platforms" / "woocommerce.md"

NO_ERROR_CODES = {
    "rest_route",  # a query parameter
    "woocommerce_rest_batch_items_limit",  # a filter of the host
    "woocommerce_prices_include_tax",  # a setting
    "woocommerce_rest_",  # the beginning of many codes
}
STATUSES_OF_THE_SHEET = {400, 401, 403, 404, 408, 413, 429, 500, 503, 508, 520, 521, 522, 523, 524}


def _answer(status: int, body: bytes = b"", **headers: str) -> HttpAnswer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return HttpAnswer(status, httpx.Headers(named), body, 0.1)


def _error(code: str, message: str = "No.", **data: object) -> bytes:
    return orjson.dumps({"code": code, "message": message, "data": data})


def _ids(rule: AnswerRule | ItemRule) -> str:
    return rule.source.replace(" ", "_")


@pytest.mark.parametrize("rule", ANSWER_RULES, ids=_ids)
def test_every_answer_of_the_table_is_the_fault_it_says(rule: AnswerRule) -> None:
    for status in rule.statuses:
        if rule.code is None:
            body = f"<html><p>{rule.says or 'Sorry'}</p></html>".encode()
        else:
            body = _error("rest_forbidden" if rule.code == "*" else rule.code, rule.says or "Sorry")
        fault = create().classify(_answer(status, body))
        assert fault is not None
        assert (fault.kind, fault.scope, fault.reason) == (rule.kind, rule.scope, rule.reason), status
        assert fault.message
        assert fault.reason in REASONS


@pytest.mark.parametrize("rule", ITEM_RULES.values(), ids=_ids)
def test_every_item_error_of_the_table_is_the_step_it_says(rule: ItemRule) -> None:
    error = item_error({"code": rule.code, "message": "A &amp; B", "data": {"status": 400, "resource_id": 7}})
    assert (error.step, error.reason, error.resource_id, error.message) == (rule.step, rule.reason, 7, "A & B")


def _sheet() -> str:
    if SHEET.is_file():
        return SHEET.read_text(encoding="utf-8")
    if os.environ.get("CI"):
        pytest.fail("../shared/platforms/woocommerce.md is missing")
    pytest.skip("../shared/platforms/woocommerce.md is not there: a plain clone cannot compare")


def test_every_error_code_of_the_sheet_has_its_row() -> None:
    named = set(re.findall(r"\b(?:woocommerce_[a-z_]+|product_invalid_[a-z_]+|rest_[a-z_]+|term_exists)\b", _sheet()))
    named -= {name for name in named if name in NO_ERROR_CODES}
    assert len(named) >= 12
    table = {rule.code for rule in ANSWER_RULES} | set(ITEM_RULES)
    assert named - table == set()


def test_every_status_of_the_sheet_has_its_row() -> None:
    sheet = _sheet()
    section = sheet[sheet.index("## Rate limits") : sheet.index("## Errors")]
    named = {int(status) for status in re.findall(r"\b[45]\d\d\b", section)}
    assert named <= STATUSES_OF_THE_SHEET
    table = {status for rule in ANSWER_RULES for status in rule.statuses}
    assert table >= STATUSES_OF_THE_SHEET


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry_after": "17"}, 17.0),
        ({"retry_after": "Wed, 21 Oct 2026 07:28:30 GMT", "date": "Wed, 21 Oct 2026 07:28:00 GMT"}, 30.0),
        ({"retry_after": "soon"}, None),
        ({}, None),
    ],
)
def test_a_throttled_answer_says_how_long_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    fault = create().classify(_answer(429, b"", **headers))
    assert fault is not None
    assert (fault.kind, fault.retry_after, fault.budget) == (FaultKind.THROTTLED, seconds, "calls")


@pytest.mark.parametrize("body", [b"[]", b'{"create": []}', b' {"id": 1}\n'])
def test_a_good_answer_is_no_fault(body: bytes) -> None:
    assert create().classify(_answer(200, body)) is None
    assert create().observe(_answer(200, body)) == ()


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"<!DOCTYPE html><h1>Back soon</h1>", FaultKind.UNAVAILABLE),
        (b"<br /><b>Warning</b>: in wp-content {}", FaultKind.UNAVAILABLE),
        (b'{"create": [{"id"', FaultKind.AMBIGUOUS),
        (b"", FaultKind.AMBIGUOUS),
    ],
)
def test_a_success_that_is_no_data_is_a_fault(body: bytes, kind: FaultKind) -> None:
    fault = create().classify(_answer(200, body))
    assert fault is not None
    assert fault.kind is kind


def test_a_name_that_exists_is_no_fault() -> None:
    assert create().classify(_answer(400, _error("term_exists", resource_id=7))) is None


def test_an_unknown_code_is_a_refusal_with_the_shops_words() -> None:
    fault = create().classify(_answer(400, _error("some_plugin_error", "Not on <b>Sundays</b> &amp; never.")))
    assert fault is not None
    assert (fault.kind, fault.reason) == (FaultKind.REFUSED, ReasonCode.REFUSED_BY_PLATFORM)
    assert "Not on Sundays & never." in fault.message


def test_an_unknown_server_error_is_unavailable() -> None:
    fault = create().classify(_answer(530, b"<html>"))
    assert fault is not None
    assert fault.kind is FaultKind.UNAVAILABLE


@pytest.mark.parametrize(
    ("error", "step", "reason"),
    [
        ({"code": "odd", "data": {"status": 500}}, Step.AGAIN, ReasonCode.UNAVAILABLE),
        ({"code": "woocommerce_rest_cannot_edit", "data": {"status": 403}}, Step.REJECT, ReasonCode.PERMISSION_MISSING),
        ({"code": "odd", "message": "", "data": None}, Step.REJECT, ReasonCode.REFUSED_BY_PLATFORM),
        ({}, Step.REJECT, ReasonCode.REFUSED_BY_PLATFORM),
    ],
)
def test_an_item_error_that_the_table_lacks_is_read_by_its_status(
    error: dict[str, object], step: Step, reason: ReasonCode
) -> None:
    found = item_error(error)
    assert (found.step, found.reason) == (step, reason)
    assert found.message


def test_an_invalid_parameter_names_its_field() -> None:
    error = item_error({"code": "rest_invalid_param", "message": "x", "data": {"params": {"tax_class": "no"}}})
    assert (error.reason, error.field) == (ReasonCode.INVALID_VALUE, "tax_class")
