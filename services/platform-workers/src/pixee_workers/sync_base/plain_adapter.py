"""What an adapter need not write: the parts of the contract that most platforms have nothing to say to.

There is no default for `find`: to the engine "nothing found" is a proof, after which it creates.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, cast

from pydantic import JsonValue

from pixee_common.domain.job import Operation
from pixee_common.domain.product import Product
from pixee_common.egress import HttpAnswer
from pixee_common.platforms.requirements import Requirements
from pixee_workers.sync_base.calls import BudgetReading, CallContext, ConnectorSettings
from pixee_workers.sync_base.free_attributes import in_their_words
from pixee_workers.sync_base.items import Mapped, PriceItem, ProductItem, PushItem, StockItem
from pixee_workers.sync_base.outcomes import Outcome, PollResult, Refusal, RemoteJob, Submission, Words
from pixee_workers.sync_base.plain_levels import Levels


class PlainAdapter:
    """A platform that takes attributes of any name, counts variants, works at once and says nothing of its budgets."""

    levels: ClassVar[Levels] = Levels()
    """How it says a quantity and a price."""

    async def describe(self, context: CallContext) -> Requirements:
        """Nothing is demanded, and attributes may have any name."""
        return Requirements(open=("attributes",))

    def mapped(self, operation: Operation, item: PushItem, settings: ConnectorSettings) -> Words:
        """Stock and prices as `levels` say them, or what `content` makes of the product once the merchant's rules stand in its attributes."""
        if not isinstance(item, ProductItem):
            return self.levels.words(item)
        product = in_their_words(item.product, settings.mapping, settings.locale)
        if isinstance(product, Refusal):
            return product
        return {**self.content(product, settings.locale, shown=item.shown)}

    def content(self, product: Product, locale: str | None, *, shown: bool) -> Mapping[str, JsonValue]:
        """A product in the platform's words: an adapter has this or a `mapped` of its own.

        Args:
            product: With attributes as the mapping says.
            locale: The texts' (see `localized`).
            shown: Whether customers are to see it: false for a withdrawal too.
        """
        raise NotImplementedError("an adapter has `content` or a `mapped` of its own")

    def weight(self, operation: Operation, item: PushItem) -> int:
        """Variants, coming or leaving."""
        return max(1, len(item.variants) + len(item.gone)) if isinstance(item, ProductItem) else 1

    async def submit(self, operation: Operation, items: Sequence[Mapped[PushItem]], context: CallContext) -> Submission:
        """One product after the other (`max_items` is 1 where they go one a call), stock and prices together."""
        if operation is not Operation.PUSH_PRODUCTS:
            return await self.push_levels(operation, cast("Sequence[Mapped[StockItem | PriceItem]]", items), context)
        products = cast("Sequence[Mapped[ProductItem]]", items)
        return Submission(tuple([await self.push_product(one.item, one.values, context) for one in products]))

    async def push_product(self, item: ProductItem, values: Any, context: CallContext) -> Outcome:
        """Write or withdraw one product; `values` are its words. An adapter has this or a `submit` of its own."""
        raise NotImplementedError("an adapter that pushes products has `push_product` or a `submit` of its own")

    async def push_levels(
        self, operation: Operation, items: Sequence[Mapped[StockItem | PriceItem]], context: CallContext
    ) -> Submission:
        """Write quantities or prices of variants that are listed. An adapter has this or a `submit` of its own."""
        raise NotImplementedError("an adapter that pushes stock or prices has `push_levels` or a `submit` of its own")

    async def poll(self, remote_job: RemoteJob, context: CallContext) -> PollResult:
        """No remote job ever comes from such a platform, so one that is asked for is over."""
        return PollResult(outcomes=(), done=True)

    def observe(self, answer: HttpAnswer) -> Sequence[BudgetReading]:
        """Nothing: a refusal to wait is obeyed without it."""
        return ()
