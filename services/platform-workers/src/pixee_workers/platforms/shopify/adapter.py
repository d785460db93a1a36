"""The Shopify adapter: GraphQL Admin API, one version, one endpoint.

Choices and unverified facts (sheet ../shared/platforms/shopify.md):
* A product is created under our own key (metafield `$app:pim.external_id`), so repeating a lost create makes nothing twice; once
  linked it is updated by its id. An update names every variant with its id and touches neither price nor quantity.
* productSet deletes what a sent list lacks. Tags, collections and pictures are therefore sent only where the product has or had
  some; attributes of a linked product go through metafieldsSet, which leaves the metafields of other apps alone (so an attribute
  removed from the catalog stays at the shop).
* Stock calls are all or nothing (inferred by the sheet, unverified): see `stock`, which also works where they are not.
* That the platform lists media in the order sent is unverified: where the numbers differ no media id is kept.
* Translations: `translations` says which, `translating` how. They are not pulled: a pull brings the texts of the shop's own language
  and leaves the others of the catalog as they are.
* Quantities go to one location: the setting `location_id`, else the first active one that fulfils online orders.
"""

from collections.abc import Mapping, Sequence
from typing import cast

from pydantic import JsonValue

from pixee_common.domain.job import Operation
from pixee_workers.platforms.shopify import (
    bulk_following,
    bulk_pushes,
    bulk_results,
    finding,
    mapping,
    prices,
    products,
    pulls,
    remote,
    requests,
    shop,
    stock,
)
from pixee_workers.platforms.shopify.classify import classify, observe
from pixee_workers.platforms.shopify.manifest import MANIFEST
from pixee_workers.sync_base.adapter import Adapter
from pixee_workers.sync_base.calls import CallContext, ConnectorSettings
from pixee_workers.sync_base.items import Mapped, PriceItem, ProductItem, PushItem, StockItem
from pixee_workers.sync_base.outcomes import Finds, PollResult, RemoteJob, Submission
from pixee_workers.sync_base.upload_contract import Collected, Completed, FileContext, Frame, Uploaded, UploadFile


def create() -> Adapter:
    """The process's one adapter."""
    return ShopifyAdapter()


class ShopifyAdapter:
    """See module and `Adapter`."""

    manifest = MANIFEST
    test = staticmethod(shop.test)
    describe = staticmethod(shop.describe)
    mapped = staticmethod(mapping.mapped)
    pull = staticmethod(pulls.pull)
    refresh = staticmethod(requests.refresh)
    classify = staticmethod(classify)
    observe = staticmethod(observe)

    def weight(self, operation: Operation, item: PushItem) -> int:
        return len(item.variants) if isinstance(item, ProductItem) else 1

    async def submit(self, operation: Operation, items: Sequence[Mapped[PushItem]], context: CallContext) -> Submission:
        if operation is Operation.PUSH_STOCK:
            return await stock.submit(cast("Sequence[Mapped[StockItem]]", items), context)
        if operation is Operation.PUSH_PRICES:
            return await prices.submit(cast("Sequence[Mapped[PriceItem]]", items), context)
        (one,) = cast("Sequence[Mapped[ProductItem]]", items)
        return await products.submit(one, context)

    async def poll(self, remote_job: RemoteJob, context: CallContext) -> PollResult:
        if remote_job.kind == bulk_pushes.BULK_JOB:
            return await bulk_following.poll(remote_job, context)
        return await remote.poll(remote_job, context)

    async def find(self, operation: Operation, items: Sequence[ProductItem], context: CallContext) -> Finds:
        return await finding.find(items, context)

    async def completed(
        self, operation: Operation, items: Sequence[Mapped[PushItem]], context: FileContext
    ) -> Completed:
        return await bulk_pushes.completed(cast("Sequence[Mapped[ProductItem]]", items), context)

    def kept(self, operation: Operation, item: Mapped[PushItem]) -> Mapping[str, JsonValue]:
        return bulk_pushes.kept(item)

    def frame(self, operation: Operation, settings: ConnectorSettings) -> Frame:
        return bulk_pushes.FRAME

    def record(self, operation: Operation, item: Mapped[PushItem], ref: int, settings: ConnectorSettings) -> bytes:
        return bulk_pushes.record(item)

    async def upload(self, operation: Operation, file: UploadFile, context: FileContext) -> Uploaded:
        return await bulk_pushes.upload(file, context)

    async def collect(self, operation: Operation, uploaded: Uploaded, context: FileContext) -> Collected:
        return await bulk_results.collect(uploaded, context)
