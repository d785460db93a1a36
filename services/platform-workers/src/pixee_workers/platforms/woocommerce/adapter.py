"""The WooCommerce adapter (REST API wc/v3): the contract's methods, each at home in a room of its own.

Tolerated because the sheet could not verify it: brands and `global_unique_id` are absent from older versions (brands are then
left out with a notice; an unknown field is ignored by the shop); error codes of removed pictures and variations; a host's
own limit below 100 per batch (413 halves).
"""

from collections.abc import Sequence
from typing import cast

from pixee_common.domain.faults import FaultKind
from pixee_common.domain.job import Operation
from pixee_common.egress import HttpAnswer
from pixee_workers.platforms.woocommerce import lookups, mapping, pulls, shop, webhooks
from pixee_workers.platforms.woocommerce.levels import Level, push_levels
from pixee_workers.platforms.woocommerce.manifest import CALLS, MANIFEST
from pixee_workers.platforms.woocommerce.products import push_products
from pixee_workers.platforms.woocommerce.verdicts import fault_of
from pixee_workers.sync_base.adapter import Adapter
from pixee_workers.sync_base.calls import BudgetReading, CallContext
from pixee_workers.sync_base.items import Action, Mapped, ProductItem, PushItem
from pixee_workers.sync_base.outcomes import Finds, Submission
from pixee_workers.sync_base.plain_adapter import PlainAdapter


class WooCommerce(PlainAdapter):
    """See `Adapter`. Holds nothing."""

    manifest = MANIFEST
    test = staticmethod(shop.test)
    describe = staticmethod(shop.describe)
    mapped = staticmethod(mapping.mapped)
    pull = staticmethod(pulls.pull)
    hear = staticmethod(webhooks.hear)
    classify = staticmethod(fault_of)

    def weight(self, operation: Operation, item: PushItem) -> int:
        """Documents written: a variable product is its own and one for each variation, coming or leaving."""
        if not isinstance(item, ProductItem) or item.action is not Action.UPSERT:
            return 1
        return 1 + (len(item.variants) if mapping.is_variable(item.product) else 0) + len(item.gone)

    async def submit(self, operation: Operation, items: Sequence[Mapped[PushItem]], context: CallContext) -> Submission:
        if operation is Operation.PUSH_PRODUCTS:
            return await push_products(cast("Sequence[Mapped[ProductItem]]", items), context)
        return await push_levels(cast("Sequence[Mapped[Level]]", items), context)

    async def find(self, operation: Operation, items: Sequence[ProductItem], context: CallContext) -> Finds:
        return await lookups.find(items, context)

    def observe(self, answer: HttpAnswer) -> Sequence[BudgetReading]:
        """Core sends no budget headers: only a refusal tells that nothing is left."""
        fault = fault_of(answer) if answer.status == 429 else None
        throttled = fault is not None and fault.kind is FaultKind.THROTTLED
        return (BudgetReading(CALLS, available=0.0),) if throttled else ()


def create() -> Adapter:
    """One adapter for the process."""
    return WooCommerce()
