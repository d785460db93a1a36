"""Bulk operations: how one is started and asked for, and what its ends mean, as data.

Sheet, "Pull products" and "Push products: bulk path": CREATED, RUNNING, COMPLETED, FAILED, CANCELING, CANCELED, EXPIRED; 5 at once;
result files are signed for 7 days.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pixee_common.domain.faults import FaultKind, FaultScope, PlatformFault
from pixee_workers.platforms.shopify import faults, wire
from pixee_workers.platforms.shopify.requests import ask, contract_broken, payload_of
from pixee_workers.sync_base.calls import CallContext

_ASKED = 2
_STARTED = 12


class Next(StrEnum):
    """What to do when a bulk operation cannot start, or ended without a whole result."""

    WAIT = "wait"
    AGAIN = "again"
    OTHER_WAY = "other_way"
    """Bulk will not do it: one by one it may."""
    DENIED = "denied"
    BROKEN = "broken"


START_CODES: Mapping[str, Next] = {
    "INVALID": Next.BROKEN,
    "LIMIT_REACHED": Next.WAIT,
    "OPERATION_IN_PROGRESS": Next.WAIT,
}
"""bulkOperationRunQuery, by `userErrors[].code` (sheet, "Push products": start errors; schema 2026-10)."""

ERROR_CODES: Mapping[str, Next] = {
    "ACCESS_DENIED": Next.DENIED,
    "INTERNAL_SERVER_ERROR": Next.AGAIN,
    "TIMEOUT": Next.OTHER_WAY,
}
"""A FAILED operation, by `errorCode` (sheet, "Errors" 4; schema 2026-10: a timeout needs a smaller query, the same once more fails)."""

STATUSES: Mapping[str, Next | None] = {
    "CANCELED": Next.AGAIN,
    "CANCELING": Next.WAIT,
    "COMPLETED": None,
    "CREATED": Next.WAIT,
    "EXPIRED": Next.AGAIN,
    "FAILED": Next.AGAIN,
    "RUNNING": Next.WAIT,
}
"""By `status`; null: its result can be read. FAILED is decided by `ERROR_CODES` where that has its code."""


MUTATION_START_CODES: Mapping[str, Next] = {
    "INTERNAL_FILE_SERVER_ERROR": Next.WAIT,
    "INVALID_MUTATION": Next.BROKEN,
    "INVALID_STAGED_UPLOAD_FILE": Next.BROKEN,
    "LIMIT_REACHED": Next.WAIT,
    "NO_SUCH_FILE": Next.WAIT,
    "OPERATION_IN_PROGRESS": Next.WAIT,
}
"""bulkOperationRunMutation, by `userErrors[].code` (sheet, "Push products": start errors). After a wait the file is uploaded anew."""


@dataclass(frozen=True, slots=True)
class Bulk:
    """How far it is. `url`: of the whole result, `partial`: of what a failed one has; null: no line. `size` of the whole in
    bytes; `roots`: products.
    """

    next: Next | None
    url: str | None = None
    partial: str | None = None
    size: int = 0
    roots: int = 0


async def start_query(query: str, context: CallContext) -> str | Next:
    """The operation's id, or what to do instead. Children come right behind their parents, so the file can be read in parts."""
    data, _ = await ask(context, "bulkOperationRunQuery", wire.RUN_QUERY, {"query": query}, cost=_STARTED)
    return _started(payload_of(data, "bulkOperationRunQuery"), START_CODES)


async def start_mutation(mutation: str, path: str, client: str, context: CallContext) -> str | Next:
    """As `start_query`. `path`: of the uploaded variables. What becomes of a start whose answer is lost is not known."""
    variables = {"mutation": mutation, "path": path, "client": client}
    data, _ = await ask(context, "bulkOperationRunMutation", wire.RUN_MUTATION, variables, cost=_STARTED, safe=False)
    return _started(payload_of(data, "bulkOperationRunMutation"), MUTATION_START_CODES)


async def look(operation: str, context: CallContext) -> Bulk:
    """Ask for it once. An operation that is not known any more begins again."""
    data, _ = await ask(context, "bulkOperation", wire.BULK_OPERATION, {"id": operation}, cost=_ASKED)
    found = data.get("bulkOperation")
    if found is None:
        return Bulk(Next.AGAIN)
    status = str(found["status"])
    if status not in STATUSES:
        raise contract_broken(f"a bulk operation is in the state {status}")
    step = STATUSES[status]
    if status == "FAILED":
        step = ERROR_CODES.get(str(found.get("errorCode")), Next.AGAIN)
    if step is Next.DENIED:
        raise _denied()
    size, roots = _number(found.get("fileSize")), _number(found.get("rootObjectCount"))
    return Bulk(step, found.get("url"), found.get("partialDataUrl"), size, roots)


def _started(payload: Mapping[str, Any], codes: Mapping[str, Next]) -> str | Next:
    for error in payload["userErrors"]:
        found = codes.get(str(error.get("code")), Next.BROKEN)
        if found is Next.BROKEN:
            raise contract_broken(f"a bulk operation is refused: {error.get('message')}")
        return found
    operation = payload.get("bulkOperation") or {}
    if not operation.get("id"):
        raise contract_broken("a bulk operation without an id")
    return str(operation["id"])


def _denied() -> PlatformFault:
    rule = faults.GRAPHQL_ERRORS["ACCESS_DENIED"]
    return PlatformFault(FaultKind.CREDENTIALS, FaultScope.OPERATION, rule.reason, rule.message)


def _number(value: Any) -> int:
    """UnsignedInt64 travels as text."""
    return int(value) if value is not None else 0
