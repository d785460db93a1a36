"""What an adapter need not write: the parts of the contract that most platforms have nothing to say to.

There is no default for `find`: to the engine "nothing found" is a proof, after which it creates.
"""

from collections.abc import Sequence

from pixee_common.domain.job import Operation
from pixee_common.egress import HttpAnswer
from pixee_common.platforms.requirements import Requirements
from pixee_workers.sync_base.calls import BudgetReading, CallContext
from pixee_workers.sync_base.items import ProductItem, PushItem
from pixee_workers.sync_base.outcomes import PollResult, RemoteJob


class PlainAdapter:
    """A platform that demands no mapping, counts variants, works at once and says nothing of its budgets."""

    async def describe(self, context: CallContext) -> Requirements:
        """Nothing is demanded, and attributes may have any name."""
        return Requirements(open=("attributes",))

    def weight(self, operation: Operation, item: PushItem) -> int:
        """Variants, coming or leaving."""
        return max(1, len(item.variants) + len(item.gone)) if isinstance(item, ProductItem) else 1

    async def poll(self, remote_job: RemoteJob, context: CallContext) -> PollResult:
        """No remote job ever comes from such a platform, so one that is asked for is over."""
        return PollResult(outcomes=(), done=True)

    def observe(self, answer: HttpAnswer) -> Sequence[BudgetReading]:
        """Nothing: a refusal to wait is obeyed without it."""
        return ()
