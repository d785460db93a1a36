"""From a whole answer to the fault it stands for, and to what it tells of the budget."""

from collections.abc import Mapping, Sequence
from typing import Any

from pixee_common.domain.faults import FaultKind, PlatformFault
from pixee_common.egress import AnswerNotJson, HttpAnswer
from pixee_workers.platforms.shopify import faults
from pixee_workers.platforms.shopify.faults import Rule
from pixee_workers.platforms.shopify.manifest import GRAPHQL
from pixee_workers.sync_base.calls import BudgetReading

_SHORTEST_WAIT = 1.0
_LONGEST_QUOTE = 200


def classify(answer: HttpAnswer) -> PlatformFault | None:
    """See `Adapter.classify`. A 2xx with `errors` is one of these; user errors are read item by item."""
    if _is_storage(answer):
        return _of_storage(answer)
    if answer.status != 200:
        return _by_status(answer)
    body = _json(answer)
    if body is None:
        return _fault(faults.NOT_JSON)
    errors = body.get("errors")
    if not errors:
        return None
    return _by_errors(errors if isinstance(errors, list) else [{"message": str(errors)}], body)


def _is_storage(answer: HttpAnswer) -> bool:
    """Files stand at Google's storage, which knows nothing of the shop's credentials."""
    return faults.STORAGE_HEADER in answer.headers


def _of_storage(answer: HttpAnswer) -> PlatformFault | None:
    if answer.status < 400:
        return None
    return _fault(faults.STORAGE.get(answer.status, faults.OTHER_STORAGE))


def observe(answer: HttpAnswer) -> Sequence[BudgetReading]:
    """Points left, bucket, restore rate, and what the call really cost."""
    if b'"throttleStatus"' not in answer.body:
        return ()
    body = _json(answer)
    cost = _cost(body) if body is not None else {}
    status = cost.get("throttleStatus")
    if not isinstance(status, dict):
        return ()
    return (
        BudgetReading(
            budget=GRAPHQL,
            available=_number(status.get("currentlyAvailable")),
            maximum=_number(status.get("maximumAvailable")),
            restore=_number(status.get("restoreRate")),
            spent=_number(cost.get("actualQueryCost")) if cost.get("actualQueryCost") is not None else _unspent(body),
        ),
    )


def _by_status(answer: HttpAnswer) -> PlatformFault | None:
    rules = faults.STATUSES.get(answer.status)
    if rules is not None:
        said = answer.body[:4096].lower()
        rule = next((one for one in rules if all(word.encode() in said for word in one.says)), rules[-1])
        return _fault(rule, wait=_retry_after(answer) if rule.kind is FaultKind.THROTTLED else None)
    if answer.status >= 500:
        return _fault(faults.OTHER_SERVER_ERROR)
    return _fault(faults.OTHER_STATUS, detail=str(answer.status))


def _by_errors(errors: Sequence[Any], body: Mapping[str, Any]) -> PlatformFault:
    """The first error whose code we know decides; a lost payload makes an internal error ambiguous."""
    known = [(error, code) for error in errors if (code := _code(error)) in faults.GRAPHQL_ERRORS]
    if not known:
        return _fault(faults.OTHER_GRAPHQL, detail=_message(errors[0]))
    error, code = known[0]
    if code == "THROTTLED":
        return _fault(faults.GRAPHQL_ERRORS[code], wait=_until_affordable(_cost(body)), budget=GRAPHQL)
    if code == "INTERNAL_SERVER_ERROR":
        request_id = error["extensions"].get("requestId")
        rule = faults.NULL_PAYLOAD if "data" in body else faults.GRAPHQL_ERRORS[code]
        return _fault(rule, detail=f"request {request_id}" if request_id else None)
    return _fault(faults.GRAPHQL_ERRORS[code], detail=_message(error))


def _fault(
    rule: Rule, *, detail: str | None = None, wait: float | None = None, budget: str | None = None
) -> PlatformFault:
    message = f"{rule.message} ({detail})" if detail else rule.message
    retry_after = wait if wait is not None else rule.wait
    return PlatformFault(rule.kind, rule.scope, rule.reason, message, retry_after=retry_after, budget=budget)


def _until_affordable(cost: Mapping[str, Any]) -> float:
    """(requested - available) / restore, at least a second (sheet, "Rate limits and retries")."""
    status = cost.get("throttleStatus")
    if not isinstance(status, dict):
        return _SHORTEST_WAIT
    requested, available, restore = (
        _number(cost.get("requestedQueryCost")),
        _number(status.get("currentlyAvailable")),
        _number(status.get("restoreRate")),
    )
    if requested is None or available is None or not restore:
        return _SHORTEST_WAIT
    return max(_SHORTEST_WAIT, (requested - available) / restore)


def _unspent(body: Mapping[str, Any] | None) -> float | None:
    """A throttled document took nothing."""
    errors = (body or {}).get("errors")
    throttled = isinstance(errors, list) and any(_code(one) == "THROTTLED" for one in errors)
    return 0.0 if throttled else None


def _retry_after(answer: HttpAnswer) -> float | None:
    try:
        return float(answer.headers["retry-after"])
    except (KeyError, ValueError):
        return None


def _json(answer: HttpAnswer) -> dict[str, Any] | None:
    try:
        body = answer.json()
    except AnswerNotJson:
        return None
    return body if isinstance(body, dict) else None


def _cost(body: Mapping[str, Any]) -> dict[str, Any]:
    extensions = body.get("extensions")
    cost = extensions.get("cost") if isinstance(extensions, dict) else None
    return cost if isinstance(cost, dict) else {}


def _code(error: Any) -> str:
    extensions = error.get("extensions") if isinstance(error, dict) else None
    return str(extensions.get("code", "")) if isinstance(extensions, dict) else ""


def _message(error: Any) -> str:
    return str(error.get("message", ""))[:_LONGEST_QUOTE] if isinstance(error, dict) else ""


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) else None
