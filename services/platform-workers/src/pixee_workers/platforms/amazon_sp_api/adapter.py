"""The Amazon adapter (Selling Partner API): the contract's methods, each at home in a room of its own.

Choices and unverified facts (sheet ../shared/platforms/amazon_sp_api.md)
* A listing is created by PUT with price and quantity, and changed by PATCH ever after: see `manifest`.
* Amazon carries no key of ours: within a seller's account and marketplace the SKU is the key. A SKU that changes in the catalog
  is another listing: the new one is made, the old one deleted.
* ACCEPTED is not done: `verifying` looks until the listing shows the write. An ERROR found then is a late rejection.
* The schema of the product type judges before Amazon does; a type that Amazon does not know refuses the item.
* That a delete is final (and harmless to the SKU's history), that `lastUpdatedDate` moves with every write, and that a PATCH on a
  missing SKU answers 404 or an issue, is unverified: all ways are taken, and after a quarter of an hour what is shown counts.
* A struck-through price is sent where there is one, and taken away where we had put it; zero stands for none where one is demanded.
* A new product that Amazon's catalog knows is an offer alone where the connector says so (`asins`); whatever it becomes it stays, since
  a listing of one kind is not turned into the other. The code of an offer without the right to sell is unverified.
* Several languages of one marketplace are several elements: only the connector's own is written and replaced.
"""

from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from pixee_common.domain.job import Operation
from pixee_workers.platforms.amazon_sp_api import (
    completing,
    describing,
    feeds,
    finding,
    mapping,
    pulls,
    shop,
    submitting,
    verifying,
)
from pixee_workers.platforms.amazon_sp_api.classify import classify, observe
from pixee_workers.platforms.amazon_sp_api.manifest import MANIFEST
from pixee_workers.sync_base.adapter import Adapter
from pixee_workers.sync_base.calls import CallContext, ConnectorSettings
from pixee_workers.sync_base.items import Action, Mapped, ProductItem, PushItem
from pixee_workers.sync_base.outcomes import Finds
from pixee_workers.sync_base.upload_contract import FileContext, Frame, Uploaded, UploadFile


class AmazonSpApi:
    """See the module, `Adapter`, `Uploader` and `Completer`. Holds nothing."""

    manifest = MANIFEST
    test = staticmethod(shop.test)
    describe = staticmethod(describing.describe)
    mapped = staticmethod(mapping.mapped)
    submit = staticmethod(submitting.submit)
    poll = staticmethod(verifying.poll)
    pull = staticmethod(pulls.pull)
    classify = staticmethod(classify)
    observe = staticmethod(observe)
    completed = staticmethod(completing.completed)
    collect = staticmethod(feeds.collect)

    def weight(self, operation: Operation, item: PushItem) -> int:
        """Calls, or messages of a feed: one for each listing, coming or leaving, and one for a parent."""
        if not isinstance(item, ProductItem):
            return 1
        if item.action is not Action.UPSERT:
            return max(1, len(mapping.listed_skus(item)))
        return len(mapping.skus_of(item)) + len(item.gone)

    async def find(self, operation: Operation, items: Sequence[ProductItem], context: CallContext) -> Finds:
        return await finding.find(items, context)

    def kept(self, operation: Operation, item: Mapped[PushItem]) -> Mapping[str, JsonValue]:
        return completing.kept_of(item)

    def frame(self, operation: Operation, settings: ConnectorSettings) -> Frame:
        return feeds.frame(settings)

    def record(self, operation: Operation, item: Mapped[PushItem], ref: int, settings: ConnectorSettings) -> bytes:
        return feeds.record(item, ref)

    async def upload(self, operation: Operation, file: UploadFile, context: FileContext) -> Uploaded:
        return await feeds.upload(operation, file, context)


def create() -> Adapter:
    """One adapter for the process."""
    return AmazonSpApi()
