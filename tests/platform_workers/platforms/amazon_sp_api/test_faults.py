"""The tables of errors, walked row by row, and compared with what the sheet names."""

import os
import re
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from pixee_common.domain.faults import FaultKind
from pixee_common.domain.job import OutcomeKind
from pixee_common.domain.reasons import REASONS, ReasonCode
from pixee_common.egress import HttpAnswer
from pixee_workers.platforms.amazon_sp_api import create
from pixee_workers.platforms.amazon_sp_api.faults import (
    ACTION_REASONS,
    ANSWER_RULES,
    CATEGORY_RULES,
    ISSUE_RULES,
    RESTRICTED,
    RESTRICTION_RULES,
    AnswerRule,
    IssueRule,
)
from pixee_workers.platforms.amazon_sp_api.issues import judged

SHEET = Path(__file__).parents[5] / "shared" / "platforms" / "amazon_sp_api.md"
SIGN_IN = {
    "invalid_grant",
    "invalid_client",
    "unauthorized_client",
    "access_denied",
    "invalid_request",
    "invalid_scope",
    "server_error",
    "temporarily_unavailable",
}


def _answer(status: int, body: Any = b"", **headers: str) -> HttpAnswer:
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    return HttpAnswer(status, httpx.Headers(headers), raw, 0.1)


def _error(code: str, message: str = "No.", details: str = "") -> dict[str, Any]:
    return {"errors": [{"code": code, "message": message, "details": details}]}


def _ids(rule: AnswerRule | IssueRule) -> str:
    return rule.source.replace(" ", "_")


@pytest.mark.parametrize("rule", ANSWER_RULES, ids=_ids)
def test_every_answer_of_the_table_is_the_fault_it_says(rule: AnswerRule) -> None:
    for status in rule.statuses:
        body: Any = b"<Error><Code>AccessDenied</Code></Error>"
        if rule.code in SIGN_IN:
            body = {"error": rule.code, "error_description": "No."}
        elif rule.code is not None:
            body = _error("Odd" if rule.code == "*" else rule.code, details=rule.says or "")
        fault = create().classify(_answer(status, body))
        assert fault is not None
        assert (fault.kind, fault.scope, fault.reason) == (rule.kind, rule.scope, rule.reason), status
        assert fault.message
        assert fault.reason in REASONS


@pytest.mark.parametrize("rule", [*ISSUE_RULES.values(), *CATEGORY_RULES.values()], ids=_ids)
def test_every_issue_of_the_table_has_the_reason_it_says(rule: IssueRule) -> None:
    code, category = ("0", rule.key) if rule.key in CATEGORY_RULES else (rule.key, "OTHER")
    issue = {"code": code, "categories": [category], "severity": "ERROR", "message": "No.", "attributeNames": ["brand"]}
    found = judged([issue], "SKU-1")
    assert (found.kind, found.reason, found.field) == (OutcomeKind.REJECTED, rule.reason, "brand")
    assert found.gone == rule.gone
    assert found.message == f"SKU-1: No. ({code})"


@pytest.mark.parametrize("action", ACTION_REASONS)
def test_what_amazon_suppresses_without_a_known_code_is_suspended(action: str) -> None:
    issue = {"code": "1", "severity": "ERROR", "message": "x", "enforcements": {"actions": [{"action": action}]}}
    assert judged([issue], "S").reason is ReasonCode.SUSPENDED_BY_PLATFORM


def test_what_is_no_error_is_a_warning_and_an_unknown_one_is_silent() -> None:
    issues = [
        {"code": "18027", "severity": "WARNING", "message": "text on the picture"},
        {"code": "18448", "severity": "WARNING", "message": "relevant attributes are incomplete"},
        {"code": "5", "severity": "INFO", "message": "by the way"},
    ]
    found = judged(issues, "S")
    assert found.kind is None
    assert [one.reason for one in found.warnings] == [ReasonCode.IMAGE_REFUSED]


def _sheet() -> str:
    if SHEET.is_file():
        return SHEET.read_text(encoding="utf-8")
    if os.environ.get("CI"):
        pytest.fail("../shared/platforms/amazon_sp_api.md is missing")
    pytest.skip("../shared/platforms/amazon_sp_api.md is not there: a plain clone cannot compare")


