"""Mossbay: one call a product, fifty rows a call for stock and prices, each with a verdict by its number."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from conformance.invented.mossbay.manifest import MANIFEST
from conformance.invented.mossbay.mapping import LEVELS, content, pulled
from conformance.invented.mossbay.wire import ask, fault_of

from pixee_common.domain.job import Operation
from pixee_workers.sync_base.calls import CallContext
from pixee_workers.sync_base.items import Mapped, ProductItem, PushItem
from pixee_workers.sync_base.outcomes import Cursor, Finds, Outcome, PullPage, Submission, TestReport
from pixee_workers.sync_base.plain_adapter import PlainAdapter
from pixee_workers.sync_base.plain_documents import level_rows, whole_document
from pixee_workers.sync_base.plain_finding import found_among
from pixee_workers.sync_base.plain_outcomes import applied, by_number, deleted, not_there, refused, rejected, written


class MossbayAdapter(PlainAdapter):
    manifest = MANIFEST
    classify = staticmethod(fault_of)
    content = staticmethod(content)
    levels = LEVELS

    async def test(self, context: CallContext) -> TestReport:
        _, told = await ask(context, "GET", "account")
        return TestReport(told["shop"], told["name"], told["currency"])

    async def push_product(self, item: ProductItem, values: Any, context: CallContext) -> Outcome:
        body = None if item.deletes else whole_document(item, values, LEVELS.new)
        status, told = await ask(context, "DELETE" if item.deletes else "PUT", "items", item.product.key, body=body)
        if status >= 400:
            return refused(item, status, told["errors"][0]["text"])
        return deleted(item) if item.deletes else written(item, pulled(told), created=status == 201)

    async def push_levels(self, operation: Operation, items: Sequence[Mapped[Any]], context: CallContext) -> Submission:
        _, told = await ask(context, "PATCH", "levels", body={"rows": level_rows(items, "variant")})
        verdicts: dict[int, Any] = {row: {} for row in told.get("done", ())}
        verdicts |= {error["row"]: error for error in told.get("errors", ())}
        return by_number(items, verdicts, _of_row)

    async def find(self, operation: Operation, items: Sequence[ProductItem], context: CallContext) -> Finds:
        skus = [one.variant.sku for item in items for one in item.variants]
        keyed = [await ask(context, "GET", "items", item.product.key) for item in items]
        _, told = await ask(context, "POST", "matches", body={"skus": skus})
        there = [item for status, item in keyed if status == 200] + told["items"]
        return found_among(items, [pulled(one) for one in there])

    async def pull(self, cursor: Cursor | None, since: datetime | None, context: CallContext) -> PullPage:
        now = context.now()
        query = {"cursor": cursor and cursor["at"], "changed_since": since and int(since.timestamp())}
        _, told = await ask(context, "GET", "items", query=query)
        following = {"at": told["cursor"]} if told["cursor"] else None
        return PullPage(tuple(map(pulled, told["items"])), following, now)


def _of_row(item: PushItem, error: dict[str, Any]) -> Outcome:
    if not error:
        return applied(item)
    return not_there(item) if error["code"] == "no_such_variant" else rejected(item, error["text"])
