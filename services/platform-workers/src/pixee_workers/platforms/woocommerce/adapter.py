"""The WooCommerce adapter (REST API wc/v3): the contract's methods, each at home in a room of its own.

Tolerated because the sheet could not verify it: brands and `global_unique_id` are absent from older versions (brands are then
left out with a notice; an unknown field is ignored by the shop); error codes of removed pictures and variations; a host's
own limit below 100 per batch (413 halves).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import cast
from uuid import UUID

from pydantic import JsonValue

from pixee_common.domain.faults import FaultKind, PlatformFault
from pixee_common.domain.job import Operation
from pixee_common.egress import HttpAnswer
from pixee_common.platforms.manifest import Manifest
from pixee_common.platforms.requirements import Requirements
from pixee_workers.platforms.woocommerce import lookups, mapping, pulls, shop, webhooks
from pixee_workers.platforms.woocommerce.levels import Level, push_levels
from pixee_workers.platforms.woocommerce.manifest import CALLS, MANIFEST
from pixee_workers.platforms.woocommerce.products import push_products
from pixee_workers.platforms.woocommerce.verdicts import fault_of
from pixee_workers.sync_base.adapter import Adapter
from pixee_workers.sync_base.calls import BudgetReading, CallContext, ConnectorSettings
from pixee_workers.sync_base.items import Action, Mapped, ProductItem, PushItem
from pixee_workers.sync_base.outcomes import Found, PollResult, PullPage, Refusal, RemoteJob, Submission, TestReport
from pixee_workers.sync_base.webhook_contract import Delivery, Heard


class WooCommerce:
    """See `Adapter`. Holds nothing."""

    @property
    def manifest(self) -> Manifest:
        return MANIFEST

    async def test(self, context: CallContext) -> TestReport:
        return await shop.test(context)

    async def describe(self, context: CallContext) -> Requirements:
        return await shop.describe(context)

    def mapped(self, operation: Operation, item: PushItem, settings: ConnectorSettings) -> JsonValue | Refusal:
        return mapping.mapped(operation, item, settings)

    def weight(self, operation: Operation, item: PushItem) -> int:
        """Documents written: a variable product is its own and one for each variation, coming or leaving."""
        if not isinstance(item, ProductItem) or item.action is not Action.UPSERT:
            return 1
        return 1 + (len(item.variants) if mapping.is_variable(item.product) else 0) + len(item.gone)

    async def submit(self, operation: Operation, items: Sequence[Mapped[PushItem]], context: CallContext) -> Submission:
        if operation is Operation.PUSH_PRODUCTS:
            return await push_products(cast("Sequence[Mapped[ProductItem]]", items), context)
        return await push_levels(cast("Sequence[Mapped[Level]]", items), context)

    async def poll(self, remote_job: RemoteJob, context: CallContext) -> PollResult:
        """WooCommerce answers at once: no remote job ever comes from here, so one that is asked for is over."""
        return PollResult(outcomes=(), done=True)

    async def find(
        self, operation: Operation, items: Sequence[ProductItem], context: CallContext
    ) -> Mapping[UUID, Found | None]:
        return await lookups.find(items, context)

    async def pull(
        self, cursor: Mapping[str, JsonValue] | None, since: datetime | None, context: CallContext
    ) -> PullPage:
        return await pulls.pull(cursor, since, context)

    def hear(self, delivery: Delivery, secret: str) -> Heard | None:
        return webhooks.hear(delivery, secret)

    def classify(self, answer: HttpAnswer) -> PlatformFault | None:
        return fault_of(answer)

    def observe(self, answer: HttpAnswer) -> Sequence[BudgetReading]:
        """Core sends no budget headers: only a refusal tells that nothing is left."""
        fault = fault_of(answer) if answer.status == 429 else None
        throttled = fault is not None and fault.kind is FaultKind.THROTTLED
        return (BudgetReading(CALLS, available=0.0),) if throttled else ()


def create() -> Adapter:
    """One adapter for the process."""
    return WooCommerce()
