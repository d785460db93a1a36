"""The items of a job. Succeeded items have no row of their own: they are read from their chunk's letters, the rest from the issues."""

from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import UUID

from pixee_common.db import Connection, Database
from pixee_common.domain.job import COUNTS_AS, LETTER_OUTCOMES, Counted, Operation, OutcomeKind
from pixee_common.domain.reasons import REASONS, ReasonCode
from pixee_gateway.problems import Pointer, invalid, not_found
from pixee_gateway.schemas.jobs import JobItem
from pixee_gateway.security.authentication import Caller

_JOB = "SELECT operation FROM jobs WHERE id = $1 AND account_id = $2"
_CHUNKS = """
SELECT no, item_ids, letters FROM chunks WHERE job_id = $1 AND account_id = $2 AND no >= $3
  AND ($4::text IS NULL OR letters ~ $4) AND ($6::int[] IS NULL OR no = ANY ($6)) ORDER BY no LIMIT $5
"""
# Else a page of a reason that few items have would read every item of the job.
_CHUNKS_OF_REASON = """
SELECT DISTINCT chunk_no FROM item_issues WHERE job_id = $1 AND account_id = $2 AND reason = $3 AND chunk_no >= $4
ORDER BY chunk_no
"""
_ISSUES = "SELECT * FROM item_issues WHERE job_id = $1 AND item_id = ANY ($2::uuid[])"
_PRODUCTS = """
SELECT DISTINCT ON (product_id) product_id AS id, product_id, sku FROM variants WHERE product_id = ANY ($1::uuid[])
ORDER BY product_id, position
"""
_VARIANTS = "SELECT id, product_id, sku FROM variants WHERE id = ANY ($1::uuid[])"

_CHUNKS_AT_ONCE = 10


def _place(cursor: str | None) -> tuple[int, int]:
    if cursor is None:
        return 0, 0
    no, dot, index = cursor.partition(".")
    if not (dot and no.isdecimal() and index.isdecimal() and len(no) < 10 and len(index) < 10):
        raise invalid(Pointer(pointer="query/cursor", detail="no cursor of ours; take next_cursor as it came"))
    return int(no), int(index)


class JobItems:
    """Items of jobs of the caller's account, a page at a time."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(
        self, caller: Caller, job_id: UUID, *, state: Counted | None, reason: str | None, cursor: str | None, limit: int
    ) -> tuple[list[JobItem], str | None]:
        """(items, cursor that continues). `state` is what an item counts as. Raises 404 and 422 problems."""
        no, index = _place(cursor)
        letters = "".join(
            letter for letter, kind in LETTER_OUTCOMES.items() if state is None or COUNTS_AS[kind] is state
        )
        if reason == ReasonCode.UNCHANGED:  # such an item has no issue
            letters = "".join(letter for letter in letters if LETTER_OUTCOMES[letter] is OutcomeKind.SKIPPED)
        everything = state is None and reason != ReasonCode.UNCHANGED
        pattern = None if everything else f"[{letters}]" if letters else "^$"
        found: list[JobItem] = []
        async with self._database.transaction(caller.account_id) as connection:
            operation = await connection.fetchval(_JOB, job_id, caller.account_id)
            if operation is None:
                raise not_found("job")
            numbers = None
            if reason is not None and reason != ReasonCode.UNCHANGED:
                of_reason = await connection.fetch(_CHUNKS_OF_REASON, job_id, caller.account_id, reason, no)
                numbers = [row["chunk_no"] for row in of_reason]
            while True:
                chunks = await connection.fetch(
                    _CHUNKS, job_id, caller.account_id, no, pattern, _CHUNKS_AT_ONCE, numbers
                )
                for chunk in chunks:
                    start = index if chunk["no"] == no else 0
                    wanted = [
                        (place, item, letter)
                        for place, (item, letter) in enumerate(zip(chunk["item_ids"], chunk["letters"], strict=False))
                        if place >= start and letter in letters
                    ]
                    items = await self._items(connection, job_id, Operation(operation), wanted)
                    for place, item in items:
                        if reason is not None and item.reason != reason:
                            continue
                        if len(found) == limit:
                            return found, f"{chunk['no']}.{place}"
                        found.append(item)
                if len(chunks) < _CHUNKS_AT_ONCE:
                    return found, None
                no, index = chunks[-1]["no"] + 1, 0

    async def all(
        self, caller: Caller, job_id: UUID, *, state: Counted | None, reason: str | None
    ) -> AsyncIterator[JobItem]:
        """Every item, page by page, each page in a transaction of its own."""
        cursor: str | None = None
        while True:
            items, cursor = await self.page(caller, job_id, state=state, reason=reason, cursor=cursor, limit=500)
            for item in items:
                yield item
            if cursor is None:
                return

    @staticmethod
    async def _items(
        connection: Connection, job_id: UUID, operation: Operation, wanted: Sequence[tuple[int, UUID, str]]
    ) -> list[tuple[int, JobItem]]:
        if not wanted:
            return []
        ids = [item for _, item, _ in wanted]
        issues = {row["item_id"]: row for row in await connection.fetch(_ISSUES, job_id, ids)}
        of_products = operation in {Operation.PUSH_PRODUCTS, Operation.PULL_PRODUCTS}
        named = {row["id"]: row for row in await connection.fetch(_PRODUCTS if of_products else _VARIANTS, ids)}
        return [(place, _item(item, letter, issues.get(item), named.get(item))) for place, item, letter in wanted]


def _item(item_id: UUID, letter: str, issue: Any, named: Any) -> JobItem:
    kind = LETTER_OUTCOMES[letter]
    code = issue["reason"] if issue is not None else "unchanged" if letter == "s" else None
    reason = REASONS[ReasonCode(code)] if code else None
    return JobItem(
        item_id=item_id,
        product_id=named["product_id"] if named is not None else issue["product_id"] if issue is not None else None,
        sku=named["sku"] if named is not None else issue["sku"] if issue is not None else None,
        outcome=kind,
        counts_as=COUNTS_AS[kind],
        reason=code,
        message=issue["message"] if issue is not None else None,
        field=issue["field"] if issue is not None else None,
        owner=reason.owner if reason else None,
        retryable=reason.retryable if reason else None,
        advice=reason.advice if reason else None,
        warning=bool(issue is not None and issue["warning"]),
        candidates=issue["candidates"] if issue is not None else None,
    )
