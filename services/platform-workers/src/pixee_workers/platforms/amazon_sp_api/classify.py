"""Reads a whole answer by the table of faults, and what it tells of the budget that it spent."""

from collections.abc import Mapping
from typing import Any

from pixee_common.domain.faults import PlatformFault
from pixee_common.egress import AnswerNotJson, HttpAnswer
from pixee_workers.platforms.amazon_sp_api.faults import ANSWER_RULES, BROKEN, FAILED, MOVED, OTHER, AnswerRule
from pixee_workers.sync_base.calls import BudgetReading

_MOST_SAID = 300
RATE_HEADER = "x-amzn-RateLimit-Limit"


def classify(answer: HttpAnswer) -> PlatformFault | None:
    """The fault that the answer stands for. Files come and go with an empty body of their own."""
    if 200 <= answer.status < 300:
        return None if not answer.body or _json(answer) is not None else _fault(BROKEN, "")
    if 300 <= answer.status < 400:
        return _fault(MOVED, "")
    body = _json(answer)
    code, said = _told(body)
    for rule in ANSWER_RULES:
        if answer.status in rule.statuses and _fits(rule, code, said, is_json=body is not None):
            return _fault(rule, said)
    return _fault(FAILED if answer.status >= 500 else OTHER, said)


def observe(answer: HttpAnswer) -> tuple[BudgetReading, ...]:
    """`x-amzn-RateLimit-Limit` is the rate of the operation that was called, for this seller and app. Not on every answer."""
    try:
        rate = float(answer.headers.get(RATE_HEADER, ""))
    except ValueError:
        return ()
    return (BudgetReading("", restore=rate),) if rate > 0 else ()


def _fits(rule: AnswerRule, code: str | None, said: str, *, is_json: bool) -> bool:
    if rule.code == "*":
        return is_json
    if rule.code is not None and rule.code != code:
        return False
    return rule.says is None or rule.says in said.lower()


def _told(body: Any) -> tuple[str | None, str]:
    """Code and words: of SP-API's `errors`, or of Login with Amazon's `error`."""
    if not isinstance(body, Mapping):
        return None, ""
    errors = body.get("errors")
    if isinstance(errors, list) and errors and isinstance(errors[0], Mapping):
        first = errors[0]
        words = (str(first.get(name) or "") for name in ("message", "details"))
        return str(first.get("code") or "") or None, " ".join(word for word in words if word)
    if isinstance(body.get("error"), str):
        return body["error"], str(body.get("error_description") or "")
    return None, str(body.get("message") or "")


def _json(answer: HttpAnswer) -> Any:
    try:
        return answer.json()
    except AnswerNotJson:
        return None


def _fault(rule: AnswerRule, said: str) -> PlatformFault:
    words = f" Amazon says: {said[:_MOST_SAID]}" if said and rule.reason.value in _WITH_WORDS else ""
    return PlatformFault(rule.kind, rule.scope, rule.reason, f"{rule.message}{words}")


_WITH_WORDS = frozenset({"refused_by_platform", "permission_missing", "too_big"})
