"""Larkshop: one call a product, fifty rows a call for stock and prices, each with a verdict of its own."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from conformance.invented.larkshop.manifest import MANIFEST, PAGE
from conformance.invented.larkshop.mapping import document, linked, pulled, values_of
from conformance.invented.larkshop.wire import ask, fault_of
from pydantic import JsonValue

from pixee_common.domain.job import Operation, OutcomeKind
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.sync_base.calls import CallContext, ConnectorSettings
from pixee_workers.sync_base.items import Action, Mapped, ProductItem, PushItem
from pixee_workers.sync_base.outcomes import Found, Linked, Outcome, PullPage, Refusal, Submission, TestReport
from pixee_workers.sync_base.plain_adapter import PlainAdapter
from pixee_workers.sync_base.plain_outcomes import everything_listed, not_there


class LarkshopAdapter(PlainAdapter):
    """See the module."""

    manifest = MANIFEST
    classify = staticmethod(fault_of)

    async def test(self, context: CallContext) -> TestReport:
        _, shop = await ask(context, "GET", "shop")
        return TestReport(shop["id"], shop["name"], shop["currency"])

    def mapped(self, operation: Operation, item: PushItem, settings: ConnectorSettings) -> JsonValue | Refusal:
        return values_of(item, settings)

    async def submit(self, operation: Operation, items: Sequence[Mapped[Any]], context: CallContext) -> Submission:
        if operation is Operation.PUSH_PRODUCTS:
            return Submission((await _put(items[0], context),))
        path = "stock" if operation is Operation.PUSH_STOCK else "prices"
        rows = [{"variant": one.item.listing.external_id} | cast("dict[str, Any]", one.values) for one in items]
        _, told = await ask(context, "PATCH", path, body={"rows": rows})
        verdicts = {row["variant"]: row for row in told.get("results", ())}
        return Submission(tuple(_of_row(one.item, verdicts.get(one.item.listing.external_id)) for one in items))

    async def find(
        self, operation: Operation, items: Sequence[ProductItem], context: CallContext
    ) -> Mapping[UUID, Found | None]:
        keys = [one.product.key for one in items]
        skus = [variant.variant.sku for one in items for variant in one.variants]
        _, told = await ask(context, "POST", "lookup", body={"keys": keys, "skus": skus})
        return {one.id: _found(one, told["items"]) for one in items}

    async def pull(
        self, cursor: Mapping[str, JsonValue] | None, since: datetime | None, context: CallContext
    ) -> PullPage:
        query = {"limit": PAGE, "updated_since": since and since.isoformat(), "page": cursor and cursor["page"]}
        _, told = await ask(context, "GET", "items", query=query)
        following = {"page": told["next_page"]} if told["next_page"] else None
        return PullPage(tuple(map(pulled, told["items"])), following, datetime.fromisoformat(told["now"]))


async def _put(mapped: Mapped[ProductItem], context: CallContext) -> Outcome:
    item, deletes = mapped.item, mapped.item.action is Action.DELETE
    body = None if deletes else document(mapped)
    status, told = await ask(context, "DELETE" if deletes else "PUT", "items", item.product.key, body=body)
    if status == 404:
        return not_there(item)
    if status == 409:
        return Outcome(item.id, OutcomeKind.EXISTS, ReasonCode.SKU_DUPLICATE, told["message"])
    if status == 422:
        return Outcome(
            item.id, OutcomeKind.REJECTED, ReasonCode.REFUSED_BY_PLATFORM, told["message"], told.get("field")
        )
    if deletes:
        return Outcome(item.id, OutcomeKind.APPLIED, linked=Linked(gone=everything_listed(item)))
    new, ids = told["created"], linked(item, told)
    return Outcome(item.id, OutcomeKind.APPLIED, linked=ids, created=new, carried_stock=new, carried_price=new)


def _of_row(item: Any, row: Mapping[str, Any] | None) -> Outcome:
    if row is None:
        return Outcome(item.id, OutcomeKind.UNKNOWN, ReasonCode.ANSWER_UNKNOWN, "Larkshop says nothing of this row.")
    if row["ok"]:
        return Outcome(item.id, OutcomeKind.APPLIED)
    if row["code"] == "unknown_variant":
        return not_there(item)
    return Outcome(item.id, OutcomeKind.REJECTED, ReasonCode.REFUSED_BY_PLATFORM, row["message"])


def _found(item: ProductItem, rows: Sequence[dict[str, Any]]) -> Found | None:
    """By our key, else by SKU."""
    skus = {one.variant.sku for one in item.variants}
    by_sku = [row for row in rows if skus & {one["sku"] for one in row["variants"]}]
    hits = [row for row in rows if row["key"] == item.product.key] or by_sku
    ids = tuple(row["id"] for row in hits)
    return Found(linked(item, hits[0]), hits[0]["key"] in {None, item.product.key}, ids[1:] and ids) if hits else None
