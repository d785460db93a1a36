"""Larkshop: one call a product, fifty rows a call for stock and prices, each with a verdict of its own."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from conformance.invented.larkshop.manifest import MANIFEST, PAGE
from conformance.invented.larkshop.mapping import document, linked, pulled, values_of
from conformance.invented.larkshop.wire import ask, fault_of, said
from pydantic import JsonValue

from pixee_common.domain.faults import PlatformFault
from pixee_common.domain.job import Operation, OutcomeKind
from pixee_common.domain.reasons import ReasonCode
from pixee_common.egress import HttpAnswer
from pixee_workers.sync_base.calls import CallContext, ConnectorSettings
from pixee_workers.sync_base.items import Action, Mapped, ProductItem, PushItem
from pixee_workers.sync_base.outcomes import (
    Found,
    Linked,
    Outcome,
    PullPage,
    Refusal,
    Submission,
    TestReport,
)
from pixee_workers.sync_base.plain_adapter import PlainAdapter


class LarkshopAdapter(PlainAdapter):
    """See the module."""

    manifest = MANIFEST

    async def test(self, context: CallContext) -> TestReport:
        shop = said(await ask(context, "GET", "shop", "shop"))
        return TestReport(shop["id"], shop["name"], shop["currency"])

    def mapped(self, operation: Operation, item: PushItem, settings: ConnectorSettings) -> JsonValue | Refusal:
        return values_of(item, settings)

    async def submit(self, operation: Operation, items: Sequence[Mapped[Any]], context: CallContext) -> Submission:
        if operation is Operation.PUSH_PRODUCTS:
            return Submission((await self._put(items[0], context),))
        path = "stock" if operation is Operation.PUSH_STOCK else "prices"
        rows = [{"variant": one.item.listing.external_id, **one.values} for one in items]
        told = said(await ask(context, "PATCH", path, path, body={"rows": rows}))
        verdicts = {row["variant"]: row for row in told.get("results", ())}
        return Submission(tuple(_of_row(one.item, verdicts.get(one.item.listing.external_id)) for one in items))

    async def _put(self, mapped: Mapped[ProductItem], context: CallContext) -> Outcome:
        item, deletes = mapped.item, mapped.item.action is Action.DELETE
        method, body = ("DELETE", None) if deletes else ("PUT", document(mapped))
        answer = await ask(context, method, "item", "items", item.product.key, body=body)
        told, there = said(answer), item.listing.external_id if item.listing else ""
        if answer.status == 404:
            return _missing(item, there)
        if answer.status == 409:
            return Outcome(item.id, OutcomeKind.EXISTS, ReasonCode.SKU_DUPLICATE, told["message"])
        if answer.status == 422:
            message, field = told["message"], told.get("field")
            return Outcome(item.id, OutcomeKind.REJECTED, ReasonCode.REFUSED_BY_PLATFORM, message, field)
        if deletes:
            return Outcome(item.id, OutcomeKind.APPLIED, linked=Linked(gone=(there,)))
        new = told["created"]
        return Outcome(
            item.id, OutcomeKind.APPLIED, linked=linked(item, told), created=new, carried_stock=new, carried_price=new
        )

    async def find(
        self, operation: Operation, items: Sequence[ProductItem], context: CallContext
    ) -> Mapping[UUID, Found | None]:
        keys = [one.product.key for one in items]
        skus = [variant.variant.sku for one in items for variant in one.variants]
        rows = said(await ask(context, "POST", "lookup", "lookup", body={"keys": keys, "skus": skus})).get("items", ())
        return {one.id: _found(one, rows) for one in items}

    async def pull(
        self, cursor: Mapping[str, JsonValue] | None, since: datetime | None, context: CallContext
    ) -> PullPage:
        query = [("limit", str(PAGE))]
        if cursor is not None:
            query.append(("page", str(cursor["page"])))
        if since is not None:
            query.append(("updated_since", since.isoformat()))
        told = said(await ask(context, "GET", "items", "items", query=query))
        following = told["next_page"]
        products = tuple(pulled(one) for one in told["items"])
        return PullPage(products, {"page": following} if following else None, datetime.fromisoformat(told["now"]))

    def classify(self, answer: HttpAnswer) -> PlatformFault | None:
        return fault_of(answer)


def _of_row(item: Any, row: Mapping[str, Any] | None) -> Outcome:
    if row is None:
        return Outcome(item.id, OutcomeKind.UNKNOWN, ReasonCode.ANSWER_UNKNOWN, "Larkshop says nothing of this row.")
    if row["ok"]:
        return Outcome(item.id, OutcomeKind.APPLIED)
    gone = row["code"] == "unknown_variant"
    reason = ReasonCode.NOT_FOUND_AT_SHOP if gone else ReasonCode.REFUSED_BY_PLATFORM
    lost = Linked(gone=(item.listing.external_id,) if gone else ())
    return Outcome(item.id, OutcomeKind.REJECTED, reason, row["message"], linked=lost)


def _missing(item: ProductItem, there: str) -> Outcome:
    """To the engine this says: done where it was to go, else make it anew."""
    lost, message = Linked(gone=(there,)), "Larkshop does not have it any more."
    if item.action is Action.UPSERT:
        return Outcome(item.id, OutcomeKind.TRANSIENT, ReasonCode.NOT_FOUND_AT_SHOP, message, linked=lost)
    return Outcome(item.id, OutcomeKind.SKIPPED, ReasonCode.ALREADY_GONE, message, linked=lost)


def _found(item: ProductItem, rows: Sequence[dict[str, Any]]) -> Found | None:
    """By our key, else by SKU."""
    skus = {one.variant.sku for one in item.variants}
    by_key = [row for row in rows if row["key"] == item.product.key]
    hits = by_key or [row for row in rows if skus & {one["sku"] for one in row["variants"]}]
    if not hits:
        return None
    ids = tuple(row["id"] for row in hits)
    return Found(linked(item, hits[0]), hits[0]["key"] in {None, item.product.key}, ids if len(ids) > 1 else ())