def _section(name: str) -> str:
    sheet = _sheet()
    begin = sheet.index(f"\n## {name}")
    return sheet[begin : sheet.index("\n## ", begin + 1)]


def test_every_code_of_an_answer_that_the_sheet_names_has_its_row() -> None:
    listed = _section("Errors").partition("Codes seen:")[2].partition("Older APIs")[0]
    named = set(re.findall(r"\b(?:[A-Z][a-z]+[A-Z]?[A-Za-z]+|[A-Z]+_[A-Z]+)\b", listed))
    assert named >= {"InvalidInput", "BAD_REQUEST", "Unauthorized", "NOT_FOUND", "QuotaExceeded"}
    codes = {rule.code for rule in ANSWER_RULES}
    # Whoever asks too often is throttled under any code.
    assert named - codes == set()


def test_every_status_that_the_sheet_names_has_its_row() -> None:
    named = {int(status) for status in re.findall(r"\b[45]\d\d\b", _section("Errors"))} - {491}
    assert named >= {400, 403, 404, 413, 415, 429, 500, 503}
    assert named <= {status for rule in ANSWER_RULES for status in rule.statuses}


def test_every_code_of_the_sign_in_has_its_row() -> None:
    line = _section("Test connection").partition("1. LWA token call.")[2].partition("\n2.")[0]
    named = set(re.findall(r"\b(?:[a-z]+_){1,2}[a-z]+\b", line)) - {"error_description"}
    assert named == SIGN_IN
    assert named <= {rule.code for rule in ANSWER_RULES}


def test_every_issue_code_and_category_of_the_sheet_has_its_row() -> None:
    codes = set(re.findall(r"\b\d{5,8}\b", _section("Errors").partition("Validation =")[2]))
    assert len(codes) >= 7
    assert codes <= ISSUE_RULES.keys()
    listed = _section("Push products").partition("categories[")[2].partition("]")[0]
    assert set(listed.split(",")) == CATEGORY_RULES.keys()
    actions = _section("Push products").partition("enforcements{actions[")[2].partition("]")[0]
    assert set(actions.split("|")) == ACTION_REASONS.keys()


def test_every_reason_of_a_restriction_that_the_sheet_names_has_its_row() -> None:
    listed = _section("Push products").partition("reasonCode ")[2].partition(")")[0]
    assert set(listed.split("|")) == RESTRICTION_RULES.keys()
    for rule in (*RESTRICTION_RULES.values(), RESTRICTED):
        assert rule.reason in REASONS
        assert "B0ASIN" in rule.message.format(asin="B0ASIN")


@pytest.mark.parametrize("body", [b"", b'{"items": []}', b"[]"])
def test_a_good_answer_is_no_fault(body: bytes) -> None:
    assert create().classify(_answer(200, body)) is None


def test_a_success_that_is_no_json_is_lost() -> None:
    fault = create().classify(_answer(200, b'{"sku": "A'))
    assert fault is not None
    assert fault.kind is FaultKind.AMBIGUOUS


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_never_followed(status: int) -> None:
    fault = create().classify(_answer(status, b"", location="https://elsewhere.example"))
    assert fault is not None
    assert (fault.kind, fault.reason) == (FaultKind.CREDENTIALS, ReasonCode.EGRESS_REFUSED)


@pytest.mark.parametrize(("status", "kind"), [(502, FaultKind.UNAVAILABLE), (418, FaultKind.REFUSED)])
def test_what_nobody_named_is_read_by_its_status(status: int, kind: FaultKind) -> None:
    fault = create().classify(_answer(status, b"<html>"))
    assert fault is not None
    assert fault.kind is kind


def test_amazons_words_are_told_where_the_merchant_has_to_mend() -> None:
    fault = create().classify(_answer(400, _error("InvalidInput", "Invalid 'pageSize' provided.")))
    assert fault is not None
    assert "pageSize" in fault.message


@pytest.mark.parametrize(("told", "rate"), [("5.0", 5.0), ("0.0167", 0.0167), ("", None), ("soon", None), ("0", None)])
def test_the_rate_header_is_the_rate_of_the_call(told: str, rate: float | None) -> None:
    readings = create().observe(_answer(200, b"{}", **{"x-amzn-RateLimit-Limit": told}))
    assert [(one.budget, one.restore) for one in readings] == ([] if rate is None else [("", rate)])
