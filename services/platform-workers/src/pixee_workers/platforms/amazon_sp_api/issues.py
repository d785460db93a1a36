"""Issues of a listing, from whatever answer they come, as what an item's outcome says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pixee_common.domain.job import OutcomeKind
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.platforms.amazon_sp_api.faults import ACTION_REASONS, CATEGORY_RULES, ISSUE_RULES, IssueRule
from pixee_workers.sync_base.outcomes import Notice

_MOST_TOLD = 5


@dataclass(frozen=True, slots=True)
class Issue:
    """One issue. `field` is the attribute that it is about."""

    code: str
    message: str
    reason: ReasonCode
    is_error: bool
    field: str | None
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Judged:
    """What the issues of one listing say together. `kind` is null where nothing stands in the way."""

    kind: OutcomeKind | None
    reason: ReasonCode | None = None
    message: str | None = None
    field: str | None = None
    gone: bool = False
    warnings: tuple[Notice, ...] = ()


def issue_of(wire: Mapping[str, Any]) -> Issue:
    """An issue of Listings Items, or of a feed's report (which has one `attributeName` and no categories)."""
    names = [str(name) for name in wire.get("attributeNames") or () if name]
    name = names[0] if names else str(wire.get("attributeName") or "") or None
    rule = _rule(wire)
    reason = rule.reason if rule else _by_action(wire) or ReasonCode.REFUSED_BY_PLATFORM
    return Issue(
        code=str(wire.get("code") or ""),
        message=str(wire.get("message") or "Amazon gives no reason."),
        reason=reason,
        is_error=wire.get("severity") == "ERROR",
        field=name,
        gone=rule is not None and rule.gone,
    )


def judged(wires: Sequence[Mapping[str, Any]], sku: str) -> Judged:
    """The first error decides, all of them are told; what is no error is a warning."""
    issues = [issue_of(wire) for wire in wires]
    errors = [issue for issue in issues if issue.is_error]
    if not errors:
        told = [issue for issue in issues if issue.reason is not ReasonCode.REFUSED_BY_PLATFORM][:_MOST_TOLD]
        return Judged(None, warnings=tuple(Notice(one.reason, f"{sku}: {one.message}", one.field) for one in told))
    first = errors[0]
    words = " ".join(f"{one.message} ({one.code})" for one in errors[:_MOST_TOLD])
    gone = all(one.gone for one in errors)
    return Judged(OutcomeKind.REJECTED, first.reason, f"{sku}: {words}", first.field, gone)


def _rule(wire: Mapping[str, Any]) -> IssueRule | None:
    found = ISSUE_RULES.get(str(wire.get("code") or ""))
    if found is not None:
        return found
    return next((CATEGORY_RULES[name] for name in wire.get("categories") or () if name in CATEGORY_RULES), None)


def _by_action(wire: Mapping[str, Any]) -> ReasonCode | None:
    actions = (wire.get("enforcements") or {}).get("actions") or ()
    names = (str(one.get("action")) for one in actions if isinstance(one, Mapping))
    return next((ACTION_REASONS[name] for name in names if name in ACTION_REASONS), None)
