"""Larkshop: one call a product, fifty rows a call for stock and prices, each with a verdict of its own."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from conformance.invented.larkshop.manifest import MANIFEST, PAGE
from conformance.invented.larkshop.mapping import content, pulled
from conformance.invented.larkshop.wire import ask, fault_of

from pixee_common.domain.job import Operation
from pixee_workers.sync_base.calls import CallContext
from pixee_workers.sync_base.items import Mapped, ProductItem, PushItem
from pixee_workers.sync_base.outcomes import Cursor, Finds, Outcome, PullPage, Submission, TestReport
from pixee_workers.sync_base.plain_adapter import PlainAdapter
from pixee_workers.sync_base.plain_documents import level_rows, whole_document
from pixee_workers.sync_base.plain_finding import found_among
from pixee_workers.sync_base.plain_outcomes import applied, by_listing, deleted, not_there, refused, rejected, written


class LarkshopAdapter(PlainAdapter):
    manifest = MANIFEST
    classify = staticmethod(fault_of)
    content = staticmethod(content)

    async def test(self, context: CallContext) -> TestReport:
        _, shop = await ask(context, "GET", "shop")
        return TestReport(shop["id"], shop["name"], shop["currency"])

    async def push_product(self, item: ProductItem, values: Any, context: CallContext) -> Outcome:
        body = None if item.deletes else whole_document(item, values)
        status, told = await ask(context, "DELETE" if item.deletes else "PUT", "items", item.product.key, body=body)
        if status >= 400:
            return refused(item, status, told["message"], told.get("field"))
        return deleted(item) if item.deletes else written(item, pulled(told), created=told["created"])

    async def push_levels(self, operation: Operation, items: Sequence[Mapped[Any]], context: CallContext) -> Submission:
        path = "stock" if operation is Operation.PUSH_STOCK else "prices"
        _, told = await ask(context, "PATCH", path, body={"rows": level_rows(items, "variant")})
        return by_listing(items, {row["variant"]: row for row in told.get("results", ())}, _of_row)

    async def find(self, operation: Operation, items: Sequence[ProductItem], context: CallContext) -> Finds:
        skus = [one.variant.sku for item in items for one in item.variants]
        _, told = await ask(context, "POST", "lookup", body={"keys": [one.product.key for one in items], "skus": skus})
        return found_among(items, [pulled(one) for one in told["items"]])

    async def pull(self, cursor: Cursor | None, since: datetime | None, context: CallContext) -> PullPage:
        query = {"limit": PAGE, "updated_since": since and since.isoformat(), "page": cursor and cursor["page"]}
        _, told = await ask(context, "GET", "items", query=query)
        following = {"page": told["next_page"]} if told["next_page"] else None
        return PullPage(tuple(map(pulled, told["items"])), following, datetime.fromisoformat(told["now"]))


def _of_row(item: PushItem, row: dict[str, Any]) -> Outcome:
    if row["ok"]:
        return applied(item)
    return not_there(item) if row["code"] == "unknown_variant" else rejected(item, row["message"])
