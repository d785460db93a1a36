"""What a bulk mutation's result says of each line: by `__lineNumber`, in no order, whole or (of a failed one) in part.

A line that went well is `accepted`: ids that are not known yet are asked for afterwards (`bulk_following`). Lines that a failed
operation does not show may have been done all the same.
"""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from pixee_common.domain.job import OutcomeKind
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.platforms.shopify import bulk, faults, shop
from pixee_workers.platforms.shopify.bulk import Next
from pixee_workers.platforms.shopify.bulk_pushes import BULK_JOB
from pixee_workers.platforms.shopify.requests import contract_broken
from pixee_workers.platforms.shopify.user_errors import PRODUCT_SET, Step
from pixee_workers.platforms.shopify.verdicts import UserError, read
from pixee_workers.sync_base.upload_contract import Collected, FileContext, FollowUp, Uploaded, Verdict

_POLL_SECONDS = 15.0
_FOLLOW_UP = FollowUp(BULK_JOB, poll_in_seconds=1.0, deadline_seconds=3600.0)
_DONE = Verdict(OutcomeKind.ACCEPTED, ReasonCode.REMOTE_PENDING)
_FORGOTTEN = frozenset({Step.FORGET_IDS, Step.FORGET_PRODUCT, Step.FORGET_VARIANT})


async def collect(uploaded: Uploaded, context: FileContext) -> Collected:
    """See `Uploader.collect`."""
    found = await bulk.look(uploaded.remote_id, context)
    if found.next is Next.WAIT:
        return Collected(done=False, poll_in_seconds=_POLL_SECONDS)
    url = found.url or found.partial
    if url is None:
        return Collected(done=True)
    async with context.download(url, label="bulkFile", spend={}) as file:
        verdicts, stale = await asyncio.to_thread(_verdicts, file.path)
    if stale:
        shop.forget_everything(context)
    return Collected(done=True, verdicts=verdicts, follow_up=_FOLLOW_UP)


def _verdicts(path: Path) -> tuple[dict[int, Verdict], bool]:
    """By ref; and whether an id that we remembered is gone at the shop."""
    found: dict[int, Verdict] = {}
    stale = False
    with path.open("rb") as lines:
        for raw in lines:
            line = _line(raw)
            errors = _errors(line)
            stale = stale or any(error.verdict.step in _FORGOTTEN for error in errors)
            found[line["__lineNumber"] + 1] = _refused(errors[0]) if errors else _answered(line)
    return found, stale


def _line(raw: bytes) -> Mapping[str, Any]:
    try:
        line = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise contract_broken("a line of a bulk result is no JSON") from None
    if not isinstance(line, dict) or not isinstance(line.get("__lineNumber"), int):
        raise contract_broken("a line of a bulk result has no number")
    return line


def _payload(line: Mapping[str, Any]) -> Mapping[str, Any]:
    return (line.get("data") or {}).get("productSet") or {}


def _errors(line: Mapping[str, Any]) -> list[UserError]:
    return read(_payload(line), PRODUCT_SET)


def _answered(line: Mapping[str, Any]) -> Verdict:
    """A line without user errors: done, refused as a whole, or without a word of what was done."""
    if _payload(line).get("product"):
        return _DONE
    first: Mapping[str, Any] = next(iter(line.get("errors") or ()), {})
    code = (first.get("extensions") or {}).get("code")
    said = str(first.get("message", ""))[:200]
    if code is None or code == "INTERNAL_SERVER_ERROR":
        rule = faults.NULL_PAYLOAD
        return Verdict(OutcomeKind.UNKNOWN, rule.reason, rule.message)
    rule = faults.GRAPHQL_ERRORS.get(code, faults.OTHER_GRAPHQL)
    if code == "THROTTLED":
        return Verdict(OutcomeKind.TRANSIENT, rule.reason, rule.message)
    return Verdict(OutcomeKind.REJECTED, rule.reason, f"{rule.message} ({said})")


def _refused(error: UserError) -> Verdict:
    """Nothing of the line was written. What only a stale id caused comes again: by call, which mends it, where few are left."""
    again = error.verdict.step is Step.AGAIN or error.verdict.step in _FORGOTTEN
    kind = OutcomeKind.TRANSIENT if again else OutcomeKind.REJECTED
    return Verdict(kind, error.verdict.reason, f"Shopify says: {error.said}", error.field)
