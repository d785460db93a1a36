"""Answers read against the tables of `faults`: what a whole answer means, and what an item's error means."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from pixee_common.domain.faults import FaultKind, PlatformFault
from pixee_common.domain.reasons import ReasonCode
from pixee_common.egress import AnswerNotJson, HttpAnswer
from pixee_workers.platforms.woocommerce.faults import (
    ANSWER_RULES,
    BROKEN,
    ITEM_RULES,
    OTHER,
    WEB_PAGE,
    AnswerRule,
    Step,
)
from pixee_workers.platforms.woocommerce.manifest import CALLS
from pixee_workers.platforms.woocommerce.wire import text
from pixee_workers.sync_base.plain_json import retry_after

_LONGEST_MESSAGE = 300
_TAGS = re.compile(r"<[^>]*>")


@dataclass(frozen=True, slots=True)
class ItemError:
    """An error that one item of a batch came back with."""

    code: str
    message: str
    step: Step
    reason: ReasonCode
    field: str | None = None
    resource_id: int | None = None
    """The object that stands in the way, where the shop names it."""


class ShopFault(PlatformFault):
    """A fault made of an answer; `processed` says that the shop may have acted before it failed."""

    def __init__(self, rule: AnswerRule, message: str, retry_after: float | None) -> None:
        super().__init__(
            rule.kind,
            rule.scope,
            rule.reason,
            message,
            retry_after=retry_after,
            budget=CALLS if rule.kind is FaultKind.THROTTLED else None,
        )
        self.processed = rule.processed


def readable(message: object) -> str:
    """A message of the shop without tags and entities, at most 300 characters."""
    return " ".join(_TAGS.sub(" ", text(message)).split())[:_LONGEST_MESSAGE]


def item_error(error: Mapping[str, Any]) -> ItemError:
    """What a batch item's `error` means. A failure of the shop itself (5xx) comes again; an unknown code is a refusal."""
    code = str(error.get("code") or "")
    data = error.get("data")
    details = data if isinstance(data, Mapping) else {}
    message = readable(error.get("message")) or f"The shop gave no reason (code {code or 'none'})."
    resource = details.get("resource_id")
    resource_id = resource if isinstance(resource, int) and not isinstance(resource, bool) else None
    rule = ITEM_RULES.get(code)
    if rule is not None:
        return ItemError(code, message, rule.step, rule.reason, rule.field or _parameter(details), resource_id)
    status = details.get("status")
    if isinstance(status, int) and status >= 500:
        return ItemError(code, message, Step.AGAIN, ReasonCode.UNAVAILABLE)
    if status in {401, 403}:
        return ItemError(code, message, Step.REJECT, ReasonCode.PERMISSION_MISSING)
    return ItemError(code, message, Step.REJECT, ReasonCode.REFUSED_BY_PLATFORM, _parameter(details))


def _parameter(details: Mapping[str, Any]) -> str | None:
    parameters = details.get("params")
    return next(iter(parameters), None) if isinstance(parameters, Mapping) else None


def fault_of(answer: HttpAnswer) -> PlatformFault | None:
    """The fault that a whole answer stands for; null where the body is to be read."""
    if 200 <= answer.status < 300:
        rule = _rule_of_success(answer)
        return ShopFault(rule, rule.message, None) if rule else None
    code, said = _spoken(answer)
    if code is not None and code in ITEM_RULES and ITEM_RULES[code].step is Step.TERM_KNOWN:
        return None
    rule = _rule_of(answer, code)
    message = rule.message
    if said and rule.kind in {FaultKind.REFUSED, FaultKind.CONTRACT_BROKEN}:
        message = f"{message} It says: {said}"
    if rule.reason is ReasonCode.EGRESS_REFUSED:
        host = urlsplit(answer.headers.get("location", "")).hostname
        message = f"{message} It points to {host}." if host else message
    return ShopFault(rule, message, retry_after(answer))


def _rule_of_success(answer: HttpAnswer) -> AnswerRule | None:
    body = answer.body.strip()
    if body[:1] == b"<":
        return WEB_PAGE
    if body[:1] not in {b"{", b"["} or body[-1:] not in {b"}", b"]"}:
        return BROKEN
    return None


def _rule_of(answer: HttpAnswer, code: str | None) -> AnswerRule:
    body = answer.body[:65536].decode("utf-8", "replace").lower()
    for rule in ANSWER_RULES:
        if answer.status not in rule.statuses or (rule.says is not None and rule.says not in body):
            continue
        if rule.code is None or rule.code == code or (rule.code == "*" and code is not None):
            return rule
    if answer.status >= 500:
        return next(rule for rule in ANSWER_RULES if 502 in rule.statuses)
    return OTHER


def _spoken(answer: HttpAnswer) -> tuple[str | None, str]:
    """The code and the message of an error body, where there is one."""
    try:
        body = answer.json()
    except AnswerNotJson:
        return None, ""
    if not isinstance(body, Mapping) or not isinstance(body.get("code"), str):
        return None, ""
    return body["code"], readable(body.get("message"))


def error_of(answer: HttpAnswer) -> ItemError | None:
    """The item error in a single-object answer that `fault_of` lets pass (`term_exists`)."""
    return None if answer.status < 400 else item_error(answer.json())
